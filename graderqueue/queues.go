package graderqueue

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
)

// Queue is a queue as an operator sets it.
type Queue struct {
	Name   string
	Push   string        // address of a grader that is sent its work; "": graders come for it
	Delay  time.Duration // after which work that was taken is given to another
	Expiry time.Duration // after which work nobody has done is given up
}

// Times of a queue whose operator says nothing.
const (
	DefaultDelay  = 5 * time.Minute
	DefaultExpiry = 30 * 24 * time.Hour
)

// SetQueue makes a queue, or changes it. Zero times are the defaults.
func (s *Service) SetQueue(ctx context.Context, q Queue) error {
	if q.Name == "" || len(q.Name) > 128 {
		return fault.Invalidf("queue name %q", q.Name)
	}
	if q.Delay == 0 {
		q.Delay = DefaultDelay
	}
	if q.Expiry == 0 {
		q.Expiry = DefaultExpiry
	}
	if q.Delay < time.Second || q.Expiry < q.Delay {
		return fault.Invalidf("queue %q: delay %v, expiry %v", q.Name, q.Delay, q.Expiry)
	}
	var push *string
	if q.Push != "" {
		u, err := url.Parse(q.Push)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fault.Invalidf("queue %q: %q is no address of a grader", q.Name, q.Push)
		}
		push = &q.Push
	}
	const upsert = `
		INSERT INTO grader_queue (name, push, delay, expiry, created) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET push = excluded.push, delay = excluded.delay, expiry = excluded.expiry`
	if _, err := s.DB.Exec(ctx, upsert, q.Name, push, q.Delay, q.Expiry, s.now()); err != nil {
		return fmt.Errorf("set queue %q: %w", q.Name, err)
	}
	return nil
}

// RemoveQueue removes a queue. Those who wait in it are told that nobody will grade them.
func (s *Service) RemoveQueue(ctx context.Context, name string) error {
	err := pg.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		got, err := tx.Exec(ctx, `DELETE FROM grader_queue WHERE name = $1`, name)
		if err != nil {
			return err
		}
		if got.RowsAffected() == 0 {
			return (&fault.Error{Kind: fault.NotFound, Err: ErrNoQueue(name)})
		}
		_, err = tx.Exec(ctx, giveUp+`queue = $3 AND ended IS NULL AND reply IS NULL AND NOT away`, s.now(), "the queue was removed", name)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove queue %q: %w", name, err)
	}
	s.stir()
	return nil
}

// giveUp ends the waiting for a grader: $1 now, $2 why. The conditions follow.
const giveUp = `
	UPDATE grader_submission s SET reply = '', undelivered = $2, returned = $1, due = $1, away = false WHERE `

// Retire ends the waiting of everybody in a queue, who are told so, and returns how many they were.
func (s *Service) Retire(ctx context.Context, queue string) (int64, error) {
	got, err := s.DB.Exec(ctx, giveUp+`queue = $3 AND ended IS NULL AND reply IS NULL`, s.now(), "it was taken out of the queue", queue)
	if err != nil {
		return 0, fmt.Errorf("retire queue %q: %w", queue, err)
	}
	s.stir()
	return got.RowsAffected(), nil
}

// State is a queue as its operator sees it.
type State struct {
	Queue
	Exists   bool       // false: answers wait for a queue that was removed
	Waiting  int        // for a grader
	Taken    int        // by a grader that still has time
	Returned int        // replies that could not be delivered yet
	Away     int        // answers to be brought elsewhere
	Oldest   *time.Time // arrival of the oldest that is not done, UTC; nil: nothing is open
	Done     int        // in the last 24 hours
	Failed   int        // in the last 24 hours, and what fails now
	Failure  string     // the last one of what is open
}

// States lists the queues by name.
func (s *Service) States(ctx context.Context) ([]State, error) {
	const query = `
		WITH open AS (
			SELECT queue,
			       count(*) FILTER (WHERE reply IS NULL AND NOT away AND due <= $1) AS waiting,
			       count(*) FILTER (WHERE reply IS NULL AND NOT away AND due > $1) AS taken,
			       count(*) FILTER (WHERE reply IS NOT NULL) AS returned,
			       count(*) FILTER (WHERE away) AS away,
			       count(*) FILTER (WHERE failures > 0) AS failing,
			       min(arrived) AS oldest,
			       coalesce((array_agg(failure ORDER BY arrived DESC) FILTER (WHERE failures > 0))[1], '') AS failure
			FROM   grader_submission WHERE ended IS NULL GROUP BY queue),
		past AS (
			SELECT queue,
			       count(*) FILTER (WHERE ending IN ('delivered', 'brought') AND undelivered IS NULL) AS done,
			       count(*) FILTER (WHERE ending = 'failed' OR undelivered IS NOT NULL) AS failed
			FROM   grader_submission WHERE ended > $1 - interval '24 hours' GROUP BY queue),
		names AS (SELECT name FROM grader_queue UNION SELECT queue FROM open)
		SELECT n.name, coalesce(q.push, ''), coalesce(q.delay, '0'), coalesce(q.expiry, '0'), q.name IS NOT NULL,
		       coalesce(o.waiting, 0), coalesce(o.taken, 0), coalesce(o.returned, 0), coalesce(o.away, 0), o.oldest,
		       coalesce(p.done, 0), coalesce(p.failed, 0) + coalesce(o.failing, 0), coalesce(o.failure, '')
		FROM   names n LEFT JOIN grader_queue q USING (name)
		       LEFT JOIN open o ON o.queue = n.name LEFT JOIN past p ON p.queue = n.name
		ORDER  BY n.name`
	rows, err := s.DB.Query(ctx, query, s.now())
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	var out []State
	var st State
	_, err = pgx.ForEachRow(rows, []any{
		&st.Name, &st.Push, &st.Delay, &st.Expiry, &st.Exists, &st.Waiting, &st.Taken, &st.Returned, &st.Away, &st.Oldest, &st.Done, &st.Failed, &st.Failure,
	}, func() error {
		one := st
		if st.Oldest != nil {
			at := st.Oldest.UTC()
			one.Oldest = &at
		}
		out = append(out, one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	return out, nil
}

// names are the queues there are.
func (s *Service) names(ctx context.Context) ([]string, error) {
	rows, err := s.DB.Query(ctx, `SELECT name FROM grader_queue ORDER BY name`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// keepEnded is how long what is done is kept.
const keepEnded = 30 * 24 * time.Hour

// Sweep removes what was done long ago and sessions that are over.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	_, err1 := s.DB.Exec(ctx, `DELETE FROM grader_submission WHERE ended < $1`, now.Add(-keepEnded))
	_, err2 := s.DB.Exec(ctx, `DELETE FROM grader_session WHERE expires < $1`, now)
	return errors.Join(err1, err2)
}
