package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
	"golang.org/x/sync/errgroup"

	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
	"lyceum/internal/mongotest"
	"lyceum/internal/pgtest"
	"lyceum/internal/redistest"
	"lyceum/learner/access"
	accounts "lyceum/learner/account"
	"lyceum/learner/enrollment"
	"lyceum/tracking"
)

// testSite is the whole handler on stores of the test's own.
type testSite struct {
	*site
	t      testing.TB
	data   string
	vars   []string // LMS_ variables it was made with
	server *httptest.Server
	author *httptest.Server // Studio
}

// goodPassword is everybody's.
const goodPassword = "correct horse battery"

// newTestSite builds the site as serve does. vars may set LMS_ variables.
func newTestSite(t testing.TB, vars ...string) *testSite {
	t.Helper()
	return newLoggedSite(t, slog.New(slog.DiscardHandler), vars...)
}

// newLoggedSite is newTestSite with a log.
func newLoggedSite(t testing.TB, log *slog.Logger, vars ...string) *testSite {
	t.Helper()
	out := &testSite{t: t, data: t.TempDir()}
	vars = append([]string{
		"LMS_POSTGRES_URL=" + pgtest.URL(t), "LMS_MONGO_URL=" + mongoURL(t), "LMS_REDIS_URL=" + redistest.URL(t),
	}, vars...)
	out.vars = vars
	env := &environment{ctx: t.Context(), getenv: getenvOf(vars), data: out.data, log: log, streams: streams{strings.NewReader(""), io.Discard, io.Discard}}
	s, err := openStores(env, toServe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close(env) })
	if err := s.prepare(env, false); err != nil {
		t.Fatal(err)
	}
	if out.site, err = newSite(env, s, "127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.close(env) })
	work, stop := context.WithCancel(context.Background())
	group, work := errgroup.WithContext(work)
	out.start(work, group, env)
	t.Cleanup(func() {
		stop()
		if err := group.Wait(); err != nil {
			t.Errorf("work beside requests: %v", err)
		}
	})
	out.ready.Store(true)
	out.server, out.author = httptest.NewServer(out.handler), httptest.NewServer(out.studio)
	t.Cleanup(out.server.Close)
	t.Cleanup(out.author.Close)
	for server, port := range map[*httptest.Server]*string{out.server: &out.faces.lmsPort, out.author: &out.faces.studioPort} {
		_, *port, _ = net.SplitHostPort(server.Listener.Addr().String())
	}
	return out
}

// mongoURL is the address of a database no other test uses.
func mongoURL(t testing.TB) string {
	t.Helper()
	base := mongotest.URI(t)
	cs, err := connstring.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	name := "site_" + strings.ToLower(rand.Text()[:10])
	host := cs.Hosts[0]
	if strings.Contains(host, "/") {
		host = url.QueryEscape(host)
	}
	address, query, _ := strings.Cut(base, "?")
	at := strings.Index(address, host)
	if at < 0 {
		t.Fatalf("address of the test's MongoDB: %s", base)
	}
	full := address[:at+len(host)] + "/" + name
	if query != "" {
		full += "?" + query
	}
	t.Cleanup(func() {
		db, client, err := openMongo(context.Background(), full)
		if err != nil {
			t.Errorf("drop the test's database: %v", err)
			return
		}
		if err := db.Drop(context.Background()); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
		_ = client.Disconnect(context.Background())
	})
	return full
}

// teach imports a course and puts it in force.
func (s *testSite) teach(files fs.FS) *course.Compiled {
	s.t.Helper()
	res, err := s.stores.importer().Import(s.t.Context(), transfer.Request{Path: "test course", FS: files, Publish: true})
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := s.stores.courses.Compiled(s.t.Context(), res.Key)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// person makes an account and returns its browser, signed in.
func (s *testSite) person(username string, with func(*accounts.NewAccount)) *browser {
	s.t.Helper()
	n := accounts.NewAccount{Username: username, Email: username + "@example.com", Name: username, Password: goodPassword, Trusted: true, Active: true}
	if with != nil {
		with(&n)
	}
	a, err := s.accounts.Create(s.t.Context(), accounts.From{}, n)
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.visitor()
	b.account = a
	b.signIn()
	return b
}

func (s *testSite) enroll(b *browser, c *course.Compiled) {
	s.t.Helper()
	service := &enrollment.Service{DB: s.stores.pool, Emitter: s.events, Clock: time.Now}
	if _, err := service.Join(s.t.Context(), enrollment.JoinRequest{
		Course: c, Viewer: &access.Viewer{User: b.account.ID}, Email: b.account.Email, Force: true,
		Request: tracking.Request{Username: b.account.Username, UserID: int64(b.account.ID)},
	}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *testSite) grant(b *browser, role team.Role, key course.Key) {
	s.t.Helper()
	if err := team.Add(s.t.Context(), s.stores.pool, team.Grant{User: int64(b.account.ID), Role: role, Scope: team.In(key)}, audit.Source{}); err != nil {
		s.t.Fatal(err)
	}
}

// browser is one person's, as far as a server sees it: cookies, and the origin of its own pages on what it sends.
type browser struct {
	t       testing.TB
	base    string
	client  *http.Client
	cookies map[string]string
	account accounts.Account
}

func (s *testSite) visitor() *browser { return newBrowser(s.t, s.server.URL, s.server.Client()) }

func newBrowser(t testing.TB, base string, client *http.Client) *browser {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Timeout = 30 * time.Second
	return &browser{t: t, base: base, client: &c, cookies: map[string]string{}}
}

func (b *browser) signIn() {
	b.t.Helper()
	got := b.post("/login", "email", b.account.Email, "password", goodPassword)
	if got.status != http.StatusSeeOther || b.cookies["sessionid"] == "" {
		b.t.Fatalf("sign in as %s: %d %s", b.account.Username, got.status, got.body)
	}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) location() string { return r.header.Get("Location") }

// send sends a request with the cookies and what headers says on top (NAME: VALUE; an empty value removes).
func (b *browser) send(method, path, body string, headers ...string) (reply, error) {
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // a request's cookie has no flags
	}
	if method != http.MethodGet && method != http.MethodHead {
		req.Header.Set("Origin", b.base)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		switch {
		case headers[i] == "Host":
			req.Host = headers[i+1]
		case headers[i+1] == "":
			req.Header.Del(headers[i])
		default:
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := b.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return reply{res.StatusCode, res.Header, string(text)}, nil
}

func (b *browser) do(method, path, body string, headers ...string) reply {
	b.t.Helper()
	got, err := b.send(method, path, body, headers...)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

func (b *browser) get(path string, headers ...string) reply {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", headers...)
}

// form is name, value, name, value ... as a body.
func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

const formType = "application/x-www-form-urlencoded"

func (b *browser) post(path string, pairs ...string) reply {
	b.t.Helper()
	return b.do(http.MethodPost, path, form(pairs...), "Content-Type", formType)
}

// handler is the address of a block's handler.
func handler(c *course.Compiled, kind, id, name string) string {
	return "/courses/" + c.Key.String() + "/xblock/" + usage(c.Key, kind, id) + "/handler/" + name
}

func usage(key course.Key, kind, id string) string {
	return key.Usage(kind, id).String()
}

// ownCourse is a small course with one of everything that is open to some and closed to others.
func ownCourse(name string) fstest.MapFS {
	soon := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	files := map[string]string{
		"course.xml":           `<course org="T" course="` + name + `" url_name="1"/>`,
		"course/1.xml":         `<course><chapter url_name="open"/><chapter url_name="later"/><chapter url_name="secret"/></course>`,
		"chapter/open.xml":     `<chapter display_name="Open"><sequential url_name="s1"/></chapter>`,
		"chapter/later.xml":    `<chapter display_name="Later" start="` + soon + `"><sequential url_name="s2"/></chapter>`,
		"chapter/secret.xml":   `<chapter display_name="Secret" visible_to_staff_only="true"><sequential url_name="s3"/></chapter>`,
		"sequential/s1.xml":    `<sequential display_name="First" graded="true" format="Homework"><vertical url_name="u1"/><vertical url_name="u2"/></sequential>`,
		"sequential/s2.xml":    `<sequential display_name="Second"><vertical url_name="u3"/></sequential>`,
		"sequential/s3.xml":    `<sequential display_name="Third"><vertical url_name="u4"/></sequential>`,
		"vertical/u1.xml":      `<vertical display_name="Unit 1"><html url_name="text"/><html url_name="active"/><problem url_name="p1"/><problem url_name="p2"/><video url_name="v1"/></vertical>`,
		"vertical/u2.xml":      `<vertical display_name="Unit 2"><html url_name="text2"/></vertical>`,
		"vertical/u3.xml":      `<vertical display_name="Unit 3"><problem url_name="p3"/></vertical>`,
		"vertical/u4.xml":      `<vertical display_name="Unit 4"><problem url_name="p4"/><html url_name="active4"/></vertical>`,
		"html/text.xml":        `<html filename="text" display_name="Text"/>`,
		"html/text.html":       `<p>Hello <img src="/static/pic.svg" alt=""></p>`,
		"html/text2.xml":       `<html filename="text2" display_name="Text 2"/>`,
		"html/text2.html":      `<p>Second page</p>`,
		"html/active.xml":      `<html filename="active" display_name="Active"/>`,
		"html/active.html":     `<p id="x"></p><img src="/static/pic.svg" alt=""><script>document.getElementById("x").textContent = "hi"</script>`,
		"html/active4.xml":     `<html filename="active" display_name="Active"/>`,
		"video/v1.xml":         `<video url_name="v1" display_name="Film" html5_sources="[&quot;/static/film.mp4&quot;]"/>`,
		"static/open.txt":      "0123456789",
		"static/locked.txt":    "only for the enrolled",
		"static/page.html":     "<p>page</p><script>1</script>",
		"static/pic.svg":       `<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`,
		"static/book.pdf":      "%PDF-1.4 nothing",
		"tabs/glossary.html":   `<p>Words</p>`,
		"tabs/hidden.html":     `<p>Hidden words</p>`,
		"policies/assets.json": `{"locked.txt": {"displayname": "locked.txt", "locked": true, "contentType": "text/plain", "filename": "asset-v1:T+` + name + `+1+type@asset+block@locked.txt"}}`,
		"policies/1/policy.json": `{"course/1": {"display_name": "` + name + `", "start": "2020-01-01T00:00:00Z", "days_early_for_beta": 5,
			"pdf_textbooks": [{"tab_title": "Book", "chapters": [{"title": "One", "url": "/static/book.pdf"}]}],
			"tabs": [{"type": "course_info", "name": "Home"}, {"type": "courseware", "name": "Course"}, {"type": "progress", "name": "Progress"},
				{"type": "static_tab", "name": "Glossary", "url_slug": "glossary"}, {"type": "static_tab", "name": "Hidden", "url_slug": "hidden", "is_hidden": true}]}}`,
		"policies/1/grading_policy.json": `{"GRADER": [{"type": "Homework", "min_count": 1, "drop_count": 0, "short_label": "HW", "weight": 1}], "GRADE_CUTOFFS": {"Pass": 0.5}}`,
	}
	for i := 1; i <= 4; i++ {
		files[fmt.Sprintf("problem/p%d.xml", i)] = fmt.Sprintf(`<problem display_name="Question %d"><stringresponse answer="yes%d"><label>Well?</label><textline/></stringresponse></problem>`, i, i)
	}
	out := fstest.MapFS{}
	for path, text := range files {
		out[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return out
}
