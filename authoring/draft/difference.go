package draft

import (
	"bytes"
	"maps"
	"slices"

	"lyceum/course"
)

// Difference is what two versions say differently of one block.
type Difference struct {
	Block          course.UsageKey
	Name           string // display name, of the newer version where it has the block
	Added, Removed bool   // with everything in Fields and Text
	// From and To are where the block stood and stands, when that changed; zero otherwise.
	From, To  course.UsageKey
	Reordered bool   // blocks in it that both versions have stand in another order
	Order     []Line // the names of what stands in it, before and after; nil unless Reordered
	Fields    []FieldDifference
	Text      bool // the text is another, see Lines
	// OldText and NewText are the texts, where they differ; shared with the versions, not to be changed.
	OldText, NewText []byte
}

// Lines compares the texts line by line; nil when they are the same.
func (d Difference) Lines() []Line {
	if !d.Text {
		return nil
	}
	return CompareText(string(d.OldText), string(d.NewText))
}

// FieldDifference is a setting two versions have differently; "" is unset.
type FieldDifference struct {
	Name     string
	Old, New course.Value
}

// Compare lists what changed between two versions of a course: blocks in the order of the newer one, then those it lacks, then pages,
// then the grading policy, under the course's own key.
func Compare(from, to *course.Content) []Difference {
	var out []Difference
	out = append(out, CompareBlocks(to.Key, from.Root, to.Root)...)
	for _, p := range to.Pages {
		out = append(out, CompareBlocks(to.Key, from.Page(p.Type, p.ID), p)...)
	}
	for _, p := range from.Pages {
		if to.Page(p.Type, p.ID) == nil {
			out = append(out, CompareBlocks(to.Key, p, nil)...)
		}
	}
	if from.Grading != to.Grading {
		out = append(out, Difference{Block: nameOf(to.Root).in(to.Key), Fields: []FieldDifference{{"grading_policy", from.Grading, to.Grading}}})
	}
	return out
}

// CompareBlocks lists what changed between two states of a block and everything below it; either may be nil.
func CompareBlocks(key course.Key, from, to *course.Block) []Difference {
	if Same(from, to) {
		return nil
	}
	old, now := placesOf(from), placesOf(to)
	var out []Difference
	each(to, func(b *course.Block) {
		d := Difference{Block: nameOf(b).in(key), Name: nameText(b)}
		was, ok := old[nameOf(b)]
		if !ok {
			d.Added = true
			d.compare(&course.Block{}, b)
			out = append(out, d)
			return
		}
		if is := now[nameOf(b)]; was.above != is.above && was.above != (name{}) && is.above != (name{}) {
			d.From, d.To = was.above.in(key), is.above.in(key)
		}
		if d.Reordered = !sameOrder(was.block, b); d.Reordered {
			d.Order = CompareOrder(was.block.Children, b.Children)
		}
		d.compare(was.block, b)
		if d.Reordered || d.From != d.To || len(d.Fields) > 0 || d.Text {
			out = append(out, d)
		}
	})
	each(from, func(b *course.Block) {
		if _, ok := now[nameOf(b)]; !ok {
			d := Difference{Block: nameOf(b).in(key), Name: nameText(b), Removed: true}
			d.compare(b, &course.Block{})
			out = append(out, d)
		}
	})
	return out
}

type standing struct {
	block *course.Block
	above name
}

func placesOf(b *course.Block) map[name]standing {
	out := map[name]standing{}
	var walk func(b *course.Block, above name)
	walk = func(b *course.Block, above name) {
		if _, twice := out[nameOf(b)]; !twice {
			out[nameOf(b)] = standing{b, above}
		}
		for _, child := range b.Children {
			walk(child, nameOf(b))
		}
	}
	if b != nil {
		walk(b, name{})
	}
	return out
}

func each(b *course.Block, f func(*course.Block)) {
	if b != nil {
		b.Walk(func(x *course.Block) bool { f(x); return true })
	}
}

func nameText(b *course.Block) string {
	s, _ := b.Fields["display_name"].Text()
	return s
}

// sameOrder reports whether the children two blocks have in common stand in one order.
func sameOrder(a, b *course.Block) bool {
	common := func(of, other *course.Block) (out []name) {
		has := map[name]bool{}
		for _, c := range other.Children {
			has[nameOf(c)] = true
		}
		for _, c := range of.Children {
			if has[nameOf(c)] {
				out = append(out, nameOf(c))
			}
		}
		return out
	}
	return slices.Equal(common(a, b), common(b, a))
}

// compare fills in settings, further attributes and text.
func (d *Difference) compare(from, to *course.Block) {
	values := func(b *course.Block) course.Fields {
		out := course.Fields{}
		for n, v := range b.Attrs {
			out[n] = course.Text(v)
		}
		maps.Copy(out, b.Fields)
		return out
	}
	old, now := values(from), values(to)
	all := maps.Clone(old)
	maps.Copy(all, now)
	for _, n := range slices.Sorted(maps.Keys(all)) {
		if old[n] != now[n] {
			d.Fields = append(d.Fields, FieldDifference{n, old[n], now[n]})
		}
	}
	if !bytes.Equal(from.Body, to.Body) {
		d.Text, d.OldText, d.NewText = true, from.Body, to.Body
	}
}
