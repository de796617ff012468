package team

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/pg"
)

const selectRoles = `
	SELECT user_id, role, course_key, org, granted_by, granted_at
	FROM   team_role
	WHERE  user_id = $1
	ORDER  BY role, course_key, org`

// Load returns the roles of a person in one query; a visitor, user 0, has none.
func Load(ctx context.Context, q pg.Querier, user int64) (Roles, error) {
	if user <= 0 {
		return Roles{}, nil
	}
	rows, err := q.Query(ctx, selectRoles, user)
	if err != nil {
		return Roles{}, fmt.Errorf("load roles of user %d: %w", user, err)
	}
	grants, err := collect(rows)
	if err != nil {
		return Roles{}, fmt.Errorf("load roles of user %d: %w", user, err)
	}
	return Roles{grants}, nil
}

// Small is Load beside other statements, for [ReadSmall].
const Small pg.Small = `
	SELECT role, course_key, org, NULL::timestamptz, NULL::timestamptz, NULL::boolean
	FROM   team_role
	WHERE  user_id = $1`

// ReadSmall reads one role that Small found; by whom and when it was granted is left out.
func ReadSmall(row *pg.Row) (g Grant, err error) {
	g.Role, g.Org = Role(row.Text(1)), row.Text(3)
	if err := g.Course.Scan(row.Text(2)); err != nil {
		return g, fmt.Errorf("read role: %w", err)
	}
	return g, row.Err()
}

// Members lists the roles people have in a scope, and in that scope itself: those of a course's organization are not
// among the course's.
func Members(ctx context.Context, q pg.Querier, s Scope) ([]Grant, error) {
	const query = `
		SELECT user_id, role, course_key, org, granted_by, granted_at
		FROM   team_role
		WHERE  course_key = @course AND org = @org
		ORDER  BY role, user_id`
	rows, err := q.Query(ctx, query, pgx.StrictNamedArgs{"course": s.Course.String(), "org": s.Org})
	if err != nil {
		return nil, fmt.Errorf("list team: %w", err)
	}
	return collect(rows)
}

func collect(rows pgx.Rows) ([]Grant, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Grant, error) {
		var g Grant
		err := row.Scan(&g.User, &g.Role, &g.Course, &g.Org, &g.By, &g.At)
		g.At = g.At.UTC()
		return g, err
	})
}
