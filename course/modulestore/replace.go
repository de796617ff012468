package modulestore

import "lyceum/course"

// Replace returns content in which the block old stands replaced by the blocks with (none removes it). Only the blocks
// on the way from the root are copied; everything else is shared with c, which stays as it is. ok is false when old is
// not in the tree. Blocks are compared by identity, not by key.
func Replace(c *course.Content, old *course.Block, with ...*course.Block) (changed *course.Content, ok bool) {
	out := *c
	if c.Root == old {
		if len(with) != 1 {
			return nil, false
		}
		out.Root = with[0]
		return &out, true
	}
	root, ok := replaceBelow(c.Root, old, with)
	if !ok {
		return nil, false
	}
	out.Root = root
	return &out, true
}

func replaceBelow(b, old *course.Block, with []*course.Block) (*course.Block, bool) {
	for i, child := range b.Children {
		var in []*course.Block
		if child == old {
			in = with
		} else if copied, ok := replaceBelow(child, old, with); ok {
			in = []*course.Block{copied}
		} else {
			continue
		}
		out := *b
		out.Children = make([]*course.Block, 0, len(b.Children)-1+len(in))
		out.Children = append(append(append(out.Children, b.Children[:i]...), in...), b.Children[i+1:]...)
		return &out, true
	}
	return nil, false
}
