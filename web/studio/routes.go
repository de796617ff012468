package studio

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/web/page"
)

// Routes lists the addresses of Studio. r stands behind session.Middleware of this face, and [Handler] in front of it.
func (s *Server) Routes(r chi.Router) {
	get := func(p string, h page.Handler) {
		r.Method(http.MethodGet, p, h)
		r.Method(http.MethodHead, p, h)
	}
	both := func(p string, h page.Handler) { get(p, h); get(p+"/", h) }
	post := func(p string, h page.Handler) { r.Method(http.MethodPost, p, h) }

	// Signing in and out
	get("/", toHome)
	both("/howitworks", toHome)
	both("/signin", s.signIn)
	both("/signin_redirect_to_lms", s.signIn)
	both("/login", s.signIn)
	both("/signup", s.signUp)
	get("/signin/complete", s.showComplete)
	post("/signin/complete", s.complete)
	both("/logout", s.showSignOut)
	post("/logout", s.signOut)
	post("/logout/", s.signOut)

	// Courses
	both("/home", s.showHome)
	both("/course", toHome)
	get("/course/new", s.showNewCourse)
	post("/course", forBoth(s.createCourse))
	post("/course/", forBoth(s.createCourse))

	// One course
	both("/course/{course}", forBoth(s.showOutline))
	get("/course/{course}/outline", forPrograms(s.showChanges))

	// One part of a course, for pages
	get("/part/*", s.showPart)
	post("/part/*", forBoth(s.actOn))

	// Blocks, for programs
	post("/xblock", forPrograms(s.createBlock))
	post("/xblock/", forPrograms(s.createBlock))
	r.Method(http.MethodPut, "/xblock/", forPrograms(s.createBlock))
	r.Method(http.MethodPatch, "/xblock/", forPrograms(s.moveBlock))
	get("/xblock/outline/*", forPrograms(s.showTree))
	get("/xblock/container/*", forPrograms(s.showContainer))
	get("/xblock/*", forPrograms(s.showBlockOrView))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch} {
		r.Method(method, "/xblock/*", forPrograms(s.changeBlockOrCall))
	}
	r.Method(http.MethodDelete, "/xblock/*", forPrograms(s.deleteBlock))

	// Rooms with a file of their own for their routes
	for _, room := range rooms {
		room(s, routes{r})
	}

	// Events of the browser are taken and dropped.
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r.Method(method, "/event", page.Handler(dropEvent))
	}
	get("/robots.txt", robots)
}

// rooms are the parts of Studio that list their routes themselves, each in its file.
var rooms = []func(*Server, routes){
	richTextRoutes,
	editing,
	filesRoutes,
	settingsRoutes,
	certificateRoutes,
	transferRoutes,
	unitRoutes,
	previewRoutes,
	teamRoutes,
	historyRoutes,
	trying,
	sightRoutes,
	textbookRoutes,
	checklistRoutes,
	transcriptRoutes,
	groupRoutes,
	libraryRoutes,
	clipboardRoutes,
	bulkRoutes,
	hereRoutes,
}

// routes registers addresses; each may end in a slash or not.
type routes struct{ r chi.Router }

// get serves pages; HEAD is answered, too.
func (rt routes) get(path string, h page.Handler) {
	rt.on(path, h, http.MethodGet, http.MethodHead)
}

func (rt routes) post(path string, h page.Handler) { rt.on(path, h, http.MethodPost) }

// on serves some methods of an address.
func (rt routes) on(path string, h page.Handler, methods ...string) {
	for _, method := range methods {
		rt.r.Method(method, path, h)
		if !strings.HasSuffix(path, "*") {
			rt.r.Method(method, path+"/", h)
		}
	}
}

// Handler lets addresses with keys of the old form through to the routes.
func Handler(routes http.Handler) http.Handler { return oldKeys(routes) }

// forBoth serves pages and programs at one address; errors are answered to whichever asks.
func forBoth(h page.Handler) page.Handler {
	program := forPrograms(h)
	return func(w http.ResponseWriter, r *http.Request) error {
		if page.WantsJSON(r) {
			return program(w, r)
		}
		return h(w, r)
	}
}

// signUp serves GET /signup: accounts are made at the learners' face.
func (s *Server) signUp(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, s.LMS(r)+"/register", http.StatusFound)
	return nil
}

func dropEvent(w http.ResponseWriter, _ *http.Request) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /\n"))
	return err
}
