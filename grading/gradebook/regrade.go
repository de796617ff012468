package gradebook

import (
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/state"
)

// Update is a change of one learner's grades, ready to be stored.
type Update struct {
	Plan    *Plan
	User    learner.ID
	Was     CourseRow
	Course  CourseRow
	Changed []Row // subsections whose rows are written

	subs  []*Subsection // those of the changed rows
	lists []blockList   // what the changed rows were made of
	again bool          // one row, which was there before and keeps its override
	book  *Book
}

// Regrade computes the grades that follow from the sheet's scores in one subsection. may says what the learner sees. The sheet must
// hold the scores of all the subsection's blocks, the new ones included, or suffice without: see [Sheet.Suffices].
func (b *Book) Regrade(s *Sheet, sub *Subsection, may Visible, now time.Time) *Update {
	u := &Update{Plan: s.Plan, User: s.User, Was: s.Course, book: b}
	now = now.UTC().Truncate(time.Microsecond)
	u.regrade(s, sub, may, now)
	u.settle(s, may, now)
	return u
}

// regrade computes one subsection anew.
func (u *Update) regrade(s *Sheet, sub *Subsection, may Visible, now time.Time) {
	was := s.of(sub)
	seen := sub.seen(may)
	var totals grading.Totals
	if s.few {
		var ok bool
		if totals, ok = s.shift(sub, seen); !ok {
			panic("gradebook: a grade of scores that were not loaded") // the caller has not asked Suffices
		}
	} else {
		totals = s.Plan.totals(sub, seen, s)
	}
	if !was.stored && totals.AttemptedAll == nil {
		return // never attempted: nothing is kept
	}
	list := s.Plan.listOf(sub, seen)
	row := Row{
		Key: sub.Node.Key, CourseVersion: s.Plan.Course.Version, SubtreeEdited: s.Plan.Edited, BlocksHash: list.hash, Totals: totals, Modified: now,
	}
	if was.override != nil {
		row.Override = *was.override
	}
	u.change(sub, row, list)
	u.again = was.stored && len(u.Changed) == 1
}

func (u *Update) change(sub *Subsection, row Row, list blockList) {
	u.subs, u.Changed, u.lists = append(u.subs, sub), append(u.Changed, row), append(u.lists, list)
}

// settle computes the course grade from the stored rows and the changed ones.
func (u *Update) settle(s *Sheet, may Visible, now time.Time) {
	p := s.Plan
	stored := make([]kept, len(p.Subsections))
	copy(stored, s.kept)
	for i, sub := range u.subs {
		for _, at := range p.byKey[sub.Node.Usage] { // a row is that of all subsections with its key
			stored[at] = kept{stored: true, graded: u.Changed[i].InForce().Graded}
		}
	}
	grade := p.stand(stored, may)
	u.Course = CourseRow{
		Version: s.Course.Version + 1, CourseVersion: p.Course.Version, CourseEdited: p.Edited, PolicyHash: p.Policy.Hash,
		Percent: grade.Percent, Letter: grade.Letter, Passing: grade.Passed, FirstPassed: s.Course.FirstPassed, Modified: now,
	}
	if u.Course.Passing && u.Course.FirstPassed == nil {
		u.Course.FirstPassed = &now
	}
}

var insertCourseGrade = pg.ForUser(`
	INSERT INTO {course_grade/4} (user_id, course_key, version, course_version, course_edited, policy_hash, percent, letter, passing, first_passed, created, modified)
	VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $10)`)

const updateCourse = `
		UPDATE {course_grade/4}
		SET    version = version + 1, course_version = $3, course_edited = $4, policy_hash = $5, percent = $6, letter = $7, passing = $8,
		       first_passed = $9, modified = $10
		/*many FROM given*/
		WHERE  user_id = $1 AND course_key = $2 AND version = $11
		RETURNING 1`

var updateCourseGrade = pg.ForUser(`
	WITH kept AS (` + updateCourse + `
	)
	SELECT compare_and_set(EXISTS (SELECT FROM kept))`)

// Again is what nearly every answer needs: the course grade and one subsection grade that were there before. See [Update.Again].
var Again = pg.Change{
	With: `kept AS (` + updateCourse + `
	), subsection AS (
		UPDATE {subsection_grade/4}
		SET    course_version = $3, subtree_edited = $13, visible_blocks_hash = $14, earned_all = $15, possible_all = $16, earned_graded = $17,
		       possible_graded = $18, first_attempted = $19, first_attempted_graded = $20, modified = $10
		/*many FROM given*/
		WHERE  user_id = $1 AND course_key = $2 AND usage_key = $12
	)`,
	Found: "kept", Parameters: 20,
}

var updateGrades = pg.Changes(Again)

var upsertSubsectionGrade = pg.ForUser(`
	INSERT INTO {subsection_grade/4} (user_id, course_key, usage_key, course_version, subtree_edited, visible_blocks_hash,
	       earned_all, possible_all, earned_graded, possible_graded, first_attempted, first_attempted_graded,
	       override_earned_all, override_possible_all, override_earned_graded, override_possible_graded, created, modified)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
	ON CONFLICT (user_id, course_key, usage_key) DO UPDATE
	SET    course_version = excluded.course_version, subtree_edited = excluded.subtree_edited,
	       visible_blocks_hash = excluded.visible_blocks_hash,
	       earned_all = excluded.earned_all, possible_all = excluded.possible_all,
	       earned_graded = excluded.earned_graded, possible_graded = excluded.possible_graded,
	       first_attempted = excluded.first_attempted, first_attempted_graded = excluded.first_attempted_graded,
	       override_earned_all = excluded.override_earned_all, override_possible_all = excluded.override_possible_all,
	       override_earned_graded = excluded.override_earned_graded, override_possible_graded = excluded.override_possible_graded,
	       modified = excluded.modified`)

const insertBlockList = `
	INSERT INTO visible_blocks (course_key, hash, blocks) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`

// Queue puts the writes into batch, which must run as one transaction. It fails as a whole, with an error that [state.Lost] knows,
// when other grades of the learner in the course were stored since the sheet was read. It goes first in a batch: its row is what
// writers of one learner's grades wait for, always in the same order.
func (u *Update) Queue(batch *pgx.Batch) {
	if args, ok := u.Again(batch); ok {
		batch.Queue(updateGrades.Of(int64(u.User)), args...)
		return
	}
	key, args := u.Plan.key, u.courseArgs()
	if u.Was.Version == 0 {
		batch.Queue(insertCourseGrade.Of(int64(u.User)), args...)
	} else {
		batch.Queue(updateCourseGrade.Of(int64(u.User)), append(args, u.Was.Version)...)
	}
	for i, r := range u.Changed {
		u.queueList(batch, i)
		t, o := r.Totals, r.Override
		batch.Queue(upsertSubsectionGrade.Of(int64(u.User)),
			int64(u.User), key, u.subs[i].Node.Usage, string(r.CourseVersion), orNull(r.SubtreeEdited), r.BlocksHash,
			t.All.Earned, t.All.Possible, t.Graded.Earned, t.Graded.Possible, t.AttemptedAll, t.AttemptedGraded,
			o.EarnedAll, o.PossibleAll, o.EarnedGraded, o.PossibleGraded, r.Modified)
	}
}

// Again is Queue for who makes one statement of [Again] and changes of its own: it returns the arguments, and puts into batch what goes before
// the statement. Where ok is false Queue does it.
func (u *Update) Again(batch *pgx.Batch) (args []any, ok bool) {
	if !u.again {
		return nil, false
	}
	r := u.Changed[0]
	t := r.Totals
	u.queueList(batch, 0)
	return append(u.courseArgs(), u.Was.Version, u.subs[0].Node.Usage, orNull(r.SubtreeEdited), r.BlocksHash,
		t.All.Earned, t.All.Possible, t.Graded.Earned, t.Graded.Possible, t.AttemptedAll, t.AttemptedGraded), true
}

// courseArgs are the arguments for the course grade, with room for those of a subsection and of a state.
func (u *Update) courseArgs() []any {
	c := u.Course
	return append(make([]any, 0, 37),
		int64(u.User), u.Plan.key, string(c.CourseVersion), orNull(c.CourseEdited), c.PolicyHash, c.Percent, c.Letter, c.Passing, c.FirstPassed, c.Modified)
}

// queueList keeps the list of blocks a changed row was made of, unless it is known to be kept.
func (u *Update) queueList(batch *pgx.Batch, i int) {
	if list := u.lists[i]; list.text != nil && !u.book.lists.has(list.hash) {
		batch.Queue(insertBlockList, u.Plan.key, list.hash, string(list.text))
	}
}

// Stored is called when the transaction has been committed.
func (u *Update) Stored() {
	for _, list := range u.lists {
		u.book.lists.add(list.hash)
	}
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// WithScore returns the sheet with one score replaced; the sheet itself is not changed.
func (s *Sheet) WithScore(key course.UsageKey, score state.Score) *Sheet {
	with := *s
	if s.set != nil && s.set.key != key {
		with.Scores = make(map[course.UsageKey]state.Score, len(s.Scores)+1)
		maps.Copy(with.Scores, s.Scores)
		with.Scores[s.set.key] = s.set.Score
	}
	if score.MaxGrade == nil { // taken away
		score = state.Score{}
	}
	with.set = &setScore{key, score}
	return &with
}
