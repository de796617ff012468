package draft

import "lyceum/course"

// Index finds blocks of a branch by their names, for who looks for many of them: the tree is walked once, when the first is asked for. Its
// zero value finds nothing. It is used by one goroutine.
type Index struct {
	content *course.Content
	blocks  map[name]*course.Block
}

// NewIndex is an index of a branch; nil is an empty one.
func NewIndex(c *course.Content) *Index { return &Index{content: c} }

// Block finds a block or page, as [Block] does; nil when it is not there.
func (x *Index) Block(u course.UsageKey) *course.Block {
	if x.content == nil {
		return nil
	}
	if x.blocks == nil {
		x.blocks = map[name]*course.Block{}
		x.content.Root.Walk(func(b *course.Block) bool {
			if at := nameOf(b); x.blocks[at] == nil {
				x.blocks[at] = b
			}
			return true
		})
	}
	if u.Type == "course" && x.content.Root.Type == "course" {
		return x.content.Root
	}
	if b := x.blocks[name{u.Type, u.ID}]; b != nil {
		return b
	}
	return x.content.Page(u.Type, u.ID)
}
