package lms

import (
	"testing"

	"lyceum/course"
)

// TestGraderPath: the path replies are sent to leads back to the answer, for new and old keys.
func TestGraderPath(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"course-v1:Org+Course+Run", "Org/Course/Run"} {
		key, err := course.ParseKey(text)
		if err != nil {
			t.Fatal(err)
		}
		want := graderPlace{key, 7, key.Usage("problem", "p-1")}
		path := GraderPath(key, 7, want.Block)
		if !IsGraderPath(path) {
			t.Errorf("%s is not known", path)
		}
		for _, end := range []string{"", "?part=p-1_3_1", "/"} {
			if got, err := parseGraderPath(path + end); err != nil || got != want {
				t.Errorf("%s%s: got %+v, %v, want %+v", path, end, got, err, want)
			}
			run := RunPath(key, 7, want.Block) + end
			if got, err := parseGraderPath(run); err != nil || got != want || run == path+end {
				t.Errorf("%s: got %+v, %v, want %+v", run, got, err, want)
			}
		}
	}
	for _, path := range []string{
		"", "/courses/", "/courses/course-v1:O+C+R/xqueue/7", "/courses/course-v1:O+C+R/xqueue/x/block-v1:O+C+R+type@problem+block@p/score_update",
		"/courses/course-v1:O+C+R/xqueue/-1/block-v1:O+C+R+type@problem+block@p/score_update", "/courses/nonsense/xqueue/7/p/score_update",
		"/courses/course-v1:O+C+R/xqueue/7/block-v1:O+C+R+type@problem+block@p/other", "/courses/course-v1:O+C+R/xqueue/7//score_update",
	} {
		if got, err := parseGraderPath(path); err == nil {
			t.Errorf("%q: got %+v", path, got)
		}
	}
}
