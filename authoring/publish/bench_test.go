package publish

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/mongotest"
)

// generate makes a course of about the number of blocks: sections of ten subsections of ten units of nine components.
func generate(blocks int) *course.Content {
	n := 0
	made := func(typ string) *course.Block {
		n++
		return block(typ, fmt.Sprintf("%s_%05d", typ, n), course.Fields{"display_name": course.Text(fmt.Sprint(typ, " ", n))})
	}
	root := content(course.Fields{"start": past})
	for n < blocks {
		a := made("chapter")
		root.Root.Children = append(root.Root.Children, a)
		for range 10 {
			s := made("sequential")
			a.Children = append(a.Children, s)
			for range 10 {
				if n >= blocks {
					return root
				}
				u := made("vertical")
				s.Children = append(s.Children, u)
				for range 9 {
					h := made("html")
					h.Body = append([]byte("<p>"+h.ID+"</p>"), bytes.Repeat([]byte("lorem ipsum "), 80)...)
					u.Children = append(u.Children, h)
				}
			}
		}
	}
	return root
}

// cpu is the processor time this process has used. The store of the tests runs in it too, but for PostgreSQL.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var sizes = []int{100, 1000, 10_000}

// An author writes one component and publishes its unit.
func BenchmarkPublishUnit(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := open(b, mongotest.New(b))
			c := generate(size)
			take(b, p, c, c)
			all := p.Editor.Courses.Written()
			unit := c.Root.Children[0].Children[0].Children[0]
			var spentEdit, spentPublish time.Duration
			var wroteEdit, wrotePublish int64
			for i := 0; b.Loop(); i++ {
				began, was := cpu(), p.Editor.Courses.Written()
				edit(b, p, write(unit.Children[0].ID, fmt.Sprint("text ", i)))
				spentEdit += cpu() - began
				wroteEdit += p.Editor.Courses.Written() - was
				began, was = cpu(), p.Editor.Courses.Written()
				if _, err := p.Publish(b.Context(), Request{Block: key(unit.Type, unit.ID), By: ada}); err != nil {
					b.Fatal(err)
				}
				spentPublish += cpu() - began
				wrotePublish += p.Editor.Courses.Written() - was
			}
			n := float64(b.N)
			b.ReportMetric(float64(spentEdit.Microseconds())/n/1000, "save-cpu-ms")
			b.ReportMetric(float64(spentPublish.Microseconds())/n/1000, "publish-cpu-ms")
			b.ReportMetric(float64(wroteEdit)/n, "save-bytes")
			b.ReportMetric(float64(wrotePublish)/n, "publish-bytes")
			b.ReportMetric(float64(all), "course-bytes")
		})
	}
}

// What publishing costs without the store: finding the unit, both branches anew.
func BenchmarkPublishTrees(b *testing.B) {
	for _, size := range sizes {
		c := generate(size)
		unit := key("vertical", c.Root.Children[0].Children[0].Children[0].ID)
		was := draft.Branches{Draft: c, Published: c}
		changed := *c
		changed.Root = c.Root.Clone()
		changed.Root.Children[0].Children[0].Children[0].Children[0].Body = []byte("new")
		was.Draft = &changed
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := was.Publish(unit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOutline(b *testing.B) {
	for _, size := range sizes {
		c := generate(size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Outline(draft.Branches{Draft: c, Published: c}, noon, nil)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, size := range sizes {
		c := generate(size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Checker{HasFile: func(string) bool { return true }}.Check(c, course.UsageKey{})
			}
		})
	}
}

// linking is generate with a link in the first text, so that its check looks through the whole draft, and the branches of a course whose
// first unit has changed.
func linking(blocks int) (draft.Branches, course.UsageKey) {
	c := generate(blocks)
	was := *c
	was.Root = c.Root.Clone()
	unit := c.Root.Children[0].Children[0].Children[0]
	unit.Children[0].Body = []byte(`<a href="/jump_to_id/` + unit.ID + `">x</a><img src="/static/x.png" alt="">`)
	return draft.Branches{Draft: c, Published: &was}, key("vertical", unit.ID)
}

// What an author waits for before one unit is published.
func BenchmarkCheckPublishing(b *testing.B) {
	for _, size := range sizes {
		branches, unit := linking(size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			began := cpu()
			for b.Loop() {
				Checker{HasFile: func(string) bool { return true }}.Publishing(branches, unit)
			}
			b.ReportMetric(float64((cpu()-began).Microseconds())/float64(b.N)/1000, "cpu-ms")
		})
	}
}

// The check of one unit looks at that unit; through the rest it only looks, where a text links to something.
func TestCheckPublishingIsSmall(t *testing.T) {
	branches, unit := linking(10_000)
	check := Checker{HasFile: func(string) bool { return true }}
	if found, ok := check.Publishing(branches, unit); !ok || len(found) != 0 {
		t.Fatalf("found %v", found)
	}
	if n := testing.AllocsPerRun(5, func() { check.Publishing(branches, unit) }); n > 1000 {
		t.Errorf("%.0f allocations for a unit of ten blocks in a course of 10,000", n)
	}
}

// What a publish writes grows with the subsection it is in, not with the course.
func TestPublishWritesLittle(t *testing.T) {
	t.Parallel()
	p := open(t, mongotest.New(t))
	c := generate(10_000)
	take(t, p, c, c)
	all := p.Editor.Courses.Written()
	unit := c.Root.Children[3].Children[3].Children[3]
	edit(t, p, write(unit.Children[0].ID, "text"))
	saved := p.Editor.Courses.Written() - all
	if _, err := p.Publish(t.Context(), Request{Block: key(unit.Type, unit.ID), By: ada}); err != nil {
		t.Fatal(err)
	}
	published := p.Editor.Courses.Written() - all - saved
	t.Logf("of a course of %d bytes a save writes %d, a publish %d", all, saved, published)
	if saved > all/50 || published > all/50 {
		t.Errorf("of a course of %d bytes a save writes %d, a publish %d; want 1/50 at most", all, saved, published)
	}
}
