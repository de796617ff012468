package completion

import (
	"math/bits"

	"lyceum/course"
)

// Sight is what one learner sees of a course, see learner/access.
type Sight struct {
	// Visible says whether the learner sees a block. It must be false for everything below a block for which it is false.
	Visible func(*course.Node) bool
	// Below says of a visible block that everything below it is visible, too, which spares asking for each. It may be false all the
	// same.
	Below func(*course.Node) bool
}

// Marks are the complete leaves of a course: a bit each, by node index, since a page makes them anew for courses of any size. Nil marks
// none.
type Marks []uint64

// MarksOf marks what is complete by values.
func MarksOf(c *course.Compiled, values Values) Marks {
	var m Marks
	for key, v := range values {
		if n, ok := c.Node(key); ok && v >= 1 {
			m.set(c, n)
		}
	}
	return m
}

// set marks n and its twins, if it is completed by itself.
func (m *Marks) set(c *course.Compiled, n *course.Node) {
	if *m == nil {
		*m = make(Marks, (len(c.Nodes)+63)/64)
	}
	for {
		if n.Completable() {
			(*m)[n.Index/64] |= 1 << (n.Index % 64)
		}
		if n.Twin == 0 {
			return
		}
		n = &c.Nodes[n.Twin]
	}
}

// Has reports whether n is marked.
func (m Marks) Has(n *course.Node) bool {
	return int(n.Index/64) < len(m) && m[n.Index/64]>>(n.Index%64)&1 != 0
}

// in counts the marks at and below n.
func (m Marks) in(n *course.Node) int {
	if m == nil {
		return 0
	}
	first, last := n.Index/64, n.Last/64
	before, after := uint64(1)<<(n.Index%64)-1, ^uint64(0)<<(n.Last%64)<<1 // bits of others in the first word and in the last
	if first == last {
		return bits.OnesCount64(m[first] &^ before &^ after)
	}
	count := bits.OnesCount64(m[first]&^before) + bits.OnesCount64(m[last]&^after)
	for _, word := range m[first+1 : last] {
		count += bits.OnesCount64(word)
	}
	return count
}

// Progress is what follows from a learner's completions for the blocks of a course.
type Progress struct {
	Course *course.Compiled
	Marks  Marks
	Sight  Sight
}

// Done reports whether a block is complete: a leaf at 1, a unit when every completable leaf in it that the learner sees is (also when
// it has none), a subsection or section when all its units are. Blocks the learner does not see are not.
func (p Progress) Done(n *course.Node) bool { return p.Sight.Visible(n) && p.done(n) }

// DoneChildren counts the complete children of a block the learner sees with everything below it, where this shows without asking each of
// them: when nothing or everything below is complete. Else ok is false.
func (p Progress) DoneChildren(n *course.Node) (done int, ok bool) {
	if !p.Sight.Below(n) {
		return 0, false
	}
	switch p.Marks.in(n) {
	case 0:
		return int(n.Idle), true
	case int(n.Leaves):
		return len(n.Children), true
	}
	return 0, false
}

// done is Done for a block the learner sees.
func (p Progress) done(n *course.Node) bool {
	if len(n.Children) == 0 || p.Sight.Below(n) {
		return p.Marks.in(n) == int(n.Leaves)
	}
	for _, i := range n.Children {
		// What the learner does not see keeps nothing above from being complete.
		if child := &p.Course.Nodes[i]; p.Sight.Visible(child) && !p.done(child) {
			return false
		}
	}
	return true
}
