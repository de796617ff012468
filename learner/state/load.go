package state

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/pg"
	"lyceum/learner"
)

var selectRecords = pg.ForUser(`
	SELECT usage_key, state, grade, max_grade, final, version, submission_id, created, modified
	FROM   {block_state/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3)`)

var selectRecord = pg.ForUser(`
	SELECT usage_key, state, grade, max_grade, final, version, submission_id, created, modified
	FROM   {block_state/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = $3`)

var selectScores = pg.ForUser(`
	SELECT usage_key, grade, max_grade, final, created
	FROM   {block_state/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3) AND max_grade IS NOT NULL`)

var selectRecordAndScores = pg.ForUser(`
	SELECT usage_key, CASE WHEN usage_key = $4 THEN state END, grade, max_grade, final, version, submission_id, created, modified
	FROM   {block_state/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3)`)

var selectCourse = pg.ForUser(`
	SELECT usage_key, state, grade, max_grade, final, version, submission_id, created, modified
	FROM   {block_state/4}
	WHERE  user_id = $1 AND course_key = $2`)

var selectReceipt = pg.ForUser(`
	SELECT usage_key, version, submission_id, request_hash, reply, grade_version, created
	FROM   {block_state_history/4}
	WHERE  user_id = $1 AND submission_id = $2`)

var selectHistory = pg.ForUser(`
	SELECT version, state, grade, max_grade, cause, actor_id, created
	FROM   {block_state_history/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = $3
	ORDER  BY version`)

// QueueLoad puts the query for the given blocks, named by their keys as text, into b. use gets what was found when the batch's results are
// read; keys of another course are not looked for.
func QueueLoad(b *pgx.Batch, user learner.ID, c course.Key, usages []string, use func(Records)) {
	b.Queue(selectRecords.Of(int64(user)), int64(user), c.String(), usages).Query(func(rows pgx.Rows) error {
		got, err := collect(rows, c)
		if err != nil {
			return fmt.Errorf("load states: %w", err)
		}
		use(got)
		return nil
	})
}

// QueueLoadRecord is [QueueLoad] for one block: use gets the zero Record where nothing is kept.
func QueueLoadRecord(b *pgx.Batch, user learner.ID, c course.Key, usage string, use func(Record)) {
	b.Queue(selectRecord.Of(int64(user)), int64(user), c.String(), usage).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		var record Record
		var row pg.Row
		for rows.Next() {
			var err error
			if record, err = readRecord(&row, rows, c); err != nil {
				return fmt.Errorf("load state: %w", err)
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("load state: %w", err)
		}
		use(record)
		return nil
	})
}

// QueueLoadScores is [QueueLoad] without the states: only blocks with points, and only the points.
func QueueLoadScores(b *pgx.Batch, user learner.ID, c course.Key, keys []course.UsageKey, use func(map[course.UsageKey]Score)) {
	b.Queue(selectScores.Of(int64(user)), int64(user), c.String(), texts(keys)).Query(func(rows pgx.Rows) error {
		got := make(map[course.UsageKey]Score)
		var key course.UsageKey
		var s Score
		_, err := pgx.ForEachRow(rows, []any{&key, &s.Grade, &s.MaxGrade, &s.Final, &s.Created}, func() error {
			s.Created = s.Created.UTC()
			got[key.In(c)] = s
			s = Score{}
			return nil
		})
		if err != nil {
			return fmt.Errorf("load scores: %w", err)
		}
		use(got)
		return nil
	})
}

// QueueLoadOne puts the query for one block with its state, and for the points of others of the course, named by their keys as text, into b:
// what an answer needs, in one statement.
func QueueLoadOne(b *pgx.Batch, user learner.ID, c *course.Compiled, one *course.Node, scored []string, use func(Record, map[course.UsageKey]Score)) {
	if !slices.Contains(scored, one.Usage) {
		scored = append(slices.Clip(scored), one.Usage)
	}
	b.Queue(selectRecordAndScores.Of(int64(user)), int64(user), c.Key.String(), scored, one.Usage).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		var record Record
		var row pg.Row
		scores := make(map[course.UsageKey]Score, len(scored))
		for rows.Next() {
			row.Read(rows)
			n, ok := c.FindText(string(row.Bytes(0)))
			if !ok {
				continue
			}
			if n.Key == one.Key {
				var err error
				if record, err = readRecord(&row, rows, c.Key); err != nil {
					return fmt.Errorf("load state: %w", err)
				}
			}
			if !row.Null(3) {
				scores[n.Key] = Score{Grade: row.Float(2), MaxGrade: row.Float(3), Final: row.Bool(4), Created: row.Time(7)}
			}
		}
		if err := errors.Join(row.Err(), rows.Err()); err != nil {
			return fmt.Errorf("load state and scores: %w", err)
		}
		use(record, scores)
		return nil
	})
}

// Load returns what is kept of the given blocks.
func (s *Store) Load(ctx context.Context, user learner.ID, c course.Key, keys ...course.UsageKey) (Records, error) {
	var b pgx.Batch
	var got Records
	QueueLoad(&b, user, c, texts(keys), func(r Records) { got = r })
	if err := s.db.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	return got, nil
}

// LoadCourse returns everything kept of one learner in a course.
func (s *Store) LoadCourse(ctx context.Context, user learner.ID, c course.Key) (Records, error) {
	rows, err := s.db.Query(ctx, selectCourse.Of(int64(user)), int64(user), c.String())
	if err != nil {
		return nil, fmt.Errorf("load states of a course: %w", err)
	}
	got, err := collect(rows, c)
	if err != nil {
		return nil, fmt.Errorf("load states of a course: %w", err)
	}
	return got, nil
}

// History returns every state the block was in, oldest first. Changes without a cause are not in it.
func (s *Store) History(ctx context.Context, user learner.ID, c course.Key, key course.UsageKey) ([]Past, error) {
	rows, err := s.db.Query(ctx, selectHistory.Of(int64(user)), int64(user), c.String(), key.String())
	if err != nil {
		return nil, fmt.Errorf("load history of %s: %w", key, err)
	}
	past, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Past, error) {
		var p Past
		var actor *int64
		err := row.Scan(&p.Version, (*[]byte)(&p.State), &p.Grade, &p.MaxGrade, &p.Cause, &actor, &p.Created)
		if actor != nil {
			p.Actor = learner.ID(*actor)
		}
		p.Created = p.Created.UTC()
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("load history of %s: %w", key, err)
	}
	return past, nil
}

// QueueReceipt puts the query for the answer with the given token into b. use is not called when there is none.
func QueueReceipt(b *pgx.Batch, user learner.ID, id string, use func(*Receipt)) {
	b.Queue(selectReceipt.Of(int64(user)), int64(user), id).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			var r Receipt
			if err := rows.Scan(&r.Key, &r.Version, &r.ID, &r.RequestHash, (*[]byte)(&r.Reply), &r.GradeVersion, &r.Created); err != nil {
				return fmt.Errorf("find receipt: %w", err)
			}
			r.Created = r.Created.UTC()
			use(&r)
		}
		return rows.Err()
	})
}

func collect(rows pgx.Rows, c course.Key) (Records, error) {
	defer rows.Close()
	got := make(Records)
	var row pg.Row
	for rows.Next() {
		r, err := readRecord(&row, rows, c)
		if err != nil {
			return nil, err
		}
		got[r.Key] = r
	}
	return got, rows.Err()
}

// readRecord reads the columns of selectRecords.
func readRecord(row *pg.Row, rows pgx.Rows, c course.Key) (Record, error) {
	row.Read(rows)
	key, err := course.ParseUsageKey(row.Text(0))
	if err != nil {
		return Record{}, err
	}
	return Record{
		Key:   key.In(c), // keys of the old form are kept without their run
		State: slices.Clone(row.Bytes(1)), Grade: row.Float(2), MaxGrade: row.Float(3), Final: row.Bool(4), Version: row.Int(5),
		SubmissionID: row.Text(6), Created: row.Time(7), Modified: row.Time(8),
	}, row.Err()
}

func texts(keys []course.UsageKey) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.String()
	}
	return out
}
