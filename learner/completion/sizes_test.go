package completion_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/learner/completion"
)

// TestSizes: whatever is remembered, forgotten or out of date, the marks of the blocks asked for are those that are stored.
func TestSizes(t *testing.T) {
	t.Parallel()
	pool, ctx := pgtest.New(t), t.Context()
	s := completion.New(pool)
	unit := func(id string, leaves int) *course.Block {
		u := &course.Block{Type: "vertical", ID: id}
		for i := range leaves {
			u.Children = append(u.Children, &course.Block{Type: "html", ID: fmt.Sprintf("%s-%d", id, i)})
		}
		return u
	}
	root := &course.Block{Type: "course", ID: "course", Children: []*course.Block{{Type: "chapter", ID: "c", Children: []*course.Block{
		{Type: "sequential", ID: "s", Children: []*course.Block{unit("a", 2), unit("b", 7)}},
	}}}}
	c := course.Compile(&course.Content{Key: key, Root: root}, "v", nil, func(b *course.Block) course.Facts {
		if b.Type == "html" {
			return course.Facts{OnView: true}
		}
		return course.Facts{Completion: course.Aggregator}
	})
	var leaves []*course.Node
	for i := range c.Nodes {
		if c.Nodes[i].Completable() {
			leaves = append(leaves, &c.Nodes[i])
		}
	}
	user := learner.ID(0)
	rapid.Check(t, func(t *rapid.T) {
		user++
		stored := completion.Values{}
		var sizes completion.Sizes
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "completes") {
				n := rapid.SampledFrom(leaves).Draw(t, "leaf")
				value := rapid.SampledFrom([]float64{0, .5, 1}).Draw(t, "value")
				stored[n.Key] = value
				if err := s.Publish(ctx, user, c, completion.Values{n.Key: value}, noon); err != nil {
					t.Fatal(err)
				}
			}
			if rapid.IntRange(0, 3).Draw(t, "forgets") == 0 {
				sizes = completion.Sizes{}
			}
			at := rapid.SampledFrom([]string{"a", "b", "s", "course"}).Draw(t, "where")
			below, _ := c.FindID(at)
			var got completion.Marks
			var b pgx.Batch
			sizes.QueueMarksOf(&b, user, c, c.UsagesBelow(below), func(m completion.Marks) { got = m })
			if err := pool.SendBatch(ctx, &b).Close(); err != nil {
				t.Fatal(err)
			}
			want := completion.MarksOf(c, stored)
			for _, n := range leaves {
				if asked := n.Index >= below.Index && n.Index <= below.Last; got.Has(n) != want.Has(n) && (asked || got.Has(n)) {
					t.Errorf("%s below %s: complete %v, want %v", n.Block.ID, at, got.Has(n), want.Has(n))
				}
			}
		}
	})
}
