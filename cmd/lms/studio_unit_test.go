package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"lyceum/component"
	"lyceum/course"
	"lyceum/course/team"
)

// TestStudioViews asks for views of blocks as programs do.
func TestStudioViews(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Views"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	unit, problem, text := c.Key.Usage("vertical", "u1").String(), c.Key.Usage("problem", "p1").String(), c.Key.Usage("html", "text").String()
	view := func(path string) (out struct {
		HTML      string              `json:"html"`
		Resources [][]json.RawMessage `json:"resources"`
	},
	) {
		t.Helper()
		got := st.get(path, asksJSON...)
		if got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		if err := json.Unmarshal([]byte(got.body), &out); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Resources {
			if len(r) != 2 || !strings.Contains(string(r[1]), `"mimetype"`) {
				t.Errorf("%s: resource %s", path, r)
			}
		}
		return out
	}
	for path, want := range map[string]string{
		"/xblock/" + problem + "/student_view":                              "data-problem",
		"/xblock/" + problem + "/author_view/":                              "data-problem",
		"/xblock/" + text + "/reorderable_container_child_preview":          `data-locator="` + text + `"`,
		"/xblock/" + unit + "/container_preview":                            `data-locator="` + unit + `"`,
		"/xblock/" + text + "/studio_view":                                  "data-edit-form",
		"/xblock/" + text + "/visibility_view":                              `name="who"`,
		"/xblock/" + strings.ReplaceAll(text, ":", "%3A") + "/student_view": "block-html",
	} {
		if got := view(path); !strings.Contains(got.HTML, want) || len(got.Resources) == 0 {
			t.Errorf("%s: no %q in %s", path, want, got.HTML)
		}
	}
	if got := view("/xblock/" + unit + "/container_preview?enable_paging=true&page_number=0&page_size=1"); strings.Count(got.HTML, "studio-xblock-wrapper") != 1 {
		t.Errorf("a page of one: %s", got.HTML)
	}
	for path, want := range map[string]int{
		"/xblock/" + text + "/none_view":                                          http.StatusNotFound,
		"/xblock/" + unit + "/container_preview?enable_paging=true&page_number=x": http.StatusBadRequest,
		"/xblock/" + c.Key.Usage("html", "none").String() + "/student_view":       http.StatusNotFound,
	} {
		if got := st.get(path, asksJSON...); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	if got := st.get("/xblock/"+text+"/student_view", asPage...); got.status != http.StatusNotAcceptable {
		t.Errorf("for a reader of pages: %d", got.status)
	}

	// A question is tried by the real engine, and nobody's state is touched.
	if got := st.do(http.MethodPost, "/preview/xblock/"+problem+"/handler/xmodule_handler/problem_get", "", asksJSON...); got.status != http.StatusOK || !strings.Contains(got.body, `"html"`) {
		t.Errorf("the question as it is, asked for as pages do: %d %s", got.status, got.body)
	}
	for _, path := range []string{"/preview/xblock/" + problem, "/xblock/" + problem} {
		got := st.do(http.MethodPost, path+"/handler/xmodule_handler/problem_get", "x=1", append([]string{"Content-Type", formType}, asksJSON...)...)
		if got.status != http.StatusOK || !strings.Contains(got.body, "html") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	var states int
	if err := s.stores.pool.QueryRow(t.Context(), "SELECT count(*) FROM block_state").Scan(&states); err != nil || states != 0 {
		t.Errorf("%d states of learners, %v", states, err)
	}
}

// TestStudioSight tells who sees a block, and what forms make of it.
func TestStudioSight(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Sight"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	root, text, unit := c.Root().Key, c.Key.Usage("html", "text"), c.Key.Usage("vertical", "u1")
	if got := st.json(http.MethodPost, "/xblock/"+root.String(), map[string]any{"metadata": map[string]any{"user_partitions": []any{map[string]any{
		"id": 7, "name": "Pace", "scheme": "cohort", "version": 3, "parameters": map[string]any{}, "description": "",
		"groups": []any{map[string]any{"id": 1, "name": "Fast", "version": 1}, map[string]any{"id": 2, "name": "Slow", "version": 1}},
	}}}}); got.status != http.StatusOK {
		t.Fatalf("partitions: %d %s", got.status, got.body)
	}
	page := st.get("/access/"+text.String(), asPage...)
	for _, want := range []string{"Pace", "Fast", `value="7:2"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("no %q in the form", want)
		}
	}
	send := func(path string, want int, pairs ...string) reply {
		t.Helper()
		got := st.do(http.MethodPost, path, form(pairs...), append([]string{"Content-Type", formType}, asPage...)...)
		if got.status != want {
			t.Fatalf("%s %v: %d %s", path, pairs, got.status, got.body)
		}
		return got
	}
	at := "/access/" + text.String()
	if got := send(at, http.StatusUnprocessableEntity, "who", "groups"); !strings.Contains(got.body, "Choose at least one group") {
		t.Errorf("no group chosen: %s", got.body)
	}
	send(at, http.StatusUnprocessableEntity, "who", "groups", "group", "7:9")
	send(at, http.StatusSeeOther, "who", "groups", "group", "7:2", "group", "7:1")
	if got := s.draftBlock(text).Fields["group_access"]; got != `{"7":[1,2]}` {
		t.Errorf("group_access %s", got)
	}
	seen := hiddenInput.FindStringSubmatch(st.get(at, asPage...).body)
	send(at, http.StatusSeeOther, "who", "team")
	if got := s.draftBlock(text).Fields; got["visible_to_staff_only"] != "true" || !got["group_access"].IsSet() {
		t.Errorf("for the team: %v", got)
	}
	// An old tab: both versions are shown, and nothing is stored over either.
	if got := send(at, http.StatusConflict, "seen", seen[2], "who", "all"); !strings.Contains(got.body, "Somebody was faster") || !strings.Contains(got.body, `name="who" value="all"`) {
		t.Errorf("a lost race: %s", got.body)
	}
	send(at, http.StatusSeeOther, "who", "all")
	if got := s.draftBlock(text).Fields; got["visible_to_staff_only"].IsSet() || got["group_access"].IsSet() {
		t.Errorf("for all: %v", got)
	}
	// The lock of a unit learners have publishes it.
	if got := st.get("/access/"+unit.String(), asPage...); !strings.Contains(got.body, "publishes it at once") {
		t.Errorf("no warning: %s", got.body)
	}
	send("/access/"+unit.String(), http.StatusSeeOther, "who", "team")
	if n, ok := s.compiled(c.Key).Node(unit); !ok || !n.Settings.StaffOnly {
		t.Error("learners still see the unit")
	}
}

// TestStudioTemplateFiles: the files of a template come with the block, and none with a block that is refused.
func TestStudioTemplateFiles(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Own"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	template := component.Template{}
	for _, one := range s.lms.Kinds.Of("problem").(component.Templated).Templates() {
		if len(one.Files) > 0 {
			template = one
		}
	}
	if template.Name == "" {
		t.Fatal("no template has files")
	}
	has := func() bool {
		t.Helper()
		head, err := s.stores.courses.Head(t.Context(), c.Key)
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.stores.files.Manifest(t.Context(), head.Files)
		if err != nil {
			t.Fatal(err)
		}
		return all[template.Files[0].Name].Digest != ""
	}
	chapter, unit := c.Key.Usage("chapter", "open").String(), c.Key.Usage("vertical", "u2").String()
	if got := st.json(http.MethodPost, "/xblock/", map[string]any{"parent_locator": chapter, "category": "problem", "boilerplate": template.Name}); got.status != http.StatusBadRequest {
		t.Errorf("a problem in a section: %d %s", got.status, got.body)
	}
	if got := st.post("/container/"+unit, "category", "problem", "boilerplate", template.Name, "at", "-1"); got.status < 400 {
		t.Errorf("at no place: %d", got.status)
	}
	if has() {
		t.Error("the files of a block that was refused are there")
	}
	if got := st.post("/container/"+unit, "category", "problem", "boilerplate", template.Name); got.status != http.StatusSeeOther {
		t.Fatalf("a problem in a unit: %d %s", got.status, got.body)
	}
	if !has() {
		t.Error("the files of the template are not there")
	}
}

// TestStudioPreviewEyes: a preview shows what a learner in the chosen groups sees, and says what learners see until it is released.
func TestStudioPreviewEyes(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Eyes"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	set := func(u course.UsageKey, fields map[string]any) {
		t.Helper()
		if got := st.json(http.MethodPost, "/xblock/"+u.String(), map[string]any{"metadata": fields}); got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", u, got.status, got.body)
		}
	}
	unit, text := c.Key.Usage("vertical", "u1"), c.Key.Usage("html", "text")
	set(c.Root().Key, map[string]any{"user_partitions": []any{map[string]any{
		"id": 7, "name": "Pace", "scheme": "cohort", "version": 3, "parameters": map[string]any{}, "description": "",
		"groups": []any{map[string]any{"id": 1, "name": "Fast", "version": 1}, map[string]any{"id": 2, "name": "Slow", "version": 1}},
	}}})
	set(text, map[string]any{"group_access": map[string]any{"7": []int{2}}})
	set(c.Key.Usage("video", "v1"), map[string]any{"visible_to_staff_only": true})
	shows := func(query string, want ...string) {
		t.Helper()
		got := st.get("/preview/unit/"+unit.String()+query, asPage...)
		if got.status != http.StatusOK {
			t.Fatalf("%q: %d %s", query, got.status, got.body)
		}
		for _, text := range want {
			text, not := strings.CutPrefix(text, "!")
			if strings.Contains(got.body, text) == not {
				t.Errorf("%q: %q is there: %t", query, text, not)
			}
		}
	}
	shows("", "!<p>Hello", "!data-video", "Slow", "In no group", "?as=learner", "!do not see")
	shows("?group=7:1", "!<p>Hello", "group=7%3A1")
	shows("?group=7:2", "<p>Hello", "group=7%3A2")
	shows("?group=9:9&group=x", "!<p>Hello")
	if got := st.get("/container/"+unit.String(), asPage...); !strings.Contains(got.body, "<p>Hello") {
		t.Error("the page of the unit hides something from its author")
	}
	set(unit, map[string]any{"group_access": map[string]any{"7": []int{1}}})
	shows("?group=7:2", "!<p>Hello", "A learner in these groups does not see this unit.")
	set(unit, map[string]any{"group_access": nil, "visible_to_staff_only": true})
	shows("?group=7:2", "<p>Hello", "for the course team alone")
	later := c.Key.Usage("vertical", "u3")
	if got := st.get("/preview/unit/"+later.String(), asPage...); !strings.Contains(got.body, "Learners see this from") || !strings.Contains(got.body, "problem") {
		t.Errorf("a unit that is not released: %d", got.status)
	}
}
