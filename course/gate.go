package course

import "strings"

// Gate closes a subsection to learners until another is done well enough.
type Gate struct {
	Node, Needs int32 // indexes of the subsection and of what comes first
	// What of it is asked for, in percent from 0 to 100: of the graded points, and of the blocks that count for completion.
	MinScore, MinCompletion int
}

// gatesOf reads the gates of a course, in course order; none where the course does not use them. One that names a subsection the course
// does not have, or itself, closes nothing: nobody could ever open it.
func gatesOf(c *Compiled) []Gate {
	if on, _ := c.Root().Block.Fields["enable_subsection_gating"].Bool(); !on {
		return nil
	}
	var out []Gate
	for i := range c.Nodes {
		n := &c.Nodes[i]
		needs, _ := n.Block.Fields["prereq"].Text()
		if needs == "" || n.Block.Type != gatedType {
			continue
		}
		if u, err := ParseUsageKey(needs); err == nil { // written by another program, as a whole key
			needs = u.ID
		}
		if first, ok := c.Find(gatedType, strings.TrimSpace(needs)); ok && first != n {
			out = append(out, Gate{n.Index, first.Index, percentOf(n.Block.Fields["prereq_min_score"]), percentOf(n.Block.Fields["prereq_min_completion"])})
		}
	}
	return out
}

// gatedType is the type of the blocks that gates close and ask for.
const gatedType = "sequential"

func percentOf(v Value) int {
	if n, ok := v.Int(); ok {
		return min(max(n, 0), 100)
	}
	return 100
}
