package lms

import (
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/learner/access"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// showHome serves the course home: where to go on, the outline with what is done, updates, handouts and what is due next.
func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Outline, func(a *courseware.Ask) {
		a.AllOfThem, a.LastViewed = true, 10
		a.Positions = []course.UsageKey{a.Course.Root().Key}
	})
	if err != nil {
		return err
	}
	page.AllowContent(w, r)
	return page.Render(w, r, homePage(s.courseFrame(w, r, v, "course_info", v.Root().Name), newHomeProps(v)))
}

// showOutline serves the outline alone, for the drawer of the unit page.
func (s *Server) showOutline(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Outline, func(a *courseware.Ask) { a.AllOfThem = true })
	if err != nil {
		return err
	}
	return page.Render(w, r, drawerOutline(newOutline(v)))
}

// homeProps is the course home, ready to print.
type homeProps struct {
	Key      string // of the course, for events
	Staff    bool
	Name     string
	Resume   *resumeProps
	Done     ui.ProgressProps
	Outline  []outlineEntry
	Updates  []update
	Handouts templ.Component
	Upcoming []datedItem
	Now      time.Time
	Visitor  bool
	Join     string // address of the about page for people who are not enrolled
	AllDates string
	// Bookmarks is where the learner's bookmarks are listed; "" for visitors.
	Bookmarks string
}

type resumeProps struct {
	URL, Unit, Subsection string
	Fresh                 bool // nothing has been done yet
}

// outlineEntry is one line of the outline, ready to print.
type outlineEntry struct {
	Name     string
	URL      string // "" when closed
	Opens    *time.Time
	Due      *time.Time
	Format   string
	Complete bool
	Units    int
	Done     int
	Below    []outlineEntry
}

// datedItem is one date of the course.
type datedItem struct {
	Title string
	URL   string
	At    time.Time
	Kind  string // due, start, end
	Past  bool
	Done  bool
}

func newHomeProps(v *visit) homeProps {
	progress := v.progress()
	entries := courseware.Outline(v.Course, &v.Viewer, progress, v.now)
	p := homeProps{Key: v.Key.String(), Staff: v.Viewer.Roles.IsStaff(), Name: v.Root().Name, Now: v.now, Visitor: !v.Viewer.SignedIn(), AllDates: component.CoursePath(v.Key, "dates")}
	if v.Viewer.Enrolled {
		p.Bookmarks = component.CoursePath(v.Key, "bookmarks/")
	}
	p.Outline = printOutline(v, entries)
	units, done := 0, 0
	for _, e := range entries {
		units, done = units+e.Units, done+e.Done
	}
	if units > 0 {
		p.Done.Fraction = float64(done) / float64(units)
	}
	if place := v.Resume(v.Last, v.Positions); !place.IsZero() && access.Enter(v.Compiled, &v.Viewer, access.Content, v.now).OK() {
		p.Resume = &resumeProps{URL: unitURL(place), Unit: place.Unit.Name, Subsection: place.Subsection.Name, Fresh: done == 0 && len(v.Last) == 0}
	}
	if !v.Viewer.Enrolled {
		p.Join = component.CoursePath(v.Key, "about")
	}
	src := pageSource(v)
	p.Updates = updatesOf(v.Compiled, src)
	if h := v.Page("course_info", "handouts"); h != nil && len(h.Body) > 0 {
		p.Handouts = component.Authored(src.HTML(string(h.Body)))
	}
	for _, d := range datesOf(v, progress) {
		if !d.Past && d.Kind == "due" && len(p.Upcoming) < 3 {
			p.Upcoming = append(p.Upcoming, d)
		}
	}
	return p
}

func newOutline(v *visit) []outlineEntry {
	return printOutline(v, courseware.Outline(v.Course, &v.Viewer, v.progress(), v.now))
}

// printOutline turns sections into lines with addresses.
func printOutline(v *visit, sections []courseware.Entry) []outlineEntry {
	base := component.CoursePath(v.Key, "courseware/")
	out := make([]outlineEntry, len(sections))
	for i, e := range sections {
		at := base + escapeID(e.Node.Block.ID) + "/"
		out[i] = printEntry(e, at)
		if e.Node.Block.Type != "chapter" && !e.Locked {
			out[i].URL += escapeID(e.Node.Block.ID) + "/1/" // stands for section, subsection and unit
		}
		out[i].Below = make([]outlineEntry, len(e.Children))
		for j, sub := range e.Children {
			out[i].Below[j] = printEntry(sub, at+escapeID(sub.Node.Block.ID)+"/")
		}
	}
	return out
}

func printEntry(e courseware.Entry, url string) outlineEntry {
	if e.Locked {
		url = ""
	}
	return outlineEntry{
		Name: e.Node.Name, URL: url, Opens: e.Opens, Due: e.Due, Format: gradedFormat(e.Node),
		Complete: e.Complete, Units: e.Units, Done: e.Done,
	}
}

// update is one piece of news of the course.
type update struct {
	Date    string
	Content templ.Component
}

// updatesOf lists the course's updates, the newest first. Courses keep them as a list with ids and a status, or, older
// ones, as one HTML page.
func updatesOf(c *course.Compiled, src authored.Source) []update {
	b := c.Page("course_info", "updates")
	if b == nil {
		return nil
	}
	var items []struct {
		ID      int    `json:"id"`
		Date    string `json:"date"`
		Content string `json:"content"`
		Status  string `json:"status"`
	}
	if b.Fields["items"].Decode(&items) && len(items) > 0 {
		var out []update
		for _, item := range slices.Backward(items) {
			if item.Status != "deleted" {
				out = append(out, update{Date: item.Date, Content: component.Authored(src.HTML(item.Content))})
			}
		}
		return out
	}
	if len(b.Body) == 0 {
		return nil
	}
	return []update{{Content: component.Authored(src.HTML(string(b.Body)))}}
}

// datesOf lists the dates of the course for this learner in order: start, what is due, end.
func datesOf(v *visit, progress completion.Progress) []datedItem {
	var out []datedItem
	add := func(d datedItem) {
		d.Past = d.At.Before(v.now)
		out = append(out, d)
	}
	if v.Summary.Start != nil && !isUnscheduled(v.Summary.Start) {
		add(datedItem{Kind: "start", At: *v.Summary.Start})
	}
	if v.Summary.End != nil {
		add(datedItem{Kind: "end", At: *v.Summary.End})
	}
	for _, sec := range v.Sections() {
		for _, sub := range v.Subsections(sec) {
			if sub.Settings.HideFromTOC {
				continue
			}
			if due := access.DatesOf(v.Compiled, sub, &v.Viewer).Due; due != nil {
				add(datedItem{
					Kind: "due", At: *due, Title: sub.Name, Done: progress.Done(sub),
					URL: component.CoursePath(v.Key, "courseware/"+escapeID(sec.Block.ID)+"/"+escapeID(sub.Block.ID)+"/"),
				})
			}
		}
	}
	sortDates(out)
	return out
}
