package draft

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/team"
	"lyceum/internal/clock"
	"lyceum/internal/mongotest"
)

var (
	testKey = course.Key{Org: "Org", Number: "Num", Run: "Run"}
	ada     = Author{Name: "ada", Roles: team.Roles{Grants: []team.Grant{{Role: team.Staff, Scope: team.In(testKey)}}}}
	bob     = Author{Name: "bob", Everywhere: true}
)

func key(typ, id string) course.UsageKey { return testKey.Usage(typ, id) }

// small is a course of two sections: a (subsection s with units u and v) and b (subsection t, empty), published as it is.
func small() *course.Content {
	block := func(typ, id string, children ...*course.Block) *course.Block {
		return &course.Block{Type: typ, ID: id, Fields: course.Fields{"display_name": course.Text(strings.ToUpper(id))}, Children: children}
	}
	html := func(id string) *course.Block {
		b := block("html", id)
		b.Body = []byte("<p>" + id + "</p>\n")
		return b
	}
	root := block("course", "course",
		block("chapter", "a", block("sequential", "s", block("vertical", "u", html("h"), html("i")), block("vertical", "v", html("j")))),
		block("chapter", "b", block("sequential", "t")))
	root.Fields["start"] = `"2020-01-01T00:00:00Z"`
	root.Fields["tabs"] = `[{"name":"Course","type":"courseware"},{"name":"Rules","type":"static_tab","url_slug":"rules","x":"<kept>"}]`
	return &course.Content{
		Key: testKey, Root: root, Grading: `{"GRADER":[{"type":"Homework"}]}`,
		Pages: []*course.Block{
			{Type: "about", ID: "overview", Body: []byte("<p>about</p>")},
			{Type: "static_tab", ID: "rules", Fields: course.Fields{"display_name": `"Rules"`}, Body: []byte("<p>rules</p>")},
		},
	}
}

type house struct {
	*Editor
	t     testing.TB
	clock *clock.Fake
	open  func() *modulestore.Store
}

// newHouse is a store of its own with one course in it.
func newHouse(t testing.TB, content *course.Content) *house {
	t.Helper()
	db := mongotest.New(t)
	fake := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	open := func() *modulestore.Store {
		s, err := modulestore.Open(context.Background(), db, modulestore.Options{Logger: slog.New(slog.DiscardHandler), Clock: fake.Now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	h := &house{Editor: &Editor{Courses: open(), Schemas: course.Schemas}, t: t, clock: fake, open: open}
	h.take(content)
	return h
}

func (h *house) take(c *course.Content) {
	h.t.Helper()
	if _, err := h.Courses.Import(h.t.Context(), modulestore.ImportRequest{Key: c.Key, Draft: c, Published: c, Message: "Import"}); err != nil {
		h.t.Fatal(err)
	}
}

// do makes an edit that must work.
func (h *house) do(ops ...Op) Done {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	done, err := h.Apply(h.t.Context(), Edit{Key: testKey, By: ada, Ops: ops})
	if err != nil {
		h.t.Fatal(err)
	}
	return done
}

// now reads both branches as another process would.
func (h *house) now() Branches {
	h.t.Helper()
	_, b, err := (&Editor{Courses: h.open()}).Read(h.t.Context(), testKey)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func (h *house) publish(unit course.UsageKey) {
	h.t.Helper()
	_, err := h.Change(h.t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Whole{unit, "Publish"}}}, func(b Branches) (Branches, Done, error) {
		next, err := b.Publish(unit)
		return next, Done{}, err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// show writes a tree on one line: a(s(u(h i) v(j))) b(t).
func show(c *course.Content) string {
	if c == nil {
		return "nothing"
	}
	var out bytes.Buffer
	var write func(*course.Block)
	write = func(b *course.Block) {
		id := b.ID
		if len(id) == 32 {
			id = "new" + b.Type
		}
		out.WriteString(id)
		if len(b.Children) == 0 {
			return
		}
		out.WriteString("(")
		for i, c := range b.Children {
			if i > 0 {
				out.WriteString(" ")
			}
			write(c)
		}
		out.WriteString(")")
	}
	for i, b := range c.Root.Children {
		if i > 0 {
			out.WriteString(" ")
		}
		write(b)
	}
	return out.String()
}
