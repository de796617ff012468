package studio

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
)

// gatedCourse has three subsections, the second behind the first, and a unit for one group.
func gatedCourse() *course.Content {
	sub := func(id string, f course.Fields, below ...*course.Block) *course.Block {
		return &course.Block{Type: "sequential", ID: id, Fields: f, Children: below}
	}
	unit := &course.Block{Type: "vertical", ID: "u", Fields: course.Fields{"group_access": `{"50":[1],"7":[3]}`, "discussion_enabled": "false"}}
	return &course.Content{Key: course.Key{Org: "O", Number: "N", Run: "R"}, Root: &course.Block{
		Type: "course", ID: "course",
		Fields: course.Fields{"enable_subsection_gating": "true", "user_partitions": `[{"id":7,"name":"Tracks","scheme":"cohort","groups":[{"id":2,"name":"A"},{"id":3,"name":"B"}]}]`},
		Children: []*course.Block{{Type: "chapter", ID: "c", Fields: course.Fields{"highlights": `["One","Two"]`}, Children: []*course.Block{
			sub("a", course.Fields{"is_prereq": "true"}),
			sub("b", course.Fields{"is_prereq": "true", "prereq": `"a"`, "prereq_min_score": "70", "is_time_limited": "true", "default_time_limit_minutes": "30", "hide_after_due": "true"}, unit),
			sub("d", nil),
		}}},
	}}
}

func TestChangeSettings(t *testing.T) {
	t.Parallel()
	c := gatedCourse()
	tests := map[string]struct {
		kind, id, word string
		typed          url.Values
		set            course.Fields
		unset          []string
		others         int
		bad            string
	}{
		"section as shown":        {"chapter", "c", "section", nil, nil, nil, 0, ""},
		"subsection as shown":     {"sequential", "b", "subsection", nil, nil, nil, 0, ""},
		"bare subsection":         {"sequential", "d", "subsection", nil, nil, nil, 0, ""},
		"unit as shown":           {"vertical", "u", "unit", nil, nil, nil, 0, ""},
		"highlights":              {"chapter", "c", "section", url.Values{"h0": {""}, "h4": {"Five"}}, course.Fields{"highlights": `["Two","Five"]`}, nil, 0, ""},
		"no highlights":           {"chapter", "c", "section", url.Values{"h0": {""}, "h1": {" "}}, nil, []string{"highlights"}, 0, ""},
		"staff only":              {"sequential", "b", "subsection", url.Values{"visibility": {"staff_only"}}, course.Fields{"visible_to_staff_only": "true"}, []string{"hide_after_due"}, 0, ""},
		"no such visibility":      {"sequential", "b", "subsection", url.Values{"visibility": {"x"}}, nil, nil, 0, "visibility"},
		"results":                 {"sequential", "b", "subsection", url.Values{"correctness": {"never"}}, course.Fields{"show_correctness": `"never"`}, nil, 0, ""},
		"practice":                {"sequential", "d", "subsection", url.Values{"exam": {"practice"}, "minutes": {"5"}}, course.Fields{"is_time_limited": "true", "is_proctored_enabled": "true", "is_practice_exam": "true", "default_time_limit_minutes": "5"}, []string{"is_onboarding_exam"}, 0, ""},
		"timed without time":      {"sequential", "d", "subsection", url.Values{"exam": {"timed"}}, nil, nil, 0, "minutes"},
		"no minutes":              {"sequential", "b", "subsection", url.Values{"minutes": {"0"}}, nil, nil, 0, "minutes"},
		"not timed":               {"sequential", "b", "subsection", url.Values{"exam": {"none"}}, nil, []string{"is_onboarding_exam", "is_practice_exam", "is_proctored_enabled", "is_time_limited"}, 0, ""},
		"after another":           {"sequential", "d", "subsection", url.Values{"prereq": {"b"}, "min_score": {"50"}}, course.Fields{"prereq": `"b"`, "prereq_min_score": "50", "prereq_min_completion": "100"}, nil, 0, ""},
		"another score":           {"sequential", "b", "subsection", url.Values{"min_score": {"80"}}, course.Fields{"prereq": `"a"`, "prereq_min_score": "80", "prereq_min_completion": "100"}, nil, 0, ""},
		"too much":                {"sequential", "b", "subsection", url.Values{"min_score": {"101"}}, nil, nil, 0, "min_score"},
		"after itself":            {"sequential", "a", "subsection", url.Values{"prereq": {"a"}}, nil, nil, 0, "prereq"},
		"in a circle":             {"sequential", "a", "subsection", url.Values{"prereq": {"b"}}, nil, nil, 0, "prereq"},
		"after nothing there is":  {"sequential", "a", "subsection", url.Values{"prereq": {"zz"}}, nil, nil, 0, "prereq"},
		"after nothing":           {"sequential", "b", "subsection", url.Values{"prereq": {""}}, nil, []string{"prereq", "prereq_min_completion", "prereq_min_score"}, 0, ""},
		"not to be required":      {"sequential", "a", "subsection", url.Values{"is_prereq": {""}}, nil, []string{"is_prereq"}, 1, ""},
		"another group":           {"vertical", "u", "unit", url.Values{"access.7": {"2"}}, course.Fields{"group_access": `{"50":[1],"7":[2]}`}, nil, 0, ""},
		"all groups of one":       {"vertical", "u", "unit", url.Values{"access.7": {}}, course.Fields{"group_access": `{"50":[1]}`}, nil, 0, ""},
		"discussion, the default": {"vertical", "u", "unit", url.Values{"discussion": {"true"}}, nil, []string{"discussion_enabled"}, 0, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := c.Key.Usage(tt.kind, tt.id)
			b := draft.Block(c, u)
			form := settingsShown(t.Context(), c, b, tt.word)
			form.Set("access", "7")
			maps.Copy(form, tt.typed)
			ops, err := changeSettings(t.Context(), c, u, b, tt.word, form)
			if tt.bad != "" {
				if p := settingsBad(err); p[tt.bad] == "" {
					t.Errorf("nothing is said beside %s: %v", tt.bad, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			op := ops[0].(draft.Update)
			slices.Sort(op.Unset)
			if len(op.Set) != len(tt.set) || !slices.Equal(slices.Compact(op.Unset), tt.unset) || len(ops)-1 != tt.others {
				t.Errorf("set %v, unset %v, %d others", op.Set, op.Unset, len(ops)-1)
			}
			for k, v := range tt.set {
				if op.Set[k] != v {
					t.Errorf("%s = %s, want %s", k, op.Set[k], v)
				}
			}
		})
	}
}

func settingsBad(err error) map[string]string {
	if f, ok := fault.As(err); ok {
		return f.Fields
	}
	return nil
}
