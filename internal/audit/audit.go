package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/pg"
)

// Source is where a request came from, as far as the log wants to know.
type Source struct {
	Actor     int64 // account whose rights are used; 0: nobody signed in, or the system
	RealActor int64 // account that acts, under masquerade; 0: the same
	Address   string
	RequestID string
}

// Entry is one act.
type Entry struct {
	Source
	Action string // dotted lower case, as account.password_changed
	Target string // kind:id, as user:42
	Course string // course key, "" for none
	Before any    // encoded as JSON; nil for none
	After  any
}

// User names an account as a target.
func User(id int64) string { return "user:" + strconv.FormatInt(id, 10) }

// Record adds an entry.
func Record(ctx context.Context, q pg.Querier, e Entry) error {
	return RecordEach(ctx, q, e, []string{e.Target})
}

// RecordEach adds an entry for each of several targets of one act, all or none; that of e itself is not looked at.
func RecordEach(ctx context.Context, q pg.Querier, e Entry, targets []string) error {
	before, err := encode(e.Before)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	after, err := encode(e.After)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	const query = `
		INSERT INTO audit (actor, real_actor, action, target, course_key, address, request_id, before, after)
		SELECT nullif(@actor, 0::bigint), nullif(@real_actor, 0::bigint), @action, target, @course, @address, @request, @before::jsonb, @after::jsonb
		FROM   unnest(@targets::text[]) WITH ORDINALITY AS t (target, n)
		ORDER  BY n`
	_, err = q.Exec(ctx, query, pgx.StrictNamedArgs{
		"actor": e.Actor, "real_actor": e.RealActor, "action": e.Action, "targets": targets, "course": e.Course,
		"address": e.Address, "request": e.RequestID, "before": before, "after": after,
	})
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// encode returns a side of a change as an argument of a statement; an absent one is null.
func encode(v any) (arg any, err error) {
	if v == nil {
		return arg, nil
	}
	text, err := json.Marshal(v)
	return string(text), err
}

// Row is an entry as it was kept.
type Row struct {
	ID        int64
	At        time.Time
	Actor     *int64
	RealActor *int64
	Action    string
	Target    string
	CourseKey string
	Address   string
	RequestID string
	Before    json.RawMessage
	After     json.RawMessage
}

// OfTarget lists the newest rows about a target, newest first.
func OfTarget(ctx context.Context, q pg.Querier, target string, limit int) ([]Row, error) {
	const query = `
		SELECT id, at, actor, real_actor, action, target, course_key, address, request_id, before, after
		FROM   audit
		WHERE  target = @target
		ORDER  BY id DESC
		LIMIT  @limit`
	rows, err := q.Query(ctx, query, pgx.StrictNamedArgs{"target": target, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("select audit rows: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Row])
}
