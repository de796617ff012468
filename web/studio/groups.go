package studio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// How a course divides its learners: content groups, and the groups of experiments. Each change is a version and reaches learners at once.
//
// Programs may name as "seen", in the body or the query, the version they looked at: then a partition that is another by now is not changed, and
// both versions are answered. Without it the last one wins, as in the platform we match.

func groupRoutes(s *Server, rt routes) {
	rt.get("/group_configurations/{course}", forBoth(s.showGroups))
	rt.post("/group_configurations/{course}", formOr(s.actOnGroups, s.addPartition))
	rt.get("/group_configurations/{course}/{partition}", forBoth(s.showPartition))
	rt.post("/group_configurations/{course}/{partition}", formOr(s.savePartition, s.putPartition))
	rt.on("/group_configurations/{course}/{partition}", forPrograms(s.putPartition), http.MethodPut)
	rt.on("/group_configurations/{course}/{partition}", forPrograms(s.deletePartition), http.MethodDelete)
	rt.on("/group_configurations/{course}/{partition}/{group}", forPrograms(s.putPartition), http.MethodPost, http.MethodPut)
	rt.on("/group_configurations/{course}/{partition}/{group}", forPrograms(s.deletePartition), http.MethodDelete)
}

func groupsURL(key course.Key) string { return "/group_configurations/" + key.String() }

func partitionURL(key course.Key, id int) string { return groupsURL(key) + "/" + strconv.Itoa(id) }

// changeGroups makes an act on the partitions of a course and notes it.
func (s *Server) changeGroups(r *http.Request, e *courseEdit, words string, change func([]draft.Partition, draft.Usage) ([]draft.Partition, error)) (draft.Done, error) {
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: e.key, By: e.by, Ops: []draft.Op{draft.Partitions{Change: change, Words: words}}})
	if err == nil && done.Head.Draft != done.Before.Draft {
		s.note(r, "course.groups_changed", e.root(), map[string]string{"what": words, "version": string(done.Head.Draft)})
	}
	return done, err
}

// noPartition says that a course has no such partition, or no such group in it.
func noPartition(what any) error {
	return fault.NotFoundf("no partition or group %v", what).Say("groups.gone")
}

// groupNumber reads an id of the path.
func groupNumber(r *http.Request, name string) (int, error) {
	return parseGroupNumber(chi.URLParam(r, name))
}

func parseGroupNumber(text string) (int, error) {
	id, err := strconv.Atoi(text)
	if err != nil || id < 0 {
		return 0, noPartition(text)
	}
	return id, nil
}

// partitionInfos are all partitions as clients of the reference know them, with the blocks that rely on them.
type partitionInfos struct {
	ShowTracks      bool              `json:"should_show_enrollment_track"`
	ShowExperiments bool              `json:"should_show_experiment_groups"`
	All             []configurationAs `json:"all_group_configurations"`
	Experiments     []configurationAs `json:"experiment_group_configurations"`
	Seen            string            `json:"seen"`
}

// configurationAs is one partition as JSON.
type configurationAs struct {
	ID          int             `json:"id"`
	Name        string          `json:"name"`
	Scheme      string          `json:"scheme"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
	Groups      []groupAs       `json:"groups"`
	Active      bool            `json:"active"`
	Version     int             `json:"version"`
	Usage       []usageAs       `json:"usage"`
	Seen        string          `json:"seen,omitempty"` // the version this is of, where it is answered alone
}

type groupAs struct {
	ID      int       `json:"id"`
	Name    string    `json:"name"`
	Version int       `json:"version"`
	Usage   []usageAs `json:"usage"`
}

type usageAs struct {
	Label      string      `json:"label"`
	URL        string      `json:"url"`
	Validation *validation `json:"validation,omitempty"`
}

// validation says that something is amiss with an experiment.
type validation struct {
	Type string `json:"type"` // error or warning
	Text string `json:"text"`
}

// showGroups serves GET /group_configurations/KEY: the page, or all partitions as JSON.
func (s *Server) showGroups(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	v := e.groups(r)
	if !page.WantsJSON(r) {
		p, err := s.newGroups(w, r, e, v, nil, nil)
		if err != nil {
			return err
		}
		return page.Render(w, r, groupsPage(p))
	}
	out := partitionInfos{
		ShowTracks: true, ShowExperiments: offersExperiments(e.now.Root),
		All: []configurationAs{v.configuration(trackPartition(r.Context()), nil)}, Experiments: []configurationAs{},
		Seen: string(v.head.Draft),
	}
	cohorts := false
	for _, p := range v.list {
		one := v.configuration(p.Read(), p)
		if one.Scheme == course.SchemeRandom {
			out.Experiments = append(out.Experiments, one)
			continue
		}
		cohorts = cohorts || one.Scheme == course.SchemeCohort
		out.All = append(out.All, one)
	}
	if !cohorts { // clients add their first group to it, by its id
		one := contentGroups()
		one["id"] = course.JSON(draft.FreshIDs(v.list, v.usage)())
		out.All = append(out.All, v.configuration(one.Read(), one))
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// contentGroups are the content groups of a course that has none yet.
func contentGroups() draft.Partition {
	return draft.Partition{
		"name": `"Content Groups"`, "description": `"Groups that content can be meant for. Cohorts of learners are linked to them."`, "scheme": course.Text(course.SchemeCohort),
		"parameters": "{}", "active": "true", "version": "3", "groups": "[]",
	}
}

// showPartition serves GET /group_configurations/KEY/ID: the form of an experiment's groups, "new" for ones that are to be made, or the
// partition as JSON.
func (s *Server) showPartition(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	v := e.groups(r)
	if chi.URLParam(r, "partition") == newPartition && !page.WantsJSON(r) {
		return s.showExperimentForm(w, r, v, http.StatusOK, newExperimentForm(r.Context(), nil), nil)
	}
	id, err := groupNumber(r, "partition")
	if err != nil {
		return err
	}
	at := draft.FindPartition(v.list, id)
	if at < 0 {
		return noPartition(id)
	}
	p := v.list[at]
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, v.alone(p))
	}
	if p.Read().Scheme != course.SchemeRandom {
		return page.Redirect(w, r, groupsURL(e.key)+"#partition-"+strconv.Itoa(id))
	}
	return s.showExperimentForm(w, r, v, http.StatusOK, newExperimentForm(r.Context(), p), nil)
}

// addPartition serves POST /group_configurations/KEY with JSON: a new partition, whose ids are made here.
func (s *Server) addPartition(w http.ResponseWriter, r *http.Request) error {
	sent := draft.Partition{}
	e, err := s.readWish(r, &sent)
	if err != nil {
		return err
	}
	name, _ := sent["name"].Text()
	var made draft.Partition
	_, err = s.changeGroups(r, e, "Add groups "+name, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		if made, err = received(draft.Partition{}, sent); err != nil {
			return nil, err
		}
		return append(list, made), nil
	})
	if err != nil {
		return err
	}
	id, _ := made.ID()
	w.Header().Set("Location", partitionURL(e.key, id))
	return s.answerPartition(w, r, e.key, id)
}

// putPartition serves PUT and POST /group_configurations/KEY/ID with JSON: a partition, which is made under that id where there is none.
func (s *Server) putPartition(w http.ResponseWriter, r *http.Request) error {
	sent := draft.Partition{}
	e, err := s.readWish(r, &sent)
	if err != nil {
		return err
	}
	id, err := groupNumber(r, "partition")
	if err != nil {
		return err
	}
	if err := s.sawGroups(r, e, sent["seen"]); err != nil {
		return err
	}
	name, _ := sent["name"].Text()
	_, err = s.changeGroups(r, e, "Edit groups "+name, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		now := partitionIn(list, id)
		over := now
		if over == nil {
			over = draft.Partition{"id": course.JSON(id)}
		}
		mine, err := received(over, sent)
		if err == nil {
			err = e.sameGroups(list, id, mine)
		}
		switch {
		case err != nil:
			return nil, err
		case now == nil:
			return append(list, mine), nil
		}
		list[draft.FindPartition(list, id)] = mine
		return list, nil
	})
	if err != nil {
		return s.tellLostGroups(r, e, id, err)
	}
	return s.answerPartition(w, r, e.key, id)
}

func (s *Server) answerPartition(w http.ResponseWriter, r *http.Request, key course.Key, id int) error {
	v, err := s.groupsNow(r, key)
	if err != nil {
		return err
	}
	at := draft.FindPartition(v.list, id)
	if at < 0 {
		return noPartition(id)
	}
	return page.JSON(w, r, http.StatusCreated, v.alone(v.list[at]))
}

// partitionIn is a partition of a list, nil where it is not there.
func partitionIn(list []draft.Partition, id int) draft.Partition {
	if at := draft.FindPartition(list, id); at >= 0 {
		return list[at]
	}
	return nil
}

// sawGroups reads which version a program looked at.
func (s *Server) sawGroups(r *http.Request, e *courseEdit, sent course.Value) error {
	seen := ""
	if sent.IsSet() && !sent.Decode(&seen) && !sent.IsNull() {
		return fault.Invalidf("seen %s", sent).Field("seen", "groups.not_text").Say("groups.not_text", "seen")
	}
	e.seen = course.VersionID(cmp.Or(seen, r.URL.Query().Get("seen")))
	if e.seen == "" || e.seen == e.head.Draft {
		return nil
	}
	var err error
	e.base, err = s.Editor.Version(r.Context(), e.by, e.key, e.seen)
	return err
}

// sameGroups refuses, as a Conflict, to change a partition that is another by now than its author saw, unless it is what they want.
func (e *courseEdit) sameGroups(list []draft.Partition, id int, mine draft.Partition) error {
	if e.seen == "" {
		return nil
	}
	before, _ := draft.PartitionsIn(e.base)
	was, now := partitionIn(before, id), partitionIn(list, id)
	if maps.Equal(was, now) || maps.Equal(mine, now) {
		return nil
	}
	return &fault.Error{Kind: fault.Conflict, Err: &changedGroups{Base: was, Mine: mine, Now: now}}
}

// groupsRace are the versions of a partition that two changed at once, each null where it is not there.
type groupsRace struct {
	Base   *draft.Partition `json:"base"`
	Mine   *draft.Partition `json:"mine"`
	Theirs *draft.Partition `json:"theirs"`
}

func newGroupsRace(base, mine, theirs draft.Partition) *groupsRace {
	side := func(p draft.Partition) *draft.Partition {
		if p == nil {
			return nil
		}
		return &p
	}
	return &groupsRace{side(base), side(mine), side(theirs)}
}

// tellLostGroups gives an error that is a lost race what a program needs to decide.
func (s *Server) tellLostGroups(r *http.Request, e *courseEdit, id int, err error) error {
	lost := (*changedGroups)(nil)
	if !errors.As(err, &lost) {
		return err
	}
	v, err := s.groupsNow(r, e.key)
	if err != nil {
		return err
	}
	last, err := s.Editor.Courses.Version(r.Context(), v.head.Draft)
	if err != nil {
		return err
	}
	lost.Race = &lostRace{Author: last.Author, Time: last.Time, Seen: string(v.head.Draft), Blocks: []clash{}, Groups: newGroupsRace(lost.Base, lost.Mine, partitionIn(v.list, id))}
	return (&fault.Error{Kind: fault.Conflict, Err: lost}).Say("draft.lost_race", last.Author)
}

// received is a partition as a client sent it, over what is kept under other keys. What clients were told of usage is no part of it.
func received(now, sent draft.Partition) (draft.Partition, error) {
	out := maps.Clone(now)
	fresh := !now["name"].IsSet()
	if fresh {
		out["scheme"], out["description"], out["parameters"], out["active"] = course.Text(course.SchemeRandom), `""`, "{}", "true"
	}
	if err := checkKinds(sent); err != nil {
		return nil, err
	}
	scheme, _ := sent["scheme"].Text()
	switch {
	case fresh && scheme != "" && scheme != course.SchemeRandom && scheme != course.SchemeCohort:
		return nil, fault.Invalidf("scheme %q", scheme).Field("scheme", "groups.bad_scheme").Say("groups.bad_scheme")
	case !fresh && scheme != "" && scheme != now.Read().Scheme:
		return nil, fault.Invalidf("scheme %q", scheme).Field("scheme", "groups.scheme_stays").Say("groups.scheme_stays")
	}
	for _, key := range []string{"name", "description", "scheme", "parameters", "active"} {
		if v := sent[key]; v.IsSet() && !v.IsNull() && (key != "scheme" || scheme != "") {
			out[key] = v
		}
	}
	out["version"] = "3"
	var groups []draft.Group
	if v := sent["groups"]; v.IsSet() && !v.IsNull() && !v.Decode(&groups) {
		return nil, fault.Invalidf("groups of a partition are a list of maps").Say("groups.bad_groups")
	}
	if len(groups) == 0 { // as in the platform we match; the last content group goes by DELETE
		return nil, fault.Invalidf("a partition without groups").Field("groups", "groups.no_groups").Say("groups.no_groups")
	}
	kept := now.Groups()
	for i, g := range groups {
		one := draft.Group{"version": "1"}
		if id, ok := g.ID(); ok {
			if at := draft.FindGroup(kept, id); at >= 0 {
				one = kept[at]
			}
		}
		if v := g["id"]; v.IsSet() && !v.IsNull() {
			one["id"] = v
		}
		one["name"] = g["name"]
		if !g["name"].IsSet() {
			one["name"] = course.Null
		}
		groups[i] = one
	}
	out.SetGroups(groups)
	return out, nil
}

// checkKinds refuses values learners' side would read as others: "true" is no truth, and groups that are not active restrict nobody.
func checkKinds(sent draft.Partition) error {
	for _, key := range []string{"description", "scheme", "parameters", "active"} {
		v, bad := sent[key], ""
		if !v.IsSet() || v.IsNull() {
			continue
		}
		switch key {
		case "active":
			if v != "true" && v != "false" {
				bad = "groups.not_truth"
			}
		case "parameters":
			if v[0] != '{' {
				bad = "groups.not_map"
			}
		default:
			if v[0] != '"' {
				bad = "groups.not_text"
			}
		}
		if bad != "" {
			return fault.Invalidf("%s %s", key, v).Field(key, bad).Say(bad, key)
		}
	}
	return nil
}

// deletePartition serves DELETE /group_configurations/KEY/ID[/GROUP]: the groups of an experiment, or one group.
func (s *Server) deletePartition(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	id, err := groupNumber(r, "partition")
	if err != nil {
		return err
	}
	if err := s.sawGroups(r, e, ""); err != nil {
		return err
	}
	if chi.URLParam(r, "group") == "" {
		_, err = s.removePartition(r, e, id)
	} else if group, numberErr := groupNumber(r, "group"); numberErr != nil {
		return numberErr
	} else {
		_, err = s.removeGroup(r, e, id, group)
	}
	if err != nil {
		return s.tellLostGroups(r, e, id, err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removePartition takes away the groups of an experiment. Content groups go one by one, and what is unknown stays.
func (s *Server) removePartition(r *http.Request, e *courseEdit, id int) (draft.Done, error) {
	list, _ := draft.PartitionsIn(e.now)
	words := "Delete groups"
	if at := draft.FindPartition(list, id); at >= 0 {
		words += " " + list[at].Read().Name
	}
	return s.changeGroups(r, e, words, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		at := draft.FindPartition(list, id)
		if at < 0 || list[at].Read().Scheme != course.SchemeRandom {
			return nil, noPartition(id)
		}
		if err := e.sameGroups(list, id, nil); err != nil {
			return nil, err
		}
		return slices.Delete(list, at, at+1), nil
	})
}

// removeGroup takes away a group.
func (s *Server) removeGroup(r *http.Request, e *courseEdit, partition, group int) (draft.Done, error) {
	before, _ := draft.PartitionsIn(e.base)
	mine := partitionIn(before, partition)
	if mine != nil {
		mine.SetGroups(slices.DeleteFunc(mine.Groups(), func(g draft.Group) bool { id, ok := g.ID(); return ok && id == group }))
	}
	list, _ := draft.PartitionsIn(e.now)
	words := "Delete a group"
	if at := draft.FindPartition(list, partition); at >= 0 {
		if g, ok := list[at].Read().Group(group); ok {
			words = "Delete group " + g.Name
		}
	}
	return s.changeGroups(r, e, words, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		if err := e.sameGroups(list, partition, mine); err != nil {
			return nil, err
		}
		return list, onGroup(list, partition, group, func(groups []draft.Group, at int) ([]draft.Group, error) {
			return slices.Delete(groups, at, at+1), nil
		})
	})
}

// onGroup changes the groups of a partition of a known scheme, one of which is meant.
func onGroup(list []draft.Partition, partition, group int, change func(groups []draft.Group, at int) ([]draft.Group, error)) error {
	i := draft.FindPartition(list, partition)
	if i < 0 {
		return noPartition(partition)
	}
	if scheme := list[i].Read().Scheme; scheme != course.SchemeRandom && scheme != course.SchemeCohort {
		return fault.Invalidf("partition %d has scheme %q", partition, scheme).Say("groups.read_only")
	}
	groups := list[i].Groups()
	at := draft.FindGroup(groups, group)
	if at < 0 {
		return noPartition(group)
	}
	groups, err := change(groups, at)
	if err == nil {
		list[i].SetGroups(groups)
	}
	return err
}

// actOnGroups serves the forms of the page.
func (s *Server) actOnGroups(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	form, to := r.PostForm, groupsURL(e.key)
	act, name := form.Get("act"), strings.TrimSpace(plainText(form.Get("name")))
	var partition, group int
	if act == "rename" || act == "delete_group" || act == "delete" || act == "undo" {
		if partition, err = parseGroupNumber(form.Get("partition")); err != nil {
			return err
		}
	}
	if act == "rename" || act == "delete_group" || act == "undo" && form.Get("group") != "" {
		if group, err = parseGroupNumber(form.Get("group")); err != nil {
			return err
		}
	}
	notice := page.Notice{Kind: "success", ID: "groups.did." + act, Args: []string{name}}
	var done draft.Done
	switch act {
	case "add":
		done, err = s.addGroup(r, e, form.Get("partition"), name)
	case "rename":
		done, err = s.renameGroup(r, e, partition, group, name, form.Get("was"))
	case "delete_group":
		done, err = s.removeGroup(r, e, partition, group)
		to += "?" + url.Values{"was": {string(done.Before.Draft)}, "partition": {form.Get("partition")}, "group": {form.Get("group")}}.Encode()
	case "delete":
		done, err = s.removePartition(r, e, partition)
		to += "?" + url.Values{"was": {string(done.Before.Draft)}, "partition": {form.Get("partition")}}.Encode()
	case "undo":
		if form.Get("group") == "" {
			group = -1
		}
		done, err = s.putGroupsBack(r, e, partition, group, course.VersionID(form.Get("was")))
	case "offer":
		done, err = s.offerExperiments(r, e)
	default:
		return fault.Invalidf("act %q on groups", act)
	}
	if err != nil {
		return s.refuseGroups(w, r, e, form, err)
	}
	if strings.HasPrefix(act, "delete") {
		return page.Redirect(w, r, to) // what can be undone says itself what was done
	}
	if done.Head.Draft == done.Before.Draft {
		notice = page.Notice{Kind: "success", ID: "studio.settings.nothing"}
	}
	return page.Redirect(w, r, to, notice)
}

// checkGroupName refuses a name beside the field it was typed in.
func checkGroupName(name string) error {
	switch {
	case name == "":
		return fault.Invalidf("a group without a name").Field("name", "groups.no_name").Say("groups.no_name")
	case len([]rune(name)) > 255:
		return fault.Invalidf("a name of %d bytes", len(name)).Field("name", "groups.long_name").Say("groups.long_name")
	}
	return nil
}

// addGroup makes a content group.
func (s *Server) addGroup(r *http.Request, e *courseEdit, partition, name string) (draft.Done, error) {
	if err := checkGroupName(name); err != nil {
		return draft.Done{}, err
	}
	return s.changeGroups(r, e, "Add content group "+name, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		at := slices.IndexFunc(list, func(p draft.Partition) bool {
			id, _ := p.ID()
			return p.Read().Scheme == course.SchemeCohort && (partition == "" || partition == strconv.Itoa(id))
		})
		switch {
		case at < 0 && partition != "":
			return nil, noPartition(partition)
		case at < 0:
			list, at = append(list, contentGroups()), len(list)
		}
		groups := list[at].Groups()
		if taken(groups, name, -1) {
			return nil, fault.Invalidf("a second group %q", name).Field("name", "groups.taken").Say("groups.taken")
		}
		list[at].SetGroups(append(groups, draft.Group{"name": course.Text(name), "version": "1"}))
		return list, nil
	})
}

// taken reports whether a group but that at a place has a name already.
func taken(groups []draft.Group, name string, but int) bool {
	for i, g := range groups {
		if text, _ := g["name"].Text(); i != but && strings.EqualFold(strings.TrimSpace(text), name) {
			return true
		}
	}
	return false
}

// renamed is the cause of a lost race: the group has another name by now.
type renamed struct{ Now string }

func (e *renamed) Error() string { return fmt.Sprintf("the group is called %q by now", e.Now) }

func (s *Server) renameGroup(r *http.Request, e *courseEdit, partition, group int, name, was string) (draft.Done, error) {
	if err := checkGroupName(name); err != nil {
		return draft.Done{}, err
	}
	return s.changeGroups(r, e, "Rename group "+was+" to "+name, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		return list, onGroup(list, partition, group, func(groups []draft.Group, at int) ([]draft.Group, error) {
			now, _ := groups[at]["name"].Text()
			switch {
			case now == name:
				return groups, nil
			case now != was:
				return nil, &fault.Error{Kind: fault.Conflict, Err: &renamed{now}}
			case taken(groups, name, at):
				return nil, fault.Invalidf("a second group %q", name).Field("name", "groups.taken").Say("groups.taken")
			}
			groups[at]["name"] = course.Text(name)
			return groups, nil
		})
	})
}

// putGroupsBack brings back what was deleted, under the ids it had: one group, or of a negative one the partition.
func (s *Server) putGroupsBack(r *http.Request, e *courseEdit, partition, group int, was course.VersionID) (draft.Done, error) {
	old, err := s.Editor.Version(r.Context(), e.by, e.key, was)
	if err != nil {
		return draft.Done{}, err
	}
	before, _ := draft.PartitionsIn(old)
	from := draft.FindPartition(before, partition)
	if from < 0 {
		return draft.Done{}, noPartition(partition)
	}
	lost := before[from]
	return s.changeGroups(r, e, "Put back groups "+lost.Read().Name, func(list []draft.Partition, _ draft.Usage) ([]draft.Partition, error) {
		at := draft.FindPartition(list, partition)
		switch {
		case group < 0 && at < 0:
			return slices.Insert(list, min(from, len(list)), lost), nil
		case group < 0:
			return list, nil // somebody was faster
		case at < 0:
			return nil, noPartition(partition)
		}
		groups, had := list[at].Groups(), lost.Groups()
		place := draft.FindGroup(had, group)
		if place < 0 {
			return nil, noPartition(group)
		}
		if draft.FindGroup(groups, group) >= 0 {
			return list, nil // as above
		}
		if name, _ := had[place]["name"].Text(); taken(groups, strings.TrimSpace(name), -1) {
			return nil, fault.Invalidf("a second group %q", name).Say("groups.taken_back", name)
		}
		list[at].SetGroups(slices.Insert(groups, min(place, len(groups)), had[place]))
		return list, nil
	})
}

// offersExperiments reports whether experiments can be added to the units of a course.
func offersExperiments(root *course.Block) bool {
	var more []string
	root.Fields["advanced_modules"].Decode(&more)
	return slices.Contains(more, "split_test")
}

// offerExperiments lets experiments be added to units.
func (s *Server) offerExperiments(r *http.Request, e *courseEdit) (draft.Done, error) {
	if offersExperiments(e.now.Root) {
		return s.change(r, e, "")
	}
	var list []json.RawMessage
	e.now.Root.Fields["advanced_modules"].Decode(&list)
	list = append(list, json.RawMessage(`"split_test"`))
	e.seen = e.head.Draft // what others switch on meanwhile stays
	return s.change(r, e, "Offer experiments in units", draft.Settings{Block: e.root(), Set: course.Fields{"advanced_modules": course.JSON(list)}})
}

// refuseGroups answers a form that was not taken: the page comes back with what is wrong where it is wrong, or both names are shown.
func (s *Server) refuseGroups(w http.ResponseWriter, r *http.Request, e *courseEdit, form url.Values, err error) error {
	ctx := r.Context()
	f, ok := fault.As(err)
	if !ok || page.WantsJSON(r) {
		return err
	}
	if other := (*renamed)(nil); errors.As(err, &other) {
		return s.showGroupConflict(w, r, e, []clashRow{{i18n.T(ctx, "groups.name"), form.Get("name"), other.Now}}, form.Get("was"), groupsURL(e.key), []page.FieldProps{
			{Name: "act", Value: "rename"},
			{Name: "partition", Value: form.Get("partition")},
			{Name: "group", Value: form.Get("group")},
			{Name: "name", Value: form.Get("name")},
			{Name: "was", Value: other.Now},
		})
	}
	if f.Kind != fault.Invalid {
		return err
	}
	bad := page.FieldErrors(ctx, f)
	if act := form.Get("act"); bad["name"] == "" || act != "add" && act != "rename" { // no field of the form
		bad = map[string]string{"": groupFault(ctx, f)}
	}
	v, viewErr := s.groupsNow(r, e.key)
	if viewErr != nil {
		return viewErr
	}
	p, pageErr := s.newGroups(w, r, e, v, form, bad)
	if pageErr != nil {
		return pageErr
	}
	return page.RenderStatus(w, r, page.Status(err), groupsPage(p))
}

// groupFault is what a person reads of a refusal as a whole.
func groupFault(ctx context.Context, f *fault.Error) string {
	if f.Message == "" {
		return i18n.T(ctx, "error.invalid.what")
	}
	return i18n.T(ctx, f.Message, f.Args...)
}

// showGroupConflict shows two versions of groups, one's own and another author's. Nothing was stored over either.
func (s *Server) showGroupConflict(w http.ResponseWriter, r *http.Request, e *courseEdit, rows []clashRow, name, action string, again []page.FieldProps) error {
	ctx := r.Context()
	p := conflictProps{
		framed: s.frame(w, r, e.key, e.now.Root, "groups", i18n.T(ctx, "studio.conflict.title")), Action: action, Back: groupsURL(e.key), Fields: again,
		Text: i18n.T(ctx, "groups.conflict"), Clashes: []clashProps{{Name: name, Rows: rows, Gone: len(rows) == 0}},
	}
	p.Layout.Main = "reading"
	return page.RenderStatus(w, r, http.StatusConflict, conflictPage(p))
}
