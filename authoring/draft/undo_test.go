package draft

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// Any act taken back at once leaves both branches as they were; taken back after another act it is refused or leaves a course that holds
// together, and what the other act made.
func TestUndoAnything(t *testing.T) {
	t.Parallel()
	e := &Editor{Schemas: course.Schemas}
	rapid.Check(t, func(t *rapid.T) {
		first := small()
		b := Branches{Draft: first, Published: first}
		for i := range rapid.IntRange(0, 8).Draw(t, "before") {
			b, _ = step(t, e, b, i)
		}
		next, what := step(t, e, b, 100)
		w := &work{Branches: next, editor: e}
		w.takeBack(b, next)
		if len(w.lost) > 0 || !Same(w.Draft.Root, b.Draft.Root) || !Same(w.Published.Root, b.Published.Root) {
			t.Fatalf("%s taken back: lost %v\n draft %s, want %s\n published %s, want %s", what, w.lost, show(w.Draft), show(b.Draft), show(w.Published), show(b.Published))
		}
		later, other := step(t, e, next, 101)
		w = &work{Branches: later, editor: e}
		w.takeBack(b, next)
		if len(w.lost) == 0 {
			once(t, what+", then "+other+", the first taken back", w.Branches)
		}
		w = &work{Branches: w.Branches, editor: e}
		if len(w.lost) == 0 { // twice is as once
			again := &work{Branches: w.Branches, editor: e}
			again.takeBack(b, next)
			if len(again.lost) == 0 && !Same(again.Draft.Root, w.Draft.Root) {
				t.Fatalf("%s, then %s, taken back twice: %s, once %s", what, other, show(again.Draft), show(w.Draft))
			}
		}
	})
}

// undo takes an act back and returns what it came to.
func (h *house) undo(act Done) (Done, error) {
	h.t.Helper()
	return h.Undo(h.t.Context(), bob, testKey, Undo{act.Before, act.Head})
}

func TestUndo(t *testing.T) {
	t.Parallel()
	rename := func(u course.UsageKey, to string) Op {
		return Update{Block: u, Set: course.Fields{"display_name": course.Text(to)}}
	}
	staff := Update{Block: key("vertical", "u"), Set: course.Fields{"visible_to_staff_only": "true"}}
	body := []byte("<p>other</p>")
	for _, tc := range []struct {
		name             string
		act              []Op
		then             []Op     // of somebody else
		publish          []string // units, after that
		late             string   // what the refusal names; "" when it is taken back
		draft, published string
	}{
		{name: "a name", act: []Op{rename(key("chapter", "a"), "New")}, draft: before, published: before},
		{name: "a name that changed again", act: []Op{rename(key("chapter", "a"), "New")}, then: []Op{rename(key("chapter", "a"), "Newer")}, late: "New"},
		{name: "a name, when a date changed", act: []Op{rename(key("chapter", "a"), "New")}, then: []Op{Update{Block: key("chapter", "a"), Set: course.Fields{"start": `"2021-01-01T00:00:00Z"`}}}, draft: before, published: before},
		{name: "a move", act: []Op{Move{key("vertical", "u"), key("sequential", "t"), 0}}, draft: before, published: before},
		{name: "a move, when the text changed", act: []Op{Move{key("vertical", "u"), key("sequential", "t"), 0}}, then: []Op{Update{Block: key("html", "h"), Body: &body}}, draft: before, published: before},
		{name: "a move, moved on", act: []Op{Move{key("vertical", "u"), key("sequential", "t"), 0}}, then: []Op{Move{key("vertical", "u"), key("sequential", "s"), 0}, Move{key("html", "h"), key("vertical", "v"), 0}}, draft: "a(s(v(j h) u(i))) b(t)", published: "a(s(v(j) u(h i))) b(t)"},
		{name: "a move, deleted", act: []Op{Move{key("vertical", "u"), key("sequential", "t"), 0}}, then: []Op{Delete{key("vertical", "u")}}, late: "U"},
		{name: "an order", act: []Op{Move{key("vertical", "u"), key("sequential", "s"), 2}}, draft: before, published: before},
		{name: "an addition", act: []Op{Create{Parent: key("sequential", "t"), Type: "vertical", ID: "w", Name: "W"}}, draft: before, published: before},
		{name: "an addition, written in", act: []Op{Create{Parent: key("sequential", "t"), Type: "vertical", ID: "w", Name: "W"}}, then: []Op{Create{Parent: key("vertical", "w"), Type: "html", ID: "x"}}, late: "W"},
		{name: "an addition, published", act: []Op{Create{Parent: key("sequential", "t"), Type: "vertical", ID: "w", Name: "W"}}, publish: []string{"w"}, late: "W"},
		{name: "an addition, deleted", act: []Op{Create{Parent: key("sequential", "t"), Type: "vertical", ID: "w", Name: "W"}}, then: []Op{Delete{key("vertical", "w")}}, draft: before, published: before},
		{name: "a section", act: []Op{Create{Parent: key("course", "course"), Type: "chapter", ID: "c"}}, draft: before, published: before},
		{name: "a duplicate", act: []Op{Duplicate{Block: key("chapter", "a")}}, draft: before, published: before},
		{name: "hidden", act: []Op{staff}, draft: before, published: before},
		{name: "hidden, and shown", act: []Op{staff}, then: []Op{Update{Block: key("vertical", "u"), Unset: []string{"visible_to_staff_only"}}}, draft: before, published: before},
		{name: "a deletion", act: []Op{Delete{key("chapter", "a")}}, draft: before, published: before},
		{name: "a deletion of what held something", act: []Op{Move{key("vertical", "u"), key("sequential", "t"), 0}, Delete{key("chapter", "a")}}, then: []Op{Create{Parent: key("course", "course"), Type: "chapter", ID: "c"}}, draft: before + " c", published: before + " c"},
		{name: "a deletion whose place is gone", act: []Op{Delete{key("vertical", "u")}}, then: []Op{Delete{key("chapter", "a")}}, late: "S"},
		{name: "many", act: []Op{rename(key("chapter", "a"), "New"), Delete{key("vertical", "v")}, Move{key("vertical", "u"), key("sequential", "t"), 0}, staff, Create{Parent: key("course", "course"), Type: "chapter", ID: "c"}}, draft: before, published: before},
		{name: "many, one of them changed", act: []Op{rename(key("chapter", "a"), "New"), Delete{key("vertical", "v")}}, then: []Op{rename(key("chapter", "a"), "Newer")}, late: "New"},
		{name: "a page", act: []Op{Delete{key("static_tab", "rules")}}, draft: before, published: before},
		{name: "the policy", act: []Op{Grading{}}, draft: before, published: before},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, small())
			act := h.do(tc.act...)
			if len(tc.then) > 0 {
				if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Ops: tc.then}); err != nil {
					t.Fatal(err)
				}
			}
			for _, id := range tc.publish {
				h.publish(key("vertical", id))
			}
			was := h.now()
			done, err := h.undo(act)
			got := h.now()
			if tc.late != "" {
				if !IsTooLate(err) || !strings.Contains(fmt.Sprint(err), tc.late) || got != was && (show(got.Draft) != show(was.Draft)) {
					t.Fatalf("got %v, want a refusal that names %q", err, tc.late)
				}
				return
			}
			if err != nil || show(got.Draft) != tc.draft || show(got.Published) != tc.published {
				t.Fatalf("draft %s, want %s; published %s, want %s; %v", show(got.Draft), tc.draft, show(got.Published), tc.published, err)
			}
			for _, b := range []*course.Content{got.Draft, got.Published} {
				if len(tc.then) == 0 && (!Same(b.Root, small().Root) || b.Grading != small().Grading || len(b.Pages) != 2) {
					t.Errorf("not as it was: %s", show(b))
				}
			}
			if again, err := h.undo(act); err != nil || again.Head != done.Head {
				t.Errorf("a second time: %v, %v, want nothing to do", again.Head, err)
			}
			line, err := h.History(t.Context(), bob, testKey, course.Draft, "", 1)
			if err != nil || len(tc.then) == 0 && !strings.HasPrefix(line[0].Message, "Undo: ") {
				t.Errorf("history: %+v, %v", line, err)
			}
		})
	}
}

// Who may not author a course undoes nothing of it, and versions of another course undo nothing.
func TestUndoStrangers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	act := h.do(Delete{key("chapter", "a")})
	if _, err := h.Undo(t.Context(), Author{Name: "eve"}, testKey, Undo{act.Before, act.Head}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger: %v", err)
	}
	other := small()
	other.Key = course.Key{Org: "Org", Number: "Num", Run: "Two"}
	h.take(other)
	if _, err := h.Undo(t.Context(), bob, other.Key, Undo{act.Before, act.Head}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another course: %v", err)
	}
	if _, err := h.Undo(t.Context(), bob, testKey, Undo{modulestore.Head{Draft: "0123456789abcdef01234567"}, act.Head}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a version that never was: %v", err)
	}
}

// Learners get no unit back that does not load.
func TestUndoWithheld(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	act := h.do(Delete{key("sequential", "s")})
	h.Loads = func(b *course.Block) []string {
		if b.ID == "h" {
			return []string{"no"}
		}
		return nil
	}
	done, err := h.undo(act)
	if got := h.now(); err != nil || show(got.Draft) != before || show(got.Published) != "a(s(v(j))) b(t)" || !slices.Equal(done.Withheld, []course.UsageKey{key("vertical", "u")}) {
		t.Errorf("draft %s, published %s, withheld %v, %v", show(got.Draft), show(got.Published), done.Withheld, err)
	}
}

// fakeFiles keeps lists of files in memory.
type fakeFiles map[string]map[string]course.File

func (f fakeFiles) Manifest(_ context.Context, id string) (map[string]course.File, error) {
	return f[id], nil
}

func (f fakeFiles) Change(_ context.Context, id string, put []course.File, remove []string) (string, error) {
	next := map[string]course.File{}
	maps.Copy(next, f[id])
	for _, x := range put {
		next[x.Name] = x
	}
	for _, name := range remove {
		delete(next, name)
	}
	names := make([]string, 0, len(next))
	for name, x := range next {
		names = append(names, name+"="+x.Digest)
	}
	slices.Sort(names)
	made := strings.Join(names, ",")
	f[made] = next
	return made, nil
}

// keepFiles puts a list of files in force.
func (h *house) keepFiles(key course.Key, list string) {
	h.t.Helper()
	head, err := h.Courses.Head(h.t.Context(), key)
	if err == nil {
		_, err = h.Courses.EditFiles(h.t.Context(), modulestore.FilesEdit{Key: key, Seen: head, Files: list})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// What is pasted brings its files along, in one version; undoing takes them away again, where nothing else has come to use them.
func TestPasteFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		then Op
		want string // files in the end
	}{
		{"undone", nil, "clash.png=here"},
		{"undone, when something else names a file", Create{Parent: key("vertical", "v"), Type: "html", Body: []byte(`<img src="/static/new.png">`)}, "clash.png=here,new.png=1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, small())
			files := fakeFiles{}
			h.Files = files
			file := func(name, digest string) course.File {
				return course.File{Name: name, DisplayName: name, Digest: digest, ImportPath: "deep/" + name}
			}
			other := small()
			other.Key = course.Key{Org: "Org", Number: "Num", Run: "Two"}
			other.Root.Children[0].Children[0].Children[0].Children[0].Body = []byte(`<img src="/static/new.png"><img src="/static/clash.png"><img src="/static/same%20one.png"><img src="/static/none.png">`)
			h.take(other)
			theirs, _ := files.Change(t.Context(), "", []course.File{file("new.png", "1"), file("clash.png", "2"), file("same_one.png", "3"), file("unused.png", "4")}, nil)
			ours, _ := files.Change(t.Context(), "", []course.File{file("clash.png", "here")}, nil)
			h.keepFiles(other.Key, theirs)
			h.keepFiles(testKey, ours)
			head, _ := h.Courses.Head(t.Context(), other.Key)
			from := other.Key.Usage("vertical", "u")
			paste := Paste{From: from, Version: head.Draft, Files: head.Files, Parent: key("sequential", "t")}
			if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{paste}}); !fault.Is(err, fault.Forbidden) {
				t.Errorf("what its author may not read: %v", err)
			}
			act, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Ops: []Op{paste}})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(act.Brought, []string{"new.png", "same_one.png"}) || !slices.Equal(act.Clashing, []string{"clash.png"}) {
				t.Errorf("brought %v, clashing %v", act.Brought, act.Clashing)
			}
			if got := files[act.Head.Files]; got["new.png"].Digest != "1" || got["clash.png"].Digest != "here" || got["new.png"].ImportPath != "" || len(got) != 3 {
				t.Errorf("files: %v", got)
			}
			line, _ := h.History(t.Context(), bob, testKey, course.Draft, "", 10)
			if n := len(line); n != 3 { // the import, its files, the paste
				t.Errorf("%d versions", n)
			}
			if tc.then != nil {
				h.do(tc.then)
			}
			done, err := h.undo(act)
			var got []string
			for name, f := range files[done.Head.Files] {
				got = append(got, name+"="+f.Digest)
			}
			slices.Sort(got)
			if err != nil || strings.Join(got, ",") != tc.want || !strings.HasSuffix(show(h.now().Draft), "b(t)") {
				t.Errorf("after undoing: %v, %s, %v", got, show(h.now().Draft), err)
			}
		})
	}
}
