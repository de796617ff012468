package account_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/internal/cache"
	"lyceum/internal/clock"
	"lyceum/internal/mail"
	"lyceum/internal/pgtest"
	"lyceum/internal/redistest"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	pages "lyceum/web/lms/account"
	"lyceum/web/middleware"
	"lyceum/web/page"
	"lyceum/web/session"
)

const password = "correct horse battery"

// site is a running LMS with this room alone.
type site struct {
	t        *testing.T
	server   *httptest.Server
	accounts *account.Service
	outbox   *mail.Outbox
	clock    *clock.Fake
}

func newSite(t *testing.T, adjust func(*account.Options)) *site {
	t.Helper()
	catalog, err := i18n.New(pages.Locales)
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.New(t)
	redis, err := cache.Open(redistest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { redis.Close() })
	s := &site{t: t, outbox: mail.NewOutbox(pool, nil), clock: clock.NewFake(time.Now())}
	o := account.Options{
		DB: pool, Redis: redis, Outbox: s.outbox, Clock: s.clock.Now, Config: account.Config{SiteName: "Example School"},
		Letters: pages.Letters{Catalog: catalog, SiteName: "Example School", SiteURL: "https://learn.example.edu"},
	}
	if adjust != nil {
		adjust(&o)
	}
	s.accounts = account.New(o)
	router := chi.NewRouter()
	router.Use(session.Middleware(s.accounts, account.LMS, nil))
	pages.Routes(router, pages.Deps{
		HonorURL: "/honor", TermsURL: "/tos",
		Accounts: s.accounts, Outbox: s.outbox, SiteName: "Example School",
		Next: session.Next{Default: "/dashboard", Origins: []string{"https://studio.example.edu"}},
	})
	router.Method(http.MethodGet, "/dashboard", page.Handler(func(w http.ResponseWriter, r *http.Request) error {
		return page.JSON(w, r, http.StatusOK, page.Viewer(r).Username)
	}))
	face := &page.Site{Name: "Example School", Catalog: catalog, SignIn: "/login", SignOut: "/logout", Register: "/register"}
	s.server = httptest.NewServer(middleware.Stack(middleware.Config{Site: face, CSRF: session.CheckToken}, router))
	t.Cleanup(s.server.Close)
	return s
}

// browser is a client with cookies that says, as browsers do, where its requests come from.
type browser struct {
	*site
	client *http.Client
	origin string // "" is our own
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{site: s, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) location() string { return a.header.Get("Location") }

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("not a JSON object: %s", a.body)
	}
	return v
}

func (b *browser) do(method, path, contentType, body string, header ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if method != http.MethodGet {
		r.Header.Set("Origin", b.server.URL)
		if b.origin != "" {
			r.Header.Set("Origin", b.origin)
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

const (
	formType = "application/x-www-form-urlencoded"
	html     = "text/html,application/xhtml+xml"
)

func (b *browser) get(path string, header ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", "", append([]string{"Accept", html}, header...)...)
}

// post sends a form as a page does; pairs are names and values.
func (b *browser) post(path string, pairs ...string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, formType, form(pairs...), "Accept", html)
}

// call sends a form as a script does.
func (b *browser) call(path string, pairs ...string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, formType, form(pairs...), "Accept", "*/*")
}

func form(pairs ...string) string {
	v := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// register makes an account in this browser.
func (b *browser) register(username string) {
	b.t.Helper()
	got := b.post("/register", "username", username, "email", username+"@example.com", "name", "Person "+username, "password", password, "honor_code", "true")
	if got.status != http.StatusSeeOther {
		b.t.Fatalf("register %s: %d %s", username, got.status, got.body)
	}
}

func (b *browser) signIn(login, password string) answer {
	b.t.Helper()
	return b.post("/login", "email_or_username", login, "password", password, "remember", "true")
}

// who returns the username this browser is signed in as, "" for none.
func (b *browser) who() string {
	b.t.Helper()
	got := b.do(http.MethodGet, "/api/user/v1/me", "", "", "Accept", "application/json")
	if got.status == http.StatusUnauthorized {
		return ""
	}
	return got.json(b.t)["username"].(string)
}

func (b *browser) cookie(name string) string {
	u, err := url.Parse(b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

var siteLink = regexp.MustCompile(`https://learn\.example\.edu(/\S+)`)

// link returns the path of the newest link mailed to an address under a subject.
func (s *site) link(subject, to string) string {
	s.t.Helper()
	letters, err := s.outbox.Newest(s.t.Context(), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range letters {
		if l.Recipient == to && strings.Contains(l.Subject, subject) {
			m := siteLink.FindStringSubmatch(l.BodyText)
			if m == nil {
				s.t.Fatalf("no link in %q", l.BodyText)
			}
			if !strings.Contains(l.BodyHTML, `href="`+m[0]+`"`) {
				s.t.Errorf("the HTML part lacks the link %s", m[0])
			}
			return m[1]
		}
	}
	s.t.Fatalf("no letter %q to %s", subject, to)
	return ""
}
