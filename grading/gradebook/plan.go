package gradebook

import (
	"crypto/sha1" //nolint:gosec // names a list as stored grades do; protects nothing
	"encoding/base64"
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
	byNode      map[int32]int
}

// Subsection is one subsection with what is scored in it, whoever sees it.
type Subsection struct {
	Node   *course.Node
	Index  int    // in Plan.Subsections
	Graded bool   // enters the course grade
	Format string // assignment type
	Blocks []Scored

	all blockList // of all blocks, for learners who see everything
}

// Scored is one scored block.
type Scored struct {
	Node *course.Node
	grading.Block
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
	p := &Plan{Course: c, Edited: edited.UTC(), byNode: map[int32]int{}}
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
	return p
}

func (p *Plan) add(n *course.Node) {
	s := Subsection{Node: n, Index: len(p.Subsections), Graded: n.Settings.Graded, Format: n.Settings.Format}
	below := p.Course.Below(n)
	for i := range below {
		b := &below[i]
		p.byNode[b.Index] = s.Index
		if b.Facts.Scored {
			s.Blocks = append(s.Blocks, Scored{b, grading.Block{
				Key: b.Key, Name: b.Name, Weight: b.Settings.Weight, RawPossible: b.Facts.MaxPoints, Excluded: excluded(p.Course, b, n),
			}})
		}
	}
	s.all = listOf(p.Course.Key, s.Blocks)
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
	i, ok := p.byNode[n.Index]
	if !ok {
		return nil
	}
	return &p.Subsections[i]
}

// Keys are the keys of the subsection's scored blocks.
func (s *Subsection) Keys() []course.UsageKey {
	keys := make([]course.UsageKey, len(s.Blocks))
	for i, b := range s.Blocks {
		keys[i] = b.Key
	}
	return keys
}

// visible returns the scored blocks a learner sees and their list.
func (p *Plan) visible(s *Subsection, may Visible) ([]Scored, blockList) {
	var some []Scored
	for i := range s.Blocks {
		if may(s.Blocks[i].Node) {
			some = append(some, s.Blocks[i])
		}
	}
	if len(some) == len(s.Blocks) {
		return s.Blocks, s.all
	}
	return some, listOf(p.Course.Key, some)
}

// possible reports whether a learner can earn graded points in the subsection.
func (p *Plan) possible(s *Subsection, may Visible) bool {
	for i := range s.Blocks {
		b := &s.Blocks[i]
		if b.Excluded || b.RawPossible == nil {
			continue
		}
		if grading.Weigh(grading.Score{Possible: *b.RawPossible}, b.Weight).Possible > 0 && may(b.Node) {
			return true
		}
	}
	return false
}

func listOf(c course.Key, blocks []Scored) blockList {
	kept := keptBlocks{Course: c, Version: 1, Blocks: make([]keptBlock, len(blocks))}
	for i, b := range blocks {
		score, counts := grading.ScoreOf(b.Block, grading.Given{})
		kept.Blocks[i] = keptBlock{b.Key, b.Weight, b.RawPossible, counts && score.Graded}
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
