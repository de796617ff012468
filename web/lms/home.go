package lms

import (
	"context"
	"encoding/binary"
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
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// showHome serves the course home: where to go on, the outline with what is done, updates, handouts and what is due next.
func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Outline, func(a *courseware.Ask) {
		a.AllOfThem, a.LastViewed = true, 10
		a.Positions = []*course.Node{a.Course.Root()}
	})
	if err != nil {
		return err
	}
	page.AllowContent(w, r)
	return page.Render(w, r, homePage(s.courseFrame(w, r, v, "course_info", v.Root().Name), s.newHomeProps(r.Context(), v)))
}

// showOutline serves the outline alone, for the drawer of the unit page.
func (s *Server) showOutline(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Outline, func(a *courseware.Ask) { a.AllOfThem = true })
	if err != nil {
		return err
	}
	return page.Render(w, r, drawerOutline(s.drawerSections(r.Context(), v)))
}

// homeProps is the course home, ready to print.
type homeProps struct {
	Key      string // of the course, for events
	Staff    bool
	Name     string
	Resume   *resumeProps
	Done     ui.ProgressProps
	Outline  []templ.Component // its sections
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
	URL      string // "" when closed; what a gate closes has a page that says so
	Opens    *time.Time
	After    *ui.Link // what opens it when done; nil where nothing comes first
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

func (s *Server) newHomeProps(ctx context.Context, v *visit) homeProps {
	progress := v.progress()
	entries := courseware.Outline(v.Course, &v.Viewer, progress, v.now)
	p := homeProps{Key: v.Key.String(), Staff: v.Viewer.Roles.IsStaff(), Name: v.Root().Name, Now: v.now, Visitor: !v.Viewer.SignedIn(), AllDates: component.CoursePath(v.Key, "dates")}
	if v.Viewer.Enrolled {
		p.Bookmarks = component.CoursePath(v.Key, "bookmarks/")
	}
	p.Outline = s.drawSections(ctx, v, entries, partHomeSection, func(i int, e courseware.Entry) templ.Component {
		return outlineSection(printEntry(v, e), i == 0 || !e.Complete)
	})
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

func (s *Server) drawerSections(ctx context.Context, v *visit) []templ.Component {
	entries := courseware.Outline(v.Course, &v.Viewer, v.progress(), v.now)
	return s.drawSections(ctx, v, entries, partDrawerSection, func(_ int, e courseware.Entry) templ.Component {
		return drawerSection(printEntry(v, e))
	})
}

// drawSections draws the sections of an outline, each once for all learners who see the same of it: most have done nothing or all.
func (s *Server) drawSections(
	ctx context.Context, v *visit, sections []courseware.Entry, kind partKind, draw func(i int, e courseware.Entry) templ.Component,
) []templ.Component {
	out := make([]templ.Component, len(sections))
	key := partsOf(ctx, v)
	key.kind = kind
	zone := i18n.From(ctx).Zone().String() + "\n" // dates are in it
	var state []byte
	for i, e := range sections {
		key.node, key.bits = e.Node.Index, 0
		if i == 0 {
			key.bits = 1
		}
		state = appendState(append(state[:0], zone...), e)
		for _, sub := range e.Children {
			state = appendState(state, sub)
			state = appendAfter(state, v, sub)
		}
		key.text = string(state)
		out[i] = s.parts.of(ctx, key, func() templ.Component { return draw(i, e) })
	}
	return out
}

// appendState appends what of an entry's line does not follow from the course.
func appendState(b []byte, e courseware.Entry) []byte {
	b = binary.AppendVarint(b, int64(e.Node.Index))
	b = binary.AppendVarint(b, int64(e.Units))
	b = binary.AppendVarint(b, int64(e.Done))
	for _, at := range []*time.Time{e.Opens, e.Due} {
		if at == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendVarint(append(b, 1), at.Unix())
		b = binary.AppendVarint(b, int64(at.Nanosecond()))
	}
	return b
}

// appendAfter appends whether a line is closed by a gate, and whether it leads to what opens that.
func appendAfter(b []byte, v *visit, e courseware.Entry) []byte {
	switch {
	case e.Gate == nil:
		return append(b, 0)
	case firstOf(v, *e.Gate).URL == "":
		return append(b, 1)
	}
	return append(b, 2)
}

// printEntry turns a section into lines with addresses.
func printEntry(v *visit, section courseware.Entry) outlineEntry {
	id := escapeID(section.Node.Block.ID)
	url := component.CoursePath(v.Key, "courseware/"+id+"/")
	line := newOutlineEntry(section, url)
	if section.Node.Block.Type != "chapter" && line.URL != "" {
		line.URL += id + "/1/" // stands for section, subsection and unit
	}
	for _, sub := range section.Children {
		below := newOutlineEntry(sub, url+escapeID(sub.Node.Block.ID)+"/")
		if sub.Gate != nil {
			below.After, below.URL = new(firstOf(v, *sub.Gate)), url+escapeID(sub.Node.Block.ID)+"/"
		}
		line.Below = append(line.Below, below)
	}
	return line
}

func newOutlineEntry(e courseware.Entry, url string) outlineEntry {
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
