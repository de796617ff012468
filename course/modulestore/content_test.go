package modulestore

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
	"lyceum/internal/mongotest"
)

var testKey = course.Key{Org: "Org", Number: "Num", Run: "Run"}

// generate makes a course of sections x subsections x units x components blocks, with bodies of about 1 KB.
func generate(key course.Key, sections, subsections, units, components int) *course.Content {
	n := 0
	name := func(kind string) string { n++; return fmt.Sprintf("%s_%05d", kind, n) }
	container := func(kind string, f course.Fields) *course.Block {
		id := name(kind)
		if f == nil {
			f = course.Fields{}
		}
		f["display_name"] = course.Text("The " + id)
		return &course.Block{Type: kind, ID: id, Fields: f}
	}
	root := container("course", course.Fields{"start": `"2020-01-01T00:00:00Z"`, "tabs": course.JSON([]any{})})
	for range sections {
		chapter := container("chapter", nil)
		root.Children = append(root.Children, chapter)
		for range subsections {
			seq := container("sequential", course.Fields{"graded": "true", "format": `"Homework"`, "due": `"2030-05-01T00:00:00Z"`})
			chapter.Children = append(chapter.Children, seq)
			for range units {
				unit := container("vertical", nil)
				seq.Children = append(seq.Children, unit)
				for range components {
					id := name("html")
					unit.Children = append(unit.Children, &course.Block{
						Type: "html", ID: id, Fields: course.Fields{"display_name": course.Text(id)}, Attrs: map[string]string{"x": id},
						Body: append([]byte("<p>"+id+"</p>"), bytes.Repeat([]byte("lorem ipsum "), 80)...), Form: "pointer",
					})
				}
			}
		}
	}
	return &course.Content{
		Key: key, Root: root, Grading: `{"GRADER":[]}`,
		Pages: []*course.Block{
			{Type: "about", ID: "short_description", Body: []byte("A <b>short</b> one")},
			{Type: "course_info", ID: "updates", Body: bytes.Repeat([]byte("news "), 3000)},
		},
		Extra: map[string][]byte{"tags.csv": []byte("a,b\n"), "empty": {}},
	}
}

func openTest(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := Open(t.Context(), mongotest.New(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// second opens the same database as another process would.
func second(t testing.TB, s *Store) *Store {
	t.Helper()
	other, err := Open(t.Context(), s.heads.Database(), Options{Describe: s.describe, Files: s.files, Logger: s.logger, Clock: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	return other
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// diff compares content; bodies as a whole, because some are large.
func diff(want, got *course.Content) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }))
}
