package completion_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/learner/completion"
)

// TestProgressAnyCourse: what follows from marks and what the compiled course knows is what looking at every block gives.
func TestProgressAnyCourse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := course.Compile(&course.Content{Key: key, Root: drawTree(t, "course", 0)}, "v", nil, func(b *course.Block) course.Facts {
			if b.Type == "discussion" {
				return course.Facts{Completion: course.NotCounted}
			}
			return course.Facts{}
		})
		hidden := rapid.SliceOfN(rapid.IntRange(0, len(c.Nodes)-1), 0, 3).Draw(t, "hidden")
		visible := func(n *course.Node) bool {
			for _, i := range hidden {
				if h := &c.Nodes[i]; n.Index >= h.Index && n.Index <= h.Last {
					return false
				}
			}
			return true
		}
		below := func(n *course.Node) bool {
			for _, i := range hidden {
				if int32(i) > n.Index && int32(i) <= n.Last {
					return false
				}
			}
			return true
		}
		values := completion.Values{key.Usage("html", "gone"): 1, key.Usage("vertical", "1"): 1}
		for i := range c.Nodes {
			if v := rapid.SampledFrom([]float64{-1, 0, .5, 1, 1}).Draw(t, "value"); v >= 0 && completion.Reportable(&c.Nodes[i]) {
				values[c.Nodes[i].Key] = v
			}
		}
		progress := completion.Progress{Course: c, Marks: completion.MarksOf(c, values), Sight: completion.Sight{Visible: visible, Below: below}}
		for i := range c.Nodes {
			n := &c.Nodes[i]
			if got, want := progress.Done(n), visible(n) && complete(c, n, values, visible); got != want {
				t.Errorf("block %d: done %v, want %v", i, got, want)
			}
			if got, ok := progress.DoneChildren(n); ok && visible(n) {
				want := 0
				for _, child := range c.ChildrenOf(n) {
					if progress.Done(child) {
						want++
					}
				}
				if got != want {
					t.Errorf("block %d: %d children done, want %d", i, got, want)
				}
			}
		}
	})
}

// complete is the rule as it reads.
func complete(c *course.Compiled, n *course.Node, values completion.Values, visible func(*course.Node) bool) bool {
	if !visible(n) {
		return true
	}
	if completion.Reportable(n) {
		return values[n.Key] >= 1
	}
	for _, child := range c.ChildrenOf(n) {
		if !complete(c, child, values, visible) {
			return false
		}
	}
	return true
}

// drawTree draws blocks, some of them twice in the course and some containers without anything in them.
func drawTree(t *rapid.T, typ string, depth int) *course.Block {
	b := &course.Block{Type: typ, ID: fmt.Sprint(rapid.IntRange(1, 40).Draw(t, "id"))}
	if depth < 4 && typ != "discussion" {
		most := 3
		if depth == 0 {
			most = 12 // marks of some hundred blocks take several words
		}
		for range rapid.IntRange(0, most).Draw(t, "children") {
			b.Children = append(b.Children, drawTree(t, rapid.SampledFrom([]string{"vertical", "html", "problem", "discussion"}).Draw(t, "type"), depth+1))
		}
	}
	return b
}

// BenchmarkProgress asks for every unit of a course of 10,000 blocks, half of which are done.
func BenchmarkProgress(b *testing.B) {
	root := &course.Block{Type: "course", ID: "c"}
	for i := range 1000 {
		unit := &course.Block{Type: "vertical", ID: fmt.Sprint("u", i)}
		for j := range 10 {
			unit.Children = append(unit.Children, &course.Block{Type: "html", ID: fmt.Sprint("h", i, "_", j)})
		}
		root.Children = append(root.Children, unit)
	}
	c := course.Compile(&course.Content{Key: key, Root: root}, "v", nil, nil)
	values := completion.Values{}
	for i := range 500*11 + 1 {
		if n := &c.Nodes[i]; n.Completable() {
			values[n.Key] = 1
		}
	}
	p := completion.Progress{Course: c, Marks: completion.MarksOf(c, values), Sight: completion.Sight{
		Visible: func(*course.Node) bool { return true },
		Below:   func(n *course.Node) bool { return n.Uniform },
	}}
	b.ReportAllocs()
	for b.Loop() {
		done := 0
		for _, i := range c.Root().Children {
			if p.Done(&c.Nodes[i]) {
				done++
			}
		}
		if done != 500 {
			b.Fatalf("%d units done", done)
		}
	}
}
