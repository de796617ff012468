package lms

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"

	"lyceum/component"
	"lyceum/component/problem"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// showUnit serves the courseware: /courses/KEY/courseware/[SECTION/[SUBSECTION/[POSITION]]].
func (s *Server) showUnit(w http.ResponseWriter, r *http.Request) error {
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	section, subsection, position := part(r, "section"), part(r, "subsection"), part(r, "position")
	if child := r.URL.Query().Get("child"); position == "" && (child == "first" || child == "last") {
		position = child
	}
	if section == "" || subsection == "" || position == "" {
		return s.redirectToUnit(w, r, c, section, subsection, position)
	}

	v, p, ok, err := s.openUnit(r, c, section, subsection, position)
	if err != nil {
		return err
	}
	if !ok {
		if v == nil {
			return s.lost(r, c, section)
		}
		return s.lostIn(v, section)
	}
	if p.Unit == nil || p.Subsection == nil {
		return s.showEmpty(w, r, v, p)
	}
	if v.Viewer.Enrolled {
		if err := s.Loader.StorePositions(r.Context(), v.Viewer.User, c.Key, v.Positions, v.PositionsFor(p), v.now); err != nil {
			s.Log.WarnContext(r.Context(), "store positions", "err", err) // a convenience; the page goes on
		}
	}
	page.AllowContent(w, r)
	frame := s.courseFrame(w, r, v, "courseware", p.Unit.Name)
	return page.Render(w, r, unitPage(frame, s.newUnitProps(r, v, p)))
}

// openUnit loads what the unit at an address needs and finds it. ok is false where there is no such place, and v nil with it
// where nobody has one.
//
// States are loaded in the one round trip, before it is known what this person may see; so the unit is guessed, from what
// everybody sees and from what learners without any special right see. Whoever sees something else in this subsection costs a
// second round trip.
func (s *Server) openUnit(r *http.Request, c *course.Compiled, section, subsection, position string) (v *visit, p courseware.Place, ok bool, err error) {
	whole := courseware.Course{Compiled: c, Visible: func(*course.Node) bool { return true }}
	sub, ok := whole.Subsection(section, subsection)
	if !ok {
		return nil, p, false, nil
	}
	now := s.Clock().UTC()
	plain := courseware.Course{Compiled: c, Visible: access.Visible(c, &access.Viewer{User: 1, Enrolled: true}, now)}
	units := make([]*course.Node, 0, 2)
	for _, view := range []courseware.Course{plain, whole} {
		if p, ok := view.Find(section, subsection, position, nil); ok && p.Unit != nil && !slices.Contains(units, p.Unit) {
			units = append(units, p.Unit)
		}
	}
	for range 2 {
		if v, err = s.loadUnits(r, c, sub, units); err != nil {
			return nil, p, false, err
		}
		p, ok = v.Find(section, subsection, position, v.Positions)
		if !ok || p.Unit == nil || slices.Contains(units, p.Unit) {
			break
		}
		units = []*course.Node{p.Unit}
	}
	return v, p, ok, nil
}

// loadUnits loads a visit with the states of some units of a subsection, and what is complete in all of it.
func (s *Server) loadUnits(r *http.Request, c *course.Compiled, sub *course.Node, units []*course.Node) (*visit, error) {
	more := map[string]any{}
	v, err := s.enterCourse(r, c, access.Content, func(a *courseware.Ask) {
		a.Positions, a.Bookmarks = []*course.Node{c.Root(), c.Path(sub)[1], sub}, true
		var problems []string
		for i, u := range units {
			if a.States = c.UsagesBelow(u); i > 0 {
				a.States = slices.Concat(c.UsagesBelow(units[0]), a.States)
			}
			for j := range c.Below(u) {
				if n := &c.Below(u)[j]; n.Block.Type == "problem" {
					problems = append(problems, n.Usage)
				}
			}
		}
		a.Complete = c.UsagesBelow(sub)
		if len(problems) > 0 {
			a.Also = func(b *pgx.Batch) { problem.QueueDrafts(b, a.User, c.Key, problems, more) }
		}
	})
	if err != nil {
		return nil, err
	}
	v.more = more
	return v, nil
}

// showEmpty says that there is nothing to see here yet, or what comes first.
func (s *Server) showEmpty(w http.ResponseWriter, r *http.Request, v *visit, p courseware.Place) error {
	if p.Subsection != nil {
		if g, ok := v.Gated(p.Subsection); ok {
			return s.showGate(w, r, v, p.Subsection, g)
		}
	}
	return page.Render(w, r, emptyPage(s.courseFrame(w, r, v, "courseware", v.Root().Name), subName(p)))
}

func subName(p courseware.Place) string {
	if p.Subsection != nil {
		return p.Subsection.Name
	}
	return ""
}

// lost answers for an address that names no place: 404 to staff, the course's start to learners.
func (s *Server) lost(r *http.Request, c *course.Compiled, section string) error {
	v, err := s.enterCourse(r, c, access.Content, nil)
	if err != nil {
		return err
	}
	return s.lostIn(v, section)
}

func (s *Server) lostIn(v *visit, section string) error {
	if v.Viewer.Roles.IsStaff() {
		return fault.NotFoundf("no section %q in %s", section, v.Key)
	}
	return redirect{component.CoursePath(v.Key, "course/")}
}

// redirectToUnit completes a short address from what the learner did last.
func (s *Server) redirectToUnit(w http.ResponseWriter, r *http.Request, c *course.Compiled, section, subsection, position string) error {
	v, err := s.enterCourse(r, c, access.Content, func(a *courseware.Ask) {
		a.Positions = []*course.Node{c.Root()}
		for i := range c.Nodes {
			if n := &c.Nodes[i]; n.Depth == 1 || n.Depth == 2 {
				a.Positions = append(a.Positions, n)
			}
		}
	})
	if err != nil {
		return err
	}
	p, ok := v.Find(section, subsection, position, v.Positions)
	if !ok {
		return s.lostIn(v, section)
	}
	if p.IsZero() {
		return s.showEmpty(w, r, v, p)
	}
	to := unitURL(p)
	if u, err := course.ParseURLUsageKey(r.URL.Query().Get("activate_block_id"), c.Key); err == nil {
		if n, ok := v.Node(u); ok {
			if at := v.PlaceOf(n); !at.IsZero() {
				to = unitURL(at) + "#" + u.HTMLID()
			}
		}
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// jumpTo serves /courses/KEY/jump_to/USAGEKEY and jump_to_id/ID: a redirect to where the block stands.
func (s *Server) jumpTo(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Content, nil)
	if err != nil {
		return err
	}
	var n *course.Node
	var ok bool
	if id := part(r, "id"); id != "" {
		n, ok = v.FindID(id)
	} else {
		u, err := course.ParseURLUsageKey(part(r, "*"), v.Key)
		if err != nil {
			return &fault.Error{Kind: fault.NotFound, Err: err}
		}
		n, ok = v.Node(u)
	}
	if !ok {
		return fault.NotFoundf("jump to a block that is not in %s", v.Key)
	}
	if n.Parent < 0 {
		http.Redirect(w, r, component.CoursePath(v.Key, "course/"), http.StatusFound)
		return nil
	}
	p := v.PlaceOf(n)
	if p.IsZero() {
		if g, ok := v.Gated(n); ok { // the page of what is closed says what opens it
			http.Redirect(w, r, subsectionURL(v, &v.Nodes[g.Node]), http.StatusFound)
			return nil
		}
		return fault.NotFoundf("jump to %s: not visible", n.Key)
	}
	to := unitURL(p)
	if n != p.Unit && n != p.Subsection && n != p.Section {
		to += "#" + n.Key.HTMLID()
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// unitProps is the unit page, ready to print. Parts that are the same for many are drawn already.
type unitProps struct {
	Section       string
	Subsection    string
	SubsectionKey string
	Unit          string
	UnitKey       string
	Position      int
	Outline       templ.Component // of the course, at the side
	Trail         templ.Component // course, section and subsection
	Tabs          []templ.Component
	Previous      unitLink
	Next          unitLink        // its Turn leads home after the last unit
	Place         templ.Component // which of how many
	Format        templ.Component // nil for what is not graded
	Due           *time.Time
	PastDue       bool
	Now           time.Time
	Blocks        []templ.Component
	Hidden        bool // over: the content is withheld
	Bookmarked    bool
	CanBookmark   bool
	// BookmarkRemoveURL is where the bookmark of this unit is deleted, BookmarkURL where it is added.
	BookmarkRemoveURL string
	BookmarkURL       string
	CompletionURL     string
	Open              []string // usage keys of what this learner has not completed here
	StaffNotes        []string
	EnrollPrompt      string
}

// unitLink leads to the unit before or after, from the bar and from the foot; Bar is nil where there is none.
type unitLink struct{ Bar, Turn templ.Component }

// sequenceTab is one unit in the bar of its subsection.
type sequenceTab struct {
	Position   int
	Title      string
	Icon       string // video, problem, other
	URL        string
	Current    bool
	Complete   bool
	Bookmarked bool
	Usage      string
}

// outlineLine is a section of the drawer.
type outlineLine struct {
	ui.Link
	Open bool // it shows its subsections
}

func (s *Server) newUnitProps(r *http.Request, v *visit, p courseware.Place) unitProps {
	ctx := r.Context()
	rt := s.runtime(r, v)
	out := unitProps{
		Section: p.Section.Name, Subsection: p.Subsection.Name, SubsectionKey: p.Subsection.Usage, Unit: p.Unit.Name,
		UnitKey: p.Unit.Usage, Position: p.Position, Now: v.now, BookmarkURL: "/api/bookmarks/v1/bookmarks/", CanBookmark: v.Viewer.Enrolled,
	}
	s.navigate(ctx, &out, v, p)
	if out.CanBookmark {
		_, out.Bookmarked = v.Bookmarks[p.Unit.Key]
		out.BookmarkRemoveURL = out.BookmarkURL + url.PathEscape(v.person.Username+","+p.Unit.Usage) + "/"
	}
	out.Due = access.DatesOf(v.Compiled, p.Subsection, &v.Viewer).Due
	out.PastDue = out.Due != nil && v.now.After(*out.Due)
	if access.HiddenAfterDue(v.Compiled, p.Subsection, &v.Viewer, v.now) {
		out.Hidden = true
		return out
	}
	out.Blocks = unitBlocks(ctx, rt, v, p.Unit)
	if v.Viewer.Enrolled {
		if out.Open = openLeaves(v, p.Unit); len(out.Open) > 0 {
			out.CompletionURL = rt.Links.Handler(p.Unit, "publish_completion", "")
		}
	}
	if v.Viewer.Roles.IsStaff() {
		out.StaffNotes = append(gateNotes(ctx, v, p.Subsection), staffNotes(ctx, v, p.Unit)...)
		if !v.Viewer.Enrolled {
			out.EnrollPrompt = i18n.T(ctx, "unit.not_enrolled")
		}
	}
	return out
}

// navigate fills in what leads from the unit at p to others, and what the page says of its place.
func (s *Server) navigate(ctx context.Context, out *unitProps, v *visit, p courseware.Place) {
	home := component.CoursePath(v.Key, "course/")
	whole := partsOf(ctx, v)
	part := func(kind partKind, node *course.Node, at int, bits uint64, draw func() templ.Component) templ.Component {
		key := whole
		key.kind, key.node, key.at, key.bits = kind, node.Index, int32(at), bits
		return s.parts.of(ctx, key, draw)
	}
	out.Outline = s.outline(ctx, whole, v, p)
	out.Trail = part(partTrail, p.Subsection, 0, 0, func() templ.Component { return unitTrail(home, p.Section.Name, p.Subsection.Name) })
	units := v.Units(p.Subsection)
	out.Tabs = make([]templ.Component, len(units))
	for i, u := range units {
		var bits uint64
		t := sequenceTab{Position: i + 1, Current: u == p.Unit, Complete: s.unitDone(v, u)}
		if _, t.Bookmarked = v.Bookmarks[u.Key]; t.Bookmarked {
			bits |= 1
		}
		if t.Current {
			bits |= 2
		}
		if t.Complete {
			bits |= 4
		}
		out.Tabs[i] = part(partTab, u, t.Position, bits, func() templ.Component {
			t.Title, t.Icon, t.Usage = u.Name, unitIcon(v.Compiled, u), u.Usage
			t.URL = unitURL(courseware.Place{Section: p.Section, Subsection: p.Subsection, Unit: u, Position: t.Position})
			return unitTab(t)
		})
	}
	link := func(kind partKind, to courseware.Place, draw func(name, url string) templ.Component) templ.Component {
		return part(kind, to.Unit, to.Position, 0, func() templ.Component { return draw(to.Unit.Name, unitURL(to)) })
	}
	if previous := v.Previous(p); !previous.IsZero() {
		out.Previous = unitLink{Bar: link(partBarPrevious, previous, barPrevious), Turn: link(partTurnPrevious, previous, turnPrevious)}
	}
	if next := v.Next(p); !next.IsZero() {
		out.Next = unitLink{Bar: link(partBarNext, next, barNext), Turn: link(partTurnNext, next, turnNext)}
	} else {
		out.Next.Turn = part(partTurnEnd, v.Root(), 0, 0, func() templ.Component { return turnEnd(home) })
	}
	out.Place = part(partPlace, v.Root(), p.Position, uint64(len(units)), func() templ.Component { return unitPlace(p.Position, len(units)) })
	if format := gradedFormat(p.Subsection); format != "" {
		out.Format = part(partFormat, p.Subsection, 0, 0, func() templ.Component { return unitFormat(format) })
	}
}

// outline draws the outline with the section at p open. The subsections of that section are a part of their own: a course may have
// many times as many of them as of sections.
func (s *Server) outline(ctx context.Context, whole partKey, v *visit, p courseware.Place) templ.Component {
	around, open := whole, whole
	around.kind, around.node, around.text = partOutline, p.Section.Index, seen(v, v.Root().Children)
	draw := func(open templ.Component) templ.Component {
		return unitOutline(component.CoursePath(v.Key, "outline"), outlineLines(v, p.Section), open)
	}
	if p.Section.Settings.HideFromTOC {
		return s.parts.of(ctx, around, func() templ.Component { return draw(component.Nothing) })
	}
	open.kind, open.node, open.text = partOutlineOpen, p.Subsection.Index, seen(v, p.Section.Children)
	return s.parts.around(ctx, around, draw, s.parts.of(ctx, open, func() templ.Component { return sideOpen(sectionLine(v, p.Section), openLines(v, p)) }))
}

// seen says which of some blocks this person sees, in eight bits a byte, and after them which are closed by a gate, where any are.
func seen(v *visit, blocks []int32) string {
	size := (len(blocks) + 7) / 8
	bits := make([]byte, size, 2*size)
	for n, i := range blocks {
		if v.Visible(&v.Nodes[i]) {
			bits[n/8] |= 1 << (n % 8)
		}
	}
	if len(v.Closed) > 0 {
		bits = bits[:2*size]
		for n, i := range blocks {
			if v.isClosed(&v.Nodes[i]) {
				bits[size+n/8] |= 1 << (n % 8)
			}
		}
	}
	return string(bits)
}

// outlineLines are the sections this person sees.
func outlineLines(v *visit, current *course.Node) []outlineLine {
	var out []outlineLine
	for _, section := range v.Sections() {
		if !section.Settings.HideFromTOC {
			out = append(out, outlineLine{sectionLine(v, section), section == current})
		}
	}
	return out
}

func sectionLine(v *visit, section *course.Node) ui.Link {
	return ui.Link{Label: section.Name, URL: component.CoursePath(v.Key, "courseware/"+escapeID(section.Block.ID)+"/")}
}

// openLines are the subsections this person sees in the section at p.
func openLines(v *visit, p courseware.Place) []ui.Link {
	var out []ui.Link
	above := sectionLine(v, p.Section).URL
	for _, sub := range v.Subsections(p.Section) {
		if sub.Settings.HideFromTOC {
			continue
		}
		l := ui.Link{Label: sub.Name, URL: above + escapeID(sub.Block.ID) + "/"}
		if sub == p.Subsection {
			l.Current = "true"
		}
		if v.isClosed(sub) {
			l.Icon = "lock"
		}
		out = append(out, l)
	}
	return out
}

// unitBlocks draws what a unit shows: the visible children of a container, or the component that stands alone.
func unitBlocks(ctx context.Context, rt *component.Runtime, v *visit, unit *course.Node) []templ.Component {
	if unit.Block.Type != "vertical" && unit.Block.Type != "unit" {
		return []templ.Component{component.Block(unit, rt.Draw(ctx, unit))}
	}
	out := make([]templ.Component, 0, len(unit.Children))
	for _, i := range unit.Children {
		if n := &v.Nodes[i]; v.Visible(n) {
			out = append(out, component.Block(n, rt.Draw(ctx, n)))
		}
	}
	return out
}

// openLeaves lists what of a unit counts for completion and is not complete yet; the page reports it and ticks the unit when
// nothing is left.
func openLeaves(v *visit, unit *course.Node) []string {
	var keys []string
	below := v.Below(unit)
	for i := range below {
		if openLeaf(v, &below[i]) {
			keys = append(keys, below[i].Usage)
		}
	}
	return keys
}

// openLeaf reports whether n counts for completion and is not complete yet.
func openLeaf(v *visit, n *course.Node) bool {
	return completion.Reportable(n) && v.Visible(n) && !v.Marks.Has(n)
}

// unitDone reports whether everything that counts in a unit is complete, from the values loaded with the page.
func (s *Server) unitDone(v *visit, unit *course.Node) bool {
	if !v.Viewer.SignedIn() {
		return false
	}
	below := v.Below(unit)
	for i := range below {
		if openLeaf(v, &below[i]) {
			return false
		}
	}
	return true
}

// unitIcon is the most important kind of content in a unit: video before problem before anything else.
func unitIcon(c *course.Compiled, unit *course.Node) string {
	icon := "other"
	for _, n := range c.Below(unit) {
		switch n.Facts.Icon {
		case "video":
			return "video"
		case "problem":
			icon = "problem"
		}
	}
	return icon
}

func gradedFormat(n *course.Node) string {
	if n.Settings.Graded {
		return n.Settings.Format
	}
	return ""
}

// staffNotes say what of a unit learners do not see.
func staffNotes(ctx context.Context, v *visit, unit *course.Node) []string {
	var notes []string
	if unit.Settings.StaffOnly {
		notes = append(notes, i18n.T(ctx, "unit.staff_only"))
	}
	if unit.Settings.Start.After(v.now) {
		notes = append(notes, i18n.T(ctx, "unit.opens", unit.Settings.Start))
	}
	return notes
}

// keys is the dialog of the page's keys.
func keys(canBookmark bool) templ.Component {
	if canBookmark {
		return words{"unit keys, bookmark", func() templ.Component { return keysDialog(true) }}
	}
	return words{"unit keys", func() templ.Component { return keysDialog(false) }}
}

// unitURL is the address of a unit.
func unitURL(p courseware.Place) string {
	return component.CoursePath(p.Unit.Key.Course, "courseware/"+escapeID(p.Section.Block.ID)+"/"+escapeID(p.Subsection.Block.ID)+"/"+itoa(p.Position)+"/")
}

// asRedirect answers the errors that are redirects; page.Handler answers the rest.
func asRedirect(h page.Handler) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if to, ok := errors.AsType[redirect](err); ok {
			http.Redirect(w, r, to.to, http.StatusFound)
			return nil
		}
		return err
	}
}
