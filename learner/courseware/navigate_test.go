package courseware

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

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

// TestLikeLists: steps and positions are those that lists of everything visible give.
func TestLikeLists(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCourse(t)
		for i := range c.Nodes {
			p := c.PlaceOf(&c.Nodes[i])
			if p.IsZero() {
				continue
			}
			if got, want := p.Position, slices.Index(c.Units(p.Subsection), p.Unit)+1; got != want || want == 0 {
				t.Errorf("%s: position %d, want %d", at3(p), got, want)
			}
			for _, by := range []int{1, -1} {
				if got, want := c.step(p, by), stepInLists(c, p, by); got != want {
					t.Errorf("%s by %d: %s, want %s", at3(p), by, at3(got), at3(want))
				}
			}
			want := Positions{p.Subsection.Key: p.Position}
			if p.Section != p.Subsection {
				want[p.Section.Key] = slices.Index(c.Subsections(p.Section), p.Subsection) + 1
			}
			want[c.Root().Key] = slices.Index(c.Sections(), p.Section) + 1
			if got := c.PositionsFor(p); !maps.Equal(got, want) {
				t.Errorf("%s: positions %v, want %v", at3(p), got, want)
			}
			if got, ok := c.Find(p.Section.Block.ID, p.Subsection.Block.ID, strconv.Itoa(p.Position), nil); !ok || got != p {
				t.Errorf("%s is found as %s", at3(p), at3(got))
			}
			if got, ok := c.Subsection(p.Section.Block.ID, p.Subsection.Block.ID); !ok || got != p.Subsection {
				t.Errorf("subsection of %s: %v", at3(p), got)
			}
		}
	})
}

// stepInLists is Course.step as it reads.
func stepInLists(c Course, p Place, by int) Place {
	units := c.Units(p.Subsection)
	if i := p.Position - 1 + by; i >= 0 && i < len(units) {
		return c.PlaceOf(units[i])
	}
	if p.Subsection.Settings.HideFromTOC {
		return Place{}
	}
	var all []*course.Node
	for _, s := range c.Sections() {
		all = append(all, c.Subsections(s)...)
	}
	for i := slices.Index(all, p.Subsection) + by; i >= 0 && i < len(all); i += by {
		if units := c.Units(all[i]); len(units) > 0 && !all[i].Settings.HideFromTOC {
			if by < 0 {
				return c.PlaceOf(units[len(units)-1])
			}
			return c.PlaceOf(units[0])
		}
	}
	return Place{}
}

// drawCourse draws a course with blocks at wrong levels, some hidden from the outline and some from this learner.
func drawCourse(t *rapid.T) Course {
	var lines []string
	var grow func(above string, types []string, depth int)
	grow = func(above string, types []string, depth int) {
		for range rapid.IntRange(0, 3).Draw(t, "children") {
			typ := rapid.SampledFrom(types).Draw(t, "type")
			path := above + strconv.Itoa(len(lines))
			if rapid.IntRange(0, 4).Draw(t, "hides") == 0 {
				lines = append(lines, path+" "+typ+"!")
			} else {
				lines = append(lines, path+" "+typ)
			}
			if depth < 4 && typ != "html" {
				grow(path+"/", [][]string{{"sequential", "sequential", "vertical", "html"}, {"vertical", "html"}, {"html"}}[min(depth, 2)], depth+1)
			}
		}
	}
	grow("", []string{"chapter", "chapter", "sequential", "html"}, 0)
	c := tree(lines...)
	unseen := rapid.SliceOfN(rapid.IntRange(1, max(1, len(c.Nodes)-1)), 0, 4).Draw(t, "unseen")
	return Course{Compiled: c, Visible: func(n *course.Node) bool {
		for ; n != nil; n = c.ParentOf(n) {
			if slices.Contains(unseen, int(n.Index)) {
				return false
			}
		}
		return true
	}}
}
