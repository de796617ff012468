package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"lyceum/authoring/clipboard"
	"lyceum/authoring/transfer"
	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/graderqueue"
	"lyceum/grading/gradebook"
	"lyceum/grading/sandbox"
	"lyceum/grading/submission"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/jobs"
	"lyceum/internal/limit"
	"lyceum/internal/mail"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/access"
	accounts "lyceum/learner/account"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/learner/enrollment"
	"lyceum/static"
	"lyceum/tracking"
	"lyceum/tracking/sink"
	"lyceum/web/coursefile"
	"lyceum/web/i18n"
	"lyceum/web/lms"
	"lyceum/web/lms/account"
	"lyceum/web/middleware"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/studio"
	"lyceum/web/ui"
)

// site is the running whole: rooms with their stores, and the handler in front of them.
type site struct {
	stores  *stores
	url     string // where people reach it
	faces   faces
	handler http.Handler
	routes  chi.Router // behind handler, for the list of who may what
	studio  http.Handler
	// studioRoutes are behind studio.
	studioRoutes chi.Router
	authors      *studio.Server
	ready        atomic.Bool
	events       *sink.Log
	access       *middleware.AccessLog
	accounts     *accounts.Service
	outbox       *mail.Outbox
	queue        *jobs.Queue
	graders      *graderqueue.Service
	transfers    *transfer.Tasks
	clipboard    *clipboard.Service
	python       *sandbox.Runner // runs authors' code
	lms          *lms.Server
}

// rememberedFor is how long a learner who asked for it stays signed in without coming back.
const rememberedFor = 28 * 24 * time.Hour

// newSite puts the rooms together. addr is where the LMS listens, studioAddr where Studio does, "" where that has no listener of its own.
func newSite(env *environment, s *stores, addr, studioAddr string) (*site, error) {
	c := s.config
	out := &site{stores: s, url: siteURL(c, addr), faces: newFaces(c, addr, studioAddr)}
	secret, err := siteSecret(env)
	if err != nil {
		return nil, err
	}
	catalog, err := i18n.New(account.Locales, lms.Locales, component.Locales, studio.Locales)
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	logs := filepath.Join(env.data, "log")
	if out.events, err = sink.Open(env.ctx, sink.Options{Dir: filepath.Join(logs, "tracking"), Outbox: sink.Postgres{DB: s.pool}, Logger: env.log}); err != nil {
		return nil, fmt.Errorf("tracking log: %w", err)
	}
	if out.access, err = middleware.OpenAccessLog(filepath.Join(logs, "access.log"), clock.System); err != nil {
		return nil, fmt.Errorf("access log: %w", err)
	}
	out.access.Mask = withoutSecret
	sender, err := mailSender(c)
	if err != nil {
		return nil, err
	}
	out.outbox = mail.NewOutbox(s.pool, sender)
	track := func(r *http.Request) tracking.Request { return trackingRequest(r, secret) }
	limits := limit.New(s.redis, clock.System)
	rules := map[string]accounts.FieldRule{}
	for name, rule := range c.RegistrationFields {
		rules[name] = accounts.FieldRule(rule)
	}
	out.accounts = accounts.New(accounts.Options{
		DB: s.pool, Redis: s.redis, Limiter: limits, Outbox: out.outbox, Clock: clock.System, Log: env.log,
		Letters: account.Letters{Catalog: catalog, SiteName: c.SiteName, SiteURL: out.url},
		Config: accounts.Config{
			SiteName: c.SiteName, Fields: rules, MustConfirm: c.ActivateFirst,
			Sessions: accounts.SessionLimits{Idle: rememberedFor, Absolute: rememberedFor + 2*24*time.Hour},
		},
		Privileged: func(ctx context.Context, who learner.ID) (bool, error) {
			roles, err := team.Load(ctx, s.pool, int64(who))
			return len(roles.Grants) > 0, err
		},
		Changed: func(ctx context.Context, change accounts.SettingChange) {
			from := tracking.Request{UserID: int64(change.User)}
			if r, ok := session.Request(ctx); ok {
				from = track(r)
			}
			out.events.Emit(ctx, tracking.Server(from, tracking.UserSettingsChanged, tracking.SettingChanged{
				UserID: int64(change.User), Table: change.Table, Setting: change.Setting, Old: change.Old, New: change.New,
			}))
		},
	})

	book := gradebook.New(s.pool, clock.System, func(c *course.Compiled) time.Time { return c.Edited })
	done := completion.New(s.pool)
	results := s.redis
	if c.RedisURL == "" {
		results = nil // the cache that comes with this process is its own memory, where the sandbox keeps them already
	}
	out.python = newRunner(c.Sandbox, env.log, results)
	out.graders = newGraderQueue(env, s, out, secret, limits)
	answers := submission.New(submission.Config{
		DB: s.pool, Lanes: s.lanes, Book: book, Events: out.events, Clock: clock.System, Runner: out.python,
		Graders: graders{queue: out.graders, site: cmp.Or(c.Graders.Callback, out.url), wait: c.Graders.Wait},
	})
	open := func(ctx context.Context, c *course.Compiled, name string) (io.ReadCloser, error) {
		return lms.OpenFile(ctx, s.files, c, name)
	}
	known := kinds(open, s.pool, done, answers)
	out.lms = &lms.Server{
		Courses: s.courses, Files: s.files, DB: s.pool, Book: book, Completion: done, Kinds: known, Emitter: out.events, Track: track,
		Loader:     &courseware.Loader{DB: s.pool, Lanes: s.lanes, Roles: team.Small, ReadRole: readRole, QueuePassed: queuePassed, QueueReached: queueReached(book), Clock: clock.System},
		Enrollment: &enrollment.Service{DB: s.pool, Emitter: out.events, Clock: time.Now},
		Framers:    c.Framers, Hosts: hostsOf(out.url), Queues: out.graders, GradersAt: c.Graders.At,
		Secret: secret, Name: c.SiteName, Policies: c.Policies, Clock: time.Now, Log: env.log, Markup: authored.NewCache(64 << 20),
		EmailOf: func(ctx context.Context, who learner.ID) (string, error) {
			a, err := out.accounts.ByID(ctx, who)
			return a.Email, err
		},
		UsernameOf: func(ctx context.Context, who learner.ID) (string, error) {
			a, err := out.accounts.ByID(ctx, who)
			return a.Username, err
		},
		StaffOf: func(ctx context.Context, who learner.ID) (bool, error) {
			a, err := out.accounts.ByID(ctx, who)
			return (a.Staff || a.Superuser) && !a.Disabled, err
		},
		NameOf: func(ctx context.Context, who learner.ID) (string, error) {
			a, err := out.accounts.ByID(ctx, who)
			if a.Name == "" {
				return a.Username, err
			}
			return a.Name, err
		},
	}
	if out.faces.served() {
		out.lms.Studio = out.faces.studio
	}
	if !c.Unlimited {
		out.lms.Limits = lms.NewLimits(clock.System)
	}
	out.transfers = newTransfers(out)
	out.clipboard = &clipboard.Service{DB: out.stores.pool, Clock: time.Now}
	if out.queue, err = jobs.New(s.pool, jobs.Config{Kinds: jobKinds(env, s, out), Periodic: periodic(), Log: env.log}); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	out.transfers.UseJobs(out.queue)
	out.handler = out.front(env, catalog, track)
	authors := static.Handler(out.beat(out.studioFront(env, catalog, track)))
	out.handler, out.studio = out.faces.byHost(out.handler, authors), authors
	return out, nil
}

// siteURL is where people reach the site: the configured address, else the one it listens on.
func siteURL(c config, addr string) string {
	if c.SiteURL != nil {
		return c.SiteURL.String()
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://localhost"
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// hostsOf are the names authors may know a site by: its own, as package authored compares them.
func hostsOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	host := strings.ToLower(u.Host)
	return []string{strings.TrimSuffix(strings.TrimSuffix(host, ":80"), ":443")}
}

// partOfPage reports whether a path below a course's is asked for by its pages, and so no event of its own.
func partOfPage(path string) bool {
	rest, ok := strings.CutPrefix(path, "/courses/")
	key, below, ok2 := strings.Cut(rest, "/")
	return ok && ok2 && key != "" && slices.ContainsFunc([]string{"files", "frame", "outline", "xqueue"}, func(p string) bool { return strings.HasPrefix(below, p) })
}

// front is what a request meets: platform files, then the stack, the session, and the routes.
func (s *site) front(env *environment, catalog *i18n.Catalog, track func(*http.Request) tracking.Request) http.Handler {
	c := s.stores.config
	face := &page.Site{
		Name: c.SiteName, Catalog: catalog, SignIn: "/login", SignOut: "/logout", Register: "/register", Log: env.log,
		Nav: func(r *http.Request) []ui.Link {
			links := []ui.Link{{Label: i18n.T(r.Context(), "nav.courses"), URL: "/courses", Icon: "layout-grid", Current: current(r, "/courses")}}
			if page.Viewer(r).SignedIn() {
				links = append([]ui.Link{{Label: i18n.T(r.Context(), "nav.dashboard"), URL: "/dashboard", Icon: "house", Current: current(r, "/dashboard")}}, links...)
			}
			return links
		},
		Menu: func(r *http.Request) []ui.Link {
			if !page.Viewer(r).SignedIn() {
				return nil
			}
			links := []ui.Link{{Label: i18n.T(r.Context(), "nav.settings"), URL: "/account/settings", Icon: "settings"}}
			if who := page.Viewer(r); who.Staff || who.Superuser {
				if s.faces.served() {
					links = append(links, ui.Link{Label: "Studio", URL: s.faces.studio(r) + "/home/", Icon: "square-pen"})
				}
				links = append(links, ui.Link{Label: i18n.T(r.Context(), "nav.graders"), URL: "/graders", Icon: "clock"})
			}
			return links
		},
		Footer: func(r *http.Request) []ui.Link { return c.Policies.Links(r.Context()) },
	}
	routes := chi.NewRouter()
	routes.NotFound(page.Handler(func(http.ResponseWriter, *http.Request) error { return fault.NotFoundf("no such page") }).ServeHTTP)
	people := account.Deps{
		Accounts: s.accounts, Outbox: s.outbox, Next: session.Next{Default: "/dashboard"}, SiteName: c.SiteName,
		HonorURL: c.Policies.Honor.Address("/honor"), TermsURL: c.Policies.Terms.Address("/tos"), PrivacyURL: c.Policies.Privacy.Address("/privacy"),
		CourseName: s.lms.OpenName, Enroll: s.lms.EnrollArrived,
	}
	if s.faces.served() {
		people.Studio = func(r *http.Request) string { return s.faces.studio(r) }
	}
	account.Routes(routes, people)
	s.lms.Routes(routes)
	// Every part pages are made of, for those who build and run the site.
	gallery := page.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if who := page.Viewer(r); !who.Staff && !who.Superuser {
			return fault.NotFoundf("gallery: not staff of the site")
		}
		return page.Render(w, r, ui.Gallery(page.Layout(w, r, "Parts")))
	})
	routes.Method(http.MethodGet, "/ui", gallery)
	routes.Method(http.MethodHead, "/ui", gallery)
	s.routes = routes
	guarded := s.lms.Limits.Guard(routes)
	files := page.Handler(s.lms.ShowAsset)

	excluded, err := tracking.ParsePaths(append(tracking.DefaultExcluded, "^/static/", "^/asset-v1:", "^/c4x/", "^/assets/courseware/", "^/password_reset_confirm/", "^/activate/", "^/email_confirm/", "^/studio/handover"))
	if err != nil {
		panic(err) // a mistake in the patterns above
	}
	var inner http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if coursefile.IsPath(r.URL.Path) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				w.Header().Set("Allow", "GET, HEAD")
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			files.ServeHTTP(w, r)
			return
		}
		if !partOfPage(r.URL.Path) {
			if e, ok := tracking.Implicit(tracking.Hit{Request: track(r), Get: r.URL.Query(), Post: postedForm(r), Staff: page.Viewer(r).Staff}, excluded); ok {
				s.events.Emit(r.Context(), e)
			}
		}
		guarded.ServeHTTP(w, r)
	})
	inner = session.Middleware(s.accounts, accounts.LMS, lms.IsOpen)(lms.OldKeys(inner))
	inner = besideSessions(s.graders, lms.KeepTyped(inner))
	var hosts []string
	if c.SiteURL != nil {
		hosts = []string{c.SiteURL.Host}
	}
	stack := middleware.Stack(middleware.Config{
		Site: face, Clock: clock.System, Proxies: c.Proxies, Hosts: hosts, CSRF: session.CheckToken, Access: s.access,
		Exempt: func(r *http.Request) bool {
			return r.URL.Path == "/event" || strings.HasPrefix(r.URL.Path, graderqueue.Path) || lms.IsGraderPath(r.URL.Path)
		},
		Limit: mostOfBody,
	}, inner)
	// Platform files have no line in the access log: they are the same for everybody, asked for once a year by each browser, and tell
	// nothing of a course. Course files are behind the stack and have theirs.
	//
	// No ServeMux: it cleans paths, and old keys (i4x://...) have two slashes.
	return static.Handler(s.beat(stack))
}

// beat answers balancers, and passes every other request on.
func (s *site) beat(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/heartbeat" {
			s.heartbeat(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// besideSessions answers programs at the graders' queue, which have sessions of their own.
func besideSessions(queue *graderqueue.Service, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, graderqueue.Path) {
			queue.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mostOfBody is how many bytes a request may bring where it is not the usual: files, and what queues bring.
func mostOfBody(r *http.Request) int64 {
	switch {
	case strings.HasPrefix(r.URL.Path, graderqueue.Path):
		return graderqueue.MaxBody
	case lms.IsGraderPath(r.URL.Path):
		return lms.MaxGraderReply
	case strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") && strings.Contains(r.URL.Path, "/handler/"):
		return lms.MaxUpload
	default:
		return 0
	}
}

func current(r *http.Request, path string) string {
	if r.URL.Path == path || r.URL.Path == path+"/" {
		return "page"
	}
	return ""
}

// start runs what goes on beside requests until ctx ends.
func (s *site) start(ctx context.Context, group *errgroup.Group, env *environment) {
	group.Go(func() error { return ended(ctx, s.stores.courses.Watch(ctx, time.Second)) })
	group.Go(func() error {
		pg.Watch(ctx, s.stores.pool, func(silent bool) {
			if silent {
				env.log.Error("PostgreSQL does not answer; what needs it is refused at once until it does")
			} else {
				env.log.Info("PostgreSQL answers again")
			}
		})
		return nil
	})
	group.Go(func() error { s.outbox.Run(ctx, env.log); return nil })
	group.Go(func() error { s.accounts.Run(ctx); return nil })
	group.Go(func() error { s.graders.Run(ctx); return nil })
	group.Go(func() error {
		// Trying the jail and starting interpreters takes a second of the processors, which the first pages have before it. Who needs an
		// interpreter sooner starts it.
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Second):
			s.python.Start(ctx)
		}
		return nil
	})
	group.Go(func() error {
		if err := s.queue.Start(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		return s.queue.Stop(stop)
	})
}

// ended is the error of something that ran until ctx ended: none, when that is why it stopped.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// reopen starts new log files after the old ones were moved away.
func (s *site) reopen(env *environment) {
	if err := errors.Join(s.events.Reopen(), s.access.Reopen()); err != nil {
		env.log.Error("reopen logs", "err", err)
	}
}

func (s *site) close(env *environment) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	s.python.Close()
	if err := errors.Join(s.events.Close(ctx), s.access.Close()); err != nil {
		env.log.Error("close logs", "err", err)
	}
}

// httpLog takes what the HTTP server itself complains about.
func (s *site) httpLog(env *environment) *log.Logger {
	return slog.NewLogLogger(env.log.Handler(), slog.LevelDebug)
}

// mailSender makes the sender of mail from smtp://user:password@host:port; none configured keeps mail in the outbox.
func mailSender(c config) (mail.Sender, error) {
	if c.SMTPURL == "" {
		return nil, nil //nolint:nilnil // no sender is what an outbox that keeps its mail takes
	}
	o, err := parseSMTP(c.SMTPURL)
	if err != nil {
		return nil, fmt.Errorf("LMS_SMTP_URL: %w", err)
	}
	o.From = c.MailFrom
	return mail.NewSMTP(o)
}

// trackingRequest is what events keep of a request.
func trackingRequest(r *http.Request, secret []byte) tracking.Request {
	out := tracking.Request{
		IP: page.Known(r).Client.String(), Agent: r.UserAgent(), Host: page.Known(r).Host, Referer: r.Referer(),
		AcceptLanguage: r.Header.Get("Accept-Language"), Path: withoutSecret(r.URL.Path),
	}
	if s, ok := session.Of(r); ok {
		out.Username, out.UserID, out.Session = s.Username, int64(s.User), tracking.SessionID(secret, s.Key)
	}
	return out
}

// mostPosted is how much of a form the event about a request looks at; of a longer one it tells nothing.
const mostPosted = 64 << 10

// withoutSecret is a path, or an address without its host, whose secret, if it has one, is masked: links of letters open something, and so
// does the code that brings somebody to Studio.
func withoutSecret(uri string) string {
	for _, prefix := range secretPaths {
		if strings.HasPrefix(uri, prefix) {
			return prefix + "********"
		}
	}
	return uri
}

var secretPaths = []string{"/activate/", "/password_reset_confirm/", "/email_confirm/", "/signin/complete?"}

// postedForm is the form of a POST in a form's encoding, for the event about it. The body is put back as it was, with its
// errors, so that handlers read and bound it by themselves.
func postedForm(r *http.Request) url.Values {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	body := r.Body
	head, err := io.ReadAll(io.LimitReader(body, mostPosted+1))
	rest := io.Reader(body)
	if err != nil {
		rest = failing{err}
	}
	r.Body = replayed{io.MultiReader(bytes.NewReader(head), rest), body}
	if err != nil || len(head) > mostPosted {
		return nil
	}
	form, err := url.ParseQuery(string(head))
	if err != nil {
		return nil
	}
	return form
}

// replayed is a body whose beginning was read before.
type replayed struct {
	io.Reader
	io.Closer
}

// failing says again why a body could not be read.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// readRole reads what one of a person's roles means in a course.
func readRole(row *pg.Row, key course.Key) (access.Roles, error) {
	g, err := team.ReadSmall(row)
	in := team.Roles{Grants: []team.Grant{g}}.In(key)
	return access.Roles{Instructor: in.Instructor, Staff: in.Staff, Limited: in.LimitedStaff, Beta: in.BetaTester}, err
}

// queueReached adds the query for what a person has reached in some subsections.
func queueReached(book *gradebook.Book) func(*pgx.Batch, learner.ID, *course.Compiled, []*course.Node, func(courseware.Reached)) {
	return func(b *pgx.Batch, user learner.ID, c *course.Compiled, subsections []*course.Node, use func(courseware.Reached)) {
		book.QueueReached(b, user, c, subsections, func(r gradebook.Reached) {
			use(func(n *course.Node, visible func(*course.Node) bool) float64 { return r(n, visible) })
		})
	}
}

// queuePassed adds the query for which of some courses a person has passed.
func queuePassed(b *pgx.Batch, user learner.ID, keys []course.Key, use func(map[course.Key]bool)) {
	gradebook.QueuePassed(b, user, keys, use)
}
