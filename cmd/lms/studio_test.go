package main

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"lyceum/authoring/draft"
	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
	accounts "lyceum/learner/account"
)

// asPage is what a browser sends along.
var asPage = []string{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}

// toStudio signs a person who is signed in at the LMS in to Studio, as a browser does, and returns their browser there.
func (s *testSite) toStudio(b *browser) *browser {
	s.t.Helper()
	st := newBrowser(s.t, s.author.URL, s.author.Client())
	st.account = b.account
	complete := s.handOver(b, st)
	got := st.post("/signin/complete", "code", complete.Get("code"), "next", complete.Get("next"))
	if got.status != http.StatusSeeOther || st.cookies["studio_sessionid"] == "" {
		s.t.Fatalf("sign in to Studio as %s: %d %s", b.account.Username, got.status, got.body)
	}
	return st
}

// handOver goes from Studio to the LMS and back to where the code is sent, and returns what the address there says.
func (s *testSite) handOver(b, st *browser) url.Values {
	s.t.Helper()
	got := st.get("/signin?next=/home/")
	path, ok := strings.CutPrefix(got.location(), s.server.URL)
	if got.status != http.StatusSeeOther || !ok {
		s.t.Fatalf("Studio's sign-in leads to %d %s", got.status, got.location())
	}
	got = b.get(path)
	path, ok = strings.CutPrefix(got.location(), s.author.URL+"/signin/complete?")
	if !ok {
		s.t.Fatalf("the hand-over leads to %d %s", got.status, got.location())
	}
	q, err := url.ParseQuery(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return q
}

// make creates a course as its author and returns its key.
func (b *browser) makeCourse(org, number, run, name string) course.Key {
	b.t.Helper()
	got := b.json("POST", "/course/", map[string]any{"org": org, "number": number, "run": run, "display_name": name})
	var made struct {
		URL string `json:"url"`
		Key string `json:"course_key"`
	}
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != http.StatusOK || made.URL != "/course/"+made.Key {
		b.t.Fatalf("make a course: %d %s", got.status, got.body)
	}
	key, err := course.ParseKey(made.Key)
	if err != nil {
		b.t.Fatal(err)
	}
	return key
}

// json sends a body as a program does.
func (b *browser) json(method, path string, body any) reply {
	b.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(method, path, string(text), "Content-Type", "application/json", "Accept", "application/json")
}

// decode reads a JSON answer.
func decode[T any](t testing.TB, r reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return v
}

// add makes a block and returns its key.
func (b *browser) addBlock(parent, category, name string) string {
	b.t.Helper()
	got := b.json("POST", "/xblock/", map[string]any{"parent_locator": parent, "category": category, "display_name": name})
	if got.status != http.StatusOK {
		b.t.Fatalf("add %s: %d %s", category, got.status, got.body)
	}
	return decode[struct{ Locator string }](b.t, got).Locator
}

func (s *testSite) creator(name string) *browser {
	s.t.Helper()
	b := s.person(name, nil)
	s.grantSite(b, team.CourseCreator)
	return s.toStudio(b)
}

func (s *testSite) grantSite(b *browser, role team.Role) {
	s.t.Helper()
	if err := team.Add(s.t.Context(), s.stores.pool, team.Grant{User: int64(b.account.ID), Role: role}, audit.Source{}); err != nil {
		s.t.Fatal(err)
	}
}

func TestStudioSignIn(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	ann := s.person("ann", nil)

	t.Run("pages lead to the sign-in and back", func(t *testing.T) {
		st := newBrowser(t, s.author.URL, s.author.Client())
		if got := st.get("/home/"); got.location() != "/signin?next=%2Fhome%2F" {
			t.Errorf("a visitor at home: %d %s", got.status, got.location())
		}
		got := st.get("/signin?next=/home/?q=x")
		visitor := s.visitor()
		if got := visitor.get(strings.TrimPrefix(got.location(), s.server.URL)); !strings.HasPrefix(got.location(), "/login?next=%2Fstudio%2Fhandover%3Fnext%3D") {
			t.Errorf("a visitor at the hand-over: %d %s", got.status, got.location())
		}
		form := visitor.get("/login?next=" + url.QueryEscape(strings.TrimPrefix(got.location(), s.server.URL)))
		if csp := form.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' "+s.author.URL+";") {
			t.Errorf("the sign-in form may not lead to Studio: %s", csp)
		}
		if csp := visitor.get("/login").header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self';") {
			t.Errorf("any other sign-in form leads elsewhere: %s", csp)
		}
	})
	t.Run("cookie and page", func(t *testing.T) {
		st := newBrowser(t, s.author.URL, s.author.Client())
		q := s.handOver(ann, st)
		page := st.get("/signin/complete?" + q.Encode())
		if page.status != http.StatusOK || page.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(page.body, q.Get("code")) {
			t.Errorf("the page of the code: %d %v", page.status, page.header)
		}
		got := st.post("/signin/complete", "code", q.Get("code"), "next", "https://evil.example/")
		if got.location() != "/home/" {
			t.Errorf("leads to %s", got.location())
		}
		for _, c := range got.header.Values("Set-Cookie") {
			if strings.HasPrefix(c, "studio_sessionid=") && (!strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax")) {
				t.Errorf("session cookie: %s", c)
			}
		}
		if got := st.get("/home/"); got.status != http.StatusOK || got.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("home: %d %s", got.status, got.header.Get("Cache-Control"))
		}
	})
	t.Run("once, for one browser, for a while", func(t *testing.T) {
		st, thief := newBrowser(t, s.author.URL, s.author.Client()), newBrowser(t, s.author.URL, s.author.Client())
		q := s.handOver(ann, st)
		thief.get("/signin")
		if got := thief.post("/signin/complete", "code", q.Get("code")); got.status != http.StatusUnauthorized || thief.cookies["studio_sessionid"] != "" {
			t.Errorf("another browser: %d", got.status)
		}
		if got := newBrowser(t, s.author.URL, s.author.Client()).post("/signin/complete", "code", q.Get("code")); got.status != http.StatusUnauthorized {
			t.Errorf("without a key: %d", got.status)
		}
		q = s.handOver(ann, st)
		key := st.cookies["studio_handover"]
		if got := st.post("/signin/complete", "code", q.Get("code")); got.status != http.StatusSeeOther {
			t.Fatalf("the browser itself: %d %s", got.status, got.body)
		}
		again := newBrowser(t, s.author.URL, s.author.Client())
		again.cookies["studio_handover"] = key
		if got := again.post("/signin/complete", "code", q.Get("code")); got.status != http.StatusUnauthorized {
			t.Errorf("a second time: %d", got.status)
		}
		if got := ann.get("/studio/handover?state=nonsense&next=/"); got.status != http.StatusUnprocessableEntity {
			t.Errorf("malformed state: %d", got.status)
		}
	})
	t.Run("faces are apart", func(t *testing.T) {
		st := s.toStudio(ann)
		stray := s.visitor()
		stray.cookies["sessionid"] = st.cookies["studio_sessionid"]
		stray.cookies["studio_sessionid"] = st.cookies["studio_sessionid"]
		if got := stray.get("/dashboard"); !strings.HasPrefix(got.location(), "/login") {
			t.Errorf("Studio's session at the LMS: %d %s", got.status, got.location())
		}
		strayed := newBrowser(t, s.author.URL, s.author.Client())
		strayed.cookies["sessionid"], strayed.cookies["studio_sessionid"] = ann.cookies["sessionid"], ann.cookies["sessionid"]
		if got := strayed.get("/home/"); !strings.HasPrefix(got.location(), "/signin") {
			t.Errorf("the LMS's session at Studio: %d %s", got.status, got.location())
		}
		for name, headers := range map[string][]string{
			"the LMS's origin":    {"Origin", s.server.URL},
			"same site":           {"Origin", "", "Sec-Fetch-Site", "same-site"},
			"null":                {"Origin", "null"},
			"a text that is JSON": {"Content-Type", "text/plain"},
		} {
			headers = append([]string{"Content-Type", "application/json"}, headers...)
			if got := st.do("POST", "/course/", `{"org":"A","number":"B","run":"C","display_name":"D"}`, headers...); got.status != http.StatusForbidden && got.status != http.StatusUnsupportedMediaType {
				t.Errorf("a change from %s: %d %s", name, got.status, got.body)
			}
		}
	})
	t.Run("signing out ends both", func(t *testing.T) {
		bob := s.person("bob", nil)
		st := s.toStudio(bob)
		old := st.cookies["studio_sessionid"]
		if got := st.get("/logout"); got.status != http.StatusOK || st.get("/home/").status != http.StatusOK {
			t.Errorf("a link from elsewhere signs out: %d", got.status)
		}
		if got := st.post("/logout"); got.location() != "/logout" {
			t.Errorf("sign out: %d %s", got.status, got.location())
		}
		st.cookies["studio_sessionid"] = old
		if got := st.get("/home/"); !strings.HasPrefix(got.location(), "/signin") {
			t.Errorf("after signing out: %d", got.status)
		}
		if got := bob.get("/dashboard"); !strings.HasPrefix(got.location(), "/login") {
			t.Errorf("the session it came from: %d", got.status)
		}
	})
	t.Run("ended with the session of the LMS", func(t *testing.T) {
		cat := s.person("cat", nil)
		st := s.toStudio(cat)
		cat.post("/logout")
		if got := st.get("/home/"); !strings.HasPrefix(got.location(), "/signin") {
			t.Errorf("after signing out of the LMS: %d", got.status)
		}
	})
	t.Run("headers", func(t *testing.T) {
		st := s.toStudio(ann)
		csp := st.get("/home/").header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "frame-ancestors 'self'") || strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe-eval") {
			t.Errorf("policy: %s", csp)
		}
	})
}

func TestStudioCreateCourse(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	st := s.creator("cleo")
	key := st.makeCourse("Org", "New", "R1", "A new course")
	if got := st.get("/course/"+key.String(), asPage...); got.status != http.StatusOK || !strings.Contains(got.body, "A new course") {
		t.Errorf("outline: %d", got.status)
	}
	roles, err := team.Load(t.Context(), s.stores.pool, int64(st.account.ID))
	if err != nil || !roles.In(key).Instructor || !roles.In(key).Staff {
		t.Errorf("roles of its maker: %+v, %v", roles, err)
	}
	if got := s.person("dan", nil).get("/courses/" + key.String() + "/about"); got.status != http.StatusOK {
		t.Errorf("about page at the LMS: %d", got.status)
	}
	list := st.get("/home/?q=new+ORG")
	if !strings.Contains(list.body, `href="/course/`+html.EscapeString(key.String())) {
		t.Errorf("home does not list it: %s", list.body)
	}
	if got := st.get("/home/?q=nothing+such"); strings.Contains(got.body, "A new course") || !strings.Contains(got.body, "0 courses found") {
		t.Error("the search finds too much")
	}
	type refused struct {
		Error, Kind, ErrMsg string
		Fields              map[string]string
	}
	for name, tc := range map[string]struct {
		org, number, run, name string
		status                 int
		field                  string
	}{
		"taken":           {"Org", "New", "R1", "x", http.StatusConflict, ""},
		"in another case": {"org", "NEW", "r1", "x", http.StatusConflict, ""},
		"space":           {"Org", "a b", "R1", "x", http.StatusBadRequest, "number"},
		"plus":            {"Org", "a+b", "R1", "x", http.StatusBadRequest, "number"},
		"no run":          {"Org", "a", "", "x", http.StatusBadRequest, "run"},
		"long":            {"Org", strings.Repeat("n", 70), "R", "x", http.StatusBadRequest, "number"},
		"script":          {"Org", "<script>", "R", "x", http.StatusBadRequest, "number"},
	} {
		got := st.json("POST", "/course/", map[string]any{"org": tc.org, "number": tc.number, "run": tc.run, "display_name": tc.name})
		answer := decode[refused](t, got)
		if got.status != tc.status || answer.Error == "" || tc.field != "" && answer.Fields[tc.field] == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	form := st.post("/course/", "org", "Org", "number", "a b", "run", "R9", "display_name", `Text <b> "quoted"`)
	if form.status != http.StatusUnprocessableEntity || !strings.Contains(form.body, `value="R9"`) || !strings.Contains(form.body, "aria-invalid") ||
		!strings.Contains(form.body, "Text &lt;b&gt; &#34;quoted&#34;") {
		t.Errorf("a refused form: %d %s", form.status, form.body)
	}
	if got := st.post("/course/", "org", "Org", "number", "Form", "run", "R9", "display_name", "By form"); got.status != http.StatusSeeOther || got.location() != "/course/course-v1:Org+Form+R9" {
		t.Errorf("a form: %d %s", got.status, got.location())
	}
	old := `{"org": "Org", "course": "Older", "run": "R", "display_name": "x"}`
	if got := st.do("POST", "/course/", old, "Content-Type", "application/json", "Accept", "application/json"); got.status != http.StatusOK {
		t.Errorf("the older name of the number: %d %s", got.status, got.body)
	}
}

// TestStudioWriteAndPublish: what an author makes through the JSON door reaches a learner.
func TestStudioWriteAndPublish(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	st := s.creator("cleo")
	key := st.makeCourse("Org", "Write", "R", "Writing")
	root := key.Usage("course", "course").String()
	section := st.addBlock(root, "chapter", "Week 1")
	sub := st.addBlock(section, "sequential", "Lesson 1")
	unit := st.addBlock(sub, "vertical", "Unit 1")
	text := st.addBlock(unit, "html", "A text")
	question := st.addBlock(unit, "problem", "A question")
	kept := st.addBlock(unit, "ubcpi", "Kept as it comes")

	type info struct {
		ID, Data, Seen string
		Metadata       map[string]any
		Grader         string `json:"graderType"`
	}
	got := st.json("POST", "/xblock/"+text, map[string]any{"data": "<p>Hello learner</p>", "metadata": map[string]any{"editor": "raw"}})
	if a := decode[info](t, got); got.status != http.StatusOK || a.Data != "<p>Hello learner</p>" || a.Metadata["editor"] != "raw" || a.ID != text {
		t.Errorf("update: %d %s", got.status, got.body)
	}
	xml := `<problem weight="3" other="kept"><stringresponse answer="yes"><label>Well?</label><textline/></stringresponse></problem>`
	got = st.json("PUT", "/xblock/"+question, map[string]any{"data": xml, "metadata": map[string]any{"max_attempts": 2}})
	if a := decode[info](t, got); got.status != http.StatusOK || !strings.Contains(a.Data, "<stringresponse") || !strings.HasPrefix(a.Data, "<problem") ||
		strings.Count(a.Data, "<problem") != 1 || !strings.Contains(a.Data, `other="kept"`) || a.Metadata["max_attempts"] != 2.0 || a.Metadata["weight"] != 3.0 {
		t.Errorf("problem: %d %s", got.status, got.body)
	}
	got = st.json("PATCH", "/xblock/"+question, map[string]any{"metadata": map[string]any{"max_attempts": nil, "display_name": "Asked"}, "nullout": []string{"weight"}})
	a := decode[info](t, got)
	if _, set := a.Metadata["max_attempts"]; set || a.Metadata["display_name"] != "Asked" {
		t.Errorf("null does not unset: %s", got.body)
	}
	if v, set := a.Metadata["weight"]; !set || v != nil {
		t.Errorf("nullout does not store a null: %s", got.body)
	}
	got = st.json("POST", "/xblock/"+question, map[string]any{"metadata": map[string]any{"weight": "heavy"}})
	if r := decode[struct{ Fields map[string]string }](t, got); got.status != http.StatusBadRequest || r.Fields["weight"] == "" {
		t.Errorf("a value that does not fit: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/xblock/"+sub, map[string]any{"graderType": "Homework"}); decode[info](t, got).Grader != "Homework" {
		t.Errorf("grader: %s", got.body)
	}
	if got := st.get("/xblock/"+sub+"?fields=graderType", "Accept", "application/json"); decode[info](t, got).Grader != "Homework" {
		t.Errorf("grader read: %s", got.body)
	}

	learner := s.person("lea", nil)
	s.enrollKey(learner, key)
	unitPage := "/courses/" + key.String() + "/courseware/" + id(section) + "/" + id(sub) + "/1"
	if got := st.json("POST", "/xblock/"+root, map[string]any{"metadata": map[string]any{"start": "2020-01-01T00:00:00Z"}}); got.status != http.StatusOK {
		t.Fatalf("start date: %d %s", got.status, got.body)
	}
	if got := learner.get(unitPage); strings.Contains(got.body, "Hello learner") {
		t.Errorf("a draft is seen: %d", got.status)
	}
	got = st.json("POST", "/xblock/"+unit, map[string]any{"publish": "make_public"})
	if got.status != http.StatusOK {
		t.Fatalf("publish: %d %s", got.status, got.body)
	}
	if got := learner.get(unitPage); got.status != http.StatusOK || !strings.Contains(got.body, "Hello learner") || !strings.Contains(got.body, "Well?") {
		t.Errorf("after publishing: %d %s", got.status, got.location())
	}

	// A problem that does not parse is kept, shown, and not published.
	broken := `<problem><stringresponse answer="yes"><label>Better?</problem>`
	if got := st.json("POST", "/xblock/"+question, map[string]any{"data": broken}); got.status != http.StatusOK || !strings.Contains(decode[info](t, got).Data, "Better?") {
		t.Errorf("a broken problem is not kept: %d %s", got.status, got.body)
	}
	got = st.json("POST", "/xblock/"+unit, map[string]any{"publish": "make_public"})
	if r := decode[struct {
		Findings []struct{ Kind, Locator string }
	}](t, got); got.status != http.StatusBadRequest || len(r.Findings) != 1 || r.Findings[0].Locator != question {
		t.Errorf("publish a broken problem: %d %s", got.status, got.body)
	}
	if got := learner.get(unitPage); !strings.Contains(got.body, "Well?") {
		t.Error("learners lost what was published")
	}
	if got := st.json("POST", "/xblock/"+unit, map[string]any{"publish": "discard_changes"}); got.status != http.StatusOK {
		t.Errorf("discard: %d %s", got.status, got.body)
	}
	if got := st.get("/xblock/"+question, "Accept", "application/json"); !strings.Contains(decode[info](t, got).Data, "Well?") {
		t.Errorf("after discarding: %s", got.body)
	}

	// Order, copies, moves, deletion.
	list := []string{kept, question, text}
	if got := st.json("POST", "/xblock/"+unit, map[string]any{"children": list}); got.status != http.StatusOK {
		t.Errorf("order: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/xblock/"+unit, map[string]any{"children": list[:2]}); got.status != http.StatusBadRequest || decode[struct{ Error string }](t, got).Error == "" {
		t.Errorf("a list that loses a block: %d %s", got.status, got.body)
	}
	got = st.json("POST", "/xblock/", map[string]any{"duplicate_source_locator": unit, "parent_locator": sub})
	copied := decode[struct{ Locator, CourseKey string }](t, got)
	if got.status != http.StatusOK || copied.CourseKey != key.String() {
		t.Fatalf("duplicate: %d %s", got.status, got.body)
	}
	if got := st.get("/xblock/"+copied.Locator, "Accept", "application/json"); decode[struct {
		Name string `json:"display_name"`
	}](t, got).Name != "Duplicate of 'Unit 1'" {
		t.Errorf("copy: %s", got.body)
	}
	got = st.json("PATCH", "/xblock/", map[string]any{"move_source_locator": copied.Locator, "parent_locator": sub, "target_index": 0})
	if m := decode[struct {
		Index int `json:"source_index"`
	}](t, got); got.status != http.StatusOK || m.Index != 1 {
		t.Errorf("move: %d %s", got.status, got.body)
	}
	if got := st.json("PATCH", "/xblock/", map[string]any{"move_source_locator": section, "parent_locator": sub}); got.status != http.StatusBadRequest {
		t.Errorf("move into itself: %d %s", got.status, got.body)
	}
	if got := st.do("DELETE", "/xblock/"+copied.Locator, ""); got.status != http.StatusNoContent || got.body != "" {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	if got := st.do("DELETE", "/xblock/"+copied.Locator, "", asJSON...); got.status != http.StatusNotFound {
		t.Errorf("delete again: %d", got.status)
	}

	// The outline as programs read it.
	type node struct {
		ID, Category string
		Name         string `json:"display_name"`
		State        string `json:"visibility_state"`
		Published    bool
		HasChanges   bool `json:"has_changes"`
		Below        *struct {
			Category string
			Children []json.RawMessage
		} `json:"child_info"`
	}
	at := decode[node](t, st.get("/course/"+key.String(), "Accept", "application/json"))
	for _, want := range []struct{ category, below, state string }{
		{"course", "chapter", ""}, {"chapter", "sequential", "needs_attention"}, {"sequential", "vertical", "needs_attention"}, {"vertical", "", "needs_attention"},
	} {
		if at.Category != want.category || at.State != want.state || (at.Below == nil) != (want.below == "") || at.Below != nil && (at.Below.Category != want.below || len(at.Below.Children) != 1) {
			t.Errorf("outline: %+v, want %+v", at, want)
		}
		if at.Below != nil && len(at.Below.Children) > 0 {
			next := node{}
			if err := json.Unmarshal(at.Below.Children[0], &next); err != nil {
				t.Fatal(err)
			}
			at = next
		}
	}
	if !at.Published || !at.HasChanges || at.ID != unit {
		t.Errorf("unit: %+v", at)
	}
	if tree := decode[node](t, st.get("/xblock/outline/"+section, asJSON...)); tree.ID != section || tree.Below == nil || len(tree.Below.Children) != 1 {
		t.Errorf("outline of a section: %+v", tree)
	}
	above := decode[struct {
		Info struct{ Ancestors []node } `json:"ancestor_info"`
	}](t, st.get("/xblock/container/"+unit, asJSON...)).Info.Ancestors
	if len(above) != 3 || above[0].ID != sub || above[2].Category != "course" {
		t.Errorf("what holds a unit: %+v", above)
	}
	for _, bad := range []map[string]any{
		{"parent_locator": unit, "category": "vertical"},
		{"parent_locator": unit, "category": "nonsense"},
		{"parent_locator": "x", "category": "html"},
		{"category": "html"},
		{"parent_locator": unit, "category": "course"},
		{"parent_locator": map[string]string{"$gt": ""}, "category": "html"},
		{"staged_content": "clipboard", "parent_locator": unit},
	} {
		if got := st.json("POST", "/xblock/", bad); got.status != http.StatusBadRequest || !strings.Contains(got.body, `"error"`) {
			t.Errorf("create %v: %d %s", bad, got.status, got.body)
		}
	}
	if got := st.json("PATCH", "/xblock/", map[string]any{}); got.status != http.StatusBadRequest {
		t.Errorf("an empty patch: %d", got.status)
	}
}

// id is the block id of a key.
func id(locator string) string { return locator[strings.LastIndexByte(locator, '@')+1:] }

// TestStudioLostRace: two authors on the same place; both versions are shown, neither is lost.
func TestStudioLostRace(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	ada := s.creator("ada")
	key := ada.makeCourse("Org", "Race", "R", "Race")
	bobAtLMS := s.person("bob", nil)
	s.grant(bobAtLMS, team.Staff, key)
	bob := s.toStudio(bobAtLMS)
	section := ada.addBlock(key.Usage("course", "course").String(), "chapter", "Week 1")
	other := ada.addBlock(key.Usage("course", "course").String(), "chapter", "Week 2")
	seen := decode[struct{ Seen string }](t, ada.get("/course/"+key.String(), "Accept", "application/json")).Seen

	rename := func(b *browser, u, name, seen string) reply {
		return b.json("POST", "/xblock/"+u, map[string]any{"metadata": map[string]any{"display_name": name}, "seen": seen})
	}
	if got := rename(bob, section, "Bob's", seen); got.status != http.StatusOK {
		t.Fatalf("the first: %d %s", got.status, got.body)
	}
	if got := rename(ada, other, "Elsewhere", seen); got.status != http.StatusOK {
		t.Errorf("another place: %d %s", got.status, got.body)
	}
	got := rename(ada, section, "Ada's", seen)
	type sided struct {
		Name string `json:"display_name"`
	}
	lost := decode[struct {
		Error    string
		Conflict struct {
			Author, Seen string
			Blocks       []struct {
				Locator            string
				Base, Mine, Theirs sided
			}
		}
	}](t, got)
	if got.status != http.StatusConflict || lost.Error == "" || len(lost.Conflict.Blocks) != 1 {
		t.Fatalf("the second: %d %s", got.status, got.body)
	}
	b := lost.Conflict.Blocks[0]
	if b.Base.Name != "Week 1" || b.Mine.Name != "Ada's" || b.Theirs.Name != "Bob's" || b.Locator != section {
		t.Errorf("sides: %+v", b)
	}
	page := ada.post("/part/"+section, "act", "rename", "name", "Ada's", "seen", seen)
	if page.status != http.StatusConflict || !strings.Contains(page.body, "Ada&#39;s") || !strings.Contains(page.body, "Bob&#39;s") {
		t.Fatalf("the page of both versions: %d %s", page.status, page.body)
	}
	now := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(page.body)
	if now == nil {
		t.Fatalf("the page does not offer to use mine: %s", page.body)
	}
	if got := ada.post("/part/"+section, "act", "rename", "name", "Ada's", "seen", now[1]); got.status != http.StatusSeeOther {
		t.Errorf("use mine: %d", got.status)
	}
	if got := rename(bob, section, "The last one wins", ""); got.status != http.StatusOK {
		t.Errorf("a client that names no version: %d %s", got.status, got.body)
	}
}

// TestStudioForms: all that the outline does in place is done by forms of pages too.
func TestStudioForms(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	st := s.creator("cleo")
	key := st.makeCourse("Org", "Forms", "R", "Forms")
	root := key.Usage("course", "course").String()
	for range 2 {
		if got := st.post("/part/"+root, "act", "add"); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location(), "/course/"+key.String()+"?") || !strings.Contains(got.location(), "show=") {
			t.Fatalf("add a section: %d %s", got.status, got.location())
		}
	}
	type tree struct {
		ID    string
		Name  string                    `json:"display_name"`
		Lock  bool                      `json:"has_explicit_staff_lock"`
		Below struct{ Children []tree } `json:"child_info"`
	}
	look := func() tree { return decode[tree](t, st.get("/course/"+key.String(), "Accept", "application/json")) }
	outline := look()
	first, second := outline.Below.Children[0].ID, outline.Below.Children[1].ID
	do := func(u string, pairs ...string) reply {
		t.Helper()
		got := st.post("/part/"+u, pairs...)
		if got.status != http.StatusSeeOther {
			t.Fatalf("%v: %d %s", pairs, got.status, got.body)
		}
		return got
	}
	do(first, "act", "rename", "name", "One")
	do(second, "act", "rename", "name", "Two")
	do(second, "act", "move", "way", "up")
	if got := look().Below.Children; got[0].Name != "Two" || got[1].Name != "One" {
		t.Errorf("after moving up: %+v", got)
	}
	do(first, "act", "add")
	sub := look().Below.Children[1].Below.Children[0].ID
	do(sub, "act", "add")
	do(sub, "act", "move", "to", second)
	if got := look().Below.Children[0].Below.Children; len(got) != 1 || len(got[0].Below.Children) != 1 {
		t.Errorf("after moving elsewhere: %+v", got)
	}
	do(root, "act", "schedule", "start", "2027-01-04T09:00", "end", "")
	do(sub, "act", "schedule", "start", "", "due", "2027-02-01T12:30", "grader", "Homework")
	do(sub, "act", "schedule", "start", "", "due", "2027-02-01T12:30", "grader", "Homework")
	type dated struct {
		Start, Due, Format string
		Graded             bool
	}
	if got := decode[dated](t, st.get("/xblock/"+sub, asJSON...)); got != (dated{"2027-01-04T09:00:00Z", "2027-02-01T12:30:00Z", "Homework", true}) {
		t.Errorf("dates: %+v", got)
	}
	for _, bad := range [][]string{{"start", "soon"}, {"start", "2027-03-01T00:00", "due", "2027-02-01T00:00"}} {
		got := st.post("/part/"+sub, append([]string{"act", "schedule"}, bad...)...)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "aria-invalid") || !strings.Contains(got.body, `value="`+bad[1]+`"`) {
			t.Errorf("%v: %d, want the form back as it was typed", bad, got.status)
		}
	}
	do(sub, "act", "schedule", "due", "", "grader", "notgraded")
	if got := decode[dated](t, st.get("/xblock/"+sub, asJSON...)); got.Due != "" || got.Graded {
		t.Errorf("without dates: %+v", got)
	}
	do(second, "act", "hide")
	if !look().Below.Children[0].Lock {
		t.Error("not hidden")
	}
	do(second, "act", "show")
	do(second, "act", "duplicate")
	do(second, "act", "publish")
	for _, path := range []string{"/course/" + key.String(), "/part/" + second, "/part/" + sub, "/part/" + root, "/container/" + look().Below.Children[0].Below.Children[0].Below.Children[0].ID} {
		if got := st.get(path, asPage...); got.status != http.StatusOK || strings.Count(got.body, "<h1") != 1 {
			t.Errorf("%s: %d, %d titles", path, got.status, strings.Count(got.body, "<h1"))
		}
	}
	unit := look().Below.Children[0].Below.Children[0].Below.Children[0].ID
	st.addBlock(unit, "html", "Written since")
	thrown := do(second, "act", "discard", "stay", "1")
	kept := regexp.MustCompile(`name="was" value="([^"]+)"`).FindStringSubmatch(st.get(thrown.location(), asPage...).body)
	if got := st.get("/part/"+unit, asPage...); kept == nil || strings.Contains(got.body, "Written since") {
		t.Fatalf("after discarding: %s", thrown.location())
	}
	do(second, "act", "undo", "was", kept[1])
	if got := st.get("/part/"+unit, asPage...); !strings.Contains(got.body, "Written since") {
		t.Error("what was discarded does not come back")
	}
	gone := do(second, "act", "delete")
	page := st.get(gone.location(), asPage...)
	was := regexp.MustCompile(`name="was" value="([^"]+)"`).FindStringSubmatch(page.body)
	if len(look().Below.Children) != 2 || was == nil || !strings.Contains(page.body, "“Two” was deleted") {
		t.Fatalf("after deleting: %s", page.body)
	}
	do(second, "act", "undo", "was", was[1])
	if got := look().Below.Children; len(got) != 3 || got[0].Name != "Two" || len(got[0].Below.Children) != 1 {
		t.Errorf("after undoing: %+v", got)
	}
	if got := st.post("/part/"+first, "act", "rename", "name", ""); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a name without letters: %d", got.status)
	}
	if got := st.post("/part/"+first, "act", "nonsense"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("no such act: %d", got.status)
	}
	json := st.do("POST", "/part/"+first, form("act", "rename", "name", "In place"), "Content-Type", formType, "Accept", "application/json")
	if got := decode[struct{ Seen, Words string }](t, json); json.status != http.StatusOK || got.Seen == "" || got.Words != "Renamed to In place." {
		t.Errorf("in place: %d %s", json.status, json.body)
	}
}

// TestStudioOldKeys: courses with keys of the old form are edited under the addresses clients know.
func TestStudioOldKeys(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	st := s.toStudio(s.person("staff", func(n *accounts.NewAccount) { n.Staff = true }))
	key := course.Key{Org: "Old", Number: "O1", Run: "2012", Form: course.FormSlashes}
	if _, err := s.stores.importer().Import(t.Context(), transfer.Request{Path: "old", FS: ownCourse("O1"), Publish: true, Key: key}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/course/Old/O1/2012", "/course/Old/O1/2012/", "/course/Old%2FO1%2F2012", "/course/Old/O1/2012/outline", "/xblock/i4x://Old/O1/html/text", "/xblock/i4x:/Old/O1/html/text"} {
		if got := st.get(path, asJSON...); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := st.get("/part/i4x://Old/O1/vertical/u1", asPage...); got.status != http.StatusOK || !strings.Contains(got.body, "Unit 1") {
		t.Errorf("part: %d", got.status)
	}
	if got := st.json("POST", "/xblock/i4x://Old/O1/html/text", map[string]any{"data": "<p>new</p>"}); got.status != http.StatusOK {
		t.Errorf("update: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/xblock/i4x://Old/O1/vertical/u1", map[string]any{"children": []string{"i4x://Old/O1/html/active", "i4x://Old/O1/html/text", "i4x://Old/O1/problem/p1", "i4x://Old/O1/problem/p2", "i4x://Old/O1/video/v1"}}); got.status != http.StatusOK {
		t.Errorf("order: %d %s", got.status, got.body)
	}
	if got := st.get("/xblock/i4x://Old/O1/html/none", asJSON...); got.status != http.StatusForbidden {
		t.Errorf("a block no course has: %d", got.status)
	}
}

// TestStudioAbandonedCourse: a process that ended between content and roles leaves a course its maker can ask for again, and nobody else.
func TestStudioAbandonedCourse(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	cleo, dora := s.creator("cleo"), s.creator("dora")
	editor := draft.Editor{Courses: s.stores.courses}
	if _, err := editor.Create(t.Context(), draft.NewCourse{Org: "Org", Number: "Half", Run: "R", Name: "Half made", By: draft.Author{Name: "cleo", Everywhere: true}}); err != nil {
		t.Fatal(err)
	}
	wish := map[string]any{"org": "Org", "number": "Half", "run": "R", "display_name": "Half made"}
	if got := dora.json("POST", "/course/", wish); got.status != http.StatusConflict {
		t.Errorf("somebody else: %d %s", got.status, got.body)
	}
	if got := cleo.json("POST", "/course/", wish); got.status != http.StatusOK {
		t.Errorf("its maker: %d %s", got.status, got.body)
	}
	if got := cleo.json("POST", "/course/", wish); got.status != http.StatusConflict {
		t.Errorf("its maker, once more: %d %s", got.status, got.body)
	}
	if got := cleo.get("/course/course-v1:Org+Half+R", asPage...); got.status != http.StatusOK {
		t.Errorf("the outline: %d", got.status)
	}
}

// TestStudioChanges: a page that lies open gets the sections that look different, and no others.
func TestStudioChanges(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	staff := s.person("staff", func(n *accounts.NewAccount) { n.Staff = true })
	c := s.teach(ownCourse("Changes"))
	st := s.toStudio(staff)
	page := st.get("/course/"+c.Key.String(), asPage...)
	version := regexp.MustCompile(`data-version="([^"]+)"`).FindStringSubmatch(page.body)
	if version == nil {
		t.Fatal("the page names no version")
	}
	type changes struct {
		Version, Sum string
		Order        []string
		Sections     map[string]string
	}
	ask := func(since string) changes {
		return decode[changes](t, st.get("/course/"+c.Key.String()+"/outline?since="+since, asJSON...))
	}
	if got := ask(version[1]); len(got.Sections) != 0 || len(got.Order) != 3 || got.Version != version[1] {
		t.Errorf("nothing has changed: %+v", got)
	}
	if got := st.json("POST", "/xblock/"+usage(c.Key, "html", "text"), map[string]any{"data": "<p>new</p>"}); got.status != http.StatusOK {
		t.Fatal(got.body)
	}
	got := ask(version[1])
	if len(got.Sections) != 1 || !strings.Contains(got.Sections["open"], "Draft (Unpublished changes)") || !strings.Contains(got.Sum, "1 unit waits") {
		t.Errorf("after an edit: %+v", got)
	}
	if again := ask(got.Version); len(again.Sections) != 0 {
		t.Errorf("seen already: %+v", again)
	}
	if all := ask("nonsense"); len(all.Sections) != 3 {
		t.Errorf("an unknown version: %d sections, want all", len(all.Sections))
	}
}

// enrollKey enrolls in a course by its key.
func (s *testSite) enrollKey(b *browser, key course.Key) {
	s.t.Helper()
	c, err := s.stores.courses.Compiled(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.enroll(b, c)
}

// TestCourseInStudio: who may write a course finds the way to Studio on its pages.
func TestCourseInStudio(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	maker, limited := s.person("meg", nil), s.person("lim", nil)
	s.grantSite(maker, team.CourseCreator)
	key := s.toStudio(maker).makeCourse("Org", "Way", "R", "The way")
	if err := team.Add(t.Context(), s.stores.pool, team.Grant{User: int64(limited.account.ID), Role: team.LimitedStaff, Scope: team.In(key)}, audit.Source{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  *browser
		want bool
	}{{maker, true}, {limited, false}} {
		got := c.who.get("/courses/" + key.String() + "/course/")
		if got.status != http.StatusOK || strings.Contains(html.UnescapeString(got.body), `/course/`+key.String()+`"><svg`) != c.want {
			t.Errorf("%s: %d, want the way: %v", c.who.account.Username, got.status, c.want)
		}
	}
}
