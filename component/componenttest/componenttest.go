// Package componenttest puts blocks on a page for the tests of their kinds: a small course compiled with the real kinds,
// the runtime a page would make, the texts people read, and golden files of what is drawn.
package componenttest

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"lyceum/component"
	"lyceum/course"
	"lyceum/learner/access"
	"lyceum/tracking"
	"lyceum/web/i18n"
)

// Noon is the moment of every page.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Key is the course of every page.
var Key = course.Key{Org: "O", Number: "C", Run: "R"}

// Course compiles a course of one unit that holds the blocks. settings are those of the course; start defaults to long ago.
func Course(kinds *component.Kinds, settings course.Fields, blocks ...*course.Block) *course.Compiled {
	fields := course.Fields{"start": course.Text("2020-01-01T00:00:00Z")}
	maps.Copy(fields, settings)
	unit := &course.Block{Type: "vertical", ID: "unit", Children: blocks}
	sub := &course.Block{Type: "sequential", ID: "sub", Fields: course.Fields{"graded": "true", "format": course.Text("Homework")}, Children: []*course.Block{unit}}
	root := &course.Block{Type: "course", ID: "R", Fields: fields, Children: []*course.Block{{Type: "chapter", ID: "chapter", Children: []*course.Block{sub}}}}
	files := map[string]course.File{"pic.png": {Name: "pic.png"}, "film.mp4": {Name: "film.mp4"}, "film.srt": {Name: "film.srt"}}
	return course.Compile(&course.Content{Key: Key, Root: root}, "5a0000000000000000000001", files, kinds.Describe)
}

// Runtime is what blocks of a page see: of an enrolled learner, number 42.
func Runtime(t testing.TB, kinds *component.Kinds, c *course.Compiled) *component.Runtime {
	t.Helper()
	return &component.Runtime{
		Course: c, Viewer: &access.Viewer{User: 42, Enrolled: true, Mode: "audit"}, Now: Noon, Kinds: kinds,
		Person: component.Person{ID: 42, Username: "mira", Name: "Mira <b>M</b>", Email: "mira@example.com", AnonymousID: strings.Repeat("a", 32), Zone: time.UTC, Language: "en"},
		Links: component.Links{
			Frame: func(n *course.Node) string {
				return component.CoursePath(c.Key, "frame/"+component.EscapeKey(n.Key.String()))
			},
			FileBase: func() string { return component.CoursePath(c.Key, "files/PASS/") },
		},
		Emitter: tracking.Discard{}, Log: slog.New(slog.DiscardHandler),
	}
}

// Visitor makes the page one of somebody who is not signed in.
func Visitor(rt *component.Runtime) {
	rt.Viewer, rt.Person = &access.Viewer{}, component.Person{Language: "en", Zone: time.UTC}
}

// Staff makes the page one of the course team.
func Staff(rt *component.Runtime) { rt.Viewer.Roles.Staff = true }

// Node finds a block of the page by its id.
func Node(t testing.TB, c *course.Compiled, id string) *course.Node {
	t.Helper()
	n, ok := c.FindID(id)
	if !ok {
		t.Fatalf("no block %q", id)
	}
	return n
}

var catalog = sync.OnceValues(func() (*i18n.Catalog, error) { return i18n.New(component.Locales) })

// Context is that of a page in one of the languages wished for, English without any.
func Context(t testing.TB, wishes ...string) context.Context {
	t.Helper()
	texts, err := catalog()
	if err != nil {
		t.Fatal(err)
	}
	return i18n.With(t.Context(), texts.For(time.UTC, append(wishes, "en")...))
}

// Render draws with the texts people read.
func Render(t testing.TB, view templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := view.Render(Context(t), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var update = flag.Bool("update", false, "rewrite testdata")

// Golden compares markup, a tag or text a line, with testdata/NAME.html; -update rewrites the file. Hashes in addresses of
// our own files are taken out.
func Golden(t testing.TB, name, markup string) {
	t.Helper()
	got := indent(t, markup)
	path := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

var (
	hashes = regexp.MustCompile(`/static/([a-z/_-]+)[.-][0-9a-f]{8}`)
	voids  = map[string]bool{"input": true, "img": true, "br": true, "hr": true, "source": true, "track": true, "wbr": true, "col": true, "area": true, "link": true, "meta": true}
)

func indent(t testing.TB, markup string) string {
	var b strings.Builder
	depth := 0
	line := func(s string) { b.WriteString(strings.Repeat("  ", max(depth, 0)) + s + "\n") }
	for z := html.NewTokenizer(strings.NewReader(markup)); ; {
		kind := z.Next()
		raw := string(z.Raw())
		name, _ := z.TagName()
		switch kind {
		case html.ErrorToken:
			if depth != 0 {
				t.Errorf("tags do not balance: depth %d at the end", depth)
			}
			return hashes.ReplaceAllString(b.String(), "/static/$1.HASH")
		case html.TextToken:
			if text := strings.Join(strings.Fields(raw), " "); text != "" {
				line(text)
			}
		case html.StartTagToken:
			line(raw)
			if !voids[string(name)] {
				depth++
			}
		case html.EndTagToken:
			depth--
			line(raw)
		default:
			line(raw)
		}
	}
}
