package draft

import (
	"maps"
	"slices"
	"strconv"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Experiment is a split_test: it shows each group of a partition another part of the course.
type Experiment struct {
	Chosen    bool              // a partition is named, whether it is there or not
	Partition *course.Partition // nil while none is chosen, or it is gone
	Groups    []ExperimentGroup // in the order of the partition
	Rest      []*course.Block   // what no group sees
}

// ExperimentGroup is a group of an experiment with what it sees; nil where that is missing.
type ExperimentGroup struct {
	course.Group
	Child *course.Block
}

// Missing says how many groups see nothing.
func (e Experiment) Missing() (n int) {
	for _, g := range e.Groups {
		if g.Child == nil {
			n++
		}
	}
	return n
}

// Of finds the group that sees a block right below the experiment.
func (e Experiment) Of(child *course.Block) (course.Group, bool) {
	for _, g := range e.Groups {
		if g.Child != nil && nameOf(g.Child) == nameOf(child) {
			return g.Group, true
		}
	}
	return course.Group{}, false
}

// ExperimentOf reads a split_test of a course with these partitions.
func ExperimentOf(key course.Key, all []course.Partition, b *course.Block) Experiment {
	id, ok := b.Fields["user_partition_id"].Int()
	out := Experiment{Chosen: ok && id >= 0}
	if i := slices.IndexFunc(all, func(p course.Partition) bool { return p.ID == id }); out.Chosen && i >= 0 {
		out.Partition = &all[i]
		byGroup := childrenByGroup(key, b)
		for _, g := range all[i].Groups {
			out.Groups = append(out.Groups, ExperimentGroup{g, byGroup[g.ID]})
		}
	}
	for _, child := range b.Children {
		if _, shown := out.Of(child); !shown {
			out.Rest = append(out.Rest, child)
		}
	}
	return out
}

// childrenByGroup are the blocks below a split_test by the group that sees them, whatever its partition.
func childrenByGroup(key course.Key, b *course.Block) map[int]*course.Block {
	var named map[string]string
	b.Fields["group_id_to_child"].Decode(&named)
	out := map[int]*course.Block{}
	for text, locator := range named {
		id, err := strconv.Atoi(text)
		u, keyErr := course.ParseUsageKey(locator)
		if err != nil || keyErr != nil {
			continue
		}
		for _, child := range b.Children {
			if child.Type == u.Type && child.ID == u.ID && u.In(key).Course.Bare() == key.Bare() {
				out[id] = child
			}
		}
	}
	return out
}

// FillExperiment makes a unit for each group of an experiment that sees nothing yet.
type FillExperiment struct{ Block course.UsageKey }

func (f FillExperiment) touches() []touch {
	return []touch{{block: f.Block, aspect: record}, {block: f.Block, aspect: order}}
}

func (f FillExperiment) words(b Branches) string {
	return "Add missing groups to " + title(b.Draft, f.Block)
}

func (f FillExperiment) apply(w *work) error {
	way, err := w.must(f.Block)
	if err != nil {
		return err
	}
	if f.Block.Type != "split_test" {
		return fault.Invalidf("%s is no experiment", f.Block)
	}
	w.fill(way)
	return nil
}

// fill gives each group of an experiment that sees nothing a unit, named as other servers name it: they show the group's name in its place.
func (w *work) fill(way path) {
	key := w.Draft.Key
	e := ExperimentOf(key, course.PartitionsOf(w.Draft.Root.Fields["user_partitions"]), way.last())
	if e.Missing() == 0 {
		return
	}
	w.Draft = change(w.Draft, way, func(b *course.Block) {
		b.Fields, b.Children = b.Fields.Clone(), slices.Clone(b.Children)
		if b.Fields == nil {
			b.Fields = course.Fields{}
		}
		named := map[string]string{}
		var old map[string]string
		b.Fields["group_id_to_child"].Decode(&old)
		maps.Copy(named, old)
		for _, g := range e.Groups {
			if g.Child != nil {
				continue
			}
			id := strconv.Itoa(g.ID)
			unit := &course.Block{Type: "vertical", ID: newID(), Fields: course.Fields{"display_name": course.Text("Group ID " + id)}}
			b.Children = append(b.Children, unit)
			named[id] = nameOf(unit).in(key).String()
		}
		b.Fields["group_id_to_child"] = course.JSON(named)
	})
}

// choosePartition refuses, for a split_test, a partition that is none of the course's experiments; one that stood there may stay. Once another is
// chosen, each of its groups has a unit.
func (u Update) choosePartition(w *work) (changed bool, err error) {
	v, ok := u.Set["user_partition_id"]
	now := Block(w.Draft, u.Block)
	if u.Block.Type != "split_test" || !ok || now == nil || now.Fields["user_partition_id"] == v {
		return false, nil
	}
	id, isInt := v.Int()
	if v.IsNull() || isInt && id < 0 {
		return false, nil
	}
	for _, p := range course.PartitionsOf(w.Draft.Root.Fields["user_partitions"]) {
		if isInt && p.ID == id && p.Scheme == course.SchemeRandom && p.Active {
			return true, nil
		}
	}
	return false, fault.Invalidf("partition %s for %s", v, u.Block).Field("user_partition_id", "groups.no_experiment").Say("groups.no_experiment")
}
