package course

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Compiling on top of an older version gives what compiling anew gives, whatever changed.
func TestRecompile(t *testing.T) {
	t.Parallel()
	html := func(id string) *Block {
		return &Block{Type: "html", ID: id, Fields: Fields{"display_name": Text("The " + id)}, Body: []byte(id)}
	}
	seq := func(id string, f Fields, children ...*Block) *Block {
		return &Block{Type: "sequential", ID: id, Fields: f, Children: children}
	}
	a, b, c := html("a"), html("b"), html("c")
	s1, s2 := seq("s1", Fields{"graded": "true"}, a, b), seq("s2", nil, c)
	root := func(f Fields, children ...*Block) *Content {
		return &Content{Key: Key{Org: "O", Number: "N", Run: "R"}, Root: &Block{Type: "course", ID: "course", Fields: f, Children: children}}
	}
	fields := Fields{"start": `"2020-01-01T00:00:00Z"`}
	describe := func(b *Block) Facts {
		f := Facts{Icon: b.Type + string(b.Body)}
		if b.Fields["odd"].IsSet() {
			f.Completion = NotCounted
		}
		return f
	}
	before := Compile(root(fields, s1, s2), "1", nil, describe)
	changed := *a
	changed.Body = []byte("other")
	with := func(f Fields) *Block {
		out := *a
		out.Fields = f
		return &out
	}
	tests := []struct {
		name string
		c    *Content
	}{
		{"a name", root(fields, seq("s1", s1.Fields, with(Fields{"display_name": `"New"`, "weight": "2"}), b), s2)},
		{"no name", root(fields, seq("s1", s1.Fields, with(nil), b), s2)},
		{"equal settings", root(fields, seq("s1", Fields{"graded": "true"}, a, b), s2)},
		{"a component for staff", root(fields, seq("s1", s1.Fields, with(Fields{"visible_to_staff_only": "true"}), b), s2)},
		{"a component hidden", root(fields, seq("s1", s1.Fields, with(Fields{"hide_from_toc": "true"}), b), s2)},
		{"a component that counts no more", root(fields, seq("s1", s1.Fields, with(Fields{"odd": "true"}), b), s2)},
		{"a page beside", &Content{Key: Key{Org: "O", Number: "N", Run: "R"}, Root: root(fields, s1, s2).Root, Pages: []*Block{{Type: "about", ID: "effort", Body: []byte("much")}}}},
		{"nothing", root(fields, s1, s2)},
		{"a body", root(fields, seq("s1", s1.Fields, &changed, b), s2)},
		{"settings of the course", root(Fields{"start": `"2021-01-01T00:00:00Z"`, "graded": "true"}, s1, s2)},
		{"settings of a subsection", root(fields, seq("s1", Fields{"graded": "false"}, a, b), s2)},
		{"a block elsewhere", root(fields, seq("s1", s1.Fields, a), seq("s2", nil, b, c))},
		{"order", root(fields, s2, s1)},
		{"one block twice", root(fields, s1, seq("s2", nil, a, c))},
		{"another root", &Content{Key: Key{Org: "O", Number: "N", Run: "R"}, Root: s1}},
	}
	for _, tt := range tests {
		want := Compile(tt.c, "2", nil, describe)
		got := Recompile(before, tt.c, "2", nil, describe)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Compiled{}, typeID{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-anew +on top):\n%s", tt.name, diff)
		}
	}
}
