package studio

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/authoring/publish"
	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

func unitRoutes(s *Server, rt routes) {
	rt.get("/container/*", s.drawing(s.showUnit))
	rt.post("/container/*", forBoth(s.addComponent))
}

// unitProps is the page of a unit, or of another block that holds components: what is in it as its draft has it.
type unitProps struct {
	framed
	Crumbs     []ui.Link
	Row        rowProps
	Unit       bool   // else a block inside one
	Within     string // then, the address of what holds it
	Group      bool   // it goes by the name of the group that sees it
	Experiment *experimentView
	Edit       string // address of its form
	Key        string
	Name       string
	Seen       string // draft the page shows
	Sum        string // of all that the page shows
	Part       string // address of acts on the unit
	Action     string // address of the page, which takes additions
	Live       string
	Preview    string
	Components []componentProps
	Offers     []offerProps
	Undo       *undoProps
	Clip       *clipProps
	Paste      bool   // what is copied may be pasted here
	Sight      string // address of who sees it
	Rename     ui.FieldProps
	Changes    []changeProps
	Published  bool
	Facts      []string
	Findings   []findingProps // of the unit itself
	Moving     *movingProps
	Source     *drawnFrom // what the block takes from a library, on its own page

	Library  bool // the page is that of a library
	ReadOnly bool // who looks may not change it
	Copies   bool // what is listed are copies out of a library
	Previews bool // blocks of a library are shown as learners see them
	Page     string
	Pager    ui.PagerProps
	Offset   int // how many blocks stand before the first of the page
	Count    int // of blocks, on all pages
}

// pageURL is the address of the page itself.
func (p unitProps) pageURL() string { return cmp.Or(p.Page, p.Action) }

// componentProps is one component of a unit.
type componentProps struct {
	Anchor    string
	Key       string
	Name      string
	Kind      string
	Word      string // what the kind is called
	Edit      string
	Part      string // address of acts on it
	Sight     string // address of who sees it
	Inside    string // address of its own page where it holds others
	Sum       string // changes whenever it is drawn otherwise
	Notes     []string
	Findings  []findingProps
	Seed      string // address another variant of a question is asked at; "" for what has none
	First     bool
	Last      bool
	Move      string // address where another unit is chosen for it
	View      templ.Component
	Unchanged bool
}

// offerProps is a kind of component that can be added.
type offerProps struct {
	Kind, Word, Icon string
	Advanced         bool
	Groups           []offerGroup // of templates; none for a kind that begins in one way
}

type offerGroup struct {
	Label     string
	Templates []offerTemplate
}

type offerTemplate struct{ Name, Label string }

// changeProps is what learners do not have yet of a unit.
type changeProps struct{ What, Name string }

// movingProps asks for another unit.
type movingProps struct {
	Name   string
	Part   string
	Places []placeProps
}

func anchorOf(b *course.Block) string { return b.Type + "-" + b.ID }

// showUnit serves GET /container/KEY. With ?inside=1 it answers with what an open page has to show anew after an act.
func (s *Server) showUnit(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	if u.Course.Form == course.FormLibrary && (u.Type == "library" || !course.Containers[u.Type]) { // it stands on the page of its library
		to := blockURL(u)
		if u.Type == "library" && r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, to, http.StatusFound)
		return nil
	}
	p, err := s.newUnit(w, r, by, u)
	if err != nil {
		return err
	}
	page.AllowContent(w, r)
	if r.URL.Query().Has("inside") {
		w.Header().Set("Cache-Control", "no-store")
		return page.Render(w, r, unitInside(p))
	}
	return page.Render(w, r, unitPage(p))
}

func (s *Server) newUnit(w http.ResponseWriter, r *http.Request, by draft.Author, u course.UsageKey) (unitProps, error) {
	ctx := r.Context()
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return unitProps{}, err
	}
	way := draft.Way(b.Draft, u)
	if len(way) == 0 {
		return unitProps{}, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	block := way[len(way)-1]
	unit, inUnit := draft.UnitOf(b.Draft, u)
	if !inUnit {
		return unitProps{}, fault.NotFoundf("%s is no unit", u).Say("studio.unit.none")
	}
	state := publish.Outline(alone(b, unit), s.Clock(), nil)
	for len(state.Children) > 0 {
		state = state.Children[0]
	}
	all := course.PartitionsOf(b.Draft.Root.Fields["user_partitions"])
	name := wayName(ctx, u.Course, all, way)
	p := unitProps{
		framed: s.frame(w, r, u.Course, b.Draft.Root, "", name), Unit: unit == u && u.Course.Form != course.FormLibrary, Key: u.String(), Name: name, Seen: string(head.Draft),
		Part: partURL(u), Action: containerURL(u), Live: s.LMS(r) + "/courses/" + u.Course.String() + "/jump_to/" + u.String(), Preview: previewURL(unit),
		Published: state.Published, Row: newRow(ctx, state, open{}),
	}
	p.Sight = sightURL(u)
	p.Rename = ui.FieldProps{Name: "name", ID: "unit-name", Label: i18n.T(ctx, "studio.part.name"), Value: p.Name, Required: true, MaxLength: 255}
	p.Layout.Styles, p.Layout.Entries = append(p.Layout.Styles, "css/course.css"), append(p.Layout.Entries, "js/course.js")
	p.Group = len(way) > 1 && way[len(way)-2].Type == "split_test" && name != nameOf(block)
	for i, up := range way[:len(way)-1] {
		link := ui.Link{Label: wayName(ctx, u.Course, all, way[:i+1]), URL: courseURL(u.Course) + "?" + url.Values{"show": {u.Course.Usage(up.Type, up.ID).String()}}.Encode()}
		switch key := u.Course.Usage(up.Type, up.ID); {
		case i == 0:
			continue
		case key == unit || !draft.Direct(up.Type):
			link.URL = containerURL(key)
		}
		p.Crumbs = append(p.Crumbs, link)
		p.Within = link.URL
	}
	p.Crumbs = append(p.Crumbs, ui.Link{Label: p.Name})
	c, n, err := s.compiled(ctx, head, b.Draft, u)
	if err != nil {
		return p, err
	}
	rt := s.runtime(r, c)
	children := c.ChildrenOf(n)
	if len(block.Children) == 0 && !course.Containers[u.Type] { // a component straight in a subsection is a unit by itself
		children = []*course.Node{n}
	}
	check, err := s.checker(ctx, head)
	if err != nil {
		return p, err
	}
	found, _ := check.Check(b.Draft, unit)
	foundIn := findingsBy(u.Course, block, found)
	if unit == u && course.Containers[u.Type] {
		own := slices.DeleteFunc(slices.Clone(foundIn[u]), func(f publish.Finding) bool { return f.Kind == publish.Empty })
		p.Findings = newFindingsIn(ctx, u.Course, b.Draft.Root, block, own) // that it is empty the page says where components would be
	}
	live := draft.NewIndex(b.Published)
	if _, ok := draft.SourceLibrary(block); ok {
		source, err := s.newDrawnFrom(ctx, by, head, n, p.Key)
		if err != nil {
			return p, err
		}
		source.Names, source.More, source.Inside = nil, 0, ""
		p.Source, p.Copies = &source, true
	}
	for i, child := range children {
		one := s.newComponent(ctx, rt, b.Draft.Root, live, child, newFindingsIn(ctx, u.Course, b.Draft.Root, child.Block, foundIn[child.Key]))
		if child.Facts.Chooses {
			one.View, one.Sum = s.sourceDrawn(ctx, by, child, p, one.Sum)
		}
		one.First, one.Last = i == 0, i == len(children)-1
		one.Move = p.Action + "?" + url.Values{"move": {one.Key}}.Encode() + "#move"
		p.Components = append(p.Components, one)
	}
	switch {
	case u.Type == "split_test": // it holds a part a group
		x := newExperimentView(ctx, u.Course, all, block)
		p.Experiment, p.Edit = &x, editURL(u)
	case course.Containers[u.Type] && !p.Copies:
		p.Offers = s.offers(ctx, b.Draft.Root)
	}
	if state.HasChanges && p.Unit {
		p.Changes = changesOf(ctx, b, unit)
	}
	if groups := groupWords(ctx, b.Draft.Root, block); groups != "" {
		p.Facts = append(p.Facts, groups)
	}
	if p.Clip, err = s.clip(r, u.Course); err != nil {
		return p, err
	}
	p.Paste = p.Clip.into(u.Type)
	if p.Undo, err = s.undoable(r, head, r.URL.Query()); err != nil {
		return p, err
	}
	if moving, err := course.ParseUsageKey(r.URL.Query().Get("move")); err == nil {
		if m := draft.Block(b.Draft, moving.In(u.Course)); m != nil {
			p.Moving = &movingProps{Name: nameOf(m), Part: partURL(moving.In(u.Course)), Places: unitPlaces(publish.Outline(b, s.Clock(), nil), u)}
		}
	}
	sum := sha256.New()
	for _, one := range p.Components {
		_, _ = io.WriteString(sum, one.Anchor+one.Sum)
	}
	p.Sum = hex.EncodeToString(sum.Sum(nil)[:8])
	return p, nil
}

// alone is a unit in both branches with what holds it and nothing beside it: what its state follows from.
func alone(b draft.Branches, unit course.UsageKey) draft.Branches {
	return draft.Branches{Draft: pruned(b.Draft, unit), Published: pruned(b.Published, unit)}
}

// pruned is a branch without what stands beside the way to a block. Where the block is not, nothing below the course is left.
func pruned(c *course.Content, u course.UsageKey) *course.Content {
	if c == nil {
		return nil
	}
	out := *c
	way := draft.Way(c, u)
	if way == nil {
		root := *c.Root
		root.Children = nil
		out.Root = &root
		return &out
	}
	out.Root = way[len(way)-1]
	for _, up := range slices.Backward(way[:len(way)-1]) {
		one := *up
		one.Children = []*course.Block{out.Root}
		out.Root = &one
	}
	return &out
}

// newComponent makes one component of the page. What cannot be drawn is a notice; its neighbors are drawn.
func (s *Server) newComponent(ctx context.Context, rt *component.Runtime, root *course.Block, live *draft.Index, n *course.Node, found []findingProps) componentProps {
	p := componentProps{
		Anchor: anchorOf(n.Block), Key: n.Usage, Name: n.Name, Kind: n.Block.Type, Word: kindWord(ctx, n.Block.Type), Edit: editURL(n.Key), Part: partURL(n.Key), Sight: sightURL(n.Key),
		Unchanged: draft.Same(live.Block(n.Key), n.Block), Findings: found,
	}
	if name, _ := n.Block.Fields["display_name"].Text(); name == "" {
		p.Name = p.Word
	}
	if above := rt.Course.ParentOf(n); above != nil && above.Block.Type == "split_test" {
		if g, ok := draft.ExperimentOf(n.Key.Course, rt.Course.Partitions, above.Block).Of(n.Block); ok {
			p.Name = g.Name
		} else {
			p.Notes = append(p.Notes, i18n.T(ctx, "groups.experiment.unseen"))
		}
	}
	if course.Containers[n.Block.Type] {
		p.Inside = containerURL(n.Key)
	}
	if n.Block.Type == "problem" && bytes.Contains(n.Block.Body, []byte("<script")) {
		p.Seed = rt.Links.Handler(n, "xmodule_handler", "another_seed")
	}
	if v, _ := n.Block.Fields["visible_to_staff_only"].Bool(); v {
		p.Notes = append(p.Notes, i18n.T(ctx, "publish.staff_only"))
	}
	if groups := groupWords(ctx, root, n.Block); groups != "" {
		p.Notes = append(p.Notes, groups)
	}
	told := slices.Clone(p.Notes)
	for _, f := range found {
		told = append(told, f.Where+f.Title+f.Detail)
	}
	notes := strings.Join(told, "\x00")
	view := component.Block(n, s.drawn(ctx, rt, n))
	html, err := draw(ctx, view)
	if err != nil {
		html, _ = draw(ctx, component.Block(n, component.Broken(rt, n, err)))
	}
	sum := sha256.Sum256([]byte(html + "\x00" + p.Name + notes + strconv.FormatBool(p.Unchanged)))
	p.Sum, p.View = hex.EncodeToString(sum[:8]), templ.Raw(html)
	return p
}

// sourceDrawn is the view, and the sum, of a block that takes from a library: what it takes, not what one learner would be shown.
func (s *Server) sourceDrawn(ctx context.Context, by draft.Author, n *course.Node, p unitProps, sum string) (templ.Component, string) {
	html, err := draw(ctx, s.sourceView(ctx, by, n, p.Seen, p.Key))
	if err != nil {
		html = ""
	}
	of := sha256.Sum256([]byte(sum + strings.ReplaceAll(html, p.Seen, ""))) // the version alone changes nothing that is seen
	return templ.Raw(html), hex.EncodeToString(of[:8])
}

// groupWords says which learners alone see a block, "" when all do.
func groupWords(ctx context.Context, root, b *course.Block) string {
	chosen := namedGroups(b)
	if len(chosen) == 0 {
		return ""
	}
	var names []string
	for _, a := range audiences(ctx, root, chosen) {
		for _, g := range a.Groups {
			if g.Chosen {
				names = append(names, g.Name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return i18n.T(ctx, "studio.unit.only_groups", strings.Join(names, ", "))
}

// changesOf lists what publishing a unit would change for its learners.
func changesOf(ctx context.Context, b draft.Branches, unit course.UsageKey) []changeProps {
	var out []changeProps
	groups := map[course.UsageKey]string{}
	for _, c := range []*course.Content{b.Published, b.Draft} {
		if block := draft.Block(c, unit); block != nil {
			maps.Copy(groups, partsByGroup(unit.Course, c.Root, block))
		}
	}
	for _, d := range draft.CompareBlocks(unit.Course, draft.Block(b.Published, unit), draft.Block(b.Draft, unit)) {
		what := "changed"
		switch {
		case d.Added:
			what = "added"
		case d.Removed:
			what = "removed"
		case !d.To.IsZero():
			what = "moved"
		case d.Reordered && len(d.Fields) == 0 && !d.Text:
			what = "reordered"
		}
		out = append(out, changeProps{i18n.T(ctx, "studio.unit.was_"+what), cmp.Or(groups[d.Block], d.Name, kindWord(ctx, d.Block.Type))})
	}
	return out
}

// unitPlaces lists the units a component may be moved to.
func unitPlaces(root *publish.Node, here course.UsageKey) []placeProps {
	var out []placeProps
	for _, section := range root.Children {
		for _, sub := range section.Children {
			for _, unit := range sub.Children {
				if course.Containers[unit.Key.Type] {
					out = append(out, placeProps{Key: unit.Key.String(), Name: unit.Name, Group: section.Name + " · " + sub.Name, Here: unit.Key == here})
				}
			}
		}
	}
	return out
}

// basicKinds are the components every course may have, in the order they are offered; the others are switched on in the course's settings.
var basicKinds = []struct{ kind, icon string }{
	{"html", "file-text"}, {"problem", "circle-help"}, {"video", "video"}, {"discussion", "message-square"}, {"library_content", "book-open"},
}

// offers lists what can be added to a unit of a course.
func (s *Server) offers(ctx context.Context, root *course.Block) []offerProps {
	var out []offerProps
	library := root.Type == "library"
	for _, k := range basicKinds {
		if library && !draft.FitsLibrary(k.kind) {
			continue
		}
		out = append(out, s.offer(ctx, k.kind, k.icon))
	}
	var more []string
	root.Fields["advanced_modules"].Decode(&more)
	for _, kind := range more {
		if _, known := s.Editor.Schemas[kind]; !known || library && !draft.FitsLibrary(kind) || slices.ContainsFunc(out, func(o offerProps) bool { return o.Kind == kind }) {
			continue
		}
		one := s.offer(ctx, kind, "sparkles")
		one.Advanced = true
		out = append(out, one)
	}
	return out
}

func (s *Server) offer(ctx context.Context, kind, icon string) offerProps {
	p := offerProps{Kind: kind, Word: kindWord(ctx, kind), Icon: icon}
	k, ok := s.Draw.Kinds.Of(kind).(component.Templated)
	if !ok || !s.Draw.Kinds.Known(kind) {
		return p
	}
	for _, t := range k.Templates() {
		label := i18n.T(ctx, "studio.unit.templates."+cmp.Or(t.Tab, component.TabCommon))
		i := slices.IndexFunc(p.Groups, func(g offerGroup) bool { return g.Label == label })
		if i < 0 {
			p.Groups, i = append(p.Groups, offerGroup{Label: label}), len(p.Groups)
		}
		p.Groups[i].Templates = append(p.Groups[i].Templates, offerTemplate{t.Name, i18n.T(ctx, t.Label)})
	}
	return p
}

// addComponent serves POST /container/KEY: a new component, whose editor opens.
func (s *Server) addComponent(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	create := draft.Create{Parent: u, Type: r.PostForm.Get("category")}
	if at := r.PostForm.Get("at"); at != "" {
		if create.At, err = strconv.Atoi(at); err != nil || create.At < 0 {
			return fault.Invalidf("a component at place %q", at).Say("draft.bad_value")
		}
	}
	sent, err := s.begin(&create, r.PostForm.Get("boilerplate"))
	if err != nil {
		return err
	}
	if !create.Set["display_name"].IsSet() { // learners would read its id
		create.Name = kindWord(r.Context(), create.Type)
	}
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: u.Course, By: by, Ops: []draft.Op{create}})
	if err != nil {
		return err
	}
	made := done.Made[0]
	if err := s.addFiles(r.Context(), by, made, sent); err != nil {
		return err
	}
	if page.WantsJSON(r) {
		out := newActed(done, page.Notice{})
		out.Words = i18n.T(r.Context(), "studio.did.added", kindWord(r.Context(), made.Type))
		return page.JSON(w, r, http.StatusOK, out)
	}
	return page.Redirect(w, r, editURL(made))
}

// begin gives a new block what its template says, "" being the kind's blank one, and returns the files that come with it.
func (s *Server) begin(create *draft.Create, boilerplate string) ([]component.TemplateFile, error) {
	t, ok := component.FindTemplate(s.Draw.Kinds.Of(create.Type), boilerplate)
	if !ok && boilerplate == "" {
		k, templated := s.Draw.Kinds.Of(create.Type).(component.Templated)
		if !templated || len(k.Templates()) == 0 {
			return nil, nil
		}
		t = k.Templates()[0]
	} else if !ok {
		return nil, fault.Invalidf("%s has no template %q", create.Type, boilerplate).Field("boilerplate", "studio.unit.no_template").Say("studio.unit.no_template")
	}
	create.Set = t.Set.Clone()
	create.Body = slices.Clone(t.Body)
	return t.Files, nil
}

// addFiles puts the files that came with the template of a new block into the course. They come behind the block, so that one that was
// refused leaves nothing; where they cannot be kept, the block goes again.
func (s *Server) addFiles(ctx context.Context, by draft.Author, made course.UsageKey, list []component.TemplateFile) error {
	for _, f := range list {
		_, err := s.Files.Put(ctx, by, made.Course, files.Upload{Name: f.Name, Body: bytes.NewReader(f.Body), Replaces: new(string)})
		if err != nil && !fault.Is(err, fault.Conflict) { // one of that name is there: the team may have changed it
			_, back := s.Editor.Apply(context.WithoutCancel(ctx), draft.Edit{Key: made.Course, By: by, Ops: []draft.Op{draft.Delete{Block: made}}})
			return errors.Join(err, back)
		}
	}
	return nil
}
