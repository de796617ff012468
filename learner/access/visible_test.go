package access

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lyceum/course"
)

// TestVisible: what is worked out for many blocks at once is what is decided for each alone, whatever the course and the viewer; and
// who sees below a block sees everything below it.
func TestVisible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := course.Compile(&course.Content{Key: key, Root: drawBlock(t, "course", 0)}, "v", nil, func(b *course.Block) course.Facts {
			return course.Facts{Chooses: b.Fields["chooses"] == "true"}
		})
		v := &Viewer{
			User: 1, Enrolled: true,
			Roles:  Roles{Staff: rapid.IntRange(0, 9).Draw(t, "staff") == 0, Beta: rapid.Bool().Draw(t, "beta")},
			Groups: rapid.MapOf(rapid.IntRange(6, 8), rapid.IntRange(1, 3)).Draw(t, "groups"),
		}
		v.Chosen = map[int32][]int32{}
		for _, i := range c.Choosers {
			for _, j := range c.Nodes[i].Children {
				if rapid.Bool().Draw(t, "chosen") {
					v.Chosen[i] = append(v.Chosen[i], j)
				}
			}
		}
		if behind := rapid.IntRange(-20, 12).Draw(t, "milestone"); behind >= 0 {
			v.Milestones = func(n *course.Node) bool { return int(n.Index) == behind }
		}
		visible := Visible(c, v, now)
		for _, i := range rapid.Permutation(indexes(c)).Draw(t, "order") {
			n := &c.Nodes[i]
			if got, want := visible(n), Block(c, n, v, now).OK(); got != want {
				t.Errorf("block %d: visible %v, decided alone %v", i, got, want)
			}
			if below := c.Below(n); v.SeesBelow(n) && visible(n) {
				for j := range below {
					if !visible(&below[j]) {
						t.Errorf("block %d is said to be seen with all below it, but %d is not", i, below[j].Index)
					}
				}
			}
		}
	})
}

func indexes(c *course.Compiled) []int {
	out := make([]int, len(c.Nodes))
	for i := range out {
		out[i] = i
	}
	return out
}

// drawBlock draws a tree of blocks with settings that access looks at, most of which say nothing.
func drawBlock(t *rapid.T, typ string, depth int) *course.Block {
	b := &course.Block{Type: typ, ID: fmt.Sprint(rapid.Uint32().Draw(t, "id")), Fields: course.Fields{}}
	for _, f := range []struct {
		name   string
		values []course.Value
	}{
		{"start", []course.Value{stamp(-2 * day), stamp(-day), stamp(day), stamp(3 * day), "null"}},
		{"visible_to_staff_only", []course.Value{"true", "false"}},
		{"chooses", []course.Value{"true"}},
		{"self_paced", []course.Value{"true", "false"}},
		{"days_early_for_beta", []course.Value{"2", "5", "null"}},
		{"group_access", []course.Value{`{"7":[1]}`, `{"7":[1,2]}`, `{"7":[3]}`, `{"8":[1]}`, `{"9":[1]}`, `{"7":[]}`, `{}`}},
	} {
		if i := rapid.IntRange(-2*len(f.values), len(f.values)-1).Draw(t, f.name); i >= 0 {
			b.Fields[f.name] = f.values[i]
		}
	}
	if depth == 0 {
		b.Fields["user_partitions"] = `[{"id":7,"name":"P","groups":[{"id":1,"name":"a"},{"id":2,"name":"b"}]},{"id":8,"active":false,"groups":[]}]`
		if rapid.IntRange(0, 3).Draw(t, "begun") > 0 {
			b.Fields["start"] = stamp(-30 * day)
			delete(b.Fields, "visible_to_staff_only")
		}
	}
	if depth < 4 {
		for range rapid.IntRange(0, 3).Draw(t, "children") {
			b.Children = append(b.Children, drawBlock(t, "vertical", depth+1))
		}
	}
	return b
}

// BenchmarkVisible asks for every block of a course of 10,000.
func BenchmarkVisible(b *testing.B) {
	root := &course.Block{Type: "course", ID: "c", Fields: course.Fields{"start": stamp(-day)}}
	for i := range 100 {
		unit := &course.Block{Type: "vertical", ID: fmt.Sprint("u", i)}
		for j := range 100 {
			unit.Children = append(unit.Children, &course.Block{Type: "html", ID: fmt.Sprint("h", i, "_", j)})
		}
		root.Children = append(root.Children, unit)
	}
	c := course.Compile(&course.Content{Key: key, Root: root}, "v", nil, nil)
	v := &Viewer{User: 1, Enrolled: true}
	b.ReportAllocs()
	for b.Loop() {
		visible := Visible(c, v, now.Add(time.Hour))
		for i := range c.Nodes {
			if !visible(&c.Nodes[i]) {
				b.Fatal("not visible")
			}
		}
	}
}
