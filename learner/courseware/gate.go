package courseware

import (
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/learner/access"
	"lyceum/learner/completion"
)

// Gate is a subsection that is closed to a learner until another is done, with how far that is.
type Gate struct {
	course.Gate
	Score, Completion float64 // of what comes first, in percent
}

// Open reports whether what the gate asks for is done.
func (g Gate) Open() bool {
	return g.Score >= float64(g.MinScore) && g.Completion >= float64(g.MinCompletion)
}

// Gates are the closed ones of a course by the index of the subsection they close.
type Gates map[int32]Gate

// Reached tells how many of the graded points of a subsection a learner has, in percent; 100 where there are none to earn. What can be
// earned there is what the learner sees by visible.
type Reached func(subsection *course.Node, visible func(*course.Node) bool) float64

// queueGates asks for what opens the gates of a course, and returns what works out which are closed when the answers are there.
func (l *Loader) queueGates(b *pgx.Batch, a Ask, out *Learner) (settle func()) {
	c := a.Course
	var first []*course.Node
	var usages []string
	asked := map[int32]bool{}
	for _, g := range c.Gates {
		if n := &c.Nodes[g.Needs]; !asked[g.Needs] {
			asked[g.Needs] = true
			first = append(first, n)
			usages = append(usages, c.UsagesBelow(n)...)
		}
	}
	var reached Reached
	var done completion.Values
	l.QueueReached(b, a.User, c, first, func(r Reached) { reached = r })
	completion.QueueOf(b, a.User, c.Key, usages, func(v completion.Values) { done = v })
	return func() { out.gate(c, reached, done, l.Clock.Now()) }
}

// gate closes what is not open yet. A subsection the learner does not see, or not yet, opens nothing.
func (l *Learner) gate(c *course.Compiled, reached Reached, done completion.Values, now time.Time) {
	if len(c.Gates) == 0 || l.Viewer.Roles.IsStaff() {
		return
	}
	visible := access.Visible(c, l.Viewer.Ungated(), now)
	closed := Gates{}
	for _, asked := range c.Gates {
		g := Gate{Gate: asked}
		if first := &c.Nodes[g.Needs]; reached != nil && visible(first) && !l.unchosen(c, first, visible) {
			g.Score, g.Completion = reached(first, visible), completion.Percent(c, first, done, visible)
			if g.Open() {
				continue
			}
		}
		closed[g.Node] = g
	}
	if len(closed) > 0 {
		l.Gates = closed
		l.Viewer.Milestones = func(n *course.Node) bool { _, ok := closed[n.Index]; return ok }
	}
}

// unchosen reports whether what a learner is shown in n has yet to be chosen: until then nothing stands there that could be done.
func (l *Learner) unchosen(c *course.Compiled, n *course.Node, visible func(*course.Node) bool) bool {
	for _, i := range c.Choosers {
		chooser := &c.Nodes[i]
		inside := i >= n.Index && i <= n.Last && len(chooser.Children) > 0 && chooser.Block.Type != "split_test" // which may have nothing for somebody
		if _, chosen := l.Choices[chooser.Key]; inside && !chosen && visible(chooser) {
			return true
		}
	}
	return false
}

// Gated finds the closed gate a block stands behind that would else be visible; ok is false where there is none.
func (c Course) Gated(n *course.Node) (g Gate, ok bool) {
	if len(c.Closed) == 0 {
		return Gate{}, false
	}
	for p := n; p != nil && !ok; p = c.ParentOf(p) {
		g, ok = c.Closed[p.Index]
	}
	return g, ok && c.Ungated(n)
}

// listed reports whether a block has a place on the way through the course: it is visible, or only closed by its own gate.
func (c Course) listed(n *course.Node) bool {
	if c.Visible(n) {
		return true
	}
	_, closed := c.Closed[n.Index]
	return closed && c.Ungated(n)
}
