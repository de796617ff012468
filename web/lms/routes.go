package lms

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"lyceum/web/page"
)

// Routes lists the learners' addresses. Below a course the static pages come last, so that no page's slug shadows one of
// ours.
func (s *Server) Routes(r chi.Router) {
	api := page.ForPrograms
	get := func(p string, h page.Handler) {
		r.Method(http.MethodGet, p, asRedirect(h))
		r.Method(http.MethodHead, p, asRedirect(h))
	}
	both := func(p string, h page.Handler) { get(p, h); r.Method(http.MethodPost, p, asRedirect(h)) }
	post := func(p string, h page.Handler) { r.Method(http.MethodPost, p, asRedirect(h)) }

	get("/", s.showFront)
	get("/courses", s.showCatalog)
	get("/courses/", s.showCatalog)
	get("/dashboard", s.showDashboard)
	get("/dashboard/", s.showDashboard)
	post("/change_enrollment", s.changeEnrollment) // a page's form or a program
	both("/event", s.takeEvent)
	for _, p := range []struct {
		path, label string
		policy      *Policy
	}{
		{"/tos", "policy.terms", s.Policies.Terms}, {"/honor", "policy.honor", s.Policies.Honor}, {"/privacy", "policy.privacy", s.Policies.Privacy},
	} {
		get(p.path, s.showPolicy(p.policy, p.path, p.label))
		get(p.path+"/", s.showPolicy(p.policy, p.path, p.label))
	}

	const c = "/courses/{course}"
	get(c, s.showAbout)
	get(c+"/", s.showAbout)
	get(c+"/about", s.showAbout)
	get(c+"/course", s.showHome)
	get(c+"/course/", s.showHome)
	get(c+"/info", s.toHome)
	get(c+"/course/updates", s.toHome)
	get(c+"/outline", s.showOutline)
	get(c+"/courseware", s.showUnit)
	get(c+"/courseware/", s.showUnit)
	get(c+"/courseware/{section}", s.showUnit)
	get(c+"/courseware/{section}/", s.showUnit)
	get(c+"/courseware/{section}/{subsection}", s.showUnit)
	get(c+"/courseware/{section}/{subsection}/", s.showUnit)
	get(c+"/courseware/{section}/{subsection}/{position}", s.showUnit)
	get(c+"/courseware/{section}/{subsection}/{position}/", s.showUnit)
	get(c+"/jump_to/*", s.jumpTo)
	get(c+"/jump_to_id/{id}", s.jumpTo)
	get(c+"/jump_to_id/{id}/", s.jumpTo)
	get(c+"/progress", s.showProgress)
	get(c+"/progress/", s.showProgress)
	get(c+"/progress/{user}", s.showProgress)
	get(c+"/progress/{user}/", s.showProgress)
	get(c+"/dates", s.showDates)
	get(c+"/bookmarks", s.showBookmarks)
	get(c+"/bookmarks/", s.showBookmarks)
	get(c+"/pdfbook/{book}", s.showBook)
	get(c+"/pdfbook/{book}/", s.showBook)
	get(c+"/pdfbook/{book}/{page}", s.showBook)
	get(c+"/pdfbook/{book}/chapter/{chapter}", s.showBook)
	get(c+"/pdfbook/{book}/chapter/{chapter}/", s.showBook)
	get(c+"/pdfbook/{book}/chapter/{chapter}/{page}", s.showBook)

	// What runs inside pages.
	both(c+"/xblock/*", forBoth(s.callBlock))
	get("/xblock/*", s.showBlock)
	get(c+"/frame/*", s.showFrame)
	get(c+"/tabframe/{slug}", s.showTabFrame)
	get(c+"/files/{pass}/*", s.showPassedFile)

	// External graders.
	r.Method(http.MethodPost, c+"/xqueue/{user}/*", page.Handler(s.takeScore))
	get("/graders", s.showQueues)

	// Bookmarks as clients use them.
	const b = "/api/bookmarks/v1/bookmarks"
	get(b, api(s.listBookmarks))
	get(b+"/", api(s.listBookmarks))
	post(b, api(s.addBookmark))
	post(b+"/", api(s.addBookmark))
	for _, p := range []string{b + "/{id}", b + "/{id}/"} {
		get(p, api(s.findBookmark))
		r.Method(http.MethodDelete, p, api(s.removeBookmark))
	}
	post("/api/completion/v1/completion-batch", api(s.completeBatch))
	post("/api/completion/v1/completion-batch/", api(s.completeBatch))

	get("/robots.txt", robots)

	get(c+"/{slug}", s.showTab)
	get(c+"/{slug}/", s.showTab)
}

// toHome sends old addresses to the course home.
func (s *Server) toHome(_ http.ResponseWriter, r *http.Request) error {
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	return redirect{"/courses/" + c.Key.String() + "/course/"}
}

func robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /courses/*/courseware\nDisallow: /courses/*/xblock\nDisallow: /api/\nDisallow: /login\nDisallow: /register\n"))
	return err
}
