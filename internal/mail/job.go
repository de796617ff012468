package mail

import (
	"context"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/jobs"
)

// Delivery is the job that sends one message as soon as its transaction is over.
type Delivery struct {
	Message int64 `json:"message"`
}

// Kind names the job.
func (Delivery) Kind() string { return "mail_delivery" }

// Kind returns how Delivery jobs are worked, for jobs.Config. What the mail server refuses is tried again at the outbox's own times, so the
// job itself succeeds.
func (o *Outbox) Kind() jobs.Kind {
	return jobs.Work(func(ctx context.Context, job *jobs.Job[Delivery]) error {
		m, ok, err := claim(ctx, o.db, job.Args.Message)
		if err != nil || !ok {
			return err
		}
		_ = o.deliver(ctx, m) // the message's row says what went wrong
		return nil
	})
}

// UseJobs makes every message that is enqueued from now on insert its job into queue.
func (o *Outbox) UseJobs(queue *jobs.Queue) {
	o.Queued = func(ctx context.Context, tx pgx.Tx, id int64) error {
		_, err := queue.InsertTx(ctx, tx, Delivery{Message: id}, nil)
		return err
	}
}
