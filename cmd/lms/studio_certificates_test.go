package main

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestStudioCertificates(t *testing.T) {
	t.Parallel()
	s, c, st, _ := settingsSite(t)
	path := "/certificates/" + c.Key.String()
	type signatory struct {
		ID    int    `json:"id"`
		Name  string `json:"name"`
		Image string `json:"signature_image_path"`
	}
	type certificate struct {
		ID          int         `json:"id"`
		Name        string      `json:"name"`
		Version     int         `json:"version"`
		Active      bool        `json:"is_active"`
		Editing     bool        `json:"editing"`
		Extra       string      `json:"extra"`
		Signatories []signatory `json:"signatories"`
	}
	list := func() []certificate {
		t.Helper()
		return decode[[]certificate](t, st.get(path, asksJSON...))
	}
	if got := st.get(path, asksJSON...); strings.TrimSpace(got.body) != "[]" {
		t.Fatalf("none yet: %s", got.body)
	}

	// A program makes one, and replaces it; ids are given where there are none.
	r := st.json("POST", path, map[string]any{"name": "C", "description": "D", "version": 1, "is_active": false, "editing": true, "extra": "kept", "signatories": []map[string]any{{"name": "Ann", "title": "Dean"}, {"id": 5, "name": "Bo"}}})
	made := decode[certificate](t, r)
	if r.status != 201 || made.ID < 100 || made.Version != 1 || made.Editing || made.Extra != "kept" || len(made.Signatories) != 2 || made.Signatories[0].ID < 100 || made.Signatories[1].ID != 5 {
		t.Fatalf("POST: %d %s", r.status, r.body)
	}
	one := path + "/" + strconv.Itoa(made.ID)
	if got := r.location(); got != one {
		t.Errorf("Location %q", got)
	}
	made.Name = "C2"
	if r := st.json("PUT", one, made); r.status != 201 || list()[0].Name != "C2" || len(list()) != 1 {
		t.Errorf("PUT: %d %s", r.status, r.body)
	}
	for _, body := range []any{map[string]any{"description": "x"}, map[string]any{"name": 5}, map[string]any{"name": "x", "version": 2}, map[string]any{"name": "x", "signatories": []any{nil}}, []int{1}, nil} {
		if r := st.json("POST", path, body); r.status != 400 {
			t.Errorf("%v: %d %s", body, r.status, r.body)
		}
	}
	if r := st.do("DELETE", one+"/signatories/5", "", asksJSON...); r.status != 204 || len(list()[0].Signatories) != 1 {
		t.Errorf("DELETE a signatory: %d %s", r.status, r.body)
	}
	// Learners see what is published with the settings.
	if r := st.json("POST", "/certificates/activation/"+c.Key.String()+"/", map[string]any{"is_active": true}); r.status != 200 || !list()[0].Active {
		t.Errorf("activate: %d %s", r.status, r.body)
	}
	var kept struct{ Certificates []certificate }
	if s.compiled(c.Key).Root().Block.Fields["certificates"].Decode(&kept); len(kept.Certificates) != 1 || !kept.Certificates[0].Active {
		t.Errorf("kept: %+v", kept)
	}
	// What learners get is changed by the staff of the site only.
	for _, r := range []reply{st.json("PUT", one, made), st.do("DELETE", one, "", asksJSON...), st.postForm(path, url.Values{"act": {"save"}, "id": {strconv.Itoa(made.ID)}, "name": {"x"}})} {
		if r.status != 403 {
			t.Errorf("an active one: %d %s", r.status, brief(r))
		}
	}
	if r := st.postForm(path, url.Values{"act": {"deactivate"}}); r.status != 303 || list()[0].Active {
		t.Errorf("deactivate: %d %s", r.status, brief(r))
	}

	// The page: a signatory more, what is wrong beside its field, all as it was typed.
	seen := seenOf(t, st.get(path, asPage...))
	form := url.Values{"act": {"more"}, "id": {strconv.Itoa(made.ID)}, "seen": {seen}, "name": {"Typed"}, "sig_id": {strconv.Itoa(made.Signatories[0].ID), "0"}, "sig_name": {"Ann", ""}, "sig_title": {"Dean", "Head"}, "sig_organization": {"", ""}, "sig_picture": {"", "none.png"}}
	if r := st.postForm(path, form); r.status != 200 || strings.Count(r.body, `name="sig_id"`) != 3 || !strings.Contains(r.body, `value="Typed"`) {
		t.Errorf("more: %d %s", r.status, brief(r))
	}
	form.Set("act", "save")
	if r := st.postForm(path, form); r.status != 422 || !strings.Contains(r.body, "Say who signs") || !strings.Contains(r.body, "no such picture") || !strings.Contains(r.body, `value="none.png"`) {
		t.Errorf("refused: %d %s", r.status, brief(r))
	}
	form["sig_name"], form["sig_picture"] = []string{"Ann", "Cy"}, []string{"", ""}
	if r := st.postForm(path, form); r.status != 303 {
		t.Fatalf("save: %d %s", r.status, brief(r))
	}
	if got := list()[0]; got.Name != "Typed" || got.Extra != "kept" || len(got.Signatories) != 2 || got.Signatories[0].ID != made.Signatories[0].ID || got.Signatories[1].Name != "Cy" {
		t.Errorf("saved: %+v", got)
	}
	form.Set("name", "Late") // a tab left open: both versions
	if r := st.postForm(path, form); r.status != 409 || !strings.Contains(r.body, "Late") {
		t.Errorf("lost race: %d %s", r.status, brief(r))
	}
	// Deleted, and back.
	before, _ := json.Marshal(list())
	r = st.postForm(path, url.Values{"act": {"delete"}, "id": {strconv.Itoa(made.ID)}, "seen": {seenOf(t, st.get(path, asPage...))}})
	if r.status != 303 || len(list()) != 0 {
		t.Fatalf("delete: %d %s", r.status, brief(r))
	}
	q, _ := url.ParseQuery(strings.TrimPrefix(r.location(), path+"?"))
	if r := st.postForm(path, url.Values{"act": {"undo"}, "id": {q.Get("deleted")}, "was": {q.Get("was")}}); r.status != 303 {
		t.Errorf("undo: %d %s", r.status, brief(r))
	}
	if after, _ := json.Marshal(list()); string(after) != string(before) {
		t.Errorf("undone: %s, want %s", after, before)
	}
	if r := st.do("DELETE", one, "", asksJSON...); r.status != 204 {
		t.Errorf("DELETE: %d %s", r.status, r.body)
	}
	if r := st.do("DELETE", one, "", asksJSON...); r.status != 404 {
		t.Errorf("DELETE again: %d %s", r.status, r.body)
	}
}
