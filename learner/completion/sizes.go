package completion

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Sizes remembers how many blocks learners had completed in a course when somebody looked. What it remembers decides how the next look is
// made, never what it finds, so it may be old, and forget: where a learner has completed few blocks all of them are read, which takes
// PostgreSQL a quarter of the time it takes to look for each block of a subsection. The zero value remembers nothing.
type Sizes struct {
	slots [1 << 12]atomic.Uint64 // half of the hash of who and where, and the number plus one
}

var sizesSeed = maphash.MakeSeed()

// slot is where the number of a learner in a course is kept, and what marks it as theirs.
func (s *Sizes) slot(user learner.ID, c *course.Compiled) (slot *atomic.Uint64, owner uint64) {
	type who struct {
		user   learner.ID
		course string
	}
	h := maphash.Comparable(sizesSeed, who{user, c.Root().Usage})
	return &s.slots[h%uint64(len(s.slots))], h &^ math.MaxUint32
}

// selectCompleteAndSize is selectCompleteOf and how many blocks are complete in the whole course, counted no further than $4.
var selectCompleteAndSize = pg.ForUser(`
	SELECT usage_key, NULL::bigint
	FROM   {block_completion/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3) AND completion >= 1
	UNION  ALL
	SELECT NULL, count(*)
	FROM   (SELECT FROM {block_completion/4} WHERE user_id = $1 AND course_key = $2 AND completion >= 1 LIMIT $4) AS any_of_them`)

// QueueMarksOf is [QueueMarks] for some blocks, named by their keys as text; others may be marked, too, where they are complete.
func (s *Sizes) QueueMarksOf(b *pgx.Batch, user learner.ID, c *course.Compiled, usages []string, use func(Marks)) {
	slot, owner := s.slot(user, c)
	remember := func(n int) { slot.Store(owner | uint64(min(n, math.MaxInt32)+1)) } //nolint:gosec // not negative
	known := slot.Load()
	size := int(known&math.MaxUint32) - 1
	switch {
	case known&^math.MaxUint32 != owner || size < 0:
		b.Queue(selectCompleteAndSize.Of(int64(user)), int64(user), c.Key.String(), usages, len(usages)+1).Query(readMarks(c, use, remember))
	case size <= len(usages):
		b.Queue(selectComplete.Of(int64(user)), int64(user), c.Key.String()).Query(readMarks(c, use, remember))
	default:
		b.Queue(selectCompleteOf.Of(int64(user)), int64(user), c.Key.String(), usages).Query(readMarks(c, use, nil))
	}
}

// readMarks reads the keys of complete blocks. remember, which may be nil, gets the number of rows, or the number a row without a key holds.
func readMarks(c *course.Compiled, use func(Marks), remember func(int)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		defer rows.Close()
		var m Marks
		var row pg.Row
		size, counted := 0, int64(-1)
		for ; rows.Next(); size++ {
			row.Read(rows)
			if row.Null(0) {
				counted = row.Int(1)
			} else if n, ok := c.FindText(string(row.Bytes(0))); ok {
				m.set(c, n)
			}
		}
		if err := errors.Join(row.Err(), rows.Err()); err != nil {
			return fmt.Errorf("load what is complete: %w", err)
		}
		if counted >= 0 {
			size = int(counted)
		}
		if remember != nil {
			remember(size)
		}
		use(m)
		return nil
	}
}
