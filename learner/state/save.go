package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// A change and its history row are one statement: fewer messages, and neither can be there without the other.
var insertState = pg.ForUser(`
	WITH kept AS (
		INSERT INTO {block_state/4} (user_id, course_key, usage_key, block_type, state, grade, max_grade, final, submission_id, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
	)
	INSERT INTO {block_state_history/4} (user_id, course_key, usage_key, version, state, grade, max_grade, cause, actor_id, created,
	       submission_id, request_hash, reply, grade_version)
	SELECT $1, $2, $3, 1, $5, $6, $7, $11, $12, $10, $13, $14, $15, $16
	WHERE  $11::text IS NOT NULL`)

// Changed is the statement of a [Change] of a state that was there before, for who makes one statement of it and others. See [Change.Args].
var Changed = pg.Change{
	With: `changed AS (
		UPDATE {block_state/4}
		SET    state = $5, grade = $6, max_grade = $7, final = $8, submission_id = $9, modified = $10, version = version + 1, block_type = $4
		/*many FROM given*/
		WHERE  user_id = $1 AND course_key = $2 AND usage_key = $3 AND version = $17
		RETURNING user_id, version
	), past AS (
		INSERT INTO {block_state_history/4} (user_id, course_key, usage_key, version, state, grade, max_grade, cause, actor_id, created,
		       submission_id, request_hash, reply, grade_version)
		SELECT $1, $2, $3, version, $5, $6, $7, $11, $12, $10, $13, $14, $15, $16
		FROM   changed /*many JOIN given ON $1 = changed.user_id*/
		WHERE  $11::text IS NOT NULL
	)`,
	Found: "changed", Parameters: 17,
}

var updateState = pg.Changes(Changed)

var insertOnce = pg.ForUser(`
	INSERT INTO {block_state/4} (user_id, course_key, usage_key, block_type, state, created, modified)
	VALUES ($1, $2, $3, $4, $5, $6, $6)
	ON CONFLICT DO NOTHING`)

var upsertPlace = pg.ForUser(`
	INSERT INTO {block_state/4} AS s (user_id, course_key, usage_key, block_type, state, created, modified)
	VALUES ($1, $2, $3, $4, $5, $6, $6)
	ON CONFLICT (user_id, course_key, usage_key) DO UPDATE
	SET    state = (s.state::jsonb || excluded.state::jsonb)::json, modified = excluded.modified, version = s.version + 1`)

// QueueChange puts a change into b, which must be run as one transaction: pgx's SendBatch outside of a transaction does. When another
// change came first, the batch fails with an error that [Lost] knows.
func QueueChange(b *pgx.Batch, c Change) {
	args := c.Args(make([]any, 0, Changed.Parameters))
	if c.Seen == 0 {
		b.Queue(insertState.Of(int64(c.User)), args[:Changed.Parameters-1]...)
		return
	}
	b.Queue(updateState.Of(int64(c.User)), args...)
}

// Args appends the arguments of [Changed].
func (c *Change) Args(args []any) []any {
	args = append(args,
		int64(c.User), c.Course.String(), c.Key.String(), c.Key.Type, string(c.State), c.Grade, c.MaxGrade, c.Final, text(c.SubmissionID),
		stamp(c.Time), text(c.Cause), actor(c.Actor))
	if r := c.Receipt; r != nil {
		args = append(args, r.ID, r.RequestHash, string(r.Reply), r.GradeVersion)
	} else {
		args = append(args, nil, nil, nil, nil)
	}
	return append(args, c.Seen)
}

// Save makes one change. It fails with [ErrChanged], a Conflict, when another came first.
func (s *Store) Save(ctx context.Context, c Change) error {
	var b pgx.Batch
	QueueChange(&b, c)
	err := s.db.SendBatch(ctx, &b).Close()
	if Lost(err) {
		return fault.Conflictf("save %s: %w", c.Key, errors.Join(ErrChanged, err))
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", c.Key, err)
	}
	return nil
}

// KeepFirst keeps the given states of blocks that have none yet, all of one learner and course, and returns what is kept of those
// blocks afterwards: two pages that draw different seeds at once both get the one that was first.
func (s *Store) KeepFirst(ctx context.Context, user learner.ID, c course.Key, first map[course.UsageKey]json.RawMessage, now time.Time) (Records, error) {
	if len(first) == 0 {
		return Records{}, nil
	}
	var b pgx.Batch
	keys := make([]course.UsageKey, 0, len(first))
	for key, state := range first {
		keys = append(keys, key)
		b.Queue(insertOnce.Of(int64(user)), int64(user), c.String(), key.String(), key.Type, string(state), stamp(now))
	}
	var got Records
	QueueLoad(&b, user, c, texts(keys), func(r Records) { got = r })
	if err := s.db.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("keep first states: %w", err)
	}
	return got, nil
}

// QueueMerge sets members of the object kept for a block, whatever its version, and keeps the others. It is for places and settings of
// pages, where the last word wins; it leaves no history.
func QueueMerge(b *pgx.Batch, user learner.ID, c course.Key, key course.UsageKey, members json.RawMessage, now time.Time) {
	b.Queue(upsertPlace.Of(int64(user)), int64(user), c.String(), key.String(), key.Type, string(members), stamp(now))
}

// stamp is the time of a change as PostgreSQL keeps it, so that what is returned equals what is read later.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func actor(id learner.ID) *int64 {
	if id == 0 {
		return nil
	}
	n := int64(id)
	return &n
}
