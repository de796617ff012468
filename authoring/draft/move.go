package draft

import (
	"slices"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Move puts a block, with everything below it, elsewhere in the course. The place of sections, subsections and units changes for
// learners at once; that of components with the next publish.
type Move struct {
	Block, To course.UsageKey
	At        int // the place among the children of To after the move, counted from 1; 0 is the end
}

func (m Move) touches() []touch {
	return []touch{{block: m.Block, aspect: place}, {block: m.To, aspect: presence}}
}

func (m Move) words(b Branches) string {
	return "Move " + title(b.Draft, m.Block) + " to " + title(b.Draft, m.To)
}

func (m Move) apply(w *work) error { return w.moveTo(m.Block, m.To, m.At-1) }

func (w *work) moveTo(u, to course.UsageKey, at int) error {
	way, err := w.must(u)
	if err != nil {
		return err
	}
	target, err := w.must(to)
	if err != nil {
		return err
	}
	b := way.last()
	if way.above() == nil {
		return fault.Invalidf("the course itself cannot be moved")
	}
	if slices.Contains(target, b) {
		return fault.Invalidf("%s cannot be moved into itself", u).Say("draft.into_itself")
	}
	if target.last() != way.above() {
		if err := mayHold(target.last(), b.Type); err != nil {
			return err
		}
	}
	everywhere := direct[b.Type] || way.isUnit() && direct[target.last().Type]
	w.Draft = put(w.Draft, way, nil)
	w.Draft = insert(w.Draft, find(w.Draft, to), at, b)
	old, into := find(w.Published, u), find(w.Published, to)
	if !everywhere || old == nil || into == nil || slices.Contains(into, old.last()) {
		return nil
	}
	learners := old.last()
	w.Published = put(w.Published, old, nil)
	w.Published = insertAs(w.Published, find(w.Published, to), learners, find(w.Draft, to).last())
	return nil
}

// Reorder gives the children of a block another order, see [Update].Children.
type Reorder struct {
	Block    course.UsageKey
	Children []course.UsageKey
}

func (r Reorder) touches() []touch { return []touch{{block: r.Block, aspect: order}} }

func (r Reorder) words(b Branches) string { return "Reorder " + title(b.Draft, r.Block) }

func (r Reorder) apply(w *work) error { return w.arrange(r.Block, r.Children) }

// arrange gives a block the children listed, in that order.
func (w *work) arrange(u course.UsageKey, list []course.UsageKey) error {
	concurrent := func(child course.UsageKey) error {
		return fault.Conflictf("children of %s have changed: %s", u, child).Say("draft.concurrent")
	}
	way, err := w.must(u)
	if err != nil {
		return err
	}
	wanted := make(map[name]int, len(list))
	for i, child := range list {
		n := name{child.Type, child.ID}
		if _, twice := wanted[n]; twice {
			return fault.Invalidf("%s is listed twice", child)
		}
		wanted[n] = i
	}
	here := make(map[name]bool, len(list))
	for _, child := range way.last().Children {
		if _, ok := wanted[nameOf(child)]; !ok {
			return concurrent(nameOf(child).in(w.Draft.Key)) // it would be left without a parent
		}
		here[nameOf(child)] = true
	}
	for _, child := range list {
		if here[name{child.Type, child.ID}] {
			continue
		}
		if find(w.Draft, child) == nil {
			return concurrent(child)
		}
		if err := w.moveTo(child, u, -1); err != nil {
			return err
		}
	}
	w.Draft = change(w.Draft, find(w.Draft, u), func(b *course.Block) {
		b.Children = slices.Clone(b.Children)
		slices.SortStableFunc(b.Children, func(x, y *course.Block) int { return wanted[nameOf(x)] - wanted[nameOf(y)] })
	})
	if old := find(w.Published, u); old != nil && direct[u.Type] {
		w.Published = change(w.Published, old, func(b *course.Block) { b.Children = orderAs(b.Children, find(w.Draft, u).last().Children) })
	}
	return nil
}
