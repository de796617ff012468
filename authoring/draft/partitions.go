package draft

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Partition is one entry of a course's user_partitions, with whatever keys it came with: content groups, the groups of an experiment, or
// something of a scheme nobody here knows.
type Partition map[string]course.Value

// Group is one part of a [Partition], in the same way.
type Group map[string]course.Value

// UnmarshalJSON keeps the values as they are.
func (p *Partition) UnmarshalJSON(text []byte) error { return (*tab)(p).UnmarshalJSON(text) }

// MarshalJSON writes the values as they are.
func (p Partition) MarshalJSON() ([]byte, error) { return tab(p).MarshalJSON() }

// UnmarshalJSON keeps the values as they are.
func (g *Group) UnmarshalJSON(text []byte) error { return (*tab)(g).UnmarshalJSON(text) }

// MarshalJSON writes the values as they are.
func (g Group) MarshalJSON() ([]byte, error) { return tab(g).MarshalJSON() }

// Read is the partition as everybody else reads it.
func (p Partition) Read() course.Partition {
	return course.PartitionsOf(course.JSON([]Partition{p}))[0]
}

// ID names the partition within its course; ok is false for one that has none.
func (p Partition) ID() (id int, ok bool) { return p["id"].Int() }

// ID names the group within its partition; ok is false for one that has none.
func (g Group) ID() (id int, ok bool) { return g["id"].Int() }

// Groups lists the groups of the partition.
func (p Partition) Groups() []Group {
	var list []Group
	p["groups"].Decode(&list)
	return list
}

// SetGroups replaces the groups of the partition.
func (p Partition) SetGroups(list []Group) { p["groups"] = course.JSON(append([]Group{}, list...)) }

// PartitionsIn lists the partitions of a course as its settings have them; ok is false where the setting is no list of maps, and nothing can be
// changed in it.
func PartitionsIn(c *course.Content) (list []Partition, ok bool) {
	v := c.Root.Fields["user_partitions"]
	if !v.IsSet() || v.IsNull() {
		return nil, true
	}
	var raw []json.RawMessage
	if !v.Decode(&raw) || slices.ContainsFunc(raw, func(one json.RawMessage) bool { return !strings.HasPrefix(string(one), "{") }) {
		return nil, false
	}
	return list, v.Decode(&list)
}

// FindPartition is the place of a partition in a list, negative when it is not there.
func FindPartition(list []Partition, id int) int {
	return slices.IndexFunc(list, func(p Partition) bool { own, ok := p.ID(); return ok && own == id })
}

// FindGroup is the place of a group in a list, negative when it is not there.
func FindGroup(list []Group, id int) int {
	return slices.IndexFunc(list, func(g Group) bool { own, ok := g.ID(); return ok && own == id })
}

// Partitions changes how a course divides its learners, for authors and learners at once. Change gets the list as it is, which it may change in
// place, and makes the new one; it may run more than once. Whoever is made without an id gets one that nothing in the course has or names.
//
// Refused, as Invalid, is what would close blocks to everybody: taking away groups that blocks are for, and partitions of experiments.
type Partitions struct {
	Change func(list []Partition, in Usage) ([]Partition, error)
	Words  string // of the version
}

func (Partitions) touches() []touch { return nil }

func (p Partitions) words(Branches) string { return p.Words }

func (p Partitions) apply(w *work) error {
	before, ok := PartitionsIn(w.Draft)
	if !ok {
		return fault.Invalidf("user_partitions is no list of maps").Say("groups.unreadable")
	}
	list, _ := PartitionsIn(w.Draft)
	in := w.Usage()
	next, err := p.Change(list, in)
	if err != nil {
		return err
	}
	if err := settlePartitions(before, next, in); err != nil {
		return err
	}
	if err := mayGo(before, next, in); err != nil {
		return err
	}
	if len(before) == 0 && len(next) == 0 || slices.EqualFunc(before, next, samePartition) {
		return nil
	}
	return w.update(nameOf(w.Draft.Root).in(w.Draft.Key), Update{Set: course.Fields{"user_partitions": course.JSON(append([]Partition{}, next...))}}.record)
}

func samePartition(a, b Partition) bool { return maps.Equal(a, b) }

// mostGroups bounds the groups of a partition.
const mostGroups = 200

// settlePartitions gives ids to what is new, and refuses what is no partition. What stands as it stood is not looked at.
func settlePartitions(before, next []Partition, in Usage) error {
	fresh := FreshIDs(append(slices.Clone(before), next...), in)
	ids := map[int]bool{}
	for _, p := range next {
		id, ok := p.ID()
		if slices.ContainsFunc(before, func(old Partition) bool { return samePartition(old, p) }) {
			ids[id] = ids[id] || ok
			continue
		}
		if v := p["id"]; !v.IsSet() || v.IsNull() {
			id, ok = fresh(), true
		}
		switch {
		case !ok || id < 0 || id > 1<<31-1 || FindPartition(before, id) < 0 && (id == course.TrackPartition || id == course.GatingPartition):
			return fault.Invalidf("partition id %s", p["id"]).Say("groups.bad_id")
		case ids[id]:
			return fault.Invalidf("two partitions with the id %d", id).Say("groups.same_id")
		}
		ids[id], p["id"] = true, course.JSON(id) // learners' side reads no number that is written as text
		if err := settleGroups(p, fresh); err != nil {
			return err
		}
	}
	return nil
}

func settleGroups(p Partition, fresh func() int) error {
	if err := checkName(p["name"], "name"); err != nil {
		return err
	}
	var list []Group
	if v := p["groups"]; v.IsSet() && !v.IsNull() && !v.Decode(&list) {
		return fault.Invalidf("groups of a partition are a list of maps").Say("groups.bad_groups")
	}
	switch scheme := p.Read().Scheme; {
	case len(list) == 0 && scheme == course.SchemeRandom:
		return fault.Invalidf("an experiment without groups").Field("groups", "groups.no_groups").Say("groups.no_groups")
	case len(list) > mostGroups:
		return fault.Invalidf("%d groups", len(list)).Field("groups", "groups.too_many").Say("groups.too_many", mostGroups)
	}
	ids := map[int]bool{}
	for _, g := range list {
		id, ok := g.ID()
		if v := g["id"]; !v.IsSet() || v.IsNull() {
			id, ok = fresh(), true
		}
		switch {
		case !ok || id < 0 || id > 1<<31-1:
			return fault.Invalidf("group id %s", g["id"]).Say("groups.bad_id")
		case ids[id]:
			return fault.Invalidf("two groups with the id %d", id).Say("groups.same_id")
		}
		if err := checkName(g["name"], "groups"); err != nil {
			return err
		}
		ids[id], g["id"] = true, course.JSON(id)
	}
	p.SetGroups(list)
	return nil
}

func checkName(v course.Value, field string) error {
	name, ok := v.Text()
	switch {
	case !ok || strings.TrimSpace(name) == "" || v[0] != '"':
		return fault.Invalidf("name %s", v).Field(field, "groups.no_name").Say("groups.no_name")
	case len([]rune(name)) > 255:
		return fault.Invalidf("name of %d bytes", len(name)).Field(field, "groups.long_name").Say("groups.long_name")
	}
	return nil
}

// FreshIDs makes ids for partitions and groups as the platform we match does: above 100, by chance, so that one that was given away never comes
// again. The function gives another one at each call.
func FreshIDs(list []Partition, in Usage) func() int {
	used := map[int]bool{}
	for _, p := range list {
		id, _ := p.ID()
		used[id] = true
		for _, g := range p.Groups() {
			id, _ := g.ID()
			used[id] = true
		}
	}
	for at := range in.groups {
		used[at.partition], used[at.group] = true, true
	}
	for id := range in.experiments {
		used[id] = true
	}
	const least = 101
	return func() int {
		id := least + rand.N(1<<31-least)
		for used[id] {
			id = least + rand.N(1<<31-least)
		}
		used[id] = true
		return id
	}
}

// mayGo refuses to take away what blocks rely on.
func mayGo(before, next []Partition, in Usage) error {
	for _, p := range before {
		id, ok := p.ID()
		if !ok {
			continue
		}
		var stays []Group
		at := FindPartition(next, id)
		if at >= 0 {
			stays = next[at].Groups()
		} else if len(in.Experiments(id)) > 0 {
			return fault.Invalidf("partition %d is in use", id).Say("groups.partition_in_use", p.Read().Name)
		}
		for _, g := range p.Groups() {
			gone, ok := g.ID()
			if ok && FindGroup(stays, gone) < 0 && len(in.Groups(id, gone)) > 0 {
				name, _ := g["name"].Text()
				return fault.Invalidf("group %d of partition %d is in use", gone, id).Say("groups.group_in_use", name)
			}
		}
	}
	return nil
}

// Use is a block that relies on a group, or on the partition of an experiment.
type Use struct {
	Way []*course.Block // from the course's root down to the block, which are shared and not to be changed
	// Learners says that only what learners have relies on it: the draft does not any more.
	Learners bool
}

// Block is the block itself.
func (u Use) Block() *course.Block { return u.Way[len(u.Way)-1] }

type groupAt struct{ partition, group int }

// Usage says which blocks of a course rely on which groups.
type Usage struct {
	groups      map[groupAt][]Use
	experiments map[int][]Use
}

// Groups lists the blocks that name a group among those that may see them, in course order.
func (u Usage) Groups(partition, group int) []Use { return u.groups[groupAt{partition, group}] }

// Experiments lists the experiments that show a part of theirs to each group of a partition, in course order.
func (u Usage) Experiments(partition int) []Use { return u.experiments[partition] }

// Usage looks for the groups that blocks of either branch rely on.
func (b Branches) Usage() Usage {
	out := Usage{map[groupAt][]Use{}, map[int][]Use{}}
	type usedBy struct {
		what any // a groupAt, or the number of a partition
		by   name
	}
	had := map[usedBy]bool{}
	add := func(list []Use, what any, use Use) []Use {
		at := usedBy{what, nameOf(use.Block())}
		if use.Learners && had[at] {
			return list
		}
		had[at], use.Way = true, slices.Clone(use.Way)
		return append(list, use)
	}
	for _, c := range []*course.Content{b.Draft, b.Published} {
		if c == nil {
			continue
		}
		var way path
		var look func(*course.Block)
		look = func(x *course.Block) {
			way = append(way, x)
			use := Use{Way: way, Learners: c == b.Published}
			named := GroupsNamed(x)
			for _, partition := range slices.Sorted(maps.Keys(named)) {
				for _, g := range named[partition] {
					at := groupAt{partition, g}
					out.groups[at] = add(out.groups[at], at, use)
				}
			}
			if id, ok := x.Fields["user_partition_id"].Int(); ok && x.Type == "split_test" {
				out.experiments[id] = add(out.experiments[id], id, use)
			}
			for _, child := range x.Children {
				look(child)
			}
			way = way[:len(way)-1]
		}
		look(c.Root)
	}
	return out
}

// GroupsNamed are the groups a block says it is for, by partition; each once, in order.
func GroupsNamed(b *course.Block) map[int][]int {
	var raw map[string][]int
	v := b.Fields["group_access"]
	if !v.IsSet() || !v.Decode(&raw) {
		return nil
	}
	out := map[int][]int{}
	for text, groups := range raw {
		if id, err := strconv.Atoi(text); err == nil && len(groups) > 0 {
			out[id] = slices.Compact(slices.Sorted(slices.Values(groups)))
		}
	}
	return out
}

// checkGroups refuses groups for which a block would be, and which the course does not have: nobody could see it. A group the block names already
// may stay. Those of [course.GatingPartition] are of no course here; blocks that came with some may have others of them.
func (u Update) checkGroups(w *work) error {
	v, ok := u.Set["group_access"]
	if !ok || v.IsNull() {
		return nil
	}
	bad := func(err error) error {
		return fault.Invalidf("group_access of %s: %w", u.Block, err).Field("group_access", "groups.unknown_group").Say("groups.unknown_group")
	}
	now := Block(w.Draft, u.Block)
	if now == nil {
		return nil // said elsewhere
	}
	var raw map[string][]int
	if now.Fields["group_access"] == v {
		return nil
	}
	if err := json.Unmarshal([]byte(v), &raw); err != nil {
		return bad(err)
	}
	was, all := GroupsNamed(now), course.PartitionsOf(w.Draft.Root.Fields["user_partitions"])
	for _, text := range slices.Sorted(maps.Keys(raw)) {
		partition, err := strconv.Atoi(text)
		if err != nil {
			return bad(err)
		}
		for _, g := range raw[text] {
			if !knownGroup(all, partition, g) && !slices.Contains(was[partition], g) && (partition != course.GatingPartition || len(was[partition]) == 0) {
				return bad(fault.Invalidf("no group %d in partition %d", g, partition))
			}
		}
	}
	return nil
}

func knownGroup(all []course.Partition, partition, group int) bool {
	if partition == course.TrackPartition {
		_, ok := course.Partition{Groups: course.Tracks}.Group(group)
		return ok
	}
	return slices.ContainsFunc(all, func(p course.Partition) bool {
		_, ok := p.Group(group)
		return p.ID == partition && ok
	})
}
