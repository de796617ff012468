package gradebook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/state"
)

// Learner is everything stored of one learner's grades in a course, down to the question. What was never attempted shows the points
// that could be earned.
type Learner struct {
	Course   *course.Compiled
	Stored   CourseRow           // what counts: percent, letter, passed
	Grade    grading.CourseGrade // how it comes about, by assignment type
	Chapters []ChapterGrade      // what the learner may see, in course order

	policy grading.Policy
}

// ChapterGrade is a section with its subsections.
type ChapterGrade struct {
	Node        *course.Node
	Score       grading.Score // sum of the graded totals
	Subsections []SubsectionGrade
}

// SubsectionGrade is a subsection with its questions.
type SubsectionGrade struct {
	Node      *course.Node
	Graded    bool
	Format    string
	Totals    grading.Totals // in force: the override applied
	Override  grading.Override
	Percent   float64              // of the graded total
	Attempted bool                 // some graded block was attempted, or there is an override
	Stored    bool                 // false: nothing is stored, the totals are what could be earned
	Version   course.VersionID     // the version the stored totals were made from
	Blocks    []grading.BlockScore // scored blocks, in course order
	Withheld  bool                 // results are not shown yet: totals and scores are left out
}

const selectBlockLists = `
	SELECT hash, blocks
	FROM   visible_blocks
	WHERE  course_key = $2
	AND    hash IN (SELECT visible_blocks_hash FROM subsection_grade WHERE user_id = $1 AND course_key = $2)`

// Learner reads one learner's grades in one round trip. A learner without any gets zeros. may says what the learner sees.
func (b *Book) Learner(ctx context.Context, c *course.Compiled, user learner.ID, may Visible) (*Learner, error) {
	var batch pgx.Batch
	read := b.QueueLearner(&batch, c, user)
	if err := b.db.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("read grades of a learner: %w", err)
	}
	return read(may)
}

// QueueLearner puts the queries of [Book.Learner] into batch, for a page that has others to send. The function it returns is called
// when the results have been read.
func (b *Book) QueueLearner(batch *pgx.Batch, c *course.Compiled, user learner.ID) (read func(Visible) (*Learner, error)) {
	p := b.Plan(c)
	sheet := b.queueWhole(batch, user, p)
	lists := map[string][]byte{}
	batch.Queue(selectBlockLists, int64(user), c.Key.String()).Query(func(rows pgx.Rows) error {
		var hash string
		var text []byte
		_, err := pgx.ForEachRow(rows, []any{&hash, &text}, func() error {
			lists[hash] = append([]byte(nil), text...)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read visible blocks: %w", err)
		}
		return nil
	})
	return func(may Visible) (*Learner, error) { return sheet.learner(lists, may) }
}

// keys are the keys of all scored blocks in subsections.
func (p *Plan) keys() []course.UsageKey {
	var keys []course.UsageKey
	for i := range p.Subsections {
		keys = append(keys, p.Subsections[i].Keys()...)
	}
	return keys
}

func (s *Sheet) learner(lists map[string][]byte, may Visible) (*Learner, error) {
	p := s.Plan
	l := &Learner{Course: p.Course, Stored: s.Course, Grade: s.grade(may), policy: p.Policy}
	at := map[int32]int{} // chapter -> index in l.Chapters
	for i := range p.Subsections {
		sub := &p.Subsections[i]
		if !may(sub.Node) {
			continue
		}
		g, err := s.subsection(sub, lists, may)
		if err != nil {
			return nil, err
		}
		chapter := p.Course.ParentOf(sub.Node)
		n, ok := at[chapter.Index]
		if !ok {
			n = len(l.Chapters)
			at[chapter.Index] = n
			l.Chapters = append(l.Chapters, ChapterGrade{Node: chapter})
		}
		l.Chapters[n].Score = l.Chapters[n].Score.Add(g.Totals.Graded)
		l.Chapters[n].Subsections = append(l.Chapters[n].Subsections, g)
	}
	return l, nil
}

func (s *Sheet) subsection(sub *Subsection, lists map[string][]byte, may Visible) (SubsectionGrade, error) {
	g := SubsectionGrade{Node: sub.Node, Graded: sub.Graded, Format: sub.Format}
	var blocks []grading.Block
	if row := s.rows[int32(sub.Index)]; row != nil {
		var err error
		if blocks, err = s.keptBlocks(row, lists); err != nil {
			return g, err
		}
		g.Stored, g.Version, g.Override, g.Totals = true, row.CourseVersion, row.Override, row.InForce()
		g.Attempted = row.Totals.AttemptedGraded != nil || !row.Override.IsZero()
	} else {
		seen := sub.seen(may)
		for _, b := range sub.visible(seen) {
			blocks = append(blocks, b.Block)
		}
		g.Totals = s.Plan.totals(sub, seen, nil)
	}
	g.Percent = g.Totals.Graded.Percent()
	for _, b := range blocks {
		var earned grading.Given
		if score, has := s.Scores[b.Key]; has {
			earned = given(score)
		}
		if score, counts := grading.ScoreOf(b, earned); counts {
			g.Blocks = append(g.Blocks, score)
		}
	}
	return g, nil
}

// keptBlocks are the blocks a stored grade was made of: their weights and maxima stay until the learner's next score.
func (s *Sheet) keptBlocks(row *Row, lists map[string][]byte) ([]grading.Block, error) {
	text, ok := lists[row.BlocksHash]
	if !ok {
		return nil, nil // a row that was made by an override alone
	}
	var kept keptBlocks
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, fmt.Errorf("read visible blocks %s: %w", row.BlocksHash, err)
	}
	blocks := make([]grading.Block, len(kept.Blocks))
	for i, k := range kept.Blocks {
		key := k.Key.In(s.Plan.Course.Key)
		name := key.ID
		if n, ok := s.Plan.Course.Node(key); ok {
			name = n.Name
		}
		blocks[i] = grading.Block{Key: key, Name: name, Weight: k.Weight, RawPossible: k.RawPossible, Excluded: !k.Graded}
	}
	return blocks, nil
}

// Shown returns what the learner is shown: subsections for which withheld is true lose their scores and are left out of the average,
// for as long as it is. What counts stays in Stored of l.
func (l *Learner) Shown(withheld func(*course.Node) bool) *Learner {
	shown := &Learner{Course: l.Course, Stored: l.Stored, Grade: l.Grade, policy: l.policy}
	hidden := map[course.UsageKey]bool{}
	for _, ch := range l.Chapters {
		out := ChapterGrade{Node: ch.Node}
		for _, s := range ch.Subsections {
			if withheld(s.Node) {
				hidden[s.Node.Key] = true
				s = SubsectionGrade{Node: s.Node, Graded: s.Graded, Format: s.Format, Withheld: true}
			}
			out.Score = out.Score.Add(s.Totals.Graded)
			out.Subsections = append(out.Subsections, s)
		}
		shown.Chapters = append(shown.Chapters, out)
	}
	if len(hidden) == 0 {
		return shown
	}
	var left []grading.Assignment
	for _, t := range l.Grade.Types {
		for _, e := range t.Entries {
			if !e.Placeholder && !hidden[e.Key] {
				left = append(left, e.Assignment)
			}
		}
	}
	shown.Grade = grading.Grade(l.policy, left)
	shown.Stored.Percent, shown.Stored.Letter, shown.Stored.Passing = shown.Grade.Percent, shown.Grade.Letter, shown.Grade.Passed
	shown.Stored.FirstPassed = nil
	return shown
}

// Difference is a stored number that is not what the states say.
type Difference struct {
	Key              course.UsageKey // a subsection, or the course block
	What             string
	Stored, Computed float64
}

// Verify recomputes one learner's grades from the states and returns what differs from what is stored. Grades made from another
// version of the course are not compared: they keep their points until the next score.
func (b *Book) Verify(ctx context.Context, c *course.Compiled, user learner.ID, may Visible) ([]Difference, error) {
	p := b.Plan(c)
	s, err := b.sheet(ctx, p, user)
	if err != nil {
		return nil, err
	}
	var diffs []Difference
	add := func(key course.UsageKey, what string, stored, computed float64) {
		if stored != computed {
			diffs = append(diffs, Difference{key, what, stored, computed})
		}
	}
	for i := range p.Subsections {
		sub := &p.Subsections[i]
		row := s.rows[int32(sub.Index)]
		if row != nil && row.CourseVersion != c.Version || !p.isFirst(sub) {
			continue
		}
		totals := p.totals(sub, sub.seen(may), s)
		if row == nil {
			if totals.AttemptedAll == nil {
				continue
			}
			row = &Row{}
		}
		add(sub.Node.Key, "earned_all", row.Totals.All.Earned, totals.All.Earned)
		add(sub.Node.Key, "possible_all", row.Totals.All.Possible, totals.All.Possible)
		add(sub.Node.Key, "earned_graded", row.Totals.Graded.Earned, totals.Graded.Earned)
		add(sub.Node.Key, "possible_graded", row.Totals.Graded.Possible, totals.Graded.Possible)
	}
	if s.Course.Version == 0 || s.Course.CourseVersion == c.Version {
		add(c.Root().Key, "percent", s.Course.Percent, p.stand(s.kept, may).Percent)
	}
	return diffs, nil
}

// sheet reads a learner's grades and all scores.
func (b *Book) sheet(ctx context.Context, p *Plan, user learner.ID) (*Sheet, error) {
	var batch pgx.Batch
	s := b.queueWhole(&batch, user, p)
	if err := b.db.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("read grades of a learner: %w", err)
	}
	return s, nil
}

// tries bounds how often a change of grades is made again because others came first.
const tries = 20

// change reads a learner's grades, lets do make an update of them, and stores it; when other grades came first, it starts again. A nil
// update changes nothing.
func (b *Book) change(ctx context.Context, c *course.Compiled, user learner.ID, do func(*Sheet, *pgx.Batch) (*Update, error)) (*Update, error) {
	p := b.Plan(c)
	for range tries {
		s, err := b.sheet(ctx, p, user)
		if err != nil {
			return nil, err
		}
		var rest pgx.Batch
		u, err := do(s, &rest)
		if err != nil || u == nil {
			return u, err
		}
		var batch pgx.Batch
		u.Queue(&batch)
		batch.QueuedQueries = append(batch.QueuedQueries, rest.QueuedQueries...)
		err = b.db.SendBatch(ctx, &batch).Close()
		if err == nil {
			u.Stored()
			return u, nil
		}
		if !state.Lost(err) {
			return nil, fmt.Errorf("store grades: %w", err)
		}
	}
	return nil, fault.Busyf("store grades of %d in %s: others came first %d times", user, c.Key, tries)
}

// Recalculate computes all of a learner's grades anew from the states and stores them, with the present content and policy. Overrides
// stand. It is what follows a change of policy. It returns nil when nothing is stored of the learner and nothing was attempted.
func (b *Book) Recalculate(ctx context.Context, c *course.Compiled, user learner.ID, may Visible) (*Update, error) {
	return b.change(ctx, c, user, func(s *Sheet, _ *pgx.Batch) (*Update, error) {
		u := &Update{Plan: s.Plan, User: s.User, Was: s.Course, book: b}
		now := b.clock.Now().UTC().Truncate(time.Microsecond)
		for i := range s.Plan.Subsections {
			if sub := &s.Plan.Subsections[i]; s.Plan.isFirst(sub) {
				u.regrade(s, sub, may, now)
			}
		}
		u.settle(s, may, now)
		if s.Course.Version == 0 && len(u.Changed) == 0 {
			return nil, nil
		}
		return u, nil
	})
}

const selectGraded = `
	SELECT user_id
	FROM   course_grade
	WHERE  course_key = $1 AND user_id > $2
	ORDER  BY user_id
	LIMIT  1000`

// Graded calls f for every learner with stored grades in a course, in the order of ids. It holds no connection while f runs.
func (b *Book) Graded(ctx context.Context, c course.Key, f func(learner.ID) error) error {
	last := int64(0)
	for {
		rows, err := b.db.Query(ctx, selectGraded, c.String(), last)
		if err != nil {
			return fmt.Errorf("list graded learners: %w", err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("list graded learners: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		for _, id := range ids {
			if err := f(learner.ID(id)); err != nil {
				return err
			}
		}
		last = ids[len(ids)-1]
	}
}

// CourseGrades reads the stored course grades of one learner in several courses, for dashboards; courses without one are absent.
func (b *Book) CourseGrades(ctx context.Context, user learner.ID, courses []course.Key) (map[course.Key]CourseRow, error) {
	const query = `
		SELECT course_key, version, course_version, policy_hash, percent, letter, passing, first_passed, modified
		FROM   course_grade
		WHERE  user_id = $1 AND course_key = ANY ($2)`
	keys := make([]string, len(courses))
	for i, k := range courses {
		keys[i] = k.String()
	}
	rows, err := b.db.Query(ctx, query, int64(user), keys)
	if err != nil {
		return nil, fmt.Errorf("read course grades: %w", err)
	}
	got := map[course.Key]CourseRow{}
	var key course.Key
	var r CourseRow
	_, err = pgx.ForEachRow(rows, []any{
		&key, &r.Version, (*string)(&r.CourseVersion), &r.PolicyHash, &r.Percent, &r.Letter, &r.Passing, &r.FirstPassed, &r.Modified,
	}, func() error {
		row := r
		row.FirstPassed, row.Modified = utc(r.FirstPassed), r.Modified.UTC()
		got[key] = row
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read course grades: %w", err)
	}
	return got, nil
}
