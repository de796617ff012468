package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

type (
	// Args are what a job is about: a struct of JSON values whose Kind, two characters or more, never changes once jobs exist.
	Args = river.JobArgs

	// InsertOpts say when, how often and how uniquely a job runs.
	InsertOpts = river.InsertOpts

	// Unique makes an insert of an equal job do nothing; see InsertOpts.UniqueOpts.
	Unique = river.UniqueOpts

	// Periodic is a job inserted by the clock, by one process of all.
	Periodic = river.PeriodicJob
)

// Job is a job being worked. T is its Args.
type Job[T Args] = river.Job[T]

// Kind is a kind of job this process works.
type Kind func(*river.Workers)

// Work says how jobs with arguments of type T are done. An error makes the job run again later; see river.JobCancel and river.JobSnooze
// for the exceptions. The context ends after Timeout or when the process stops.
func Work[T Args](do func(context.Context, *Job[T]) error) Kind {
	return func(w *river.Workers) { river.AddWorker(w, river.WorkFunc(do)) }
}

// Worker is Work for a kind with its own timeout or retry times.
func Worker[T Args](worker river.Worker[T]) Kind {
	return func(w *river.Workers) { river.AddWorker(w, worker) }
}

const (
	// Default is the queue of jobs that name none.
	Default = river.QueueDefault

	// Timeout bounds one run of a job whose kind says nothing else.
	Timeout = 10 * time.Minute

	// Tries is how often a job runs before it is set aside for an administrator.
	Tries = 10

	stopGrace = 2 * time.Second // for jobs to notice that they are canceled
)

// Config says what a queue works.
type Config struct {
	Kinds    []Kind         // none: this process only inserts
	Queues   map[string]int // name to number of jobs at a time; nil means Default with 10
	Periodic []*Periodic
	Log      *slog.Logger

	lease time.Duration // in tests shorter
}

// Queue inserts jobs and, between Start and Stop, works them.
type Queue struct {
	id     string
	client *river.Client[pgx.Tx]
	pool   *pgxpool.Pool
	log    *slog.Logger
	lease  time.Duration

	quit   context.CancelFunc
	runner sync.WaitGroup
}

// New returns a queue on a migrated database. While it works it holds one connection of the pool to hear of new jobs.
func New(pool *pgxpool.Pool, c Config) (*Queue, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	q := &Queue{
		id: fmt.Sprintf("%s_%d_%s", host, os.Getpid(), rand.Text()[:8]), pool: pool, log: c.Log, lease: c.lease,
	}
	if q.lease == 0 {
		q.lease = lease
	}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	config := &river.Config{
		ID:                q.id,
		Logger:            slog.New(subdued{q.log.Handler()}),
		FetchCooldown:     5 * time.Millisecond,
		FetchPollInterval: 100 * time.Millisecond,
		JobTimeout:        Timeout,
		MaxAttempts:       Tries,
	}
	if len(c.Kinds) > 0 {
		config.Workers = river.NewWorkers()
		for _, add := range c.Kinds {
			add(config.Workers)
		}
		config.PeriodicJobs = c.Periodic
		config.Queues = make(map[string]river.QueueConfig)
		for name, workers := range c.Queues {
			config.Queues[name] = river.QueueConfig{MaxWorkers: workers}
		}
		if len(config.Queues) == 0 {
			config.Queues[Default] = river.QueueConfig{MaxWorkers: 10}
		}
	}
	if q.client, err = river.NewClient(riverpgxv5.New(pool), config); err != nil {
		return nil, fmt.Errorf("set up the job queue: %w", err)
	}
	return q, nil
}

// subdued passes on what the queue says of itself, that it starts and stops, as a detail; its warnings and errors stay what they are.
type subdued struct{ slog.Handler }

// Enabled asks at the level the record will have.
func (h subdued) Enabled(ctx context.Context, level slog.Level) bool {
	return h.Handler.Enabled(ctx, detail(level))
}

// Handle passes the record on.
func (h subdued) Handle(ctx context.Context, r slog.Record) error {
	r.Level = detail(r.Level)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs stays subdued.
func (h subdued) WithAttrs(attrs []slog.Attr) slog.Handler {
	return subdued{h.Handler.WithAttrs(attrs)}
}

// WithGroup stays subdued.
func (h subdued) WithGroup(name string) slog.Handler { return subdued{h.Handler.WithGroup(name)} }

func detail(level slog.Level) slog.Level {
	if level == slog.LevelInfo {
		return slog.LevelDebug
	}
	return level
}

// InsertTx inserts a job that exists when and if tx commits, and returns its id. For a Unique job that exists it is that one's id.
func (q *Queue) InsertTx(ctx context.Context, tx pgx.Tx, args Args, opts *InsertOpts) (id int64, err error) {
	got, err := q.client.InsertTx(ctx, tx, args, opts)
	if err != nil {
		return 0, fmt.Errorf("insert job %s: %w", args.Kind(), err)
	}
	return got.Job.ID, nil
}

// InsertManyTx inserts jobs in one round trip.
func (q *Queue) InsertManyTx(ctx context.Context, tx pgx.Tx, args []Args, opts *InsertOpts) error {
	if len(args) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		params[i] = river.InsertManyParams{Args: a, InsertOpts: opts}
	}
	if _, err := q.client.InsertManyFastTx(ctx, tx, params); err != nil {
		return fmt.Errorf("insert %d jobs %s: %w", len(args), args[0].Kind(), err)
	}
	return nil
}

// Insert inserts a job nothing else depends on.
func (q *Queue) Insert(ctx context.Context, args Args, opts *InsertOpts) (id int64, err error) {
	got, err := q.client.Insert(ctx, args, opts)
	if err != nil {
		return 0, fmt.Errorf("insert job %s: %w", args.Kind(), err)
	}
	return got.Job.ID, nil
}

// River returns the client below, for pages that list, retry and cancel jobs.
func (q *Queue) River() *river.Client[pgx.Tx] { return q.client }

// Start works jobs until Stop; the end of ctx does not end it.
func (q *Queue) Start(ctx context.Context) error {
	ctx, q.quit = context.WithCancel(context.WithoutCancel(ctx))
	if err := q.sayAlive(ctx); err != nil {
		q.quit()
		return err
	}
	if err := q.client.Start(ctx); err != nil {
		q.quit()
		return fmt.Errorf("start the job queue: %w", err)
	}
	q.runner.Go(func() { q.keepAlive(ctx) })
	return nil
}

// Stop takes no more jobs and waits for those that run. When ctx ends first they are canceled and go back to the queue. It does nothing
// when the queue was not started.
func (q *Queue) Stop(ctx context.Context) error {
	if q.quit == nil {
		return nil
	}
	err := q.client.Stop(ctx)
	if err != nil {
		graceCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		if hardErr := q.client.StopAndCancel(graceCtx); hardErr != nil {
			err = errors.Join(err, hardErr)
		} else {
			err = nil
		}
	}
	q.quit()
	q.runner.Wait()
	q.quit = nil
	endCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if leaveErr := q.leave(endCtx); leaveErr != nil {
		err = errors.Join(err, leaveErr)
	}
	if err != nil {
		return fmt.Errorf("stop the job queue: %w", err)
	}
	return nil
}

// Idle returns when no job is waiting for now or running: for tests, and for commands that end after their jobs.
func (q *Queue) Idle(ctx context.Context) error {
	const query = `
		SELECT NOT EXISTS (SELECT FROM river_job
		                   WHERE state IN ('available', 'running', 'pending') OR (state IN ('scheduled', 'retryable') AND scheduled_at <= now()))`
	for {
		var idle bool
		if err := q.pool.QueryRow(ctx, query).Scan(&idle); err != nil {
			return fmt.Errorf("look for jobs: %w", err)
		}
		if idle {
			return nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for jobs: %w", ctx.Err())
		}
	}
}
