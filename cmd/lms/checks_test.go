package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/course/olx/olxtest"
	"lyceum/grading"
	"lyceum/internal/sharedtest"
)

// TestChecksOfSharedCourses looks at courses others wrote: each check ends, says where, and what it says is so.
func TestChecksOfSharedCourses(t *testing.T) {
	t.Parallel()
	for _, file := range sharedtest.Courses(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".tar.gz")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range olxtest.Read(t, file) {
				have := map[string]bool{}
				for _, f := range c.Files {
					have[f.Name] = true
				}
				for _, gone := range cutOut(t, name) {
					have[course.AssetName(strings.TrimPrefix(gone, "static/"))] = true
				}
				checker := publish.Checker{Loads: loads, HasFile: func(n string) bool { return have[n] }, Policy: grading.DefaultPolicy}
				found, _ := checker.Check(c.Draft, course.UsageKey{})
				counts := map[string]int{}
				for _, f := range found {
					counts[string(f.Kind)]++
				}
				t.Logf("%s: %v", c.Source, counts)
				if want, ok := sharedFindings[c.Source.String()]; ok && !maps.Equal(counts, want) {
					t.Errorf("%s: found %v, want %v", c.Source, counts, want)
					for _, f := range found {
						t.Logf("%s %s/%s:%d %s %s", f.Kind, f.Block.Type, f.Block.ID, f.Line, f.Why, f.Detail)
					}
				}
				// A unit by itself tells the same of it as the whole course.
				for _, f := range found {
					if f.Unit.IsZero() || f.Kind == publish.Hidden {
						continue
					}
					alone, _ := checker.Check(c.Draft, f.Unit)
					if !slices.ContainsFunc(alone, func(x publish.Finding) bool {
						return x.Kind == f.Kind && x.Block == f.Block && x.Line == f.Line && x.Detail == f.Detail
					}) {
						t.Errorf("%s: the check of %s alone misses %s of %s", c.Source, f.Unit, f.Kind, f.Block)
					}
				}
				over := publish.NewOverview(c.Draft)
				if len(over.Subsections) > len(over.Assignments) || len(publish.Visible(over.Sections)) > len(over.Sections) {
					t.Errorf("%s: more to be seen than there is", c.Source)
				}
			}
		})
	}
}

// sharedFindings are what was read in whole courses and found to be so: pictures without a text, types of assignments the policy lacks, files that
// are named and not there, examples of an explanation left in peace.
var sharedFindings = map[string]map[string]int{
	"course-v1:MITx+grading-library+course":             {"missing_alt": 1},
	"course-v1:JYU+MA8-K7+2021K":                        {"missing_alt": 12, "no_transcript": 13},
	"course-v1:edX+edX_Insider+Ongoing":                 {"hidden": 3, "missing_alt": 7, "missing_file": 1, "no_transcript": 21},
	"course-v1:HISP_UiO+DHIS2_101+course":               {"missing_alt": 253, "no_policy": 17, "no_title": 6, "no_transcript": 70},
	"course-v1:MITx+MIT.latex2edx+2014_Spring":          {"missing_alt": 2, "no_policy": 1, "no_title": 1, "no_transcript": 1},
	"course-v1:split_test+split_test+split_test_course": {"unreachable": 1},
}

// cutOut lists the files that were left out of an archive when it was put together.
func cutOut(t *testing.T, name string) []string {
	t.Helper()
	text := sharedtest.Read(t, "courses/expected.json")
	var expected map[string]json.RawMessage
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	var one struct {
		CutOut struct{ Names []string } `json:"cut_out"`
	}
	_ = json.Unmarshal(expected[name], &one)
	return one.CutOut.Names
}
