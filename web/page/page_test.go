package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// site is a face with texts of a room in two languages.
func site(t *testing.T) *Site {
	t.Helper()
	catalog, err := i18n.New(fstest.MapFS{
		"locales/en.json": {Data: []byte(`{"t.saved": "{0} saved", "t.why": "Registration ended on {0}.", "t.short": "Too short"}`)},
		"locales/ar.json": {Data: []byte(`{"t.short": "قصير"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Site{Name: "Lyceum", Catalog: catalog, SignIn: "/login", SignOut: "/logout"}
}

// answer is a response whose body was read.
type answer struct {
	StatusCode    int
	Header        http.Header
	Body          io.Reader
	ContentLength int64
	cookies       []*http.Cookie
}

// Cookies returns what was set.
func (a *answer) Cookies() []*http.Cookie { return a.cookies }

func answerOf(w *httptest.ResponseRecorder) *answer {
	res := w.Result()
	defer func() { _ = res.Body.Close() }()
	return &answer{StatusCode: res.StatusCode, Header: res.Header, Body: w.Body, ContentLength: res.ContentLength, cookies: res.Cookies()}
}

// ask sends a request through Begin and a handler.
func ask(t *testing.T, h Handler, who Person, r *http.Request) *answer {
	t.Helper()
	r = Begin(r, site(t), Facts{ID: "abc123", Nonce: "NONCE", Host: r.Host, Started: time.Now()})
	r = Enter(r, who)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answerOf(w)
}

func text(t *testing.T, res *answer) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	secret := errors.New("pq: relation secret does not exist")
	cases := []struct {
		name   string
		err    error
		status int
		words  string
	}{
		{"internal", secret, 500, "That is our mistake"},
		{"invalid", fault.Invalidf("x: %w", secret), 422, "needs a correction"},
		{"forbidden", fault.Forbiddenf("x: %w", secret), 403, "not open to you"},
		{"not found", fmt.Errorf("load: %w", fault.NotFoundf("x: %w", secret)), 404, "no such page"},
		{"conflict", fault.Conflictf("x"), 409, "Someone was faster"},
		{"closed", fault.Closedf("x").Say("t.why", "Friday"), 403, "Registration ended on Friday."},
		{"too large", fault.TooLargef("x"), 413, "too large"},
		{"body limit in words", badBody("x", &http.MaxBytesError{Limit: 3 << 20}), 413, "the 3 MiB that are accepted"},
		{"body limit", fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 5}), 413, "too large"},
		{"busy", fault.Busyf("x"), 503, "One moment"},
		{"deadline", context.DeadlineExceeded, 503, "One moment"},
		{"too many", fault.TooManyf("x").After(1500 * time.Millisecond), 429, "slower"},
		{"content type", fmt.Errorf("x: %w", ErrContentType), 415, "needs a correction"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := Handler(func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Etag", `"half made"`)
				w.Header().Set("Content-Disposition", "attachment")
				return c.err
			})
			res := ask(t, h, Person{}, httptest.NewRequest("GET", "/x", nil))
			body := text(t, res)
			if res.StatusCode != c.status || !strings.Contains(body, c.words) || !strings.Contains(body, "abc123") {
				t.Errorf("page: status %d, want %d with %q and the request's id", res.StatusCode, c.status, c.words)
			}
			if strings.Contains(body, "secret") {
				t.Error("page: the cause is shown")
			}
			if res.Header.Get("Etag") != "" || res.Header.Get("Content-Disposition") != "" || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("page: headers %v, want none of the page that failed and no-store", res.Header)
			}
			r := httptest.NewRequest("POST", "/x", nil)
			r.Header.Set("Accept", "application/json")
			res = ask(t, h, Person{}, r)
			var got problem
			if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != c.status || got.Error == "" || got.Message == "" || got.ID != "abc123" {
				t.Errorf("JSON: status %d, %+v", res.StatusCode, got)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{fault.TooManyf("x").After(1500 * time.Millisecond), "2"},
		{fault.Busyf("x"), "5"},
		{fault.NotFoundf("x"), ""},
	} {
		res := ask(t, func(http.ResponseWriter, *http.Request) error { return c.err }, Person{}, httptest.NewRequest("GET", "/", nil))
		if got := res.Header.Get("Retry-After"); got != c.want {
			t.Errorf("%v: Retry-After %q, want %q", c.err, got, c.want)
		}
	}
}

// TestForPrograms: what a form would show again is 400 and JSON at addresses made for programs.
func TestForPrograms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{fault.Invalidf("x"), http.StatusBadRequest},
		{ErrContentType, http.StatusUnsupportedMediaType},
		{fault.NotFoundf("x"), http.StatusNotFound},
		{fault.TooLargef("x"), http.StatusRequestEntityTooLarge},
	} {
		h := ForPrograms(func(http.ResponseWriter, *http.Request) error { return c.err })
		res := ask(t, h, Person{}, httptest.NewRequest("POST", "/", nil))
		if res.StatusCode != c.want || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%v: %d %s, want %d as JSON", c.err, res.StatusCode, res.Header.Get("Content-Type"), c.want)
		}
	}
}

func TestUnauthenticated(t *testing.T) {
	t.Parallel()
	h := Handler(func(http.ResponseWriter, *http.Request) error { return fault.Unauthenticatedf("x") })
	res := ask(t, h, Person{}, httptest.NewRequest("GET", "/courses/a?b=c&d=e", nil))
	if got, want := res.Header.Get("Location"), "/login?next=%2Fcourses%2Fa%3Fb%3Dc%26d%3De"; res.StatusCode != 302 || got != want {
		t.Errorf("GET: status %d to %q, want 302 to %q", res.StatusCode, got, want)
	}
	if res := ask(t, h, Person{}, httptest.NewRequest("POST", "/x", nil)); res.StatusCode != 401 || !strings.Contains(text(t, res), "/login") {
		t.Errorf("POST: status %d, want 401 and a way to sign in", res.StatusCode)
	}
	if res := ask(t, h, Person{}, httptest.NewRequest("GET", "/api/x", nil)); res.StatusCode != 401 {
		t.Errorf("API: status %d, want 401", res.StatusCode)
	}
}

func TestFieldErrors(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/x", nil)
	r.Header.Set("X-Requested-With", "XMLHttpRequest")
	r.Header.Set("Accept-Language", "ar")
	res := ask(t, func(http.ResponseWriter, *http.Request) error {
		return fault.Invalidf("x").Field("password", "t.short").Field("day", "t.why").Say("t.why", "Friday")
	}, Person{}, r)
	var got problem
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got.Fields, map[string]string{"password": "قصير", "day": "Registration ended on Friday."}); diff != "" {
		t.Errorf("fields (-got +want)\n%s", diff)
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	h := Handler(func(w http.ResponseWriter, r *http.Request) error {
		return Render(w, r, ui.Layout(Layout(w, r, "Progress")))
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: ThemeCookie, Value: "dark"})
	r.AddCookie(&http.Cookie{Name: LanguageCookie, Value: "ar"})
	res := ask(t, h, Person{ID: 7, Username: "ada"}, r)
	body := text(t, res)
	for _, want := range []string{`lang="ar"`, `dir="rtl"`, `data-theme="dark"`, `nonce="NONCE"`, "<title>Progress · Lyceum</title>", `action="/logout"`, "ada"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %s", want)
		}
	}
	if got := res.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("signed in: Cache-Control %q, want no-store", got)
	}
	res = ask(t, h, Person{}, httptest.NewRequest("HEAD", "/", nil))
	if got := res.Header.Get("Cache-Control"); got != "no-cache" || text(t, res) != "" || res.Header.Get("Content-Length") == "0" {
		t.Errorf("HEAD of a visitor: Cache-Control %q, length %s", got, res.Header.Get("Content-Length"))
	}
}

func TestRenderFailsWhole(t *testing.T) {
	t.Parallel()
	broken := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, "half a page"); err != nil {
			return err
		}
		return errors.New("broken")
	})
	res := ask(t, func(w http.ResponseWriter, r *http.Request) error { return Render(w, r, broken) }, Person{}, httptest.NewRequest("GET", "/", nil))
	if body := text(t, res); res.StatusCode != 500 || strings.Contains(body, "half a page") || !strings.Contains(body, "our mistake") {
		t.Errorf("status %d, want a whole error page", res.StatusCode)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	res := ask(t, func(w http.ResponseWriter, r *http.Request) error {
		return Redirect(w, r, "/next", Notice{Kind: "success", ID: "t.saved", Args: []string{"<b>Name</b>"}}, Notice{ID: "You have won, call 0900"})
	}, Person{}, httptest.NewRequest("POST", "/", nil))
	if res.StatusCode != http.StatusSeeOther || len(res.Cookies()) != 1 || !res.Cookies()[0].HttpOnly {
		t.Fatalf("status %d, cookies %v", res.StatusCode, res.Cookies())
	}
	r := httptest.NewRequest("GET", "/next", nil)
	r.AddCookie(res.Cookies()[0])
	res = ask(t, func(w http.ResponseWriter, r *http.Request) error { return Render(w, r, ui.Layout(Layout(w, r, ""))) }, Person{}, r)
	body := text(t, res)
	if !strings.Contains(body, "&lt;b&gt;Name&lt;/b&gt; saved") {
		t.Error("the notice is missing or not escaped")
	}
	if strings.Contains(body, "0900") {
		t.Error("a text that is no message was shown")
	}
	if c := res.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("cookies %v, want the notice removed", c)
	}
	for _, junk := range []string{"%%%", "bnVsbA", strings.Repeat("A", 9000), "W10"} {
		r := httptest.NewRequest("GET", "/next", nil)
		r.AddCookie(&http.Cookie{Name: flashCookie, Value: junk})
		if res := ask(t, func(w http.ResponseWriter, r *http.Request) error { return Render(w, r, ui.Layout(Layout(w, r, ""))) }, Person{}, r); res.StatusCode != 200 {
			t.Errorf("cookie %.10q: status %d", junk, res.StatusCode)
		}
	}
}

func TestZone(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, cookie string
		account      *time.Location
		want         string
	}{
		{"none", "", nil, "UTC"},
		{"browser", "Asia/Kolkata", nil, "Asia/Kolkata"},
		{"account first", "Asia/Kolkata", time.FixedZone("X", 0), "X"},
		{"not a zone", "../../etc/passwd", nil, "UTC"},
		{"the server's own", "Local", nil, "UTC"},
		{"too long", strings.Repeat("a", 100), nil, "UTC"},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "/", nil)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: ZoneCookie, Value: c.cookie})
		}
		var got string
		ask(t, func(_ http.ResponseWriter, r *http.Request) error {
			got = i18n.From(r.Context()).Zone().String()
			return nil
		}, Person{Zone: c.account}, r)
		if got != c.want {
			t.Errorf("%s: zone %s, want %s", c.name, got, c.want)
		}
	}
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, kind, body string
		status           int
	}{
		{"good", "application/json; charset=utf-8", `{"a": 1}`, 0},
		{"text", "text/plain", `{"a": 1}`, 415},
		{"no type", "", `{"a": 1}`, 415},
		{"broken", "application/json", `{"a": `, 422},
		{"more", "application/json", `{"a": 1} {"a": 2}`, 422},
		{"empty", "application/json", ``, 422},
	}
	for _, c := range cases {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		var v struct{ A int }
		err := ReadJSON(r, &v)
		if err == nil && (c.status != 0 || v.A != 1) || err != nil && Status(err) != c.status {
			t.Errorf("%s: %v, %+v, want status %d", c.name, err, v, c.status)
		}
	}
}

func TestParseForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, body string
		status           int
	}{
		{"good", "application/x-www-form-urlencoded", "a=1", 0},
		{"broken", "application/x-www-form-urlencoded", "a=%zz", 422},
		{"json", "application/json", "{}", 415},
		{"multipart without parts", "multipart/form-data", "x", 422},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		err := ParseForm(r, 1<<10)
		if err == nil && (c.status != 0 || r.PostForm.Get("a") != "1") || err != nil && Status(err) != c.status {
			t.Errorf("%s: %v, want status %d", c.name, err, c.status)
		}
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	r := Begin(httptest.NewRequest("GET", "/", nil), site(t), Facts{Nonce: "N", Host: "learn.example.edu", Secure: true})
	strict := Policy(r)
	for _, want := range []string{"default-src 'self'", "script-src 'nonce-N' https://learn.example.edu/static/mathjax-", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'self'"} {
		if !strings.Contains(strict, want) {
			t.Errorf("policy %q lacks %q", strict, want)
		}
	}
	for _, bad := range []string{"unsafe-eval", "script-src 'self'", "script-src 'unsafe-inline'", "https: "} {
		if strings.Contains(strict, bad) {
			t.Errorf("policy %q holds %q", strict, bad)
		}
	}
	w := httptest.NewRecorder()
	AllowContent(w, r)
	AllowFraming(w, r, "https://other.example")
	wide := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(wide, "frame-ancestors 'self' https://other.example") || !strings.Contains(wide, "img-src 'self' https:") {
		t.Errorf("widened policy %q", wide)
	}
	_, scripts, _ := strings.Cut(wide, "script-src")
	scripts, _, _ = strings.Cut(scripts, ";")
	if strings.Contains(scripts, "https: ") {
		t.Errorf("content may bring scripts: %q", scripts)
	}
	odd := Begin(httptest.NewRequest("GET", "/", nil), site(t), Facts{Nonce: "N", Host: "x; script-src *"})
	if strings.Contains(Policy(odd), "*") {
		t.Errorf("a host wrote into the policy: %q", Policy(odd))
	}
}

// TestKeepForm: the page of a refusal that will pass carries what was typed where the handler says so, and nowhere else.
func TestKeepForm(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		keep bool
		read bool // by the handler, before it fails
		err  error
		body string
		want string // in the page; "" for no form
	}{
		{"busy", true, false, fault.Busyf("away"), "a=1&b=%3Cx%3E", `<input type="hidden" name="a" value="1"> <input type="hidden" name="b" value="&lt;x&gt;">`},
		{"too many, read before", true, true, fault.TooManyf("slow"), "a=1&a=2", `<input type="hidden" name="a" value="1"> <input type="hidden" name="a" value="2">`},
		{"our mistake", true, true, errors.New("x"), "a=1", `name="a" value="1"`},
		{"token", true, true, fault.Busyf("away"), "a=1&csrfmiddlewaretoken=secret", `action="/x?y=1"`},
		{"secrets are not asked for", false, true, fault.Busyf("away"), "password=secret", ""},
		{"what will not pass", true, true, fault.NotFoundf("gone"), "a=1", ""},
		{"nothing said", true, true, fault.Busyf("away"), "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "/x?y=1", strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			got := text(t, ask(t, func(_ http.ResponseWriter, r *http.Request) error {
				if c.keep {
					KeepForm(r)
				}
				if c.read {
					if err := r.ParseForm(); err != nil {
						return err
					}
				}
				return c.err
			}, Person{}, r))
			if strings.Contains(got, "<form method=\"post\" action=\"/x") != (c.want != "") || !strings.Contains(got, c.want) || strings.Contains(got, "secret") {
				t.Errorf("want %q in %s", c.want, got)
			}
		})
	}
}

// TestCookie holds Cookie against net/http.
func TestCookie(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{
		{""},
		{"a=1"},
		{"b=2; a=1"},
		{"a=1; a=2"},
		{`a="1"`},
		{`a="`},
		{`a=""`},
		{"a"},
		{"a="},
		{"=a"},
		{"aa=1;a=2"},
		{"a=1,2"},
		{"a=1 2"},
		{" a = 1 "},
		{"a=\x01; a=2"},
		{"a=é; a=3"},
		{`a=1\2;a=4`},
		{"a=b=c"},
		{";;a=1;"},
		{"b=1", "a=2"},
		{"A=1"},
		{`a="1; b=2"`},
		{"a\t=1"},
		{"a=\t1\t"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Cookie"] = lines
		want, err := r.Cookie("a")
		got, ok := Cookie(r, "a")
		if ok != (err == nil) || ok && got != want.Value {
			t.Errorf("%q: got %q, %v, want %v, %v", lines, got, ok, want, err)
		}
	}
}
