package jobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

type greet struct {
	Name string `json:"name"`
}

func (greet) Kind() string { return "greet" }

var quiet = slog.New(slog.DiscardHandler)

func newQueue(t *testing.T, pool *pgxpool.Pool, c Config) *Queue {
	t.Helper()
	c.Log = quiet
	q, err := New(pool, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Kinds) == 0 {
		return q
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return q
}

// within bounds waits of a test.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestJobGoesWithItsTransaction(t *testing.T) {
	t.Parallel()
	ctx, pool := within(t), pgtest.New(t)
	greeted := make(chan string, 10)
	q := newQueue(t, pool, Config{Kinds: []Kind{Work(func(_ context.Context, job *Job[greet]) error {
		greeted <- job.Args.Name
		return nil
	})}})
	changed := errors.New("changed my mind")
	err := pg.InTx(ctx, pool, func(tx pgx.Tx) error {
		if _, err := q.InsertTx(ctx, tx, greet{Name: "nobody"}, nil); err != nil {
			return err
		}
		return changed
	})
	if !errors.Is(err, changed) {
		t.Fatal(err)
	}
	err = pg.InTx(ctx, pool, func(tx pgx.Tx) error {
		return q.InsertManyTx(ctx, tx, []Args{greet{Name: "Ada"}, greet{Name: "Ada"}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := <-greeted; got != "Ada" {
			t.Errorf("greeted %s, want Ada", got)
		}
	}
	if err := q.Idle(ctx); err != nil {
		t.Error(err)
	}
	if len(greeted) != 0 {
		t.Errorf("a third job ran, for %s", <-greeted)
	}
}

func TestUniqueJob(t *testing.T) {
	t.Parallel()
	ctx, pool := within(t), pgtest.New(t)
	q := newQueue(t, pool, Config{})
	once := &InsertOpts{UniqueOpts: Unique{ByArgs: true}}
	first, err := q.Insert(ctx, greet{Name: "Ada"}, once)
	if err != nil {
		t.Fatal(err)
	}
	second, err := q.Insert(ctx, greet{Name: "Ada"}, once)
	if err != nil {
		t.Fatal(err)
	}
	if first != second {
		t.Errorf("two jobs, %d and %d, want one", first, second)
	}
}

func TestStopWaitsForRunningJobs(t *testing.T) {
	t.Parallel()
	ctx, pool := within(t), pgtest.New(t)
	started, finish := make(chan struct{}), make(chan struct{})
	var done atomic.Bool
	q := newQueue(t, pool, Config{Kinds: []Kind{Work(func(context.Context, *Job[greet]) error {
		close(started)
		<-finish
		done.Store(true)
		return nil
	})}})
	if _, err := q.Insert(ctx, greet{}, nil); err != nil {
		t.Fatal(err)
	}
	<-started
	stopped := make(chan error, 1)
	go func() { stopped <- q.Stop(ctx) }()
	close(finish)
	if err := <-stopped; err != nil || !done.Load() {
		t.Errorf("Stop = %v with the job done: %v", err, done.Load())
	}
}

func TestStopPutsJobsBack(t *testing.T) {
	t.Parallel()
	ctx, pool := within(t), pgtest.New(t)
	started := make(chan struct{})
	q := newQueue(t, pool, Config{Kinds: []Kind{Work(func(ctx context.Context, _ *Job[greet]) error {
		close(started)
		<-ctx.Done()
		return ctx.Err()
	})}})
	id, err := q.Insert(ctx, greet{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-started
	hurry, cancel := context.WithCancel(ctx)
	cancel()
	if err := q.Stop(hurry); err != nil {
		t.Errorf("Stop in a hurry: %v", err)
	}
	var state string
	if err := pool.QueryRow(ctx, `SELECT state FROM river_job WHERE id = $1`, id).Scan(&state); err != nil {
		t.Fatal(err)
	}
	if state != "retryable" && state != "available" {
		t.Errorf("the job is %s, want that it runs again", state)
	}
}

// TestJobsOfADeadProcess leaves two jobs running by a process that is gone: one has tries left.
func TestJobsOfADeadProcess(t *testing.T) {
	t.Parallel()
	ctx, pool := within(t), pgtest.New(t)
	inserter := newQueue(t, pool, Config{})
	first, err := inserter.Insert(ctx, greet{Name: "again"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	last, err := inserter.Insert(ctx, greet{Name: "poison"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.Exec(ctx, `
		UPDATE river_job
		SET    state = 'running', attempted_at = now(), attempted_by = '{dead}', attempt = CASE id WHEN $1 THEN 1 ELSE max_attempts END`, first)
	if err != nil {
		t.Fatal(err)
	}
	greeted := make(chan string, 10)
	newQueue(t, pool, Config{lease: 150 * time.Millisecond, Kinds: []Kind{Work(func(_ context.Context, job *Job[greet]) error {
		greeted <- job.Args.Name
		return nil
	})}})
	select {
	case got := <-greeted:
		if got != "again" {
			t.Errorf("%s ran, want again", got)
		}
	case <-ctx.Done():
		t.Fatal("the job of a dead process does not run again")
	}
	var state string
	if err := pool.QueryRow(ctx, `SELECT state FROM river_job WHERE id = $1`, last).Scan(&state); err != nil || state != "discarded" {
		t.Errorf("the job without tries left is %s, %v, want discarded", state, err)
	}
}

// TestJobsOfALivingProcess: a job that runs for longer than the lease stays with its process.
func TestJobsOfALivingProcess(t *testing.T) {
	t.Parallel()
	ctx, pool := within(t), pgtest.New(t)
	const short = 150 * time.Millisecond
	var runs atomic.Int32
	finish := make(chan struct{})
	kinds := []Kind{Work(func(context.Context, *Job[greet]) error {
		runs.Add(1)
		<-finish
		return nil
	})}
	q := newQueue(t, pool, Config{lease: short, Kinds: kinds})
	newQueue(t, pool, Config{lease: short, Kinds: kinds})
	if _, err := q.Insert(ctx, greet{}, nil); err != nil {
		t.Fatal(err)
	}
	seen := func() (at time.Time) {
		if err := pool.QueryRow(ctx, `SELECT min(seen) FROM jobs_runner`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	for begun := seen(); seen().Sub(begun) < 3*short; { // until both have spoken for three leases
		time.Sleep(5 * time.Millisecond)
	}
	close(finish)
	if err := q.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if n := runs.Load(); n != 1 {
		t.Errorf("the job ran %d times, want once", n)
	}
}

// TestSubdued: what the queue says of itself is no news to whoever runs the site; what goes wrong is.
func TestSubdued(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]string{slog.LevelInfo: "WARN ERROR", slog.LevelDebug: "DEBUG DEBUG WARN ERROR"} {
		var out bytes.Buffer
		log := slog.New(subdued{slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level})}).With("a", 1).WithGroup("g")
		log.Debug("detail")
		log.Info("River client started")
		log.Warn("slow")
		log.Error("broken")
		var levels []string
		for line := range strings.Lines(out.String()) {
			_, rest, _ := strings.Cut(line, "level=")
			name, _, _ := strings.Cut(rest, " ")
			levels = append(levels, name)
		}
		if got := strings.Join(levels, " "); got != want {
			t.Errorf("at %v: %s, want %s", level, got, want)
		}
	}
}

// TestStartsQuietly starts a queue whose log shows news.
func TestStartsQuietly(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(locked{&mu, &out}, nil))
	q, err := New(pgtest.New(t), Config{Log: log, Kinds: []Kind{Work(func(context.Context, *Job[greet]) error { return nil })}})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if out.Len() > 0 {
		t.Errorf("the log says %s", &out)
	}
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
