package completion

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Values are completions by block; a block without one is absent, which counts as 0.
type Values map[course.UsageKey]float64

// Store reads and writes completions.
type Store struct{ db pg.Querier }

// New returns a store on db.
func New(db pg.Querier) *Store { return &Store{db} }

var selectCourse = pg.ForUser(`
	SELECT usage_key, completion
	FROM   {block_completion/4}
	WHERE  user_id = $1 AND course_key = $2`)

var selectComplete = pg.ForUser(`
	SELECT usage_key
	FROM   {block_completion/4}
	WHERE  user_id = $1 AND course_key = $2 AND completion >= 1`)

var selectCompleteOf = pg.ForUser(`
	SELECT usage_key
	FROM   {block_completion/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3) AND completion >= 1`)

var selectLast = pg.ForUser(`
	SELECT usage_key, modified
	FROM   {block_completion/4}
	WHERE  user_id = $1 AND course_key = $2 AND completion > 0
	ORDER  BY modified DESC, usage_key
	LIMIT  $3`)

// A value that does not change is not written, so that viewing again costs no write-ahead log.
var upsert = pg.ForUser(`
	INSERT INTO {block_completion/4} AS c (user_id, course_key, usage_key, completion, modified)
	VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (user_id, course_key, usage_key) DO UPDATE
	SET    completion = excluded.completion, modified = excluded.modified
	WHERE  c.completion <> excluded.completion`)

// QueueMarks puts the query for what is complete in a course into b.
func QueueMarks(b *pgx.Batch, user learner.ID, c *course.Compiled, use func(Marks)) {
	b.Queue(selectComplete.Of(int64(user)), int64(user), c.Key.String()).Query(readMarks(c, use, nil))
}

func queue(b *pgx.Batch, c course.Key, use func(Values), query string, args ...any) {
	b.Queue(query, args...).Query(func(rows pgx.Rows) error {
		got := make(Values)
		var key course.UsageKey
		var value float64
		_, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error {
			got[key.In(c)] = value
			return nil
		})
		if err != nil {
			return fmt.Errorf("load completions: %w", err)
		}
		use(got)
		return nil
	})
}

// LoadCourse returns all completions of a learner in a course.
func (s *Store) LoadCourse(ctx context.Context, user learner.ID, c course.Key) (Values, error) {
	var b pgx.Batch
	var got Values
	queue(&b, c, func(v Values) { got = v }, selectCourse.Of(int64(user)), int64(user), c.String())
	if err := s.db.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	return got, nil
}

// Last is a block and when it was last completed further.
type Last struct {
	Key  course.UsageKey
	Time time.Time // UTC
}

// QueueLast puts the query for the n blocks completed last into b, newest first: where a learner resumes is the first of them that
// still exists and is visible.
func QueueLast(b *pgx.Batch, user learner.ID, c course.Key, n int, use func([]Last)) {
	b.Queue(selectLast.Of(int64(user)), int64(user), c.String(), n).Query(func(rows pgx.Rows) error {
		got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Last, error) {
			var l Last
			err := row.Scan(&l.Key, &l.Time)
			l.Key, l.Time = l.Key.In(c), l.Time.UTC()
			return l, err
		})
		if err != nil {
			return fmt.Errorf("load last completions: %w", err)
		}
		use(got)
		return nil
	})
}

// QueueSet puts a value into b. It must be a number from 0 to 1, which the flows that take numbers from outside check with [Valid].
func QueueSet(b *pgx.Batch, user learner.ID, c course.Key, key course.UsageKey, value float64, now time.Time) {
	b.Queue(upsert.Of(int64(user)), int64(user), c.String(), key.String(), value, now.UTC())
}

// Valid reports whether v is a completion at all.
func Valid(v float64) bool { return !math.IsNaN(v) && v >= 0 && v <= 1 }

// Publish keeps completions a page or a component reports of its learner, who is enrolled. Blocks that do not exist or cannot be
// completed, and values that are no completions, are Invalid, and then nothing is kept.
func (s *Store) Publish(ctx context.Context, user learner.ID, c *course.Compiled, values Values, now time.Time) error {
	var b pgx.Batch
	for key, v := range values {
		n, ok := c.Node(key)
		switch {
		case !ok:
			return fault.Invalidf("completion of %s: no such block", key)
		case !Reportable(n):
			return fault.Invalidf("completion of %s: not a block that is completed by itself", key)
		case !Valid(v):
			return fault.Invalidf("completion of %s: %v is not from 0 to 1", key, v)
		}
		QueueSet(&b, user, c.Key, key, v, now)
	}
	if b.Len() == 0 {
		return nil
	}
	if err := s.db.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("publish completions: %w", err)
	}
	return nil
}

// PublishViewed keeps that blocks were seen long enough. Only kinds that are complete when seen take it, and only as a whole.
func (s *Store) PublishViewed(ctx context.Context, user learner.ID, c *course.Compiled, values Values, now time.Time) error {
	for key, v := range values {
		if n, ok := c.Node(key); !ok || !n.Facts.OnView || v != 1 {
			return fault.Invalidf("completion of %s by view: refused", key)
		}
	}
	return s.Publish(ctx, user, c, values, now)
}

// Reportable reports whether n has a completion of its own.
func Reportable(n *course.Node) bool { return n.Completable() }
