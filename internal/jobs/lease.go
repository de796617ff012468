package jobs

import (
	"context"
	"fmt"
	"time"

	"lyceum/internal/pg"
)

// lease is how long a process may be silent before its jobs are given to others. It speaks three times in that time.
const lease = 45 * time.Second

// keepAlive says that this process lives and takes the jobs of those that do not.
func (q *Queue) keepAlive(ctx context.Context) {
	tick := time.NewTicker(q.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := q.sayAlive(ctx); err != nil {
			if ctx.Err() == nil {
				q.log.Error("job queue", "err", err)
			}
			continue
		}
		if err := q.rescue(ctx); err != nil && ctx.Err() == nil {
			q.log.Error("job queue", "err", err)
		}
	}
}

func (q *Queue) sayAlive(ctx context.Context) error {
	const query = `INSERT INTO jobs_runner (id, seen) VALUES ($1, now()) ON CONFLICT (id) DO UPDATE SET seen = excluded.seen`
	if _, err := q.pool.Exec(ctx, query, q.id); err != nil {
		return fmt.Errorf("say that this process works jobs: %w", err)
	}
	return nil
}

// rescue puts running jobs of silent processes back: to run again at once, or, after their last try, aside. River does so too, but only by
// the time a job has run, an hour, since it does not know whether a process lives.
func (q *Queue) rescue(ctx context.Context) error {
	const forget = `DELETE FROM jobs_runner WHERE seen < now() - make_interval(secs => $1)`
	if _, err := q.pool.Exec(ctx, forget, q.lease.Seconds()); err != nil {
		return fmt.Errorf("forget silent processes: %w", err)
	}
	n, err := release(ctx, q.pool, `NOT IN (SELECT id FROM jobs_runner)`, "its process ended")
	if err != nil {
		return err
	}
	if n > 0 {
		q.log.Warn("jobs of a process that ended were put back", "jobs", n)
	}
	return nil
}

// leave says that this process works no jobs any more and puts back those that did not notice their cancellation.
func (q *Queue) leave(ctx context.Context) error {
	if _, err := q.pool.Exec(ctx, `DELETE FROM jobs_runner WHERE id = $1`, q.id); err != nil {
		return fmt.Errorf("say that this process works no more jobs: %w", err)
	}
	_, err := release(ctx, q.pool, `= $2`, "its process stopped", q.id)
	return err
}

// release puts back running jobs whose runner meets a condition.
func release(ctx context.Context, db pg.Querier, condition, why string, more ...any) (int64, error) {
	query := `
		UPDATE river_job
		SET    state        = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END::river_job_state,
		       finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
		       scheduled_at = now(),
		       errors       = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt, 'error', $1::text, 'trace', ''))
		WHERE  state = 'running' AND attempted_by[array_upper(attempted_by, 1)] ` + condition
	tag, err := db.Exec(ctx, query, append([]any{why}, more...)...)
	if err != nil {
		return 0, fmt.Errorf("put jobs back: %w", err)
	}
	return tag.RowsAffected(), nil
}
