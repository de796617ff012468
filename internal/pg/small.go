package pg

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Small is a statement that finds few rows about one user in one course, and none for most: user $1, course $2. Tables stand in it as for
// [ForUser]. Its columns are three of text, two of timestamptz and one of boolean; what it does not need is NULL.
//
// A page asks for several of them. A statement more costs PostgreSQL and us as much as two more tables in one, so they are sent [Together].
type Small string

// Union is several small statements in one.
type Union struct {
	statement *ByUser
	ofCourse  bool // it has the parameter
}

// Together makes one statement of several.
func Together(parts ...Small) *Union {
	var sql strings.Builder
	for i, part := range parts {
		if i > 0 {
			sql.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&sql, "SELECT %d::bigint, small.* FROM (%s) AS small (a, b, c, d, e, f)", i, part)
	}
	return &Union{ForUser(sql.String()), strings.Contains(sql.String(), "$2")}
}

// Queue puts the statement into b. Rows go to the reader of the part that found them, in the order of the parts; its columns are 1 to 6.
func (u *Union) Queue(b *pgx.Batch, user int64, course string, readers ...func(*Row) error) {
	arguments := []any{user, course}
	if !u.ofCourse {
		arguments = arguments[:1]
	}
	b.Queue(u.statement.Of(user), arguments...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		var row Row
		for rows.Next() {
			row.Read(rows)
			part := row.Int(0)
			if err := row.Err(); err != nil {
				return err
			}
			if err := readers[part](&row); err != nil {
				return err
			}
		}
		return errors.Join(row.Err(), rows.Err())
	})
}
