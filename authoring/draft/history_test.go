package draft

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/internal/fault"
)

func TestHistoryAndRestore(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	one, two := []byte("<p>one</p>"), []byte("<p>two</p>")
	first := h.do(Update{Block: key("html", "h"), Body: &one})
	h.do(Update{Block: key("html", "j"), Body: &one})
	second := h.do(Update{Block: key("html", "h"), Body: &two})
	gone := h.do(Delete{key("html", "h")})

	steps, next, err := h.BlockHistory(t.Context(), ada, key("html", "h"), course.Draft, "", 10)
	if err != nil || next != "" || len(steps) != 4 {
		t.Fatalf("history of a block: %d steps, next %q, %v", len(steps), next, err)
	}
	if steps[0].ID != gone.Head.Draft || steps[0].Block != nil || steps[1].ID != second.Head.Draft || string(steps[1].Block.Body) != string(two) || steps[2].ID != first.Head.Draft {
		t.Errorf("steps: %+v", steps)
	}
	some, next, err := h.BlockHistory(t.Context(), ada, key("html", "h"), course.Draft, "", 2)
	if err != nil || len(some) != 2 || next == "" {
		t.Errorf("first part: %d steps, next %q, %v", len(some), next, err)
	}
	rest, next, err := h.BlockHistory(t.Context(), ada, key("html", "h"), course.Draft, next, 10)
	if err != nil || len(rest) != 2 || next != "" {
		t.Errorf("second part: %d steps, next %q, %v", len(rest), next, err)
	}

	h.do(Restore{Version: second.Head.Draft, Block: key("html", "h")})
	if b := h.now(); show(b.Draft) != before || string(Block(b.Draft, key("html", "h")).Body) != string(two) || string(Block(b.Draft, key("html", "j")).Body) != string(one) {
		t.Errorf("restored component: %s", show(b.Draft))
	}
	h.do(Delete{key("vertical", "u")})
	h.do(Restore{Version: first.Head.Draft, Block: key("vertical", "u")})
	if b := h.now(); show(b.Draft) != before || show(b.Published) != "a(s(v(j))) b(t)" || string(Block(b.Draft, key("html", "h")).Body) != string(one) {
		t.Errorf("restored unit: %s, for learners %s", show(b.Draft), show(b.Published))
	}
	h.publish(key("vertical", "u"))
	h.do(Delete{key("chapter", "a")})
	if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Restore{Version: first.Head.Draft, Block: key("vertical", "u")}}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a unit whose subsection is gone: %v", err)
	}
	h.do(Restore{Version: first.Head.Draft, Block: key("chapter", "a")})
	if b := h.now(); show(b.Draft) != before || show(b.Published) != "a(s) b(t)" {
		t.Errorf("restored section: %s, for learners %s", show(b.Draft), show(b.Published))
	}
	for _, bad := range []Restore{{Version: "0123456789abcdef01234567"}, {Version: first.Head.Draft, Block: key("html", "never")}} {
		if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{bad}}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestRestoreCourse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	head, _ := h.Courses.Head(t.Context(), testKey)
	h.do(Create{Parent: key("sequential", "s"), Type: "vertical", ID: "w"}, Move{key("vertical", "u"), key("sequential", "t"), 0},
		Update{Block: key("course", "course"), Set: course.Fields{"display_name": `"Renamed"`}}, Delete{key("html", "j")}, Grading{}, Delete{key("static_tab", "rules")})
	h.publish(key("vertical", "w"))
	h.publish(key("vertical", "v"))
	h.do(Restore{Version: head.Draft})
	b := h.now()
	if !Same(b.Draft.Root, small().Root) || b.Draft.Grading != small().Grading || len(b.Draft.Pages) != 2 {
		t.Errorf("draft: %s", show(b.Draft))
	}
	if show(b.Published) != "a(s(u(h i) v)) b(t)" || b.Published.Grading != small().Grading || b.Published.Page("static_tab", "rules") == nil {
		t.Errorf("learners keep what is published of the units that stand: %s", show(b.Published))
	}
	if n, _ := b.Published.Root.Fields["display_name"].Text(); n != "COURSE" {
		t.Errorf("name for learners: %q", n)
	}
	line, err := h.History(t.Context(), ada, testKey, course.Draft, "", 1)
	if err != nil || !strings.HasPrefix(line[0].Message, "Restore the course as of version ") {
		t.Errorf("%+v, %v", line, err)
	}
	if _, err := h.History(t.Context(), Author{}, testKey, course.Draft, "", 1); !fault.Is(err, fault.Forbidden) {
		t.Errorf("history for a stranger: %v", err)
	}
	if _, err := h.Version(t.Context(), Author{}, testKey, head.Draft); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a version for a stranger: %v", err)
	}
	if _, err := h.Version(t.Context(), bob, course.Key{Org: "O", Number: "N", Run: "R"}, head.Draft); !fault.Is(err, fault.NotFound) {
		t.Errorf("a version of another course: %v", err)
	}
}

// What is published, discarded and withdrawn, also after moves between units.
func TestSettle(t *testing.T) {
	t.Parallel()
	e := &Editor{Schemas: course.Schemas}
	u, v := key("vertical", "u"), key("vertical", "v")
	toV := Move{key("html", "h"), v, 0}
	for _, tc := range []struct {
		name             string
		ops              []Op
		then             func(Branches) (Branches, error)
		draft, published string
	}{
		{"publish a deletion", []Op{Delete{key("html", "h")}}, func(b Branches) (Branches, error) { return b.Publish(u) }, "a(s(u(i) v(j))) b(t)", "a(s(u(i) v(j))) b(t)"},
		{"publish a new unit between", []Op{Create{Parent: key("sequential", "s"), Type: "vertical", ID: "w", At: 2}}, func(b Branches) (Branches, error) { return b.Publish(key("vertical", "w")) }, "a(s(u(h i) w v(j))) b(t)", "a(s(u(h i) w v(j))) b(t)"},
		{"publish where a component went", []Op{toV}, func(b Branches) (Branches, error) { return b.Publish(v) }, "a(s(u(i) v(j h))) b(t)", "a(s(u(i) v(j h))) b(t)"},
		{"publish where it left", []Op{toV}, func(b Branches) (Branches, error) { return b.Publish(u) }, "a(s(u(i) v(j h))) b(t)", "a(s(u(i) v(j))) b(t)"},
		{"discard where it left", []Op{toV}, func(b Branches) (Branches, error) { return b.Discard(u) }, before, before},
		{"discard where it went", []Op{toV}, func(b Branches) (Branches, error) { return b.Discard(v) }, "a(s(u(i) v(j))) b(t)", before},
		{"withdraw", nil, func(b Branches) (Branches, error) { return b.Withdraw(u) }, before, "a(s(v(j))) b(t)"},
		{"the first unit ever", []Op{}, func(b Branches) (Branches, error) { b.Published = nil; return b.Publish(v) }, before, "a(s(v(j))) b(t)"},
		{"a unit in a new section", []Op{Create{Parent: key("course", "course"), Type: "chapter", ID: "c"}, Create{Parent: key("chapter", "c"), Type: "sequential", ID: "d"}, Create{Parent: key("sequential", "d"), Type: "vertical", ID: "w"}}, func(b Branches) (Branches, error) {
			b.Published = small()
			return b.Publish(key("vertical", "w"))
		}, before + " c(d(w))", before + " c(d(w))"},
	} {
		c := small()
		b, _, err := e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: tc.ops}, Branches{Draft: c, Published: c})
		if err == nil {
			b, err = tc.then(b)
		}
		if err != nil || show(b.Draft) != tc.draft || show(b.Published) != tc.published {
			t.Errorf("%s: draft %s, want %s; published %s, want %s; %v", tc.name, show(b.Draft), tc.draft, show(b.Published), tc.published, err)
		}
	}
	c := small()
	b, _, _ := e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Delete{key("html", "i")}}}, Branches{Draft: c, Published: c})
	if p, err := b.Publish(u); err != nil || p.Published.Root.Children[0] != b.Draft.Root.Children[0] {
		t.Errorf("equal branches do not share their blocks: %v", err)
	}
	if _, err := b.Discard(key("vertical", "new")); !fault.Is(err, fault.Invalid) {
		t.Errorf("discard of what was never published: %v", err)
	}
	for _, err := range []error{second(b.Publish(key("chapter", "a"))), second(b.Publish(key("html", "h"))), second(b.Withdraw(key("sequential", "s")))} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("not a unit: %v", err)
		}
	}
	twice := small() // courses of other makers hold a block twice
	twice.Root.Children[0].Children[0].Children[1].Children = append(twice.Root.Children[0].Children[0].Children[1].Children, &course.Block{Type: "html", ID: "h"})
	b, _, _ = e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Delete{key("html", "i")}}}, Branches{Draft: twice, Published: twice})
	if b, err := b.Publish(u); err != nil || show(b.Published) != "a(s(u(h) v(j h))) b(t)" {
		t.Errorf("a block that stands twice: %s, %v", show(b.Published), err)
	}
}

func second(_ Branches, err error) error { return err }

func TestCompare(t *testing.T) {
	t.Parallel()
	e := &Editor{Schemas: course.Schemas}
	text := []byte("<p>h</p>\n<p>more</p>\n")
	b, _, err := e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{
		Update{Block: key("html", "h"), Body: &text, Set: course.Fields{"display_name": `"New"`}},
		Reorder{key("vertical", "u"), []course.UsageKey{key("html", "i"), key("html", "h")}},
		Move{key("html", "j"), key("vertical", "u"), 0},
		Delete{key("chapter", "b")},
		Create{Parent: key("course", "course"), Type: "chapter", ID: "c", Name: "C"},
		Delete{key("about", "overview")},
		Grading{},
	}}, Branches{Draft: small()})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Difference{}
	for _, d := range Compare(small(), b.Draft) {
		got[d.Block.Type+" "+d.Block.ID] = d
	}
	if d := got["html h"]; len(d.Fields) != 1 || d.Fields[0] != (FieldDifference{"display_name", `"H"`, `"New"`}) || len(d.Lines()) != 2 || d.Lines()[1] != (Line{"<p>more</p>", 0, 2}) {
		t.Errorf("html: %+v", d)
	}
	if d := got["vertical u"]; !d.Reordered || d.Added || d.Text || d.Lines() != nil {
		t.Errorf("order: %+v", d)
	}
	if d := got["html j"]; d.From != key("vertical", "v") || d.To != key("vertical", "u") {
		t.Errorf("moved: %+v", d)
	}
	if !got["chapter b"].Removed || !got["sequential t"].Removed || !got["chapter c"].Added || got["chapter c"].Name != "C" || !got["about overview"].Removed {
		t.Errorf("added and removed: %+v", got)
	}
	if d := got["course course"]; len(d.Fields) != 1 || d.Fields[0].Name != "grading_policy" {
		t.Errorf("policy: %+v", d)
	}
	if len(got) != 8 || len(Compare(b.Draft, b.Draft)) != 0 {
		t.Errorf("%d differences: %+v", len(got), got)
	}
}

func TestCompareText(t *testing.T) {
	t.Parallel()
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "<p>"}), 0, 30)
	rapid.Check(t, func(t *rapid.T) {
		from, to := lines.Draw(t, "from"), lines.Draw(t, "to")
		check(t, from, to)
	})
	long, other := strings.Split(strings.Repeat("x\ny\n", 3000), "\n"), strings.Split(strings.Repeat("z\n", 5000), "\n")
	check(t, long, other)
	if got := CompareText("a\nb\nc\n", "a\nc\n"); len(got) != 3 || got[1] != (Line{"b", 2, 0}) {
		t.Errorf("a line taken out: %+v", got)
	}
}

// check reads both texts back out of their comparison.
func check(t interface {
	Fatalf(format string, args ...any)
}, from, to []string,
) {
	join := func(lines []string) string {
		if len(lines) == 0 {
			return ""
		}
		return strings.Join(lines, "\n") + "\n"
	}
	var old, now []string
	for _, l := range CompareText(join(from), join(to)) {
		if l.Old > 0 {
			old = append(old, l.Text)
		}
		if l.New > 0 {
			now = append(now, l.Text)
		}
		if l.Old > 0 && l.Old != len(old) || l.New > 0 && l.New != len(now) {
			t.Fatalf("numbers: %+v", l)
		}
	}
	if join(old) != join(from) || join(now) != join(to) {
		t.Fatalf("%q and %q come back as %q and %q", from, to, old, now)
	}
}

// Going back is taken back like any other act: learners get what they lost by it, and what others wrote since stays.
func TestUndoOfRestore(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	old := h.head()
	h.do(Create{Parent: key("sequential", "s"), Type: "vertical", ID: "w"})
	h.publish(key("vertical", "w"))
	for text, block := range map[string]course.UsageKey{"h": {}, "i": key("chapter", "a")} { // each in another text
		done := h.do(Restore{Version: old, Block: block})
		if got := show(h.now().Published); got != before {
			t.Errorf("learners after going back: %s", got)
		}
		body := []byte("<p>written meanwhile</p>\n")
		h.do(Update{Block: key("html", text), Body: &body})
		if _, err := h.undo(done); err != nil {
			t.Fatal(err)
		}
		b := h.now()
		if got := show(b.Published); got != "a(s(u(h i) v(j) w)) b(t)" {
			t.Errorf("learners after taking it back: %s", got)
		}
		if got := string(Block(b.Draft, key("html", text)).Body); got != string(body) {
			t.Errorf("what was written meanwhile: %q", got)
		}
	}
}

// A restored section takes back a unit that went elsewhere: not over the head of who writes in it.
func TestRestoreMeetsAnEditElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	old := h.head()
	h.do(Move{key("vertical", "v"), key("sequential", "t"), 0})
	seen := h.head()
	body := []byte("<p>written meanwhile</p>\n")
	h.do(Update{Block: key("html", "j"), Body: &body})
	restore := Edit{Key: testKey, By: bob, Seen: seen, Ops: []Op{Restore{Version: old, Block: key("chapter", "a")}}}
	_, err := h.Apply(t.Context(), restore)
	lost := (*Lost)(nil)
	if !errors.As(err, &lost) || len(lost.Clashes) != 1 || lost.Clashes[0].Block != key("vertical", "v") {
		t.Fatalf("restored: %v, %+v", err, lost)
	}
	if got := string(Block(h.now().Draft, key("html", "j")).Body); got != string(body) {
		t.Errorf("the text is %q", got)
	}
	restore.Seen = h.head()
	if _, err := h.Apply(t.Context(), restore); err != nil {
		t.Errorf("restored by one who has seen it: %v", err)
	}
}

// Groups that published units are for stay when the course goes back to a time before them.
func TestRestoreKeepsGroupsInUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	old := h.head()
	if err := h.partitions("Add", func(list []Partition, _ Usage) ([]Partition, error) {
		made := Partition{"name": `"Groups"`, "scheme": `"cohort"`}
		made.SetGroups([]Group{{"name": `"Used"`}, {"name": `"Unused"`}})
		return append(list, made), nil
	}); err != nil {
		t.Fatal(err)
	}
	middle := h.head()
	list, _ := PartitionsIn(h.now().Draft)
	id, _ := list[0].ID()
	used, _ := list[0].Groups()[0].ID()
	h.do(Update{Block: key("vertical", "u"), Set: course.Fields{"group_access": course.JSON(map[string][]int{strconv.Itoa(id): {used}})}})
	h.publish(key("vertical", "u"))
	h.do(Restore{Version: old})
	for branch, c := range map[string]*course.Content{"draft": h.now().Draft, "published": h.now().Published} {
		list, ok := PartitionsIn(c)
		if !ok || len(list) != 1 || FindGroup(list[0].Groups(), used) < 0 {
			t.Errorf("%s has the groups %v", branch, c.Root.Fields["user_partitions"])
		}
	}

	// A group that is used and was not there yet; what nobody uses is as it was.
	if err := h.partitions("One more", func(list []Partition, _ Usage) ([]Partition, error) {
		list[0].SetGroups(append(list[0].Groups(), Group{"name": `"Late"`}))
		return list, nil
	}); err != nil {
		t.Fatal(err)
	}
	list, _ = PartitionsIn(h.now().Draft)
	late, _ := list[0].Groups()[len(list[0].Groups())-1].ID()
	h.do(Update{Block: key("vertical", "u"), Set: course.Fields{"group_access": course.JSON(map[string][]int{strconv.Itoa(id): {late}})}})
	h.publish(key("vertical", "u"))
	h.do(Restore{Version: middle})
	list, _ = PartitionsIn(h.now().Published)
	if len(list) != 1 || len(list[0].Groups()) != 3 || FindGroup(list[0].Groups(), late) < 0 {
		t.Errorf("learners have the groups %v", h.now().Published.Root.Fields["user_partitions"])
	}
}
