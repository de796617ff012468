package gradebook

import (
	"errors"
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

	kept []kept         // by Subsection.Index; empty where nothing is stored
	rows map[int32]*Row // the same in full, for who asks for it
	set  *setScore      // a score that replaces the one in Scores

	few  bool  // Scores holds only the block whose score changes
	sums *sums // of the subsection asked for; nil where nothing is stored
}

// sums are the stored totals of a subsection, without an override, and what they are the totals of.
type sums struct {
	grading.Totals
	version course.VersionID
	hash    string // of the list of blocks
}

// kept is what a new course grade needs of a stored subsection grade.
type kept struct {
	stored   bool
	graded   grading.Score     // in force
	override *grading.Override // nil for none
}

type setScore struct {
	key course.UsageKey
	state.Score
}

// of is what is stored of a subsection.
func (s *Sheet) of(sub *Subsection) kept {
	if s.kept == nil {
		return kept{}
	}
	return s.kept[sub.Index]
}

// keep takes a stored row. Those of subsections the course no longer has count nowhere.
func (s *Sheet) keep(r *Row) {
	k := kept{stored: true, graded: r.InForce().Graded}
	if !r.Override.IsZero() {
		k.override = &r.Override
	}
	for _, i := range s.keepAt([]byte(r.Key.String()), k) {
		if s.rows == nil {
			s.rows = map[int32]*Row{}
		}
		s.rows[i] = r
	}
}

// keepAt keeps k under the key of a subsection and returns where that is in the plan.
func (s *Sheet) keepAt(key []byte, k kept) []int32 {
	at, ok := s.Plan.byKey[string(key)]
	if !ok {
		if u, err := course.ParseUsageKey(string(key)); err == nil { // written in another form
			at = s.Plan.byKey[u.In(s.Plan.Course.Key).String()]
		}
	}
	if len(at) > 0 && s.kept == nil {
		s.kept = make([]kept, len(s.Plan.Subsections))
	}
	for _, i := range at {
		s.kept[i] = k
	}
	return at
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

// selectKept is what of it an answer needs: a row of the course, and then a row of each subsection with its points in the place of the
// percent, and of the one that is asked for what its sums are of in the places of the course's own columns.
var selectKept = pg.ForUser(`
	SELECT NULL, percent, NULL::float8, NULL::float8, NULL::float8, NULL::float8, NULL::float8,
	       version, course_version, course_edited, policy_hash, letter, passing, first_passed, modified, NULL::float8, NULL::float8
	FROM   {course_grade/4}
	WHERE  user_id = $1 AND course_key = $2
	UNION  ALL
	SELECT usage_key, earned_graded, possible_graded, override_earned_all, override_possible_all, override_earned_graded, override_possible_graded,
	       NULL, CASE WHEN usage_key = $3 THEN course_version END, first_attempted, CASE WHEN usage_key = $3 THEN visible_blocks_hash END,
	       NULL, NULL, first_attempted_graded, NULL, earned_all, possible_all
	FROM   {subsection_grade/4}
	WHERE  user_id = $1 AND course_key = $2`)

// QueueSheet puts the query for what [Book.Regrade] needs of a learner's stored grades into batch, and returns the sheet that is filled
// when the batch's results are read. It puts the query for the scores of the given blocks in, too; without any they are the caller's to
// see to.
func (b *Book) QueueSheet(batch *pgx.Batch, user learner.ID, p *Plan, scored []course.UsageKey) *Sheet {
	s := &Sheet{Plan: p, User: user}
	batch.Queue(selectKept.Of(int64(user)), int64(user), p.key, "").Query(s.readKept)
	s.queueScores(batch, scored)
	return s
}

// QueueSums is QueueSheet for who changes one score in sub and leaves the others where they are. The score there is now is the caller's to
// set in Scores. Where [Sheet.Suffices] says so, those of all the subsection's blocks must be loaded after all: see [Sheet.Fill].
func (b *Book) QueueSums(batch *pgx.Batch, user learner.ID, p *Plan, sub *Subsection) *Sheet {
	s := &Sheet{Plan: p, User: user, few: true}
	batch.Queue(selectKept.Of(int64(user)), int64(user), p.key, sub.Node.Usage).Query(s.readKept)
	return s
}

// Fill puts the query for the scores a sheet of QueueSums does without into batch. It may be sent later than the first: whoever changes one
// of them makes what follows from the sheet fail.
func (s *Sheet) Fill(batch *pgx.Batch, sub *Subsection) {
	state.QueueLoadScores(batch, s.User, s.Plan.Course.Key, sub.Keys(), func(got map[course.UsageKey]state.Score) { s.Scores, s.few = got, false })
}

func (s *Sheet) queueScores(batch *pgx.Batch, scored []course.UsageKey) {
	if len(scored) > 0 {
		state.QueueLoadScores(batch, s.User, s.Plan.Course.Key, scored, func(got map[course.UsageKey]state.Score) { s.Scores = got })
	}
}

// queueWhole is QueueSheet with the stored rows in full and all scores.
func (b *Book) queueWhole(batch *pgx.Batch, user learner.ID, p *Plan) *Sheet {
	s := &Sheet{Plan: p, User: user}
	batch.Queue(selectSheet.Of(int64(user)), int64(user), p.key).Query(s.read)
	s.queueScores(batch, p.keys())
	return s
}

// readKept reads rows straight from the wire: an answer late in a course meets a hundred of them.
func (s *Sheet) readKept(rows pgx.Rows) error {
	defer rows.Close()
	var row pg.Row
	for rows.Next() {
		row.Read(rows)
		if row.Null(0) {
			s.Course = CourseRow{
				Percent: orNone(row.Float(1)), Version: row.Int(7), CourseVersion: course.VersionID(row.Text(8)), CourseEdited: row.Time(9),
				PolicyHash: row.Text(10), Letter: row.Text(11), Passing: row.Bool(12), Modified: row.Time(14),
			}
			s.Course.FirstPassed = timeOrNil(&row, 13)
			continue
		}
		k := kept{stored: true, graded: grading.Score{Earned: orNone(row.Float(1)), Possible: orNone(row.Float(2))}}
		if s.few && !row.Null(8) {
			s.sums = &sums{version: course.VersionID(row.Text(8)), hash: row.Text(10)}
			s.sums.All, s.sums.Graded = grading.Score{Earned: orNone(row.Float(15)), Possible: orNone(row.Float(16))}, k.graded
			s.sums.AttemptedAll, s.sums.AttemptedGraded = timeOrNil(&row, 9), timeOrNil(&row, 13)
		}
		o := grading.Override{EarnedAll: row.Float(3), PossibleAll: row.Float(4), EarnedGraded: row.Float(5), PossibleGraded: row.Float(6)}
		if !o.IsZero() {
			k.override = new(o)
			k.graded = o.Apply(grading.Totals{Graded: k.graded}).Graded
		}
		s.keepAt(row.Bytes(0), k)
	}
	if err := errors.Join(row.Err(), rows.Err()); err != nil {
		return fmt.Errorf("read grades: %w", err)
	}
	return nil
}

func timeOrNil(row *pg.Row, i int) *time.Time {
	if row.Null(i) {
		return nil
	}
	return new(row.Time(i))
}

func orNone(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
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
			s.keep(&r)
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
		if k := s.of(sub); k.stored {
			a.Score = k.graded
		} else if sub.possible(may) {
			a.Score = p.totals(sub, sub.seen(may), nil).Graded
		}
		list = append(list, a)
	}
	return grading.Grade(p.Policy, list)
}

// stand is the course grade of stored subsection grades for who does not ask how it comes about: it looks at one block of each subsection
// without one.
func (p *Plan) stand(stored []kept, may Visible) grading.Standing {
	percents := make([][]float64, len(p.byGrader))
	for g, subs := range p.byGrader {
		list := make([]float64, 0, max(len(subs), p.Policy.Graders[g].MinCount))
		for _, i := range subs {
			sub := &p.Subsections[i]
			if !may(sub.Node) {
				continue
			}
			if len(stored) > 0 && stored[i].stored {
				if score := stored[i].graded; score.Possible > 0 {
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
