// Package schedule keeps the due dates that hold for one person only: extensions that staff give for a subsection.
//
// Which date then counts for a block is decided by learner/access; this room stores and lists. The rule a newcomer would
// break: an extension may only be later than the course's own due date.
package schedule

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Extensions are one person's own due dates in one course, UTC, by block.
type Extensions map[course.UsageKey]time.Time

const selectExtensions = `SELECT usage_key, due FROM due_extension WHERE user_id = $1 AND course_key = $2`

// Small is [Of] beside other statements, for [ReadSmall].
const Small pg.Small = `
	SELECT usage_key, NULL::text, NULL::text, due, NULL::timestamptz, NULL::boolean
	FROM   due_extension
	WHERE  user_id = $1 AND course_key = $2`

// ReadSmall adds what Small found to the extensions in the course.
func (e *Extensions) ReadSmall(row *pg.Row, key course.Key) error {
	u, err := course.ParseUsageKey(row.Text(1))
	if err != nil {
		return fmt.Errorf("read extension: %w", err)
	}
	if *e == nil {
		*e = Extensions{}
	}
	(*e)[u.In(key)] = row.Time(4)
	return row.Err()
}

// Of returns a person's extensions in a course.
func Of(ctx context.Context, q pg.Querier, user learner.ID, key course.Key) (Extensions, error) {
	rows, err := q.Query(ctx, selectExtensions, user, key)
	if err != nil {
		return nil, fmt.Errorf("select extensions: %w", err)
	}
	return collect(rows, key)
}

func collect(rows pgx.Rows, key course.Key) (Extensions, error) {
	out := Extensions{}
	var u course.UsageKey
	var due time.Time
	if _, err := pgx.ForEachRow(rows, []any{&u, &due}, func() error {
		out[u.In(key)] = due.UTC()
		return nil
	}); err != nil {
		return nil, fmt.Errorf("select extensions: %w", err)
	}
	return out, nil
}

// Extend gives a person a later due date for a subsection. original is the course's own due date; a date that is not
// later, or a subsection without one, is Invalid.
func Extend(ctx context.Context, q pg.Querier, user learner.ID, subsection course.UsageKey, original *time.Time, due time.Time, by learner.ID) error {
	if original == nil {
		return fault.Invalidf("extend %s: it has no due date", subsection).Field("due", "schedule.no_due_date")
	}
	if !due.After(*original) {
		return fault.Invalidf("extend %s: %s is not after %s", subsection, due, original).Field("due", "schedule.not_later")
	}
	const query = `
		INSERT INTO due_extension (user_id, course_key, usage_key, due, granted_by) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, course_key, usage_key) DO UPDATE SET due = excluded.due, granted_by = excluded.granted_by, granted = now()`
	if _, err := q.Exec(ctx, query, user, subsection.Course, subsection, due, by); err != nil {
		return fmt.Errorf("write extension: %w", err)
	}
	return nil
}

// Reset takes an extension back; the course's own due date holds again.
func Reset(ctx context.Context, q pg.Querier, user learner.ID, subsection course.UsageKey) error {
	const query = `DELETE FROM due_extension WHERE user_id = $1 AND course_key = $2 AND usage_key = $3`
	if _, err := q.Exec(ctx, query, user, subsection.Course, subsection); err != nil {
		return fmt.Errorf("delete extension: %w", err)
	}
	return nil
}
