package studio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// Who sees a unit or a component: everybody, the course's team alone, or learners in certain groups.

func sightRoutes(s *Server, rt routes) {
	rt.get("/access/*", s.showSight)
	rt.post("/access/*", forBoth(s.setSight))
}

func sightURL(u course.UsageKey) string { return "/access/" + u.String() }

// sightProps is the form of who sees a block.
type sightProps struct {
	Page       framed
	Crumbs     []ui.Link
	Inside     bool // the form alone, for pages that show it in place
	Name       string
	Locator    string
	Action     string
	Back       string
	Seen       string
	Above      string // what a block above says of it, "" when nothing
	Republish  bool   // changing the lock brings learners everything of the unit
	Who        ui.FieldProps
	Partitions []sightPartition
	Manage     string // address of the course's groups
	Error      string // of the groups
}

// sightPartition is one way the learners of the course are divided.
type sightPartition struct {
	Name   string
	Groups []ui.FieldProps
}

// The answers to who sees a block.
const (
	seenByAll    = "all"
	seenByTeam   = "team"
	seenByGroups = "groups"
)

// showSight serves GET /access/KEY; with ?inside=1 the form alone.
func (s *Server) showSight(w http.ResponseWriter, r *http.Request) error {
	_, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	p, err := s.newSight(w, r, u, nil, "")
	if err != nil {
		return err
	}
	return renderSight(w, r, http.StatusOK, p)
}

func renderSight(w http.ResponseWriter, r *http.Request, status int, p sightProps) error {
	if p.Inside {
		return page.RenderStatus(w, r, status, sightForm(p))
	}
	return page.RenderStatus(w, r, status, sightPage(p))
}

// newSight fills the form; one that was refused comes back as it was filled in, with what is wrong.
func (s *Server) newSight(w http.ResponseWriter, r *http.Request, u course.UsageKey, typed url.Values, wrong string) (sightProps, error) {
	ctx := r.Context()
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return sightProps{}, err
	}
	block := draft.Block(b.Draft, u)
	above := draft.Above(b.Draft, u)
	if block == nil || above == nil {
		return sightProps{}, fault.NotFoundf("%s is no part of the draft's tree", u).Say("draft.gone")
	}
	p := sightProps{
		Inside: r.URL.Query().Get("inside") != "", Name: nameOf(block), Locator: u.String(), Action: sightURL(u), Back: s.backOf(r, b.Draft, u),
		Seen: string(head.Draft), Error: wrong,
	}
	if back := localPath(r.URL.Query().Get("back")); back != "" {
		p.Action += "?" + url.Values{"back": {back}}.Encode()
	}
	who, chosen := sightOf(block)
	if typed != nil {
		p.Seen, who, chosen = typed.Get("seen"), typed.Get("who"), map[string]bool{}
		for _, g := range typed["group"] {
			chosen[g] = true
		}
	}
	for up := above; up != nil; up = draft.Above(b.Draft, u.Course.Usage(up.Type, up.ID)) {
		if locked, _ := up.Fields["visible_to_staff_only"].Bool(); locked {
			p.Above = i18n.T(ctx, "studio.sight.above", nameOf(up))
		}
	}
	unit, _ := draft.UnitOf(b.Draft, u)
	p.Republish = unit.ID == u.ID && unit.Type == u.Type && draft.Block(b.Published, u) != nil
	p.Manage = groupsURL(u.Course)
	for _, a := range audiences(ctx, b.Draft.Root, chosen) {
		one := sightPartition{Name: a.Name}
		for _, g := range a.Groups {
			id := "group-" + strconv.Itoa(a.ID) + "-" + strconv.Itoa(g.ID)
			one.Groups = append(one.Groups, ui.FieldProps{Name: "group", ID: id, Value: a.value(g), Label: g.Name, Checked: g.Chosen, Quiet: true})
		}
		p.Partitions = append(p.Partitions, one)
	}
	p.Who = ui.FieldProps{Name: "who", Label: i18n.T(ctx, "studio.sight.who"), Quiet: true, Options: []ui.Option{
		{Value: seenByAll, Label: i18n.T(ctx, "studio.sight.all"), Selected: who == seenByAll},
		{Value: seenByTeam, Label: i18n.T(ctx, "studio.sight.team"), Help: i18n.T(ctx, "studio.sight.team_help"), Selected: who == seenByTeam},
	}}
	if len(p.Partitions) > 0 {
		p.Who.Options = append(p.Who.Options, ui.Option{Value: seenByGroups, Label: i18n.T(ctx, "studio.sight.groups"), Selected: who == seenByGroups})
	}
	if !p.Inside {
		p.Page = s.frame(w, r, u.Course, b.Draft.Root, "", i18n.T(ctx, "studio.sight.title", p.Name))
		p.Page.Layout.Main = "reading"
		p.Crumbs = editCrumbs(s.newSettings(ctx, b.Draft, u, block), u)
	}
	return p, nil
}

// sightOf says who sees a block by its own settings, and which groups it names, as "PARTITION:GROUP".
func sightOf(b *course.Block) (who string, chosen map[string]bool) {
	chosen = namedGroups(b)
	locked, _ := b.Fields["visible_to_staff_only"].Bool()
	switch {
	case locked:
		who = seenByTeam
	case len(chosen) > 0:
		who = seenByGroups
	default:
		who = seenByAll
	}
	return who, chosen
}

// setSight serves POST /access/KEY. Where the lock of a unit learners have is changed, they get all of its draft at once.
func (s *Server) setSight(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	form := r.PostForm
	_, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return err
	}
	block := draft.Block(b.Draft, u)
	if block == nil || draft.Above(b.Draft, u) == nil {
		return fault.NotFoundf("%s is no part of the draft's tree", u).Say("draft.gone")
	}
	op, err := readSight(r.Context(), u, b.Draft.Root, block, form)
	var done draft.Done
	if err == nil {
		done, err = s.Editor.Apply(r.Context(), draft.Edit{Key: u.Course, By: by, Seen: course.VersionID(form.Get("seen")), Ops: []draft.Op{op}})
	}
	if err != nil {
		return s.refuseSight(w, r, u, form, err)
	}
	s.note(r, "course.access", u, map[string]any{"who": form.Get("who"), "groups": form["group"], "published": len(done.Published)})
	notice := page.Notice{Kind: "success", ID: "studio.sight.saved"}
	if len(done.Published) > 0 {
		notice.ID = "studio.sight.saved_published"
	}
	if page.WantsJSON(r) {
		out := newActed(done, notice)
		out.Words = i18n.T(r.Context(), notice.ID)
		return page.JSON(w, r, http.StatusOK, out)
	}
	to, err := url.Parse(s.backOf(r, b.Draft, u))
	if err != nil {
		return err
	}
	if was := undoOf(done); was != "" {
		q := to.Query()
		maps.Copy(q, undoQuery("access", u, was))
		to.RawQuery = q.Encode()
	}
	return page.Redirect(w, r, to.String(), notice)
}

// readSight makes the update of a form.
func readSight(ctx context.Context, u course.UsageKey, root, b *course.Block, form url.Values) (draft.Update, error) {
	op := draft.Update{Block: u}
	locked, _ := b.Fields["visible_to_staff_only"].Bool()
	lock := func(want bool) {
		switch {
		case want && !locked:
			set(&op, "visible_to_staff_only", "true")
		case !want && b.Fields["visible_to_staff_only"].IsSet():
			unset(&op, "visible_to_staff_only")
		}
	}
	switch form.Get("who") {
	case seenByTeam: // what groups it names is kept for when it is shown again
		lock(true)
	case seenByAll:
		lock(false)
		if b.Fields["group_access"].IsSet() {
			unset(&op, "group_access")
		}
	case seenByGroups:
		lock(false)
		only, err := readAudience(ctx, root, b, form["group"])
		if err == nil && len(only) == 0 {
			err = fault.Invalidf("no group chosen").Field("group", "studio.sight.choose").Say("studio.sight.choose")
		}
		if err != nil {
			return op, err
		}
		text, err := json.Marshal(only)
		if err != nil {
			return op, err
		}
		set(&op, "group_access", course.Value(text))
	default:
		return op, fault.Invalidf("who sees %s: %q", u, form.Get("who")).Field("who", "draft.bad_value").Say("draft.bad_value")
	}
	return op, nil
}

// refuseSight answers a form that was not taken: it comes back as it was filled in, or both versions are shown.
func (s *Server) refuseSight(w http.ResponseWriter, r *http.Request, u course.UsageKey, form url.Values, err error) error {
	if page.WantsJSON(r) {
		return err
	}
	ctx := r.Context()
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Fields) > 0 {
		bad := page.FieldErrors(ctx, f)
		wrong := cmp.Or(bad["group"], bad["group_access"])
		if wrong == "" {
			wrong = i18n.T(ctx, f.Message, f.Args...)
		}
		p, formErr := s.newSight(w, r, u, form, wrong)
		if formErr != nil {
			return formErr
		}
		return renderSight(w, r, page.Status(err), p)
	}
	lost := (*draft.Lost)(nil)
	if !errors.As(err, &lost) {
		return err
	}
	_, b, readErr := s.Editor.Read(ctx, u.Course)
	if readErr != nil {
		return readErr
	}
	p := conflictProps{
		framed: s.frame(w, r, u.Course, b.Draft.Root, "", i18n.T(ctx, "studio.conflict.title")), Action: sightURL(u), Part: sightURL(u), Back: sightURL(u),
		Text: i18n.T(ctx, "studio.conflict.text", lost.Author, lost.Time),
	}
	p.Layout.Main = "reading"
	for _, name := range []string{"who", "group"} {
		for _, value := range form[name] {
			p.Fields = append(p.Fields, page.FieldProps{Name: name, Value: value})
		}
	}
	p.Fields = append(p.Fields, page.FieldProps{Name: "seen", Value: string(lost.Now)})
	for _, c := range lost.Clashes {
		p.Clashes = append(p.Clashes, newClash(ctx, c, form))
	}
	return page.RenderStatus(w, r, http.StatusConflict, conflictPage(p))
}
