package studio

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// outlineProps is a course's outline, ready to print.
type outlineProps struct {
	framed
	Key     string // of the course
	Base    string // address of the page
	Part    string // address of what can be done with the course as a whole
	Name    string
	Eyebrow string
	Version string // of both branches, see versionsOf
	Live    string
	Rows    []rowProps
	Sum     sumProps
	Undo    *undoProps
	Clip    *clipProps
	Paste   string // words of the button that pastes a section; "" where none is copied
	Bulk    bulkProps
	// Default is how rows lie when nobody has turned any, All how most lie now: open or close.
	Default, All string
}

// sumProps counts what there is.
type sumProps struct {
	Units, Changed int
	Start          *time.Time // nil when the course has none
	Begun          bool
	SelfPaced      bool
	Part           string
}

// rowProps is one section, subsection or unit.
type rowProps struct {
	Anchor string // id in the page
	ID     string
	Kind   string // section, subsection, unit
	Name   string
	Href   string // page of a unit
	Part   string // address of what can be done with it
	More   string // what the link there says
	Look   string // state as a style knows it
	Icon   string
	Words  string // state
	Facts  []string
	Due    *time.Time
	Count  int // units below
	Change bool
	Locked bool
	Open   bool
	Pick   bool // it can be chosen
	Chosen bool
	Paste  string // words of the button that pastes what is copied here; "" where that cannot be
	Rows   []rowProps
}

// fewUnits is up to how many units an outline lies open when nobody has said otherwise.
const fewUnits = 60

// showOutline serves GET /course/KEY: the page, or what programs read of it.
func (s *Server) showOutline(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	key, err := s.enterCourse(r)
	if err != nil {
		return err
	}
	head, b, err := s.Editor.Read(r.Context(), key)
	if err != nil {
		return err
	}
	if wantsJSON(r) {
		in := s.newInfos(r, b)
		out := in.tree(in.root)
		out.Seen = string(head.Draft)
		if out.EditedOn, err = s.timeOf(r.Context(), head.Draft); err != nil {
			return err
		}
		if out.PublishedOn, err = s.timeOf(r.Context(), head.Published); err != nil {
			return err
		}
		return page.JSON(w, r, http.StatusOK, out)
	}
	p, err := s.newOutline(w, r, head, b, nil)
	if err != nil {
		return err
	}
	return page.Render(w, r, outlinePage(p))
}

// newOutline fills the page of an outline. Of an act on several parts that was refused, typed is what was sent.
func (s *Server) newOutline(w http.ResponseWriter, r *http.Request, head modulestore.Head, b draft.Branches, typed url.Values) (p outlineProps, err error) {
	key := head.Key
	root := publish.Outline(b, s.Clock(), gated(b.Draft))
	p = outlineProps{
		framed: s.frame(w, r, key, root.Block, "outline", root.Name), Key: key.String(), Base: courseURL(key), Part: partURL(root.Key), Name: root.Name,
		Eyebrow: key.Org + " · " + key.Number + " · " + key.Run, Version: versionsOf(head),
		Live: s.LMS(r) + "/courses/" + key.String() + "/course/", Sum: newSum(root, s.Clock()),
	}
	o := newOpen(r, p.Sum.Units)
	for _, u := range typed["block"] {
		o.chosen[u] = true
	}
	o.choosing = o.choosing || typed != nil
	if o.clip, err = s.clip(r, key); err != nil {
		return p, err
	}
	if p.Clip = o.clip; o.clip.into("course") {
		p.Paste = o.clip.Paste
	}
	p.Default, p.All = turn(o.asked), turn(o.all)
	p.Rows = newRows(r.Context(), root, o)
	p.Bulk = newBulk(r.Context(), root, head, o.choosing, typed)
	p.Undo, err = s.undoable(r, head, r.URL.Query())
	return p, err
}

// timeOf says when a version was made, nil for none.
func (s *Server) timeOf(ctx context.Context, id course.VersionID) (*string, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	v, err := s.Editor.Courses.Version(ctx, id)
	if err != nil {
		return nil, err
	}
	return new(displayTime(v.Time)), nil
}

// outlineChanges is what a page that lies open needs to be up to date.
type outlineChanges struct {
	Version  string            `json:"version"`
	Sum      string            `json:"sum"`
	Order    []string          `json:"order"`    // ids of the sections
	Sections map[string]string `json:"sections"` // those that changed
	Clip     string            `json:"clip"`
	Paste    map[string]string `json:"paste"` // the button that pastes, by the kind of part it makes; "" for none
}

// showChanges serves GET /course/KEY/outline?since=VERSIONS: the sections that look different now.
func (s *Server) showChanges(w http.ResponseWriter, r *http.Request) error {
	key, err := s.enterCourse(r)
	if err != nil {
		return err
	}
	head, now, err := s.Editor.Read(r.Context(), key)
	if err != nil {
		return err
	}
	was, err := s.since(r.Context(), key, r.URL.Query().Get("since"))
	if err != nil {
		return err
	}
	root := publish.Outline(now, s.Clock(), gated(now.Draft))
	out := outlineChanges{Version: versionsOf(head), Order: []string{}, Sections: map[string]string{}}
	if out.Sum, err = draw(r.Context(), outlineSum(newSum(root, s.Clock()))); err != nil {
		return err
	}
	open := newOpen(r, newSum(root, s.Clock()).Units)
	if open.clip, err = s.clip(r, key); err != nil {
		return err
	}
	if out.Clip, out.Paste, err = drawClip(r.Context(), open.clip); err != nil {
		return err
	}
	for _, n := range root.Children {
		out.Order = append(out.Order, n.Key.ID)
		if same(was.Draft, now.Draft, n) && same(was.Published, now.Published, n) && sameDates(was.Draft, now.Draft) {
			continue
		}
		if out.Sections[n.Key.ID], err = draw(r.Context(), outlineRow(newRow(r.Context(), n, open))); err != nil {
			return err
		}
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// drawClip draws what shows of the clipboard on an outline.
func drawClip(ctx context.Context, p *clipProps) (strip string, buttons map[string]string, err error) {
	if strip, err = draw(ctx, clipStrip(p)); err != nil {
		return "", nil, err
	}
	buttons = map[string]string{}
	for kind, above := range map[string]string{"section": "course", "subsection": "chapter", "unit": "sequential"} {
		if p.into(above) {
			if buttons[kind], err = draw(ctx, pasteButton(p.Paste)); err != nil {
				return "", nil, err
			}
		} else {
			buttons[kind] = ""
		}
	}
	return strip, buttons, nil
}

func draw(ctx context.Context, c templ.Component) (string, error) {
	var out strings.Builder
	err := c.Render(ctx, &out)
	return out.String(), err
}

// same reports whether two states of a branch say the same of a section.
func same(was, now *course.Content, n *publish.Node) bool {
	if was == nil || now == nil {
		return was == now
	}
	a, b := draft.Block(was, n.Key), draft.Block(now, n.Key)
	return a == b || a != nil && b != nil && draft.Same(a, b)
}

// sameDates reports whether what sections inherit from the course and show is the same.
func sameDates(was, now *course.Content) bool {
	for _, name := range []string{"start", "due", "self_paced", "visible_to_staff_only"} {
		if was == nil || was.Root.Fields[name] != now.Root.Fields[name] {
			return false
		}
	}
	return true
}

// versionsOf names what is in force on both branches.
func versionsOf(h modulestore.Head) string { return string(h.Draft) + "." + string(h.Published) }

// since reads what versionsOf named. What is not there any more, or no name at all, is as if nothing had been seen.
func (s *Server) since(ctx context.Context, key course.Key, versions string) (draft.Branches, error) {
	var b draft.Branches
	d, p, _ := strings.Cut(versions, ".")
	for _, side := range []struct {
		id string
		to **course.Content
	}{{d, &b.Draft}, {p, &b.Published}} {
		if side.id == "" {
			continue
		}
		c, v, err := s.Editor.Courses.ContentAt(ctx, course.VersionID(side.id))
		switch {
		case fault.Is(err, fault.NotFound), err == nil && v.Course != key.Bare():
		case err != nil:
			return b, err
		default:
			*side.to = c
		}
	}
	return b, nil
}

func newSum(root *publish.Node, now time.Time) sumProps {
	out := sumProps{Part: partURL(root.Key)}
	out.SelfPaced, _ = root.Block.Fields["self_paced"].Bool()
	if unscheduled, _ := course.ParseTime(course.UnscheduledStart); !root.Start.Equal(unscheduled) {
		out.Start, out.Begun = &root.Start, root.Start.Before(now)
	}
	var count func(*publish.Node)
	count = func(n *publish.Node) {
		if n.Unit {
			out.Units++
			if n.HasChanges {
				out.Changed++
			}
			return
		}
		for _, c := range n.Children {
			count(c)
		}
	}
	count(root)
	return out
}

// open says which sections and subsections lie open: all when there are few units, none else, but for those that somebody has turned.
type open struct {
	all    bool
	asked  bool // all, as it is when nobody has turned anything
	turned map[string]bool
	show   string // one block to be seen, with what holds it
	clip   *clipProps

	choosing bool            // rows can be chosen
	chosen   map[string]bool // by key
}

// turnedCookie lists, for the course of its path, the ids of what somebody opened or closed; * stands for everything. It is written by
// static/ts/studio/turned.ts.
const turnedCookie = "outline"

func newOpen(r *http.Request, units int) open {
	out := open{all: units <= fewUnits, turned: map[string]bool{}, chosen: map[string]bool{}, show: r.URL.Query().Get("show"), choosing: r.URL.Query().Has("select")}
	value, _ := page.Cookie(r, turnedCookie)
	for id := range strings.SplitSeq(value, "~") {
		out.turned[id] = true
	}
	out.asked = out.all
	if out.turned["*"] {
		out.all = !out.all
	}
	return out
}

func turn(open bool) string {
	if open {
		return "open"
	}
	return "close"
}

func (o open) lies(n *publish.Node) bool {
	return o.all != o.turned[n.Key.ID] || o.show != "" && holds(n, o.show)
}

// holds reports whether a block, or something below it, has a key.
func holds(n *publish.Node, key string) bool {
	return n.Key.String() == key || slices.ContainsFunc(n.Children, func(c *publish.Node) bool { return holds(c, key) })
}

func newRows(ctx context.Context, n *publish.Node, o open) []rowProps {
	out := make([]rowProps, len(n.Children))
	for i, c := range n.Children {
		out[i] = newRow(ctx, c, o)
	}
	return out
}

// newRow makes the row of a section, subsection or unit and of everything below it.
func newRow(ctx context.Context, n *publish.Node, o open) rowProps {
	p := rowProps{
		Anchor: n.Key.Type + "-" + n.Key.ID, ID: n.Key.ID, Kind: kindOf(n), Name: n.Name, Part: partURL(n.Key), Change: n.HasChanges,
		More: i18n.T(ctx, "studio.outline.more", n.Name), Look: n.Visibility.String(), Icon: iconOf(n), Words: wordsOf(ctx, n), Locked: n.StaffOnlyIsOwn,
		Pick: o.choosing, Chosen: o.chosen[n.Key.String()],
	}
	if n.Unit {
		p.Href, p.Count = "/container/"+n.Key.String(), 1
		return p
	}
	if p.Kind == "subsection" {
		if n.Graded && n.Format != "" {
			p.Facts = append(p.Facts, n.Format)
		}
		if n.HideFromTOC {
			p.Facts = append(p.Facts, i18n.T(ctx, "studio.outline.hidden_from_toc"))
		}
		if n.Block.Fields["due"].IsSet() {
			p.Due = n.Due
		}
	}
	if o.clip.into(n.Key.Type) {
		p.Paste = o.clip.Paste
	}
	p.Rows = newRows(ctx, n, o)
	for _, c := range p.Rows {
		p.Count += c.Count
	}
	p.Open = o.lies(n)
	return p
}

// kindOf is the field's word for what stands in an outline.
func kindOf(n *publish.Node) string {
	switch {
	case n.Unit:
		return "unit"
	case n.Key.Type == "chapter":
		return "section"
	case n.Key.Type == "course":
		return "course"
	default:
		return "subsection"
	}
}

func iconOf(n *publish.Node) string {
	switch n.Visibility {
	case publish.TeamOnly, publish.Gated:
		return "lock"
	case publish.ReleasedLive:
		return "circle-check"
	case publish.Ready:
		return "calendar"
	case publish.NeedsAttention:
		if n.HasChanges {
			return "pencil"
		}
		return "circle-alert"
	case publish.Unscheduled:
	}
	return "circle-dashed"
}

// wordsOf says a state: of a unit by its title, of others by what stands below.
func wordsOf(ctx context.Context, n *publish.Node) string {
	t := func(id string) string { return i18n.T(ctx, id) }
	if n.Unit {
		return t(n.Title())
	}
	switch n.Visibility {
	case publish.TeamOnly:
		return t("publish.staff_only")
	case publish.Gated:
		return t("studio.outline.gated")
	case publish.ReleasedLive:
		return t("studio.outline.live")
	case publish.Ready:
		return i18n.T(ctx, "studio.outline.ready", i18n.Date(ctx, n.Start))
	case publish.NeedsAttention:
		if n.HasChanges {
			return t("studio.outline.changes")
		}
		return t("studio.outline.attention")
	case publish.Unscheduled:
	}
	return t("studio.outline.unscheduled")
}

// partURL is the address of what can be done with a part of a course.
func partURL(u course.UsageKey) string { return "/part/" + u.String() }
