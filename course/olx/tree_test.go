package olx_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/course/olx"
)

// treeMaker makes courses as authors could have left them: any tree of kinds, and a draft that differs anyhow.
type treeMaker struct {
	t *rapid.T
	n int
}

var leafKinds = []string{"html", "problem", "video", "poll", "discussion", "word_cloud", "azure", "done"}

func (m *treeMaker) block(depth int) *course.Block {
	kinds := [][]string{{"chapter"}, {"sequential", "sequential", "vertical", "html"}, {"vertical", "vertical", "problem"}, {"split_test", "vertical"}, {}}[min(depth, 4)]
	kind := rapid.SampledFrom(append(slices.Clone(leafKinds[:len(leafKinds)*min(depth, 1)]), slices.Concat(kinds, kinds, kinds, kinds)...)).Draw(m.t, "kind")
	m.n++
	id := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"b", "ü", "x:y", "a.b-c~%20", "a::b", "."}).Draw(m.t, "id"), m.n)
	b := &course.Block{Type: kind, ID: id, Fields: m.fields(kind)}
	if rapid.IntRange(0, 3).Draw(m.t, "odd attribute") == 0 {
		b.Attrs = map[string]string{"odd": rapid.SampledFrom([]string{"", "a\n\t<&\">", "null"}).Draw(m.t, "odd value")}
	}
	if course.Containers[kind] {
		for range rapid.IntRange(0, 3).Draw(m.t, "children") {
			b.Children = append(b.Children, m.block(depth+1))
		}
		return b
	}
	m.body(b)
	return b
}

func (m *treeMaker) fields(kind string) course.Fields {
	f := course.Fields{}
	if rapid.Bool().Draw(m.t, "named") {
		f["display_name"] = course.Text(rapid.SampledFrom([]string{"", "null", `"Foo"`, "3.4", "A & B\n®"}).Draw(m.t, "name"))
	}
	if kind == "problem" || kind == "sequential" {
		if v := rapid.SampledFrom([]course.Value{"", "null", "3", `"x"`}).Draw(m.t, "attempts"); v != "" {
			f["max_attempts"] = v
		}
	}
	if kind == "poll" && rapid.Bool().Draw(m.t, "null") {
		f["question"] = course.Null
	}
	return f
}

func (m *treeMaker) body(b *course.Block) {
	switch b.Type {
	case "html":
		b.Body = []byte(rapid.SampledFrom([]string{"", "<p>x</p>", "not <xml", "\xEF\xBB\xBFé\r\n"}).Draw(m.t, "html"))
	case "problem", "video", "poll", "done":
		b.Body = []byte(rapid.SampledFrom([]string{"", "<p>x</p>", "\n", "a < b", "<![CDATA[<]]>&lt;"}).Draw(m.t, "body"))
	case "azure":
		b.Form = rapid.SampledFrom([]string{olx.FormElement, olx.FormElementFile}).Draw(m.t, "form")
		b.Body = []byte(`<azure><z/></azure>`)
	}
}

func (m *treeMaker) content(key course.Key) *course.Content {
	root := &course.Block{Type: "course", ID: key.Run, Fields: course.Fields{"display_name": `"N"`, "unknown": `{"a":[1]}`, "tabs": "[]"}}
	for range rapid.IntRange(0, 3).Draw(m.t, "sections") {
		root.Children = append(root.Children, m.block(0))
	}
	return &course.Content{Key: key, Root: root, Pages: []*course.Block{{Type: "about", ID: "overview", Body: []byte("x")}}, Grading: "{}"}
}

// mutate changes a draft anywhere: settings, texts, order, deletions, additions, moves.
func (m *treeMaker) mutate(c *course.Content) {
	for range rapid.IntRange(0, 4).Draw(m.t, "edits") {
		var all []*course.Block
		c.Root.Walk(func(b *course.Block) bool { all = append(all, b); return true })
		b := all[rapid.IntRange(0, len(all)-1).Draw(m.t, "which")]
		switch op := rapid.IntRange(0, 6).Draw(m.t, "edit"); {
		case op == 0:
			b.Fields = b.Fields.Clone()
			b.Fields["display_name"] = course.Text(fmt.Sprintf("edit %d", m.n))
		case op == 1 && !course.Containers[b.Type] && b.Form == "":
			m.body(b)
		case op == 2 && len(b.Children) > 1:
			slices.Reverse(b.Children)
		case op == 3 && len(b.Children) > 0:
			b.Children = slices.Delete(b.Children, 0, 1)
		case op == 4 && len(b.Children) > 0:
			moved := b.Children[0]
			b.Children = slices.Delete(b.Children, 0, 1)
			c.Root.Children = append(c.Root.Children, moved)
		case op == 5 && course.Containers[b.Type]:
			at := rapid.IntRange(0, len(b.Children)).Draw(m.t, "at")
			b.Children = slices.Insert(b.Children, at, m.block(2))
		case op == 6:
			c.Pages = []*course.Block{{Type: "about", ID: "overview", Body: []byte("new")}, {Type: "static_tab", ID: "t", Body: []byte("tab")}}
		}
	}
}

// TestDraftsSurvive holds that published and draft come back from an export as they went in, and that the next export is
// the same.
func TestDraftsSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &treeMaker{t: t}
		key := course.Key{Org: "O", Number: "C", Run: "R"}
		published := m.content(key)
		draft := &course.Content{Key: key, Root: published.Root.Clone(), Pages: published.Pages, Grading: published.Grading}
		m.mutate(draft)
		made := &olx.Course{Source: key, Published: published, Draft: draft}

		first, archive := roundTrip(t, made)
		// Whole elements carry the name they stand under; the first round trip gives it to those made here.
		for _, b := range []struct{ made, read *course.Content }{{published, first.Published}, {draft, first.Draft}} {
			if w, g := outline(b.made), outline(b.read); !slices.Equal(w, g) {
				t.Fatalf("made:\n%s\nread:\n%s", strings.Join(w, "\n"), strings.Join(g, "\n"))
			}
		}
		second, again := roundTrip(t, first)
		if w, g := flat(first.Published), flat(second.Published); !slices.Equal(w, g) {
			t.Fatalf("published:\n%s\nthen:\n%s", strings.Join(w, "\n"), strings.Join(g, "\n"))
		}
		if w, g := flat(first.Draft), flat(second.Draft); !slices.Equal(w, g) {
			t.Fatalf("draft:\n%s\nthen:\n%s", strings.Join(w, "\n"), strings.Join(g, "\n"))
		}
		if !bytes.Equal(archive, again) {
			t.Fatal("the second export differs")
		}
	})
}

func roundTrip(t *rapid.T, c *olx.Course) (*olx.Course, []byte) {
	var out bytes.Buffer
	if _, err := olx.Write(&out, c); err != nil {
		t.Fatal(err)
	}
	archive := bytes.Clone(out.Bytes())
	a, err := olx.ReadArchive(&out, nil, olx.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := olx.Read(a, olx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, &out); err != nil {
		t.Fatal(err)
	}
	return back, archive
}

// outline is content as lines, whole elements without their text.
func outline(c *course.Content) []string {
	root := c.Root.Clone()
	root.Walk(func(b *course.Block) bool {
		if b.Form == olx.FormElement || b.Form == olx.FormElementFile {
			b.Body = nil
		}
		return true
	})
	return flat(&course.Content{Key: c.Key, Root: root, Pages: c.Pages, Grading: c.Grading})
}
