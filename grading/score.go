package grading

import (
	"math"
	"time"

	"lyceum/course"
)

// Block is one scored block as the content has it.
type Block struct {
	Key         course.UsageKey
	Name        string
	Weight      *float64 // nil: points count as they are
	RawPossible *float64 // nil: the block does not count
	Excluded    bool     // explicitly not graded, though its subsection may be
}

// Given is what a learner earned in a block. The zero Given is a block without any points.
type Given struct {
	Earned    *float64   // raw points, nil: never answered
	Possible  *float64   // raw maximum when they were given, nil: none was kept
	Final     bool       // the points are weighted already
	Attempted *time.Time // UTC; when the learner first came to the block, taken only with Earned
}

// Score is points of points.
type Score struct{ Earned, Possible float64 }

// Add returns the sum of two scores.
func (s Score) Add(o Score) Score { return Score{s.Earned + o.Earned, s.Possible + o.Possible} }

// BlockScore is the score of one block and where it comes from.
type BlockScore struct {
	Block
	Score                // weighted
	Raw       Score      // as earned
	Graded    bool       // counts for the graded total
	Attempted *time.Time // nil: never answered
}

// ScoreOf weighs what was given. ok is false for a block that does not count at all.
func ScoreOf(b Block, g Given) (score BlockScore, ok bool) {
	s := BlockScore{Block: b}
	s.Raw, s.Score, s.Graded, ok = b.Weigh(g.Earned, g.Possible, g.Final)
	if !ok {
		return BlockScore{}, false
	}
	if g.Possible != nil && g.Earned != nil {
		s.Attempted = g.Attempted
	}
	return s, true
}

// Weigh is the part of [ScoreOf] that is numbers; its arguments are those of a Given.
func (b *Block) Weigh(earned, possible *float64, final bool) (raw, weighted Score, graded, ok bool) {
	switch {
	case possible != nil:
		raw.Possible = *possible
		if earned != nil {
			raw.Earned = *earned
		}
	case b.RawPossible != nil:
		raw.Possible = *b.RawPossible
		final = false
	default:
		return Score{}, Score{}, false, false
	}
	weighted = raw
	if !final {
		weighted = Weigh(raw, b.Weight)
	}
	return raw, weighted, weighted.Possible > 0 && !b.Excluded, true
}

// Weigh scales raw points to a weight; without a weight, or where nothing can be earned, points stay as they are.
func Weigh(raw Score, weight *float64) Score {
	if weight == nil || raw.Possible == 0 {
		return raw
	}
	return Score{Earned: raw.Earned * *weight / raw.Possible, Possible: *weight}
}

// Totals are the sums over the blocks of a subsection, and the first time each was attempted.
type Totals struct {
	All, Graded                   Score
	AttemptedAll, AttemptedGraded *time.Time // nil: never
}

// Sum adds up scores.
func Sum(scores []BlockScore) Totals {
	var t Totals
	for _, s := range scores {
		t.Add(s)
	}
	return t
}

// Add adds one score.
func (t *Totals) Add(s BlockScore) {
	t.All = t.All.Add(s.Score)
	t.AttemptedAll = earlier(t.AttemptedAll, s.Attempted)
	if s.Graded {
		t.Graded = t.Graded.Add(s.Score)
		t.AttemptedGraded = earlier(t.AttemptedGraded, s.Attempted)
	}
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || (b != nil && b.Before(*a)) {
		return b
	}
	return a
}

// Percent is a graded total as a fraction, rounded to four decimals; 0 where nothing can be earned.
func (s Score) Percent() float64 {
	if s.Possible == 0 {
		return 0
	}
	return round4(s.Earned / s.Possible)
}

// round4 rounds to four decimals, half to even, on the scaled binary value.
func round4(x float64) float64 { return math.RoundToEven(float64(x*10000)) / 10000 }

// Override is a staff member's word on a subsection. Each number replaces the computed one; nil leaves it.
type Override struct {
	EarnedAll, PossibleAll       *float64
	EarnedGraded, PossibleGraded *float64
}

// IsZero reports whether nothing is overridden.
func (o Override) IsZero() bool { return o == Override{} }

// Apply returns the totals with the override in force.
func (o Override) Apply(t Totals) Totals {
	for _, part := range []struct {
		by *float64
		to *float64
	}{
		{o.EarnedAll, &t.All.Earned},
		{o.PossibleAll, &t.All.Possible},
		{o.EarnedGraded, &t.Graded.Earned},
		{o.PossibleGraded, &t.Graded.Possible},
	} {
		if part.by != nil {
			*part.to = *part.by
		}
	}
	return t
}
