package studio

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestLargeBodies: only addresses that take files take large bodies.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/import/course-v1:A+B+C": true, "/import/course-v1:A+B+C/": true, "/import/A/B/C": true, "/course/import": true,
		"/import/course-v1:A+B+C/7/undo": false, "/import/course-v1:A+B+C/7/undo/": false, "/import/A/B/C/7/undo": false,
	} {
		if IsImport(path) != want {
			t.Errorf("%s: archives are sent there: %v", path, !want)
		}
	}
	for _, c := range []struct {
		path, kind string
		large      bool
	}{
		{"/assets/course-v1:A+B+C/", "multipart/form-data; boundary=x", true},
		{"/assets/course-v1:A+B+C", "application/octet-stream", true}, // a piece
		{"/assets/course-v1:A+B+C/act", "multipart/form-data; boundary=x", false},
		{"/assets/course-v1:A+B+C/act/", "application/x-www-form-urlencoded", false},
		{"/assets/course-v1:A+B+C/asset-v1:A+B+C+type@asset+block@a.txt", "application/json", false},
		{"/assets/course-v1:A+B+C/asset-v1:A+B+C+type@asset+block@a.txt", "multipart/form-data; boundary=x", true},
		{"/textbooks/course-v1:A+B+C/1a", "application/json", false},
	} {
		r := httptest.NewRequest(http.MethodPost, c.path, nil)
		r.Header.Set("Content-Type", c.kind)
		if got := FilesBody(r) > 0; got != c.large {
			t.Errorf("%s of type %s: large bodies: %v", c.path, c.kind, got)
		}
	}
}
