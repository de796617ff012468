package modulestore

import (
	"context"
	"testing"

	"lyceum/course"
)

// The list of files is read while the list of courses is made: under the caller's context, which goes on.
func TestListKnowsPictures(t *testing.T) {
	t.Parallel()
	key := course.Key{Org: "O", Number: "Pictures", Run: "R"}
	s := openTest(t, Options{Files: func(ctx context.Context, _ string) (map[string]course.File, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return map[string]course.File{"images_course_image.jpg": {Name: "images_course_image.jpg"}}, nil
	}})
	content := &course.Content{Key: key, Root: &course.Block{Type: "course", ID: "R", Fields: course.Fields{"display_name": `"Pictures"`}}}
	if _, err := s.Import(t.Context(), ImportRequest{Key: key, Draft: content, Published: content, Files: "manifest"}); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"first", "from what is known"} {
		list, err := s.List(t.Context())
		if err != nil || len(list) != 1 || !list[0].HasImage {
			t.Errorf("%s: got %+v, %v; want one course with its picture", when, list, err)
		}
	}
}
