package courseware

import (
	"slices"
	"strings"
	"testing"

	"lyceum/course"
)

// tree makes a course from lines "path type", the path's last part being the id.
func tree(lines ...string) *course.Compiled {
	root := &course.Block{Type: "course", ID: "R"}
	byPath := map[string]*course.Block{"": root}
	for _, l := range lines {
		path, typ, _ := strings.Cut(l, " ")
		parent, id := "", path
		if i := strings.LastIndex(path, "/"); i >= 0 {
			parent, id = path[:i], path[i+1:]
		}
		b := &course.Block{Type: typ, ID: id, Fields: course.Fields{}}
		if before, ok := strings.CutSuffix(typ, "!"); ok { // hidden from the outline
			b.Type = before
			b.Fields["hide_from_toc"] = "true"
		}
		byPath[parent].Children = append(byPath[parent].Children, b)
		byPath[path] = b
	}
	key := course.Key{Org: "O", Number: "C", Run: "R"}
	return course.Compile(&course.Content{Key: key, Root: root}, "v", nil, nil)
}

func sample(hidden ...string) Course {
	c := tree("a chapter", "a/s1 sequential", "a/s1/u1 vertical", "a/s1/u1/h html", "a/s1/u2 vertical", "a/s1/u3 vertical",
		"a/s2 sequential", "b chapter", "b/s3 sequential!", "b/s3/u4 vertical", "b/s4 sequential", "b/s4/p problem", "b/lone html", "intro html")
	return Course{Compiled: c, Visible: func(n *course.Node) bool {
		for ; n != nil; n = c.ParentOf(n) {
			if slices.Contains(hidden, n.Block.ID) {
				return false
			}
		}
		return true
	}}
}

func at3(p Place) string {
	if p.IsZero() {
		return "-"
	}
	return p.Section.Block.ID + "/" + p.Subsection.Block.ID + "/" + p.Unit.Block.ID
}

func TestWalkByNext(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		course Course
		want   string
	}{
		{"everything", sample(), "a/s1/u1 a/s1/u2 a/s1/u3 b/s4/p b/lone/lone intro/intro/intro"},
		{"a hidden unit and a hidden subsection", sample("u2", "s4"), "a/s1/u1 a/s1/u3 b/lone/lone intro/intro/intro"},
	} {
		var got []string
		p := tc.course.First()
		for ; !p.IsZero() && len(got) < 20; p = tc.course.Next(p) {
			got = append(got, at3(p))
			if next := tc.course.Next(p); !next.IsZero() && tc.course.Previous(next) != p {
				t.Errorf("%s: previous of %s is %s, want %s", tc.name, at3(next), at3(tc.course.Previous(next)), at3(p))
			}
		}
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.name, s, tc.want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	c := sample()
	key := func(typ, id string) course.UsageKey { return c.Key.Usage(typ, id) }
	for _, tc := range []struct {
		section, subsection, position string
		stored                        Positions
		want                          string
		ok                            bool
	}{
		{"", "", "", nil, "a/s1/u1", true},
		{"", "", "", Positions{key("course", "R"): 2}, "b/s3/u4", true},
		{"", "", "", Positions{key("course", "R"): 9}, "a/s1/u1", true},
		{"a", "", "", Positions{key("chapter", "a"): 2}, "a/s1/u1", true}, // s2 is empty
		{"a", "s1", "", Positions{key("sequential", "s1"): 3}, "a/s1/u3", true},
		{"a", "s1", "2", nil, "a/s1/u2", true},
		{"a", "s1", "last", nil, "a/s1/u3", true},
		{"a", "s1", "77", nil, "a/s1/u1", true},
		{"a", "s1", "x", nil, "a/s1/u1", true},
		{"a", "s2", "", nil, "-", true},
		{"b", "lone", "1", nil, "b/lone/lone", true},
		{"intro", "intro", "", nil, "intro/intro/intro", true},
		{"nope", "", "", nil, "-", false},
		{"a", "nope", "", nil, "-", false},
	} {
		p, ok := c.Find(tc.section, tc.subsection, tc.position, tc.stored)
		if at3(p) != tc.want || ok != tc.ok {
			t.Errorf("Find(%q, %q, %q, %v) = %s, %v; want %s, %v", tc.section, tc.subsection, tc.position, tc.stored, at3(p), ok, tc.want, tc.ok)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	t.Parallel()
	c := sample("u3")
	for id, want := range map[string]string{
		"h": "a/s1/u1", "u2": "a/s1/u2", "s1": "a/s1/u1", "a": "a/s1/u1", "s2": "-", "p": "b/s4/p", "intro": "intro/intro/intro", "u3": "-", "R": "-",
	} {
		n, _ := c.FindID(id)
		if got := at3(c.PlaceOf(n)); got != want {
			t.Errorf("PlaceOf(%s) = %s, want %s", id, got, want)
		}
	}
	n, _ := c.FindID("u2")
	got := c.PositionsFor(c.PlaceOf(n))
	want := Positions{c.Key.Usage("course", "R"): 1, c.Key.Usage("chapter", "a"): 1, c.Key.Usage("sequential", "s1"): 2}
	if len(got) != len(want) {
		t.Errorf("positions %v, want %v", got, want)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("position of %s is %d, want %d", k, got[k], v)
		}
	}
}
