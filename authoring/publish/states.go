package publish

import (
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
)

// State is how far a unit is on its way to learners.
type State uint8

// The states of a unit.
const (
	NeverPublished State = iota // learners see nothing
	Changed                     // learners see what was published last
	Live                        // learners see it as it is
	NotReleased                 // learners see nothing until its release date
	StaffOnly                   // learners see nothing, and it does not count for grades
)

var stateNames = [...]string{
	NeverPublished: "never_published", Changed: "changed", Live: "live", NotReleased: "not_released", StaffOnly: "staff_only",
}

// String names the state in lower case.
func (s State) String() string { return stateNames[s] }

// Visibility is the state the outline shows of any block of it, computed from what stands below.
type Visibility uint8

// The states of the outline.
const (
	Unscheduled Visibility = iota
	Ready                  // has a release date, which has not come
	ReleasedLive
	NeedsAttention
	TeamOnly
	Gated // a subsection behind a prerequisite
)

var visibilityNames = [...]string{
	Unscheduled: "unscheduled", Ready: "ready", ReleasedLive: "live", NeedsAttention: "needs_attention", TeamOnly: "staff_only", Gated: "gated",
}

// String names the state as clients of the outline know it.
func (v Visibility) String() string { return visibilityNames[v] }

// Node is one section, subsection or unit of the draft with its states, or the course itself.
type Node struct {
	Key      course.UsageKey
	Name     string
	Block    *course.Block // of the draft; shared, not to be changed
	Children []*Node       // none below a unit

	Unit       bool
	Published  bool // learners' branch has it
	HasChanges bool // of a unit: it differs from what is published or never was; else: a unit below has changes
	State      State
	Visibility Visibility

	StaffOnly       bool // visible to staff only, set on it or above
	StaffOnlyIsOwn  bool // set on it
	Start           time.Time
	StartIsOwn      bool
	Due             *time.Time
	Graded          bool
	Format          string
	HideFromTOC     bool
	HasPrerequisite bool
	// Explicit are group restrictions set on it.
	GroupAccess course.GroupAccess
}

// Title is the message id of the words under which Studio shows a unit: the outline's word for staff only and live units, else by what
// is published.
func (n *Node) Title() string {
	switch {
	case n.Visibility == TeamOnly:
		return "publish.staff_only"
	case n.Visibility == ReleasedLive:
		return "publish.live"
	case n.Published && !n.HasChanges:
		return "publish.not_released"
	case n.Published:
		return "publish.changed"
	default:
		return "publish.never_published"
	}
}

// Prerequisites says which subsections stand behind a prerequisite, by block id; they are kept apart from content.
type Prerequisites func(*course.Block) bool

// Outline computes the states of a course at a moment. gated may be nil.
func Outline(b draft.Branches, now time.Time, gated Prerequisites) *Node {
	o := outliner{key: b.Draft.Key, now: now, gated: gated, published: map[place]*course.Block{}}
	if b.Published != nil {
		o.published = unitsAndAbove(b.Published)
	}
	o.selfPaced, _ = b.Draft.Root.Fields["self_paced"].Bool()
	unscheduled, _ := course.ParseTime(course.UnscheduledStart)
	o.unscheduled, o.courseStart = unscheduled, unscheduled
	if t, ok := b.Draft.Root.Fields["start"].Time(); ok {
		o.courseStart = t
	}
	return o.node(b.Draft.Root, &Node{Start: unscheduled})
}

type place struct{ typ, id string }

// unitsAndAbove finds units, subsections and sections by their name.
func unitsAndAbove(c *course.Content) map[place]*course.Block {
	out := map[place]*course.Block{}
	c.Root.Walk(func(x *course.Block) bool {
		if _, twice := out[place{x.Type, x.ID}]; !twice {
			out[place{x.Type, x.ID}] = x
		}
		return holdsUnits(x)
	})
	return out
}

// holdsUnits is true of what stands above units.
func holdsUnits(b *course.Block) bool { return draft.Direct(b.Type) || b.Type == "library" }

type outliner struct {
	key                      course.Key
	now                      time.Time
	unscheduled, courseStart time.Time
	selfPaced                bool
	gated                    Prerequisites
	published                map[place]*course.Block
}

// node computes one block, and those below it first: its state follows from theirs.
func (o *outliner) node(b *course.Block, above *Node) *Node {
	n := o.settings(b, above)
	if was := o.published[place{b.Type, b.ID}]; was != nil {
		n.Published = true
		n.HasChanges = n.Unit && !draft.Same(b, was)
	} else {
		n.HasChanges = n.Unit
	}
	if !n.Unit {
		n.Children = make([]*Node, 0, len(b.Children))
		for _, child := range b.Children {
			c := o.node(child, n)
			n.Children = append(n.Children, c)
			n.HasChanges = n.HasChanges || c.HasChanges
		}
	}
	n.Visibility = o.visibility(n)
	if n.HasPrerequisite && n.Visibility != TeamOnly && n.Visibility != NeedsAttention {
		n.Visibility = Gated
	}
	n.State = o.state(n)
	return n
}

func (o *outliner) settings(b *course.Block, above *Node) *Node {
	n := &Node{
		Key: o.key.Usage(b.Type, b.ID), Block: b, Unit: !holdsUnits(b), StaffOnly: above.StaffOnly, Start: above.Start, Due: above.Due,
		Graded: above.Graded, HideFromTOC: above.HideFromTOC,
	}
	f := b.Fields
	if n.Name, _ = f["display_name"].Text(); n.Name == "" {
		n.Name = b.ID
	}
	if v, _ := f["visible_to_staff_only"].Bool(); v {
		n.StaffOnly, n.StaffOnlyIsOwn = true, true
	}
	if t, ok := f["start"].Time(); ok {
		n.Start, n.StartIsOwn = t, true
	}
	if v := f["due"]; v.IsSet() {
		n.Due = nil
		if t, ok := v.Time(); ok {
			n.Due = &t
		}
	}
	if v, ok := f["graded"].Bool(); ok {
		n.Graded = v
	}
	if v, ok := f["hide_from_toc"].Bool(); ok {
		n.HideFromTOC = v
	}
	n.Format, _ = f["format"].Text()
	n.HasPrerequisite = b.Type == "sequential" && o.gated != nil && o.gated(b)
	f["group_access"].Decode(&n.GroupAccess)
	return n
}

// released reports whether learners may open a block by its date. Self-paced courses know only the course's own.
func (o *outliner) released(n *Node) bool {
	if o.selfPaced {
		return o.now.After(o.courseStart)
	}
	return o.now.After(n.Start)
}

// state follows the table of unit states.
func (o *outliner) state(n *Node) State {
	switch {
	case n.StaffOnly:
		return StaffOnly
	case !n.Published:
		return NeverPublished
	case n.HasChanges:
		return Changed
	case o.released(n):
		return Live
	default:
		return NotReleased
	}
}

// visibility follows the rules of the outline: what is for staff only is told first, then what has changes, then what stands below.
// Self-paced content has no release dates, so it is never unscheduled.
func (o *outliner) visibility(n *Node) Visibility {
	unscheduled := !o.selfPaced && n.Start.Equal(o.unscheduled)
	live := o.selfPaced || o.now.After(n.Start)
	switch {
	case n.StaffOnly:
		return TeamOnly
	case n.Unit && n.HasChanges:
		return NeedsAttention
	case len(n.Children) > 0:
		return ofChildren(n.Children, unscheduled, live)
	case unscheduled:
		return Unscheduled
	case live:
		return ReleasedLive
	default:
		return Ready
	}
}

func ofChildren(children []*Node, unscheduled, live bool) Visibility {
	allTeam, allUnscheduled, allLive := true, true, true
	for _, c := range children {
		switch c.Visibility {
		case NeedsAttention:
			return NeedsAttention
		case TeamOnly:
			continue
		case Unscheduled:
			allTeam = false
		case ReleasedLive:
			allTeam, allUnscheduled = false, false
		default:
			allTeam, allUnscheduled, allLive = false, false, false
		}
	}
	fits := func(v Visibility, ok bool) Visibility {
		if ok {
			return v
		}
		return NeedsAttention
	}
	switch {
	case allTeam:
		return TeamOnly
	case allUnscheduled:
		return fits(Unscheduled, unscheduled)
	case allLive:
		return fits(ReleasedLive, live)
	default:
		return fits(Ready, !unscheduled)
	}
}
