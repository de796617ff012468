package session_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"lyceum/learner/account"
	"lyceum/web/page"
	"lyceum/web/session"
)

func TestNext(t *testing.T) {
	t.Parallel()
	next := session.Next{Default: "/dashboard", Origins: []string{"https://studio.example.edu"}}
	cases := []struct {
		in      string
		allowed bool
	}{
		{"/", true},
		{"/courses/course-v1:A+B+C/about", true},
		{"/courses/course-v1%3AA%2BB%2BC/about?x=1#y", true},
		{"/search?q=a%20b", true},
		{"/a//b", true},
		{"https://studio.example.edu/home/", true},
		{"", false},
		{"dashboard", false},
		{"//evil.example", false},
		{"///evil.example", false},
		{`/\evil.example`, false},
		{`\/evil.example`, false},
		{`\\evil.example`, false},
		{"/%2Fevil.example", false},
		{"/%2fevil.example", false},
		{"/%5Cevil.example", false},
		{"/%09/evil.example", false},
		{"/\t/evil.example", false},
		{"/\n/evil.example", false},
		{"/a\r\nSet-Cookie: x=y", false},
		{"/%0d%0aSet-Cookie:x", false},
		{"\x00/", false},
		{" /", false},
		{"http://evil.example", false},
		{"http:evil.example", false},
		{"https:evil.example", false},
		{"https:///evil.example", false},
		{"javascript:alert(1)", false},
		{"data:text/html,x", false},
		{"http://studio.example.edu/", false},
		{"https://studio.example.edu.evil.example/", false},
		{"https://studio.example.edu@evil.example/", false},
		{"https://user@studio.example.edu/", false},
		{"https://studio.example.edu:444/", false},
		{"https://evil.example/https://studio.example.edu/", false},
		{"/" + strings.Repeat("x", 3000), false},
		{"/%zz", false},
		{"/\u202e", true},
	}
	for _, c := range cases {
		want := "/dashboard"
		if c.allowed {
			want = c.in
		}
		if got := next.Or(c.in); got != want {
			t.Errorf("Or(%q) = %q, want %q", c.in, got, want)
		}
	}
}

func FuzzNext(f *testing.F) {
	for _, s := range []string{"/a", "//a", `/\a`, "/%2Fa", "https://studio.example.edu/", "http:a", "/\t/a", "/%5c%5ca"} {
		f.Add(s)
	}
	here, err := url.Parse("https://lms.example.edu/login")
	if err != nil {
		f.Fatal(err)
	}
	next := session.Next{Default: "/dashboard", Origins: []string{"https://studio.example.edu"}}
	f.Fuzz(func(t *testing.T, s string) {
		got := next.Or(s)
		// As a browser reads it: without tabs and line breaks, backslashes as slashes.
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.Trim(got, "\x00 \t\n\r\f"))
		to, err := here.Parse(read)
		if err != nil {
			t.Fatalf("Or(%q) = %q, which is no address: %v", s, got, err)
		}
		if host := to.Scheme + "://" + to.Host; host != "https://lms.example.edu" && host != "https://studio.example.edu" {
			t.Errorf("Or(%q) leads to %s", s, host)
		}
		if strings.ContainsAny(got, "\r\n\x00") {
			t.Errorf("Or(%q) = %q", s, got)
		}
	})
}

// request returns one that the outer middleware has seen.
func request(secure bool, cookies ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range cookies {
		r.Header.Add("Cookie", c)
	}
	return page.Begin(r, &page.Site{}, page.Facts{Host: "lms.example.edu", Secure: secure})
}

func TestCookies(t *testing.T) {
	t.Parallel()
	in := account.SignedIn{Account: account.Account{Username: "ann"}, ID: "the-id", Remembered: true}
	cases := []struct {
		name   string
		face   account.Face
		secure bool
		want   []string
	}{
		{"lms", account.LMS, false, []string{
			"sessionid=the-id; Path=/; Max-Age=2419200; HttpOnly; SameSite=Lax",
			"csrftoken=*; Path=/; Max-Age=31449600; SameSite=Lax",
			"edxloggedin=true; Path=/; Max-Age=2419200; SameSite=Lax",
			`edx-user-info="{\"header_urls\":{\"account_settings\":\"http://lms.example.edu/account/settings\"\054\"learner_profile\":\"http://lms.example.edu/u/ann\"\054` +
				`\"logout\":\"http://lms.example.edu/logout\"\054\"resume_block\":\"http://lms.example.edu/dashboard\"}\054\"username\":\"ann\"\054\"version\":1}"; Path=/; Max-Age=2419200; SameSite=Lax`,
		}},
		{"studio under TLS", account.Studio, true, []string{
			"__Host-studio_sessionid=the-id; Path=/; Max-Age=2419200; HttpOnly; Secure; SameSite=Lax",
			"csrftoken=*; Path=/; Max-Age=31449600; Secure; SameSite=Lax",
		}},
	}
	for _, c := range cases {
		w := httptest.NewRecorder()
		session.Start(w, request(c.secure), c.face, in)
		got := w.Header().Values("Set-Cookie")
		if len(got) != len(c.want) {
			t.Errorf("%s: %d cookies, want %d: %q", c.name, len(got), len(c.want), got)
			continue
		}
		for i := range got {
			before, after, star := strings.Cut(c.want[i], "*")
			if star && (!strings.HasPrefix(got[i], before) || !strings.HasSuffix(got[i], after)) || !star && got[i] != c.want[i] {
				t.Errorf("%s:\n got %s\nwant %s", c.name, got[i], c.want[i])
			}
		}
	}
	in.Remembered = false
	w := httptest.NewRecorder()
	session.Start(w, request(false), account.LMS, in)
	if got := w.Header().Values("Set-Cookie")[0]; got != "sessionid=the-id; Path=/; HttpOnly; SameSite=Lax" {
		t.Errorf("not remembered: %s", got)
	}
}

// TestFacesAreApart: one host's cookies reach both faces, and neither takes the other's.
func TestFacesAreApart(t *testing.T) {
	t.Parallel()
	r := request(false, "sessionid=a; studio_sessionid=b")
	if got := session.ID(r, account.LMS); got != "a" {
		t.Errorf("LMS reads %q", got)
	}
	if got := session.ID(r, account.Studio); got != "b" {
		t.Errorf("Studio reads %q", got)
	}
	if got := session.ID(request(true, "studio_sessionid=b"), account.Studio); got != "" {
		t.Errorf("under TLS Studio reads %q from a cookie that anyone could have set", got)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	token := session.Token(w, request(false))
	if len(token) != 32 || !strings.Contains(w.Header().Get("Set-Cookie"), token) {
		t.Fatalf("token %q, cookie %q", token, w.Header().Get("Set-Cookie"))
	}
	with := request(false, "csrftoken="+token)
	again := httptest.NewRecorder()
	if got := session.Token(again, with); got != token || again.Header().Get("Set-Cookie") != "" {
		t.Errorf("a browser with a token gets another: %q", got)
	}
	for in, want := range map[string]bool{token: true, "": false, token + "x": false, strings.Repeat("a", 32): false} {
		if got := session.CheckToken(with, in); got != want {
			t.Errorf("CheckToken(%q) = %v, want %v", in, got, want)
		}
	}
	if session.CheckToken(request(false, "csrftoken="), "") {
		t.Error("an empty cookie and an empty header pass")
	}
}
