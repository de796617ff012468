package gradebook

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/fault"
	"lyceum/learner"
)

// Act is who changes a grade by hand, and why.
type Act struct {
	Actor  learner.ID // 0 for a command
	Cause  string     // override, override_removed, rescore, ...
	Reason string     // in the actor's words
}

const insertHistory = `
	INSERT INTO grade_history (user_id, course_key, version, usage_key, cause, reason, actor_id, before, after, created)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// QueueHistory puts the record of an act into batch. It belongs into the transaction of u.
func (u *Update) QueueHistory(batch *pgx.Batch, key course.UsageKey, act Act, before, after any) {
	batch.Queue(insertHistory, int64(u.User), u.Plan.Course.Key.String(), u.Course.Version, key.String(), act.Cause, act.Reason, int64(act.Actor),
		string(course.JSON(before)), string(course.JSON(after)), u.Course.Modified)
}

// Override sets a staff member's word on a subsection grade; the zero Override takes it back. It stands through recalculation.
func (b *Book) Override(ctx context.Context, c *course.Compiled, user learner.ID, subsection course.UsageKey, o grading.Override, act Act, may Visible) (*Update, error) {
	n, ok := c.Node(subsection)
	if !ok {
		return nil, fault.NotFoundf("override %s: no such block", subsection)
	}
	sub := b.Plan(c).Subsection(n)
	if sub == nil || sub.Node != n {
		return nil, fault.Invalidf("override %s: not a subsection", subsection)
	}
	for _, v := range []*float64{o.EarnedAll, o.PossibleAll, o.EarnedGraded, o.PossibleGraded} {
		if v != nil && !(*v >= 0 && *v <= 1e9) {
			return nil, fault.Invalidf("override %s: %v is not a number of points", subsection, *v)
		}
	}
	if act.Cause == "" {
		act.Cause = "override"
		if o.IsZero() {
			act.Cause = "override_removed"
		}
	}
	return b.change(ctx, c, user, func(s *Sheet, batch *pgx.Batch) (*Update, error) {
		now := b.clock.Now().UTC().Truncate(time.Microsecond)
		var row Row
		was := s.rows[int32(sub.Index)]
		var list blockList
		switch {
		case was != nil:
			row = *was
		case o.IsZero():
			return nil, nil
		default:
			seen := sub.seen(may)
			list = s.Plan.listOf(sub, seen)
			row = Row{
				Key: subsection, CourseVersion: c.Version, SubtreeEdited: s.Plan.Edited, BlocksHash: list.hash,
				Totals: s.Plan.totals(sub, seen, s),
			}
		}
		before := row.Override
		row.Override, row.Modified = o, now
		u := &Update{Plan: s.Plan, User: user, Was: s.Course, book: b}
		u.change(sub, row, list)
		u.settle(s, may, now)
		u.QueueHistory(batch, subsection, act, overrideJSON(before), overrideJSON(o))
		return u, nil
	})
}

func overrideJSON(o grading.Override) map[string]*float64 {
	return map[string]*float64{
		"earned_all": o.EarnedAll, "possible_all": o.PossibleAll, "earned_graded": o.EarnedGraded, "possible_graded": o.PossibleGraded,
	}
}

// PastAct is one entry of what staff did to a learner's grades.
type PastAct struct {
	Act
	Version       int64 // of the course grade after it
	Key           course.UsageKey
	Before, After json.RawMessage
	Time          time.Time // UTC
}

// History returns what staff did to a learner's grades in a course, in order.
func (b *Book) History(ctx context.Context, c course.Key, user learner.ID) ([]PastAct, error) {
	const query = `
		SELECT version, usage_key, cause, reason, actor_id, before, after, created
		FROM   grade_history
		WHERE  user_id = $1 AND course_key = $2
		ORDER  BY version, usage_key`
	rows, err := b.db.Query(ctx, query, int64(user), c.String())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (PastAct, error) {
		var a PastAct
		err := row.Scan(&a.Version, &a.Key, &a.Cause, &a.Reason, (*int64)(&a.Actor), (*[]byte)(&a.Before), (*[]byte)(&a.After), &a.Time)
		a.Key, a.Time = a.Key.In(c), a.Time.UTC()
		return a, err
	})
}
