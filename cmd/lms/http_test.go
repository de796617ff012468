package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"lyceum/component"
	"lyceum/course"
	"lyceum/course/team"
	accounts "lyceum/learner/account"
)

// asset is the address of a course file.
func asset(c *course.Compiled, name string) string {
	return "/" + strings.Replace(c.Key.String(), "course-v1", "asset-v1", 1) + "+type@asset+block@" + name
}

// TestForeignOrigins: nothing but /event takes a change from another origin, whoever's cookie comes with it.
func TestForeignOrigins(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	learner := s.person("learner", nil)
	foreign := [][]string{
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
		{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", "same-site"}, // the authors' face is of one site with this
		{"Origin", "", "Sec-Fetch-Site", "cross-site"},
		{"Origin", "", "Sec-Fetch-Site", "same-site"},
		{"Origin", "", "Referer", "https://evil.example/page"},
		{"Origin", ""}, // a cookie alone proves nothing
		{"Origin", "", "X-CSRFToken", "wrong"},
	}
	own := [][]string{
		{}, {"Origin", "", "Sec-Fetch-Site", "same-origin"}, {"Origin", "", "X-CSRFToken", learner.cookies["csrftoken"]},
	}
	tried := 0
	for _, rt := range registered(t, s.routes) {
		if rt.method == http.MethodGet || rt.pattern == "/event" {
			continue
		}
		path := regexp.MustCompile(`\{[^{}]*(\{[^{}]*\})?[^{}]*\}`).ReplaceAllString(strings.ReplaceAll(rt.pattern, "v[12]", "v"), "x")
		for _, headers := range foreign {
			if got := learner.do(rt.method, path, "", append([]string{"Content-Type", formType}, headers...)...); got.status != http.StatusForbidden {
				t.Errorf("%s %s with %v: %d, want 403", rt.method, path, headers, got.status)
			}
			tried++
		}
	}
	if tried < 200 {
		t.Errorf("only %d requests were tried", tried)
	}
	for _, headers := range own {
		if got := learner.do(http.MethodPost, "/change_enrollment", form("course_id", "course-v1:a+b+c", "enrollment_action", "enroll"), append([]string{"Content-Type", formType}, headers...)...); got.status != http.StatusBadRequest {
			t.Errorf("own request with %v: %d, want 400 for the unknown course", headers, got.status)
		}
	}
	if got := learner.do(http.MethodPost, "/change_enrollment", `{"a": 1}`, "Content-Type", "text/plain"); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d, want 415", got.status)
	}
	for _, origin := range []string{"null", "https://evil.example", "https://host.evil.example"} {
		got := learner.do(http.MethodOptions, "/change_enrollment", "", "Origin", origin, "Access-Control-Request-Method", "POST")
		if allow := got.header.Get("Access-Control-Allow-Origin"); allow != "" {
			t.Errorf("preflight from %s: allowed %q", origin, allow)
		}
	}
}

// TestBodies: what is too large, of the wrong kind or not what is asked for.
func TestBodies(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	own := s.teach(ownCourse("Own"))
	b := s.person("learner", nil)
	s.enroll(b, own)
	check := handler(own, "problem", "p1", "xmodule_handler/problem_check")
	batch := "/api/completion/v1/completion-batch"
	big := strings.Repeat("x", 300<<10)
	bookmarks := "/api/bookmarks/v1/bookmarks/"
	json200 := func(fields string) string { return `{"course_key": "` + own.Key.String() + `", ` + fields + `}` }
	text := usage(own.Key, "html", "text")
	for _, c := range []struct {
		name, method, path, kind, body string
		want                           int
	}{
		{"answer of 300 KiB", "POST", check, formType, "input_p1_2_1=" + big, 413},
		{"answer of 2 MiB", "POST", check, formType, "input_p1_2_1=" + strings.Repeat("x", 2<<20), 413},
		{"raw body of 300 KiB", "POST", check, "application/json", big, 413},
		{"event of 300 KiB", "POST", "/event", formType, "event=" + big, 413},
		{"sign-in of 2 MiB", "POST", "/login", formType, "email=" + strings.Repeat("x", 2<<20), 413},
		{"completion of 2 MiB", "POST", batch, "application/json", strings.Repeat(" ", 2<<20), 413},
		{"broken escape", "POST", check, formType, "input_p1_2_1=%zz", 400},
		{"unknown input", "POST", check, formType, "input_p9_2_1=x", 400},
		{"input that is none", "POST", check, formType, "nonsense=1", 400},
		{"not UTF-8", "POST", check, formType, "input_p1_2_1=%ff%fe", 400},
		{"NUL", "POST", check, formType, "input_p1_2_1=a%00b", 400},
		{"check by GET", "GET", check, "", "", 400},
		{"hint of no number", "POST", handler(own, "problem", "p1", "xmodule_handler/hint_button"), formType, "hint_index=x", 400},
		{"unknown dispatch", "POST", handler(own, "problem", "p1", "xmodule_handler/problem_x"), formType, "", 404},
		{"unknown handler", "POST", handler(own, "problem", "p1", "x"), formType, "", 404},
		{"no handler", "POST", "/courses/" + own.Key.String() + "/xblock/" + text, formType, "", 404},
		{"completion: no JSON", "POST", batch, "application/json", "nonsense", 400},
		{"completion: list", "POST", batch, "application/json", "[]", 400},
		{"completion: number as course", "POST", batch, "application/json", `{"course_key": 7}`, 400},
		{"completion: text as value", "POST", batch, "application/json", json200(`"blocks": {"` + text + `": "1"}`), 400},
		{"completion: 2", "POST", batch, "application/json", json200(`"blocks": {"` + text + `": 2}`), 400},
		{"completion: -1", "POST", batch, "application/json", json200(`"blocks": {"` + text + `": -1}`), 400},
		{"completion: 1e309", "POST", batch, "application/json", json200(`"blocks": {"` + text + `": 1e309}`), 400},
		{"completion: NaN", "POST", batch, "application/json", json200(`"blocks": {"` + text + `": NaN}`), 400},
		{"completion: no key", "POST", batch, "application/json", json200(`"blocks": {"nonsense": 1}`), 400},
		{"completion: of another course", "POST", batch, "application/json", json200(`"blocks": {"block-v1:T+Other+1+type@html+block@text": 1}`), 400},
		{"completion: hidden block", "POST", batch, "application/json", json200(`"blocks": {"` + usage(own.Key, "problem", "p4") + `": 1}`), 400},
		{"completion: no such block", "POST", batch, "application/json", json200(`"blocks": {"` + usage(own.Key, "problem", "none") + `": 1}`), 400},
		{"completion: well", "POST", batch, "application/json", json200(`"blocks": {"` + text + `": 1}`), 200},
		{"bookmark: object as key", "POST", bookmarks, "application/json", `{"usage_id": {"$gt": ""}}`, 400},
		{"bookmark: malformed key", "POST", bookmarks, "application/json", `{"usage_id": "x"}`, 400},
		{"enrollment: no such act", "POST", "/change_enrollment", formType, form("course_id", own.Key.String(), "enrollment_action", "x"), 400},
		{"enrollment: no key", "POST", "/change_enrollment", formType, form("course_id", "x", "enrollment_action", "enroll"), 400},
		{"method", "BREW", "/courses", "", "", 405},
		{"trace", "TRACE", "/courses", "", "", 405},
		{"wrong method", "DELETE", "/courses", "", "", 405},
		{"long address", "GET", "/courses?q=" + strings.Repeat("x", 9<<10), "", "", 414},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := b.send(c.method, c.path, c.body, "Content-Type", c.kind)
			if err != nil {
				t.Fatal(err)
			}
			if got.status != c.want {
				t.Errorf("%d, want %d: %.300s", got.status, c.want, got.body)
			}
			for _, leak := range []string{"SQLSTATE", "goroutine ", ".go:", "pgx"} {
				if strings.Contains(got.body, leak) {
					t.Errorf("the answer holds %q: %.300s", leak, got.body)
				}
			}
		})
	}
}

// TestHeaders: what every answer carries.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	own := s.teach(ownCourse("Own"))
	b := s.person("learner", func(n *accounts.NewAccount) { n.Staff = true })
	s.enroll(b, own)
	key := own.Key.String()
	nonce := regexp.MustCompile(`script-src 'nonce-([^']+)'`)
	seen := map[string]bool{}
	for _, path := range []string{
		"/", "/courses", "/dashboard", "/account/settings", "/ui", "/none", "/logout", "/password_reset", "/courses/" + key + "/about", "/courses/" + key + "/course/",
		"/courses/" + key + "/courseware/open/s1/1", "/courses/" + key + "/progress", "/courses/" + key + "/dates", "/courses/" + key + "/bookmarks/",
		"/courses/" + key + "/glossary/", "/courses/" + key + "/pdfbook/0/", "/courses/" + key + "/none", "/courses/nonsense/about",
	} {
		got := b.get(path)
		h := got.header
		policy := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'self'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy lacks %q: %s", path, part, policy)
			}
		}
		m := nonce.FindStringSubmatch(policy)
		if m == nil || seen[m[1]] {
			t.Errorf("%s: no nonce of its own: %s", path, policy)
		} else {
			seen[m[1]] = true
		}
		if scripts := regexp.MustCompile(`script-src [^;]*`).FindString(policy); strings.Contains(scripts, "unsafe") || strings.Contains(scripts, "'self'") {
			t.Errorf("%s: scripts are allowed too widely: %s", path, scripts)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s %q, want %q", path, name, h.Get(name), want)
			}
		}
		if !strings.Contains(h.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: signed in and Cache-Control %q", path, h.Get("Cache-Control"))
		}
		if h.Get("Permissions-Policy") == "" || h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
			t.Errorf("%s: headers %v", path, h)
		}
		for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAllString(got.body, -1) {
			if m != nil && !strings.Contains(script, `nonce="`+m[1]+`"`) && !strings.Contains(script, "application/json") {
				t.Errorf("%s: a script without the nonce: %s", path, script)
			}
		}
		if regexp.MustCompile(`<[^>]+\son[a-z]+=`).MatchString(got.body) {
			t.Errorf("%s: a handler in an attribute", path)
		}
	}
	for _, path := range []string{"/user_api/v1/me", "/api/user/v1/me", "/api/bookmarks/v1/bookmarks/?course_id=" + url.QueryEscape(key)} {
		h := b.get(path).header
		if h.Get("Content-Type") != "application/json" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: headers %v", path, h)
		}
	}
	in := s.visitor()
	in.account = b.account
	got := in.post("/login", "email", b.account.Email, "password", goodPassword)
	for _, c := range got.header.Values("Set-Cookie") {
		name, _, _ := strings.Cut(c, "=")
		if name == "sessionid" && (!strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Path=/") || strings.Contains(c, "Domain")) {
			t.Errorf("cookie %s", c)
		}
	}
	// A page that carries a secret in its address tells it to nobody.
	if got := s.visitor().get("/activate/wrong"); got.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("activation page: Referrer-Policy %q", got.header.Get("Referrer-Policy"))
	}
}

// TestCourseFiles: the addresses of files in all their forms, parts of them, and who may read what is locked.
func TestCourseFiles(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	own, other := s.teach(ownCourse("Own")), s.teach(ownCourse("Other"))
	visitor, learner, elsewhere := s.visitor(), s.person("learner", nil), s.person("elsewhere", nil)
	s.enroll(learner, own)
	s.enroll(elsewhere, other)

	open := asset(own, "open.txt")
	forms := []string{
		open, strings.ReplaceAll(open, "@", "%40"), strings.ReplaceAll(open, "+", "%2B"), strings.Replace(open, ":", "%3A", 1),
		strings.Replace(open, "block@", "block/", 1), "/assets/courseware/v1/0123456789abcdef0123456789abcdef" + open, "/assets/courseware/0123456789abcdef0123456789abcdef" + open,
	}
	for _, path := range forms {
		got := visitor.get(path)
		if got.status != http.StatusOK || got.body != "0123456789" {
			t.Errorf("%s: %d %.100s", path, got.status, got.body)
			continue
		}
		if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") || got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: headers %v", path, got.header)
		}
		if !strings.HasPrefix(got.header.Get("Cache-Control"), "public") {
			t.Errorf("%s: Cache-Control %q", path, got.header.Get("Cache-Control"))
		}
	}
	first := visitor.get(open)
	for _, c := range []struct {
		name, method string
		headers      []string
		status       int
		body         string
	}{
		{"HEAD", "HEAD", nil, 200, ""},
		{"a part", "GET", []string{"Range", "bytes=2-4"}, 206, "234"},
		{"the end", "GET", []string{"Range", "bytes=-2"}, 206, "89"},
		{"beyond", "GET", []string{"Range", "bytes=100-"}, 416, ""},
		{"unchanged by tag", "GET", []string{"If-None-Match", first.header.Get("ETag")}, 304, ""},
		{"unchanged by time", "GET", []string{"If-Modified-Since", first.header.Get("Last-Modified")}, 304, ""},
		{"changed", "GET", []string{"If-None-Match", `"other"`}, 200, "0123456789"},
		{"a part of another", "GET", []string{"Range", "bytes=2-4", "If-Range", `"other"`}, 200, "0123456789"},
		{"compressed part", "GET", []string{"Range", "bytes=2-4", "Accept-Encoding", "gzip"}, 206, "234"},
	} {
		got := visitor.do(c.method, open, "", c.headers...)
		if got.status != c.status || c.status != 416 && got.body != c.body {
			t.Errorf("%s: %d %q, want %d %q", c.name, got.status, got.body, c.status, c.body)
		}
	}

	// Locked: enrolled here or staff, before anything else is said.
	locked := asset(own, "locked.txt")
	tag := learner.get(locked).header.Get("ETag")
	if tag == "" {
		t.Fatalf("a learner's locked file: %+v", learner.get(locked))
	}
	for _, path := range []string{locked, strings.ReplaceAll(locked, "@", "%40"), strings.Replace(locked, "block@", "block/", 1), "/assets/courseware/v1/0123456789abcdef0123456789abcdef" + locked} {
		for name, b := range map[string]*browser{"visitor": visitor, "elsewhere": elsewhere} {
			for _, headers := range [][]string{nil, {"If-None-Match", tag}, {"If-None-Match", "*"}, {"Range", "bytes=0-3"}} {
				for _, method := range []string{"GET", "HEAD"} {
					got := b.do(method, path, "", headers...)
					if got.status != http.StatusNotFound && got.status != http.StatusForbidden || got.header.Get("ETag") != "" || strings.Contains(got.body, "enrolled") && len(got.body) < 100 {
						t.Errorf("%s %s as %s with %v: %d", method, path, name, headers, got.status)
					}
				}
			}
		}
		if got := learner.get(path); got.status != http.StatusOK || !strings.Contains(got.header.Get("Cache-Control"), "private") {
			t.Errorf("%s as learner: %d %v", path, got.status, got.header)
		}
	}
	none, closed := elsewhere.get(asset(own, "none.txt")), elsewhere.get(locked)
	if none.status != closed.status {
		t.Errorf("a locked file (%d) and none (%d) can be told apart", closed.status, none.status)
	}

	// What a browser would run has no origin of ours.
	for _, name := range []string{"page.html", "pic.svg", "book.pdf"} {
		got := visitor.get(asset(own, name))
		if policy := got.header.Get("Content-Security-Policy"); got.status != http.StatusOK || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-same-origin") {
			t.Errorf("%s: %d, policy %q", name, got.status, policy)
		}
	}
	for _, path := range []string{"/asset-v1:nonsense", "/c4x/x", asset(own, "")} {
		if got := visitor.get(path); got.status != http.StatusBadRequest && got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// TestFrames: documents with authors' scripts have no origin of ours, and their passes open one course's files to one
// person for a while.
func TestFrames(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	own, other := s.teach(ownCourse("Own")), s.teach(ownCourse("Other"))
	b := s.person("learner", nil)
	s.enroll(b, own)
	now := time.Now()
	s.lms.Clock = func() time.Time { return now }

	got := b.get("/courses/" + own.Key.String() + "/frame/" + usage(own.Key, "html", "active"))
	policy := got.header.Get("Content-Security-Policy")
	if got.status != http.StatusOK || !strings.HasPrefix(policy, "sandbox allow-scripts") || strings.Contains(policy, "allow-same-origin") || strings.Contains(policy, "allow-top-navigation") {
		t.Fatalf("frame: %d, policy %q", got.status, policy)
	}
	for _, secret := range []string{b.account.Email, b.account.Username + `"`, b.cookies["sessionid"], b.cookies["csrftoken"]} {
		if secret != "" && strings.Contains(got.body, secret) {
			t.Errorf("the frame holds %q", secret)
		}
	}
	base := regexp.MustCompile(`/courses/[^"']+/files/([^/"']+)/`).FindStringSubmatch(got.body)
	if base == nil {
		t.Fatalf("the frame has no pass: %s", got.body)
	}
	pass := base[1]
	address := func(c *course.Compiled, pass, name string) string {
		return "/courses/" + c.Key.String() + "/files/" + pass + "/" + name
	}
	frame := s.visitor() // has no session
	forged := func(i int) string {
		p := []byte(pass)
		if p[i]++; p[i] == ':' || p[i] == '/' {
			p[i] = '0'
		}
		return string(p)
	}
	longer := strings.Replace(pass, ".", "0.", 2)
	for _, c := range []struct {
		name, path string
		want       int
	}{
		{"open file", address(own, pass, "open.txt"), 200},
		{"locked file", address(own, pass, "locked.txt"), 200},
		{"no such file", address(own, pass, "none.txt"), 404},
		{"another course", address(other, pass, "open.txt"), 404},
		{"another course's locked file", address(other, pass, "locked.txt"), 404},
		{"another person", address(own, forged(0), "open.txt"), 404},
		{"another signature", address(own, forged(len(pass)-1), "open.txt"), 404},
		{"a longer life", address(own, longer, "open.txt"), 404},
		{"none", address(own, "x", "open.txt"), 404},
		{"empty parts", address(own, "..", "open.txt"), 404},
	} {
		if got := frame.get(c.path); got.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.status, c.want)
		}
	}
	if got := frame.get(address(own, pass, "page.html")); !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page among a frame's files: %v", got.header)
	}

	// Who left reads no locked file more, though the pass still holds.
	if got := b.post("/change_enrollment", "course_id", own.Key.String(), "enrollment_action", "unenroll"); got.status != http.StatusOK {
		t.Fatalf("unenroll: %d %s", got.status, got.body)
	}
	if got := frame.get(address(own, pass, "locked.txt")); got.status != http.StatusNotFound {
		t.Errorf("locked file after leaving: %d, want 404", got.status)
	}
	now = now.Add(12 * time.Minute)
	if got := frame.get(address(own, pass, "open.txt")); got.status != http.StatusNotFound {
		t.Errorf("pass after 12 minutes: %d, want 404", got.status)
	}
}

// TestFramesOfStaff: who looks at a course without being enrolled sees its locked files in frames, too, for as long as the right lasts.
func TestFramesOfStaff(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	own := s.teach(ownCourse("Own"))
	staff := s.person("staff", nil)
	s.grant(staff, team.Staff, own.Key)
	limited := s.person("limited", nil)
	s.grant(limited, team.LimitedStaff, own.Key)
	siteStaff := s.person("site", func(n *accounts.NewAccount) { n.Staff = true })
	superuser := s.person("super", func(n *accounts.NewAccount) { n.Superuser = true })
	file := func(b *browser) string {
		t.Helper()
		doc := b.get("/courses/" + own.Key.String() + "/frame/" + usage(own.Key, "html", "active"))
		base := regexp.MustCompile(`/courses/[^"']+/files/[^/"']+/`).FindString(doc.body)
		if doc.status != http.StatusOK || base == "" {
			t.Fatalf("frame for %s: %d %s", b.account.Username, doc.status, doc.body)
		}
		return base + "locked.txt"
	}
	frame := s.visitor() // has no session
	for _, b := range []*browser{staff, limited, siteStaff, superuser} {
		if got := frame.get(file(b)); got.status != http.StatusOK {
			t.Errorf("%s: %d, want 200", b.account.Username, got.status)
		}
	}
	held := file(siteStaff)
	no := false
	if _, err := s.accounts.SetFlags(t.Context(), accounts.From{}, siteStaff.account.ID, accounts.Flags{Staff: &no}); err != nil {
		t.Fatal(err)
	}
	if got := frame.get(held); got.status != http.StatusNotFound {
		t.Errorf("site staff no longer: %d, want 404", got.status)
	}
}

// TestOwnAddress: what an author shows of this site by its whole address stands in a frame without origin, as by its path.
func TestOwnAddress(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	files := ownCourse("Address")
	files["html/text.html"] = &fstest.MapFile{Data: []byte(`<iframe src="` + s.url + `/account/settings"></iframe>`), Mode: 0o644}
	files["html/text2.html"] = &fstest.MapFile{Data: []byte(`<iframe src="https://other.example/"></iframe><img src="` + s.url + `/static/pic.svg" alt="">`), Mode: 0o644}
	c := s.teach(files)
	b := s.person("learner", nil)
	s.enroll(b, c)
	unit := "/courses/" + c.Key.String() + "/courseware/open/s1/"
	if got := b.get(unit + "1/"); got.status != http.StatusOK || strings.Contains(got.body, "/account/settings\"></iframe>") || !strings.Contains(got.body, "/frame/"+component.EscapeKey(usage(c.Key, "html", "text"))) {
		t.Errorf("a page of ours: %d %s", got.status, got.body)
	}
	if got := b.get(unit + "2/"); !strings.Contains(got.body, `src="https://other.example/"`) || !strings.Contains(got.body, `src="`+asset(c, "pic.svg")) {
		t.Errorf("a page of another site, a picture of the course: %d %s", got.status, got.body)
	}
}

// TestWhereToGoNext: nobody is sent to another site.
func TestWhereToGoNext(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	b := s.person("learner", nil)
	in := func(next string) string {
		v := s.visitor()
		return v.post("/login", "email", b.account.Email, "password", goodPassword, "next", next).location()
	}
	for _, next := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example`, `\\evil.example`, "https:evil.example", "javascript:alert(1)", "/%5cevil.example", "/%2fevil.example",
		"\t//evil.example", "/\t/evil.example", "http://127.0.0.1:1/x", "data:text/html,x", "///evil.example", "/courses\r\nSet-Cookie: x=1", "evil.example", "",
	} {
		if got := in(next); got != "/dashboard" {
			t.Errorf("next=%q leads to %q, want /dashboard", next, got)
		}
	}
	if got := in("/courses/course-v1:a+b+c/about?x=1"); got != "/courses/course-v1:a+b+c/about?x=1" {
		t.Errorf("a path of this site leads to %q", got)
	}
	for _, path := range []string{"/login", "/register", "/logout", "/signin", "/accounts/login"} {
		for _, name := range []string{"next", "redirect_url", "return_url", "target"} {
			got := s.visitor().get(path + "?" + name + "=" + url.QueryEscape("https://evil.example/"))
			if to, err := url.Parse(got.location()); err != nil || to.Host != "" {
				t.Errorf("%s with %s leads to %q", path, name, got.location())
			}
			if strings.Contains(got.body, `href="https://evil.example`) {
				t.Errorf("%s with %s: the page links the address", path, name)
			}
		}
	}
	if got := b.do(http.MethodPost, "/logout?next="+url.QueryEscape("//evil.example"), form("next", "//evil.example"), "Content-Type", formType); strings.Contains(got.location(), "evil") {
		t.Errorf("signing out leads to %q", got.location())
	}
}

// TestEventIntake: whatever a browser reports is answered with success, and nothing of it decides who it was.
func TestEventIntake(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	b := s.person("learner", nil)
	for _, body := range []string{
		form("event_type", "seq_next", "event", `{"old": 1, "new": 2}`, "page", s.server.URL+"/x"),
		form("event_type", "problem_check", "event", `{"grade": 100}`, "page", "x", "event_source", "server", "username", "staff", "user_id", "1"),
		form("event_type", "edx.grades.problem.submitted", "event", `{}`),
		form("event_type", "seq_next", "event", `not json`), form("event_type", strings.Repeat("x", 5000)), form("x", "y"), "", "event=\x00\xff",
	} {
		if got := b.do("POST", "/event", body, "Content-Type", formType); got.status != http.StatusOK || got.body != "success" {
			t.Errorf("POST %.60q: %d %q", body, got.status, got.body)
		}
	}
	for _, query := range []string{"", "event_type=page_close&event=&page=x", "event_type=%ff"} {
		if got := s.visitor().get("/event?" + query); got.status != http.StatusOK || got.body != "success" {
			t.Errorf("GET %q: %d %q", query, got.status, got.body)
		}
	}
	if got := b.do("POST", "/event", form("event_type", "seq_next", "event", "{}"), "Content-Type", formType, "Origin", "https://evil.example"); got.status != http.StatusOK {
		t.Errorf("from elsewhere: %d", got.status)
	}
	events := trackingLines(t, s.data)
	spoofed := 0
	for _, e := range events {
		if e["event_source"] == "browser" {
			if e["username"] != "learner" && e["username"] != "" {
				t.Errorf("a browser event of %v", e["username"])
			}
			if name, _ := e["name"].(string); strings.HasPrefix(name, "edx.grades") || name == "problem_check" && strings.Contains(fmt.Sprint(e["event"]), "grade") && e["event_type"] == "problem_check" {
				spoofed++
			}
		} else if e["event_type"] == "problem_check" || e["event_type"] == "edx.grades.problem.submitted" {
			t.Errorf("a browser wrote an event of the server: %v", e)
		}
	}
	t.Logf("%d events, %d with names of the server", len(events), spoofed)
}

// trackingLines reads the tracking log so far, waiting for what is written in batches.
func trackingLines(t testing.TB, data string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		out = out[:0]
		paths, err := filepath.Glob(filepath.Join(data, "log", "tracking", "*"))
		if err != nil {
			t.Fatal(err)
		}
		browser := false
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for l := range strings.Lines(string(text)) {
				var e map[string]any
				if err := json.Unmarshal([]byte(l), &e); err != nil {
					t.Errorf("tracking line %.200q: %v", l, err)
					continue
				}
				browser = browser || e["event_source"] == "browser"
				out = append(out, e)
			}
		}
		if browser || time.Now().After(deadline) {
			return out
		}
	}
}

// TestLimits: repeated failures are slowed down, and what a stranger writes into headers of proxies does not help.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	s.person("learner", nil)
	v := s.visitor()
	last := reply{}
	for i := range 8 {
		last = v.do("POST", "/login", form("email", "learner@example.com", "password", "wrong password"), "Content-Type", formType, "X-Forwarded-For", fmt.Sprintf("10.1.2.%d", i))
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" {
		t.Errorf("after 8 failures: %d, Retry-After %q", last.status, last.header.Get("Retry-After"))
	}
	if got := v.post("/login", "email", "learner@example.com", "password", goodPassword); got.status != http.StatusTooManyRequests {
		t.Errorf("the right password during the pause: %d", got.status)
	}
	for i := range 8 {
		v.do("POST", "/password_reset", form("email", "learner@example.com"), "Content-Type", formType, "X-Forwarded-For", fmt.Sprintf("10.1.3.%d", i))
	}
	letters, err := s.outbox.Newest(t.Context(), 50)
	if err != nil || len(letters) == 0 || len(letters) > 5 {
		t.Errorf("%d letters for 8 wishes, want 5 an hour: %v", len(letters), err)
	}
}

// TestForwardedHeaders: they count from listed proxies alone.
func TestForwardedHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		vars   []string
		host   string
		outbox int // what a reader who claims to be far away gets
	}{
		{nil, "", http.StatusOK}, // the header is nothing, the asker is this machine
		{[]string{"LMS_TRUSTED_PROXIES=127.0.0.1"}, "", http.StatusNotFound},
		{nil, "127.0.0.2.example.org", http.StatusMisdirectedRequest},
	} {
		s := newTestSite(t, c.vars...)
		got := s.visitor().get("/outbox", "X-Forwarded-For", "203.0.113.7", "Host", c.host)
		if c.host == "" {
			got = s.visitor().get("/outbox", "X-Forwarded-For", "203.0.113.7")
		}
		if got.status != c.outbox {
			t.Errorf("%v %s: outbox %d, want %d", c.vars, c.host, got.status, c.outbox)
		}
	}
}

// TestHosts: a site with an address answers for it alone.
func TestHosts(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_SITE_URL=https://learn.example.org")
	v := s.visitor()
	for host, want := range map[string]int{
		"learn.example.org": 200, "LEARN.example.org": 200, "learn.example.org:443": 200, "learn.example.org.": 200,
		"evil.example": 421, "learn.example.org.evil.example": 421, "localhost": 421, "": 421, "127.0.0.1": 421,
	} {
		headers := []string{"Host", host}
		if host == "" {
			headers = nil // the address of the test server
		}
		if got := v.get("/login", headers...); got.status != want {
			t.Errorf("Host %q: %d, want %d", host, got.status, want)
		}
	}
	// Nobody who sits behind a proxy on this machine reads everybody's letters.
	if got := v.get("/outbox", "Host", "learn.example.org"); got.status != http.StatusNotFound {
		t.Errorf("outbox by the public name: %d, want 404", got.status)
	}
	// Links in letters are built from the configured address.
	if got := v.do("POST", "/register", form("email", "ann@example.com", "username", "ann", "name", "Ann", "password", goodPassword, "honor_code", "true"),
		"Host", "learn.example.org", "Origin", "http://learn.example.org", "Content-Type", formType, "X-Forwarded-Host", "evil.example"); got.status != http.StatusSeeOther {
		t.Fatalf("register: %d %.500s", got.status, got.body)
	}
	letters, err := s.outbox.Newest(t.Context(), 10)
	if err != nil || len(letters) == 0 || !strings.Contains(letters[0].BodyText, "https://learn.example.org/activate/") {
		t.Errorf("letters: %+v, %v", letters, err)
	}
}
