package draft

import (
	"slices"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Branches are both sides of a course, and the list of its files. Published is nil while nothing of it is published. The content is
// shared with everybody who reads these versions: the methods give changed Branches and leave the old ones as they are.
type Branches struct {
	Draft, Published *course.Content
	Files            string // manifest of the files in force, "" for none
}

// path is the way from the course block down to a block, both included.
type path []*course.Block

func (p path) last() *course.Block { return p[len(p)-1] }

// above is the block that holds the last of the path; nil for the course itself.
func (p path) above() *course.Block {
	if len(p) < 2 {
		return nil
	}
	return p[len(p)-2]
}

// find returns the way to a block of the tree, nil when it is not there. The course block is found by its type alone.
func find(c *course.Content, u course.UsageKey) path {
	if c == nil {
		return nil
	}
	if u.Type == c.Root.Type && (u.Type == "course" || u.ID == c.Root.ID) || u == (course.UsageKey{Type: "course"}) {
		return path{c.Root}
	}
	way := make(path, 0, 8)
	var below func(*course.Block) bool
	below = func(b *course.Block) bool {
		way = append(way, b)
		if b.ID == u.ID && b.Type == u.Type {
			return true
		}
		if slices.ContainsFunc(b.Children, below) {
			return true
		}
		way = way[:len(way)-1]
		return false
	}
	if below(c.Root) {
		return way
	}
	return nil
}

// Block finds a block of a branch, in the tree or among the pages beside it; nil when there is none.
func Block(c *course.Content, u course.UsageKey) *course.Block {
	if c == nil {
		return nil
	}
	if way := find(c, u); way != nil {
		return way.last()
	}
	return c.Page(u.Type, u.ID)
}

// Above finds the block that holds another; nil for the course, for pages and for what is not there.
func Above(c *course.Content, u course.UsageKey) *course.Block {
	if way := find(c, u); way != nil {
		return way.above()
	}
	return nil
}

// put returns content in which the last block of a path is replaced; with nil it is taken out.
func put(c *course.Content, way path, with *course.Block) *course.Content {
	for i := len(way) - 1; i > 0; i-- {
		up := *way[i-1]
		at := slices.Index(up.Children, way[i])
		up.Children = slices.Clone(up.Children)
		if with == nil {
			up.Children = slices.Delete(up.Children, at, at+1)
		} else {
			up.Children[at] = with
		}
		with = &up
	}
	out := *c
	out.Root = with
	return &out
}

// change returns content in which a copy of the last block of a path went through f.
func change(c *course.Content, way path, f func(*course.Block)) *course.Content {
	b := *way.last()
	f(&b)
	return put(c, way, &b)
}

// insert puts a block below the last of a path, at a place counted from 0; a place outside means the end.
func insert(c *course.Content, way path, at int, b *course.Block) *course.Content {
	return change(c, way, func(up *course.Block) {
		if at < 0 || at > len(up.Children) {
			at = len(up.Children)
		}
		up.Children = slices.Insert(slices.Clone(up.Children), at, b)
	})
}

// remove takes a block out of the tree, if it is there.
func remove(c *course.Content, u course.UsageKey) *course.Content {
	way := find(c, u)
	if len(way) < 2 {
		return c
	}
	return put(c, way, nil)
}

// name tells blocks of one course apart.
type name struct{ typ, id string }

func nameOf(b *course.Block) name { return name{b.Type, b.ID} }

func (n name) in(k course.Key) course.UsageKey { return k.Usage(n.typ, n.id) }

// insertAs puts a block below the last of a path where it belongs by the order of like: behind the nearest block before it there
// that is here too.
func insertAs(c *course.Content, way path, b, like *course.Block) *course.Content {
	at := 0
	for _, sibling := range like.Children {
		if nameOf(sibling) == nameOf(b) {
			break
		}
		if i := slices.IndexFunc(way.last().Children, func(x *course.Block) bool { return nameOf(x) == nameOf(sibling) }); i >= 0 {
			at = i + 1
		}
	}
	return insert(c, way, at, b)
}

// orderAs sorts blocks as those of like stand; what like does not hold stays behind what it stood behind.
func orderAs(blocks, like []*course.Block) []*course.Block {
	place := make(map[name]int, len(like))
	for i, b := range like {
		place[nameOf(b)] = i
	}
	type ranked struct {
		b    *course.Block
		rank int
	}
	var list []ranked
	last := -1
	for _, b := range blocks {
		if i, ok := place[nameOf(b)]; ok {
			last = i
		}
		list = append(list, ranked{b, last})
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return a.rank - b.rank })
	out := make([]*course.Block, len(list))
	for i, r := range list {
		out[i] = r.b
	}
	return out
}

// must finds a block of the draft's tree; NotFound when it is not there.
func (b Branches) must(u course.UsageKey) (path, error) {
	way := find(b.Draft, u)
	if way == nil {
		return nil, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	return way, nil
}

// Way lists the blocks from the course's root down to a block of the tree, the block included; nil when it is not there. They are shared, and not
// to be changed.
func Way(c *course.Content, u course.UsageKey) []*course.Block {
	if c == nil {
		return nil
	}
	return find(c, u)
}
