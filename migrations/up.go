package migrations

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"lyceum/internal/pg"
)

const (
	versionTable = "goose_db_version"

	// lockKey is the advisory lock all migrating processes share.
	lockKey = 0x6c796365756d // "lyceum"

	lockPoll  = 100 * time.Millisecond
	lockTries = 30              // of a step that waits for a table in use
	lockWait  = 2 * time.Second // so that a waiting step never holds up the site for longer
)

// Up applies every step that is not applied, ours and the job queue's, and returns their names in the order applied. Processes that
// start together take turns: one applies, the others wait and find nothing to do. A step that cannot get its table lock within two
// seconds steps back, lets the site run, and tries again.
func Up(ctx context.Context, url string, log *slog.Logger) ([]string, error) {
	pool, err := open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer pool.Close()

	unlock, err := lock(ctx, pool)
	if err != nil {
		return nil, err
	}
	defer unlock()

	before, err := status(ctx, pool)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		err = up(ctx, pool)
		if pg.Code(err) != "55P03" || try == lockTries {
			break
		}
		log.Warn("migration waits for a table in use", "try", try, "err", err)
		if err := sleep(ctx, time.Second); err != nil {
			return nil, err
		}
	}
	after, statusErr := status(ctx, pool)
	return applied(before, after), errors.Join(err, statusErr)
}

func applied(before, after []Step) []string {
	var names []string
	for i := range after {
		if after[i].Applied != nil && before[i].Applied == nil {
			names = append(names, after[i].Name)
		}
	}
	return names
}

func up(ctx context.Context, pool *pgxpool.Pool) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	if _, err := sources(); err != nil { // names and numbers
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, stepsOnly{files},
		goose.WithTableName(versionTable),
		goose.WithAllowOutofOrder(true),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
	)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	queue, err := queueMigrator(pool)
	if err != nil {
		return err
	}
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}

func queueMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("read the job queue's migrations: %w", err)
	}
	return m, nil
}

// open returns a small pool whose statements may run long but never wait long for a lock.
func open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	return pg.OpenWith(ctx, url, pg.Limits{Wait: 10 * time.Second, Lock: lockWait, MaxConns: 4})
}

// lock takes the advisory lock on a connection of its own and returns what gives it back. It polls: a session that waits inside
// PostgreSQL holds a snapshot, for which CREATE INDEX CONCURRENTLY in the working session would wait in turn.
func lock(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock migrations: %w", err)
	}
	for {
		var got bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(lockKey)).Scan(&got); err != nil {
			conn.Release()
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
		if got {
			break
		}
		if err := sleep(ctx, lockPoll); err != nil {
			conn.Release()
			return nil, fmt.Errorf("wait for another process that migrates: %w", err)
		}
	}
	return func() {
		// Closing the session gives the lock back whatever state it is in.
		raw := conn.Hijack()
		closeCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = raw.Close(closeCtx)
	}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stepsOnly hides schema.sql, whose name is no step's, from the migration library.
type stepsOnly struct{ fs.FS }

// Glob implements fs.GlobFS.
func (s stepsOnly) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(s.FS, pattern)
	steps := names[:0]
	for _, name := range names {
		if name != schemaFile {
			steps = append(steps, name)
		}
	}
	return steps, err
}
