package completion

import (
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/pg"
	"lyceum/learner"
)

var selectOf = pg.ForUser(`
	SELECT usage_key, completion
	FROM   {block_completion/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3)`)

// QueueOf puts the query for the completions of some blocks, named by their keys as text, into b.
func QueueOf(b *pgx.Batch, user learner.ID, c course.Key, usages []string, use func(Values)) {
	queue(b, c, use, selectOf.Of(int64(user)), int64(user), c.String(), usages)
}

// Percent is how much of a block's leaves a learner has done who sees them by visible, from 0 to 100; 100 where there are none.
func Percent(c *course.Compiled, n *course.Node, values Values, visible func(*course.Node) bool) float64 {
	count, sum := 0, 0.0
	for i := range c.Below(n) {
		if leaf := &c.Below(n)[i]; leaf.Completable() && visible(leaf) {
			count++
			sum += values[leaf.Key]
		}
	}
	if count == 0 {
		return 100
	}
	return 100 * sum / float64(count)
}
