package main

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/authoring/draft"
	authorfiles "lyceum/authoring/files"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
)

// clipboardSamples are the requests of programs that copy and paste.
func clipboardSamples(_, other *course.Compiled) map[string][]asked {
	block := func(kind, id string) string { return "block-v1:{keyparts}+type@" + kind + "+block@" + id }
	json := func(name, path, body string) asked {
		return asked{name: name, path: path, body: body, kind: "application/json", headers: asksJSON}
	}
	const door = "/api/content-staging/v1/clipboard/"
	return map[string][]asked{
		"GET /api/content-staging/v1/clipboard": {{path: door, headers: asksJSON, once: true}},
		"POST /api/content-staging/v1/clipboard": {
			json("what is not there", door, `{"usage_key": "`+block("html", "none")+`"}`),
			json("the course itself", door, `{"usage_key": "`+block("course", "course")+`"}`),
		},
		"GET /api/content-staging/v1/staged-content/{id}/olx": {{name: "none", path: "/api/content-staging/v1/staged-content/999999/olx", headers: asksJSON, once: true}},
		"POST /course/{course}/outline": {
			{name: "nothing", path: "/course/{course}/outline", body: "act=delete", headers: asksJSON},
			{name: "by form", path: "/course/{course}/outline", body: "act=delete", headers: asPage},
			{name: "what is not there", path: "/course/{course}/outline", body: form("act", "delete", "block", block("vertical", "none")), headers: asksJSON},
			{name: "of another course", path: "/course/{course}/outline", body: form("act", "none", "block", usage(other.Key, "vertical", "u1")), headers: asksJSON},
		},
		"POST /part/*": {
			{name: "no such act", path: "/part/" + block("vertical", "u1"), body: "act=nonsense", headers: asPage},
			{name: "no such act, in place", path: "/part/" + block("vertical", "u1"), body: "act=nonsense", headers: asksJSON},
			{name: "delete what is not there", path: "/part/" + block("vertical", "none"), body: "act=delete", headers: asPage},
			{name: "move to another course", path: "/part/" + block("vertical", "u1"), body: form("act", "move", "to", usage(other.Key, "sequential", "s1")), headers: asPage},
			{name: "copy what is not there", path: "/part/" + block("vertical", "none"), body: "act=copy", headers: asksJSON},
			{name: "paste nothing", path: "/part/" + block("sequential", "s1"), body: "act=paste", headers: asksJSON},
			{name: "undo nothing", path: "/part/" + block("vertical", "u1"), body: "act=undo&was=x", headers: asksJSON},
		},
	}
}

// clip is the clipboard as programs read it.
type clip struct {
	Content *struct {
		ID              int64
		Purpose, Status string
		Type            string `json:"block_type"`
		Name            string `json:"display_name"`
		OLX             string `json:"olx_url"`
		User            int64  `json:"user_id"`
	} `json:"content"`
	Block string `json:"source_usage_key"`
	Title string `json:"source_context_title"`
	Edit  string `json:"source_edit_url"`
}

type pasted struct {
	Locator   string
	CourseKey string
	Seen      string
	Notices   struct {
		New      []string `json:"new_files"`
		Clashing []string `json:"conflicting_files"`
		Failed   []string `json:"error_files"`
	} `json:"static_file_notices"`
}

const clipDoor = "/api/content-staging/v1/clipboard/"

func (b *browser) copyBlock(u string) clip {
	b.t.Helper()
	got := b.json("POST", clipDoor, map[string]any{"usage_key": u})
	if got.status != http.StatusOK {
		b.t.Fatalf("copy %s: %d %s", u, got.status, got.body)
	}
	return decode[clip](b.t, got)
}

func (b *browser) paste(parent string) pasted {
	b.t.Helper()
	got := b.json("POST", "/xblock/", map[string]any{"parent_locator": parent, "staged_content": "clipboard"})
	if got.status != http.StatusOK {
		b.t.Fatalf("paste into %s: %d %s", parent, got.status, got.body)
	}
	return decode[pasted](b.t, got)
}

// lesson makes a section with a subsection and a unit, and returns their keys.
func (b *browser) lesson(key course.Key) (section, sub, unit string) {
	section = b.addBlock(key.Usage("course", "course").String(), "chapter", "Week")
	sub = b.addBlock(section, "sequential", "Lesson")
	return section, sub, b.addBlock(sub, "vertical", "Steps")
}

// Programs copy a block of one course into another, with its files, as the platform we match answers them.
func TestClipboard(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	cleo := s.creator("cleo")
	from, to := cleo.makeCourse("Org", "From", "1", "Source"), cleo.makeCourse("Org", "To", "1", "Target")
	_, _, unit := cleo.lesson(from)
	week, sub, there := cleo.lesson(to)
	text := cleo.addBlock(unit, "html", "Text")
	author := draft.Author{Name: "cleo", Everywhere: true}
	service := &authorfiles.Service{Courses: s.stores.courses, Files: s.stores.files, Clock: time.Now}
	put := func(key course.Key, name, body string) {
		t.Helper()
		if _, err := service.Put(t.Context(), author, key, authorfiles.Upload{Name: name, Body: strings.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}
	put(from, "new.txt", "new")
	put(from, "clash.txt", "theirs")
	put(from, "same.txt", "same")
	put(to, "clash.txt", "ours")
	put(to, "same.txt", "same")
	body := `<a href="/static/new.txt">n</a> <a href="/static/clash.txt">c</a> <a href="/static/same.txt">s</a> <a href="/jump_to_id/` + strings.TrimPrefix(text[strings.LastIndex(text, "@"):], "@") + `">me</a>`
	if got := cleo.json("POST", "/xblock/"+text, map[string]any{"data": body}); got.status != http.StatusOK {
		t.Fatal(got.body)
	}

	if got := decode[map[string]any](t, cleo.get(clipDoor, asksJSON...)); got["content"] != nil || got["source_usage_key"] != "" || got["source_edit_url"] != "" || got["source_context_title"] != "" {
		t.Errorf("an empty clipboard: %v", got)
	}
	if got := cleo.json("POST", "/xblock/", map[string]any{"parent_locator": there, "staged_content": "clipboard"}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "Nothing is copied") {
		t.Errorf("paste from an empty clipboard: %d %s", got.status, got.body)
	}
	c := cleo.copyBlock(text)
	if c.Content == nil || c.Content.Type != "html" || c.Content.Name != "Text" || c.Content.Purpose != "clipboard" || c.Content.Status != "ready" || c.Block != text || c.Title != "Source" || !strings.HasSuffix(c.Edit, "/edit/"+text) {
		t.Errorf("copied: %+v", c)
	}
	if again := decode[clip](t, cleo.get(clipDoor, asksJSON...)); !cmp.Equal(again, c) {
		t.Errorf("GET tells otherwise than POST: %+v", again)
	}
	olx := cleo.get(strings.TrimPrefix(c.Content.OLX, s.author.URL))
	if olx.status != http.StatusOK || olx.header.Get("Content-Type") != "application/vnd.openedx.xblock.v1.html+xml" || !strings.HasPrefix(olx.body, "<html url_name=") || !strings.Contains(olx.body, "CDATA") {
		t.Errorf("olx: %d %s %s", olx.status, olx.header, olx.body)
	}
	dora := s.creator("dora")
	if got := dora.get(strings.TrimPrefix(c.Content.OLX, s.author.URL)); got.status != http.StatusNotFound {
		t.Errorf("olx of another: %d", got.status)
	}
	if got := dora.json("POST", clipDoor, map[string]any{"usage_key": text}); got.status != http.StatusForbidden {
		t.Errorf("copy without the right to read: %d %s", got.status, got.body)
	}
	for body, status := range map[string]int{`{"usage_key": "nonsense"}`: 400, `{}`: 400} {
		if got := cleo.do("POST", clipDoor, body, "Content-Type", "application/json", "Accept", "application/json"); got.status != status {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}

	got := cleo.paste(there)
	if !cmp.Equal(got.Notices.New, []string{"new.txt"}) || !cmp.Equal(got.Notices.Clashing, []string{"clash.txt"}) || got.Notices.Failed == nil || got.CourseKey != to.String() || !strings.HasPrefix(got.Locator, "block-v1:Org+To+1+type@html") {
		t.Errorf("pasted: %+v", got)
	}
	now := decode[struct{ Data string }](t, cleo.get("/xblock/"+got.Locator, asksJSON...)).Data
	if !strings.Contains(now, "/jump_to_id/"+got.Locator[strings.LastIndex(got.Locator, "@")+1:]) || !strings.Contains(now, "/static/new.txt") {
		t.Errorf("links in what was pasted: %s", now)
	}
	lib, err := service.Read(t.Context(), author, to)
	if err != nil || len(lib.Files) != 3 {
		t.Fatalf("files: %v, %v", lib.Files, err)
	}
	for name, want := range map[string]string{"new.txt": "new", "clash.txt": "ours"} {
		r, _, err := s.stores.files.Open(t.Context(), lib.Files[name].Digest)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		_ = r.Close()
		if string(text) != want {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
	if got := cleo.json("POST", "/xblock/", map[string]any{"parent_locator": week, "staged_content": "clipboard"}); got.status != http.StatusBadRequest {
		t.Errorf("a text in a section: %d %s", got.status, got.body)
	}
	if got := cleo.json("POST", "/xblock/", map[string]any{"parent_locator": there, "staged_content": "shelf"}); got.status != http.StatusBadRequest {
		t.Errorf("other staged content: %d", got.status)
	}

	// What was copied is what is pasted, whatever became of it; copying again replaces it, and its old address is gone.
	cleo.do("DELETE", "/xblock/"+unit, "", asksJSON...)
	second := cleo.paste(there)
	if now := decode[struct{ Data string }](t, cleo.get("/xblock/"+second.Locator, asksJSON...)).Data; !strings.Contains(now, "/static/new.txt") {
		t.Errorf("pasted after its source is gone: %s", now)
	}
	cleo.copyBlock(there)
	if got := cleo.get(strings.TrimPrefix(c.Content.OLX, s.author.URL)); got.status != http.StatusNotFound {
		t.Errorf("the old copy: %d", got.status)
	}
	if got := cleo.paste(sub); !strings.Contains(got.Locator, "type@vertical") || len(got.Notices.New) != 0 {
		t.Errorf("a unit inside its course: %+v", got)
	}
}

// The right to write a course is asked when something of it is copied, and again when that is looked at or pasted.
func TestClipboardRights(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	cleo := s.creator("cleo")
	from := cleo.makeCourse("Org", "From", "1", "Source")
	_, sub, unit := cleo.lesson(from)
	dora := s.person("dora", nil)
	grant := team.Grant{User: int64(dora.account.ID), Role: team.Staff, Scope: team.In(from)}
	s.grant(dora, team.Staff, from)
	s.grantSite(dora, team.CourseCreator)
	st := s.toStudio(dora)
	own := st.makeCourse("Org", "Own", "1", "Own")
	_, mine, _ := st.lesson(own)
	c := st.copyBlock(unit)
	if got := st.paste(mine); !strings.HasPrefix(got.Locator, "block-v1:Org+Own+1+type@vertical") {
		t.Errorf("what was copied with the right to: %+v", got)
	}
	if err := team.Remove(t.Context(), s.stores.pool, grant, audit.Source{}); err != nil {
		t.Fatal(err)
	}
	if got := st.json("POST", "/xblock/", map[string]any{"parent_locator": sub, "staged_content": "clipboard"}); got.status != http.StatusForbidden {
		t.Errorf("paste where one may not write any more: %d", got.status)
	}
	// What is of a course one is not on the team of any more is not there.
	if got := decode[clip](t, st.get(clipDoor, asksJSON...)); got.Content != nil || got.Edit != "" || got.Title != "" {
		t.Errorf("copied from where one may not go: %+v", got)
	}
	if got := st.get(strings.TrimPrefix(c.Content.OLX, s.author.URL)); got.status != http.StatusNotFound {
		t.Errorf("its content: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/xblock/", map[string]any{"parent_locator": mine, "staged_content": "clipboard"}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "Nothing is copied") {
		t.Errorf("pasted: %d %s", got.status, got.body)
	}
	if got := st.get("/container/"+mine, asPage...); strings.Contains(got.body, "Source") {
		t.Error("a page offers it")
	}
	s.grant(dora, team.Staff, from)
	st.paste(mine)
}

// Two authors paste and edit at once: each gets their own, nothing is lost, and every paste is one version.
func TestClipboardTogether(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	cleo := s.creator("cleo")
	key := cleo.makeCourse("Org", "From", "1", "Source")
	section, sub, unit := cleo.lesson(key)
	cleo.addBlock(unit, "html", "Text")
	dora := s.person("dora", nil)
	s.grant(dora, team.Staff, key)
	st := s.toStudio(dora)
	cleo.copyBlock(unit)
	st.copyBlock(sub)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() { cleo.paste(sub) })
		wait.Go(func() { st.paste(section) })
	}
	wait.Wait()
	_, b, err := (&draft.Editor{Courses: s.stores.courses}).Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	week := b.Draft.Root.Children[0]
	texts := 0
	ids := map[string]bool{}
	b.Draft.Root.Walk(func(x *course.Block) bool {
		if ids[x.ID] {
			t.Errorf("%s stands twice", x.ID)
		}
		ids[x.ID] = true
		if x.Type == "html" {
			texts++
		}
		return true
	})
	if len(week.Children) != 5 || len(week.Children[0].Children) != 5 || texts != 9 {
		t.Errorf("%d subsections, %d units in the first, %d texts; want 5, 5, 9", len(week.Children), len(week.Children[0].Children), texts)
	}
}
