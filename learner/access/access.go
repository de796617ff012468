package access

import (
	"slices"
	"time"

	"lyceum/course"
	"lyceum/learner"
)

// Roles are a person's powers in one course, those of its organization and of the whole site included.
type Roles struct {
	GlobalStaff bool // staff of the whole site
	Instructor  bool // admin of the course
	Staff       bool
	Limited     bool // staff of the LMS without Studio
	Beta        bool // beta tester
}

// IsStaff reports whether the person has staff access to the course; instructors have it too.
func (r Roles) IsStaff() bool { return r.GlobalStaff || r.Instructor || r.Staff || r.Limited }

// Authors reports whether the person may write the course in Studio, where limited staff has no place.
func (r Roles) Authors() bool { return r.GlobalStaff || r.Instructor || r.Staff }

// And returns the powers of both.
func (r Roles) And(s Roles) Roles {
	return Roles{
		GlobalStaff: r.GlobalStaff || s.GlobalStaff, Instructor: r.Instructor || s.Instructor, Staff: r.Staff || s.Staff,
		Limited: r.Limited || s.Limited, Beta: r.Beta || s.Beta,
	}
}

// Viewer is who asks, with everything decisions need to know about the person in one course.
type Viewer struct {
	User     learner.ID // 0 for a visitor who is not signed in
	Roles    Roles
	Enrolled bool       // actively
	Mode     string     // enrollment mode; "" when never enrolled
	Since    *time.Time // first enrollment, UTC; where a personal schedule starts

	// Extensions are the person's own due dates by subsection or other block.
	Extensions map[course.UsageKey]time.Time
	// Groups holds the person's group by partition id; a partition without an entry means no group.
	Groups map[int]int
	// Passed holds the courses the person has passed, as far as the course asks for them.
	Passed map[course.Key]bool
	// Chosen holds, for each block that shows a learner some of its children, the indexes of those this one is shown, in the order they
	// are shown, by the index of the block. Without an entry none is shown.
	Chosen map[int32][]int32
	// Milestones closes blocks behind an unfulfilled prerequisite; nil closes none.
	Milestones func(*course.Node) bool
}

// Ungated returns v as if every milestone were fulfilled: what is not open yet counts for grades all the same.
func (v *Viewer) Ungated() *Viewer {
	if v.Milestones == nil {
		return v
	}
	out := *v
	out.Milestones = nil
	return &out
}

// SignedIn reports whether the viewer has an account.
func (v *Viewer) SignedIn() bool { return v.User > 0 }

// Reason says why a door is closed.
type Reason uint8

// The reasons. Open is the zero value.
const (
	Open         Reason = iota
	SignIn              // only people with an account
	StaffOnly           // hidden from everybody but the course team
	NotStarted          // see Decision.Start
	Prerequisite        // other courses must be passed first, see Decision.Courses
	NotEnrolled         // only the enrolled
	OtherGroup          // for another group of learners
	Milestone           // another part of the course comes first
	NotChosen           // one of several of which this learner is shown others
	Unknown             // names a group or partition nobody knows
)

// Decision is the answer to "may I".
type Decision struct {
	Reason  Reason
	Start   time.Time    // for NotStarted, UTC
	Courses []course.Key // for Prerequisite, those still to be passed
	Block   *course.Node // the block that closes, for blocks
}

// OK reports whether the door is open.
func (d Decision) OK() bool { return d.Reason == Open }

// Part is what of a course somebody wants to see.
type Part uint8

// Parts of a course. Visitors may see the outline of some courses and the content of fewer.
const (
	Outline Part = iota
	Content
)

// Enter decides whether v may enter course c. Rules that arrive later (country, survey, expiry of the audit track) join
// the list at the place the order of the reference gives them.
func Enter(c *course.Compiled, v *Viewer, part Part, now time.Time) Decision {
	for _, rule := range []func(*course.Compiled, *Viewer, Part, time.Time) Decision{
		enterVisitor, enterStaffOnly, enterStart, enterPrerequisites, enterEnrolled,
	} {
		if d := rule(c, v, part, now); !d.OK() {
			return d
		}
	}
	return Decision{}
}

func enterVisitor(c *course.Compiled, v *Viewer, part Part, _ time.Time) Decision {
	if v.SignedIn() || openToVisitors(c, part) {
		return Decision{}
	}
	return Decision{Reason: SignIn}
}

// openToVisitors reports whether people who are not enrolled may see this part of the course.
func openToVisitors(c *course.Compiled, part Part) bool {
	switch s, _ := c.Root().Block.Fields["course_visibility"].Text(); s {
	case "public":
		return true
	case "public_outline":
		return part == Outline
	}
	return false
}

func enterStaffOnly(c *course.Compiled, v *Viewer, _ Part, _ time.Time) Decision {
	if c.Root().Settings.StaffOnly && !v.Roles.IsStaff() {
		return Decision{Reason: StaffOnly}
	}
	return Decision{}
}

func enterStart(c *course.Compiled, v *Viewer, _ Part, now time.Time) Decision {
	if start := startFor(c.Root(), v); !v.Roles.IsStaff() && !started(start, now) {
		return Decision{Reason: NotStarted, Start: start}
	}
	return Decision{}
}

func enterPrerequisites(c *course.Compiled, v *Viewer, _ Part, _ time.Time) Decision {
	if !v.SignedIn() || v.Roles.IsStaff() {
		return Decision{}
	}
	var missing []course.Key
	for _, k := range Prerequisites(c) {
		if !v.Passed[k] {
			missing = append(missing, k)
		}
	}
	if missing != nil {
		return Decision{Reason: Prerequisite, Courses: missing}
	}
	return Decision{}
}

func enterEnrolled(c *course.Compiled, v *Viewer, part Part, _ time.Time) Decision {
	if v.Enrolled || v.Roles.IsStaff() || openToVisitors(c, part) {
		return Decision{}
	}
	return Decision{Reason: NotEnrolled}
}

// Prerequisites lists the courses to be passed before c; entries that are no course keys are left out.
func Prerequisites(c *course.Compiled) []course.Key {
	var texts []string
	c.Root().Block.Fields["pre_requisite_courses"].Decode(&texts)
	var keys []course.Key
	for _, s := range texts {
		if k, err := course.ParseKey(s); err == nil {
			keys = append(keys, k)
		}
	}
	return keys
}

// Block decides whether v may load block n of c. It looks at n and every block above it, because a child cannot be
// reached through a closed parent. It does not ask whether v may enter the course.
func Block(c *course.Compiled, n *course.Node, v *Viewer, now time.Time) Decision {
	if d := groupRule(c, n, v); !d.OK() {
		return d
	}
	for p := n; n.Parent >= 0 && p != nil; p = c.ParentOf(p) {
		if d := chosenRule(c, p, v); !d.OK() {
			return d
		}
	}
	if v.Roles.IsStaff() {
		return Decision{}
	}
	for p := n; p != nil; p = c.ParentOf(p) {
		if d := own(p, v, now); !d.OK() {
			return d
		}
	}
	return Decision{}
}

// own decides about one block apart from those above it; staff and groups are decided before. What of a block's settings rules
// here look at makes the doors of a compiled course, see course.Compiled.
func own(n *course.Node, v *Viewer, now time.Time) Decision {
	if n.Settings.StaffOnly {
		return Decision{Reason: StaffOnly, Block: n}
	}
	if v.Milestones != nil && v.Milestones(n) {
		return Decision{Reason: Milestone, Block: n}
	}
	if n.Settings.SelfPaced && n.Parent >= 0 {
		return Decision{} // authored release dates count only where an instructor sets the pace; the course's own does
	}
	if start := startFor(n, v); !started(start, now) {
		return Decision{Reason: NotStarted, Start: start, Block: n}
	}
	return Decision{}
}

// groupRule holds n's merged group access against the viewer's groups. Real staff and instructors pass: masquerade gives
// a viewer without those roles.
func groupRule(c *course.Compiled, n *course.Node, v *Viewer) Decision {
	if len(n.Settings.GroupAccess) == 0 || v.Roles.IsStaff() {
		return Decision{}
	}
	for id, allowed := range n.Settings.GroupAccess {
		partition, ok := findPartition(c, id)
		switch {
		case !ok:
			return Decision{Reason: Unknown, Block: n}
		case !partition.Active:
			continue
		}
		for _, g := range allowed {
			if id != course.TrackPartition && !slices.ContainsFunc(partition.Groups, func(x course.Group) bool { return x.ID == g }) {
				return Decision{Reason: Unknown, Block: n}
			}
		}
		if g, has := groupOf(v, id); !has || !slices.Contains(allowed, g) {
			return Decision{Reason: OtherGroup, Block: n}
		}
	}
	return Decision{}
}

// chosenRule closes the children of a block that were not chosen for the viewer. It is no matter of rights: staff who learn are shown as
// few as others, and graded by them.
func chosenRule(c *course.Compiled, n *course.Node, v *Viewer) Decision {
	if n.Parent < 0 || !c.Nodes[n.Parent].Facts.Chooses || slices.Contains(v.Chosen[n.Parent], n.Index) {
		return Decision{}
	}
	return Decision{Reason: NotChosen, Block: n}
}

// groupOf is the viewer's group of a partition. That of the enrollment tracks follows from the mode, unless somebody looks as another group.
func groupOf(v *Viewer, partition int) (group int, ok bool) {
	if g, ok := v.Groups[partition]; ok || partition != course.TrackPartition || !v.Enrolled {
		return g, ok
	}
	for _, g := range course.Tracks {
		if g.Name == v.Mode {
			return g.ID, true
		}
	}
	return 0, false
}

func findPartition(c *course.Compiled, id int) (course.Partition, bool) {
	if id == course.TrackPartition {
		return course.Partition{ID: id, Active: true}, true
	}
	for _, p := range c.Partitions {
		if p.ID == id {
			return p, true
		}
	}
	return course.Partition{}, false
}

// Visible returns the decision for many blocks of one course, remembering what it found about parents. It is for pages
// that walk the course, such as the outline; it is not safe for concurrent use.
func Visible(c *course.Compiled, v *Viewer, now time.Time) func(*course.Node) bool {
	const unknown, open, closed = 0, 1, 2
	doors := make([]uint8, len(c.Doors)) // what is asked is asked at few blocks
	staff := v.Roles.IsStaff()
	var pass func(door int32) bool
	pass = func(door int32) bool {
		if doors[door] != unknown {
			return doors[door] == open
		}
		n := &c.Nodes[c.Doors[door]]
		ok := n.Parent < 0 || pass(c.Nodes[n.Parent].Door)
		ok = ok && groupRule(c, n, v).OK() && chosenRule(c, n, v).OK() && (staff || own(n, v, now).OK())
		doors[door] = closed
		if ok {
			doors[door] = open
		}
		return ok
	}
	return func(n *course.Node) bool {
		return pass(n.Door) && (staff || v.Milestones == nil || !behindMilestone(c, n, v))
	}
}

func behindMilestone(c *course.Compiled, n *course.Node, v *Viewer) bool {
	for p := n; p != nil; p = c.ParentOf(p) {
		if v.Milestones(p) {
			return true
		}
	}
	return false
}

// SeesBelow reports whether v sees everything below n when v sees n. It may be false all the same.
func (v *Viewer) SeesBelow(n *course.Node) bool {
	return !n.Varies && (v.Roles.IsStaff() || n.Uniform && v.Milestones == nil)
}

// startFor is when n opens for v: days earlier for beta testers where the course says so.
func startFor(n *course.Node, v *Viewer) time.Time {
	start := n.Settings.Start
	if v.Roles.Beta && n.Settings.DaysEarlyForBeta != nil {
		start = start.Add(-time.Duration(*n.Settings.DaysEarlyForBeta * 24 * float64(time.Hour)))
	}
	return start
}

func started(start, now time.Time) bool { return now.After(start) }
