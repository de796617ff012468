package team

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
)

// Add gives a role; giving it again changes nothing. Whether by may do so is decided by the caller. The audit row is
// written in the same transaction.
func Add(ctx context.Context, db pg.Beginner, g Grant, by audit.Source) error {
	return pg.InTx(ctx, db, func(tx pgx.Tx) error { return AddTx(ctx, tx, g, by) })
}

// AddTx is Add in the caller's transaction.
func AddTx(ctx context.Context, tx pgx.Tx, g Grant, by audit.Source) error {
	if err := g.check(); err != nil {
		return err
	}
	const query = `
		INSERT INTO team_role (user_id, role, course_key, org, granted_by)
		VALUES (@user, @role, @course, @org, @by)
		ON CONFLICT DO NOTHING`
	tag, err := tx.Exec(ctx, query, pgx.StrictNamedArgs{
		"user": g.User, "role": g.Role, "course": g.Course.Bare().String(), "org": g.Org, "by": by.Actor,
	})
	if err != nil {
		return fmt.Errorf("give role %s to user %d: %w", g.Role, g.User, err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return record(ctx, tx, "team.role_given", g, by, false)
}

// Remove takes a role away; taking away what is not there changes nothing. The last admin of a course stays: Conflict.
func Remove(ctx context.Context, db pg.Beginner, g Grant, by audit.Source) error {
	return pg.InTx(ctx, db, func(tx pgx.Tx) error { return RemoveTx(ctx, tx, g, by) })
}

// RemoveTx is Remove in the caller's transaction.
func RemoveTx(ctx context.Context, tx pgx.Tx, g Grant, by audit.Source) error {
	if err := g.check(); err != nil {
		return err
	}
	if g.Role == Instructor && !g.Course.IsZero() {
		last, err := isLastAdmin(ctx, tx, g)
		if err != nil {
			return err
		}
		if last {
			return fault.Conflictf("user %d is the last admin of %s", g.User, g.Course).Say("team.last_admin")
		}
	}
	const query = `
		DELETE FROM team_role
		WHERE  user_id = @user AND role = @role AND course_key = @course AND org = @org`
	tag, err := tx.Exec(ctx, query, pgx.StrictNamedArgs{"user": g.User, "role": g.Role, "course": g.Course.Bare().String(), "org": g.Org})
	if err != nil {
		return fmt.Errorf("take role %s from user %d: %w", g.Role, g.User, err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return record(ctx, tx, "team.role_taken", g, by, true)
}

// isLastAdmin locks the admins of a course, always in the same order, so that two who remove each other do so one
// after the other.
func isLastAdmin(ctx context.Context, tx pgx.Tx, g Grant) (bool, error) {
	const query = `
		SELECT user_id
		FROM   team_role
		WHERE  course_key = @course AND role = @role
		ORDER  BY user_id
		FOR UPDATE`
	rows, err := tx.Query(ctx, query, pgx.StrictNamedArgs{"course": g.Course.Bare().String(), "role": Instructor})
	if err != nil {
		return false, fmt.Errorf("look for admins of %s: %w", g.Course, err)
	}
	admins, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return false, fmt.Errorf("look for admins of %s: %w", g.Course, err)
	}
	return len(admins) == 1 && admins[0] == g.User, nil
}

func record(ctx context.Context, tx pgx.Tx, action string, g Grant, by audit.Source, taken bool) error {
	what := struct {
		Role Role   `json:"role"`
		Org  string `json:"org,omitempty"`
	}{g.Role, g.Org}
	e := audit.Entry{Source: by, Action: action, Target: audit.User(g.User), Course: g.Course.Bare().String()}
	if taken {
		e.Before = what
	} else {
		e.After = what
	}
	return audit.Record(ctx, tx, e)
}
