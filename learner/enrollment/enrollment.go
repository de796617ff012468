package enrollment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// DefaultMode is the track of people who just join.
const DefaultMode = "audit"

// Modes are the tracks an enrollment can have.
var Modes = []string{"audit", "honor", "verified", "professional", "no-id-professional", "credit", "masters"}

// Enrollment is one person in one course run.
type Enrollment struct {
	User    learner.ID
	Course  course.Key
	Mode    string
	Active  bool
	Created time.Time // UTC, of the first enrollment
	Changed time.Time // UTC
}

// Find returns the enrollment of a person in a course; ok is false when there never was one.
func Find(ctx context.Context, q pg.Querier, user learner.ID, key course.Key) (e Enrollment, ok bool, err error) {
	e, err = scan(q.QueryRow(ctx, selectOne.Of(int64(user)), user, key))
	if errors.Is(err, pgx.ErrNoRows) {
		return Enrollment{}, false, nil
	}
	if err != nil {
		return Enrollment{}, false, fmt.Errorf("select enrollment: %w", err)
	}
	return e, true, nil
}

const columns = `user_id, course_key, mode, is_active, created, changed`

var selectOne = pg.ForUser(`SELECT ` + columns + ` FROM {enrollment/8} WHERE user_id = $1 AND course_key = $2`)

// Small is [Find] beside other statements, for [ReadSmall].
const Small pg.Small = `
	SELECT mode, NULL::text, NULL::text, created, changed, is_active
	FROM   {enrollment/8}
	WHERE  user_id = $1 AND course_key = $2`

// ReadSmall reads what Small found for a person and a course.
func ReadSmall(row *pg.Row, user learner.ID, key course.Key) (Enrollment, error) {
	return Enrollment{User: user, Course: key, Mode: row.Text(1), Created: row.Time(4), Changed: row.Time(5), Active: row.Bool(6)}, row.Err()
}

func scan(row pgx.Row) (e Enrollment, err error) {
	err = row.Scan(&e.User, &e.Course, &e.Mode, &e.Active, &e.Created, &e.Changed)
	e.Created, e.Changed = e.Created.UTC(), e.Changed.UTC()
	return e, err
}

// Of lists a person's active enrollments, the newest first.
func Of(ctx context.Context, q pg.Querier, user learner.ID) ([]Enrollment, error) {
	const query = `SELECT ` + columns + ` FROM enrollment WHERE user_id = $1 AND is_active ORDER BY created DESC, course_key`
	rows, err := q.Query(ctx, query, user)
	if err != nil {
		return nil, fmt.Errorf("select enrollments: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Enrollment, error) { return scan(row) })
}

// Allowed reports whether an address is on a course's list of invited people.
func Allowed(ctx context.Context, q pg.Querier, email string, key course.Key) (ok bool, err error) {
	const query = `SELECT EXISTS (SELECT FROM enrollment_allowed WHERE email = lower($1) AND course_key = $2)`
	if err := q.QueryRow(ctx, query, email, key).Scan(&ok); err != nil {
		return false, fmt.Errorf("select invitation: %w", err)
	}
	return ok, nil
}

// Taken counts the seats taken in a course: active enrollments that are not the course team's.
func Taken(ctx context.Context, q pg.Querier, key course.Key) (n int, err error) {
	const query = `SELECT count(*) FROM enrollment WHERE course_key = $1 AND is_active AND NOT is_staff`
	if err := q.QueryRow(ctx, query, key).Scan(&n); err != nil {
		return 0, fmt.Errorf("count enrollments: %w", err)
	}
	return n, nil
}

// Ever lists who is or was enrolled in a course, by id, those after the given one, at most limit.
func Ever(ctx context.Context, q pg.Querier, key course.Key, after learner.ID, limit int) ([]Enrollment, error) {
	const query = `SELECT ` + columns + ` FROM enrollment WHERE course_key = $1 AND user_id > $2 ORDER BY user_id LIMIT $3`
	rows, err := q.Query(ctx, query, key, after, limit)
	if err != nil {
		return nil, fmt.Errorf("select enrollments of %s: %w", key, err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Enrollment, error) { return scan(row) })
}
