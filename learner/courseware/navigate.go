package courseware

import (
	"slices"
	"strconv"
	"time"

	"lyceum/course"
	"lyceum/learner/access"
)

// Course is one learner's view of a compiled course: what may be seen and nothing else.
type Course struct {
	*course.Compiled
	Visible func(*course.Node) bool
	// Closed are the subsections closed to the learner until others are done, and Ungated says what would be visible if none were. Both
	// are nil where nothing is closed so.
	Closed  Gates
	Ungated func(*course.Node) bool
}

// CourseOf is what one learner sees of a course.
func CourseOf(c *course.Compiled, l *Learner, now time.Time) Course {
	out := Course{Compiled: c, Visible: access.Visible(c, &l.Viewer, now)}
	if len(l.Gates) > 0 {
		out.Closed, out.Ungated = l.Gates, access.Visible(c, l.Viewer.Ungated(), now)
	}
	return out
}

// Place is a unit and where it stands. Old courses put components straight into a subsection, a section or the course: such
// a component stands alone as its own unit, and as its own subsection or section where that level is missing.
type Place struct {
	Section, Subsection, Unit *course.Node
	Position                  int // of the unit in the subsection, from 1, counting visible units
}

// IsZero reports whether there is no such place.
func (p Place) IsZero() bool { return p.Unit == nil }

// Sections lists the visible blocks of the first level.
func (c Course) Sections() []*course.Node { return c.visibleChildren(c.Root()) }

// Subsections lists the visible blocks of the second level, and those closed by a gate, which have no units; a component at the first level stands for its own.
func (c Course) Subsections(section *course.Node) []*course.Node {
	if !isSection(section) {
		return []*course.Node{section}
	}
	return c.visibleChildren(section)
}

// Units lists the visible units of a subsection.
func (c Course) Units(subsection *course.Node) []*course.Node {
	if !isSubsection(subsection) {
		return []*course.Node{subsection}
	}
	return c.visibleChildren(subsection)
}

// isSection tells blocks whose children are subsections.
func isSection(n *course.Node) bool { return n.Depth == 1 && n.Block.Type == "chapter" }

// isSubsection tells blocks whose children are units: any container at the second level but a unit.
func isSubsection(n *course.Node) bool {
	switch n.Block.Type {
	case "sequential", "videosequence", "problemset", "section", "timelimit", "proctor", "wrapper":
		return true
	}
	return false
}

func (c Course) visibleChildren(n *course.Node) []*course.Node {
	out := make([]*course.Node, 0, len(n.Children))
	for i, child := c.beside(n, -1, 1); child != nil; i, child = c.beside(n, i, 1) {
		out = append(out, child)
	}
	return out
}

// beside is the next visible child of n, and its place among all of them, from another place on in steps of 1 or -1; nil where there is none.
func (c Course) beside(n *course.Node, i, by int) (int, *course.Node) {
	for i += by; i >= 0 && i < len(n.Children); i += by {
		if child := &c.Nodes[n.Children[i]]; c.listed(child) {
			return i, child
		}
	}
	return i, nil
}

// count is the number of a visible child among those that are, from 1; 0 for what is no such child.
func (c Course) count(n, child *course.Node) int {
	number := 0
	for i, sibling := c.beside(n, -1, 1); sibling != nil; i, sibling = c.beside(n, i, 1) {
		if number++; sibling == child {
			return number
		}
	}
	return 0
}

// byID is the first visible child with an id, nil where there is none.
func (c Course) byID(n *course.Node, id string) *course.Node {
	for _, i := range n.Children {
		if child := &c.Nodes[i]; child.Block.ID == id && c.listed(child) {
			return child
		}
	}
	return nil
}

// PlaceOf finds where block n is shown: its unit, subsection and section. The zero Place means that n, or a block above
// it, may not be seen. For a section or subsection it is its first unit.
func (c Course) PlaceOf(n *course.Node) Place {
	if n.Parent < 0 || !c.Visible(n) {
		return Place{}
	}
	path := c.Path(n)
	p := Place{Section: path[1], Subsection: path[1], Unit: path[1]}
	if isSection(p.Section) {
		if len(path) < 3 {
			return c.first(c.Subsections(p.Section))
		}
		p.Subsection, p.Unit = path[2], path[2]
	}
	if isSubsection(p.Subsection) {
		at := int(p.Subsection.Depth) + 1
		if len(path) <= at {
			return c.first([]*course.Node{p.Subsection})
		}
		p.Unit = path[at]
	}
	if p.Position = c.positionOf(p); p.Position == 0 {
		return Place{}
	}
	return p
}

// positionOf is the place of the unit of p in its subsection, 0 where it is none of its units.
func (c Course) positionOf(p Place) int {
	switch {
	case isSubsection(p.Subsection):
		return c.count(p.Subsection, p.Unit)
	case p.Subsection == p.Unit:
		return 1
	}
	return 0
}

// first finds the first unit of the first subsection that has any.
func (c Course) first(subsections []*course.Node) Place {
	for _, s := range subsections {
		if units := c.Units(s); len(units) > 0 {
			return c.PlaceOf(units[0])
		}
	}
	return Place{}
}

// First finds the first unit of the course.
func (c Course) First() Place {
	for _, s := range c.Sections() {
		if p := c.first(c.Subsections(s)); !p.IsZero() {
			return p
		}
	}
	return Place{}
}

// Positions are the stored positions of a learner by block: of the course, its sections and subsections, from 1.
type Positions map[course.UsageKey]int

// at returns the child a stored position names; out of range it is the first with content, by the given test.
func at(children []*course.Node, position int, hasContent func(*course.Node) bool) *course.Node {
	if position >= 1 && position <= len(children) && hasContent(children[position-1]) {
		return children[position-1]
	}
	for _, n := range children {
		if hasContent(n) {
			return n
		}
	}
	return nil
}

func (c Course) hasUnits(subsection *course.Node) bool { return len(c.Units(subsection)) > 0 }

func (c Course) hasSubsections(section *course.Node) bool {
	return !c.first(c.Subsections(section)).IsZero()
}

// Find resolves an address of the courseware: ids of section and subsection and a position, each of which may be "". What
// is left out comes from the stored positions, else it is the first with content. A position is a number from 1, "first" or
// "last"; out of range it is the first unit. ok is false for an unknown section or subsection; the zero Place with ok true
// means that there is nothing to see there.
func (c Course) Find(section, subsection, position string, stored Positions) (p Place, ok bool) {
	var s, sub *course.Node
	if section == "" {
		s = at(c.Sections(), stored[c.Root().Key], c.hasSubsections)
	} else if s = c.byID(c.Root(), section); s == nil {
		return Place{}, false
	}
	if s == nil {
		return Place{}, true
	}
	if subsection == "" {
		sub = at(c.Subsections(s), stored[s.Key], c.hasUnits)
	} else if sub = c.subsection(s, subsection); sub == nil {
		return Place{}, false
	}
	if sub == nil {
		return Place{}, true
	}
	units := c.Units(sub)
	if len(units) == 0 {
		return Place{Section: s, Subsection: sub}, true
	}
	n := stored[sub.Key]
	switch position {
	case "":
	case "first":
		n = 1
	case "last":
		n = len(units)
	default:
		n, _ = strconv.Atoi(position)
	}
	unit := at(units, n, func(*course.Node) bool { return true })
	return c.PlaceOf(unit), true
}

func (c Course) subsection(section *course.Node, id string) *course.Node {
	if isSection(section) {
		return c.byID(section, id)
	}
	if section.Block.ID == id { // it stands for its own
		return section
	}
	return nil
}

// Subsection finds a subsection by its id and that of its section.
func (c Course) Subsection(section, id string) (sub *course.Node, ok bool) {
	for i, s := c.beside(c.Root(), -1, 1); s != nil; i, s = c.beside(c.Root(), i, 1) {
		if s.Block.ID == section {
			if sub = c.subsection(s, id); sub != nil {
				return sub, true
			}
		}
	}
	return nil, false
}

// PositionsFor are the positions to store when a learner opens a place.
func (c Course) PositionsFor(p Place) Positions {
	out := Positions{p.Subsection.Key: p.Position}
	if n := c.count(c.Root(), p.Section); n > 0 {
		out[c.Root().Key] = n
	}
	if p.Section != p.Subsection && isSection(p.Section) {
		if n := c.count(p.Section, p.Subsection); n > 0 {
			out[p.Section.Key] = n
		}
	}
	return out
}

// Next returns the unit after p: in its subsection, then in the next one that has any, across sections. A subsection
// hidden from the outline leads nowhere and is not led to; one closed by a gate is led to as if it were its own unit.
func (c Course) Next(p Place) Place { return c.step(p, 1) }

// Previous returns the unit before p.
func (c Course) Previous(p Place) Place { return c.step(p, -1) }

func (c Course) step(p Place, by int) Place {
	if isSubsection(p.Subsection) {
		if _, u := c.beside(p.Subsection, indexOf(p.Subsection, p.Unit), by); u != nil {
			return c.PlaceOf(u)
		}
	}
	if p.Subsection.Settings.HideFromTOC {
		return Place{}
	}
	if isSection(p.Section) {
		if q := c.enterBeside(p.Section, indexOf(p.Section, p.Subsection), by); !q.IsZero() {
			return q
		}
	}
	root := c.Root()
	for i, s := c.beside(root, indexOf(root, p.Section), by); s != nil; i, s = c.beside(root, i, by) {
		q := Place{}
		if isSection(s) {
			q = c.enterBeside(s, outside(s, by), by)
		} else {
			q = c.enter(s, by)
		}
		if !q.IsZero() {
			return q
		}
	}
	return Place{}
}

// enterBeside enters the next subsection of a section that has units, from one of its children on.
func (c Course) enterBeside(section *course.Node, i, by int) Place {
	for i, sub := c.beside(section, i, by); sub != nil; i, sub = c.beside(section, i, by) {
		if q := c.enter(sub, by); !q.IsZero() {
			return q
		}
	}
	return Place{}
}

// enter is the first unit of a subsection, or going back its last.
func (c Course) enter(sub *course.Node, by int) Place {
	if sub.Settings.HideFromTOC {
		return Place{}
	}
	if !isSubsection(sub) {
		return c.PlaceOf(sub)
	}
	if _, closed := c.Closed[sub.Index]; closed { // its page says what comes first; until then it stands for its units
		return Place{Section: c.ParentOf(sub), Subsection: sub, Unit: sub, Position: 1}
	}
	if _, u := c.beside(sub, outside(sub, by), by); u != nil {
		return c.PlaceOf(u)
	}
	return Place{}
}

// outside is where a walk over the children of n begins.
func outside(n *course.Node, by int) int {
	if by < 0 {
		return len(n.Children)
	}
	return -1
}

// indexOf is the place of a child among the children of n.
func indexOf(n, child *course.Node) int { return slices.Index(n.Children, child.Index) }
