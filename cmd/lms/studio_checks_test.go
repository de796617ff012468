package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"lyceum/course"
	"lyceum/course/team"
)

// checklistSamples are the requests for lists of what is left to do.
func checklistSamples(_, _ *course.Compiled) map[string][]asked {
	out := map[string][]asked{
		"GET /checklists/{course}": {{path: "/checklists/{course}", headers: asPage}, {name: "JSON", path: "/checklists/{course}", headers: asksJSON}},
	}
	for _, what := range []string{"validation", "quality"} {
		route := "/api/courses/v1/" + what + "/{course}"
		out["GET "+route] = []asked{{path: route + "/?all=true", headers: asksJSON}}
	}
	return out
}

// TestStudioChecks: what learners would stumble over is told beside its component and asked about before it is published, in place and without
// scripts; what does not load is never published.
func TestStudioChecks(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Checks"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	unit, text, problem := usage(c.Key, "vertical", "u1"), usage(c.Key, "html", "text"), usage(c.Key, "problem", "p1")
	inPlace := func(u string, pairs ...string) reply {
		t.Helper()
		return st.do(http.MethodPost, "/part/"+u, form(pairs...), append([]string{"Content-Type", formType}, asksJSON...)...)
	}
	plain := func(u string, pairs ...string) reply {
		t.Helper()
		return st.do(http.MethodPost, "/part/"+u, form(pairs...), append([]string{"Content-Type", formType}, asPage...)...)
	}
	contains := func(what, body string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q", what, w)
			}
		}
	}
	waits := func() bool {
		t.Helper()
		return strings.Contains(st.get("/xblock/"+unit, asksJSON...).body, `"has_changes":true`)
	}
	set := func(u, data string) {
		t.Helper()
		if got := st.json("POST", "/xblock/"+u, map[string]any{"data": data}); got.status != http.StatusOK {
			t.Fatalf("edit: %d %s", got.status, got.body)
		}
	}
	set(text, "<p>\n<a href='/jump_to_id/gone'>on</a></p>")

	page := st.get("/container/"+unit, asPage...)
	contains("the unit", page.body, "A link leads nowhere in this course.", "/jump_to_id/gone", "Line 2:", `href="/edit/`+text)

	var asks struct{ Review, Words string }
	got := inPlace(unit, "act", "publish")
	if err := json.Unmarshal([]byte(got.body), &asks); err != nil || got.status != http.StatusOK || asks.Words != "" {
		t.Fatalf("publish in place: %d %s %v", got.status, got.body, err)
	}
	contains("the dialog", asks.Review, "<dialog", "Publish anyway", `name="anyway"`, "/jump_to_id/gone")
	got = plain(unit, "act", "publish", "from", unit)
	if got.status != http.StatusOK {
		t.Fatalf("publish: %d %s", got.status, got.body)
	}
	contains("the page", got.body, "<h1>Before publishing", "Publish anyway", `href="/container/`+unit, "/jump_to_id/gone")
	if !waits() {
		t.Fatal("it was published before its author said so")
	}
	if got := plain(usage(c.Key, "sequential", "s1"), "act", "publish"); got.status != http.StatusOK || !strings.Contains(got.body, "Publish anyway") {
		t.Errorf("the subsection: %d", got.status)
	}
	if got := plain(unit, "act", "publish", "anyway", "1", "from", unit); got.status != http.StatusSeeOther {
		t.Fatalf("publish anyway: %d %s", got.status, got.body)
	}
	if waits() {
		t.Error("it is no draft any more, and was not published")
	}

	// What is as it was published is nobody's question.
	if got := inPlace(unit, "act", "publish"); got.status != http.StatusOK || strings.Contains(got.body, "<dialog") {
		t.Errorf("nothing to publish: %d %s", got.status, got.body)
	}

	// What does not load is kept, and never published.
	set(text, "<p>mended</p>")
	set(problem, "<problem>\n<p>never ends</problem>")
	got = plain(unit, "act", "publish")
	contains("refused", got.body, "cannot be published as it is", "Cannot be published.", `href="/edit/`+problem)
	if got.status != http.StatusUnprocessableEntity || strings.Contains(got.body, "Publish anyway") {
		t.Errorf("what does not load: %d", got.status)
	}
	if got := plain(unit, "act", "publish", "anyway", "1"); got.status < 400 {
		t.Errorf("what does not load, all the same: %d", got.status)
	}
	if got := inPlace(unit, "act", "publish", "anyway", "1"); got.status != http.StatusBadRequest && got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "does_not_load") {
		t.Errorf("what does not load, in place: %d %s", got.status, got.body)
	}
	if !waits() {
		t.Error("it was published")
	}
	set(problem, `<problem><stringresponse answer="yes"><label>Well?</label><textline/></stringresponse></problem>`)
	if got := inPlace(unit, "act", "publish"); strings.Contains(got.body, "jump_to_id") {
		t.Errorf("mended: %s", got.body)
	}

	// Several parts at once are asked about together, in the outline as on a page, and go with one word.
	set(text, "<p><a href='/jump_to_id/gone'>on</a></p>")
	set(usage(c.Key, "html", "text2"), "<p><a href='/jump_to_id/lost'>on</a></p>")
	second, outline := usage(c.Key, "vertical", "u2"), "/course/"+c.Key.String()+"/outline"
	many := []string{"act", "publish", "block", unit, "block", second}
	got = st.do(http.MethodPost, outline, form(many...), append([]string{"Content-Type", formType}, asksJSON...)...)
	if err := json.Unmarshal([]byte(got.body), &asks); err != nil || got.status != http.StatusOK {
		t.Fatalf("publish several: %d %s %v", got.status, got.body, err)
	}
	contains("the dialog", asks.Review, "<dialog", "Before publishing 2 parts", "/jump_to_id/gone", "/jump_to_id/lost")
	got = st.do(http.MethodPost, outline, form(many...), append([]string{"Content-Type", formType}, asPage...)...)
	contains("the page", got.body, "<h1>Before publishing 2 parts", `action="`+outline, `name="block" value="`+unit, `name="block" value="`+second, `name="anyway"`)
	if got.status != http.StatusOK || !waits() {
		t.Fatalf("several were published before their author said so: %d", got.status)
	}
	if got := st.do(http.MethodPost, outline, form(append(many, "anyway", "1")...), append([]string{"Content-Type", formType}, asPage...)...); got.status != http.StatusSeeOther || waits() {
		t.Errorf("several all the same: %d", got.status)
	}
}

// TestStudioChecklists: the lists say what is left to do and lead there; programs get them, and the numbers they know, as JSON.
func TestStudioChecklists(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Lists"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	key := c.Key.String()
	type list struct {
		Name        string
		Done, Total int
		Items       []struct {
			Name, State, Words, URL string
			Count                   int
			Places                  []struct{ Locator, URL, Kind string }
		}
	}
	states := func() map[string]string {
		t.Helper()
		got := st.get("/checklists/"+key, asksJSON...)
		var out struct {
			Checklists []list `json:"checklists"`
		}
		if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != http.StatusOK || len(out.Checklists) != 4 {
			t.Fatalf("checklists: %d %s %v", got.status, got.body, err)
		}
		all := map[string]string{}
		for _, l := range out.Checklists {
			for _, line := range l.Items {
				all[line.Name] = line.State
				if strings.HasPrefix(line.Words, "studio.") || line.Words == "" {
					t.Errorf("%s has no words: %q", line.Name, line.Words)
				}
				for _, p := range line.Places {
					if got := st.get(strings.SplitN(p.URL, "#", 2)[0], asPage...); got.status != http.StatusOK {
						t.Errorf("%s leads to %s: %d", line.Name, p.URL, got.status)
					}
				}
				if line.URL != "" {
					if got := st.get(line.URL, asPage...); got.status != http.StatusOK {
						t.Errorf("%s leads to %s: %d", line.Name, line.URL, got.status)
					}
				}
			}
		}
		return all
	}
	want := func(when string, all map[string]string, pairs ...string) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			if all[pairs[i]] != pairs[i+1] {
				t.Errorf("%s, %s is %q, want %q", when, pairs[i], all[pairs[i]], pairs[i+1])
			}
		}
	}
	want("at first", states(), "welcome", "todo", "dates", "todo", "grading", "done", "certificate", "todo", "proctoring", "unused", "published", "done", "highlights", "todo",
		"missing_file", "todo", "no_transcript", "todo", "missing_alt", "done", "broken_link", "done", "does_not_load", "done", "team_only", "note")

	root := usage(c.Key, "course", "1")
	if got := st.json("POST", "/xblock/"+root, map[string]any{"metadata": map[string]any{
		"end": "2030-01-01T00:00:00Z", "certificates": map[string]any{"certificates": []any{map[string]any{"id": 101, "name": "It", "is_active": true, "version": 1}}},
	}}); got.status != http.StatusOK {
		t.Fatalf("edit: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/course_info_update/"+key+"/", map[string]any{"date": "May 1, 2026", "content": "<p>Welcome</p>"}); got.status != http.StatusOK {
		t.Fatalf("update: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/xblock/"+usage(c.Key, "html", "text"), map[string]any{"data": `<img src="/static/pic.svg">`}); got.status != http.StatusOK {
		t.Fatalf("edit: %d %s", got.status, got.body)
	}
	want("then", states(), "welcome", "done", "dates", "done", "certificate", "done", "published", "todo", "missing_alt", "todo")
	page := st.get("/checklists/"+key, asPage...)
	for _, words := range []string{"Before it begins", "One picture has no alternative text.", `href="/edit/`, `aria-current`} {
		if !strings.Contains(page.body, words) {
			t.Errorf("no %q in the page", words)
		}
	}

	asks := func(path, want string) {
		t.Helper()
		got := st.get(path, asksJSON...)
		var is, should any
		if err := json.Unmarshal([]byte(want), &should); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got.body), &is); err != nil || got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		a, _ := json.Marshal(is)
		b, _ := json.Marshal(should)
		if string(a) != string(b) {
			t.Errorf("%s:\ngot  %s\nwant %s", path, a, b)
		}
	}
	asks("/api/courses/v1/validation/"+key+"/", `{"is_self_paced": false}`)
	asks("/api/courses/v1/validation/"+key+"/?dates=true&grades=1", `{"is_self_paced": false, "dates": {"has_start_date": true, "has_end_date": true}, "grades": {"has_grading_policy": true, "sum_of_weights": 1}}`)
	asks("/api/courses/v1/validation/"+key+"/?all=true&graded_only=true&validate_oras=true", `{"is_self_paced": false,
		"dates": {"has_start_date": true, "has_end_date": true},
		"assignments": {"total_number": 3, "total_visible": 2, "assignments_with_dates_before_start": [], "assignments_with_dates_after_end": [],
			"assignments_with_ora_dates_before_start": [], "assignments_with_ora_dates_after_end": []},
		"grades": {"has_grading_policy": true, "sum_of_weights": 1},
		"certificates": {"is_enabled": true, "is_activated": true, "has_certificate": true},
		"updates": {"has_update": true},
		"proctoring": {"needs_proctoring_escalation_email": false, "has_proctoring_escalation_email": false}}`)
	asks("/api/courses/v1/quality/"+key+"/?all=true", `{"is_self_paced": false,
		"sections": {"total_number": 3, "total_visible": 2, "number_with_highlights": 0, "highlights_active_for_course": false, "highlights_enabled": true},
		"subsections": {"total_visible": 2, "num_with_one_block_type": 1, "num_block_types": {"min": 1, "max": 3, "mean": 2, "median": 2, "mode": 1}},
		"units": {"total_visible": 3, "num_blocks": {"min": 1, "max": 5, "mean": 2, "median": 1, "mode": 1}},
		"videos": {"total_number": 1, "num_mobile_encoded": 0, "num_with_val_id": 0, "durations": {"min": null, "max": null, "mean": null, "median": null, "mode": null}}}`)
	asks("/api/courses/v1/quality/"+key+"/?units=true&exclude_graded=true", `{"is_self_paced": false, "units": {"total_visible": 1, "num_blocks": {"min": 1, "max": 1, "mean": 1, "median": 1, "mode": 1}}}`)
}
