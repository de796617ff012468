package draft

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/fault"
)

const before = "a(s(u(h i) v(j))) b(t)"

// Where each operation leaves both branches.
func TestPlaces(t *testing.T) {
	t.Parallel()
	text := []byte("x")
	for _, tc := range []struct {
		name             string
		ops              []Op
		draft, published string
	}{
		{"section", []Op{Create{Parent: key("course", "course"), Type: "chapter", Name: "New"}}, before + " newchapter", before + " newchapter"},
		{"section in front", []Op{Create{Parent: key("course", "any"), Type: "chapter", At: 1}}, "newchapter " + before, "newchapter " + before},
		{"subsection", []Op{Create{Parent: key("chapter", "a"), Type: "sequential"}}, "a(s(u(h i) v(j)) newsequential) b(t)", "a(s(u(h i) v(j)) newsequential) b(t)"},
		{"unit", []Op{Create{Parent: key("sequential", "t"), Type: "vertical"}}, "a(s(u(h i) v(j))) b(t(newvertical))", before},
		{"component", []Op{Create{Parent: key("vertical", "u"), Type: "html", At: 2, Body: text}}, "a(s(u(h newhtml i) v(j))) b(t)", before},
		{"with an id", []Op{Create{Parent: key("vertical", "u"), Type: "html", ID: "mine"}}, "a(s(u(h i mine) v(j))) b(t)", before},
		{"move component", []Op{Move{key("html", "h"), key("vertical", "v"), 1}}, "a(s(u(i) v(h j))) b(t)", before},
		{"move component in its unit", []Op{Move{key("html", "h"), key("vertical", "u"), 0}}, "a(s(u(i h) v(j))) b(t)", before},
		{"move unit", []Op{Move{key("vertical", "u"), key("sequential", "t"), 0}}, "a(s(v(j))) b(t(u(h i)))", "a(s(v(j))) b(t(u(h i)))"},
		{"move changed unit", []Op{Delete{key("html", "i")}, Move{key("vertical", "u"), key("sequential", "t"), 0}}, "a(s(v(j))) b(t(u(h)))", "a(s(v(j))) b(t(u(h i)))"},
		{"move subsection", []Op{Move{key("sequential", "s"), key("chapter", "b"), 1}}, "a b(s(u(h i) v(j)) t)", "a b(s(u(h i) v(j)) t)"},
		{"move section", []Op{Move{key("chapter", "b"), key("course", "course"), 1}}, "b(t) a(s(u(h i) v(j)))", "b(t) a(s(u(h i) v(j)))"},
		{"delete component", []Op{Delete{key("html", "h")}}, "a(s(u(i) v(j))) b(t)", before},
		{"delete unit", []Op{Delete{key("vertical", "v")}}, "a(s(u(h i))) b(t)", "a(s(u(h i))) b(t)"},
		{"delete section", []Op{Delete{key("chapter", "a")}}, "b(t)", "b(t)"},
		{"duplicate component", []Op{Duplicate{Block: key("html", "h")}}, "a(s(u(h newhtml i) v(j))) b(t)", before},
		{"duplicate unit", []Op{Duplicate{Block: key("vertical", "u")}}, "a(s(u(h i) newvertical(newhtml newhtml) v(j))) b(t)", before},
		{"duplicate section", []Op{Duplicate{Block: key("chapter", "a")}}, "a(s(u(h i) v(j))) newchapter(newsequential(newvertical(newhtml newhtml) newvertical(newhtml))) b(t)", "a(s(u(h i) v(j))) newchapter(newsequential) b(t)"},
		{"duplicate elsewhere", []Op{Duplicate{Block: key("html", "h"), Parent: key("vertical", "v")}}, "a(s(u(h i) v(j newhtml))) b(t)", before},
		{"reorder units", []Op{Reorder{key("sequential", "s"), []course.UsageKey{key("vertical", "v"), key("vertical", "u")}}}, "a(s(v(j) u(h i))) b(t)", "a(s(v(j) u(h i))) b(t)"},
		{"reorder components", []Op{Update{Block: key("vertical", "u"), Children: []course.UsageKey{key("html", "i"), key("html", "h")}}}, "a(s(u(i h) v(j))) b(t)", before},
		{"reorder around a draft", []Op{Create{Parent: key("sequential", "s"), Type: "vertical", ID: "w"}, Reorder{key("sequential", "s"), []course.UsageKey{key("vertical", "v"), key("vertical", "w"), key("vertical", "u")}}}, "a(s(v(j) w u(h i))) b(t)", "a(s(v(j) u(h i))) b(t)"},
		{"adopt by list", []Op{Reorder{key("vertical", "v"), []course.UsageKey{key("html", "i"), key("html", "j")}}}, "a(s(u(h) v(i j))) b(t)", before},
		{"empty list for nothing", []Op{Reorder{key("sequential", "t"), []course.UsageKey{}}}, before, before},
		{"several", []Op{Create{Parent: key("sequential", "t"), Type: "vertical", ID: "w"}, Create{Parent: key("vertical", "w"), Type: "html", ID: "k"}, Move{key("html", "h"), key("vertical", "w"), 1}}, "a(s(u(i) v(j))) b(t(w(h k)))", before},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := small()
			e := &Editor{Schemas: course.Schemas}
			got, _, err := e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: tc.ops}, Branches{Draft: c, Published: c})
			if err != nil {
				t.Fatal(err)
			}
			if show(got.Draft) != tc.draft {
				t.Errorf("draft: got %s, want %s", show(got.Draft), tc.draft)
			}
			if show(got.Published) != tc.published {
				t.Errorf("published: got %s, want %s", show(got.Published), tc.published)
			}
			if show(c) != before || !Same(c.Root, small().Root) {
				t.Errorf("shared content was changed: %s", show(c))
			}
			alone, _, err := e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: tc.ops}, Branches{Draft: c})
			if err != nil || show(alone.Draft) != tc.draft || alone.Published != nil {
				t.Errorf("with nothing published: %s, %v", show(alone.Draft), err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	long := make([]byte, MaxBody+1)
	for _, tc := range []struct {
		name string
		op   Op
		kind fault.Kind
	}{
		{"into itself", Move{key("chapter", "a"), key("sequential", "s"), 0}, fault.Invalid},
		{"a unit into its own component", Move{key("vertical", "u"), key("vertical", "u"), 0}, fault.Invalid},
		{"the course", Move{key("course", "course"), key("chapter", "a"), 0}, fault.Invalid},
		{"a unit in a unit", Move{key("vertical", "u"), key("vertical", "v"), 0}, fault.Invalid},
		{"a section in a section", Create{Parent: key("chapter", "a"), Type: "chapter"}, fault.Invalid},
		{"something in a text", Create{Parent: key("html", "h"), Type: "html"}, fault.Invalid},
		{"a page in a unit", Move{key("static_tab", "rules"), key("vertical", "u"), 0}, fault.NotFound},
		{"unknown type", Create{Parent: key("vertical", "u"), Type: "nonsense"}, fault.Invalid},
		{"a course", Create{Parent: key("vertical", "u"), Type: "course"}, fault.Invalid},
		{"an id that is none", Create{Parent: key("vertical", "u"), Type: "html", ID: "a b"}, fault.Invalid},
		{"an id that is taken", Create{Parent: key("vertical", "u"), Type: "html", ID: "j"}, fault.Conflict},
		{"no such parent", Create{Parent: key("vertical", "gone"), Type: "html"}, fault.NotFound},
		{"no such block", Update{Block: key("html", "gone"), Set: course.Fields{"display_name": `"x"`}}, fault.NotFound},
		{"delete the course", Delete{key("course", "course")}, fault.Invalid},
		{"delete what is gone", Delete{key("html", "gone")}, fault.NotFound},
		{"duplicate the course", Duplicate{Block: key("course", "course")}, fault.Invalid},
		{"orphan", Reorder{key("vertical", "u"), []course.UsageKey{key("html", "h")}}, fault.Conflict},
		{"adopt without a parent", Reorder{key("vertical", "u"), []course.UsageKey{key("html", "h"), key("html", "i"), key("html", "gone")}}, fault.Conflict},
		{"listed twice", Reorder{key("vertical", "u"), []course.UsageKey{key("html", "h"), key("html", "h"), key("html", "i")}}, fault.Invalid},
		{"not a number", Update{Block: key("problem", "p"), Set: course.Fields{"max_attempts": `"many"`}}, fault.Invalid},
		{"not a date", Update{Block: key("sequential", "s"), Set: course.Fields{"due": `"tomorrow"`}}, fault.Invalid},
		{"not an option", Update{Block: key("course", "course"), Set: course.Fields{"catalog_visibility": `"some"`}}, fault.Invalid},
		{"not a list", Update{Block: key("course", "course"), Set: course.Fields{"advanced_modules": `{}`}}, fault.Invalid},
		{"too long", Update{Block: key("html", "h"), Body: &long}, fault.TooLarge},
		{"policy", Grading{Policy: `[]`}, fault.Invalid},
		{"tabs that forget a page", Tabs{`[{"type":"courseware"}]`}, fault.Conflict},
		{"tabs with an unknown page", Tabs{`[{"type":"static_tab","url_slug":"rules"},{"type":"static_tab","url_slug":"no"}]`}, fault.Conflict},
		{"tabs that are none", Tabs{`"x"`}, fault.Invalid},
		{"rename no page", RenamePage{key("static_tab", "no"), "x"}, fault.NotFound},
	} {
		c := small()
		_, _, err := (&Editor{Schemas: course.Schemas}).make(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{tc.op}}, Branches{Draft: c, Published: c})
		if !fault.Is(err, tc.kind) {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.kind)
		}
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	u := Update{Block: key("html", "h")}
	u.Metadata(course.Fields{"display_name": `"Ümläut 漢字 \u202eעברית"`, "due": course.Null, "max_attempts": course.Null, "unknown_key": `{"a":1}`}, []string{"max_attempts"})
	body := []byte("<p>edited</p>")
	u.Body = &body
	done := h.do(u)
	b := Block(h.now().Draft, key("html", "h"))
	if name, _ := b.Fields["display_name"].Text(); !strings.HasPrefix(name, "Ümläut 漢字") || b.Fields["max_attempts"] != course.Null || b.Fields["due"].IsSet() ||
		b.Fields["unknown_key"] != `{"a":1}` || string(b.Body) != "<p>edited</p>" {
		t.Errorf("got %+v", b)
	}
	if Block(h.now().Published, key("html", "h")).Fields["unknown_key"].IsSet() {
		t.Error("learners see a draft")
	}
	v, err := h.Courses.Version(t.Context(), done.Head.Draft)
	if err != nil || v.Author != "ada" || v.Time != h.clock.Now() || v.Message != `Edit text "H"` {
		t.Errorf("version %+v, %v", v, err)
	}
	h.do(Update{Block: key("html", "h"), Unset: []string{"max_attempts", "unknown_key"}})
	if b := Block(h.now().Draft, key("html", "h")); b.Fields["max_attempts"].IsSet() || b.Fields["unknown_key"].IsSet() {
		t.Errorf("still set: %v", b.Fields)
	}
	section := Update{Block: key("sequential", "s")}
	section.Grader("Homework")
	h.do(section, Grading{Policy: `{"GRADER":[]}`}, Update{Block: key("about", "overview"), Body: &body})
	for _, c := range []*course.Content{h.now().Draft, h.now().Published} {
		s := Block(c, key("sequential", "s"))
		if s.Fields["graded"] != "true" || s.Fields["format"] != `"Homework"` || c.Grading != `{"GRADER":[]}` || string(c.Page("about", "overview").Body) != string(body) {
			t.Errorf("what has no draft: %v, %s", s.Fields, c.Grading)
		}
	}
	not := Update{Block: key("sequential", "s")}
	not.Grader("notgraded")
	h.do(not)
	if s := Block(h.now().Published, key("sequential", "s")); s.Fields["graded"].IsSet() || s.Fields["format"].IsSet() {
		t.Errorf("still graded: %v", s.Fields)
	}
}

func TestRepublish(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	h.do(Delete{key("html", "i")}, Create{Parent: key("sequential", "t"), Type: "vertical", ID: "w"})
	done := h.do(Update{Block: key("vertical", "u"), Set: course.Fields{"visible_to_staff_only": "true"}})
	b := h.now()
	if len(done.Published) != 1 || show(b.Published) != "a(s(u(h) v(j))) b(t)" || !locked(Block(b.Published, key("vertical", "u"))) {
		t.Errorf("lock of a published unit: %v, %s", done.Published, show(b.Published))
	}
	h.do(Delete{key("html", "h")})
	if done := h.do(Update{Block: key("vertical", "u"), Unset: []string{"visible_to_staff_only"}}); len(done.Published) != 1 || show(h.now().Published) != "a(s(u v(j))) b(t)" {
		t.Errorf("lock taken off: %v, %s", done.Published, show(h.now().Published))
	}
	for name, u := range map[string]Update{
		"a unit that was never published": {Block: key("vertical", "w"), Set: course.Fields{"visible_to_staff_only": "true"}},
		"a component":                     {Block: key("html", "j"), Set: course.Fields{"visible_to_staff_only": "true"}},
		"no change of the lock":           {Block: key("vertical", "u"), Set: course.Fields{"visible_to_staff_only": "false"}},
	} {
		if done := h.do(u); len(done.Published) != 0 {
			t.Errorf("%s: published %v", name, done.Published)
		}
	}
}

func TestDuplicateAndPaste(t *testing.T) {
	t.Parallel()
	c := small()
	u := c.Root.Children[0].Children[0].Children[0]
	other := course.Key{Org: "Org", Number: "Num", Run: "Other"}
	u.Children = append(u.Children,
		&course.Block{Type: "split_test", ID: "e", Fields: course.Fields{"group_id_to_child": course.JSON(map[string]string{"0": key("html", "x").String(), "1": key("html", "j").String()})}, Children: []*course.Block{{Type: "html", ID: "x"}}},
		&course.Block{Type: "conditional", ID: "c", Body: []byte(`<show sources="` + key("html", "h").String() + `"/>`), Attrs: map[string]string{"sources": key("html", "h").String()}},
		&course.Block{Type: "discussion", ID: "d", Fields: course.Fields{"discussion_id": `"topic"`}},
		&course.Block{Type: "html", ID: "l", Body: []byte(`<a href="/static/a b.pdf"/><img src="/asset-v1:Org+Num+Run+type@asset+block@pic.png"/><a href="/static/sub/x.pdf?raw"/><a href="/jump_to_id/h">` +
			`<a href="/courses/course-v1:Org+Num+Run/jump_to/` + key("html", "i").String() + `"><a href="/jump_to_id/j">`)},
		&course.Block{Type: "video", ID: "m", Fields: course.Fields{"transcripts": `{"de":"de.srt"}`, "sub": `"OEoXaMPEzfM"`, "handout": `"/static/hand.pdf"`}})
	h := newHouse(t, c)
	done := h.do(Duplicate{Block: key("vertical", "u")})
	cp := Block(h.now().Draft, done.Made[0])
	if name, _ := cp.Fields["display_name"].Text(); name != "Duplicate of 'U'" || len(done.Made[0].ID) != 32 || len(done.Files) != 0 {
		t.Errorf("copy %q %v, files %v", name, done.Made, done.Files)
	}
	var byGroup map[string]string
	cp.Children[2].Fields["group_id_to_child"].Decode(&byGroup)
	if byGroup["0"] != key("html", cp.Children[2].Children[0].ID).String() || byGroup["1"] != key("html", "j").String() {
		t.Errorf("references of the copy: %v", byGroup)
	}
	want := key("html", cp.Children[0].ID).String()
	if cond := cp.Children[3]; cond.Attrs["sources"] != want || !strings.Contains(string(cond.Body), want) {
		t.Errorf("references in attributes and text: %+v", cond)
	}
	if cp.Children[4].Fields["discussion_id"] == `"topic"` {
		t.Error("the copy shares a topic with the original")
	}
	if done := h.do(Duplicate{Block: done.Made[0], Name: "Mine"}, Duplicate{Block: key("html", "l")}); true {
		b := h.now()
		if n, _ := Block(b.Draft, done.Made[0]).Fields["display_name"].Text(); n != "Mine" {
			t.Errorf("given name: %q", n)
		}
		if n, _ := Block(b.Draft, done.Made[1]).Fields["display_name"].Text(); n != "Duplicate of html" {
			t.Errorf("name without a name: %q", n)
		}
	}

	target := small()
	target.Key = other
	h.take(target)
	paste := Edit{Key: other, By: bob, Ops: []Op{Paste{From: key("vertical", "u"), Parent: other.Usage("sequential", "t")}}}
	done, err := h.Apply(t.Context(), paste)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(done.Files, " "); got != "a de.srt hand.pdf pic.png sub_x.pdf subs_OEoXaMPEzfM.srt.sjson" {
		t.Errorf("files that go along: %s", got)
	}
	b, _, err := h.Courses.Content(t.Context(), other, course.Draft)
	if err != nil {
		t.Fatal(err)
	}
	pasted := Block(b, done.Made[0])
	if show(b) != "a(s(u(h i) v(j))) b(t(newvertical(newhtml newhtml newsplit_test(newhtml) newconditional newdiscussion newhtml newhtml newvideo)))" {
		t.Errorf("pasted: %s", show(b))
	}
	if text := string(pasted.Children[5].Body); strings.Contains(text, "asset-v1") || !strings.Contains(text, `"/static/pic.png"`) {
		t.Errorf("links: %s", text)
	}
	if text := string(pasted.Children[5].Body); !strings.HasSuffix(text, `<a href="/jump_to_id/`+pasted.Children[0].ID+`"><a href="/jump_to_id/`+pasted.Children[1].ID+`"><a href="/jump_to_id/j">`) {
		t.Errorf("jumps: %s", text)
	}
	if got := pasted.Children[3].Attrs["sources"]; got != other.Usage("html", pasted.Children[0].ID).String() {
		t.Errorf("reference: %s", got)
	}
	paste.By = Author{Name: "eve", Roles: team.Roles{Grants: []team.Grant{{Role: team.Instructor, Scope: team.In(other)}}}}
	if _, err := h.Apply(t.Context(), paste); !fault.Is(err, fault.Forbidden) {
		t.Errorf("from a course one may not author: %v", err)
	}
	if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: paste.By}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an edit of somebody else's course: %v", err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	tabs := func() string {
		b := h.now()
		if b.Draft.Root.Fields["tabs"] != b.Published.Root.Fields["tabs"] {
			t.Error("tabs of the branches differ")
		}
		var names []string
		for _, e := range tabsOf(b.Published) {
			names = append(names, e.text("name"))
		}
		return strings.Join(names, ", ")
	}
	h.do(RenamePage{key("static_tab", "rules"), "House <rules>"})
	if got := tabs(); got != "Course, House <rules>" || !strings.Contains(string(h.now().Draft.Root.Fields["tabs"]), `"x":"<kept>"`) {
		t.Errorf("renamed: %s %s", got, h.now().Draft.Root.Fields["tabs"])
	}
	done := h.do(Create{Type: "static_tab", Name: "Help", Body: []byte("<p>help</p>")})
	if got := tabs(); got != "Course, House <rules>, Help" || h.now().Published.Page("static_tab", done.Made[0].ID) == nil {
		t.Errorf("added: %s", got)
	}
	h.do(Tabs{course.JSON([]map[string]any{
		{"type": "courseware", "name": "Course"},
		{"type": "static_tab", "url_slug": done.Made[0].ID, "name": "Help", "is_hidden": true},
		{"type": "static_tab", "url_slug": "rules", "name": "House <rules>"},
	})})
	if got := tabs(); got != "Course, Help, House <rules>" {
		t.Errorf("arranged: %s", got)
	}
	h.do(Duplicate{Block: key("static_tab", "rules")})
	h.do(Delete{key("static_tab", "rules")})
	if got := tabs(); got != "Course, Help, Duplicate of 'House <rules>'" {
		t.Errorf("duplicated and deleted: %s", got)
	}
	line, err := h.History(t.Context(), ada, testKey, course.Draft, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	h.do(Restore{Version: line[len(line)-1].ID, Block: key("static_tab", "rules")})
	if got := tabs(); got != "Course, Help, Duplicate of 'House <rules>', Rules" {
		t.Errorf("restored: %s", got)
	}
	bare := small()
	delete(bare.Root.Fields, "tabs")
	h.take(bare)
	h.do(Update{Block: key("static_tab", "rules"), Body: new([]byte)})
	if h.now().Draft.Root.Fields["tabs"].IsSet() {
		t.Error("an edit of a page writes tabs the author never set")
	}
}

// A unit in which something does not load gets its lock, and nothing else of its draft.
func TestRepublishWhatDoesNotLoad(t *testing.T) {
	t.Parallel()
	e := &Editor{Schemas: course.Schemas, Loads: func(b *course.Block) []string {
		if string(b.Body) == "<broken" {
			return []string{"no end"}
		}
		return nil
	}}
	broken, c := []byte("<broken"), small()
	b, done, err := e.make(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{
		Update{Block: key("html", "h"), Body: &broken}, Update{Block: key("vertical", "u"), Set: course.Fields{"visible_to_staff_only": "true"}},
	}}, Branches{Draft: c, Published: c})
	if err != nil || len(done.Published) != 0 || !locked(Block(b.Published, key("vertical", "u"))) || string(Block(b.Published, key("html", "h")).Body) == string(broken) {
		t.Errorf("published %v, %v", done.Published, err)
	}
}

// Two authors at once on different blocks of one unit: both edits are in the end there, whoever was first.
func TestTwoAuthorsOnOneUnit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	head, _ := h.Courses.Head(t.Context(), testKey)
	const edits = 8
	var wg sync.WaitGroup
	for i, id := range []string{"h", "i"} {
		e := &Editor{Courses: h.open(), Schemas: course.Schemas}
		who := []Author{ada, bob}[i]
		wg.Go(func() {
			seen := head.Draft
			for n := range edits {
				body := fmt.Appendf(nil, "%s %d", id, n)
				done, err := e.Apply(t.Context(), Edit{Key: testKey, By: who, Seen: seen, Ops: []Op{Update{Block: key("html", id), Body: &body}}})
				if err != nil {
					t.Errorf("%s %d: %v", id, n, err)
					return
				}
				seen = done.Head.Draft
			}
		})
	}
	wg.Wait()
	b := h.now()
	for _, id := range []string{"h", "i"} {
		if got := string(Block(b.Draft, key("html", id)).Body); got != fmt.Sprintf("%s %d", id, edits-1) {
			t.Errorf("%s: %q", id, got)
		}
	}
	line, err := h.History(t.Context(), ada, testKey, course.Draft, "", 100)
	if err != nil || len(line) != 2*edits+1 {
		t.Errorf("%d versions, %v; want every edit kept", len(line), err)
	}
}

// Two authors on one outline, each adding and moving: nothing of either is lost and no block stands twice.
func TestTwoAuthorsOnOneOutline(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	head, _ := h.Courses.Head(t.Context(), testKey)
	var wg sync.WaitGroup
	for a := range 2 {
		e := &Editor{Courses: h.open(), Schemas: course.Schemas}
		wg.Go(func() {
			for n := range 6 {
				id := fmt.Sprintf("w%d%d", a, n)
				ops := []Op{Create{Parent: key("sequential", "t"), Type: "vertical", ID: id}, Move{key("vertical", id), key("sequential", "s"), 1}}
				if _, err := e.Apply(t.Context(), Edit{Key: testKey, By: bob, Seen: head.Draft, Ops: ops}); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[name]int{}
	h.now().Draft.Root.Walk(func(b *course.Block) bool { seen[nameOf(b)]++; return true })
	for a := range 2 {
		for n := range 6 {
			if seen[name{"vertical", fmt.Sprintf("w%d%d", a, n)}] != 1 {
				t.Errorf("w%d%d stands %d times", a, n, seen[name{"vertical", fmt.Sprintf("w%d%d", a, n)}])
			}
		}
	}
}

// A tab left open for a day: what others did not touch is saved, what they did is shown with both sides.
func TestTabLeftOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	head, _ := h.Courses.Head(t.Context(), testKey)
	theirs, mine := []byte("theirs"), []byte("mine")
	h.clock.Advance(24 * time.Hour)
	h.do(Update{Block: key("html", "h"), Body: &theirs}, Create{Parent: key("vertical", "u"), Type: "html", ID: "k"}, Delete{key("vertical", "v")})

	fine := Edit{Key: testKey, By: bob, Seen: head.Draft, Ops: []Op{Update{Block: key("html", "i"), Body: &mine}}}
	if done, err := h.Apply(t.Context(), fine); err != nil || !done.Rebased {
		t.Errorf("an edit of an untouched block: %+v, %v", done, err)
	}
	for _, tc := range []struct {
		name         string
		op           Op
		mine, theirs string
	}{
		{"text", Update{Block: key("html", "h"), Body: &mine}, "mine", "theirs"},
		{"delete", Delete{key("html", "h")}, "nil", "theirs"},
		{"restore", Restore{Version: head.Draft, Block: key("html", "h")}, "<p>h</p>\n", "theirs"},
		{"order", Reorder{key("vertical", "u"), []course.UsageKey{key("html", "i"), key("html", "h")}}, "", ""},
		{"what is gone", Update{Block: key("html", "j"), Body: &mine}, "mine", "nil"},
		{"into what is gone", Create{Parent: key("vertical", "v"), Type: "html", ID: "z"}, "", "nil"},
	} {
		_, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Seen: head.Draft, Ops: []Op{tc.op}})
		var lost *Lost
		if !errors.As(err, &lost) || !fault.Is(err, fault.Conflict) || len(lost.Clashes) != 1 || lost.Seen != head.Draft {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		text := func(b *course.Block) string {
			if b == nil {
				return "nil"
			}
			return string(b.Body)
		}
		if c := lost.Clashes[0]; text(c.Mine) != tc.mine || text(c.Theirs) != tc.theirs || c.Base == nil {
			t.Errorf("%s: mine %q, theirs %q, base %v", tc.name, text(c.Mine), text(c.Theirs), c.Base)
		}
	}
	b := h.now()
	if got := string(Block(b.Draft, key("html", "h")).Body); got != "theirs" || show(b.Draft) != "a(s(u(h i k))) b(t)" {
		t.Errorf("after lost races: %q in %s", got, show(b.Draft))
	}
	if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Seen: "0123456789abcdef01234567", Ops: fine.Ops}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a version that never was: %v", err)
	}
}

func TestLongText(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	long := bytes.Repeat([]byte("0123456789abcdef"), 12<<20/16)
	h.do(Update{Block: key("html", "h"), Body: &long})
	if got := Block(h.now().Draft, key("html", "h")); !bytes.Equal(got.Body, long) {
		t.Errorf("%d bytes came back, not %d", len(got.Body), len(long))
	}
	was := h.Courses.Written()
	h.do(Update{Block: key("html", "i"), Set: course.Fields{"display_name": `"other"`}})
	if n := h.Courses.Written() - was; n > 20_000 {
		t.Errorf("an edit beside a long text writes %d bytes", n)
	}
}
