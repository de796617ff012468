package gradebook

import (
	"crypto/sha1" //nolint:gosec // names a list as stored grades do; protects nothing
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"sync"
	"time"

	"lyceum/course"
	"lyceum/grading"
)

// Visible tells whether a learner may see a block. It is false for everything below a block for which it is false.
type Visible func(*course.Node) bool

// Plan is what grading needs of a compiled course. It is immutable and shared.
type Plan struct {
	Course      *course.Compiled
	Edited      time.Time // UTC; when this version was made
	Policy      grading.Policy
	Warnings    []string     // what of the policy could not be read
	Subsections []Subsection // in course order

	key      string             // of the course, as text
	byNode   []int32            // by index of a node: the subsection it is in, -1 for none
	block    []int32            // by index of a node: its index in the subsection's Blocks, -1 for one without a score
	byKey    map[string][]int32 // by key, as text: a subsection, or several where a course holds one twice
	byGrader [][]int32          // by index of a grader: the subsections it takes
	lists    partialLists
}

// Subsection is one subsection with what is scored in it, whoever sees it.
type Subsection struct {
	Node   *course.Node
	Index  int    // in Plan.Subsections
	Graded bool   // enters the course grade
	Format string // assignment type
	Blocks []Scored

	usages []string  // keys of Blocks
	all    blockList // of all blocks, for learners who see everything
	twins  bool      // some block is in the course twice
}

// Scored is one scored block.
type Scored struct {
	Node *course.Node
	grading.Block

	untouched grading.Score // of who has not answered, weighted
	counts    bool          // even where nobody has answered
	graded    bool          // untouched counts for the graded total
}

// blockList is the list of the scored blocks a grade was made of, as it is kept.
type blockList struct {
	hash string
	text []byte
}

type keptBlocks struct {
	Blocks  []keptBlock `json:"blocks"`
	Course  course.Key  `json:"course_key"`
	Version int         `json:"version"`
}

type keptBlock struct {
	Key         course.UsageKey `json:"locator"`
	Weight      *float64        `json:"weight"`
	RawPossible *float64        `json:"raw_possible"`
	Graded      bool            `json:"graded"`
}

// NewPlan works out what is graded in c. edited is when its version was made.
func NewPlan(c *course.Compiled, edited time.Time) *Plan {
	p := &Plan{
		Course: c, Edited: edited.UTC(), key: c.Key.String(), byNode: make([]int32, len(c.Nodes)), block: make([]int32, len(c.Nodes)),
		byKey: map[string][]int32{},
	}
	for i := range p.byNode {
		p.byNode[i], p.block[i] = -1, -1
	}
	p.Policy, p.Warnings = grading.ParsePolicy(c.Grading)
	for _, i := range c.Root().Children {
		if chapter := &c.Nodes[i]; chapter.Block.Type == "chapter" {
			for _, j := range chapter.Children {
				if n := &c.Nodes[j]; course.Containers[n.Block.Type] {
					p.add(n)
				}
			}
		}
	}
	p.byGrader = make([][]int32, len(p.Policy.Graders))
	for g := range p.byGrader {
		for i := range p.Subsections {
			if s := &p.Subsections[i]; s.Graded && s.Format == p.Policy.Graders[g].Type {
				p.byGrader[g] = append(p.byGrader[g], int32(i))
			}
		}
	}
	return p
}

func (p *Plan) add(n *course.Node) {
	s := Subsection{Node: n, Index: len(p.Subsections), Graded: n.Settings.Graded, Format: n.Settings.Format}
	below := p.Course.Below(n)
	for i := range below {
		b := &below[i]
		p.byNode[b.Index] = int32(s.Index)
		if b.Facts.Scored {
			s.usages = append(s.usages, b.Usage)
			scored := Scored{Node: b, Block: grading.Block{
				Key: b.Key, Name: b.Name, Weight: b.Settings.Weight, RawPossible: b.Facts.MaxPoints, Excluded: excluded(p.Course, b, n),
			}}
			_, scored.untouched, scored.graded, scored.counts = scored.Weigh(nil, nil, false)
			p.block[b.Index] = int32(len(s.Blocks))
			s.Blocks = append(s.Blocks, scored)
			if found, ok := p.Course.Node(b.Key); !ok || found.Index != b.Index {
				s.twins = true
			}
		}
	}
	s.all = listOf(p.Course.Key, s.Blocks)
	p.byKey[n.Usage] = append(p.byKey[n.Usage], int32(s.Index))
	p.Subsections = append(p.Subsections, s)
}

// excluded reports whether graded=false is set on the block itself or, where it says nothing, on the nearest block below the
// subsection that does. What the subsection says is not looked at: it decides about the subsection as a whole.
func excluded(c *course.Compiled, b, subsection *course.Node) bool {
	for n := b; n != nil && n.Index != subsection.Index; n = c.ParentOf(n) {
		if n.Settings.GradedSet != nil {
			return !*n.Settings.GradedSet
		}
	}
	return false
}

// Subsection finds the subsection a block is graded in; nil for blocks outside of any.
func (p *Plan) Subsection(n *course.Node) *Subsection {
	i := p.byNode[n.Index]
	if i < 0 {
		return nil
	}
	return &p.Subsections[i]
}

// isFirst reports whether the subsection is the first of those with its key: where a course holds one twice, learners answer in the first.
func (p *Plan) isFirst(s *Subsection) bool { return p.byKey[s.Node.Usage][0] == int32(s.Index) }

// Usages are the keys of the subsection's scored blocks as text. The list is shared: it may not be changed.
func (s *Subsection) Usages() []string { return s.usages }

// Keys are the keys of the subsection's scored blocks.
func (s *Subsection) Keys() []course.UsageKey {
	keys := make([]course.UsageKey, len(s.Blocks))
	for i, b := range s.Blocks {
		keys[i] = b.Key
	}
	return keys
}

// seen says which of the subsection's scored blocks a learner sees, by index; nil stands for all.
func (s *Subsection) seen(may Visible) []bool {
	var seen []bool
	for i := range s.Blocks {
		ok := may(s.Blocks[i].Node)
		if !ok && seen == nil {
			seen = make([]bool, len(s.Blocks))
			for j := range i {
				seen[j] = true
			}
		}
		if seen != nil {
			seen[i] = ok
		}
	}
	return seen
}

// visible returns the scored blocks that are seen.
func (s *Subsection) visible(seen []bool) []Scored {
	if seen == nil {
		return s.Blocks
	}
	var some []Scored
	for i, ok := range seen {
		if ok {
			some = append(some, s.Blocks[i])
		}
	}
	return some
}

// possible reports whether a learner can earn graded points in the subsection.
func (s *Subsection) possible(may Visible) bool {
	for i := range s.Blocks {
		if b := &s.Blocks[i]; b.graded && may(b.Node) {
			return true
		}
	}
	return false
}

// partialLists remembers the lists of learners who do not see everything: there are few different ones, for groups of learners and for
// blocks that open later.
type partialLists struct {
	mu   sync.Mutex
	made map[string]blockList
}

const maxPartialLists = 64

// listOf returns the list of the blocks that are seen.
func (p *Plan) listOf(s *Subsection, seen []bool) blockList {
	if seen == nil {
		return s.all
	}
	name := binary.AppendUvarint(make([]byte, 0, len(seen)+binary.MaxVarintLen64), uint64(s.Index))
	for _, ok := range seen {
		bit := byte(0)
		if ok {
			bit = 1
		}
		name = append(name, bit)
	}
	p.lists.mu.Lock()
	list, ok := p.lists.made[string(name)]
	p.lists.mu.Unlock()
	if ok {
		return list
	}
	list = listOf(p.Course.Key, s.visible(seen))
	p.lists.mu.Lock()
	defer p.lists.mu.Unlock()
	if p.lists.made == nil || len(p.lists.made) >= maxPartialLists {
		p.lists.made = map[string]blockList{}
	}
	p.lists.made[string(name)] = list
	return list
}

func listOf(c course.Key, blocks []Scored) blockList {
	kept := keptBlocks{Course: c, Version: 1, Blocks: make([]keptBlock, len(blocks))}
	for i := range blocks {
		b := &blocks[i]
		kept.Blocks[i] = keptBlock{b.Key, b.Weight, b.RawPossible, b.graded}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		panic(err) // plain data of ours; weights come from JSON and are finite
	}
	sum := sha1.Sum(text) //nolint:gosec // see the import
	return blockList{base64.StdEncoding.EncodeToString(sum[:]), text}
}

// maxPlans bounds how many courses plans keep in memory beside the cache of courses; a plan is quickly made again.
const maxPlans = 64

// plans holds the plan of the newest version of each course that was asked for.
type plans struct {
	mu   sync.Mutex
	made map[course.Key]*Plan
}

func (p *plans) of(c *course.Compiled, edited func(*course.Compiled) time.Time) *Plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	if made := p.made[c.Key]; made != nil && made.Course == c {
		return made
	}
	if p.made == nil || len(p.made) >= maxPlans {
		p.made = map[course.Key]*Plan{}
	}
	made := NewPlan(c, edited(c))
	p.made[c.Key] = made
	return made
}
