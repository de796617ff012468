package lms

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/component"
	"lyceum/course"
	"lyceum/learner/access"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// outlineCourse makes a course of sections of ten subsections of ten units of ten blocks. odd adds what courses have besides:
// due dates, formats, parts that open later or are for the team, names and ids with signs, empty units, old shapes.
func outlineCourse(sections int, odd bool) *course.Compiled {
	key := course.Key{Org: "Bench", Number: "B1", Run: "2030"}
	field := func(f course.Fields, name string, v course.Value) {
		if odd {
			f[name] = v
		}
	}
	day := func(n int) course.Value { return course.Text(course.FormatTime(midnight.AddDate(0, 0, n))) }
	root := &course.Block{Type: "course", ID: "2030", Fields: course.Fields{
		"display_name": course.Text("Outlines & <more>"), "start": day(-100),
	}}
	below := func(parent *course.Block, typ, id, name string) *course.Block {
		b := &course.Block{Type: typ, ID: id, Fields: course.Fields{"display_name": course.Text(name)}}
		parent.Children = append(parent.Children, b)
		return b
	}
	for c := range sections {
		section := below(root, "chapter", fmt.Sprintf("c%d", c), fmt.Sprintf("Section %d", c+1))
		for s := range 10 {
			sub := below(section, "sequential", fmt.Sprintf("s%d_%d", c, s), fmt.Sprintf("Subsection %d", s+1))
			sub.Fields["graded"], sub.Fields["format"] = "true", course.Text("Homework")
			for u := range 10 {
				unit := below(sub, "vertical", fmt.Sprintf("u%d_%d_%d", c, s, u), fmt.Sprintf("Unit %d", u+1))
				for i := range 10 {
					typ := "html"
					if i > 5 {
						typ = "problem"
					}
					below(unit, typ, fmt.Sprintf("b%d_%d_%d_%d", c, s, u, i), "Block")
				}
			}
		}
	}
	if odd {
		first := root.Children[0]
		for i, sub := range first.Children {
			switch i {
			case 0:
				field(sub.Fields, "due", day(9))
			case 1:
				field(sub.Fields, "display_name", course.Text(`Signs: "é" & <b>`))
				sub.ID = "s:0%1"
			case 2:
				field(sub.Fields, "start", day(5))
			case 3:
				field(sub.Fields, "visible_to_staff_only", "true")
			case 4:
				field(sub.Fields, "hide_from_toc", "true")
			case 5:
				field(sub.Children[0].Fields, "visible_to_staff_only", "true")
				field(sub.Children[1].Fields, "start", day(7))
				field(sub.Children[2].Children[0].Fields, "start", day(7))
				field(sub.Children[3].Fields, "hide_from_toc", "true")
				sub.Children[4].Children = nil
			case 6:
				field(sub.Fields, "due", day(-3))
				field(sub.Fields, "graded", "false")
			case 7:
				field(sub.Fields, "group_access", `{"7":[1]}`)
			case 8:
				sub.Children = nil
			case 9:
				sub.Children = append(sub.Children, sub.Children[0].Children...)
				nested := below(sub, "vertical", "nested", "Nested")
				below(below(nested, "vertical", "inner", "Inner"), "html", "deep", "Deep")
			}
		}
		lone := below(below(root, "chapter", "old", "Old"), "problem", "lone", "Lone")
		field(lone.Fields, "due", day(2))
		below(root, "html", "intro", "Intro")
		below(root, "chapter", "empty", "Empty")
		field(below(root, "chapter", "later", "Later").Fields, "start", day(30))
		field(root.Fields, "user_partitions", `[{"id":7,"name":"P","scheme":"cohort","groups":[{"id":1,"name":"a"}]}]`)
	}
	content := &course.Content{Key: key, Root: root}
	return course.Compile(content, "v", nil, func(b *course.Block) course.Facts {
		switch b.Type {
		case "html":
			return course.Facts{OnView: true}
		case "problem":
			return course.Facts{Scored: true}
		default:
			return course.Facts{Completion: course.Aggregator}
		}
	})
}

// visitFor is a visit as showHome makes it.
func visitFor(c *course.Compiled, viewer access.Viewer, done completion.Marks) *visit {
	l := &courseware.Learner{Viewer: viewer, Marks: done}
	return (&Server{Clock: func() time.Time { return midnight }}).visitOf(page.Person{ID: viewer.User}, c, l)
}

// doneIn are completions of every nth unit.
func doneIn(c *course.Compiled, nth int) completion.Marks {
	out, units := completion.Values{}, 0
	for i := range c.Nodes {
		if n := &c.Nodes[i]; n.Block.Type == "vertical" {
			if units++; units%nth == 0 {
				for _, j := range n.Children {
					out[c.Nodes[j].Key] = 1
				}
			}
		}
	}
	return completion.MarksOf(c, out)
}

func drawHome(ctx context.Context, tb testing.TB, s *Server, b *bytes.Buffer, v *visit) {
	tb.Helper()
	home := component.CoursePath(v.Key, "course/")
	f := courseFrame{Name: v.Root().Name, Home: home, Bar: courseBar(v.Root().Name, "", home, nil)}
	if err := homePage(f, s.newHomeProps(ctx, v)).Render(ctx, b); err != nil {
		tb.Fatal(err)
	}
}

// TestHome: the outline as learners, the team and visitors see it, in the course home and beside units.
func TestHome(t *testing.T) {
	t.Parallel()
	texts, err := i18n.New(Locales)
	if err != nil {
		t.Fatal(err)
	}
	ctx := i18n.With(t.Context(), texts.For(nil, "en"))
	oslo, _ := i18n.Zone("Europe/Oslo")
	away := i18n.With(t.Context(), texts.For(oslo, "en"))
	c := outlineCourse(2, true)
	since := midnight.AddDate(0, 0, -50)
	shared := &Server{}
	for _, tc := range []struct {
		name   string
		viewer access.Viewer
		done   completion.Marks
	}{
		{"newcomer", access.Viewer{User: 1, Enrolled: true, Since: &since}, nil},
		{"learner", access.Viewer{User: 1, Enrolled: true, Since: &since, Groups: map[int]int{7: 1}}, doneIn(c, 2)},
		{"finished", access.Viewer{User: 1, Enrolled: true, Extensions: map[course.UsageKey]time.Time{c.Nodes[1].Key: midnight.AddDate(0, 0, 4)}}, doneIn(c, 1)},
		{"team", access.Viewer{User: 2, Roles: access.Roles{Staff: true}}, doneIn(c, 3)},
		{"visitor", access.Viewer{}, nil},
	} {
		draw := func(ctx context.Context, s *Server) string {
			var b bytes.Buffer
			v := visitFor(c, tc.viewer, tc.done)
			drawHome(ctx, t, s, &b, v)
			b.WriteString("\n\n")
			if err := drawerOutline(s.drawerSections(ctx, v)).Render(ctx, &b); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		// What is kept from the others' pages changes nothing.
		anew := draw(ctx, &Server{})
		for range 2 {
			if diff := cmp.Diff(draw(ctx, shared), anew); diff != "" {
				t.Errorf("%s with parts of others (-got +want):\n%s", tc.name, diff)
			}
			if diff := cmp.Diff(draw(away, shared), draw(away, &Server{})); diff != "" {
				t.Errorf("%s elsewhere with parts of others (-got +want):\n%s", tc.name, diff)
			}
		}
		// A line an element, so that a difference can be read.
		got := hashes.ReplaceAllString(strings.ReplaceAll(anew, "><", ">\n<"), "/static/$1.HASH")
		file := filepath.Join("testdata", "home", tc.name+".html")
		if *rewrite {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, string(want)); diff != "" {
			t.Errorf("%s (-got +want):\n%s", tc.name, diff)
		}
	}
}

// BenchmarkHome draws the home of a course of 10,000 blocks, for a learner who has begun and for one who is half through.
func BenchmarkHome(b *testing.B) {
	texts, err := i18n.New(Locales)
	if err != nil {
		b.Fatal(err)
	}
	ctx := i18n.With(b.Context(), texts.For(nil, "en"))
	c := outlineCourse(10, false)
	viewer, s := access.Viewer{User: 1, Enrolled: true}, &Server{}
	for _, bc := range []struct {
		name string
		done completion.Marks
	}{{"begun", doneIn(c, 500)}, {"half", doneIn(c, 2)}} {
		var page bytes.Buffer
		b.Run(bc.name+"/props", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.newHomeProps(ctx, visitFor(c, viewer, bc.done))
			}
		})
		b.Run(bc.name+"/page", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page.Reset()
				drawHome(ctx, b, s, &page, visitFor(c, viewer, bc.done))
			}
		})
	}
}
