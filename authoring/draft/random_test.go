package draft

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Whatever authors do, no block stands twice on a branch, learners have no section or unit authors do not have, shared content stays
// as it was, publishing everything makes both branches equal, and the course can be brought back.
func TestAnyEdits(t *testing.T) {
	t.Parallel()
	e := &Editor{Schemas: course.Schemas}
	rapid.Check(t, func(t *rapid.T) {
		first := small()
		b := Branches{Draft: first, Published: first}
		for i := range rapid.IntRange(1, 25).Draw(t, "steps") {
			was := show(b.Draft) + "\n" + show(b.Published)
			next, what := step(t, e, b, i)
			if now := show(b.Draft) + "\n" + show(b.Published); now != was {
				t.Fatalf("%s changed shared content from %s to %s", what, was, now)
			}
			b = next
			once(t, what, b)
		}
		all := b
		units, err := all.Units(key("course", "course"))
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range units {
			if all, err = all.Publish(nameOf(u).in(testKey)); err != nil {
				t.Fatal(err)
			}
		}
		if !Same(all.Draft.Root, all.Published.Root) {
			t.Fatalf("everything published: draft %s, published %s", show(all.Draft), show(all.Published))
		}
		w := &work{Branches: b, editor: e}
		w.restoreCourse(first)
		once(t, "restore", w.Branches)
		if !Same(w.Draft.Root, small().Root) {
			t.Fatalf("restored: %s", show(w.Draft))
		}
	})
}

// step makes one random edit, publishes or discards one unit. What is refused changes nothing.
func step(t *rapid.T, e *Editor, b Branches, i int) (Branches, string) {
	var keys []course.UsageKey
	b.Draft.Root.Walk(func(x *course.Block) bool { keys = append(keys, nameOf(x).in(testKey)); return true })
	pick := func(label string) course.UsageKey { return rapid.SampledFrom(keys).Draw(t, label) }
	var op Op
	switch rapid.IntRange(0, 8).Draw(t, "what") {
	case 0, 1:
		op = Create{Parent: pick("parent"), Type: rapid.SampledFrom([]string{"chapter", "sequential", "vertical", "html"}).Draw(t, "type"), ID: fmt.Sprint("n", i), At: rapid.IntRange(0, 3).Draw(t, "at")}
	case 2, 3:
		op = Move{pick("block"), pick("to"), rapid.IntRange(0, 3).Draw(t, "at")}
	case 4:
		op = Delete{pick("block")}
	case 5:
		op = Duplicate{Block: pick("block")}
	case 6:
		body := []byte(fmt.Sprint("text ", i))
		op = Update{Block: pick("block"), Body: &body, Set: course.Fields{"display_name": course.Text(fmt.Sprint("name ", i))}}
	case 7:
		u := pick("unit")
		if next, err := b.Publish(u); err == nil {
			return next, "publish " + u.ID
		}
		return b, "nothing"
	default:
		u := pick("unit")
		if next, err := b.Discard(u); err == nil {
			return next, "discard " + u.ID
		}
		return b, "nothing"
	}
	next, _, err := e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{op}}, b)
	if err != nil {
		if fault.Is(err, fault.Internal) {
			t.Fatalf("%#v: %v", op, err)
		}
		return b, "nothing"
	}
	return next, fmt.Sprintf("%#v", op)
}

func once(t *rapid.T, what string, b Branches) {
	for branch, c := range map[string]*course.Content{"draft": b.Draft, "published": b.Published} {
		seen := map[name]bool{}
		c.Root.Walk(func(x *course.Block) bool {
			if seen[nameOf(x)] {
				t.Fatalf("after %s %s stands twice on %s: %s", what, x.ID, branch, show(c))
			}
			seen[nameOf(x)] = true
			if way := find(c, nameOf(x).in(testKey)); branch == "published" && way.isUnit() || direct[x.Type] {
				if find(b.Draft, nameOf(x).in(testKey)) == nil {
					t.Fatalf("after %s learners have %s and authors do not: %s, %s", what, x.ID, show(b.Published), show(b.Draft))
				}
			}
			return true
		})
	}
}
