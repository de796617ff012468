package grading

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lyceum/course"
)

// assignments are homework with the given percents, of a million points so that they come out exact.
func assignments(percents ...float64) []Assignment {
	out := make([]Assignment, len(percents))
	for i, p := range percents {
		out[i] = Assignment{Key: course.UsageKey{ID: fmt.Sprint(i)}, Name: fmt.Sprintf("HW %d", i), Format: "Homework", Score: Score{p * 1e6, 1e6}}
	}
	return out
}

func homework(minCount, drop int, weight float64) Policy {
	return Policy{Graders: []Grader{{Type: "Homework", ShortName: "HW", MinCount: minCount, DropCount: drop, Weight: weight, StartingIndex: 1}}}
}

// TestVectors holds the vectors of the reference, section "Grades, exactly".
func TestVectors(t *testing.T) {
	t.Parallel()
	two := []Assignment{{Format: "Homework", Score: Score{2, 3}}, {Format: "Homework", Score: Score{1, 4}}}
	if g := Grade(homework(2, 0, .75), two); g.Percent != .34 || math.Abs(g.Total-.3437625) > 1e-12 {
		t.Errorf("2/3 and 1/4 at .75: got %v (%v), want 0.34", g.Percent, g.Total)
	}
	g := Grade(homework(5, 1, 1), assignments(1, .5, .5, 0))
	if g.Types[0].Percent != .5 || !g.Types[0].Entries[4].Dropped || g.Types[0].Entries[3].Dropped {
		t.Errorf("the placeholder is dropped: got %+v", g.Types[0])
	}
	g = Grade(homework(0, 1, 1), assignments(.5, .5, .5))
	if g.Types[0].Percent != .5 || !g.Types[0].Entries[2].Dropped || g.Types[0].Entries[0].Dropped {
		t.Errorf("of equal ones the last is dropped: got %+v", g.Types[0])
	}
	if g := Grade(homework(0, 1, 1), assignments(1)); g.Percent != 0 {
		t.Errorf("one assignment, drop 1: got %v, want 0", g.Percent)
	}
	for total, want := range map[float64]float64{.4944: .49, .49449: .49, .4945: .50, .4949: .50, 1.02: 1.02, 0: 0, .6945: .70} {
		if got := wholePercent(total); got != want {
			t.Errorf("total %v: got %v, want %v", total, got, want)
		}
	}
	if got := math.RoundToEven(float64(5.0/8*100)) / 100; got != .62 {
		t.Errorf("5/8 at two decimals: got %v, want 0.62", got)
	}
	for s, want := range map[Score]float64{{2, 3}: .6667, {1, 3}: .3333, {0, 0}: 0, {1, 0}: 0, {1, 32}: .0312, {3, 32}: .0938} {
		if got := s.Percent(); got != want {
			t.Errorf("%v: got %v, want %v", s, got, want)
		}
	}
	p := Policy{Cutoffs: []Cutoff{{"A", .9}, {"B", .8}, {"C", .7}}}
	if got := wholePercent(.6945); p.Letter(got) != "C" || !p.Passed(got) {
		t.Errorf(".6945: got %v, letter %q", got, p.Letter(got))
	}
	if p.Letter(.69) != "" || p.Passed(.69) {
		t.Error(".69 passes")
	}
	zero := Policy{Cutoffs: []Cutoff{{"Pass", 0}}}
	if zero.Passed(1) || zero.Letter(0) != "Pass" {
		t.Error("a cutoff of zero: never passed, always its letter")
	}
}

func TestScoreOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name      string
		block     Block
		given     Given
		want      Score
		counts    bool
		graded    bool
		attempted bool
	}{
		{"never touched", Block{RawPossible: new(3.0)}, Given{}, Score{0, 3}, true, true, false},
		{"unknown maximum", Block{}, Given{}, Score{}, false, false, false},
		{"raw", Block{RawPossible: new(3.0)}, Given{Earned: new(1.0), Possible: new(2.0), Attempted: &at}, Score{1, 2}, true, true, true},
		{"weight", Block{RawPossible: new(3.0), Weight: new(10.0)}, Given{Earned: new(1.0), Possible: new(2.0), Attempted: &at}, Score{5, 10}, true, true, true},
		{"weight, untouched", Block{RawPossible: new(3.0), Weight: new(10.0)}, Given{}, Score{0, 10}, true, true, false},
		{"weight zero", Block{RawPossible: new(3.0), Weight: new(0.0)}, Given{Earned: new(1.0), Possible: new(2.0), Attempted: &at}, Score{0, 0}, true, false, true},
		{"nothing to earn", Block{RawPossible: new(0.0), Weight: new(10.0)}, Given{}, Score{0, 0}, true, false, false},
		{"viewed only", Block{RawPossible: new(3.0)}, Given{Possible: new(2.0), Attempted: &at}, Score{0, 2}, true, true, false},
		{"scored zero", Block{RawPossible: new(3.0)}, Given{Earned: new(0.0), Possible: new(2.0), Attempted: &at}, Score{0, 2}, true, true, true},
		{"final", Block{RawPossible: new(3.0), Weight: new(10.0)}, Given{Earned: new(1.0), Possible: new(2.0), Final: true, Attempted: &at}, Score{1, 2}, true, true, true},
		{"excluded", Block{RawPossible: new(3.0), Excluded: true}, Given{}, Score{0, 3}, true, false, false},
	} {
		got, counts := ScoreOf(c.block, c.given)
		if got.Score != c.want || counts != c.counts || got.Graded != c.graded || (got.Attempted != nil) != c.attempted {
			t.Errorf("%s: got %+v, counts %v", c.name, got, counts)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	g := Grade(homework(3, 0, 1), []Assignment{{Name: "NAME", Format: "Homework", Score: Score{5, 6}}, {Name: "Half", Format: "Homework", Score: Score{0.5, 1}}})
	ty := g.Types[0]
	got := []string{ty.Label(ty.Entries[0]), ty.Label(ty.Entries[1]), ty.Label(ty.Entries[2]), ty.ShortLabel(ty.Entries[0]), ty.TotalLabel(), ty.TotalShortLabel()}
	want := []string{"Homework 1 - NAME - 83% (5/6)", "Homework 2 - Half - 50% (0.5/1)", "Homework 3 Unreleased - 0% (?/?)", "HW 01", "Homework Average = 44%", "HW Avg"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("labels (-got +want):\n%s", diff)
	}
	one := Grade(homework(1, 0, 1), assignments(.5)).Types[0]
	if !one.Single() || one.TotalLabel() != "Homework = 50%" || one.TotalShortLabel() != "HW" {
		t.Errorf("one entry: got %q, %q", one.TotalLabel(), one.TotalShortLabel())
	}
}

func TestParsePolicy(t *testing.T) {
	t.Parallel()
	def, warnings := ParsePolicy("")
	if len(def.Graders) != 4 || def.Graders[1].ShortName != "Lab" || def.Graders[0].MinCount != 12 || len(def.Cutoffs) != 1 || warnings != nil {
		t.Errorf("default: got %+v, %v", def, warnings)
	}
	p, warnings := ParsePolicy(`{"GRADER":[{"type":"Exam","min_count":"2","drop_count":1.0,"weight":"0.5","color":"red"},{"type":"Lab","weight":null}],"GRADE_CUTOFFS":{"B":"0.6","A":0.9,"C":[]}}`)
	want := Policy{
		Graders: []Grader{
			{Type: "Exam", MinCount: 2, DropCount: 1, ShortName: "Exam", Weight: .5, StartingIndex: 1},
			{Type: "Lab", ShortName: "Lab", StartingIndex: 1},
		},
		Cutoffs: []Cutoff{{"A", .9}, {"B", .6}},
		Hash:    p.Hash,
	}
	if diff := cmp.Diff(p, want); diff != "" {
		t.Errorf("policy (-got +want):\n%s", diff)
	}
	if len(warnings) != 3 {
		t.Errorf("warnings: got %q, want unknown key, weight, cutoff", warnings)
	}
	if p, _ := ParsePolicy(`{"GRADER":[]}`); len(p.Graders) != 0 || p.Cutoffs[0].Letter != "Pass" {
		t.Errorf("no cutoffs: got %+v, want the default ones", p)
	}
	if p, w := ParsePolicy(`[1]`); len(p.Graders) != 4 || len(w) == 0 {
		t.Errorf("not an object: got %+v, %v", p, w)
	}
}

func percents(t *rapid.T) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 20).Draw(t, "percents")
}

func TestGradeProperties(t *testing.T) {
	t.Parallel()
	t.Run("weights that sum to one keep a grade within 0 and 1", rapid.MakeCheck(func(t *rapid.T) {
		p := homework(rapid.IntRange(0, 5).Draw(t, "min"), rapid.IntRange(0, 3).Draw(t, "drop"), .4)
		p.Graders = append(p.Graders, Grader{Type: "Exam", Weight: .6})
		list := assignments(percents(t)...)
		for i := range list {
			if rapid.Bool().Draw(t, "exam") {
				list[i].Format = "Exam"
			}
		}
		if g := Grade(p, list); g.Percent < 0 || g.Percent > 1 {
			t.Fatalf("got %v", g.Percent)
		}
	}))
	t.Run("dropping the lowest never lowers a type", rapid.MakeCheck(func(t *rapid.T) {
		list := assignments(percents(t)...)
		drop := rapid.IntRange(0, len(list)-1).Draw(t, "drop")
		before := Grade(homework(0, drop, 1), list).Types[0].Percent
		if drop+1 < len(list) {
			if after := Grade(homework(0, drop+1, 1), list).Types[0].Percent; after < before-1e-12 {
				t.Fatalf("dropping %d gives %v, dropping one more %v", drop, before, after)
			}
		}
	}))
	t.Run("order of blocks does not matter", rapid.MakeCheck(func(t *rapid.T) {
		n := rapid.IntRange(1, 10).Draw(t, "blocks")
		scores := make([]BlockScore, n)
		for i := range scores {
			scores[i], _ = ScoreOf(Block{RawPossible: new(float64(rapid.IntRange(0, 9).Draw(t, "possible")))}, Given{})
			scores[i].Earned = float64(rapid.IntRange(0, 9).Draw(t, "earned"))
		}
		shuffled := rapid.Permutation(scores).Draw(t, "order")
		if a, b := Sum(scores), Sum(shuffled); a != b {
			t.Fatalf("%v and %v", a, b)
		}
	}))
	t.Run("a better score never lowers the grade", rapid.MakeCheck(func(t *rapid.T) {
		list := assignments(percents(t)...)
		p := homework(rapid.IntRange(0, 12).Draw(t, "min"), rapid.IntRange(0, 3).Draw(t, "drop"), rapid.Float64Range(0, 2).Draw(t, "weight"))
		before := Grade(p, list)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
		list[i].Score.Earned = rapid.Float64Range(list[i].Score.Earned, 1e6).Draw(t, "better")
		if after := Grade(p, list); after.Percent < before.Percent {
			t.Fatalf("%v became %v", before.Percent, after.Percent)
		}
	}))
}

// TestStand holds the short way to a grade against the long one, and dropping one by one against sorting.
func TestStand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := assignments(rapid.SliceOfN(rapid.SampledFrom([]float64{0, .25, .5, .5001, 1}), 0, 30).Draw(t, "percents")...)
		p := homework(rapid.IntRange(0, 12).Draw(t, "min"), rapid.IntRange(0, 20).Draw(t, "drop"), rapid.Float64Range(0, 2).Draw(t, "weight"))
		p.Graders = append(p.Graders, Grader{Type: "Exam", DropCount: rapid.IntRange(0, 3).Draw(t, "exams dropped"), Weight: .6}, p.Graders[0])
		p.Cutoffs = []Cutoff{{"A", .9}, {"Pass", .5}}
		percents := make([][]float64, len(p.Graders))
		for i := range list {
			list[i].Format = rapid.SampledFrom([]string{"Homework", "Exam", "Essay"}).Draw(t, "format")
			if rapid.Bool().Draw(t, "empty") {
				list[i].Score = Score{}
			}
			for g := range p.Graders {
				if p.Graders[g].Type == list[i].Format && list[i].Score.Possible > 0 {
					percents[g] = append(percents[g], list[i].Score.Percent())
				}
			}
		}
		want := Grade(p, list)
		if got := Stand(p, percents); got != want.Standing {
			t.Fatalf("got %+v, want %+v", got, want.Standing)
		}
		for _, typ := range want.Types {
			dropped := len(typ.Entries) - max(len(typ.Entries)-typ.DropCount, 0)
			for i, a := range typ.Entries {
				for _, b := range typ.Entries[i+1:] {
					if a.Dropped && !b.Dropped && a.Percent >= b.Percent || b.Dropped && !a.Dropped && b.Percent > a.Percent {
						t.Fatalf("%v and later %v: the wrong one is dropped", a.Percent, b.Percent)
					}
				}
				if a.Dropped {
					dropped--
				}
			}
			if dropped != 0 {
				t.Fatalf("%d too few dropped", dropped)
			}
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(string(DefaultPolicy))
	f.Add(`{"GRADER":[{"min_count":"1e99","weight":"NaN"}],"GRADE_CUTOFFS":{"A":"inf"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := course.ParseValue([]byte(text))
		if err != nil {
			return
		}
		p, _ := ParsePolicy(v)
		g := Grade(p, assignments(1, 0, .3))
		if math.IsNaN(g.Total) || math.IsInf(g.Total, 0) {
			t.Errorf("total %v", g.Total)
		}
	})
}
