package modulestore

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"lyceum/course"
	"lyceum/course/olx"
)

// sharedCourses finds the archives of real courses, which are kept beside the repository.
func sharedCourses(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("LYCEUM_SHARED")
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir == "" && wd != filepath.Dir(wd); wd = filepath.Dir(wd) {
		if _, err := os.Stat(filepath.Join(wd, "..", "shared", "courses")); err == nil {
			dir = filepath.Join(wd, "..", "shared")
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, "courses", "*.tar.gz"))
	if err != nil || dir == "" || len(found) == 0 {
		t.Skip("no shared courses: set LYCEUM_SHARED or put the directory shared beside the repository")
	}
	return found
}

// readShared reads the courses of an archive.
func readShared(t testing.TB, file string) []*olx.Course {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	archive, err := olx.ReadArchive(f, nil, olx.DefaultLimits)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	roots, err := olx.Roots(archive)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var out []*olx.Course
	for _, root := range roots {
		sub, err := fs.Sub(archive, root)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := olx.Read(sub, olx.Options{})
		if err == nil {
			out = append(out, c)
		}
	}
	return out
}

func TestSharedCoursesRoundTrip(t *testing.T) {
	t.Parallel()
	for _, file := range sharedCourses(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s := openTest(t, Options{})
			for i, c := range readShared(t, file) {
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
