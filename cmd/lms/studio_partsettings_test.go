package main

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"lyceum/course/team"
)

// TestStudioPartSettings: prerequisites and the rest of a subsection's settings, by form and by the door of programs.
func TestStudioPartSettings(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	files := ownCourse("Gates")
	policy := string(files["policies/1/policy.json"].Data)
	files["policies/1/policy.json"] = &fstest.MapFile{Mode: 0o644, Data: []byte(strings.Replace(policy, `"display_name"`, `"enable_subsection_gating": true, "display_name"`, 1))}
	c := s.teach(files)
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	first, second, unit := c.Key.Usage("sequential", "s1"), c.Key.Usage("sequential", "s2"), c.Key.Usage("vertical", "u1")

	page := st.get("/part/"+second.String(), asPage...)
	for _, want := range []string{"Timed exam", "Comes after", "Who sees it", `name="min_score"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page of a subsection does not show %q", want)
		}
	}
	send := func(u string, pairs ...string) reply {
		t.Helper()
		return st.do("POST", "/part/"+u, form(append([]string{"act", "settings", "stay", "1"}, pairs...)...), append([]string{"Content-Type", formType}, asPage...)...)
	}
	if got := send(first.String(), "is_prereq", "1", "min_score", "100", "min_completion", "100"); got.status != http.StatusSeeOther {
		t.Fatalf("may be required: %d %s", got.status, got.body)
	}
	got := send(second.String(), "prereq", "s1", "min_score", "much", "min_completion", "50")
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "between 0 and 100") || !strings.Contains(got.body, `value="much"`) {
		t.Errorf("refused: %d %s", got.status, got.body)
	}
	if got := send(second.String(), "prereq", "s1", "min_score", "60", "min_completion", "50"); got.status != http.StatusSeeOther {
		t.Errorf("comes after: %d %s", got.status, got.body)
	}
	if got := st.get("/xblock/"+second.String(), asksJSON...); !strings.Contains(got.body, `"prereq":"`+first.String()+`"`) || !strings.Contains(got.body, `"prereq_min_score":60`) ||
		!strings.Contains(got.body, `"visibility_state":"gated"`) {
		t.Errorf("as JSON: %s", got.body)
	}
	change := func(u string, body map[string]any) reply {
		t.Helper()
		return st.json("POST", "/xblock/"+u, body)
	}
	if got := change(first.String(), map[string]any{"prereqUsageKey": second.String()}); got.status != http.StatusBadRequest {
		t.Errorf("in a circle: %d %s", got.status, got.body)
	}
	if got := change(second.String(), map[string]any{"prereqUsageKey": first.String(), "prereqMinScore": "200"}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "prereqMinScore") {
		t.Errorf("200 percent: %d %s", got.status, got.body)
	}
	if got := change(second.String(), map[string]any{"isPrereq": true, "prereqUsageKey": first.String(), "prereqMinScore": "80", "prereqMinCompletion": 0, "graderType": "Homework", "metadata": map[string]any{"due": "2030-06-01T00:00:00Z"}}); got.status != http.StatusOK {
		t.Fatalf("by JSON: %d %s", got.status, got.body)
	}
	if f := s.draftBlock(second).Fields; f["prereq_min_score"] != "80" || f["prereq_min_completion"] != "0" || f["is_prereq"] != "true" || f["format"] != `"Homework"` {
		t.Errorf("by JSON: %v", f)
	}
	if got := change(unit.String(), map[string]any{"isPrereq": true}); got.status != http.StatusBadRequest {
		t.Errorf("a unit as prerequisite: %d %s", got.status, got.body)
	}
	// What may not be required any more is required no more.
	if got := change(first.String(), map[string]any{"isPrereq": false}); got.status != http.StatusOK {
		t.Fatalf("not any more: %d %s", got.status, got.body)
	}
	if f := s.draftBlock(second).Fields; f["prereq"].IsSet() || f["prereq_min_score"].IsSet() {
		t.Errorf("still required: %v", f)
	}
}
