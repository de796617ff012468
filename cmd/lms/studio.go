package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	coursefiles "lyceum/authoring/files"
	"lyceum/authoring/publish"
	"lyceum/component"
	"lyceum/component/problem"
	"lyceum/component/video"
	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/grading/capa"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/access"
	accounts "lyceum/learner/account"
	"lyceum/learner/enrollment"
	"lyceum/tracking"
	"lyceum/web/coursefile"
	"lyceum/web/i18n"
	"lyceum/web/middleware"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/studio"
	"lyceum/web/ui"
)

// advanced are further kinds a course may hold. They have no room here yet: they are kept as they come, and shown as missing.
var advanced = []string{
	"ubcpi", "scorm", "recommender", "google-document", "google-calendar", "textannotation", "videoannotation", "imageannotation",
	"problem-builder", "step-builder", "mentoring", "imagemodal", "oppia", "pb-answer", "pb-mcq", "pb-rating", "pb-mrq", "invideoquiz", "library_sourced",
}

// schemas are the fields of every kind an author may use: those with a room, then those only their fields are known of, then those that
// are kept verbatim.
func schemas(kinds *component.Kinds) map[string]course.Schema {
	out := map[string]course.Schema{}
	for _, name := range advanced {
		out[name] = course.Schema{Kind: name}
	}
	maps.Copy(out, course.Schemas)
	for name, s := range kinds.Schemas() {
		if _, known := course.Schemas[name]; !known || len(s.Fields) > 0 {
			out[name] = s
		}
	}
	return out
}

// loads says why a block would not load for learners.
func loads(b *course.Block) []string {
	if b.Type != "problem" {
		if m := olx.CheckBody(b); m != nil {
			return []string{m.Error()}
		}
		return nil
	}
	if _, err := capa.Parse(problem.Source(b)); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// answers says in which ways a problem asks, by the tags of its responses.
func answers(b *course.Block) []string {
	if b.Type != "problem" {
		return nil
	}
	p, err := capa.Parse(problem.Source(b))
	if err != nil {
		return nil
	}
	var out []string
	for _, r := range p.Responses() {
		out = append(out, r.Type)
	}
	return out
}

// newStudio makes the authors' face.
func (s *site) newStudio(track func(*http.Request) tracking.Request) *studio.Server {
	editor := &draft.Editor{Courses: s.stores.courses, Schemas: schemas(s.lms.Kinds), Loads: loads, Answers: answers, Files: s.stores.files}
	s.clipboard.Editor = editor
	var limits *studio.Limits
	if s.lms.Limits != nil {
		limits = studio.NewLimits(clock.System)
	}
	return &studio.Server{
		Editor: editor, Publisher: &publish.Publisher{Editor: editor}, Courses: s.stores.courses, Accounts: s.accounts, DB: s.stores.pool,
		Clipboard: s.clipboard,
		Files:     &coursefiles.Service{Courses: s.stores.courses, Files: s.stores.files, Clock: time.Now},
		Draw: studio.Drawing{
			Kinds: s.lms.Kinds, Blobs: s.stores.files, Passes: coursefile.Passes{MAC: s.lms.MAC, Face: "studio"}, Manifest: s.stores.files.Manifest,
			StaffOf: s.lms.StaffOf, Tries: s.stores.redis, Runtime: s.lms.Blank,
		},
		Trials:  studio.Trials{Problem: s.lms.Kinds.Of("problem").(*problem.Kind), Runner: s.python},
		Emitter: s.events, Track: track, LMS: func(r *http.Request) string { return s.faces.lms(r) }, Clock: time.Now,
		Welcome: s.welcome, Transfers: s.transfers, Limits: limits, Here: s.stores.redis,
	}
}

// welcome enrolls the maker of a course.
func (s *site) welcome(ctx context.Context, who learner.ID, username string, key course.Key, from tracking.Request) error {
	c, err := s.stores.courses.Compiled(ctx, key)
	if err != nil {
		return err
	}
	from.Username, from.UserID = username, int64(who)
	_, err = s.lms.Enrollment.Join(ctx, enrollment.JoinRequest{Course: c, Viewer: &access.Viewer{User: who}, Force: true, Request: from})
	return err
}

// studioFront is what a request to Studio meets: the stack, the session of this face, and the routes.
func (s *site) studioFront(env *environment, catalog *i18n.Catalog, track func(*http.Request) tracking.Request) http.Handler {
	c := s.stores.config
	face := &page.Site{
		Name: c.SiteName, Face: "Studio", Home: "/home/", Catalog: catalog, SignIn: "/signin", SignOut: "/logout", Log: env.log,
		Nav: func(r *http.Request) []ui.Link {
			if !page.Viewer(r).SignedIn() {
				return nil
			}
			return []ui.Link{
				{Label: i18n.T(r.Context(), "studio.nav.courses"), URL: "/home/", Icon: "layout-grid", Current: current(r, "/home")},
				{Label: i18n.T(r.Context(), "studio.nav.learn"), URL: s.faces.lms(r) + "/dashboard", Icon: "graduation-cap"},
			}
		},
	}
	routes := chi.NewRouter()
	routes.NotFound(page.Handler(func(_ http.ResponseWriter, r *http.Request) error {
		if !page.Viewer(r).SignedIn() {
			return fault.Unauthenticatedf("no such page of Studio")
		}
		return fault.NotFoundf("no such page of Studio")
	}).ServeHTTP)
	// The code of a hand-over is a secret, and beats of open pages are no acts.
	excluded, err := tracking.ParsePaths(append(tracking.DefaultExcluded, "^/static/", "^/signin", "^/preview/", "^/here/"))
	if err != nil {
		panic(err) // a mistake in the patterns above
	}
	guarded := s.lms.Limits.Guard(routes)
	authors := s.newStudio(track)
	authors.Routes(routes)
	s.studioRoutes, s.authors = routes, authors
	files := page.Handler(authors.ShowFile)
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if coursefile.IsPath(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			files.ServeHTTP(w, r)
			return
		}
		if e, ok := tracking.Implicit(tracking.Hit{Request: track(r), Get: r.URL.Query(), Post: postedForm(r), Staff: page.Viewer(r).Staff}, excluded); ok {
			s.events.Emit(r.Context(), e)
		}
		guarded.ServeHTTP(w, r)
	})
	return middleware.Stack(middleware.Config{
		Site: face, Clock: clock.System, Proxies: c.Proxies, Hosts: s.faces.studioHosts(), CSRF: session.CheckToken, Access: s.access,
		Exempt: func(r *http.Request) bool { return r.URL.Path == "/event" },
		Limit:  s.studioBody,
	}, session.Middleware(s.accounts, accounts.Studio, nil)(studio.Handler(inner)))
}

// longTexts are the beginnings of addresses to which the text of one block may be sent: what a course may have must fit, or it could be opened
// and not be saved. Settings hold whatever an archive brought.
var longTexts = []string{"/xblock", "/edit/", "/tabs/", "/course_info/", "/course_info_update/", "/settings/", "/richtext/preview"}

// studioBody is how many bytes a request to Studio may bring: the text of one block fits, and what JSON makes of it.
func (s *site) studioBody(r *http.Request) int64 {
	switch {
	case strings.HasPrefix(r.URL.Path, "/preview/problem/"):
		return trialBody
	case slices.ContainsFunc(longTexts, func(at string) bool { return strings.HasPrefix(r.URL.Path, at) }):
		return draft.MaxBody * 3 / 2
	case strings.HasPrefix(r.URL.Path, "/transcripts/"):
		return video.MaxTranscript + 1<<20
	case studio.IsImport(r.URL.Path):
		return 2 * s.transfers.MaxArchive() // it says itself, in words, what is too large
	}
	return studio.FilesBody(r)
}

// trialBody is how many bytes a problem that is tried out may be long, with the answers to it: the engine reads no longer ones.
const trialBody = 12 << 20

// faces knows where people reach the two faces.
type faces struct {
	lmsURL, studioURL   *url.URL // as configured; nil: the host that is asked, with the port below
	lmsPort, studioPort string
	secure              bool // this process speaks TLS itself
}

// newFaces tells from the configuration and the addresses listened on where the faces are. studioAddr is "" where Studio shares the
// listener of the LMS and is known by its host name, or is not served at all.
func newFaces(c config, addr, studioAddr string) faces {
	out := faces{lmsURL: c.SiteURL, studioURL: c.StudioURL, secure: c.TLSCert != ""}
	_, out.lmsPort, _ = net.SplitHostPort(addr)
	_, out.studioPort, _ = net.SplitHostPort(studioAddr)
	if out.studioURL == nil && c.SiteURL != nil && out.studioPort != "" {
		u := *c.SiteURL
		u.Host = net.JoinHostPort(u.Hostname(), out.studioPort)
		out.studioURL = &u
	}
	return out
}

// lms is the origin of the learners' face for whoever asks.
func (f faces) lms(r *http.Request) string { return f.origin(f.lmsURL, r, f.lmsPort) }

// studio is the origin of the authors' face.
func (f faces) studio(r *http.Request) string { return f.origin(f.studioURL, r, f.studioPort) }

// served reports whether there is a Studio.
func (f faces) served() bool { return f.studioURL != nil || f.studioPort != "" }

func (f faces) origin(configured *url.URL, r *http.Request, port string) string {
	if configured != nil {
		return configured.Scheme + "://" + configured.Host
	}
	known := page.Known(r)
	host := known.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(strings.Trim(host, "[]"), port)}
	if known.Secure || f.secure {
		u.Scheme = "https"
	}
	return u.String()
}

// studioAt is Studio's address for the banner, "" where there is none.
func (s *site) studioAt() string {
	switch u, _ := url.Parse(s.url); {
	case s.faces.studioURL != nil:
		return s.faces.studioURL.String()
	case s.faces.studioPort == "" || u == nil:
		return ""
	default:
		u.Host = net.JoinHostPort(u.Hostname(), s.faces.studioPort)
		return u.String()
	}
}

// studioHosts are the host names of Studio; none means those of the machine.
func (f faces) studioHosts() []string {
	if f.studioURL == nil {
		return nil
	}
	return []string{f.studioURL.Host}
}

// byHost sends requests that name Studio's host to it, where that is another host than the learners'.
func (f faces) byHost(lms, authors http.Handler) http.Handler {
	if f.studioURL == nil || f.lmsURL == nil || strings.EqualFold(f.studioURL.Hostname(), f.lmsURL.Hostname()) {
		return lms
	}
	name := f.studioURL.Hostname()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if strings.EqualFold(strings.TrimSuffix(host, "."), name) {
			authors.ServeHTTP(w, r)
			return
		}
		lms.ServeHTTP(w, r)
	})
}

// noStudioAddr says that Studio has no listener of its own.
const noStudioAddr = "none"

// defaultStudioPort is where Studio listens when nobody says otherwise, and it is free.
const defaultStudioPort = "8001"

// listenStudio takes Studio's address; nil means that it has none of its own. An address that was asked for and cannot be had is an error.
// When none was asked for, Studio stands beside the LMS on its usual port, or on a free one where that is taken.
func listenStudio(env *environment, asked, lmsAddr string) (net.Listener, error) {
	switch asked {
	case noStudioAddr:
		return nil, nil //nolint:nilnil // it shares the LMS's
	case "":
	default:
		l, err := listen(env.ctx, asked)
		if err != nil {
			return nil, fmt.Errorf("Studio: %s", strings.ReplaceAll(err.Error(), "--addr or LMS_ADDR", "--studio-addr or LMS_STUDIO_ADDR")) //nolint:staticcheck // a name
		}
		return l, nil
	}
	host, lmsPort, err := net.SplitHostPort(lmsAddr)
	if err != nil {
		return nil, fmt.Errorf("--addr or LMS_ADDR: want HOST:PORT or :PORT: %w", err)
	}
	port := defaultStudioPort
	if lmsPort == port {
		port = "0" // the LMS was asked for first
	}
	l, err := (&net.ListenConfig{}).Listen(env.ctx, "tcp", net.JoinHostPort(host, port))
	if errors.Is(err, syscall.EADDRINUSE) {
		l, err = (&net.ListenConfig{}).Listen(env.ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	return l, err
}
