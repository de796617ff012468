package completion_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pgtest"
	"lyceum/learner/completion"
)

var (
	key  = course.Key{Org: "O", Number: "C", Run: "R"}
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// compiled makes two sections: one of units u1 (html, problem) and u2 (discussion only), one of unit u3 (html, secret html).
func compiled() *course.Compiled {
	b := func(typ, id string, children ...*course.Block) *course.Block {
		return &course.Block{Type: typ, ID: id, Children: children}
	}
	root := b("course", "course",
		b("chapter", "c1", b("sequential", "s1", b("vertical", "u1", b("html", "h1"), b("problem", "p1")), b("vertical", "u2", b("discussion", "d")))),
		b("chapter", "c2", b("sequential", "s2", b("vertical", "u3", b("html", "h2"), b("html", "secret")))))
	return course.Compile(&course.Content{Key: key, Root: root}, "v", nil, func(b *course.Block) course.Facts {
		switch b.Type {
		case "html":
			return course.Facts{OnView: true}
		case "problem":
			return course.Facts{Scored: true}
		case "discussion":
			return course.Facts{Completion: course.NotCounted}
		default:
			return course.Facts{Completion: course.Aggregator}
		}
	})
}

func TestProgress(t *testing.T) {
	t.Parallel()
	c := compiled()
	sight := completion.Sight{
		Visible: func(n *course.Node) bool { return n.Block.ID != "secret" },
		Below:   func(n *course.Node) bool { return n.Block.ID == "s1" || n.Block.ID == "u1" },
	}
	values := completion.Values{}
	done := func() map[string]bool {
		p := completion.Progress{Course: c, Marks: completion.MarksOf(c, values), Sight: sight}
		out := map[string]bool{}
		for i := range c.Nodes {
			if p.Done(&c.Nodes[i]) {
				out[c.Nodes[i].Block.ID] = true
			}
		}
		return out
	}
	all := []map[string]bool{
		{"u2": true, "d": true},
		{"u2": true, "d": true, "h1": true},
		{"u2": true, "d": true, "h1": true, "p1": true, "u1": true, "s1": true, "c1": true},
		{"u2": true, "d": true, "h1": true, "p1": true, "u1": true, "s1": true, "c1": true, "h2": true, "u3": true, "s2": true, "c2": true, "course": true},
	}
	for i, id := range []string{"", "h1", "p1", "h2"} {
		if n, ok := c.FindID(id); ok {
			values[n.Key] = 1
		}
		if diff := cmp.Diff(done(), all[i]); diff != "" {
			t.Errorf("after %q (-got +want):\n%s", id, diff)
		}
	}
	h1, _ := c.FindID("h1")
	half := completion.Progress{Course: c, Marks: completion.MarksOf(c, completion.Values{h1.Key: .5}), Sight: sight}
	if half.Done(h1) {
		t.Error("a block half done is said to be done")
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s, c, ctx := completion.New(pool), compiled(), t.Context()
	h1, p1 := key.Usage("html", "h1"), key.Usage("problem", "p1")
	for name, values := range map[string]completion.Values{
		"unknown block": {key.Usage("html", "nope"): 1},
		"container":     {key.Usage("vertical", "u1"): 1},
		"excluded":      {key.Usage("discussion", "d"): 1},
		"above one":     {h1: 1.1},
		"negative":      {h1: -.1},
		"NaN":           {h1: math.NaN()},
		"infinite":      {h1: math.Inf(1)},
	} {
		if err := s.Publish(ctx, 7, c, values, noon); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
	if err := s.PublishViewed(ctx, 7, c, completion.Values{p1: 1}, noon); !fault.Is(err, fault.Invalid) {
		t.Errorf("a problem is not complete when seen: got %v", err)
	}
	if err := s.PublishViewed(ctx, 7, c, completion.Values{h1: 1}, noon); err != nil {
		t.Error(err)
	}
	if err := s.Publish(ctx, 7, c, completion.Values{p1: .25, h1: 1}, noon.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	got, err := s.LoadCourse(ctx, 7, key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, completion.Values{h1: 1, p1: .25}); diff != "" {
		t.Errorf("stored (-got +want):\n%s", diff)
	}
	var b pgx.Batch
	var marks completion.Marks
	completion.QueueMarks(&b, 7, c, func(m completion.Marks) { marks = m })
	var sizes completion.Sizes
	var one, none completion.Marks
	var last []completion.Last
	sizes.QueueMarksOf(&b, 7, c, []string{h1.String(), p1.String()}, func(m completion.Marks) { one = m })
	sizes.QueueMarksOf(&b, 7, c, []string{p1.String()}, func(m completion.Marks) { none = m })
	completion.QueueLast(&b, 7, key, 5, func(l []completion.Last) { last = l })
	if err := pool.SendBatch(ctx, &b).Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, marks); diff != "" || none != nil {
		t.Errorf("some blocks, %v (-got +want):\n%s", none, diff)
	}
	if diff := cmp.Diff(marks, completion.MarksOf(c, completion.Values{h1: 1})); diff != "" {
		t.Errorf("marks (-got +want):\n%s", diff)
	}
	// h1 was complete before and has not changed.
	if diff := cmp.Diff(last, []completion.Last{{Key: p1, Time: noon.Add(time.Hour)}, {Key: h1, Time: noon}}); diff != "" {
		t.Errorf("last (-got +want):\n%s", diff)
	}
}
