package studio

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// Several parts of an outline at once: chosen by boxes, done as one act, which is one version or nothing.

func bulkRoutes(s *Server, rt routes) {
	rt.post("/course/{course}/outline", forBoth(s.actOnMany))
}

// maxChosen bounds an act on several parts.
const maxChosen = 2000

// bulkProps is the bar with what can be done with the parts that are chosen.
type bulkProps struct {
	Choosing                      bool
	Action, Done, Seen            string
	Error                         string
	Opened                        string // the menu that lies open: dates, move
	Start, Due, Days              ui.FieldProps
	Behind, Sections, Subsections []placeProps
}

func newBulk(ctx context.Context, root *publish.Node, head modulestore.Head, choosing bool, typed url.Values) bulkProps {
	p := bulkProps{Choosing: choosing, Action: courseURL(head.Key) + "/outline", Done: courseURL(head.Key), Seen: string(head.Draft)}
	field := func(name, kind, label string) ui.FieldProps {
		return ui.FieldProps{Name: name, ID: "bulk-" + name, Type: kind, Label: i18n.T(ctx, label), Quiet: true, Value: typed.Get(name)}
	}
	p.Start, p.Due = field("start", "datetime-local", "studio.part.release"), field("due", "datetime-local", "studio.part.due")
	p.Days = field("days", "number", "studio.bulk.days")
	p.Days.Help = i18n.T(ctx, "studio.bulk.days_help")
	switch typed.Get("act") {
	case "dates", "shift":
		p.Opened = "dates"
	case "move":
		p.Opened = "move"
	}
	to := typed.Get("to")
	place := func(list []placeProps, key, name string) []placeProps {
		return append(list, placeProps{Key: key, Name: name, Here: key == to})
	}
	p.Behind = place(nil, root.Key.String(), i18n.T(ctx, "studio.bulk.first"))
	for _, section := range root.Children {
		p.Behind = place(p.Behind, section.Key.String(), i18n.T(ctx, "studio.bulk.behind", section.Name))
		p.Sections = place(p.Sections, section.Key.String(), section.Name)
		for _, sub := range section.Children {
			if !sub.Unit {
				p.Subsections = place(p.Subsections, sub.Key.String(), section.Name+" · "+sub.Name)
			}
		}
	}
	// One field sends both: behind a section, or into it, follows from what is chosen.
	return p
}

// keyOfPart is the key of a block by the address of what can be done with it.
func keyOfPart(part string) string { return strings.TrimPrefix(part, "/part/") }

// actOnMany serves POST /course/KEY/outline: one act on several parts.
func (s *Server) actOnMany(w http.ResponseWriter, r *http.Request) error {
	key, err := s.enterCourse(r)
	if err != nil {
		return err
	}
	by, err := s.enter(r, key)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	form := r.PostForm
	out, err := s.many(r, by, key, form)
	root := key.Usage("course", "course")
	if page.WantsJSON(r) {
		if err != nil {
			return err
		}
		if out.review != nil {
			return askFirst(w, r, out)
		}
		out.Words = i18n.T(r.Context(), out.notice.ID, anys(out.notice.Args)...)
		out.Part = partURL(root)
		return page.JSON(w, r, http.StatusOK, out)
	}
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid {
		return s.refuseMany(w, r, key, form, err)
	}
	if err != nil {
		return s.refuseLost(w, r, root, courseURL(key)+"/outline", form, err)
	}
	if out.review != nil {
		out.review.Back = courseURL(key) + "?select=1"
		return s.showReview(w, r, root, out.review)
	}
	to := url.Values{"select": {"1"}}
	if out.Undo != "" {
		to = undoQuery(form.Get("act")+"_many", root, out.Undo)
		to.Set("select", "1")
	}
	return page.Redirect(w, r, courseURL(key)+"?"+to.Encode(), out.notice)
}

// refuseMany shows the outline again, with what was chosen and typed, and says why it was not done.
func (s *Server) refuseMany(w http.ResponseWriter, r *http.Request, key course.Key, form url.Values, err error) error {
	head, b, readErr := s.Editor.Read(r.Context(), key)
	if readErr != nil {
		return readErr
	}
	p, readErr := s.newOutline(w, r, head, b, form)
	if readErr != nil {
		return readErr
	}
	f, _ := fault.As(err)
	said := newRefusal(r, f)
	p.Bulk.Error = said.Message
	for _, x := range said.Findings {
		p.Bulk.Error += " " + x.Detail
	}
	return page.RenderStatus(w, r, page.Status(err), outlinePage(p))
}

// many does what is asked for of the parts that are chosen.
func (s *Server) many(r *http.Request, by draft.Author, key course.Key, form url.Values) (acted, error) {
	_, b, err := s.Editor.Read(r.Context(), key)
	if err != nil {
		return acted{}, err
	}
	c, err := choose(publish.Outline(b, s.Clock(), gated(b.Draft)), key, form["block"])
	if err != nil {
		return acted{}, err
	}
	seen := course.VersionID(form.Get("seen"))
	var ops []draft.Op
	var changed []course.UsageKey
	act := form.Get("act")
	switch act {
	case "publish":
		if form.Get("anyway") == "" {
			if p, err := s.review(r, c.keys(), form, courseURL(key)+"/outline"); err != nil || p != nil {
				return acted{Seen: form.Get("seen"), review: p}, err
			}
		}
		return s.publishMany(r, by, c, seen)
	case "hide", "show":
		ops, changed = c.hide(act == "hide")
	case "dates":
		ops, err = c.dates(form)
	case "shift":
		ops, err = c.shift(form.Get("days"))
	case "delete":
		for _, n := range c.top {
			ops = append(ops, draft.Delete{Block: n.Key})
		}
	case "move":
		ops, err = c.move(form.Get("to"))
	default:
		err = fault.Invalidf("act %q", act)
	}
	if err != nil {
		return acted{}, err
	}
	done := draft.Done{}
	if len(ops) > 0 {
		if done, err = s.Editor.Apply(r.Context(), draft.Edit{Key: key, By: by, Seen: seen, Ops: ops}); err != nil {
			return acted{}, err
		}
	}
	switch act {
	case "delete":
		s.noteEach(r, "course.block_deleted", c.keys(), map[string]string{"version": string(done.Before.Draft)})
	case "hide", "show":
		s.noteLocked(r, act, changed, done)
	}
	return newActed(done, page.Notice{Kind: "success", ID: "studio.bulk.did." + act, Args: []string{strconv.Itoa(len(ops))}}), nil
}

func (s *Server) publishMany(r *http.Request, by draft.Author, c chosen, seen course.VersionID) (acted, error) {
	keys := c.keys()
	got, err := s.Publisher.Publish(r.Context(), publish.Request{Block: keys[0], Also: keys[1:], By: by, Seen: seen})
	if err != nil {
		return acted{}, err
	}
	s.noteReleased(r, "course.published", keys, got)
	return newPublished(got, page.Notice{Kind: "success", ID: "studio.bulk.did.publish", Args: []string{strconv.Itoa(len(got.Units))}}), nil
}

// chosen are parts of an outline, in its order.
type chosen struct {
	root *publish.Node
	all  []*publish.Node
	top  []*publish.Node // without what stands in another that is chosen
}

// keys are those of the parts in the order of the outline, without what stands in another.
func (c chosen) keys() []course.UsageKey {
	out := make([]course.UsageKey, len(c.top))
	for i, n := range c.top {
		out[i] = n.Key
	}
	return out
}

// choose finds the parts that keys name.
func choose(root *publish.Node, key course.Key, keys []string) (c chosen, err error) {
	if len(keys) == 0 {
		return c, fault.Invalidf("nothing is chosen").Say("studio.bulk.none")
	}
	if len(keys) > maxChosen {
		return c, fault.Invalidf("%d parts are chosen", len(keys)).Say("studio.bulk.too_many", maxChosen)
	}
	wanted := map[course.UsageKey]bool{}
	for _, text := range keys {
		u, err := course.ParseUsageKey(text)
		if u = u.In(key); err != nil || u.Course != key.Bare() {
			return c, fault.Invalidf("part %q of %s", text, key).Say("studio.xblock.bad_key")
		}
		wanted[u] = true
	}
	c.root = root
	var look func(n *publish.Node, inside bool)
	look = func(n *publish.Node, inside bool) {
		for _, child := range n.Children {
			is := wanted[child.Key]
			if is {
				c.all = append(c.all, child)
				if !inside {
					c.top = append(c.top, child)
				}
			}
			look(child, inside || is)
		}
	}
	look(root, false)
	if len(c.all) < len(wanted) {
		return c, fault.NotFoundf("some of %d parts are no sections, subsections or units of the draft", len(wanted)).Say("draft.gone")
	}
	return c, nil
}

// hide locks or unlocks what is not so already, which it lists.
func (c chosen) hide(hidden bool) (ops []draft.Op, changed []course.UsageKey) {
	for _, n := range c.all {
		op := draft.Update{Block: n.Key, Unset: []string{"visible_to_staff_only"}}
		if hidden {
			op = draft.Update{Block: n.Key, Set: course.Fields{"visible_to_staff_only": "true"}}
		}
		if n.StaffOnlyIsOwn != hidden {
			ops, changed = append(ops, op), append(changed, n.Key)
		}
	}
	return ops, changed
}

// dates sets the dates that are filled in: releases of the sections and subsections that are chosen, due dates of the subsections, those
// in sections that are chosen too.
func (c chosen) dates(form url.Values) ([]draft.Op, error) {
	read := func(name string) (t time.Time, err error) {
		text := form.Get(name)
		if text == "" {
			return t, nil
		}
		if t, err = time.Parse(dateLayout, text); err != nil {
			t, err = time.Parse(dateLayout+":05", text)
		}
		if err != nil || t.Year() < 1900 || t.Year() > 9999 {
			return t, fault.Invalidf("date %q", text).Field(name, "studio.part.bad_date").Say("studio.part.bad_date")
		}
		return t, nil
	}
	start, err := read("start")
	if err != nil {
		return nil, err
	}
	due, err := read("due")
	switch {
	case err != nil:
		return nil, err
	case start.IsZero() && due.IsZero():
		return nil, fault.Invalidf("no dates").Say("studio.bulk.no_date")
	case !start.IsZero() && !due.IsZero() && due.Before(start):
		return nil, fault.Invalidf("due before the release").Field("due", "studio.part.too_early").Say("studio.part.too_early")
	}
	set := map[course.UsageKey]course.Fields{}
	var order []course.UsageKey
	put := func(n *publish.Node, name string, t time.Time) {
		if t.IsZero() {
			return
		}
		if set[n.Key] == nil {
			set[n.Key] = course.Fields{}
			order = append(order, n.Key)
		}
		set[n.Key][name] = course.Text(course.FormatTime(t))
	}
	for _, n := range c.all {
		switch kindOf(n) {
		case "section":
			put(n, "start", start)
			for _, sub := range n.Children {
				if !sub.Unit {
					put(sub, "due", due)
				}
			}
		case "subsection":
			put(n, "start", start)
			put(n, "due", due)
		}
	}
	if len(order) == 0 {
		return nil, fault.Invalidf("nothing chosen has dates").Say("studio.bulk.no_dates")
	}
	ops := make([]draft.Op, len(order))
	for i, u := range order {
		ops[i] = draft.Update{Block: u, Set: set[u]}
	}
	return ops, nil
}

// shift moves every date that is set at and below what is chosen by days.
func (c chosen) shift(text string) ([]draft.Op, error) {
	days, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || days == 0 || days < -3650 || days > 3650 {
		return nil, fault.Invalidf("shift by %q days", text).Field("days", "studio.bulk.bad_days").Say("studio.bulk.bad_days")
	}
	var ops []draft.Op
	var look func(n *publish.Node)
	look = func(n *publish.Node) {
		if n.Unit {
			return
		}
		set := course.Fields{}
		for _, name := range []string{"start", "due"} {
			if t, ok := n.Block.Fields[name].Time(); ok {
				set[name] = course.Text(course.FormatTime(t.AddDate(0, 0, days)))
			}
		}
		if len(set) > 0 {
			ops = append(ops, draft.Update{Block: n.Key, Set: set})
		}
		for _, child := range n.Children {
			look(child)
		}
	}
	for _, n := range c.top {
		look(n)
	}
	if len(ops) == 0 {
		return nil, fault.Invalidf("nothing chosen has a date of its own").Say("studio.bulk.no_dates")
	}
	return ops, nil
}

// move puts what is chosen, in its order, elsewhere: units at the end of a subsection, subsections at the end of a section, sections
// behind another one, or before all where the course itself is named.
func (c chosen) move(to string) ([]draft.Op, error) {
	kind := kindOf(c.top[0])
	for _, n := range c.top {
		if kindOf(n) != kind {
			return nil, fault.Invalidf("%s and %s cannot be moved together", kind, kindOf(n)).Say("studio.bulk.mixed")
		}
	}
	target, err := course.ParseUsageKey(to)
	if err != nil || target.In(c.root.Key.Course).Course != c.root.Key.Course {
		return nil, fault.Invalidf("move to %q", to).Say("studio.bulk.no_place")
	}
	way := wayTo(c.root, target.In(c.root.Key.Course))
	wanted := map[string]string{"unit": "subsection", "subsection": "section"}[kind]
	switch {
	case way == nil:
		return nil, fault.NotFoundf("%s is gone", to).Say("draft.gone")
	case kind == "section" && (len(way) == 1 || kindOf(way[len(way)-1]) == "section"):
		return c.order(way[len(way)-1]), nil
	case kindOf(way[len(way)-1]) != wanted:
		return nil, fault.Invalidf("a %s cannot go to a %s", kind, kindOf(way[len(way)-1])).Say("studio.bulk.no_place")
	}
	var ops []draft.Op
	for _, n := range c.top {
		ops = append(ops, draft.Move{Block: n.Key, To: way[len(way)-1].Key})
	}
	return ops, nil
}

// order puts the sections that are chosen behind another, or first.
func (c chosen) order(behind *publish.Node) []draft.Op {
	moved := map[course.UsageKey]bool{}
	var block, out []course.UsageKey
	for _, n := range c.top {
		moved[n.Key] = true
		block = append(block, n.Key)
	}
	if behind == c.root {
		out = append(out, block...)
	}
	for _, n := range c.root.Children {
		if !moved[n.Key] {
			out = append(out, n.Key)
		}
		if n == behind { // which may be one of those that move: then they gather where it stands
			out = append(out, block...)
		}
	}
	return []draft.Op{draft.Reorder{Block: c.root.Key, Children: out}}
}
