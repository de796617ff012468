package lms

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/component/container"
	"lyceum/component/html"
	"lyceum/component/unknown"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/account"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/tracking"
	"lyceum/web/i18n"
	"lyceum/web/middleware"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata")

// reading is a course to read in, with people who read it: everything a unit page is made of but stores.
type reading struct {
	server   *Server
	course   *course.Compiled
	learners map[learner.ID]*courseware.Learner
	people   map[account.SessionID]account.Session
	handler  http.Handler
}

// newReading makes a course of two sections. The first subsection has ten units, the first of them as many texts of about size bytes.
func newReading(tb testing.TB, key course.Key, size int) *reading {
	tb.Helper()
	kinds := component.NewKinds(unknown.Kind{}, html.Kind{}, container.Kind{Tag: "course"}, container.Kind{Tag: "chapter"},
		container.Sequence{Kind: container.Kind{Tag: "sequential"}}, container.Sequence{Kind: container.Kind{Tag: "vertical"}})
	text := func(n int) []byte {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, "<p>Paragraph %d of text %d is <b>plain</b>, has a <a href=\"/static/notes &amp; more.pdf\">file</a> &amp; goes on for a while.</p>\n", i, n)
		}
		return []byte(b.String())
	}
	fields := func(pairs ...string) course.Fields {
		f := course.Fields{}
		for i := 0; i < len(pairs); i += 2 {
			f[pairs[i]] = course.Value(pairs[i+1])
		}
		return f
	}
	var units []*course.Block
	for u := range 10 {
		name := fmt.Sprintf("Unit %d: questions & 'answers' <%d>", u+1, u)
		unit := &course.Block{Type: "vertical", ID: fmt.Sprintf("unit_%d", u), Fields: fields("display_name", string(course.Text(name)))}
		for h := range 10 {
			if u > 0 && h > u%3 {
				break
			}
			unit.Children = append(unit.Children, &course.Block{Type: "html", ID: fmt.Sprintf("text_%d_%d", u, h), Fields: fields("display_name", string(course.Text("Text & more"))), Body: text(h)})
		}
		units = append(units, unit)
	}
	units[1].Fields["start"] = `"2031-01-01T00:00:00Z"`
	units[2].Fields["visible_to_staff_only"] = "true"
	units[3].Children[0].Body = []byte("<p>For %%USER_ID%% &amp; nobody else</p>")
	units[4].Children = append(units[4].Children, &course.Block{Type: "html", ID: "active", Body: []byte("<script>1</script>")})
	root := &course.Block{Type: "course", ID: "course", Fields: fields("display_name", `"Reading & writing"`, "start", `"2020-01-01T00:00:00Z"`, "course_visibility", `"public"`), Children: []*course.Block{
		{Type: "chapter", ID: "first", Fields: fields("display_name", `"First \"section\""`), Children: []*course.Block{
			{Type: "sequential", ID: "sub.one%", Fields: fields("display_name", `"Subsection <one>"`, "graded", "true", "format", `"Homework & more"`, "due", `"2030-03-02T13:02:00Z"`), Children: units},
			{Type: "sequential", ID: "sub_two", Children: []*course.Block{{Type: "vertical", ID: "next", Fields: fields("display_name", `"Elsewhere & on"`)}}},
			{Type: "sequential", ID: "hidden", Fields: fields("hide_from_toc", "true"), Children: []*course.Block{{Type: "vertical", ID: "quiet"}}},
		}},
		{Type: "chapter", ID: "second", Children: []*course.Block{{Type: "sequential", ID: "sub_three", Children: []*course.Block{{Type: "html", ID: "alone", Body: []byte("<p>alone</p>")}}}}},
		{Type: "chapter", ID: "third", Fields: fields("hide_from_toc", "true"), Children: []*course.Block{{Type: "sequential", ID: "sub_four", Children: []*course.Block{{Type: "vertical", ID: "deep"}}}}},
	}}
	r := &reading{
		course: course.Compile(&course.Content{Key: key, Root: root, Pages: []*course.Block{{Type: "static_tab", ID: "syllabus", Fields: fields("display_name", `"Syllabus & rules"`)}}}, "v1", nil, kinds.Describe),
		people: map[account.SessionID]account.Session{}, learners: map[learner.ID]*courseware.Learner{0: {}},
	}
	r.course.Tabs = append(r.course.Tabs, course.Tab{Type: "static_tab", Name: "Syllabus", Slug: "syllabus"}, course.Tab{Type: "external_link", Name: "Elsewhere", Link: "https://example.org/?a=1&b=2"})
	r.people["learner"] = account.Session{User: 7, Username: "ada", Name: "Ada O'Neil", TimeZone: "Europe/Berlin"}
	r.people["staff"] = account.Session{User: 8, Username: "grace", Name: "Grace <Hopper>"}
	marked := map[course.UsageKey]time.Time{}
	complete := completion.Values{}
	for i := range r.course.Nodes {
		switch n := &r.course.Nodes[i]; n.Block.ID {
		case "unit_0", "unit_3":
			marked[n.Key] = midnight
		case "text_3_0", "text_0_0", "text_0_1":
			complete[n.Key] = 1
		}
	}
	r.learners[7] = &courseware.Learner{Viewer: access.Viewer{User: 7, Enrolled: true}, Bookmarks: marked, Marks: completion.MarksOf(r.course, complete)}
	r.learners[8] = &courseware.Learner{Viewer: access.Viewer{User: 8, Roles: access.Roles{Staff: true}}}
	now := func() time.Time { return time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC) }
	r.server = &Server{
		Courses: r, Kinds: kinds, Markup: authored.NewCache(1 << 20), Secret: []byte("secret"), Clock: now, Log: slog.New(slog.DiscardHandler),
		Track: func(*http.Request) tracking.Request { return tracking.Request{} }, Hosts: []string{"localhost:8000"},
	}
	routes := chi.NewRouter()
	routes.Method(http.MethodGet, "/courses/{course}/courseware/{section}/{subsection}/{position}/", page.Handler(r.show))
	inner := session.Middleware(r, account.LMS, IsOpen)(OldKeys(routes))
	log, err := middleware.OpenAccessLog(os.DevNull, now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = log.Close() })
	r.handler = middleware.Stack(middleware.Config{Site: r.site(tb), Clock: now, Access: log}, KeepTyped(inner))
	return r
}

// site is a face in English and in a second language, whose texts are the English ones between marks.
func (*reading) site(tb testing.TB) *page.Site {
	tb.Helper()
	base, err := os.ReadFile("../i18n/locales/en.json")
	if err != nil {
		tb.Fatal(err)
	}
	pages, err := Locales.ReadFile("locales/en.json")
	if err != nil {
		tb.Fatal(err)
	}
	other := map[string]any{}
	for _, data := range [][]byte{base, pages} {
		var texts map[string]any
		if err := json.Unmarshal(data, &texts); err != nil {
			tb.Fatal(err)
		}
		for id, text := range texts {
			if s, ok := text.(string); ok && !strings.HasPrefix(id, "i18n.") {
				text = "« " + s + " & >"
			}
			other[id] = text
		}
	}
	data, err := json.Marshal(other)
	if err != nil {
		tb.Fatal(err)
	}
	catalog, err := i18n.New(Locales, component.Locales, fstest.MapFS{"locales/ar.json": {Data: data}})
	if err != nil {
		tb.Fatal(err)
	}
	return &page.Site{
		Name: "Reading <room>", Catalog: catalog, SignIn: "/login", SignOut: "/logout", Register: "/register", Log: slog.New(slog.DiscardHandler),
		Nav: func(r *http.Request) []ui.Link {
			return []ui.Link{{Label: i18n.T(r.Context(), "tab.home"), URL: "/courses", Icon: "layout-grid"}, {Label: "Here", URL: "/here", Current: "page"}}
		},
		Menu: func(r *http.Request) []ui.Link {
			return []ui.Link{{Label: i18n.T(r.Context(), "tab.dates"), URL: "/account/settings", Icon: "settings"}}
		},
	}
}

func (r *reading) Compiled(_ context.Context, key course.Key) (*course.Compiled, error) {
	if key != r.course.Key {
		return nil, fault.NotFoundf("no course %s", key)
	}
	return r.course, nil
}

func (*reading) List(context.Context) ([]course.Summary, error) { return nil, nil }

func (r *reading) Session(_ context.Context, _ account.Face, id account.SessionID) (account.Session, bool, error) {
	s, ok := r.people[id]
	return s, ok, nil
}

// show is showUnit after everything has been loaded.
func (r *reading) show(w http.ResponseWriter, req *http.Request) error {
	c, err := r.server.compiled(req)
	if err != nil {
		return err
	}
	who := page.Viewer(req)
	v := r.server.visitOf(who, c, r.learners[who.ID])
	p, ok := v.Find(part(req, "section"), part(req, "subsection"), part(req, "position"), nil)
	if !ok || p.Unit == nil {
		return fault.NotFoundf("no unit")
	}
	page.AllowContent(w, req)
	frame := r.server.courseFrame(w, req, v, "courseware", p.Unit.Name)
	return page.Render(w, req, unitPage(frame, r.server.newUnitProps(req, v, p)))
}

// get asks for a unit of the first subsection, or for another path below courseware.
func (r *reading) get(tb testing.TB, who, language, path string, cookies ...string) *http.Request {
	tb.Helper()
	req := httptest.NewRequest(http.MethodGet, "http://localhost:8000/courses/"+strings.ReplaceAll(r.course.Key.String(), "/", "%2F")+"/courseware/"+path, nil)
	req.Header.Set("Accept-Language", language)
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if who != "" {
		cookies = append(cookies, "sessionid="+who)
	}
	if len(cookies) > 0 {
		req.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	return req
}

var (
	newKey = course.Key{Org: "Org", Number: "N1", Run: "2030"}
	oldKey = course.Key{Org: "Org", Number: "N1", Run: "2030", Form: course.FormSlashes}

	nonces = regexp.MustCompile(`nonce="[^"]*"`)
	hashes = regexp.MustCompile(`/static/([a-z0-9/_-]+)[.-]([0-9a-f]{8}|[0-9A-Z]{8})`)
)

// TestUnitPage: the pages of a unit are byte by byte what testdata holds, line breaks between tags apart.
func TestUnitPage(t *testing.T) {
	t.Parallel()
	// One server for all: what it keeps of one page must not show on another.
	readings := map[course.Key]*reading{newKey: newReading(t, newKey, 100), oldKey: newReading(t, oldKey, 100)}
	for _, tc := range []struct {
		name, who, language, path string
		key                       course.Key
		cookies                   []string
	}{
		{"learner", "learner", "en", "first/sub.one%25/1/", newKey, nil},
		{"learner_ar", "learner", "ar", "first/sub.one%25/1/", newKey, []string{"theme=dark"}},
		{"learner_old_key", "learner", "en", "first/sub.one%25/4/", oldKey, []string{"theme=light"}},
		{"visitor", "", "en", "first/sub.one%25/3/", newKey, nil},
		{"staff", "staff", "en-US,en;q=0.8", "first/sub.one%25/3/", newKey, []string{"zone=America/New_York"}},
		{"staff_last", "staff", "ar", "first/sub_two/1/", newKey, nil},
		{"hidden_section", "learner", "en", "third/sub_four/1/", newKey, nil},
		{"alone", "learner", "en", "second/sub_three/1/", newKey, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := readings[tc.key]
			for range 3 { // what is kept from the first time serves the same
				w := httptest.NewRecorder()
				r.handler.ServeHTTP(w, r.get(t, tc.who, tc.language, tc.path, tc.cookies...))
				if w.Code != http.StatusOK {
					t.Fatalf("status %d: %s", w.Code, w.Body)
				}
				got := hashes.ReplaceAllString(nonces.ReplaceAllString(w.Body.String(), `nonce="N"`), "/static/$1.HASH")
				got = strings.ReplaceAll(got, "><", ">\n<") + "\n"
				file := filepath.Join("testdata", "unit_"+tc.name+".html")
				if *rewrite {
					if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			}
		})
	}
}

// paper takes an answer as a connection does, without keeping it.
type paper struct {
	header http.Header
	bytes  int
}

func (p *paper) Header() http.Header { return p.header }
func (p *paper) WriteHeader(int)     {}
func (p *paper) Write(b []byte) (int, error) {
	p.bytes += len(b)
	return len(b), nil
}

// BenchmarkUnitPage draws a page of ten texts in a subsection of ten units for a learner: all of a request but stores and connection.
func BenchmarkUnitPage(b *testing.B) {
	r := newReading(b, newKey, 3600)
	for _, encoding := range []string{"identity", "gzip", "zstd"} {
		b.Run(encoding, func(b *testing.B) {
			req := r.get(b, "learner", "en-US,en;q=0.9", "first/sub.one%25/1/", "theme=dark", "csrftoken=0123456789abcdef0123456789abcdef")
			req.Header.Set("Accept-Encoding", encoding)
			bytes := 0
			b.ReportAllocs()
			for b.Loop() {
				w := &paper{header: http.Header{}}
				r.handler.ServeHTTP(w, req)
				bytes = w.bytes
			}
			b.ReportMetric(float64(bytes), "page-bytes")
		})
	}
}
