package courseware

import (
	"strconv"

	"lyceum/course"
)

// Course is one learner's view of a compiled course: what may be seen and nothing else.
type Course struct {
	*course.Compiled
	Visible func(*course.Node) bool
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

// Subsections lists the visible blocks of the second level; a component at the first level stands for its own.
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
	for _, i := range n.Children {
		if child := &c.Nodes[i]; c.Visible(child) {
			out = append(out, child)
		}
	}
	return out
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
	for i, u := range c.Units(p.Subsection) {
		if u == p.Unit {
			p.Position = i + 1
			return p
		}
	}
	return Place{}
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
	} else if s = byID(c.Sections(), section); s == nil {
		return Place{}, false
	}
	if s == nil {
		return Place{}, true
	}
	if subsection == "" {
		sub = at(c.Subsections(s), stored[s.Key], c.hasUnits)
	} else if sub = byID(c.Subsections(s), subsection); sub == nil {
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

func byID(nodes []*course.Node, id string) *course.Node {
	for _, n := range nodes {
		if n.Block.ID == id {
			return n
		}
	}
	return nil
}

// PositionsFor are the positions to store when a learner opens a place.
func (c Course) PositionsFor(p Place) Positions {
	out := Positions{p.Subsection.Key: p.Position}
	put := func(parent *course.Node, children []*course.Node, child *course.Node) {
		for i, n := range children {
			if n == child {
				out[parent.Key] = i + 1
			}
		}
	}
	put(c.Root(), c.Sections(), p.Section)
	if p.Section != p.Subsection {
		put(p.Section, c.Subsections(p.Section), p.Subsection)
	}
	return out
}

// Next returns the unit after p: in its subsection, then in the next one that has any, across sections. A subsection
// hidden from the outline leads nowhere and is not led to.
func (c Course) Next(p Place) Place { return c.step(p, 1) }

// Previous returns the unit before p.
func (c Course) Previous(p Place) Place { return c.step(p, -1) }

func (c Course) step(p Place, by int) Place {
	units := c.Units(p.Subsection)
	if i := p.Position - 1 + by; i >= 0 && i < len(units) {
		return c.PlaceOf(units[i])
	}
	if p.Subsection.Settings.HideFromTOC {
		return Place{}
	}
	var all []*course.Node
	here := -1
	for _, s := range c.Sections() {
		for _, sub := range c.Subsections(s) {
			if sub == p.Subsection {
				here = len(all)
			}
			all = append(all, sub)
		}
	}
	for i := here + by; here >= 0 && i >= 0 && i < len(all); i += by {
		if all[i].Settings.HideFromTOC {
			continue
		}
		if units := c.Units(all[i]); len(units) > 0 {
			if by < 0 {
				return c.PlaceOf(units[len(units)-1])
			}
			return c.PlaceOf(units[0])
		}
	}
	return Place{}
}
