package lms

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"

	"lyceum/course"
	"lyceum/learner/courseware"
	"lyceum/web/page"
)

// publishing is a course of which another version comes in force each time it is asked for.
type publishing struct {
	*reading
	versions []*course.Compiled
	asked    atomic.Int32
}

func (p *publishing) Compiled(context.Context, course.Key) (*course.Compiled, error) {
	return p.versions[int(p.asked.Add(1)-1)%len(p.versions)], nil
}

// TestOneVersion: a request looks at one version of a course, also when another one is published meanwhile. What is closed in the one is
// not opened by doors of the other, and places of the one are not looked for in the other.
func TestOneVersion(t *testing.T) {
	t.Parallel()
	r := newReading(t, newKey, 10)
	compile := func(version course.VersionID, units ...*course.Block) *course.Compiled {
		root := &course.Block{Type: "course", ID: "course", Fields: course.Fields{"start": `"2020-01-01T00:00:00Z"`, "course_visibility": `"public"`}, Children: []*course.Block{
			{Type: "chapter", ID: "c", Children: []*course.Block{{Type: "sequential", ID: "s", Children: units}}},
		}}
		return course.Compile(&course.Content{Key: newKey, Root: root}, version, nil, r.server.Kinds.Describe)
	}
	active := &course.Block{Type: "html", ID: "active", Body: []byte("<script>secret</script>")}
	before := compile("v1", &course.Block{Type: "vertical", ID: "closed", Fields: course.Fields{"visible_to_staff_only": "true"}, Children: []*course.Block{active}},
		&course.Block{Type: "vertical", ID: "open"})
	var many []*course.Block
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		many = append(many, &course.Block{Type: "vertical", ID: id, Fields: course.Fields{"days_early_for_beta": "2"}})
	}
	after := compile("v2", many...)
	r.server.Loader = &courseware.Loader{}
	routes := chi.NewRouter()
	routes.Method(http.MethodGet, "/courses/{course}/courseware/{section}/{subsection}/{position}/", page.Handler(r.server.showUnit))
	routes.Method(http.MethodGet, "/courses/{course}/frame/*", page.Handler(r.server.showFrame))
	routes.Method(http.MethodGet, "/courses/{course}/xblock/*", page.Handler(r.server.callHandler))
	for _, tc := range []struct {
		name, path string
		versions   []*course.Compiled
		want       int
	}{
		{"a unit", "courseware/c/s/8/", []*course.Compiled{before, after}, http.StatusOK},
		{"a unit that is gone", "courseware/c/s/8/", []*course.Compiled{after, before}, http.StatusOK},
		{"a closed frame", "frame/" + newKey.Usage("html", "active").String(), []*course.Compiled{before, after}, http.StatusNotFound},
		{"a closed block", "xblock/" + newKey.Usage("html", "active").String() + "/handler/x", []*course.Compiled{before, after}, http.StatusNotFound},
		{"a block that is gone", "xblock/" + newKey.Usage("vertical", "h").String() + "/handler/get_completion", []*course.Compiled{after, before}, http.StatusOK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r.server.Courses = &publishing{reading: r, versions: tc.versions}
			w := httptest.NewRecorder()
			routes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8000/courses/"+newKey.String()+"/"+tc.path, nil))
			if w.Code != tc.want {
				t.Errorf("status %d, want %d: %s", w.Code, tc.want, w.Body)
			}
		})
	}
}
