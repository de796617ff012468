package draft

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/course/olx/olxtest"
	"lyceum/internal/sharedtest"
)

// export is the files of a course's archive.
func export(t testing.TB, b Branches) map[string]string {
	t.Helper()
	var archive bytes.Buffer
	if _, err := olx.Write(&archive, &olx.Course{Source: b.Draft.Key, Draft: b.Draft, Published: b.Published}); err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(&archive)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[h.Name] = string(text)
	}
}

func changedFiles(a, b map[string]string) (out []string) {
	for n := range a {
		if a[n] != b[n] {
			out = append(out, n)
		}
	}
	for n := range b {
		if _, ok := a[n]; !ok {
			out = append(out, n)
		}
	}
	return out
}

// In every real course a block of each kind is renamed and published: nothing else changes in the export, and taking it back gives
// the same bytes.
func TestSharedCourses(t *testing.T) {
	t.Parallel()
	e := &Editor{Schemas: course.Schemas}
	for _, file := range sharedtest.Courses(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			for _, c := range olxtest.Read(t, file) {
				first := Branches{Draft: c.Draft, Published: c.Published}
				before := export(t, first)
				for typ, u := range oneOfEach(c) {
					edit := func(b Branches, op Op) Branches {
						t.Helper()
						b, _, err := e.make(t.Context(), Edit{Key: c.Draft.Key, By: ada, Ops: []Op{op}}, b)
						if err != nil {
							t.Fatalf("%s: %v", u, err)
						}
						unit, ok := UnitOf(b.Draft, u)
						if !ok {
							return b
						}
						if b, err = b.Publish(unit); err != nil {
							t.Fatalf("%s: %v", u, err)
						}
						return b
					}
					old := Block(c.Draft, u).Fields["display_name"]
					b := edit(first, Update{Block: u, Set: course.Fields{"display_name": `"Another <name> & 漢字"`}})
					if changed := changedFiles(before, export(t, b)); len(changed) == 0 || len(changed) > 2 {
						t.Errorf("%s renamed: %d files changed: %v", typ, len(changed), changed)
					}
					back := Update{Block: u, Unset: []string{"display_name"}}
					if old.IsSet() {
						back = Update{Block: u, Set: course.Fields{"display_name": old}}
					}
					if changed := changedFiles(before, export(t, edit(b, back))); len(changed) != 0 {
						t.Errorf("%s renamed and back: %v", typ, changed)
					}
				}
			}
		})
	}
}

// oneOfEach finds a published block of each type in units without drafts, and outside units.
func oneOfEach(c *olx.Course) map[string]course.UsageKey {
	b := Branches{Draft: c.Draft, Published: c.Published}
	out := map[string]course.UsageKey{}
	seen := map[name]int{}
	c.Draft.Root.Walk(func(x *course.Block) bool { seen[nameOf(x)]++; return true })
	c.Draft.Root.Walk(func(x *course.Block) bool {
		u := nameOf(x).in(c.Draft.Key)
		if way := find(c.Draft, u); way.isUnit() && b.Changed(x) {
			return false
		}
		if _, ok := out[x.Type]; !ok && seen[nameOf(x)] == 1 && find(c.Published, u) != nil {
			out[x.Type] = u
		}
		return true
	})
	return out
}
