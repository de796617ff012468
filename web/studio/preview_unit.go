package studio

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/component"
	"lyceum/course"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// previewProps is a unit as learners would see it.
type previewProps struct {
	Layout         ui.LayoutProps
	Action         string
	Name           string
	Trail          []string // section and subsection
	Back           string   // the unit's page in Studio
	Place, Of      int
	Previous, Next string
	Groups         []ui.FieldProps // one a partition: which group the learner is in
	Notes          []string        // what learners see otherwise
	Blocks         []templ.Component
}

// showPreview serves GET /preview/unit/KEY?group=PARTITION:GROUP…: the draft of a unit as a learner in those groups would see it once it is
// published and released.
func (s *Server) showPreview(w http.ResponseWriter, r *http.Request) error {
	_, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return err
	}
	way := draft.Way(b.Draft, u)
	c, n, err := s.compiled(ctx, head, released(b.Draft, way), u)
	if err != nil {
		return err
	}
	p := previewProps{Layout: s.layout(w, r, n.Name), Name: n.Name, Back: containerURL(u), Action: previewURL(u)}
	p.Layout.Chrome, p.Layout.Styles = "bare", append(p.Layout.Styles, "css/course.css")
	p.Layout.Entries = append(p.Layout.Entries, "js/course.js")
	chosen := chosenGroups(c, r.URL.Query()["group"])
	p.Groups, p.Notes = groupChoices(ctx, c, chosen), previewNotes(ctx, way, s.Clock())
	rt := s.runtime(r, c)
	asLearner(rt, chosen)
	rt.Viewer.Chosen = map[int32][]int32{}
	for _, i := range c.Choosers {
		rt.Viewer.Chosen[i] = courseware.Sample(c, &c.Nodes[i])
	}
	children := c.ChildrenOf(n)
	if len(children) == 0 && !course.Containers[u.Type] { // a component straight in a subsection is a unit by itself
		children = []*course.Node{n}
	}
	if !rt.Visible(n) {
		children, p.Notes = nil, append(p.Notes, i18n.T(ctx, "studio.preview.other_group"))
	}
	for _, child := range children {
		if rt.Visible(child) {
			p.Blocks = append(p.Blocks, component.Block(child, s.drawn(ctx, rt, child)))
		}
	}
	for _, up := range way[1 : len(way)-1] {
		p.Trail = append(p.Trail, nameOf(up))
	}
	p.neighbors(b.Draft, u, chosen)
	page.AllowContent(w, r)
	return page.Render(w, r, previewPage(p))
}

// neighbors finds the units before and behind one, over the edges of subsections.
func (p *previewProps) neighbors(c *course.Content, u course.UsageKey, chosen map[int]int) {
	var units []*course.Block
	var below func(*course.Block)
	below = func(b *course.Block) {
		if !draft.Direct(b.Type) {
			units = append(units, b)
			return
		}
		for _, child := range b.Children {
			below(child)
		}
	}
	below(c.Root)
	query := ""
	if len(chosen) > 0 {
		q := url.Values{}
		for _, id := range slices.Sorted(maps.Keys(chosen)) {
			q.Add("group", groupValue(id, chosen[id]))
		}
		query = "?" + q.Encode()
	}
	at := slices.IndexFunc(units, func(b *course.Block) bool { return b.Type == u.Type && b.ID == u.ID })
	if at < 0 {
		return
	}
	to := func(b *course.Block) string { return previewURL(c.Key.Usage(b.Type, b.ID)) + query }
	p.Place, p.Of = at+1, len(units)
	if at > 0 {
		p.Previous = to(units[at-1])
	}
	if at+1 < len(units) {
		p.Next = to(units[at+1])
	}
}

// released is a branch in which nothing on a way waits for its release or is for the team alone: who previews a unit wants to see what it will
// be, and the notes say what learners see until then.
func released(c *course.Content, way []*course.Block) *course.Content {
	if len(way) == 0 {
		return c
	}
	out := *c
	var below *course.Block
	for _, b := range slices.Backward(way) {
		one := *b
		one.Fields = maps.Clone(b.Fields)
		if one.Fields == nil {
			one.Fields = course.Fields{}
		}
		one.Fields["start"] = course.Text("1970-01-01T00:00:00Z")
		delete(one.Fields, "visible_to_staff_only")
		if below != nil {
			one.Children = []*course.Block{below}
		}
		below = &one
	}
	out.Root = below
	return &out
}

// previewNotes says what learners see now of a unit, where that is nothing.
func previewNotes(ctx context.Context, way []*course.Block, now time.Time) []string {
	var notes []string
	var start time.Time
	self, _ := way[0].Fields["self_paced"].Bool()
	known := false
	for i, b := range way {
		if locked, _ := b.Fields["visible_to_staff_only"].Bool(); locked && len(notes) == 0 {
			notes = append(notes, i18n.T(ctx, "studio.preview.staff_only"))
		}
		if t, ok := b.Fields["start"].Time(); ok && (i == 0 || !self) { // at the learner's own pace only the course's start counts
			known = true
			if t.After(start) {
				start = t
			}
		}
	}
	unscheduled, _ := course.ParseTime(course.UnscheduledStart)
	switch {
	case !known, start.Equal(unscheduled):
		notes = append(notes, i18n.T(ctx, "studio.preview.unscheduled"))
	case start.After(now):
		notes = append(notes, i18n.T(ctx, "studio.preview.not_yet", start))
	}
	return notes
}

func groupValue(partition, group int) string {
	return strconv.Itoa(partition) + ":" + strconv.Itoa(group)
}

// chosenGroups are the groups of the learner whose eyes are borrowed; what the course does not have is left out.
func chosenGroups(c *course.Compiled, asked []string) map[int]int {
	out := map[int]int{}
	for _, p := range c.Partitions {
		for _, g := range p.Groups {
			if p.Active && slices.Contains(asked, groupValue(p.ID, g.ID)) {
				out[p.ID] = g.ID
			}
		}
	}
	return out
}

// groupChoices are the ways the learners of a course are divided, to choose from.
func groupChoices(ctx context.Context, c *course.Compiled, chosen map[int]int) []ui.FieldProps {
	var out []ui.FieldProps
	for _, p := range c.Partitions {
		if !p.Active || len(p.Groups) == 0 {
			continue
		}
		f := ui.FieldProps{Name: "group", ID: "group-" + strconv.Itoa(p.ID), Label: p.Name, Quiet: true, Options: []ui.Option{{Value: "", Label: i18n.T(ctx, "studio.preview.no_group")}}}
		for _, g := range p.Groups {
			is, ok := chosen[p.ID]
			f.Options = append(f.Options, ui.Option{Value: groupValue(p.ID, g.ID), Label: g.Name, Selected: ok && is == g.ID})
		}
		out = append(out, f)
	}
	return out
}

// asLearner lets blocks be drawn for a learner in groups instead of the author.
func asLearner(rt *component.Runtime, groups map[int]int) {
	rt.Viewer = &access.Viewer{User: rt.Viewer.User, Enrolled: true, Mode: "audit", Groups: groups}
	frame := rt.Links.Frame
	rt.Links.Frame = func(n *course.Node) string { return frame(n) + "?as=learner" }
	rt.Links.Handlers = func(n *course.Node) string {
		return "/preview/learner/xblock/" + component.EscapeKey(n.Key.String()) + "/handler/"
	}
}

// placeWords says where a unit stands.
func placeWords(ctx context.Context, p previewProps) string {
	return i18n.T(ctx, "studio.preview.place", p.Place, p.Of)
}
