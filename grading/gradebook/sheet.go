package gradebook

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/state"
)

// Sheet is what one learner has in a course: the stored grades, and the scores of some blocks.
type Sheet struct {
	Plan *Plan
	User learner.ID

	Course CourseRow
	Scores map[course.UsageKey]state.Score // of the blocks asked for

	rows []Row     // stored subsection grades
	at   []int32   // by Subsection.Index: one more than the index in rows, 0 where nothing is stored
	set  *setScore // a score that replaces the one in Scores
}

type setScore struct {
	key course.UsageKey
	state.Score
}

// row is what is stored of a subsection; nil for nothing.
func (s *Sheet) row(sub *Subsection) *Row {
	if len(s.at) == 0 || s.at[sub.Index] == 0 {
		return nil
	}
	return &s.rows[s.at[sub.Index]-1]
}

// keep takes a stored row. Those of subsections the course no longer has count nowhere.
func (s *Sheet) keep(r Row) {
	subs := s.Plan.byKey[r.Key.String()]
	if len(subs) == 0 {
		return
	}
	if s.at == nil {
		s.at = make([]int32, len(s.Plan.Subsections))
	}
	s.rows = append(s.rows, r)
	for _, i := range subs {
		s.at[i] = int32(len(s.rows))
	}
}

// CourseRow is a stored course grade. The zero CourseRow is a learner without any.
type CourseRow struct {
	Version       int64 // 0: nothing is stored
	CourseVersion course.VersionID
	CourseEdited  time.Time // UTC
	PolicyHash    string
	Percent       float64 // fraction, whole percents
	Letter        string  // "" below every cutoff
	Passing       bool
	FirstPassed   *time.Time // UTC; nil: never
	Modified      time.Time  // UTC
}

// Row is a stored subsection grade.
type Row struct {
	Key           course.UsageKey
	CourseVersion course.VersionID
	SubtreeEdited time.Time      // UTC
	BlocksHash    string         // of the visible scored blocks
	Totals        grading.Totals // computed, without the override
	Override      grading.Override
	Modified      time.Time // UTC
}

// InForce returns the totals that count.
func (r Row) InForce() grading.Totals { return r.Override.Apply(r.Totals) }

// inForceGraded is the graded total of InForce.
func (r *Row) inForceGraded() grading.Score {
	if r.Override.IsZero() {
		return r.Totals.Graded
	}
	return r.InForce().Graded
}

// One statement for both: there are no subsection grades without a course grade, and statements are what an answer's time is made of.
var selectSheet = pg.ForUser(`
	SELECT g.version, g.course_version, g.course_edited, g.policy_hash, g.percent, g.letter, g.passing, g.first_passed, g.modified,
	       s.usage_key, s.course_version, s.subtree_edited, s.visible_blocks_hash,
	       s.earned_all, s.possible_all, s.earned_graded, s.possible_graded, s.first_attempted, s.first_attempted_graded,
	       s.override_earned_all, s.override_possible_all, s.override_earned_graded, s.override_possible_graded, s.modified
	FROM   {course_grade/4} g
	LEFT   JOIN {subsection_grade/4} s ON s.user_id = $1 AND s.course_key = $2
	WHERE  g.user_id = $1 AND g.course_key = $2`)

// QueueSheet puts the queries for a learner's grades, and for the scores of the given blocks, into batch, and returns the sheet that is
// filled when the batch's results are read.
func (b *Book) QueueSheet(batch *pgx.Batch, user learner.ID, p *Plan, scored []course.UsageKey) *Sheet {
	s := &Sheet{Plan: p, User: user}
	key := p.Course.Key
	batch.Queue(selectSheet.Of(int64(user)), int64(user), p.key).Query(s.read)
	if len(scored) > 0 {
		state.QueueLoadScores(batch, user, key, scored, func(got map[course.UsageKey]state.Score) { s.Scores = got })
	}
	return s
}

func (s *Sheet) read(rows pgx.Rows) error {
	defer rows.Close()
	for rows.Next() {
		var c CourseRow
		var edited *time.Time
		r, err := scanRow(rows,
			&c.Version, (*string)(&c.CourseVersion), &edited, &c.PolicyHash, &c.Percent, &c.Letter, &c.Passing, &c.FirstPassed, &c.Modified)
		if err != nil {
			return fmt.Errorf("read grades: %w", err)
		}
		c.CourseEdited, c.FirstPassed, c.Modified = orZero(edited), utc(c.FirstPassed), c.Modified.UTC()
		s.Course = c
		if !r.Key.IsZero() {
			r.Key = r.Key.In(s.Plan.Course.Key)
			s.keep(r)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read grades: %w", err)
	}
	return nil
}

// scanRow reads the columns of a subsection grade after those that lead. All of them are null where there is none.
func scanRow(rows pgx.Rows, leading ...any) (Row, error) {
	var r Row
	var version, hash *string
	var edited, modified *time.Time
	var numbers [4]*float64
	t, o := &r.Totals, &r.Override
	err := rows.Scan(append(leading,
		&r.Key, &version, &edited, &hash, &numbers[0], &numbers[1], &numbers[2], &numbers[3], &t.AttemptedAll, &t.AttemptedGraded,
		&o.EarnedAll, &o.PossibleAll, &o.EarnedGraded, &o.PossibleGraded, &modified,
	)...)
	if err != nil || r.Key.IsZero() {
		return r, err
	}
	r.CourseVersion, r.BlocksHash = course.VersionID(*version), *hash
	t.All, t.Graded = grading.Score{Earned: *numbers[0], Possible: *numbers[1]}, grading.Score{Earned: *numbers[2], Possible: *numbers[3]}
	r.SubtreeEdited, r.Modified = orZero(edited), modified.UTC()
	t.AttemptedAll, t.AttemptedGraded = utc(t.AttemptedAll), utc(t.AttemptedGraded)
	return r, nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// given is the score of a block as arithmetic takes it.
func given(s state.Score) grading.Given {
	created := s.Created
	return grading.Given{Earned: s.Grade, Possible: s.MaxGrade, Final: s.Final, Attempted: &created}
}

// grade computes the course grade with everything it is made of. Subsections without a row have a score of 0 where something can be
// earned in them.
func (s *Sheet) grade(may Visible) grading.CourseGrade {
	p := s.Plan
	var list []grading.Assignment
	for i := range p.Subsections {
		sub := &p.Subsections[i]
		if !sub.Graded || !p.Policy.Grades(sub.Format) || !may(sub.Node) {
			continue
		}
		a := grading.Assignment{Key: sub.Node.Key, Name: sub.Node.Name, Format: sub.Format}
		if row := s.row(sub); row != nil {
			a.Score = row.InForce().Graded
		} else if sub.possible(may) {
			a.Score = p.totals(sub, sub.seen(may), nil).Graded
		}
		list = append(list, a)
	}
	return grading.Grade(p.Policy, list)
}

// stand is grade for who does not ask how it comes about: it looks at one block of each subsection without a row.
func (p *Plan) stand(may Visible, row func(*Subsection) *Row) grading.Standing {
	percents := make([][]float64, len(p.byGrader))
	for g, subs := range p.byGrader {
		list := make([]float64, 0, max(len(subs), p.Policy.Graders[g].MinCount))
		for _, i := range subs {
			sub := &p.Subsections[i]
			if !may(sub.Node) {
				continue
			}
			if r := row(sub); r != nil {
				if score := r.inForceGraded(); score.Possible > 0 {
					list = append(list, score.Percent())
				}
			} else if sub.possible(may) {
				list = append(list, 0)
			}
		}
		percents[g] = list
	}
	return grading.Stand(p.Policy, percents)
}

// totals adds up the blocks that are seen, with the sheet's scores; a nil sheet has none.
func (p *Plan) totals(sub *Subsection, seen []bool, s *Sheet) grading.Totals {
	var scores []state.Score // by index of the block; the zero Score is none
	if s != nil && (len(s.Scores) > 0 || s.set != nil) {
		scores = s.scoresOf(sub)
	}
	var t grading.Totals
	var all, graded *state.Score // the first
	for i := range sub.Blocks {
		b := &sub.Blocks[i]
		if seen != nil && !seen[i] {
			continue
		}
		if scores == nil || scores[i].MaxGrade == nil {
			if b.counts {
				t.All = t.All.Add(b.untouched)
			}
			if b.graded {
				t.Graded = t.Graded.Add(b.untouched)
			}
			continue
		}
		got := &scores[i]
		_, weighted, counts, _ := b.Weigh(got.Grade, got.MaxGrade, got.Final)
		t.All = t.All.Add(weighted)
		all = first(all, got)
		if counts {
			t.Graded = t.Graded.Add(weighted)
			graded = first(graded, got)
		}
	}
	if all != nil {
		t.AttemptedAll = new(all.Created)
	}
	if graded != nil {
		t.AttemptedGraded = new(graded.Created)
	}
	return t
}

// first is the earlier of two answers; without points a block was not answered.
func first(a, b *state.Score) *state.Score {
	if b.Grade != nil && (a == nil || b.Created.Before(a.Created)) {
		return b
	}
	return a
}

// scoresOf are the scores of a subsection's blocks, by index.
func (s *Sheet) scoresOf(sub *Subsection) []state.Score {
	scores := make([]state.Score, len(sub.Blocks))
	if sub.twins {
		for i := range sub.Blocks {
			key := sub.Blocks[i].Key
			scores[i] = s.Scores[key]
			if s.set != nil && s.set.key == key {
				scores[i] = s.set.Score
			}
		}
		return scores
	}
	for key, score := range s.Scores {
		if i := sub.find(s.Plan, key); i >= 0 {
			scores[i] = score
		}
	}
	if s.set != nil {
		if i := sub.find(s.Plan, s.set.key); i >= 0 {
			scores[i] = s.set.Score
		}
	}
	return scores
}

// find returns the index of a block; -1 for one that is not among the subsection's scored ones.
func (s *Subsection) find(p *Plan, key course.UsageKey) int {
	n, ok := p.Course.Node(key)
	if !ok || p.byNode[n.Index] != int32(s.Index) {
		return -1
	}
	return int(p.block[n.Index])
}
