package studio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// groupsView is what a page, or JSON, tells of the partitions of a course.
type groupsView struct {
	draft.Branches
	head  modulestore.Head
	ctx   context.Context //nolint:containedctx // a view lives no longer than its request
	key   course.Key
	list  []draft.Partition
	all   []course.Partition
	usage draft.Usage
	plain bool // the setting is a list of maps
	index *draft.Index
}

// groups looks at the version the request began with.
func (e *courseEdit) groups(r *http.Request) *groupsView {
	return newGroupsView(r, e.key, e.head, e.both)
}

// groupsNow looks at what is in force after a change, or after one that was refused for what others did meanwhile.
func (s *Server) groupsNow(r *http.Request, key course.Key) (*groupsView, error) {
	head, b, err := s.Editor.Read(r.Context(), key)
	if err != nil {
		return nil, err
	}
	return newGroupsView(r, key, head, b), nil
}

func newGroupsView(r *http.Request, key course.Key, head modulestore.Head, b draft.Branches) *groupsView {
	v := &groupsView{
		Branches: b, head: head, ctx: r.Context(), key: key, usage: b.Usage(), index: draft.NewIndex(b.Draft), all: course.PartitionsOf(b.Draft.Root.Fields["user_partitions"]),
	}
	v.list, v.plain = draft.PartitionsIn(b.Draft)
	return v
}

// trackPartition are the enrollment tracks as a partition, with names for people.
func trackPartition(ctx context.Context) course.Partition {
	p := course.Partition{ID: course.TrackPartition, Name: i18n.T(ctx, "groups.tracks"), Description: i18n.T(ctx, "groups.tracks_lead"), Scheme: course.SchemeTrack, Active: true}
	for _, g := range course.Tracks {
		p.Groups = append(p.Groups, course.Group{ID: g.ID, Name: i18n.T(ctx, "groups.track."+g.Name)})
	}
	return p
}

// groupUses are blocks that rely on groups: the first ones, and how many more there are.
type groupUses struct {
	List []groupUse
	More int
}

// Count is the number of all.
func (u groupUses) Count() int { return len(u.List) + u.More }

// mostUses bounds what a page lists of the uses of one group.
const mostUses = 50

func (v *groupsView) firstUses(list []draft.Use) groupUses {
	n := min(len(list), mostUses)
	return groupUses{v.uses(list[:n]), len(list) - n}
}

// groupUse is a block that relies on groups.
type groupUse struct {
	Label   string
	URL     string
	Note    string // in what version
	Problem *validation
}

// uses tells of blocks that rely on groups.
func (v *groupsView) uses(list []draft.Use) []groupUse {
	out := []groupUse{}
	for _, u := range list {
		p := groupUse{Label: v.name(u.Way), URL: v.place(u.Way)}
		if len(u.Way) > 1 {
			p.Label = v.name(u.Way[:len(u.Way)-1]) + " / " + p.Label
		}
		if u.Learners {
			p.Note = i18n.T(v.ctx, "groups.only_learners")
		}
		if u.Block().Type == "split_test" {
			p.Problem = experimentProblem(v.ctx, draft.ExperimentOf(v.key, v.all, u.Block()))
		}
		out = append(out, p)
	}
	return out
}

// name is what the last block of a way is called: below an experiment, after the group that sees it.
func (v *groupsView) name(way []*course.Block) string { return wayName(v.ctx, v.key, v.all, way) }

func wayName(ctx context.Context, key course.Key, all []course.Partition, way []*course.Block) string {
	b := way[len(way)-1]
	if len(way) > 1 && way[len(way)-2].Type == "split_test" {
		if g, ok := draft.ExperimentOf(key, all, way[len(way)-2]).Of(b); ok {
			return g.Name
		}
	}
	if name, _ := b.Fields["display_name"].Text(); name != "" {
		return name
	}
	return kindWord(ctx, b.Type)
}

// place is where an author finds the last block of a way; of one that is in the draft no more, what held it.
func (v *groupsView) place(way []*course.Block) string {
	for len(way) > 1 {
		b := way[len(way)-1]
		u := v.key.Usage(b.Type, b.ID)
		above := way[len(way)-2]
		switch {
		case v.index.Block(u) == nil:
			way = way[:len(way)-1]
			continue
		case draft.Direct(b.Type):
			return partURL(u)
		case draft.Direct(above.Type) || course.Containers[b.Type]:
			return containerURL(u)
		default:
			return containerURL(v.key.Usage(above.Type, above.ID)) + "#" + url.PathEscape(anchorOf(b))
		}
	}
	return courseURL(v.key)
}

// configuration is a partition as clients know it; raw is it as it is stored, nil for one that is not.
func (v *groupsView) configuration(p course.Partition, raw draft.Partition) configurationAs {
	out := configurationAs{
		ID: p.ID, Name: p.Name, Scheme: p.Scheme, Description: p.Description, Parameters: json.RawMessage("{}"), Groups: []groupAs{}, Active: p.Active, Version: 3,
		Usage: usagesAs(v.uses(v.usage.Experiments(p.ID))),
	}
	if parameters := raw["parameters"]; parameters.IsSet() && !parameters.IsNull() {
		out.Parameters = json.RawMessage(parameters)
	}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, groupAs{g.ID, g.Name, 1, usagesAs(v.uses(v.usage.Groups(p.ID, g.ID)))})
	}
	return out
}

// alone is a partition that is the whole answer.
func (v *groupsView) alone(p draft.Partition) configurationAs {
	out := v.configuration(p.Read(), p)
	out.Seen = string(v.head.Draft)
	return out
}

func usagesAs(list []groupUse) []usageAs {
	out := []usageAs{}
	for _, u := range list {
		out = append(out, usageAs{u.Label, u.URL, u.Problem})
	}
	return out
}

// groupsProps is the page.
type groupsProps struct {
	framed
	URL         string
	Error       string
	Undo        *groupUndo
	Unreadable  bool
	Content     []contentProps
	Tracks      []groupProps
	Experiments []experimentProps
	Offered     bool // experiments can be added to units
	Others      []experimentProps
}

// groupUndo brings back what was deleted right before.
type groupUndo struct{ Text, Was, Partition, Group string }

// contentProps is one partition of content groups; most courses have one.
type contentProps struct {
	ID     string // "" for one that is not there yet
	Name   string // "" where it is the only one
	Groups []groupProps
	Add    ui.FieldProps
}

type groupProps struct {
	ID, Partition string
	Name          string
	Share         string // of an experiment's learners
	Uses          groupUses
	Rename        ui.FieldProps
	Open          bool // its new name was refused
}

// experimentProps is a partition that is shown as a whole.
type experimentProps struct {
	ID, Name, Description, Scheme string
	URL                           string
	Inactive                      bool
	Groups                        []groupProps
	Uses                          groupUses
}

// used reports whether something relies on a partition or one of its groups.
func (p experimentProps) used() bool {
	return p.Uses.Count() > 0 || slices.ContainsFunc(p.Groups, func(g groupProps) bool { return g.Uses.Count() > 0 })
}

// newGroups fills the page; a form that was refused comes back as it was typed.
func (s *Server) newGroups(w http.ResponseWriter, r *http.Request, e *courseEdit, v *groupsView, typed url.Values, bad map[string]string) (groupsProps, error) {
	ctx := r.Context()
	p := groupsProps{
		framed: s.frame(w, r, e.key, v.Draft.Root, "groups", i18n.T(ctx, "studio.page.groups")), URL: groupsURL(e.key), Unreadable: !v.plain, Offered: offersExperiments(v.Draft.Root),
		Tracks: v.groups(trackPartition(ctx)), Error: bad[""],
	}
	for _, raw := range v.list {
		one := raw.Read()
		whole := experimentProps{
			ID: strconv.Itoa(one.ID), Name: one.Name, Description: one.Description, Scheme: one.Scheme, URL: partitionURL(e.key, one.ID), Inactive: !one.Active,
			Groups: v.groups(one), Uses: v.firstUses(v.usage.Experiments(one.ID)),
		}
		switch one.Scheme {
		case course.SchemeCohort:
			p.Content = append(p.Content, contentProps{ID: whole.ID, Name: one.Name, Groups: whole.Groups})
		case course.SchemeRandom:
			p.Experiments = append(p.Experiments, whole)
		default:
			p.Others = append(p.Others, whole)
		}
	}
	switch len(p.Content) {
	case 0:
		p.Content = []contentProps{{}}
	case 1:
		p.Content[0].Name = ""
	}
	for i := range p.Content {
		p.Content[i].fill(ctx, typed, bad, i == 0)
	}
	if typed != nil {
		return p, nil
	}
	var err error
	p.Undo, err = s.groupsToUndo(r, e, v)
	return p, err
}

// fill makes the forms of content groups. Where a form was drawn before there were any, its group was meant for the first.
func (p *contentProps) fill(ctx context.Context, typed url.Values, bad map[string]string, first bool) {
	p.Add = ui.FieldProps{Name: "name", ID: "add-" + p.ID, Label: i18n.T(ctx, "groups.new_name"), Required: true, MaxLength: 255}
	if meant := typed.Get("partition"); typed.Get("act") == "add" && (meant == p.ID || first && meant == "") {
		p.Add.Value, p.Add.Error = typed.Get("name"), bad["name"]
	}
	for i := range p.Groups {
		g := &p.Groups[i]
		g.Rename = ui.FieldProps{Name: "name", ID: "name-" + g.Partition + "-" + g.ID, Label: i18n.T(ctx, "groups.name"), Value: g.Name, Required: true, MaxLength: 255}
		if typed.Get("act") == "rename" && typed.Get("partition") == g.Partition && typed.Get("group") == g.ID {
			g.Rename.Value, g.Rename.Error, g.Open = typed.Get("name"), bad["name"], true
		}
	}
}

func (v *groupsView) groups(p course.Partition) []groupProps {
	var out []groupProps
	for _, g := range p.Groups {
		one := groupProps{ID: strconv.Itoa(g.ID), Partition: strconv.Itoa(p.ID), Name: g.Name, Uses: v.firstUses(v.usage.Groups(p.ID, g.ID))}
		if p.Scheme == course.SchemeRandom {
			one.Share = i18n.T(v.ctx, "groups.share", 100/len(p.Groups))
		}
		out = append(out, one)
	}
	return out
}

// groupsToUndo says what was deleted right before, nil where that is back.
func (s *Server) groupsToUndo(r *http.Request, e *courseEdit, v *groupsView) (*groupUndo, error) {
	q := r.URL.Query()
	if q.Get("was") == "" {
		return nil, nil //nolint:nilnil // nothing was deleted
	}
	old, err := s.Editor.Version(r.Context(), e.by, e.key, course.VersionID(q.Get("was")))
	if fault.Is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // an address somebody made up
	}
	if err != nil {
		return nil, err
	}
	out := &groupUndo{Was: q.Get("was"), Partition: q.Get("partition"), Group: q.Get("group")}
	partition, err := parseGroupNumber(out.Partition)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // as above
	}
	before, _ := draft.PartitionsIn(old)
	at := draft.FindPartition(before, partition)
	if at < 0 {
		return nil, nil //nolint:nilnil // as above
	}
	was, now := before[at].Read(), course.Partition{}
	if i := draft.FindPartition(v.list, partition); i >= 0 {
		now = v.list[i].Read()
	}
	if out.Group == "" {
		out.Text = i18n.T(v.ctx, "groups.did.deleted", was.Name)
		if now.Name != "" {
			return nil, nil //nolint:nilnil // it is back
		}
		return out, nil
	}
	id, _ := strconv.Atoi(out.Group)
	g, had := was.Group(id)
	if _, back := now.Group(id); back || !had || now.Name == "" {
		return nil, nil //nolint:nilnil // as above
	}
	out.Text = i18n.T(v.ctx, "groups.did.deleted", g.Name)
	return out, nil
}

// newPartition stands for the id of a partition that is about to be made.
const newPartition = "new"

// experimentForm is what the form of an experiment's groups says.
type experimentForm struct {
	Name, Description string
	Groups            []groupRow
	Was               string // the partition as it was when the form was drawn, "" for a new one
}

type groupRow struct{ ID, Name string }

func newExperimentForm(ctx context.Context, p draft.Partition) experimentForm {
	if p == nil {
		return experimentForm{Groups: []groupRow{{Name: i18n.T(ctx, "groups.group_a")}, {Name: i18n.T(ctx, "groups.group_b")}}}
	}
	read := p.Read()
	out := experimentForm{Name: read.Name, Description: read.Description, Was: string(course.JSON(p))}
	for _, g := range read.Groups {
		out.Groups = append(out.Groups, groupRow{strconv.Itoa(g.ID), g.Name})
	}
	return out
}

// readExperimentForm reads the form; rows without id and name say nothing.
func readExperimentForm(form url.Values) experimentForm {
	out := experimentForm{Name: strings.TrimSpace(plainText(form.Get("name"))), Description: strings.TrimSpace(plainText(form.Get("description"))), Was: form.Get("was")}
	ids := form["group_id"]
	for i, name := range form["group_name"] {
		row := groupRow{Name: strings.TrimSpace(plainText(name))}
		if i < len(ids) {
			row.ID = ids[i]
		}
		if row != (groupRow{}) {
			out.Groups = append(out.Groups, row)
		}
	}
	return out
}

// check says what is wrong with a form, by the ids of its inputs.
func (f experimentForm) check(ctx context.Context) map[string]string {
	bad := map[string]string{}
	switch {
	case f.Name == "":
		bad["name"] = i18n.T(ctx, "groups.no_name")
	case len([]rune(f.Name)) > 255:
		bad["name"] = i18n.T(ctx, "groups.long_name")
	}
	if len(f.Groups) < 2 {
		bad["groups"] = i18n.T(ctx, "groups.two_groups")
	}
	for i, g := range f.Groups {
		id := "group-" + strconv.Itoa(i)
		switch {
		case g.Name == "":
			bad[id] = i18n.T(ctx, "groups.no_name")
		case len([]rune(g.Name)) > 255:
			bad[id] = i18n.T(ctx, "groups.long_name")
		case slices.ContainsFunc(f.Groups[:i], func(x groupRow) bool { return strings.EqualFold(x.Name, g.Name) }):
			bad[id] = i18n.T(ctx, "groups.taken")
		}
	}
	return bad
}

// over is a partition as the form wants it: groups keep what they have under other keys.
func (f experimentForm) over(now draft.Partition) draft.Partition {
	out := draft.Partition{"scheme": course.Text(course.SchemeRandom), "parameters": "{}", "active": "true", "version": "3"}
	if now != nil {
		out = maps.Clone(now)
	}
	out["name"] = course.Text(f.Name)
	if f.Description != "" || out["description"].IsSet() || now == nil {
		out["description"] = course.Text(f.Description)
	}
	kept := out.Groups()
	var groups []draft.Group
	for _, row := range f.Groups {
		one := draft.Group{"version": "1"}
		if id, err := strconv.Atoi(row.ID); err == nil {
			one["id"] = course.JSON(id)
			if at := draft.FindGroup(kept, id); at >= 0 {
				one = kept[at]
			}
		}
		one["name"] = course.Text(row.Name)
		groups = append(groups, one)
	}
	out.SetGroups(groups)
	return out
}

// changedGroups is the cause of a lost race: the partition is another by now than its author saw. Each is nil where it is not there.
type changedGroups struct { //nolint:errname // it is the cause of an error of kind Conflict
	Base, Mine, Now draft.Partition
	Race            *lostRace // as programs are told
}

func (*changedGroups) Error() string { return "the partition has changed" }

// savePartition serves the form of an experiment's groups.
func (s *Server) savePartition(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	ctx, form := r.Context(), readExperimentForm(r.PostForm)
	id := -1
	if chi.URLParam(r, "partition") != newPartition {
		if id, err = groupNumber(r, "partition"); err != nil {
			return err
		}
	}
	act := r.PostForm.Get("act")
	if n, ok := strings.CutPrefix(act, "without."); ok {
		if at, err := strconv.Atoi(n); err == nil && at >= 0 && at < len(form.Groups) {
			form.Groups = slices.Delete(form.Groups, at, at+1)
		}
		return s.showExperimentForm(w, r, e.groups(r), http.StatusOK, form, nil)
	}
	if act == "more" {
		form.Groups = append(form.Groups, groupRow{})
		return s.showExperimentForm(w, r, e.groups(r), http.StatusOK, form, nil)
	}
	if bad := form.check(ctx); len(bad) > 0 {
		return s.showExperimentForm(w, r, e.groups(r), http.StatusUnprocessableEntity, form, bad)
	}
	words := "Edit groups " + form.Name
	if id < 0 {
		words = "Add groups " + form.Name
	}
	done, err := s.changeGroups(r, e, words, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		at := draft.FindPartition(list, id)
		var now draft.Partition
		was := ""
		if at >= 0 {
			now, was = list[at], string(course.JSON(list[at]))
		}
		if at >= 0 && now.Read().Scheme != course.SchemeRandom {
			return nil, fault.Invalidf("partition %d is no experiment", id).Say("groups.read_only")
		}
		next := form.over(now)
		switch {
		case at >= 0 && string(course.JSON(next)) == was:
			return list, nil
		case was != form.Was:
			return nil, &fault.Error{Kind: fault.Conflict, Err: &changedGroups{Now: now}}
		case at >= 0:
			list[at] = next
			return list, nil
		case id >= 0: // it was deleted, and its author wants it back
			next["id"] = course.JSON(id)
		}
		return append(list, next), nil
	})
	if err != nil {
		return s.refuseExperiment(w, r, e, form, err)
	}
	notice := page.Notice{Kind: "success", ID: "groups.did.saved", Args: []string{form.Name}}
	if done.Head.Draft == done.Before.Draft {
		notice = page.Notice{Kind: "success", ID: "studio.settings.nothing"}
	}
	return page.Redirect(w, r, groupsURL(e.key), notice)
}

// refuseExperiment answers a form that was not taken.
func (s *Server) refuseExperiment(w http.ResponseWriter, r *http.Request, e *courseEdit, form experimentForm, err error) error {
	ctx := r.Context()
	f, ok := fault.As(err)
	if !ok || page.WantsJSON(r) {
		return err
	}
	if other := (*changedGroups)(nil); errors.As(err, &other) {
		var rows []clashRow
		was, name := "", form.Name
		if saw := (draft.Partition{}); json.Unmarshal([]byte(form.Was), &saw) == nil {
			name = cmp.Or(saw.Read().Name, name) // as both knew it
		}
		if other.Now != nil {
			theirs := newExperimentForm(ctx, other.Now)
			was = theirs.Was
			for _, row := range []clashRow{
				{i18n.T(ctx, "groups.name"), form.Name, theirs.Name},
				{i18n.T(ctx, "groups.description"), form.Description, theirs.Description},
				{i18n.T(ctx, "groups.groups"), form.groupNames(), theirs.groupNames()},
			} {
				if row.Mine != row.Theirs {
					rows = append(rows, row)
				}
			}
			if rows == nil { // they differ in what no form shows
				rows = []clashRow{{i18n.T(ctx, "groups.groups"), form.groupNames(), theirs.groupNames()}}
			}
		}
		again := []page.FieldProps{{Name: "act", Value: "save"}, {Name: "was", Value: was}, {Name: "name", Value: form.Name}, {Name: "description", Value: form.Description}}
		for _, g := range form.Groups {
			again = append(again, page.FieldProps{Name: "group_id", Value: g.ID}, page.FieldProps{Name: "group_name", Value: g.Name})
		}
		return s.showGroupConflict(w, r, e, rows, name, r.URL.Path, again)
	}
	if f.Kind != fault.Invalid {
		return err
	}
	v, viewErr := s.groupsNow(r, e.key)
	if viewErr != nil {
		return viewErr
	}
	return s.showExperimentForm(w, r, v, page.Status(err), form, map[string]string{"": groupFault(ctx, f)})
}

func (f experimentForm) groupNames() string {
	var names []string
	for _, g := range f.Groups {
		names = append(names, g.Name)
	}
	return strings.Join(names, ", ")
}

// experimentFormProps is the page of that form.
type experimentFormProps struct {
	framed
	Crumbs      []ui.Link
	Heading     string
	Action      string
	List        string
	Was         string
	Problem     string
	NoGroups    string
	Name        ui.FieldProps
	Description ui.FieldProps
	Groups      []experimentGroupProps
	Uses        groupUses
}

type experimentGroupProps struct {
	N      int
	ID     string
	Name   ui.FieldProps
	MayGo  bool
	GoAway string
	Used   bool // blocks are for it
}

func (s *Server) showExperimentForm(w http.ResponseWriter, r *http.Request, v *groupsView, status int, form experimentForm, bad map[string]string) error {
	ctx := r.Context()
	id, idErr := strconv.Atoi(chi.URLParam(r, "partition"))
	heading := i18n.T(ctx, "groups.new_experiment")
	p := experimentFormProps{Action: groupsURL(v.key) + "/" + newPartition, List: groupsURL(v.key), Was: form.Was, Problem: bad[""], NoGroups: bad["groups"]}
	if idErr == nil {
		p.Action, heading = partitionURL(v.key, id), form.Name
		p.Uses = v.firstUses(v.usage.Experiments(id))
		if at := draft.FindPartition(v.list, id); at >= 0 {
			heading = v.list[at].Read().Name
		}
	}
	p.framed, p.Heading = s.frame(w, r, v.key, v.Draft.Root, "groups", heading), heading
	p.Layout.Main = "reading"
	p.Crumbs = []ui.Link{{Label: i18n.T(ctx, "studio.page.groups"), URL: p.List}, {Label: heading}}
	p.Name = ui.FieldProps{Name: "name", Label: i18n.T(ctx, "groups.experiment_name"), Help: i18n.T(ctx, "groups.experiment_name_help"), Value: form.Name, Error: bad["name"], Required: true, MaxLength: 255}
	p.Description = ui.FieldProps{Name: "description", Label: i18n.T(ctx, "groups.description"), Value: form.Description, Type: "textarea", Rows: 3}
	for i, g := range form.Groups {
		n := strconv.Itoa(i + 1)
		one := experimentGroupProps{
			N: i, ID: g.ID, MayGo: len(form.Groups) > 1, GoAway: i18n.T(ctx, "groups.remove", n),
			Name: ui.FieldProps{Name: "group_name", ID: "group-" + strconv.Itoa(i), Label: i18n.T(ctx, "groups.group_n", n), Value: g.Name, Error: bad["group-"+strconv.Itoa(i)], Quiet: true, MaxLength: 255},
		}
		if group, err := strconv.Atoi(g.ID); err == nil && idErr == nil {
			one.Used = len(v.usage.Groups(id, group)) > 0
		}
		p.Groups = append(p.Groups, one)
	}
	return page.RenderStatus(w, r, status, experimentFormPage(p))
}
