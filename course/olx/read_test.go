package olx_test

import (
	"errors"
	"strings"
	"testing"

	"lyceum/course/olx"
)

// TestReadSharedCourses takes in every course there is: it ends in a course or in a refusal that names the root.
func TestReadSharedCourses(t *testing.T) {
	t.Parallel()
	refused := map[string]string{
		"edx-platform-testdata/empty":     "course.xml: there is no such file",
		"edx-platform-testdata/static":    "course.xml: there is no such file",
		"olxcleaner-testdata/testcourse2": "course.xml: there is no such file",
		"olxcleaner-testdata/testcourse3": "course.xml:1: ",
		"olxcleaner-testdata/testcourse4": "course.xml:1: the course has no name",
	}
	for _, sc := range everyCourse(t) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			c, report, err := olx.Read(sc.fs, olx.Options{Name: sc.dir})
			if want, ok := refused[sc.name]; ok {
				if err == nil || !errors.Is(err, olx.ErrRefused) || !strings.HasPrefix(err.Error(), want) {
					t.Fatalf("got error %v, want a refusal %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Published.Root == nil || c.Draft.Root == nil || report.Blocks["course"] != 1 {
				t.Errorf("blocks = %v", report.Blocks)
			}
		})
	}
}
