package draft

import (
	"slices"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Publish returns the branches with one unit published as its draft is. Sections and subsections above it that learners do not have
// yet come along, empty but for it. What was moved into the unit from another leaves that one for learners too.
func (b Branches) Publish(unit course.UsageKey) (Branches, error) {
	if b.Draft.Key.Form == course.FormLibrary {
		return b, fault.Invalidf("%s is in a library", unit).Say("draft.library.no_publish")
	}
	way, err := b.must(unit)
	if err != nil {
		return b, err
	}
	if !way.isUnit() {
		return b, fault.Invalidf("%s is no unit", unit)
	}
	now := way.last()
	old := find(b.Published, unit)
	stays := old != nil && nameOf(old.above()) == nameOf(way.above())
	if stays && Same(old.last(), now) {
		return b, nil
	}
	out := b
	switch {
	case out.Published == nil:
		out.Published = skeleton(b.Draft)
	case stays:
		out.Published = put(out.Published, old, now)
	case old != nil: // it was a part of another unit
		out.Published = put(out.Published, old, nil)
	}
	out.Published = elsewhere(out.Published, now, b.Draft)
	if !stays {
		above, err := out.reach(way[:len(way)-1])
		if err != nil {
			return b, err
		}
		out.Published = insertAs(above, find(above, nameOf(way.above()).in(b.Draft.Key)), now, way.above())
	}
	return out.share(way), nil
}

// skeleton is what learners get of a course when the first unit is published: its settings, sections, subsections and pages.
func skeleton(c *course.Content) *course.Content {
	var bare func(*course.Block) *course.Block
	bare = func(b *course.Block) *course.Block {
		out := *b
		out.Children = nil
		for _, child := range b.Children {
			if direct[child.Type] {
				out.Children = append(out.Children, bare(child))
			}
		}
		return &out
	}
	out := *c
	out.Root = bare(c.Root)
	return &out
}

// reach returns the published content with every block on the way, which the draft has, in it.
func (b Branches) reach(way path) (*course.Content, error) {
	c := b.Published
	for i, up := range way {
		u := nameOf(up).in(c.Key)
		if find(c, u) != nil {
			continue
		}
		if i == 0 {
			return nil, fault.Conflictf("the two branches of %s are of different courses", c.Key)
		}
		bare := *up
		bare.Children = nil
		c = insertAs(c, find(c, nameOf(way[i-1]).in(c.Key)), &bare, way[i-1])
	}
	return c, nil
}

// elsewhere takes out of a branch what unit holds and the branch has in another place too, because it was moved. What stands twice
// on the branch the unit comes from stays: courses of other makers may hold a block twice.
func elsewhere(c *course.Content, unit *course.Block, from *course.Content) *course.Content {
	held := map[name]bool{}
	unit.Walk(func(b *course.Block) bool { held[nameOf(b)] = true; return true })
	var doubles []path
	way := path{}
	var look func(*course.Block)
	look = func(b *course.Block) {
		way = append(way, b)
		switch {
		case b == unit:
		case held[nameOf(b)] && len(way) > 1 && !holds(from, way[len(way)-2], b):
			doubles = append(doubles, slices.Clone(way))
		default:
			for _, child := range b.Children {
				look(child)
			}
		}
		way = way[:len(way)-1]
	}
	look(c.Root)
	for _, d := range doubles { // rare; each changes the way to the next
		c = cut(c, d, unit)
	}
	return c
}

// holds reports whether a branch has a block right below another.
func holds(c *course.Content, above, b *course.Block) bool {
	way := find(c, nameOf(above).in(c.Key))
	return way != nil && slices.ContainsFunc(way.last().Children, func(x *course.Block) bool { return nameOf(x) == nameOf(b) })
}

// cut takes out the block that stands at the end of a way, which may have been copied since; the one below keep stays.
func cut(c *course.Content, was path, keep *course.Block) *course.Content {
	way := path{c.Root}
	for _, b := range was[1:] {
		i := slices.IndexFunc(way.last().Children, func(x *course.Block) bool { return x != keep && nameOf(x) == nameOf(b) })
		if i < 0 {
			return c
		}
		way = append(way, way.last().Children[i])
	}
	return put(c, way, nil)
}

// share lets the published branch use the draft's own blocks on a way down where both say the same, so that they are stored and held
// once.
func (b Branches) share(way path) Branches {
	for i := len(way) - 2; i >= 0; i-- {
		old := find(b.Published, nameOf(way[i]).in(b.Draft.Key))
		if old == nil || !Same(old.last(), way[i]) {
			return b
		}
		b.Published = put(b.Published, old, way[i])
	}
	return b
}

// Discard returns the branches with the draft of a unit as learners have it. What was moved out of it since comes back. A unit that
// was never published is refused as Invalid.
func (b Branches) Discard(unit course.UsageKey) (Branches, error) {
	now := find(b.Published, unit)
	if now == nil || !now.isUnit() {
		return b, fault.Invalidf("%s was never published", unit).Say("draft.never_published")
	}
	way := find(b.Draft, unit)
	if way == nil {
		return b, fault.NotFoundf("block %s is not in the draft", unit).Say("draft.gone")
	}
	if Same(way.last(), now.last()) {
		return b, nil
	}
	b.Draft = put(b.Draft, way, now.last())
	b.Draft = elsewhere(b.Draft, now.last(), b.Published)
	return b, nil
}

// Withdraw returns the branches with a unit taken from learners; authors keep it as a draft.
func (b Branches) Withdraw(unit course.UsageKey) (Branches, error) {
	way, err := b.must(unit)
	if err != nil {
		return b, err
	}
	if !way.isUnit() {
		return b, fault.Invalidf("%s is no unit", unit)
	}
	if b.Published != nil {
		b.Published = remove(b.Published, unit)
	}
	return b, nil
}

// Changed reports whether a unit of the draft differs from what learners have: content, settings, order or deletions, or that they
// do not have it.
func (b Branches) Changed(unit *course.Block) bool {
	way := find(b.Published, nameOf(unit).in(b.Draft.Key))
	return way == nil || !way.isUnit() || !Same(way.last(), unit)
}

// Units lists the units at and below a block of the draft, in course order.
func (b Branches) Units(u course.UsageKey) ([]*course.Block, error) {
	way, err := b.must(u)
	if err != nil {
		return nil, err
	}
	if unit := way.unit(); unit != nil {
		return []*course.Block{unit.last()}, nil
	}
	var out []*course.Block
	way.last().Walk(func(x *course.Block) bool {
		if direct[x.Type] || x.Type == "library" {
			return true
		}
		out = append(out, x)
		return false
	})
	return out, nil
}

// Whole is the operation of acts that concern everything in a unit, or in every unit below a block, such as publishing: it says what
// they touch. It changes nothing itself.
type Whole struct {
	Block course.UsageKey
	Verb  string
}

func (o Whole) touches() []touch { return []touch{{block: o.Block, aspect: everything}} }

func (o Whole) words(b Branches) string { return o.Verb + " " + title(b.Draft, o.Block) }

func (Whole) apply(*work) error { return nil }
