package course_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
)

// A partition whose values are of odd kinds still closes what it closed where the course comes from.
func TestPartitionsOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[course.Value][]course.Partition{
		"":            {},
		"null":        {},
		`"text"`:      {},
		`[{"id": 1}]`: {{ID: 1, Scheme: "random", Active: true}},
		`[{"id": 7, "name": "A", "description": "D", "scheme": "cohort", "version": 3, "groups": [{"id": 8, "name": "B", "version": 1}]}]`: {
			{ID: 7, Name: "A", Description: "D", Scheme: "cohort", Active: true, Groups: []course.Group{{ID: 8, Name: "B"}}},
		},
		`[{"id": "7", "name": 5, "active": "true", "groups": [{"id": "8", "name": "B"}, {"name": "no id"}, 3]}, "odd", {"name": "no id"}, {"id": 9, "groups": {}}]`: {
			{ID: 7, Name: "5", Scheme: "random", Active: true, Groups: []course.Group{{ID: 8, Name: "B"}}}, {ID: 9, Scheme: "random", Active: true},
		},
	} {
		if diff := cmp.Diff(want, course.PartitionsOf(text)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for text, want := range map[string]bool{
		"true": true, "false": false, "null": false, "0": false, "0.0": false, "1": true, "2": true, `""`: false, `"false"`: true, "[]": false, "{ }": false, `[0]`: true,
	} {
		if got := course.PartitionsOf(course.Value(`[{"id": 1, "active": ` + text + `}]`)); got[0].Active != want {
			t.Errorf("active %s is read as %t", text, got[0].Active)
		}
	}
}
