package gradebook

import (
	"math"
	"time"

	"lyceum/grading"
	"lyceum/learner/state"
)

// Suffices reports whether the new score of the sheet, see [Sheet.WithScore], can be entered into the stored sums of its subsection: they
// are of the same version of the course and the same blocks, and all numbers are whole, so that the sums come out as if all were added up
// anew. A sheet with all scores suffices always.
func (s *Sheet) Suffices(sub *Subsection, may Visible) bool {
	if !s.few {
		return true
	}
	_, ok := s.shift(sub, sub.seen(may))
	return ok
}

// shift enters the new score in place of the old one.
func (s *Sheet) shift(sub *Subsection, seen []bool) (grading.Totals, bool) {
	none := grading.Totals{}
	p := s.Plan
	if s.sums == nil || s.set == nil || s.set.MaxGrade == nil || sub.twins || len(p.byKey[sub.Node.Usage]) != 1 {
		return none, false
	}
	if s.sums.version != p.Course.Version || s.sums.hash != p.listOf(sub, seen).hash {
		return none, false
	}
	i := sub.find(p, s.set.key)
	if i < 0 || seen != nil && !seen[i] {
		return none, false
	}
	old, is := sub.Blocks[i].part(s.Scores[s.set.key]), sub.Blocks[i].part(s.set.Score)
	t := s.sums.Totals
	for _, n := range []grading.Score{t.All, t.Graded, old.All, old.Graded, is.All, is.Graded} {
		if !whole(n.Earned) || !whole(n.Possible) {
			return none, false
		}
	}
	if old.AttemptedAll != nil && is.AttemptedAll == nil || old.AttemptedGraded != nil && is.AttemptedGraded == nil {
		return none, false // it may have been the first
	}
	t.All, t.Graded = change(t.All, old.All, is.All), change(t.Graded, old.Graded, is.Graded)
	t.AttemptedAll, t.AttemptedGraded = earlier(t.AttemptedAll, is.AttemptedAll), earlier(t.AttemptedGraded, is.AttemptedGraded)
	return t, true
}

// earlier is the earlier of two times; nil is never.
func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

// part is what one block brings to the totals of its subsection.
func (b *Scored) part(score state.Score) (t grading.Totals) {
	if score.MaxGrade == nil {
		if b.counts {
			t.All = b.untouched
		}
		if b.graded {
			t.Graded = b.untouched
		}
		return t
	}
	_, weighted, counts, _ := b.Weigh(score.Grade, score.MaxGrade, score.Final)
	t.All = weighted
	if counts {
		t.Graded = weighted
	}
	if score.Grade != nil {
		t.AttemptedAll = new(score.Created)
		if counts {
			t.AttemptedGraded = t.AttemptedAll
		}
	}
	return t
}

func change(sum, old, is grading.Score) grading.Score {
	return grading.Score{Earned: sum.Earned - old.Earned + is.Earned, Possible: sum.Possible - old.Possible + is.Possible}
}

// whole holds for numbers whose sums are exact in any order.
func whole(f float64) bool { return math.Trunc(f) == f && math.Abs(f) < 1<<40 }
