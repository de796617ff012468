package grading

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // names a policy as stored grades do; protects nothing
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"lyceum/course"
)

// Policy says how a course is graded.
type Policy struct {
	Graders []Grader
	Cutoffs []Cutoff // highest first
	Hash    string   // names the policy in stored grades
}

// Grader is one assignment type.
type Grader struct {
	Type            string // the format of the subsections it takes
	MinCount        int    // missing ones count as 0
	DropCount       int    // so many of the lowest do not count
	ShortName       string // the type where the policy has none
	Weight          float64
	StartingIndex   int // number of the first assignment
	ShowOnlyAverage bool
	HideAverage     bool
}

// Cutoff is the lowest fraction for a letter.
type Cutoff struct {
	Letter string
	Lowest float64
}

// DefaultPolicy grades a course that has no policy of its own, and lends its parts to policies that lack them.
const DefaultPolicy course.Value = `{"GRADER":[` +
	`{"drop_count":2,"min_count":12,"short_label":"HW","type":"Homework","weight":0.15},` +
	`{"drop_count":2,"min_count":12,"type":"Lab","weight":0.15},` +
	`{"drop_count":0,"min_count":1,"short_label":"Midterm","type":"Midterm Exam","weight":0.3},` +
	`{"drop_count":0,"min_count":1,"short_label":"Final","type":"Final Exam","weight":0.4}],` +
	`"GRADE_CUTOFFS":{"Pass":0.5}}`

// ParsePolicy reads a grading policy. It always gives one that can be used; warnings say, for the course team, what of v could not be.
func ParsePolicy(v course.Value) (p Policy, warnings []string) {
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	var parts struct {
		Grader  json.RawMessage `json:"GRADER"`
		Cutoffs json.RawMessage `json:"GRADE_CUTOFFS"`
	}
	if v != "" && !v.Decode(&parts) {
		warn("the grading policy is not an object")
	}
	var defaults struct {
		Grader  json.RawMessage `json:"GRADER"`
		Cutoffs json.RawMessage `json:"GRADE_CUTOFFS"`
	}
	DefaultPolicy.Decode(&defaults)

	var graders []map[string]json.RawMessage
	if !decodePart(parts.Grader, &graders) {
		if parts.Grader != nil {
			warn("GRADER is not a list of objects; the default is used")
		}
		decodePart(defaults.Grader, &graders)
	}
	for i, raw := range graders {
		p.Graders = append(p.Graders, parseGrader(i, raw, warn))
	}

	var cutoffs map[string]json.RawMessage
	if !decodePart(parts.Cutoffs, &cutoffs) {
		if parts.Cutoffs != nil {
			warn("GRADE_CUTOFFS is not an object; the default is used")
		}
		decodePart(defaults.Cutoffs, &cutoffs)
	}
	for _, letter := range slices.Sorted(maps.Keys(cutoffs)) {
		lowest, ok := course.Value(cutoffs[letter]).Float()
		if !ok || !finite(lowest) {
			warn("cutoff %q is not a number", letter)
			continue
		}
		p.Cutoffs = append(p.Cutoffs, Cutoff{letter, lowest})
	}
	slices.SortStableFunc(p.Cutoffs, func(a, b Cutoff) int { return cmp.Compare(b.Lowest, a.Lowest) })

	if v == "" {
		v = DefaultPolicy
	}
	sum := sha1.Sum([]byte(v)) //nolint:gosec // see the import
	p.Hash = base64.StdEncoding.EncodeToString(sum[:])
	return p, warnings
}

func decodePart(raw json.RawMessage, dst any) bool {
	return len(raw) > 0 && string(raw) != "null" && json.Unmarshal(raw, dst) == nil
}

func parseGrader(i int, raw map[string]json.RawMessage, warn func(string, ...any)) Grader {
	g := Grader{StartingIndex: 1}
	count := func(name string, dst *int) {
		v := course.Value(raw[name])
		if v == "" || v == course.Null {
			return
		}
		n, ok := v.Int()
		if !ok || n < 0 || n > 10_000 {
			warn("grader %d: %s is not a count", i+1, name)
			return
		}
		*dst = n
	}
	truth := func(name string, dst *bool) { *dst, _ = course.Value(raw[name]).Bool() }

	g.Type, _ = course.Value(raw["type"]).Text()
	if g.Type == "" {
		warn("grader %d has no type", i+1)
	}
	g.ShortName, _ = course.Value(raw["short_label"]).Text()
	if g.ShortName == "" {
		g.ShortName = g.Type
	}
	count("min_count", &g.MinCount)
	count("drop_count", &g.DropCount)
	count("starting_index", &g.StartingIndex)
	truth("show_only_average", &g.ShowOnlyAverage)
	truth("hide_average", &g.HideAverage)
	if w, ok := course.Value(raw["weight"]).Float(); ok && finite(w) {
		g.Weight = w
	} else {
		warn("grader %d: weight is not a number", i+1)
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if !graderKeys[name] {
			warn("grader %d: unknown key %q", i+1, name)
		}
	}
	return g
}

var graderKeys = map[string]bool{
	"type": true, "min_count": true, "drop_count": true, "short_label": true, "weight": true, "starting_index": true,
	"show_only_average": true, "hide_average": true, "category": true, "section_type": true,
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// Letter is the letter of a fraction, "" below every cutoff.
func (p Policy) Letter(percent float64) string {
	for _, c := range p.Cutoffs {
		if percent >= c.Lowest {
			return c.Letter
		}
	}
	return ""
}

// Passed reports whether a fraction reaches the lowest cutoff above zero. Without one nobody passes.
func (p Policy) Passed(percent float64) bool {
	for _, c := range slices.Backward(p.Cutoffs) {
		if c.Lowest > 0 {
			return percent >= c.Lowest
		}
	}
	return false
}

// Grades reports whether some assignment type takes subsections of the given format.
func (p Policy) Grades(format string) bool {
	return slices.ContainsFunc(p.Graders, func(g Grader) bool { return g.Type == format })
}
