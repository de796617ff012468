package courseware

import (
	"time"

	"lyceum/course"
	"lyceum/learner/access"
	"lyceum/learner/completion"
)

// Entry is one line of the outline, a section or a subsection, with how far the learner is in its units.
type Entry struct {
	Node     *course.Node
	Locked   bool       // shown but closed: not released yet, or behind a gate
	Opens    *time.Time // UTC, when locked by a release date
	Gate     *Gate      // when locked until another subsection is done
	Due      *time.Time // UTC, of subsections, for this learner
	Complete bool
	Units    int // visible units at or below
	Done     int // of these, complete
	Children []Entry
}

// Outline is a learner's table of contents with what is complete. Left out are blocks for staff only, for other groups and
// those hidden from the outline; subsections and sections that open later are shown closed, in courses whose pace the
// instructor sets. progress is of the whole course.
func Outline(c Course, v *access.Viewer, progress completion.Progress, now time.Time) []Entry {
	o := outliner{Course: c, viewer: v, progress: progress, now: now}
	root := c.Root()
	out := make([]Entry, 0, len(root.Children))
	for _, i := range root.Children {
		if e, ok := o.section(&c.Nodes[i]); ok {
			out = append(out, e)
		}
	}
	return out
}

type outliner struct {
	Course
	viewer   *access.Viewer
	progress completion.Progress
	now      time.Time
}

func (o *outliner) section(n *course.Node) (Entry, bool) {
	if !isSection(n) {
		return o.subsection(n)
	}
	e, ok := o.line(n)
	if !ok || e.Locked {
		return e, ok
	}
	e.Children = make([]Entry, 0, len(n.Children))
	for _, i := range n.Children {
		if sub, ok := o.subsection(&o.Nodes[i]); ok {
			e.Children = append(e.Children, sub)
			e.Units += sub.Units
			e.Done += sub.Done
		}
	}
	e.Complete = e.Units > 0 && e.Units == e.Done
	return e, true
}

// subsection makes the line of a subsection, or of what stands in the place of one and is its own unit.
func (o *outliner) subsection(n *course.Node) (Entry, bool) {
	e, ok := o.line(n)
	if !ok || e.Locked {
		return e, ok
	}
	e.Due = access.DatesOf(o.Compiled, n, o.viewer).Due
	if n.Depth == 1 || !isSubsection(n) {
		o.count(&e, n)
	} else if done, ok := o.progress.DoneChildren(n); ok && !n.Hides {
		e.Units, e.Done = len(n.Children), done
	} else {
		for _, i := range n.Children {
			if unit := &o.Nodes[i]; !unit.Settings.HideFromTOC && o.Visible(unit) {
				o.count(&e, unit)
			}
		}
	}
	e.Complete = e.Units > 0 && e.Units == e.Done
	return e, true
}

// line starts the line of a section or subsection; ok is false where there is none.
func (o *outliner) line(n *course.Node) (e Entry, ok bool) {
	if n.Settings.HideFromTOC {
		return Entry{}, false
	}
	if o.Visible(n) {
		return Entry{Node: n}, true
	}
	if g, ok := o.Gated(n); ok {
		return Entry{Node: n, Locked: true, Gate: &g}, true
	}
	d := access.Block(o.Compiled, n, o.viewer, o.now)
	return Entry{Node: n, Locked: true, Opens: &d.Start}, d.Reason == access.NotStarted
}

func (o *outliner) count(e *Entry, unit *course.Node) {
	e.Units++
	if o.progress.Done(unit) {
		e.Done++
	}
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
