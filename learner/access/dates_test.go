package access

import (
	"testing"
	"time"

	"lyceum/course"
)

func TestHiddenAfterDue(t *testing.T) {
	t.Parallel()
	learner, staff := Viewer{User: 1, Enrolled: true}, Viewer{User: 1, Roles: Roles{Limited: true}}
	subsection := key.Usage("sequential", "sequential")
	extended := Viewer{User: 1, Enrolled: true, Extensions: map[course.UsageKey]time.Time{subsection: now.Add(day)}}
	hides := func(f course.Fields) map[string]course.Fields {
		f["hide_after_due"] = "true"
		return map[string]course.Fields{"sequential": f}
	}
	selfPaced := func(end time.Duration, f course.Fields) map[string]course.Fields {
		out := hides(f)
		out["course"] = course.Fields{"self_paced": "true", "end": stamp(end)}
		return out
	}
	for _, tc := range []struct {
		name   string
		fields map[string]course.Fields
		viewer Viewer
		want   bool
	}{
		{"due", hides(course.Fields{"due": stamp(-day)}), learner, true},
		{"not due", hides(course.Fields{"due": stamp(day)}), learner, false},
		{"never due", hides(course.Fields{}), learner, false},
		{"due, shown all the same", map[string]course.Fields{"sequential": {"due": stamp(-day)}}, learner, false},
		{"due, staff", hides(course.Fields{"due": stamp(-day)}), staff, false},
		{"due, extended", hides(course.Fields{"due": stamp(-day)}), extended, false},
		{"self-paced: by the end of the course, past", selfPaced(-day, course.Fields{"due": stamp(day)}), learner, true},
		{"self-paced: by the end of the course, to come", selfPaced(day, course.Fields{"due": stamp(-day)}), learner, false},
	} {
		c := compiled(tc.fields)
		n, _ := c.Find("sequential", "sequential")
		if got := HiddenAfterDue(c, n, &tc.viewer, now); got != tc.want {
			t.Errorf("%s: got %v", tc.name, got)
		}
	}
}

func TestCorrectnessShown(t *testing.T) {
	t.Parallel()
	past, future := now.Add(-time.Nanosecond), now.Add(time.Nanosecond)
	for _, tc := range []struct {
		name, value string
		staff       bool
		due         *time.Time
		want        bool
	}{
		{"always", "always", false, &future, true},
		{"unset", "", false, &future, true},
		{"never", "never", false, &past, false},
		{"never, staff", "never", true, &past, false},
		{"past due, before", "past_due", false, &future, false},
		{"past due, at the moment", "past_due", false, &now, false},
		{"past due, after", "past_due", false, &past, true},
		{"past due, no date", "past_due", false, nil, true},
		{"past due, staff before", "past_due", true, &future, true},
	} {
		f := course.Fields{}
		if tc.value != "" {
			f["show_correctness"] = course.Text(tc.value)
		}
		c := compiled(map[string]course.Fields{"sequential": f})
		n, _ := c.Find("sequential", "sequential")
		if got := CorrectnessShown(n, tc.staff, tc.due, now); got != tc.want {
			t.Errorf("%s: got %v", tc.name, got)
		}
	}
}
