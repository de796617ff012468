package olx_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"lyceum/course/olx"
)

// TestReadSeveral: which of several courses side by side is meant nobody can guess; one nearer to the top is clear.
func TestReadSeveral(t *testing.T) {
	t.Parallel()
	root := &fstest.MapFile{Data: []byte(`<course org="O" course="C" url_name="R"><chapter url_name="c"/></course>`)}
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  []string
	}{
		{"side by side", fstest.MapFS{"b/course.xml": root, "a/course.xml": root}, []string{"a", "b"}},
		{"one nearer", fstest.MapFS{"b/course.xml": root, "a/deep/course.xml": root}, nil},
		{"a library beside", fstest.MapFS{"a/library.xml": root, "b/course.xml": root}, nil},
		{"at the top", fstest.MapFS{"course.xml": root, "a/course.xml": root, "b/course.xml": root}, nil},
	} {
		_, _, err := olx.Read(c.files, olx.Options{})
		if len(c.want) == 0 {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		refused, ok := errors.AsType[*olx.RefusedError](err)
		if !ok || !errors.Is(err, olx.ErrRefused) {
			t.Errorf("%s: got %v, want a refusal", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, refused.Several); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
