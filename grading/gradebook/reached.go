package gradebook

import (
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Reached tells how many of the graded points of a subsection a learner has, in percent, by the stored grade with its override; 100 where
// the learner can earn none there.
type Reached func(subsection *course.Node, may Visible) float64

var selectReached = pg.ForUser(`
	SELECT usage_key, earned_graded, possible_graded, override_earned_all, override_possible_all, override_earned_graded, override_possible_graded
	FROM   {subsection_grade/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3)`)

// QueueReached puts the query for a learner's grades of some subsections into batch; use gets them when the results are read.
func (b *Book) QueueReached(batch *pgx.Batch, user learner.ID, c *course.Compiled, subsections []*course.Node, use func(Reached)) {
	usages := make([]string, len(subsections))
	for i, n := range subsections {
		usages[i] = n.Usage
	}
	batch.Queue(selectReached.Of(int64(user)), int64(user), c.Key.String(), usages).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		stored := map[string]grading.Score{}
		var row pg.Row
		for rows.Next() {
			row.Read(rows)
			o := grading.Override{EarnedAll: row.Float(3), PossibleAll: row.Float(4), EarnedGraded: row.Float(5), PossibleGraded: row.Float(6)}
			computed := grading.Totals{Graded: grading.Score{Earned: orNone(row.Float(1)), Possible: orNone(row.Float(2))}}
			stored[row.Text(0)] = o.Apply(computed).Graded
		}
		if err := errors.Join(row.Err(), rows.Err()); err != nil {
			return fmt.Errorf("read grades of some subsections: %w", err)
		}
		use(func(n *course.Node, may Visible) float64 {
			score, ok := stored[n.Usage]
			if !ok {
				if s := b.Plan(c).Subsection(n); s != nil && s.possible(may) {
					return 0
				}
				return 100
			}
			if score.Possible == 0 {
				return 100
			}
			return math.Round(score.Percent()*10000) / 100 // .57 is 57 percent, no less
		})
		return nil
	})
}
