package olx_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"lyceum/course"
	"lyceum/course/olx"
)

// TestGatesSurvive takes what a subsection asks for first out of a course and into the next run, as attributes other readers may leave
// alone.
func TestGatesSurvive(t *testing.T) {
	t.Parallel()
	c, _ := read(t, oneUnit(`<vertical/>`), olx.Options{})
	for _, content := range []*course.Content{c.Draft, c.Published} {
		content.Root.Fields = course.Fields{"enable_subsection_gating": "true"}
		find(content, "s").Fields = course.Fields{"is_prereq": "true", "prereq": `"first"`, "prereq_min_score": "60", "prereq_min_completion": "0"}
	}
	archive := export(t, c)
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zipped)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`prereq="first"`, `prereq_min_score="60"`, `prereq_min_completion="0"`} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the export has no %s", want)
		}
	}
	again, _ := reimport(t, archive, olx.Options{})
	diffCourses(t, c, again)
}
