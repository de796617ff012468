package lms

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"

	"lyceum/component"
	"lyceum/component/problem"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/static"
	"lyceum/web/page"
)

// learnerViews are the views of a block that the learners' face has; authors' views are elsewhere.
var learnerViews = map[string]bool{"": true, "student_view": true, "public_view": true}

// callBlock serves what is below /courses/KEY/xblock/USAGEKEY/: handlers, and views as parts of somebody else's page.
func (s *Server) callBlock(w http.ResponseWriter, r *http.Request) error {
	key, view, ok := strings.Cut(part(r, "*"), "/view/")
	if !ok {
		return s.callHandler(w, r)
	}
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	if r.Method == http.MethodPost || !learnerViews[strings.Trim(view, "/")] {
		return fault.NotFoundf("view %q of %s by %s", view, key, r.Method)
	}
	block, n, err := s.drawOne(r, c, key)
	if err != nil {
		return asJSONError(err)
	}
	var html strings.Builder
	if err := component.Block(n, block).Render(r.Context(), &html); err != nil {
		return err
	}
	token := ""
	if cookie, err := r.Cookie("csrftoken"); err == nil {
		token = cookie.Value
	}
	resource := func(kind, address string) [2]any {
		return [2]any{address, map[string]string{"kind": "url", "data": address, "mimetype": kind, "placement": "head"}}
	}
	return page.JSON(w, r, http.StatusOK, map[string]any{
		"html": html.String(), "csrf_token": token,
		"resources": [][2]any{resource("text/css", static.URL("css/site.css")), resource("text/css", static.URL("css/course.css")), resource("application/javascript", static.URL("js/course.js"))},
	})
}

// showBlock serves /xblock/USAGEKEY: one block alone, for frames of learning front ends and apps. What it may show is decided
// as everywhere; show_title=1 puts its name above it.
func (s *Server) showBlock(w http.ResponseWriter, r *http.Request) error {
	key := part(r, "*")
	u, err := course.ParseUsageKey(key)
	if err != nil {
		return &fault.Error{Kind: fault.NotFound, Err: err}
	}
	q := r.URL.Query()
	if !learnerViews[q.Get("view")] {
		return fault.NotFoundf("view %q of %s", q.Get("view"), u)
	}
	c, err := s.Courses.Compiled(r.Context(), u.Course)
	if err != nil {
		return err
	}
	block, n, err := s.drawOne(r, c, key)
	if err != nil {
		return err
	}
	title := ""
	if t := q.Get("show_title"); t == "1" || strings.EqualFold(t, "true") {
		title = n.Name
	}
	page.AllowContent(w, r)
	page.AllowFraming(w, r, s.Framers...)
	l := page.Layout(w, r, n.Name)
	l.Chrome = "bare"
	l.Styles, l.Entries = append(l.Styles, "css/course.css"), append(l.Entries, "js/course.js")
	return page.Render(w, r, blockPage(l, title, component.Block(n, block)))
}

// drawOne draws a block for who asks: the block and every block above it must be open.
func (s *Server) drawOne(r *http.Request, c *course.Compiled, key string) (templ.Component, *course.Node, error) {
	u, err := course.ParseURLUsageKey(key, c.Key)
	if err != nil {
		return nil, nil, &fault.Error{Kind: fault.NotFound, Err: err}
	}
	// Whether there is such a block is told behind the course's door only. What holds subsections is an outline, no content.
	n, ok := c.Node(u)
	ok = ok && n.Parent >= 0 && n.Block.Type != "chapter"
	more := map[string]any{}
	v, err := s.visit(r, c, func(a *courseware.Ask) {
		if !ok {
			return
		}
		a.States = c.UsagesBelow(n)
		a.Complete = a.States
		a.Also = func(b *pgx.Batch) { problem.QueueDrafts(b, a.User, c.Key, a.States, more) }
	})
	if err != nil {
		return nil, nil, err
	}
	if d := access.Enter(c, &v.Viewer, access.Content, v.now); !d.OK() {
		return nil, nil, closedDoor(r, c, d)
	}
	if !ok || !v.Visible(n) {
		return nil, nil, fault.NotFoundf("no block %s, or it is not visible", u)
	}
	v.more = more
	rt := s.runtime(r, v)
	if sub := v.Ancestor(n, "sequential"); sub != nil && access.HiddenAfterDue(c, sub, &v.Viewer, v.now) {
		return blockOver(), n, nil
	}
	return rt.Draw(r.Context(), n), n, nil
}
