package studio

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// partProps is the page of what can be done with one part of a course. It works without scripts; the outline does the same in place.
type partProps struct {
	framed
	Crumbs  []ui.Link
	Row     rowProps
	IsRoot  bool // the course itself
	Action  string
	Back    string // the outline, at this part
	Live    string
	Seen    string
	Name    ui.FieldProps
	Changed []ui.Link // units that publishing would change for learners
	Places  []placeProps
	First   bool // it is the first, or last, of its place
	Last    bool
	Below   []belowProps // components of a unit
	AddWord string       // what can be added in it
	Dates   *scheduleProps
	More    *partSettings
	Undo    *undoProps
	Paste   string // words of the button that pastes what is copied here; "" where that cannot be
	Clip    *clipProps
}

// placeProps is a place a part may be moved to; group is what holds that.
type placeProps struct {
	Key, Name, Group string
	Here             bool
}

type belowProps struct{ Name, Type string }

// showPart serves GET /part/KEY.
func (s *Server) showPart(w http.ResponseWriter, r *http.Request) error {
	_, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	if u.Course.Form == course.FormLibrary {
		http.Redirect(w, r, blockURL(u), http.StatusFound)
		return nil
	}
	p, err := s.newPart(w, r, u, nil, nil)
	if err != nil {
		return err
	}
	return page.Render(w, r, partPage(p))
}

// newPart fills the page of a part; a form that was refused comes back as it was typed, with what is wrong beside its fields.
func (s *Server) newPart(w http.ResponseWriter, r *http.Request, u course.UsageKey, typed url.Values, bad map[string]string) (partProps, error) {
	ctx := r.Context()
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return partProps{}, err
	}
	root := publish.Outline(b, s.Clock(), gated(b.Draft))
	way := wayTo(root, u)
	if way == nil {
		return partProps{}, fault.NotFoundf("%s is no section, subsection or unit of the draft", u).Say("draft.gone")
	}
	n := way[len(way)-1]
	p := partProps{
		framed: s.frame(w, r, u.Course, b.Draft.Root, "", n.Name), Row: newRow(ctx, n, open{}), IsRoot: len(way) == 1, Action: partURL(n.Key), Seen: string(head.Draft),
		Back: courseURL(u.Course) + "?" + url.Values{"show": {n.Key.String()}}.Encode() + "#" + url.PathEscape(n.Key.Type+"-"+n.Key.ID),
		Live: s.LMS(r) + "/courses/" + u.Course.String() + "/jump_to/" + n.Key.String(),
		Name: ui.FieldProps{Name: "name", Label: i18n.T(ctx, "studio.part.name"), Value: n.Name, Required: true, MaxLength: 255},
	}
	p.Layout.Main = "reading"
	p.Crumbs = []ui.Link{{Label: i18n.T(ctx, "studio.home.title"), URL: "/home/"}}
	for i, up := range way {
		link := ui.Link{Label: up.Name, URL: partURL(up.Key)}
		if i == 0 {
			link.URL = courseURL(u.Course)
		}
		p.Crumbs = append(p.Crumbs, link)
	}
	p.Crumbs[len(p.Crumbs)-1].URL = ""
	if p.Undo, err = s.undoable(r, head, r.URL.Query()); err != nil {
		return p, err
	}
	if p.Clip, err = s.clip(r, u.Course); err != nil {
		return p, err
	}
	if p.Clip.into(n.Key.Type) {
		p.Paste = p.Clip.Paste
	}
	p.Changed = changedUnits(n, nil)
	var above *publish.Node
	if len(way) > 1 {
		above = way[len(way)-2]
	}
	dates := typed
	if typed.Get("act") != "schedule" {
		dates = nil
	}
	p.Dates = newSchedule(ctx, n, above, graderNames(b.Draft.Grading), dates, bad)
	if dates = typed; typed.Get("act") != "settings" {
		dates = nil
	}
	p.More = settingsForm(ctx, b, root, n, dates, bad)
	if typed.Get("act") == "rename" {
		p.Name.Value, p.Name.Error = typed.Get("name"), bad["name"]
	}
	if len(way) > 1 {
		siblings := way[len(way)-2].Children
		at := slices.Index(siblings, n)
		p.First, p.Last = at == 0, at == len(siblings)-1
		p.Places = places(root, n, way[len(way)-2])
	}
	if n.Unit {
		for _, c := range n.Block.Children {
			p.Below = append(p.Below, belowProps{nameOf(c), c.Type})
		}
	} else {
		p.AddWord = addWord(ctx, n)
	}
	return p, nil
}

// wayTo finds a part of an outline and what holds it, from the course down; nil when it is not there.
func wayTo(n *publish.Node, u course.UsageKey) []*publish.Node {
	if n.Key.ID == u.ID && n.Key.Type == u.Type || n.Key.Type == "course" && u.Type == "course" {
		return []*publish.Node{n}
	}
	for _, c := range n.Children {
		if way := wayTo(c, u); way != nil {
			return append([]*publish.Node{n}, way...)
		}
	}
	return nil
}

func changedUnits(n *publish.Node, out []ui.Link) []ui.Link {
	if n.Unit && n.HasChanges {
		return append(out, ui.Link{Label: n.Name, URL: partURL(n.Key)})
	}
	for _, c := range n.Children {
		out = changedUnits(c, out)
	}
	return out
}

// places lists where a subsection or a unit may stand.
func places(root, n, above *publish.Node) []placeProps {
	var out []placeProps
	for _, section := range root.Children {
		switch {
		case above.Key.Type == "chapter":
			out = append(out, placeProps{Key: section.Key.String(), Name: section.Name, Here: section == above})
		case n.Unit:
			for _, sub := range section.Children {
				if !sub.Unit {
					out = append(out, placeProps{Key: sub.Key.String(), Name: sub.Name, Group: section.Name, Here: sub == above})
				}
			}
		}
	}
	return out
}

// addWord says what can be added in a part of the outline.
func addWord(ctx context.Context, n *publish.Node) string {
	switch kindOf(n) {
	case "course":
		return i18n.T(ctx, "studio.outline.add_section")
	case "section":
		return i18n.T(ctx, "studio.outline.add_subsection")
	default:
		return i18n.T(ctx, "studio.outline.add_unit")
	}
}

// acted is what an act came to, for pages that do it in place.
type acted struct {
	Seen    string    `json:"seen"`
	Made    string    `json:"made,omitempty"` // id in the page of what was made
	Part    string    `json:"part,omitempty"` // address of what was made
	Undo    string    `json:"undo,omitempty"`
	Words   string    `json:"words"` // what was done
	Refused []finding `json:"findings,omitempty"`
	// Review asks, in a dialog, whether to publish all the same; nothing was done.
	Review string `json:"review,omitempty"`

	review *reviewProps
	// Notices say what became of the files of what was pasted.
	Notices *fileNotices `json:"static_file_notices,omitempty"`

	notice page.Notice
}

// newActed says what an edit came to.
func newActed(done draft.Done, notice page.Notice) acted {
	out := acted{Seen: string(done.Head.Draft), Undo: undoOf(done), notice: notice}
	if len(done.Made) > 0 {
		out.Made, out.Part = done.Made[0].Type+"-"+done.Made[0].ID, partURL(done.Made[0])
	}
	if n := len(done.Withheld); n > 0 {
		out.notice = page.Notice{Kind: "warning", ID: "studio.did.undone_some", Args: []string{strconv.Itoa(n)}}
	}
	return out
}

// actOn serves POST /part/KEY: one act on a part of a course. A form of a page is led back with a notice; a page that acts in place gets
// JSON. What another author changed meanwhile is shown beside one's own.
func (s *Server) actOn(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	form := r.PostForm
	out, err := s.act(r, by, u, form)
	if page.WantsJSON(r) {
		if err != nil {
			return err
		}
		if out.review != nil {
			return askFirst(w, r, out)
		}
		out.Words = i18n.T(r.Context(), out.notice.ID, anys(out.notice.Args)...)
		return page.JSON(w, r, http.StatusOK, out)
	}
	from, err2 := course.ParseUsageKey(form.Get("from")) // a page of a unit
	onUnit := err2 == nil && from.In(u.Course).Course == u.Course
	if err != nil {
		to := courseURL(u.Course)
		if onUnit {
			to = containerURL(from.In(u.Course))
		}
		if late, lateErr := tooLate(w, r, to, err); late {
			return lateErr
		}
		return s.refuse(w, r, u, form, err)
	}
	if out.review != nil {
		return s.showReview(w, r, u, out.review)
	}
	to, show, anchor := courseURL(u.Course), url.Values{}, ""
	switch {
	case onUnit && from.Type == "library":
		if to = libraryURL(u.Course); form.Get("act") != "delete" {
			show.Set("show", u.String())
		}
		if out.Made != "" {
			anchor = out.Made
		}
	case onUnit:
		if to = containerURL(from.In(u.Course)); out.Made != "" {
			anchor = out.Made
		} else if out.Undo == "" || form.Get("act") != "delete" {
			anchor = u.Type + "-" + u.ID
		}
	case form.Get("stay") != "" && form.Get("act") != "delete" && form.Get("act") != "discard":
		if to = partURL(u); out.Part != "" {
			to = out.Part
		}
	default:
		if show.Set("show", u.String()); out.Part != "" {
			show.Set("show", out.Part[len("/part/"):])
		}
	}
	if out.Undo != "" {
		maps.Copy(show, undoQuery(form.Get("act"), u, out.Undo))
	}
	if len(show) > 0 {
		to += "?" + show.Encode()
	}
	if anchor != "" {
		to += "#" + url.PathEscape(anchor)
	}
	return page.Redirect(w, r, to, out.notice)
}

// act does what a form asks for.
func (s *Server) act(r *http.Request, by draft.Author, u course.UsageKey, form url.Values) (acted, error) {
	ctx, seen := r.Context(), course.VersionID(form.Get("seen"))
	edit := func(id string, op draft.Op, more ...draft.Op) (acted, error) {
		done, err := s.Editor.Apply(ctx, draft.Edit{Key: u.Course, By: by, Seen: seen, Ops: append([]draft.Op{op}, more...)})
		if err != nil {
			return acted{}, err
		}
		if act := form.Get("act"); (act == "hide" || act == "show") && done.Head != done.Before {
			s.noteLocked(r, act, []course.UsageKey{u}, done)
		}
		return newActed(done, page.Notice{Kind: "success", ID: id}), nil
	}
	switch form.Get("act") {
	case "add":
		op := addition(ctx, u, form)
		out, err := edit("studio.did.added", op)
		out.notice.Args = []string{op.Name}
		return out, err
	case "rename":
		name := form.Get("name")
		if name == "" {
			return acted{}, fault.Invalidf("a name without letters").Field("name", "draft.course.missing").Say("studio.part.no_name")
		}
		out, err := edit("studio.did.renamed", draft.Update{Block: u, Set: course.Fields{"display_name": course.Text(name)}})
		out.notice.Args = []string{name}
		return out, err
	case "schedule":
		_, b, err := s.Editor.Read(ctx, u.Course)
		if err != nil {
			return acted{}, err
		}
		op, err := schedule(u, draft.Block(b.Draft, u), form)
		if err != nil {
			return acted{}, err
		}
		return edit("studio.did.scheduled", op)
	case "settings":
		_, b, err := s.Editor.Read(ctx, u.Course)
		if err != nil {
			return acted{}, err
		}
		way := wayTo(publish.Outline(b, s.Clock(), nil), u)
		if way == nil {
			return acted{}, fault.NotFoundf("%s is no section, subsection or unit of the draft", u).Say("draft.gone")
		}
		n := way[len(way)-1]
		ops, err := changeSettings(ctx, b.Draft, u, n.Block, kindOf(n), form)
		if err != nil {
			return acted{}, err
		}
		return edit("studio.did.settings", ops[0], ops[1:]...)
	case "fill":
		return edit("studio.did.filled", draft.FillExperiment{Block: u})
	case "sync":
		return s.sync(r, by, u, seen)
	case "duplicate":
		return edit("studio.did.duplicated", draft.Duplicate{Block: u})
	case "move":
		op, err := s.movement(ctx, u, form)
		if err != nil {
			return acted{}, err
		}
		return edit("studio.did.moved", op)
	case "hide", "show":
		op, id := draft.Update{Block: u, Unset: []string{"visible_to_staff_only"}}, "studio.did.shown"
		if form.Get("act") == "hide" {
			op, id = draft.Update{Block: u, Set: course.Fields{"visible_to_staff_only": "true"}}, "studio.did.hidden"
		}
		return edit(id, op)
	case "delete":
		done, err := s.delete(r, by, u, form.Get("seen"))
		if err != nil {
			return acted{}, err
		}
		return newActed(done, page.Notice{Kind: "success", ID: "studio.did.deleted"}), nil
	case "copy":
		return s.copyPart(r, by, u)
	case "paste":
		return s.pastePart(r, by, u, form)
	case "undo":
		return s.takeBack(r, by, u.Course, form.Get("was"))
	case "publish":
		if form.Get("anyway") == "" {
			if p, err := s.review(r, []course.UsageKey{u}, form, partURL(u)); err != nil || p != nil {
				return acted{Seen: form.Get("seen"), review: p}, err
			}
		}
		return s.release(r, by, u, "publish", seen)
	case "discard":
		return s.release(r, by, u, form.Get("act"), seen)
	default:
		return acted{}, fault.Invalidf("act %q", form.Get("act"))
	}
}

// addition makes what belongs below a part: a section, a subsection, a unit.
func addition(ctx context.Context, u course.UsageKey, form url.Values) draft.Create {
	op := draft.Create{Parent: u, Name: form.Get("name")}
	words := ""
	switch u.Type {
	case "course":
		op.Type, words = "chapter", i18n.T(ctx, "studio.outline.section")
	case "chapter":
		op.Type, words = "sequential", i18n.T(ctx, "studio.outline.subsection")
	default:
		op.Type, words = "vertical", i18n.T(ctx, "studio.outline.unit")
	}
	if op.Name == "" {
		op.Name = words
	}
	return op
}

// movement reads where a part shall go: up or down beside its neighbors, or to a place (counted from 1, 0 the end) in another part.
func (s *Server) movement(ctx context.Context, u course.UsageKey, form url.Values) (draft.Move, error) {
	_, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return draft.Move{}, err
	}
	above := draft.Above(b.Draft, u)
	if above == nil {
		return draft.Move{}, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	move := draft.Move{Block: u, To: u.Course.Usage(above.Type, above.ID)}
	if text := form.Get("to"); text != "" {
		to, err := course.ParseUsageKey(text)
		if err != nil {
			return move, fault.Invalidf("move to %q: %w", text, err).Say("studio.xblock.bad_key")
		}
		if to = to.In(u.Course); to.Course != u.Course {
			return move, fault.Invalidf("move %s to another course", u).Say("studio.xblock.other_course")
		}
		move.To = to
		if at := form.Get("at"); at != "" {
			if move.At, err = strconv.Atoi(at); err != nil || move.At < 0 {
				return move, fault.Invalidf("move to place %q", at).Say("draft.bad_value")
			}
		}
		return move, nil
	}
	at := slices.IndexFunc(above.Children, func(c *course.Block) bool { return c.Type == u.Type && c.ID == u.ID }) + 1
	switch form.Get("way") {
	case "up":
		move.At = max(at-1, 1)
	case "down":
		move.At = min(at+1, len(above.Children))
	default:
		return move, fault.Invalidf("move without a place").Say("draft.bad_value")
	}
	return move, nil
}

// release publishes what changed at and below a part, or takes its drafts back.
func (s *Server) release(r *http.Request, by draft.Author, u course.UsageKey, act string, seen course.VersionID) (acted, error) {
	request := publish.Request{Block: u, By: by, Seen: seen}
	do, id, action := s.Publisher.Publish, "studio.did.published", "course.published"
	if act == "discard" {
		do, id, action = s.Publisher.Discard, "studio.did.discarded", "course.discarded"
	}
	got, err := do(r.Context(), request)
	if err != nil {
		return acted{}, err
	}
	s.noteReleased(r, action, []course.UsageKey{u}, got)
	return newPublished(got, page.Notice{Kind: "success", ID: id}), nil
}

// newPublished tells what was published; n says so where nothing was kept from it.
func newPublished(got publish.Result, n page.Notice) acted {
	out := newActed(got.Done, n)
	for _, f := range got.Refused {
		out.Refused = append(out.Refused, newFinding(f))
	}
	if len(out.Refused) > 0 {
		out.notice = page.Notice{Kind: "warning", ID: "studio.did.published_some", Args: []string{strconv.Itoa(len(got.Units)), strconv.Itoa(len(out.Refused))}}
	}
	return out
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// conflictProps shows two versions of the same place, one's own and another author's.
type conflictProps struct {
	framed
	Text    string
	Clashes []clashProps
	Action  string
	Fields  []page.FieldProps // the act again, on the present draft
	Back    string
	Part    string
}

type clashProps struct {
	Name string
	Gone bool // it is not there any more
	Rows []clashRow
}

type clashRow struct{ What, Mine, Theirs string }

// refuse answers a form that was not taken. A lost race shows both versions, and lets the author choose; nothing was stored over either.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, u course.UsageKey, form url.Values, err error) error {
	ctx := r.Context()
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Fields) > 0 {
		p, partErr := s.newPart(w, r, u, form, page.FieldErrors(ctx, f))
		if partErr != nil {
			return partErr
		}
		return page.RenderStatus(w, r, page.Status(err), partPage(p))
	}
	return s.refuseLost(w, r, u, partURL(u), form, err)
}

// refuseLost answers a lost race with both versions; action is where the act is sent again. Other errors are returned.
func (s *Server) refuseLost(w http.ResponseWriter, r *http.Request, u course.UsageKey, action string, form url.Values, err error) error {
	ctx := r.Context()
	lost := (*draft.Lost)(nil)
	if !errors.As(err, &lost) {
		return err
	}
	_, b, readErr := s.Editor.Read(ctx, u.Course)
	if readErr != nil {
		return readErr
	}
	p := conflictProps{
		framed: s.frame(w, r, u.Course, b.Draft.Root, "", i18n.T(ctx, "studio.conflict.title")), Action: action, Part: partURL(u),
		Back: courseURL(u.Course) + "?" + url.Values{"show": {u.String()}}.Encode(),
		Text: i18n.T(ctx, "studio.conflict.text", lost.Author, lost.Time),
	}
	p.Layout.Main = "reading"
	for _, name := range touched(form) {
		for _, value := range form[name] { // an emptied date says something, too
			if name != "seen" {
				p.Fields = append(p.Fields, page.FieldProps{Name: name, Value: value})
			}
		}
	}
	p.Fields = append(p.Fields, page.FieldProps{Name: "seen", Value: string(lost.Now)})
	for _, c := range lost.Clashes {
		p.Clashes = append(p.Clashes, newClash(ctx, c, form))
	}
	return page.RenderStatus(w, r, http.StatusConflict, conflictPage(p))
}

// newClash lists what differs between two versions of a block.
func newClash(ctx context.Context, c draft.Clash, form url.Values) clashProps {
	var out clashProps
	for _, b := range []*course.Block{c.Theirs, c.Base, c.Mine} {
		if b != nil && out.Name == "" {
			out.Name = nameOf(b)
		}
	}
	if c.Theirs == nil {
		out.Gone = true
		return out
	}
	gone := i18n.T(ctx, "studio.conflict.gone")
	if c.Mine == nil { // a deletion
		out.Rows = append(out.Rows, clashRow{i18n.T(ctx, "studio.conflict.part"), gone, nameOf(c.Theirs)})
		return out
	}
	for _, d := range draft.CompareBlocks(c.Block.Course, c.Mine, c.Theirs) {
		for _, f := range d.Fields {
			out.Rows = append(out.Rows, clashRow{fieldName(ctx, f.Name), shown(ctx, f.Old), shown(ctx, f.New)})
		}
	}
	if act := form.Get("act"); act != "" && len(out.Rows) == 0 { // a form of settings or text has no act: it tells its own
		out.Rows = append(out.Rows, clashRow{i18n.T(ctx, "studio.conflict.part"), i18n.T(ctx, "studio.conflict.act."+act), i18n.T(ctx, "studio.conflict.changed_below")})
	}
	return out
}

// fieldName is what authors call a setting.
func fieldName(ctx context.Context, name string) string {
	if name == "display_name" {
		return i18n.T(ctx, "studio.part.name")
	}
	return name
}

func shown(ctx context.Context, v course.Value) string {
	if text, ok := v.Text(); ok {
		return text
	}
	if !v.IsSet() {
		return i18n.T(ctx, "studio.conflict.unset")
	}
	return string(v)
}

// sameGroup is the beginning of a list that belongs to one group.
func sameGroup(list []placeProps) []placeProps {
	for i := range list {
		if list[i].Group != list[0].Group {
			return list[:i]
		}
	}
	return list
}
