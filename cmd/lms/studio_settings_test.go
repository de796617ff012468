package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/course/team"
)

// settingsSite is a site with one course and the browser of its author in Studio.
func settingsSite(t *testing.T) (*testSite, *course.Compiled, *browser, *browser) {
	t.Helper()
	s := newTestSite(t)
	c := s.teach(ownCourse("Own"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Instructor, c.Key)
	lea := s.person("lea", nil)
	s.enroll(lea, c)
	return s, c, s.toStudio(ann), lea
}

// postForm sends a form of a page; names may come more than once.
func (b *browser) postForm(path string, form url.Values) reply {
	b.t.Helper()
	return b.do("POST", path, form.Encode(), "Content-Type", formType, "Accept", asPage[1])
}

// brief is the beginning of what a page says.
func brief(r reply) string {
	body := r.body
	if _, main, ok := strings.Cut(body, "<main"); ok {
		body = main
	}
	return body[:min(len(body), 600)]
}

// compiled is what learners get now.
func (s *testSite) compiled(key course.Key) *course.Compiled {
	s.t.Helper()
	c, err := s.stores.courses.Compiled(context.Background(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// seenOf reads the version a form was filled from.
func seenOf(t *testing.T, r reply) string {
	t.Helper()
	_, rest, ok := strings.Cut(r.body, `name="seen" value="`)
	if !ok {
		t.Fatalf("%d: no form with a version: %s", r.status, brief(r))
	}
	seen, _, _ := strings.Cut(rest, `"`)
	return seen
}

func TestStudioDetails(t *testing.T) {
	t.Parallel()
	s, c, st, lea := settingsSite(t)
	path := "/settings/details/" + c.Key.String()

	got := decode[map[string]any](t, st.get(path, asksJSON...))
	for name, want := range map[string]any{"org": "T", "course_id": "Own", "run": "1", "start_date": "2020-01-01T00:00:00Z", "end_date": nil, "license": "all-rights-reserved", "self_paced": false, "intro_video": nil, "overview": ""} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	before := s.compiled(c.Key).Root().Block.Fields

	// A program sends a part of it: the rest stays, byte by byte.
	r := st.json("PUT", path, map[string]any{"end_date": "2099-05-01T10:00:00+02:00", "overview": "<p>Hello</p>", "short_description": "Short.", "intro_video": "abcdefghijk", "effort": "4 h", "nonsense": 1})
	got = decode[map[string]any](t, r)
	if r.status != 200 || got["end_date"] != "2099-05-01T08:00:00Z" || got["overview"] != "<p>Hello</p>" || got["intro_video"] != "abcdefghijk" || got["effort"] != "4 h" {
		t.Errorf("PUT: %d %s", r.status, brief(r))
	}
	now := s.compiled(c.Key)
	for name, v := range now.Root().Block.Fields {
		if name != "end" && before[name] != v {
			t.Errorf("%s was %s and is %s", name, before[name], v)
		}
	}
	if now.Summary.ShortDescription != "Short." || now.Summary.Effort != "4 h" {
		t.Errorf("learners see %+v", now.Summary)
	}
	if about := lea.get("/courses/" + c.Key.String() + "/about"); !strings.Contains(about.body, "<p>Hello</p>") {
		t.Errorf("about page: %d", about.status)
	}
	// null takes back; what does not fit is said beside its name, and nothing is stored.
	st.json("PUT", path, map[string]any{"effort": nil, "intro_video": nil})
	if now := s.compiled(c.Key); now.Page("about", "effort") != nil || now.Page("about", "video") != nil {
		t.Error("null does not take a page back")
	}
	for name, v := range map[string]any{"end_date": "soon", "start_date": "2100-01-01T00:00:00Z", "self_paced": []int{1}, "pre_requisite_courses": []string{"x"}, "overview": 5, "license": 7, "intro_video": "<b>"} {
		r := st.json("PUT", path, map[string]any{name: v})
		var refused struct{ Fields map[string]string }
		if json.Unmarshal([]byte(r.body), &refused) != nil || r.status != 400 || len(refused.Fields) == 0 {
			t.Errorf("%s: %v gives %d %s", name, v, r.status, brief(r))
		}
	}

	// The form: dates in the author's zone; seconds and spellings of what is not touched stay.
	st.cookies["zone"] = "America/New_York"
	pageOf := st.get(path, asPage...)
	if !strings.Contains(pageOf.body, `name="zone" value="America/New_York"`) || !strings.Contains(pageOf.body, `value="2099-05-01T04:00"`) || !strings.Contains(pageOf.body, "Times are in America/New_York") {
		t.Errorf("the form names no zone: %s", brief(pageOf))
	}
	seen := seenOf(t, pageOf)
	form := url.Values{
		"seen": {seen}, "zone": {"America/New_York"}, "display_name": {"Own"}, "start": {"2019-12-31T19:00"}, "end": {"2099-05-01T04:00"}, "enrollment_start": {"2026-07-01T09:30"},
		"enrollment_end": {""}, "certificate_available_date": {""}, "certificates_display_behavior": {"end"}, "self_paced": {"false"}, "language": {"de"}, "license": {"all-rights-reserved"},
		"max_student_enrollments_allowed": {"20"}, "pre_requisite_courses": {""}, "learning_info": {"This\r\n\r\nThat"}, "short_description": {"Short."}, "overview": {"<p>Hello</p>"},
		"effort": {""}, "duration": {"6 weeks"}, "course_image": {""}, "intro_video": {"https://youtu.be/abcdefghijk?t=3"},
	}
	if r := st.postForm(path, form); r.status != 303 {
		t.Fatalf("the form: %d %s", r.status, brief(r))
	}
	f := s.compiled(c.Key).Root().Block.Fields
	if f["enrollment_start"] != `"2026-07-01T13:30:00Z"` || f["start"] != `"2020-01-01T00:00:00Z"` || f["language"] != `"de"` || f["max_student_enrollments_allowed"] != "20" ||
		f["learning_info"] != `["This","That"]` || f["license"].IsSet() || f["self_paced"].IsSet() || f["invitation_only"].IsSet() || f["course_image"].IsSet() {
		t.Errorf("kept: %v", f)
	}

	// Sent from a tab left open: what others changed elsewhere stays, what they changed here is shown beside one's own.
	form.Set("duration", "7 weeks")
	st.json("PUT", path, map[string]any{"language": "fr"})
	if r := st.postForm(path, form); r.status != 303 { // the old form says language "de", which was typed into it before: that is a change
		if r.status != 409 || !strings.Contains(r.body, "de") || !strings.Contains(r.body, "fr") || !strings.Contains(r.body, `name="base" value="`+seen+`"`) {
			t.Errorf("lost race: %d %s", r.status, brief(r))
		}
	} else {
		t.Error("one author's language was stored over the other's")
	}
	fresh := seenOf(t, st.get(path, asPage...))
	st.json("PUT", path, map[string]any{"language": "it"})
	form.Set("seen", fresh)
	form.Set("language", "fr") // as the form was drawn
	if r := st.postForm(path, form); r.status != 303 {
		t.Fatalf("another setting: %d %s", r.status, brief(r))
	}
	now = s.compiled(c.Key)
	if now.Root().Block.Fields["language"] != `"it"` || string(now.Page("about", "duration").Body) != "7 weeks" {
		t.Errorf("language %s, duration %s", now.Root().Block.Fields["language"], now.Page("about", "duration").Body)
	}

	// Refused: filled as it was typed, each message beside its field.
	form.Set("seen", seenOf(t, st.get(path, asPage...)))
	form.Set("end", "2019-01-01T00:00")
	form.Set("display_name", " ")
	form.Set("duration", "eight <weeks>")
	r = st.postForm(path, form)
	if r.status != 422 || !strings.Contains(r.body, "The course would end before it starts.") || !strings.Contains(r.body, "eight &lt;weeks&gt;") || !strings.Contains(r.body, "A name is needed.") {
		t.Errorf("refused: %d %s", r.status, brief(r))
	}
	if got := s.compiled(c.Key); string(got.Page("about", "duration").Body) != "7 weeks" {
		t.Error("a refused form was stored")
	}
}

func TestStudioGrading(t *testing.T) {
	t.Parallel()
	s, c, st, lea := settingsSite(t)
	path := "/settings/grading/" + c.Key.String()
	type grader struct {
		ID     int     `json:"id"`
		Type   string  `json:"type"`
		Weight float64 `json:"weight"`
		Short  *string `json:"short_label"`
	}
	type model struct {
		Graders []grader           `json:"graders"`
		Cutoffs map[string]float64 `json:"grade_cutoffs"`
		Grace   map[string]int     `json:"grace_period"`
		Credit  float64            `json:"minimum_grade_credit"`
	}
	got := decode[model](t, st.get(path, asksJSON...))
	if len(got.Graders) != 1 || got.Graders[0].Type != "Homework" || got.Graders[0].Weight != 100 || got.Cutoffs["Pass"] != 0.5 || got.Grace != nil || got.Credit != 0.8 {
		t.Errorf("model: %+v", got)
	}
	policy := s.compiled(c.Key).Grading
	if r := st.json("PUT", path, map[string]any{}); r.status != 200 || s.compiled(c.Key).Grading != policy {
		t.Errorf("nothing sent, and still %d %s", r.status, s.compiled(c.Key).Grading)
	}
	// One assignment type by its place; a new name takes its subsections along, for learners too.
	r := st.json("PUT", path+"/0", map[string]any{"type": "Übungen", "min_count": "1", "drop_count": 0, "short_label": "Ü", "weight": 60})
	if g := decode[grader](t, r); r.status != 200 || g.Type != "Übungen" || g.Weight != 60 {
		t.Errorf("one type: %d %s", r.status, brief(r))
	}
	if sub, ok := s.compiled(c.Key).Find("sequential", "s1"); !ok || sub.Settings.Format != "Übungen" {
		t.Errorf("the subsection counts as %q", sub.Settings.Format)
	}
	r = st.json("POST", path+"/1", map[string]any{"type": "Exam", "min_count": 1, "weight": "40"})
	if g := decode[grader](t, r); r.status != 200 || g.ID != 1 || g.Weight != 40 {
		t.Errorf("a new type: %d %s", r.status, brief(r))
	}
	if got := st.get(path+"/7", asksJSON...); got.status != 200 || !strings.Contains(got.body, `"id":7`) {
		t.Errorf("behind the last: %d %s", got.status, got.body)
	}
	if r := st.do("DELETE", path+"/1", "", asksJSON...); r.status != 204 {
		t.Errorf("delete: %d %s", r.status, brief(r))
	}
	for _, body := range []map[string]any{
		{"grade_cutoffs": map[string]any{}},
		{"grade_cutoffs": map[string]any{"A": 2}},
		{"grade_cutoffs": map[string]any{"A": 0.5, "B": 0.5}},
		{"grade_cutoffs": map[string]any{"A": "x"}},
		{"graders": []any{map[string]any{"type": ""}}},
		{"graders": []any{map[string]any{"type": "a", "weight": -1}}},
		{"graders": []any{map[string]any{"type": "a"}, map[string]any{"type": "A"}}},
		{"graders": []any{map[string]any{"type": "a", "min_count": 1, "drop_count": 1}}},
		{"grace_period": map[string]any{"hours": -1}},
		{"minimum_grade_credit": 80},
	} {
		if r := st.json("PUT", path, body); r.status != 400 || !strings.Contains(r.body, `"fields"`) {
			t.Errorf("%v: %d %s", body, r.status, brief(r))
		}
	}

	// The form. A learner with a stored grade has the new letter at once.
	block := c.Key.Usage("problem", "p1").String()
	if r := lea.post("/courses/"+c.Key.String()+"/xblock/"+block+"/handler/xmodule_handler/problem_check", "input_p1_2_1", "yes1"); r.status != 200 {
		t.Fatalf("answer: %d %s", r.status, brief(r))
	}
	pageOf := st.get(path, asPage...)
	form := url.Values{
		"seen": {seenOf(t, pageOf)}, "letter": {"A", "B"}, "cutoff": {"90", "40,5"}, "was": {"0", ""}, "type": {"Homework", "Exam"}, "short": {"Ü", ""}, "weight": {"60", "20"},
		"total": {"1", "1"}, "drop": {"0", "0"}, "grace": {"1:30"}, "credit": {"75"},
	}
	if r := st.postForm(path, form); r.status != 303 {
		t.Fatalf("the form: %d %s", r.status, brief(r))
	}
	now := s.compiled(c.Key)
	want := `{"GRADER":[{"drop_count":0,"min_count":1,"short_label":"Ü","type":"Homework","weight":0.6},{"drop_count":0,"min_count":1,"type":"Exam","weight":0.2}],"GRADE_CUTOFFS":{"A":0.9,"B":0.405}}`
	if string(now.Grading) != want {
		t.Errorf("policy\n%s, want\n%s", now.Grading, want)
	}
	if f := now.Root().Block.Fields; f["graceperiod"] != `"1 hours 30 minutes"` || f["minimum_grade_credit"] != "0.75" {
		t.Errorf("settings %v", f)
	}
	if sub, _ := now.Find("sequential", "s1"); sub.Settings.Format != "Homework" || sub.Settings.Grace == nil || *sub.Settings.Grace != 90*time.Minute {
		t.Errorf("subsection: %+v", sub.Settings)
	}
	progress := lea.get("/courses/"+c.Key.String()+"/progress", asPage...)
	if progress.status != 200 || !strings.Contains(progress.body, "Exam") {
		t.Errorf("progress: %d", progress.status)
	}
	after := st.get(path, asPage...)
	if !strings.Contains(after.body, `is-off`) || !strings.Contains(after.body, "<span data-sum-value>80</span>") {
		t.Error("weights that add up to 80 % are not told")
	}
	// A type in use that goes is told; the form without scripts adds and takes away.
	form = url.Values{"seen": {seenOf(t, after)}, "letter": {"A", "B"}, "cutoff": {"90", "40.5"}, "was": {"1"}, "type": {"Exam"}, "short": {""}, "weight": {"100"}, "total": {"1"}, "drop": {"0"}, "grace": {"01:30"}, "credit": {"75"}}
	form.Set("drop_grade", "1")
	if r := st.postForm(path, form); r.status != 200 || !strings.Contains(r.body, `value="Pass"`) || s.compiled(c.Key).Grading != now.Grading {
		t.Errorf("a grade less: %d %s", r.status, brief(r))
	}
	form.Del("drop_grade")
	if r := st.postForm(path, form); r.status != 303 {
		t.Fatalf("a type less: %d %s", r.status, brief(r))
	}
	if r := st.get(path, asPage...); !strings.Contains(r.body, "1 subsection counts as Homework, which is no assignment type") {
		t.Errorf("the lost type is not told")
	}
	form.Set("weight", "many")
	form.Set("seen", seenOf(t, st.get(path, asPage...)))
	if r := st.postForm(path, form); r.status != 422 || !strings.Contains(r.body, `value="many"`) || !strings.Contains(r.body, "A number from 0 to 100.") {
		t.Errorf("refused: %d %s", r.status, brief(r))
	}
	old := form.Get("seen")
	st.json("PUT", path, map[string]any{"grade_cutoffs": map[string]any{"Pass": 0.6}})
	form.Set("seen", old)
	form.Set("weight", "100")
	form["cutoff"] = []string{"80", "40"}
	if r := st.postForm(path, form); r.status != 409 || !strings.Contains(r.body, "Grading policy") || !strings.Contains(r.body, "Pass") {
		t.Errorf("lost race: %d %s", r.status, brief(r))
	}
}

func TestStudioAdvanced(t *testing.T) {
	t.Parallel()
	s, c, st, _ := settingsSite(t)
	path := "/settings/advanced/" + c.Key.String()
	type setting struct {
		Value      any    `json:"value"`
		Name       string `json:"display_name"`
		Help       string `json:"help"`
		Deprecated bool   `json:"deprecated"`
		Hide       *bool  `json:"hide_on_enabled_publisher"`
	}
	got := decode[map[string]setting](t, st.get(path, asksJSON...))
	if got["catalog_visibility"].Value != "both" || got["advanced_modules"].Name != "Advanced components" || !got["css_class"].Deprecated || got["display_name"].Value != "Own" || got["mobile_available"].Hide == nil {
		t.Errorf("settings: %+v", got)
	}
	for name := range got {
		if got[name].Help == "" {
			t.Errorf("%s has no help", name)
		}
		if name == "start" || name == "tabs" || name == "certificates" {
			t.Errorf("%s has a page of its own", name)
		}
	}
	if few := decode[map[string]setting](t, st.get(path+"?filter_fields=mobile_available,is_new", asksJSON...)); len(few) != 2 {
		t.Errorf("filtered: %v", few)
	}
	before := s.compiled(c.Key).Root().Block.Fields
	r := st.json("PATCH", path, map[string]any{"advanced_modules": map[string]any{"value": []string{"poll"}}, "nobodys": map[string]any{"value": map[string]any{"b": 1, "a": "<x>"}}, "catalog_visibility": map[string]any{"value": "both"}})
	if r.status != 200 {
		t.Fatalf("PATCH: %d %s", r.status, r.body)
	}
	now := s.compiled(c.Key).Root().Block.Fields
	if now["advanced_modules"] != `["poll"]` || now["nobodys"] != `{"a":"<x>","b":1}` || now["catalog_visibility"].IsSet() || now["display_name"] != before["display_name"] || now["tabs"] != before["tabs"] || now["start"] != before["start"] {
		t.Errorf("kept: %v", now)
	}
	r = st.json("PUT", path, map[string]any{"advanced_modules": map[string]any{"value": "poll"}, "catalog_visibility": map[string]any{"value": "all"}, "is_new": map[string]any{"value": true}, "start": map[string]any{"value": "x"}, "css_class": 5})
	var refused []struct {
		Key, Message string
		Model        setting
	}
	if json.Unmarshal([]byte(r.body), &refused) != nil || r.status != 400 || len(refused) != 4 || refused[0].Key != "advanced_modules" || refused[0].Message == "" || refused[0].Model.Value != "poll" {
		t.Errorf("refused: %d %s", r.status, r.body)
	}
	if s.compiled(c.Key).Root().Block.Fields["is_new"].IsSet() {
		t.Error("half of it was saved")
	}

	pageOf := st.get(path, asPage...)
	if pageOf.status != 200 || !strings.Contains(pageOf.body, "Settings we do not know") || !strings.Contains(pageOf.body, `name="f.nobodys"`) {
		t.Fatalf("page: %d %s", pageOf.status, brief(pageOf))
	}
	form := url.Values{"seen": {seenOf(t, pageOf)}, "f.nobodys": {"{\n  \"a\": \"<x>\",\r\n  \"b\": 1\n}"}, "f.advanced_modules": {"[\"poll\",\n  \"surv]"}, "f.is_new": {"true"}, "f.cosmetic_display_price": {"ten"}}
	r = st.postForm(path, form)
	if r.status != 422 || !strings.Contains(r.body, "line 2, column") || !strings.Contains(r.body, "&#34;surv]") || !strings.Contains(r.body, "A whole number.") || !strings.Contains(r.body, "2 values do not fit") {
		t.Errorf("refused: %d %s", r.status, brief(r))
	}
	form.Set("f.advanced_modules", `["poll", "survey"]`)
	form.Set("f.cosmetic_display_price", "10")
	if r := st.postForm(path, form); r.status != 303 {
		t.Fatalf("saved: %d %s", r.status, brief(r))
	}
	now = s.compiled(c.Key).Root().Block.Fields
	if now["advanced_modules"] != `["poll","survey"]` || now["is_new"] != "true" || now["cosmetic_display_price"] != "10" || now["nobodys"] != `{"a":"<x>","b":1}` {
		t.Errorf("saved: %v", now)
	}
}

func TestStudioTabs(t *testing.T) {
	t.Parallel()
	s, c, st, lea := settingsSite(t)
	path := "/tabs/" + c.Key.String()
	type tab struct {
		ID      string `json:"tab_id"`
		Locator string `json:"tab_locator"`
		Name    string `json:"name"`
		Hidden  bool   `json:"is_hidden"`
	}
	ids := func() string {
		t.Helper()
		var out []string
		for _, tab := range decode[struct{ Tabs []tab }](t, st.get(path, asksJSON...)).Tabs {
			id := tab.ID
			if tab.Hidden {
				id += "-"
			}
			out = append(out, id)
		}
		return strings.Join(out, " ")
	}
	if got := ids(); got != "course_info courseware progress static_tab_glossary static_tab_hidden-" {
		t.Fatalf("tabs: %s", got)
	}
	// Order: by id, or a page by the key of its block; what is not named stays behind what it stood behind.
	order := []map[string]string{{"tab_id": "course_info"}, {"tab_id": "courseware"}, {"tab_locator": c.Key.Usage("static_tab", "glossary").String()}, {"tab_id": "progress"}}
	if r := st.json("POST", path, map[string]any{"tabs": order}); r.status != 204 {
		t.Fatalf("order: %d %s", r.status, r.body)
	}
	if got := ids(); got != "course_info courseware static_tab_glossary static_tab_hidden- progress" {
		t.Errorf("order: %s", got)
	}
	if r := st.json("PUT", path, map[string]any{"tab_id_locator": map[string]string{"tab_id": "progress"}, "is_hidden": true}); r.status != 204 {
		t.Errorf("hide: %d %s", r.status, r.body)
	}
	for _, body := range []any{
		map[string]any{"tabs": []map[string]string{{"tab_id": "progress"}, {"tab_id": "course_info"}}},
		map[string]any{"tabs": []map[string]string{{"tab_id": "nonsense"}}},
		map[string]any{"tabs": []map[string]string{{"tab_id": "progress"}, {"tab_id": "progress"}}},
		map[string]any{"tab_id_locator": map[string]string{"tab_id": "courseware"}, "is_hidden": true},
		map[string]any{},
	} {
		if r := st.json("POST", path, body); r.status != 400 {
			t.Errorf("%v: %d %s", body, r.status, r.body)
		}
	}
	// The page: made, written, moved, deleted, back where it stood.
	r := st.postForm(path, url.Values{"act": {"add"}, "name": {"Rules & more"}})
	slug := strings.TrimPrefix(r.location(), path+"?page=")
	if r.status != 303 || len(slug) != 32 {
		t.Fatalf("add: %d %s", r.status, r.location())
	}
	editor := st.get(path+"?page="+slug, asPage...)
	form := url.Values{"act": {"save"}, "slug": {slug}, "seen": {seenOf(t, editor)}, "name": {"House rules"}, "body": {"<p>Be\r\nkind</p>"}}
	if r := st.postForm(path, form); r.status != 303 {
		t.Fatalf("save: %d %s", r.status, brief(r))
	}
	now := s.compiled(c.Key)
	if p := now.Page("static_tab", slug); p == nil || string(p.Body) != "<p>Be\nkind</p>" || now.Tabs[5].Name != "House rules" {
		t.Errorf("page %+v, tabs %+v", p, now.Tabs)
	}
	if r := lea.get("/courses/"+c.Key.String()+"/"+slug+"/", asPage...); r.status != 200 || !strings.Contains(r.body, "kind</p>") {
		t.Errorf("the learner's page: %d", r.status)
	}
	form.Set("body", "<p>Mine</p>") // a tab left open: both versions
	if r := st.postForm(path, form); r.status != 409 || !strings.Contains(r.body, "&lt;p&gt;Mine&lt;/p&gt;") || !strings.Contains(r.body, "kind&lt;/p&gt;") {
		t.Errorf("lost race: %d %s", r.status, brief(r))
	}
	form.Set("name", " ")
	if r := st.postForm(path, form); r.status != 422 || !strings.Contains(r.body, "Mine") {
		t.Errorf("no name: %d", r.status)
	}
	if r := st.postForm(path, url.Values{"act": {"up"}, "tab": {"static_tab_" + slug}}); r.status != 303 || !strings.HasSuffix(ids(), "static_tab_"+slug+" progress-") {
		t.Errorf("up: %d %s", r.status, ids())
	}
	before := ids()
	r = st.postForm(path, url.Values{"act": {"delete"}, "slug": {slug}, "seen": {seenOf(t, st.get(path, asPage...))}})
	if r.status != 303 || strings.Contains(ids(), slug) || s.compiled(c.Key).Page("static_tab", slug) != nil {
		t.Errorf("delete: %d %s", r.status, ids())
	}
	q, _ := url.ParseQuery(strings.TrimPrefix(r.location(), path+"?"))
	if r := st.postForm(path, url.Values{"act": {"undo"}, "slug": {slug}, "was": {q.Get("was")}}); r.status != 303 || ids() != before || string(s.compiled(c.Key).Page("static_tab", slug).Body) != "<p>Be\nkind</p>" {
		t.Errorf("undo: %d %s, want %s", r.status, ids(), before)
	}
}

func TestStudioUpdates(t *testing.T) {
	t.Parallel()
	s, c, st, lea := settingsSite(t)
	path, page := "/course_info_update/"+c.Key.String()+"/", "/course_info/"+c.Key.String()
	type update struct {
		ID      int    `json:"id"`
		Date    string `json:"date"`
		Content string `json:"content"`
		Status  string `json:"status"`
	}
	if got := decode[[]update](t, st.get(path, asksJSON...)); len(got) != 0 {
		t.Errorf("at first: %v", got)
	}
	for i, text := range []string{"<p>One</p>", "<p>Two</p>"} {
		if got := decode[update](t, st.json("POST", path, map[string]any{"date": "May 1", "content": text})); got.ID != i+1 || got.Status != "visible" || got.Content != text {
			t.Errorf("made: %+v", got)
		}
	}
	if got := decode[update](t, st.json("PUT", path+"1", map[string]any{"date": "May 2", "content": "<p>First</p>"})); got.ID != 1 || got.Date != "May 2" {
		t.Errorf("changed: %+v", got)
	}
	if got := decode[[]update](t, st.do("DELETE", path+"2", "", asksJSON...)); len(got) != 1 || got[0].ID != 1 {
		t.Errorf("left: %+v", got)
	}
	want := `[{"content":"<p>First</p>","date":"May 2","id":1,"status":"visible"},{"content":"<p>Two</p>","date":"May 1","id":2,"status":"deleted"}]`
	if got := s.compiled(c.Key).Page("course_info", "updates").Fields["items"]; string(got) != want {
		t.Errorf("kept: %s", got)
	}
	if r := st.get(path+"2", asksJSON...); r.status != 404 {
		t.Errorf("a deleted one: %d", r.status)
	}
	if r := st.json("PUT", path+"9", map[string]any{"content": "x"}); r.status != 404 {
		t.Errorf("none: %d", r.status)
	}
	// Handouts are saved through the door of blocks, also where the course had none.
	block := "/xblock/" + c.Key.Usage("course_info", "handouts").String()
	if r := st.json("PUT", block, map[string]any{"data": "<ol><li>Plan</li></ol>"}); r.status != 200 {
		t.Errorf("handouts: %d %s", r.status, r.body)
	}
	home := lea.get("/courses/"+c.Key.String()+"/course/", asPage...)
	if !strings.Contains(home.body, "<p>First</p>") || strings.Contains(home.body, "<p>Two</p>") || !strings.Contains(home.body, "<li>Plan</li>") {
		t.Errorf("the learner's home: %s", brief(home))
	}
	// The page.
	shown := st.get(page, asPage...)
	if r := st.postForm(page, url.Values{"act": {"post"}, "id": {"0"}, "seen": {seenOf(t, shown)}, "date": {"May 3"}, "content": {"<p>Three</p>"}}); r.status != 303 {
		t.Fatalf("post: %d %s", r.status, brief(r))
	}
	st.json("PUT", path+"1", map[string]any{"date": "May 2", "content": "<p>Theirs</p>"})
	if r := st.postForm(page, url.Values{"act": {"post"}, "id": {"1"}, "seen": {seenOf(t, shown)}, "date": {"May 2"}, "content": {"<p>Mine</p>"}}); r.status != 409 || !strings.Contains(r.body, "Mine") || !strings.Contains(r.body, "Somebody else has changed") || !strings.Contains(r.body, "<pre>May 2\n&lt;p&gt;Theirs&lt;/p&gt;</pre>") {
		t.Errorf("lost race: %d %s", r.status, brief(r))
	}
	if r := st.postForm(page, url.Values{"act": {"post"}, "id": {"0"}, "date": {"June <9>"}, "content": {" "}}); r.status != 422 || !strings.Contains(r.body, "June &lt;9&gt;") {
		t.Errorf("empty: %d", r.status)
	}
	if r := st.postForm(page, url.Values{"act": {"delete"}, "id": {"3"}}); r.location() != page+"?deleted=3" {
		t.Errorf("delete: %d %s", r.status, r.location())
	}
	if r := st.postForm(page, url.Values{"act": {"undo"}, "id": {"3"}}); r.status != 303 || len(decode[[]update](t, st.get(path, asksJSON...))) != 2 {
		t.Errorf("undo: %d", r.status)
	}
}
