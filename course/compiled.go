package course

import (
	"slices"
	"strings"
	"time"
)

// Compiled is a published course made ready for readers: every block in one slice, parents before children, settings
// resolved, indexes by key and id. It is immutable and shared; nobody may change anything reachable from it.
type Compiled struct {
	Key     Key
	Version VersionID
	Edited  time.Time // UTC; when this version was made, zero when nobody said
	Nodes   []Node    // in course order, depth first; Nodes[0] is the course
	Pages   []*Block
	Grading Value // grading policy as written, "" when there is none
	Tabs    []Tab
	Summary Summary
	// Partitions divide the learners of the course into groups.
	Partitions []Partition
	Files      map[string]File // by normalized name
	Size       int64           // estimate of the memory held, bytes
	// Doors are the indexes of the blocks that ask more of who sees them than the block above does, in course order; the
	// course is the first. See [Node.Door].
	Doors []int32
	// Choosers are the indexes of the blocks that show each learner some of their children, in course order; see [Facts.Chooses].
	Choosers []int32
	// Gates are the subsections that open when another is done, in course order.
	Gates []Gate

	usages   []string // of Nodes
	byTypeID map[typeID]int32
	byID     map[string]int32
}

type typeID struct{ typ, id string }

// Node is one block of a compiled course.
type Node struct {
	Key      UsageKey
	Index    int32
	Parent   int32 // -1 for the course
	Children []int32
	Depth    int32
	Last     int32 // index of the last node below this one, Index itself for a leaf
	// Door is the place in Compiled.Doors of the nearest block at or above this one that asks more of who sees it (to be of the
	// team, to be in a group, to wait longer) than the block above it does: who sees that block sees this one.
	Door int32
	// Uniform says that there is no further door below: who sees this block sees everything below it.
	Uniform  bool
	Leaves   int32 // number of blocks at or below that learners complete, see [Node.Completable]
	Idle     int32 // number of children without such a block at or below
	Hides    bool  // whether a child is hidden from the outline
	Varies   bool  // whether this block, or one below, shows each learner some of its children
	Twin     int32 // index of another block with the same key, 0 after the last: courses of other makers may hold a block twice
	Block    *Block
	Name     string // display name, or the block id with spaces for "_" where none is set
	Usage    string // Key as text, made once
	HTMLID   string // Key's id in pages, made once; see [UsageKey.HTMLID]
	Settings Settings
	Facts    Facts
	// Definition is the hash of type, body and what a kind parses; equal hashes may share parsed forms.
	Definition string
}

// Settings are a block's settings with inheritance applied.
type Settings struct {
	Start              time.Time // UTC; the unscheduled default when unset
	StartSet           bool      // whether the block or an ancestor sets it
	Due                *time.Time
	RelativeWeeksDue   *int
	Grace              *time.Duration
	Graded             bool
	GradedSet          *bool  // graded as set on this very block, nil when unset
	Format             string // own, not inherited
	StaffOnly          bool   // visible_to_staff_only, own or inherited
	HideFromTOC        bool
	HideAfterDue       bool
	GroupAccess        GroupAccess
	ShowAnswer         string
	ShowCorrectness    string
	Rerandomize        string // always, onreset, never, per_student
	MaxAttempts        *int
	ShowResetButton    bool
	DaysEarlyForBeta   *float64
	SelfPaced          bool
	InEntranceExam     bool
	StaticAssetPath    string
	Weight             *float64 // own
	VideoAutoAdvance   bool
	DisplayNameIsUnset bool
}

// GroupAccess says which groups may see a block, by partition. It is merged down the path from the course: the sets of
// one partition are intersected. A partition that is absent asks nothing; an empty list closes the block for everybody.
type GroupAccess map[int][]int

// Completion is how a kind of block becomes complete.
type Completion uint8

// The modes of completion.
const (
	Completable Completion = iota // counts, complete when viewed or answered
	Aggregator                    // complete when all below it are
	NotCounted                    // excluded
)

// Facts are what a kind of block says of one block when a course is compiled.
type Facts struct {
	Scored     bool
	MaxPoints  *float64 // raw points, nil when they cannot be known
	Completion Completion
	OnView     bool   // complete when seen (no score and no rule of its own)
	Chooses    bool   // shows each learner some of its children, see learner/courseware
	Icon       string // video, problem or other; names the unit's icon
	Problems   []string
}

// Describe tells the facts of a block. It must be quick, must not fail and must not keep the block.
type Describe func(*Block) Facts

// Tab is one entry of a course's navigation, in order.
type Tab struct {
	Type, Name        string
	Slug              string // of a static page, its block id
	Link              string
	Hidden            bool
	StaffOnly         bool
	HiddenForEnrolled bool
	Raw               Value
}

// DefaultTabs is the navigation of a course whose policy lists no tabs.
var DefaultTabs = []Tab{
	{Type: "course_info", Name: "Home"},
	{Type: "courseware", Name: "Course"},
	{Type: "textbooks", Name: "Textbooks"},
	{Type: "discussion", Name: "Discussion"},
	{Type: "wiki", Name: "Wiki"},
	{Type: "progress", Name: "Progress"},
	{Type: "dates", Name: "Dates"},
}

// Completable reports whether learners complete n itself: it is a leaf and counts.
func (n *Node) Completable() bool {
	return n.Facts.Completion == Completable && len(n.Children) == 0 && !Containers[n.Block.Type]
}

// Root returns the course node.
func (c *Compiled) Root() *Node { return &c.Nodes[0] }

// Node finds a block by key; ok is false when the course has no such block.
func (c *Compiled) Node(u UsageKey) (*Node, bool) {
	if u.Course != c.Key {
		return nil, false
	}
	return c.Find(u.Type, u.ID)
}

// Find finds a block by type and id.
func (c *Compiled) Find(blockType, id string) (*Node, bool) {
	i, ok := c.byTypeID[typeID{blockType, id}]
	if !ok {
		return nil, false
	}
	return &c.Nodes[i], true
}

// FindText finds a block by its key as text; ok is false for what is no key of a block of this course. It is quicker than parsing.
func (c *Compiled) FindText(usage string) (*Node, bool) {
	const typeAt, blockAt = "+type@", "+block@"
	head, rest, ok := strings.Cut(usage, typeAt)
	if ok && strings.HasPrefix(c.Root().Usage, usage[:len(head)+len(typeAt)]) {
		if typ, id, ok := strings.Cut(rest, blockAt); ok {
			return c.Find(typ, id)
		}
	}
	u, err := ParseUsageKey(usage)
	if err != nil {
		return nil, false
	}
	return c.Node(u.In(c.Key))
}

// FindID finds the first block in course order with the given id, whatever its type.
func (c *Compiled) FindID(id string) (*Node, bool) {
	i, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	return &c.Nodes[i], true
}

// ParentOf returns the block above n, nil for the course.
func (c *Compiled) ParentOf(n *Node) *Node {
	if n.Parent < 0 {
		return nil
	}
	return &c.Nodes[n.Parent]
}

// ChildrenOf returns the blocks right below n, in order.
func (c *Compiled) ChildrenOf(n *Node) []*Node {
	out := make([]*Node, len(n.Children))
	for i, j := range n.Children {
		out[i] = &c.Nodes[j]
	}
	return out
}

// Below returns n and everything below it, in course order, as a part of Nodes.
func (c *Compiled) Below(n *Node) []Node { return c.Nodes[n.Index : n.Last+1] }

// UsagesBelow lists the keys of n and everything below it as text, in course order, as a part of a list that is shared: it may not be
// changed.
func (c *Compiled) UsagesBelow(n *Node) []string { return c.usages[n.Index : n.Last+1 : n.Last+1] }

// Path returns the blocks from the course down to n, both included.
func (c *Compiled) Path(n *Node) []*Node {
	var out []*Node
	for ; n != nil; n = c.ParentOf(n) {
		out = append(out, n)
	}
	slices.Reverse(out)
	return out
}

// Ancestor returns the nearest block of the given type at or above n, nil when there is none.
func (c *Compiled) Ancestor(n *Node, blockType string) *Node {
	for ; n != nil; n = c.ParentOf(n) {
		if n.Block.Type == blockType {
			return n
		}
	}
	return nil
}

// Origin is the block of a library that n is a copy of, and the version of the library it was copied from; "" for what is no copy.
func (c *Compiled) Origin(n *Node) (original, version string) {
	original, _ = n.Block.Fields["copied_from_block"].Text()
	if !strings.HasPrefix(original, "lib-block-v1:") {
		return "", ""
	}
	if from := c.Ancestor(n, "library_content"); from != nil {
		version, _ = from.Block.Fields["source_library_version"].Text()
	}
	return original, version
}

// Page finds a page outside the tree, nil when there is none.
func (c *Compiled) Page(pageType, id string) *Block {
	for _, p := range c.Pages {
		if p.Type == pageType && p.ID == id {
			return p
		}
	}
	return nil
}
