package gradebook

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/learner/state"
)

// drawnCourse is a course with blocks of every sort of weight and maximum, hidden and practice parts, and blocks and subsections that stand
// in it twice.
func drawnCourse(t *rapid.T) *course.Compiled {
	root := block("course", "course", nil)
	problems := 0
	points := map[string]*float64{}
	for i := range rapid.IntRange(1, 4).Draw(t, "subsections") {
		if i%2 == 0 {
			root.Children = append(root.Children, block("chapter", fmt.Sprint("c", i), nil))
		}
		sub := block("sequential", fmt.Sprint("s", i), course.Fields{
			"graded": rapid.SampledFrom([]course.Value{"true", "true", "false"}).Draw(t, "graded"),
			"format": course.Text(rapid.SampledFrom([]string{"Homework", "Exam", "Essay"}).Draw(t, "format")),
		})
		for range rapid.IntRange(0, 6).Draw(t, "problems") {
			id := fmt.Sprint("p", problems)
			if problems == 0 || rapid.IntRange(0, 9).Draw(t, "twin") > 0 {
				problems++
			} else {
				id = "p0"
			}
			fields := course.Fields{}
			if w := rapid.SampledFrom([]course.Value{"", "0", "1.1", "3"}).Draw(t, "weight"); w != "" {
				fields["weight"] = w
			}
			if rapid.IntRange(0, 4).Draw(t, "practice") == 0 {
				fields["graded"] = "false"
			}
			points[id] = rapid.SampledFrom([]*float64{nil, new(0.0), new(0.7), new(2.0)}).Draw(t, "points")
			sub.Children = append(sub.Children, block("problem", id, fields))
		}
		if i > 0 && rapid.IntRange(0, 4).Draw(t, "twin subsection") == 0 {
			sub = root.Children[0].Children[0]
		}
		last := len(root.Children) - 1
		root.Children[last].Children = append(root.Children[last].Children, sub)
	}
	return course.Compile(&course.Content{Key: key, Root: root, Grading: policy}, "v", nil, func(b *course.Block) course.Facts {
		return course.Facts{Scored: b.Type == "problem", MaxPoints: points[b.ID]}
	})
}

// TestRegradeAsWritten holds grades against the rules written down plainly.
func TestRegradeAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := NewPlan(drawnCourse(t), noon)
		s := &Sheet{Plan: p, User: 7, Scores: map[course.UsageKey]state.Score{}}
		hidden := map[int32]bool{}
		rows := map[course.UsageKey]Row{}
		score := func() state.Score {
			return state.Score{
				Grade: rapid.SampledFrom([]*float64{nil, new(0.0), new(0.1), new(1.0)}).Draw(t, "earned"), MaxGrade: rapid.SampledFrom([]*float64{nil, new(0.7), new(2.0)}).Draw(t, "of"),
				Final: rapid.Bool().Draw(t, "final"), Created: noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "when")) * time.Hour),
			}
		}
		for i := range p.Subsections {
			sub := &p.Subsections[i]
			if rapid.IntRange(0, 3).Draw(t, "stored") == 0 {
				r := Row{Key: sub.Node.Key, Totals: grading.Totals{Graded: grading.Score{Earned: float64(rapid.IntRange(0, 3).Draw(t, "earned")), Possible: float64(rapid.IntRange(0, 3).Draw(t, "possible"))}}}
				if rapid.Bool().Draw(t, "overridden") {
					r.Override.EarnedGraded = new(0.25)
				}
				rows[r.Key] = r
				s.keep(&r)
			}
			if rapid.IntRange(0, 5).Draw(t, "hide") == 0 {
				hidden[sub.Node.Index] = true
			}
			for _, b := range sub.Blocks {
				if rapid.IntRange(0, 4).Draw(t, "hide") == 0 {
					hidden[b.Node.Index] = true
				}
				if rapid.Bool().Draw(t, "answered") {
					s.Scores[b.Key] = score()
				}
			}
		}
		may := func(n *course.Node) bool { return !hidden[n.Index] && (n.Parent < 0 || !hidden[n.Parent]) }
		sub := &p.Subsections[rapid.IntRange(0, len(p.Subsections)-1).Draw(t, "regraded")]
		with := s
		scores := s.Scores
		if len(sub.Blocks) > 0 {
			answered, got := rapid.SampledFrom(sub.Blocks).Draw(t, "answer").Key, score()
			with = s.WithScore(answered, got)
			scores = maps.Clone(s.Scores)
			if scores[answered] = got; got.MaxGrade == nil {
				delete(scores, answered)
			}
		}
		u := (&Book{}).Regrade(with, sub, may, noon)

		sum := func(sub *Subsection, scores map[course.UsageKey]state.Score) (list []Scored, t grading.Totals) {
			for _, b := range sub.Blocks {
				if !may(b.Node) {
					continue
				}
				list = append(list, b)
				var g grading.Given
				if got, ok := scores[b.Key]; ok {
					g = given(got)
				}
				if score, ok := grading.ScoreOf(b.Block, g); ok {
					t.Add(score)
				}
			}
			return list, t
		}
		list, totals := sum(sub, scores)
		row, kept := rows[sub.Node.Key]
		var changed []Row
		if kept || totals.AttemptedAll != nil {
			row.Key, row.CourseVersion, row.SubtreeEdited, row.Modified = sub.Node.Key, "v", noon, noon
			row.BlocksHash, row.Totals = listOf(key, list).hash, totals
			rows[row.Key] = row
			changed = append(changed, row)
		}
		var assignments []grading.Assignment
		for i := range p.Subsections {
			sub := &p.Subsections[i]
			if !sub.Graded || !may(sub.Node) {
				continue
			}
			a := grading.Assignment{Key: sub.Node.Key, Name: sub.Node.Name, Format: sub.Format}
			if row, ok := rows[sub.Node.Key]; ok {
				a.Score = row.InForce().Graded
			} else if _, nothing := sum(sub, nil); nothing.Graded.Possible > 0 {
				a.Score = nothing.Graded
			}
			assignments = append(assignments, a)
		}
		if diff := cmp.Diff(changed, u.Changed); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		want := grading.Grade(p.Policy, assignments)
		if got := (grading.Standing{Total: want.Total, Percent: u.Course.Percent, Letter: u.Course.Letter, Passed: u.Course.Passing}); got != want.Standing {
			t.Errorf("grade %+v, want %+v", got, want.Standing)
		}
		if kept != u.again {
			t.Errorf("again %v, want %v", u.again, kept)
		}
		for _, row := range u.Changed {
			if !slices.ContainsFunc(p.Subsections, func(s Subsection) bool { return s.Node.Key == row.Key }) {
				t.Errorf("row of %s", row.Key)
			}
		}
		// The full grade, as pages explain it, comes to the same.
		for _, r := range u.Changed {
			s.keep(&r)
		}
		if got := s.grade(may); cmp.Diff(want.Standing, got.Standing) != "" {
			t.Errorf("explained %+v, want %+v", got.Standing, want.Standing)
		}
	})
}

// TestWithScores: scores may be replaced one after another, also on a sheet that holds none.
func TestWithScores(t *testing.T) {
	t.Parallel()
	p := NewPlan(compiled("v", 2), noon)
	sub := &p.Subsections[0]
	replaced, held := &Sheet{Plan: p}, &Sheet{Plan: p, Scores: map[course.UsageKey]state.Score{}}
	for i := range sub.Blocks {
		score := state.Score{Grade: new(1.0), MaxGrade: new(2.0), Created: noon}
		replaced = replaced.WithScore(sub.Blocks[i].Key, score)
		held.Scores[sub.Blocks[i].Key] = score
	}
	all := func(*course.Node) bool { return true }
	got, want := (&Book{}).Regrade(replaced, sub, all, noon), (&Book{}).Regrade(held, sub, all, noon)
	if diff := cmp.Diff(want.Changed, got.Changed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
