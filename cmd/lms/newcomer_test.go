package main

import (
	"encoding/json"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"lyceum/course"
)

// wish is the query of somebody who wants into a course and has to sign in first.
func wish(c *course.Compiled) string {
	return form("course_id", c.Key.String(), "enrollment_action", "enroll")
}

// takes reports whether a person is enrolled: the course stands on the dashboard.
func (b *browser) takes(c *course.Compiled) bool {
	b.t.Helper()
	return strings.Contains(b.get("/dashboard").body, `value="`+c.Key.String()+`"`)
}

var hiddenFields = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// hidden are the hidden values of a page's forms, as names and values.
func (r reply) hidden() (pairs []string) {
	for _, m := range hiddenFields.FindAllStringSubmatch(r.body, -1) {
		pairs = append(pairs, html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return pairs
}

// TestEnrollByRegistering: who presses "Enroll now" and has no account is in the course when the account is made.
func TestEnrollByRegistering(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Wish"))
	b := s.visitor()
	about := b.get("/courses/" + c.Key.String() + "/about")
	if !strings.Contains(about.body, `href="/register?`+html.EscapeString(wish(c))+`"`) {
		t.Fatalf("Enroll now leads elsewhere: %s", about.body)
	}
	page := b.get("/register?" + wish(c))
	if !strings.Contains(page.body, "Then you are enrolled in Wish.") || !strings.Contains(page.body, `href="/login?`+html.EscapeString(wish(c))+`"`) {
		t.Fatalf("registration forgets the course: %s", page.body)
	}
	fields := append(page.hidden(), "email", "nora@example.com", "username", "nora", "name", "Nora", "password", goodPassword)
	back := b.post("/register", fields...) // the honor code is not agreed to
	if back.status != http.StatusUnprocessableEntity {
		t.Fatalf("without the honor code: %d", back.status)
	}
	fields = append(back.hidden(), "email", "nora@example.com", "username", "nora", "name", "Nora", "password", goodPassword, "honor_code", "true")
	got := b.post("/register", fields...)
	if got.status != http.StatusSeeOther || got.location() != "/courses/"+c.Key.String()+"/course/" {
		t.Fatalf("registered: %d to %s %s", got.status, got.location(), got.body)
	}
	if home := b.get(got.location()); !strings.Contains(home.body, "You are enrolled in Wish.") || !strings.Contains(home.body, "We sent a letter to nora@example.com") {
		t.Errorf("nothing is said: %s", home.body)
	}
	if !b.takes(c) {
		t.Error("not enrolled")
	}
	again := s.visitor()
	if got := again.post("/register", fields...); got.status != http.StatusSeeOther || got.location() != "/courses/"+c.Key.String()+"/course/" {
		t.Errorf("the second of two clicks: %d to %s", got.status, got.location())
	}
}

// TestEnrollBySigningIn: the same for those with an account, by page and by program.
func TestEnrollBySigningIn(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c, closed, hidden := s.teach(ownCourse("Open")), s.teach(courseWith("Closed", `"invitation_only": true`)), s.teach(courseWith("Hidden", `"catalog_visibility": "none"`))
	home := "/courses/" + c.Key.String() + "/course/"
	b := s.person("ann", nil)

	// Who is signed in presses the button: no link enrolls anybody.
	for _, path := range []string{"/register?", "/login?"} {
		if got := b.get(path + wish(c)); got.location() != "/courses/"+c.Key.String()+"/about" {
			t.Errorf("%s, signed in, leads to %q", path, got.location())
		}
	}
	if b.takes(c) {
		t.Fatal("a link has enrolled somebody")
	}

	in := func(c *course.Compiled, more ...string) (*browser, reply) {
		b := s.visitor()
		page := b.get("/login?" + wish(c))
		return b, b.post("/login", append(append(page.hidden(), "email", "ann@example.com", "password", goodPassword), more...)...)
	}
	b, got := in(closed)
	if got.location() != "/courses/"+closed.Key.String()+"/about" || b.takes(closed) {
		t.Errorf("by invitation only: to %s", got.location())
	}
	b, got = in(closed)
	if page := b.get(got.location()); !strings.Contains(page.body, "by invitation only") {
		t.Errorf("why is not said: %s", page.body)
	}
	if b, got = in(hidden); got.location() != "/dashboard" || b.takes(hidden) {
		t.Errorf("a course nobody is shown: to %s", got.location())
	}
	if b, got = in(c, "next", "/courses/"+c.Key.String()+"/progress"); got.location() != "/courses/"+c.Key.String()+"/progress" || !b.takes(c) {
		t.Errorf("with a page to go on at: to %s", got.location())
	}
	if _, got = in(c); got.location() != home {
		t.Errorf("enrolled already: to %s", got.location())
	}

	s.person("bob", nil)
	program := s.visitor()
	got = program.post("/api/user/v1/account/login_session/", "email", "bob@example.com", "password", goodPassword, "course_id", c.Key.String(), "enrollment_action", "enroll")
	var answer struct {
		Success     bool   `json:"success"`
		RedirectURL string `json:"redirect_url"`
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || !answer.Success || answer.RedirectURL != home || !program.takes(c) {
		t.Errorf("a program's sign-in: %d %s", got.status, got.body)
	}
	if got := s.visitor().post("/login", "email", "bob@example.com", "password", goodPassword, "course_id", "course-v1:No+Such+Course", "enrollment_action", "enroll"); got.location() != "/dashboard" {
		t.Errorf("no such course: to %s", got.location())
	}
}

// courseWith is ownCourse with one more setting.
func courseWith(name, setting string) fstest.MapFS {
	files := ownCourse(name)
	policy := files["policies/1/policy.json"]
	policy.Data = []byte(strings.Replace(string(policy.Data), `"days_early_for_beta": 5,`, `"days_early_for_beta": 5, `+setting+`,`, 1))
	return files
}

// TestEnrollByLetter: where an address must be confirmed first, the letter's link keeps where its reader was headed, in any browser.
func TestEnrollByLetter(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_ACTIVATE_FIRST=yes")
	c := s.teach(ownCourse("Letter"))
	b := s.visitor()
	page := b.get("/register?" + wish(c))
	got := b.post("/register", append(page.hidden(), "email", "nora@example.com", "username", "nora", "name", "Nora", "password", goodPassword, "honor_code", "true")...)
	if got.status != http.StatusOK || !strings.Contains(got.body, `href="/login?`+html.EscapeString(wish(c))+`"`) {
		t.Fatalf("registered: %d %s", got.status, got.body)
	}
	link := func() string {
		t.Helper()
		m := regexp.MustCompile(`href="[^"]*(/activate/[^"]*)"`).FindStringSubmatch(s.visitor().get("/outbox").body)
		if m == nil {
			t.Fatal("no letter")
		}
		return html.UnescapeString(m[1])
	}
	first := link()
	// Signing in too early sends another letter, which leads on as well.
	if got := b.post("/login", append(b.get("/login?"+wish(c)).hidden(), "email", "nora@example.com", "password", goodPassword)...); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, c.Key.String()) {
		t.Fatalf("too early: %d %s", got.status, got.body)
	}
	for _, address := range []string{first, link()} {
		if !strings.HasSuffix(address, "?"+wish(c)) {
			t.Fatalf("the letter leads to %s", address)
		}
	}
	phone := s.visitor()
	page = phone.get(first)
	got = phone.post(first, page.hidden()...)
	if got.status != http.StatusSeeOther || got.location() != "/login?"+wish(c) {
		t.Fatalf("confirmed: %d to %s", got.status, got.location())
	}
	page = phone.get(got.location())
	if !strings.Contains(page.body, "Then you are enrolled in Letter.") || !strings.Contains(page.body, "Your e-mail address is confirmed.") {
		t.Errorf("sign-in says nothing of it: %s", page.body)
	}
	got = phone.post("/login", append(page.hidden(), "email", "nora@example.com", "password", goodPassword)...)
	if got.location() != "/courses/"+c.Key.String()+"/course/" || !phone.takes(c) {
		t.Errorf("signed in: %d to %s", got.status, got.location())
	}
}

// TestPolicies: terms, honor code and privacy policy are ours, the site's own, elsewhere, or none; registration and the foot of pages name
// those there are.
func TestPolicies(t *testing.T) {
	t.Parallel()
	own := filepath.Join(t.TempDir(), "terms.md")
	if err := os.WriteFile(own, []byte("# Rules of the house\n\nBe **kind**. <script>alert(1)</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := newTestSite(t).visitor()
	for path, title := range map[string]string{"/tos": "Terms of service", "/honor": "Honor code", "/privacy": "Privacy policy"} {
		got := v.get(path)
		if got.status != http.StatusOK || !strings.Contains(got.body, "<h1>"+title+"</h1>") || strings.Contains(got.body, "{site}") || !strings.Contains(got.body, "Lyceum") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		for _, page := range []string{"/", "/register"} {
			if !strings.Contains(v.get(page).body, `href="`+path+`"`) {
				t.Errorf("%s does not lead to %s", page, path)
			}
		}
	}

	v = newTestSite(t, "LMS_TERMS="+own, "LMS_HONOR_CODE=no", "LMS_PRIVACY=https://example.org/privacy").visitor()
	if got := v.get("/tos"); !strings.Contains(got.body, "<h1>Rules of the house</h1>") || !strings.Contains(got.body, "<strong>kind</strong>") || !strings.Contains(got.body, "<td>1</td>") || strings.Contains(got.body, "<script>alert") {
		t.Errorf("own terms: %d %s", got.status, got.body)
	}
	if got := v.get("/honor"); got.status != http.StatusNotFound {
		t.Errorf("no honor code: %d", got.status)
	}
	if got := v.get("/privacy"); got.status != http.StatusFound || got.location() != "https://example.org/privacy" {
		t.Errorf("elsewhere: %d to %s", got.status, got.location())
	}
	page := v.get("/register")
	if !strings.Contains(page.body, "I agree to the terms of Lyceum") || !strings.Contains(page.body, `href="https://example.org/privacy"`) || strings.Contains(page.body, `href="/honor"`) {
		t.Errorf("registration: %s", page.body)
	}

	v = newTestSite(t, "LMS_TERMS=no", "LMS_HONOR_CODE=no", "LMS_PRIVACY=no").visitor()
	page = v.get("/register")
	if strings.Contains(page.body, "I agree") || strings.Contains(page.body, "To read first") {
		t.Errorf("there is nothing to agree to: %s", page.body)
	}
	if got := v.post("/register", append(page.hidden(), "email", "nora@example.com", "username", "nora", "name", "Nora", "password", goodPassword)...); got.status != http.StatusSeeOther {
		t.Errorf("registering: %d %s", got.status, got.body)
	}
	for _, wrong := range []string{filepath.Join(t.TempDir(), "none.md"), t.TempDir(), "https://"} {
		if _, err := loadConfig(getenvOf([]string{"LMS_TERMS=" + wrong})); err == nil || !strings.Contains(err.Error(), "LMS_TERMS") {
			t.Errorf("LMS_TERMS=%s: %v", wrong, err)
		}
	}
}
