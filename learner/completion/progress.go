package completion

import "lyceum/course"

// Progress is what follows from a learner's completions for the blocks of a course.
type Progress struct {
	done []bool // by node index; visible and complete

	Units    int // units visible to the learner
	Complete int // of them, complete ones
}

// Fraction is complete units over visible units, 0 for a course without any.
func (p *Progress) Fraction() float64 {
	if p.Units == 0 {
		return 0
	}
	return float64(p.Complete) / float64(p.Units)
}

// Done reports whether a block is complete: a leaf at 1, a unit when every completable leaf in it that the learner sees is (also when
// it has none), a subsection or section when all its units are. Blocks the learner does not see are not.
func (p *Progress) Done(n *course.Node) bool { return int(n.Index) < len(p.done) && p.done[n.Index] }

// Count works out the completion of every block below top, which is usually the course, from the leaves' values. visible says what this
// learner may see and must be false for everything below a block for which it is false.
func Count(c *course.Compiled, top *course.Node, values Values, visible func(*course.Node) bool) *Progress {
	p := &Progress{done: make([]bool, top.Last+1)}
	p.count(c, top, values, visible)
	return p
}

func (p *Progress) count(c *course.Compiled, n *course.Node, values Values, visible func(*course.Node) bool) bool {
	if !visible(n) {
		return true // not there: keeps nothing above from being complete
	}
	done := true
	switch {
	case len(n.Children) > 0:
		for _, i := range n.Children {
			if !p.count(c, &c.Nodes[i], values, visible) {
				done = false
			}
		}
	case Reportable(n):
		done = values[n.Key] >= 1
	}
	if isUnit(c, n) {
		p.Units++
		if done {
			p.Complete++
		}
	}
	p.done[n.Index] = done
	return done
}

// isUnit holds for verticals, and for what old courses put straight into a subsection in their place.
func isUnit(c *course.Compiled, n *course.Node) bool {
	if n.Block.Type == "vertical" {
		parent := c.ParentOf(n)
		return parent == nil || parent.Block.Type != "vertical"
	}
	parent := c.ParentOf(n)
	return parent != nil && parent.Block.Type == "sequential"
}
