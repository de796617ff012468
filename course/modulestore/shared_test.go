package modulestore

import (
	"path/filepath"
	"testing"

	"lyceum/course"
	"lyceum/course/olx/olxtest"
	"lyceum/internal/sharedtest"
)

func TestSharedCoursesRoundTrip(t *testing.T) {
	t.Parallel()
	for _, file := range sharedtest.Courses(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s := openTest(t, Options{})
			for i, c := range olxtest.Read(t, file) {
				key := course.Key{Org: "T", Number: "N", Run: string(rune('a' + i))}
				res, err := s.Import(t.Context(), ImportRequest{Key: key, Draft: c.Draft, Published: c.Published})
				if err != nil {
					t.Fatal(err)
				}
				read := second(t, s)
				for id, want := range map[course.VersionID]*course.Content{res.Draft: c.Draft, res.Published: c.Published} {
					got, _, err := read.ContentAt(t.Context(), id)
					if err != nil {
						t.Fatal(err)
					}
					same := *want
					same.Key = key
					if d := diff(&same, got); d != "" {
						t.Errorf("course %d (-want +got):\n%.3000s", i, d)
					}
				}
				if _, err := read.Compiled(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
