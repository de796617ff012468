package courseware

import (
	"time"

	"lyceum/course"
	"lyceum/learner/access"
	"lyceum/learner/completion"
)

// Entry is one line of the outline: a section, a subsection or a unit.
type Entry struct {
	Node     *course.Node
	Locked   bool       // shown but closed: not released yet
	Opens    *time.Time // UTC, when locked by a release date
	Due      *time.Time // UTC, of subsections, for this learner
	Complete bool
	Units    int // visible units at or below
	Done     int // of these, complete
	Children []Entry
}

// Outline is a learner's table of contents with what is complete. Left out are blocks for staff only, for other groups and
// those hidden from the outline; subsections and sections that open later are shown closed, in courses whose pace the
// instructor sets. values may be nil.
func Outline(c *course.Compiled, v *access.Viewer, values completion.Values, now time.Time) []Entry {
	visible := access.Visible(c, v, now)
	progress := completion.Count(c, c.Root(), values, visible)
	o := outliner{Course: Course{Compiled: c, Visible: visible}, viewer: v, progress: progress, now: now}
	var out []Entry
	for _, i := range c.Root().Children {
		if e, ok := o.entry(&c.Nodes[i], 1); ok {
			out = append(out, e)
		}
	}
	return out
}

type outliner struct {
	Course
	viewer   *access.Viewer
	progress *completion.Progress
	now      time.Time
}

func (o *outliner) entry(n *course.Node, level int) (Entry, bool) {
	if n.Settings.HideFromTOC {
		return Entry{}, false
	}
	e := Entry{Node: n}
	if !o.Visible(n) {
		d := access.Block(o.Compiled, n, o.viewer, o.now)
		if d.Reason != access.NotStarted || level > 2 {
			return Entry{}, false
		}
		e.Locked, e.Opens = true, &d.Start
		return e, true
	}
	if level == 2 || (level == 1 && !isSection(n)) {
		e.Due = access.DatesOf(o.Compiled, n, o.viewer).Due
	}
	leaf := level == 3 || (level == 1 && !isSection(n)) || (level == 2 && !isSubsection(n))
	if leaf {
		e.Units, e.Complete = 1, o.progress.Done(n)
		if e.Complete {
			e.Done = 1
		}
		return e, true
	}
	for _, i := range n.Children {
		if child, ok := o.entry(&o.Nodes[i], level+1); ok {
			e.Children = append(e.Children, child)
			e.Units += child.Units
			e.Done += child.Done
		}
	}
	e.Complete = e.Units > 0 && e.Units == e.Done
	return e, true
}

// Resume finds where a learner goes on: the unit of the block completed last that is still there and visible, else the
// stored positions, else the first unit. The zero Place means that there is nothing to see.
func (c Course) Resume(last []completion.Last, stored Positions) Place {
	for _, l := range last {
		if n, ok := c.Node(l.Key); ok {
			if p := c.PlaceOf(n); !p.IsZero() {
				return p
			}
		}
	}
	p, _ := c.Find("", "", "", stored)
	return p
}
