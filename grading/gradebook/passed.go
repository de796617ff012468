package gradebook

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/learner"
)

// QueuePassed puts the query for which of some courses a learner has passed into batch; use gets them when the results are
// read.
func QueuePassed(batch *pgx.Batch, user learner.ID, courses []course.Key, use func(map[course.Key]bool)) {
	texts := make([]string, len(courses))
	for i, k := range courses {
		texts[i] = k.String()
	}
	const query = `SELECT course_key FROM course_grade WHERE user_id = $1 AND course_key = ANY ($2) AND passing`
	batch.Queue(query, int64(user), texts).Query(func(rows pgx.Rows) error {
		passed := map[course.Key]bool{}
		var key course.Key
		if _, err := pgx.ForEachRow(rows, []any{&key}, func() error { passed[key] = true; return nil }); err != nil {
			return fmt.Errorf("load passed courses: %w", err)
		}
		use(passed)
		return nil
	})
}
