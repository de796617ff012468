package courseware

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

// MaxBookmarks is how many bookmarks a learner may have in one course.
const MaxBookmarks = 100

// Bookmark is one unit a learner wants to find again.
type Bookmark struct {
	Block   course.UsageKey
	Created time.Time // UTC
}

// Bookmarks lists a learner's bookmarks in a course, the newest first.
func Bookmarks(ctx context.Context, q pg.Querier, user learner.ID, key course.Key) ([]Bookmark, error) {
	const query = `SELECT usage_key, created FROM bookmark WHERE user_id = $1 AND course_key = $2 ORDER BY created DESC, usage_key`
	rows, err := q.Query(ctx, query, user, key)
	if err != nil {
		return nil, fmt.Errorf("select bookmarks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Bookmark, err error) {
		err = row.Scan(&b.Block, &b.Created)
		b.Block, b.Created = b.Block.In(key), b.Created.UTC()
		return b, err
	})
}

// smallBookmarks is [Bookmarks] beside other statements, for readBookmark.
const smallBookmarks pg.Small = `
	SELECT usage_key, NULL::text, NULL::text, created, NULL::timestamptz, NULL::boolean
	FROM   bookmark
	WHERE  user_id = $1 AND course_key = $2`

func readBookmark(row *pg.Row, key course.Key) (Bookmark, error) {
	u, err := course.ParseUsageKey(row.Text(1))
	if err != nil {
		return Bookmark{}, fmt.Errorf("read bookmark: %w", err)
	}
	return Bookmark{Block: u.In(key), Created: row.Time(4)}, row.Err()
}

// AddBookmark marks a block; marking it again changes nothing and returns added false. More than [MaxBookmarks] in one
// course is an Invalid fault.
func AddBookmark(ctx context.Context, db pg.Beginner, user learner.ID, block course.UsageKey, now time.Time) (b Bookmark, added bool, err error) {
	err = pg.InTx(ctx, db, func(tx pgx.Tx) error {
		const lock = `SELECT pg_advisory_xact_lock(hashtextextended('bookmark ' || $1, $2))`
		if _, err := tx.Exec(ctx, lock, block.Course.String(), int64(user)); err != nil {
			return fmt.Errorf("lock bookmarks: %w", err)
		}
		marks, err := Bookmarks(ctx, tx, user, block.Course)
		if err != nil {
			return err
		}
		for _, m := range marks {
			if m.Block == block {
				b = m
				return nil
			}
		}
		if len(marks) >= MaxBookmarks {
			return fault.Invalidf("user %d has %d bookmarks in %s", user, len(marks), block.Course).Say("bookmark.too_many", MaxBookmarks)
		}
		b, added = Bookmark{Block: block, Created: now.UTC().Truncate(time.Microsecond)}, true
		const insert = `INSERT INTO bookmark (user_id, course_key, usage_key, created) VALUES ($1, $2, $3, $4)`
		if _, err := tx.Exec(ctx, insert, user, block.Course, block, b.Created); err != nil {
			return fmt.Errorf("insert bookmark: %w", err)
		}
		return nil
	})
	return b, added, err
}

// RemoveBookmark takes a mark away; ok is false when there was none.
func RemoveBookmark(ctx context.Context, q pg.Querier, user learner.ID, block course.UsageKey) (ok bool, err error) {
	tag, err := q.Exec(ctx, `DELETE FROM bookmark WHERE user_id = $1 AND course_key = $2 AND usage_key = $3`, user, block.Course, block)
	if err != nil {
		return false, fmt.Errorf("delete bookmark: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
