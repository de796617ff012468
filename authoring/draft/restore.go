package draft

import (
	"maps"
	"slices"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Restore brings back what a version held, as a new version: a component, a unit, a page, a subsection or section with everything in
// it, or the whole course. Units and components come back as drafts; what has no draft reaches learners at once, and units that stood
// nowhere then go.
//
// With Learners it undoes a deletion: what that published version had of the block is given back to learners too, as it was. Units in
// which something does not load come back as drafts only; [Done].Withheld lists them.
type Restore struct {
	Version  course.VersionID
	Block    course.UsageKey  // zero for the whole course
	Learners course.VersionID // "" leaves learners what they have
}

func (r Restore) touches() []touch {
	if r.Block.IsZero() {
		return []touch{{block: course.UsageKey{Type: "course"}, aspect: everything}, {aspect: grading}}
	}
	return []touch{{block: r.Block, aspect: everything}}
}

func (r Restore) words(b Branches) string {
	if r.Block.IsZero() {
		return "Restore the course as of version " + string(r.Version)
	}
	return "Restore " + title(b.Draft, r.Block) + " as of version " + string(r.Version)
}

func (r Restore) apply(w *work) error {
	old, err := w.editor.at(w.ctx, w.Draft.Key, r.Version)
	if err != nil {
		return err
	}
	if r.Block.IsZero() {
		w.restoreCourse(old)
		return nil
	}
	if p := old.Page(r.Block.Type, r.Block.ID); p != nil {
		return w.restorePage(p)
	}
	was := find(old, r.Block)
	if was == nil {
		return fault.NotFoundf("version %s has no %s", r.Version, r.Block)
	}
	if was.above() == nil {
		w.restoreCourse(old)
		return nil
	}
	gone := find(w.Published, r.Block) == nil
	if err := w.restoreBlock(old, was); err != nil || r.Learners == "" || !gone {
		return err
	}
	published, err := w.editor.at(w.ctx, w.Draft.Key, r.Learners)
	if err != nil {
		return err
	}
	w.giveBack(published, r.Block)
	return nil
}

// giveBack puts a block that learners lost into what they have, as an older version of theirs held it.
func (w *work) giveBack(old *course.Content, u course.UsageKey) {
	was := find(old, u)
	if len(was) < 2 || w.Published == nil {
		return
	}
	up := nameOf(was.above()).in(w.Draft.Key)
	now, above, like := find(w.Published, u), find(w.Published, up), find(w.Draft, up)
	if now == nil && (above == nil || like == nil) {
		return // they do not see where it stood
	}
	back := w.fit(was.last())
	switch {
	case back == nil:
		return
	case now != nil: // a section or subsection that has come back without its units
		w.Published = put(w.Published, now, back)
	default:
		w.Published = insertAs(w.Published, above, back, like.last())
	}
	w.Published = elsewhere(w.Published, back, w.Draft)
}

// fit is a block without the units in which something does not load, nil when it is such a unit or part of one: what loaded when it
// was published may not load any more.
func (w *work) fit(b *course.Block) *course.Block {
	if !direct[b.Type] {
		if w.loads(b) {
			return b
		}
		w.done.Withheld = append(w.done.Withheld, nameOf(b).in(w.Draft.Key))
		return nil
	}
	out := *b
	out.Children = nil
	for _, child := range b.Children {
		if fit := w.fit(child); fit != nil {
			out.Children = append(out.Children, fit)
		}
	}
	if identical(out.Children, b.Children) {
		return b
	}
	return &out
}

func (w *work) restoreCourse(old *course.Content) {
	now := w.Draft
	w.Draft = old
	if w.Published == nil {
		return
	}
	out := *old
	out.Root = w.learners(old.Root)
	w.Published = &out
	// Units stay as they are published: the groups they are for stay, too, or learners would lose them.
	if list, more := keptPartitions(now, old, Branches{Draft: old, Published: w.Published}.Usage()); more {
		for _, c := range []**course.Content{&w.Draft, &w.Published} {
			*c = withSetting(*c, "user_partitions", course.JSON(list))
		}
	}
}

// keptPartitions are the partitions of an older version with those of now, and their groups, that blocks rely on; more is false where the older
// version has all of them.
func keptPartitions(now, old *course.Content, in Usage) (list []Partition, more bool) {
	list, ok := PartitionsIn(old)
	present, ok2 := PartitionsIn(now)
	if !ok || !ok2 {
		return nil, false
	}
	for _, p := range present {
		id, ok := p.ID()
		if !ok {
			continue
		}
		used := len(in.Experiments(id)) > 0
		var groups []Group
		for _, g := range p.Groups() {
			if gid, ok := g.ID(); ok && len(in.Groups(id, gid)) > 0 {
				groups, used = append(groups, g), true
			}
		}
		at := FindPartition(list, id)
		switch {
		case !used:
		case at < 0:
			list, more = append(list, p), true
		default:
			had := list[at].Groups()
			both := slices.Clone(had)
			for _, g := range groups {
				if gid, _ := g.ID(); FindGroup(had, gid) < 0 {
					both = append(both, g)
				}
			}
			if len(both) > len(had) || list[at]["active"] != p["active"] {
				kept := maps.Clone(list[at])
				kept.SetGroups(both)
				if kept["active"] = p["active"]; p["active"] == "" {
					delete(kept, "active")
				}
				list[at], more = kept, true
			}
		}
	}
	return list, more
}

// withSetting is a course with one setting of its own block changed.
func withSetting(c *course.Content, field string, v course.Value) *course.Content {
	out, root := *c, *c.Root
	root.Fields = root.Fields.Clone()
	if root.Fields == nil {
		root.Fields = course.Fields{}
	}
	root.Fields[field] = v
	out.Root = &root
	return &out
}

func (w *work) restoreBlock(old *course.Content, was path) error {
	b := was.last()
	u := nameOf(b).in(w.Draft.Key)
	if way := find(w.Draft, u); way != nil {
		w.Draft = put(w.Draft, way, b)
	} else {
		above := find(w.Draft, nameOf(was.above()).in(w.Draft.Key))
		if above == nil {
			return fault.NotFoundf("%s %s, where %s stood, is gone", was.above().Type, was.above().ID, u).Say("draft.parent_gone")
		}
		w.Draft = insertAs(w.Draft, above, b, was.above())
	}
	w.Draft = elsewhere(w.Draft, b, old)
	if !direct[b.Type] || w.Published == nil {
		return nil
	}
	seen := w.learners(b)
	if way := find(w.Published, u); way != nil {
		w.Published = put(w.Published, way, seen)
	} else if above := find(w.Published, nameOf(was.above()).in(w.Draft.Key)); above != nil {
		w.Published = insertAs(w.Published, above, seen, find(w.Draft, nameOf(was.above()).in(w.Draft.Key)).last())
	}
	w.Published = elsewhere(w.Published, seen, w.Draft)
	return nil
}

// learners makes of a section, a subsection or the course, as the draft has it, what learners get: its settings and order, with units
// as they are published now.
func (w *work) learners(b *course.Block) *course.Block {
	published := map[name]*course.Block{}
	w.Published.Root.Walk(func(x *course.Block) bool {
		if _, twice := published[nameOf(x)]; !twice {
			published[nameOf(x)] = x
		}
		return direct[x.Type]
	})
	var seen func(*course.Block) *course.Block
	seen = func(b *course.Block) *course.Block {
		out := *b
		out.Children = nil
		for _, child := range b.Children {
			if direct[child.Type] {
				out.Children = append(out.Children, seen(child))
			} else if p := published[nameOf(child)]; p != nil {
				out.Children = append(out.Children, p)
			}
		}
		if old := published[nameOf(b)]; old != nil && sameRecord(old, &out) && identical(old.Children, out.Children) {
			return old
		}
		return &out
	}
	return seen(b)
}

// identical reports whether two lists hold the very same blocks.
func identical(a, b []*course.Block) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (w *work) restorePage(p *course.Block) error {
	u := nameOf(p).in(w.Draft.Key)
	if now := w.Draft.Page(p.Type, p.ID); now != nil {
		return w.update(u, func(b *course.Block) { *b = *p })
	}
	w.pages(func(pages []*course.Block) []*course.Block { return append(slices.Clip(pages), p) })
	if p.Type != "static_tab" {
		return nil
	}
	return w.tabs(func(list []tab) []tab { return append(withoutTab(list, p.ID), newTab(p)) })
}
