package lms

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/tracking"
	"lyceum/web/coursefile"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// showTab serves /courses/KEY/SLUG/: a static page of the course, the last of the patterns below a course. A page that is
// hidden from learners does not exist for them.
func (s *Server) showTab(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Content, nil)
	if err != nil {
		return err
	}
	slug := part(r, "slug")
	p := v.Page("static_tab", slug)
	if p == nil || !tabOpen(v, slug) {
		return fault.NotFoundf("no page %q in %s", slug, v.Key)
	}
	title, _ := p.Fields["display_name"].Text()
	for _, t := range v.Tabs {
		if title == "" && t.Type == "static_tab" && t.Slug == slug {
			title = t.Name
		}
	}
	page.AllowContent(w, r)
	var body templ.Component
	if text := string(p.Body); authored.Active(text, v.hosts...) {
		body = component.Frame(component.CoursePath(v.Key, "tabframe/"+escapeID(slug)), title)
	} else {
		body = component.Authored(pageSource(v).HTML(text))
	}
	return page.Render(w, r, tabPage(s.courseFrame(w, r, v, "static_tab/"+slug, title), title, body))
}

// showTabFrame serves the document of a static page that carries scripts.
func (s *Server) showTabFrame(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Content, nil)
	if err != nil {
		return err
	}
	slug := part(r, "slug")
	p := v.Page("static_tab", slug)
	if p == nil || !tabOpen(v, slug) {
		return fault.NotFoundf("no page %q in %s", slug, v.Key)
	}
	src := pageSource(v)
	base := s.fileBase(v)
	src.Asset = func(name string) string { return base + component.EscapeKey(name) }
	coursefile.FrameHeaders(w.Header(), s.Framers)
	return src.Document(i18n.From(r.Context()).Lang(), slug, string(p.Body)).Render(r.Context(), w)
}

// tabOpen reports whether the tab of a static page is shown to this person. A page that no tab names is not part of the
// course; staff may still look at it.
func tabOpen(v *visit, slug string) bool {
	if v.Viewer.Roles.IsStaff() {
		return true
	}
	for _, t := range v.Tabs {
		if t.Type == "static_tab" && t.Slug == slug {
			return !t.Hidden && !t.StaffOnly && (!t.HiddenForEnrolled || !v.Viewer.Enrolled)
		}
	}
	return false
}

func pageSource(v *visit) authored.Source {
	return authored.Source{Course: v.Compiled, Hosts: v.hosts, Asset: func(name string) string { return component.Links{}.Asset(v.Key, name) }}
}

// showBook serves /courses/KEY/pdfbook/N/[chapter/C/][PAGE]: a PDF textbook by chapters, shown by the browser in a frame.
func (s *Server) showBook(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Content, nil)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(chi.URLParam(r, "book"))
	books := textbooks(v.Compiled)
	if err != nil || n < 0 || n >= len(books) {
		return fault.NotFoundf("no textbook %q in %s", chi.URLParam(r, "book"), v.Key)
	}
	b := books[n]
	if len(b.Chapters) == 0 && b.URL != "" {
		b.Chapters = []chapter{{Title: b.Title, URL: b.URL}}
	}
	c := 1
	if text := chi.URLParam(r, "chapter"); text != "" {
		c, _ = strconv.Atoi(text)
	}
	if c < 1 || c > len(b.Chapters) {
		return fault.NotFoundf("no chapter %d of textbook %d in %s", c, n, v.Key)
	}
	props := bookProps{Title: b.Title, Current: c, Base: component.CoursePath(v.Key, "pdfbook/"+itoa(n)+"/"), Page: atoi(chi.URLParam(r, "page"))}
	for _, ch := range b.Chapters {
		props.Chapters = append(props.Chapters, ch.Title)
	}
	src := pageSource(v)
	props.File = b.Chapters[c-1].URL
	if name, ok := strings.CutPrefix(props.File, "/static/"); ok {
		props.File = src.Asset(src.Name(name))
	}
	if !authored.Web(props.File) {
		return fault.NotFoundf("chapter %d of textbook %d in %s is at %q", c, n, v.Key, props.File)
	}
	if props.Page > 0 {
		props.File += "#page=" + itoa(props.Page)
	}
	page.AllowContent(w, r)
	return page.Render(w, r, bookPage(s.courseFrame(w, r, v, "pdfbook/"+itoa(n), b.Title), props))
}

// bookProps is the textbook page, ready to print.
type bookProps struct {
	Title    string
	Chapters []string
	Current  int // from 1
	Page     int
	Base     string
	File     string
}

// showBookmarks serves /courses/KEY/bookmarks/.
func (s *Server) showBookmarks(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Content, nil)
	if err != nil {
		return err
	}
	marks, err := courseware.Bookmarks(r.Context(), s.DB, v.Viewer.User, v.Key)
	if err != nil {
		return err
	}
	var items []bookmarkItem
	for _, m := range marks {
		if n, ok := v.Node(m.Block); ok && v.Visible(n) {
			items = append(items, bookmarkItem{
				ID: bookmarkID(v.person.Username, n.Key), Type: n.Block.Type, Usage: n.Key.String(),
				Name: n.Name, URL: component.CoursePath(v.Key, "jump_to/"+component.EscapeKey(n.Key.String())), Path: pathNames(v.Compiled, n), At: m.Created,
			})
		}
	}
	s.Emitter.Emit(r.Context(), tracking.Server(s.Track(r), tracking.BookmarkListed, tracking.BookmarkList{
		Count: len(items), Page: 1, PageSize: len(items), CourseID: v.Key.String(),
	}).In(v.Key))
	return page.Render(w, r, bookmarksPage(s.courseFrame(w, r, v, "bookmarks", i18n.T(r.Context(), "bookmarks.title")), items, v.now))
}

// pathNames are the names of section and subsection above a block.
func pathNames(c *course.Compiled, n *course.Node) []string {
	var out []string
	for _, p := range c.Path(n) {
		if p.Parent >= 0 && p != n {
			out = append(out, p.Name)
		}
	}
	return out
}
