package lms

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// courseFrame is what every page inside a course shows around its content.
type courseFrame struct {
	Layout ui.LayoutProps
	Name   string
	Home   string
	Bar    templ.Component // the course's name and tabs
}

// courseFrame fills the frame; current is the type of the tab the page belongs to, title the page's own.
func (s *Server) courseFrame(w http.ResponseWriter, r *http.Request, v *visit, current, title string) courseFrame {
	l := page.Layout(w, r, title)
	l.Styles = append(l.Styles, "css/course.css")
	l.Entries = append(l.Entries, "js/course.js")
	l.Main = "flush" // the course's bar goes from edge to edge
	if s.Studio != nil && v.Viewer.Roles.Authors() {
		// The menu is made for this request: nobody else sees what is added.
		l.Viewer.Menu = append(l.Viewer.Menu, ui.Link{Label: i18n.T(r.Context(), "nav.course_in_studio"), URL: s.Studio(r) + "/course/" + v.Key.String(), Icon: "square-pen"})
	}
	out := courseFrame{Layout: l, Name: v.Root().Name, Home: component.CoursePath(v.Key, "course/")}
	key := partsOf(r.Context(), v)
	key.kind, key.text = partBar, current
	if v.Viewer.Roles.IsStaff() {
		key.bits |= 1
	}
	if v.Viewer.Enrolled {
		key.bits |= 2
	}
	out.Bar = s.parts.of(r.Context(), key, func() templ.Component {
		return courseBar(out.Name, v.Summary.Org+" · "+v.Summary.Number, out.Home, courseTabs(r, v, current))
	})
	return out
}

// courseTabs lists the tabs this person sees, in the course's order; of the person it asks only for membership of the team and
// enrollment. Types whose rooms are not there yet are left out; they
// stay in the course.
func courseTabs(r *http.Request, v *visit, current string) []ui.Link {
	var out []ui.Link
	staff := v.Viewer.Roles.IsStaff()
	home := false
	for _, t := range v.Tabs {
		if (t.Hidden || t.StaffOnly) && !staff || t.HiddenForEnrolled && v.Viewer.Enrolled && !staff {
			continue
		}
		for _, l := range tabLinks(r, v, t) {
			if l.URL == component.CoursePath(v.Key, "course/") {
				if home {
					continue
				}
				home = true
			}
			if l.Current == current {
				l.Current = "page"
			} else {
				l.Current = ""
			}
			out = append(out, l)
		}
	}
	return out
}

// tabLinks makes the links of one tab; Current is its type, for courseTabs.
func tabLinks(r *http.Request, v *visit, t course.Tab) []ui.Link {
	path := func(p string) string { return component.CoursePath(v.Key, p) }
	name := func(id string) string {
		if t.Name != "" {
			return t.Name
		}
		return i18n.T(r.Context(), id)
	}
	fields := v.Root().Block.Fields
	switch t.Type {
	case "course_info":
		return []ui.Link{{Label: name("tab.home"), URL: path("course/"), Current: "course_info"}}
	case "courseware":
		return []ui.Link{{Label: name("tab.courseware"), URL: path("courseware/"), Current: "courseware"}}
	case "progress":
		if hide, _ := fields["hide_progress_tab"].Bool(); hide && !v.Viewer.Roles.IsStaff() {
			return nil
		}
		return []ui.Link{{Label: name("tab.progress"), URL: path("progress"), Current: "progress"}}
	case "dates":
		return []ui.Link{{Label: name("tab.dates"), URL: path("dates"), Current: "dates"}}
	case "static_tab":
		p := v.Page("static_tab", t.Slug)
		if p == nil {
			return nil
		}
		label := t.Name
		if n, ok := p.Fields["display_name"].Text(); ok && n != "" {
			label = n
		}
		return []ui.Link{{Label: label, URL: path(escapeID(t.Slug) + "/"), Current: "static_tab/" + t.Slug}}
	case "external_link":
		return []ui.Link{{Label: t.Name, URL: t.Link}}
	case "pdf_textbooks", "textbooks":
		return bookLinks(v, t.Type)
	}
	return nil
}

// bookLinks lists the PDF textbooks of a course. They stand once, whichever of the two tab types comes first.
func bookLinks(v *visit, tabType string) []ui.Link {
	if tabType == "textbooks" && slices.ContainsFunc(v.Tabs, func(t course.Tab) bool { return t.Type == "pdf_textbooks" }) {
		return nil
	}
	var out []ui.Link
	for i, b := range textbooks(v.Compiled) {
		out = append(out, ui.Link{Label: b.Title, URL: component.CoursePath(v.Key, "pdfbook/"+itoa(i)+"/"), Current: "pdfbook/" + itoa(i)})
	}
	return out
}

// textbook is a PDF book as the course's settings have it.
type textbook struct {
	Title    string    `json:"tab_title"`
	URL      string    `json:"url"`
	Chapters []chapter `json:"chapters"`
}

type chapter struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

func textbooks(c *course.Compiled) []textbook {
	var books []textbook
	c.Root().Block.Fields["pdf_textbooks"].Decode(&books)
	return books
}
