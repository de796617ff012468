package draft

import (
	"fmt"
	"testing"

	"lyceum/course"
)

// wide is a course of as many sections, subsections, units and texts.
func wide(n int) *course.Content {
	root := &course.Block{Type: "course", ID: "R"}
	for i := range n {
		id := fmt.Sprint(i)
		text := &course.Block{Type: "html", ID: id}
		unit := &course.Block{Type: "vertical", ID: id, Children: []*course.Block{text}}
		sub := &course.Block{Type: "sequential", ID: id, Children: []*course.Block{unit}}
		root.Children = append(root.Children, &course.Block{Type: "chapter", ID: id, Children: []*course.Block{sub}})
	}
	return &course.Content{Key: course.Key{Org: "O", Number: "N", Run: "R"}, Root: root, Pages: []*course.Block{{Type: "about", ID: "overview"}}}
}

// TestIndex: an index finds what a walk finds.
func TestIndex(t *testing.T) {
	t.Parallel()
	c := wide(5)
	x := NewIndex(c)
	for _, u := range []course.UsageKey{
		c.Key.Usage("html", "3"), c.Key.Usage("course", "R"), c.Key.Usage("course", "course"), c.Key.Usage("about", "overview"), c.Key.Usage("html", "9"), c.Key.Usage("chapter", "0"),
	} {
		if got, want := x.Block(u), Block(c, u); got != want {
			t.Errorf("%s: %v, want %v", u, got, want)
		}
	}
	if NewIndex(nil).Block(c.Key.Usage("html", "3")) != nil {
		t.Error("an empty index finds something")
	}
}

// BenchmarkManyBlocks finds five hundred blocks of a course of ten thousand.
func BenchmarkManyBlocks(b *testing.B) {
	c := wide(2500)
	for name, find := range map[string]func() func(course.UsageKey) *course.Block{
		"walks": func() func(course.UsageKey) *course.Block {
			return func(u course.UsageKey) *course.Block { return Block(c, u) }
		},
		"index": func() func(course.UsageKey) *course.Block { return NewIndex(c).Block },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				at := find()
				for i := range 500 {
					if at(c.Key.Usage("html", fmt.Sprint(i*5))) == nil {
						b.Fatal("not found")
					}
				}
			}
		})
	}
}
