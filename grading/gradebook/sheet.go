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
	Rows   map[course.UsageKey]Row         // stored subsection grades
	Scores map[course.UsageKey]state.Score // of the blocks asked for
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
	s := &Sheet{Plan: p, User: user, Rows: map[course.UsageKey]Row{}}
	key := p.Course.Key
	batch.Queue(selectSheet.Of(int64(user)), int64(user), key.String()).Query(s.read)
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
			s.Rows[r.Key] = r
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

// grade computes the course grade from rows, in course order. Subsections without a row have a score of 0 where something can be
// earned in them.
func (p *Plan) grade(rows map[course.UsageKey]Row, may Visible) grading.CourseGrade {
	return grading.Grade(p.Policy, p.assignments(rows, may))
}

func (p *Plan) assignments(rows map[course.UsageKey]Row, may Visible) []grading.Assignment {
	var list []grading.Assignment
	for i := range p.Subsections {
		s := &p.Subsections[i]
		if !s.Graded || !p.Policy.Grades(s.Format) || !may(s.Node) {
			continue
		}
		a := grading.Assignment{Key: s.Node.Key, Name: s.Node.Name, Format: s.Format}
		if row, ok := rows[s.Node.Key]; ok {
			a.Score = row.InForce().Graded
		} else if p.possible(s, may) {
			a.Score = p.zero(s, may).Graded
		}
		list = append(list, a)
	}
	return list
}

// zero are the totals of a subsection nothing was earned in.
func (p *Plan) zero(s *Subsection, may Visible) grading.Totals {
	return p.totals(s, may, nil)
}

func (p *Plan) totals(s *Subsection, may Visible, scores map[course.UsageKey]state.Score) grading.Totals {
	var t grading.Totals
	for i := range s.Blocks {
		b := &s.Blocks[i]
		if !may(b.Node) {
			continue
		}
		var g grading.Given
		if got, ok := scores[b.Key]; ok {
			g = given(got)
		}
		if score, ok := grading.ScoreOf(b.Block, g); ok {
			t.Add(score)
		}
	}
	return t
}
