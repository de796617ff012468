package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"lyceum/internal/embedded/ferret"
	"lyceum/internal/embedded/postgres"
)

// Needs says which stores are wanted; a site may have configured the others. FerretDB needs PostgreSQL, so that runs for either.
type Needs struct {
	Postgres, Mongo, Redis bool
}

// All needs every store.
var All = Needs{Postgres: true, Mongo: true, Redis: true}

// Options say how to run the stores. The zero value runs all of them with the PostgreSQL that is found.
type Options struct {
	Needs       Needs  // the zero value means All
	PostgresBin string // LMS_POSTGRES_BIN
}

// Stores are running stores.
type Stores struct {
	PostgresURL string // for pgx; empty when not needed
	MongoURL    string // for the MongoDB driver; empty when not needed
	RedisURL    string // for go-redis; empty when not needed

	// Owned says that this process runs the stores; otherwise they are those of another that owns the directory.
	Owned bool

	stop func(context.Context) error
}

// Stop ends the stores this process runs, cleanly, and gives the directory back; stores of another process are only let go. Commands that
// still use our stores are waited for, for as long as ctx and, for a server, half a minute allow. It is safe to call twice.
func (s *Stores) Stop(ctx context.Context) error {
	stop := s.stop
	s.stop = nil
	if stop == nil {
		return nil
	}
	return stop(ctx)
}

// Holds reports whether a directory holds the stores of a site, running or not, as far as this process may see.
func Holds(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, "postgres", "PG_VERSION"))
	if err == nil || errors.Is(err, os.ErrPermission) {
		return true
	}
	pid := readPID(filepath.Join(dataDir, "lock")) // of a process that is about to make them
	return pid > 0 && syscall.Kill(pid, 0) == nil
}

// Start runs all stores in the data directory, made if it is missing, and refuses when another process owns it.
func Start(ctx context.Context, dataDir string, log *slog.Logger) (*Stores, error) {
	return StartWith(ctx, dataDir, log, Options{})
}

// StartWith is Start with options.
func StartWith(ctx context.Context, dataDir string, log *slog.Logger, o Options) (*Stores, error) {
	d, err := own(dataDir, log)
	if err != nil {
		return nil, err
	}
	return start(ctx, d, log, o, usersWait)
}

// Open uses the stores of the process that owns the data directory, or runs them until Stop when none does.
func Open(ctx context.Context, dataDir string, log *slog.Logger) (*Stores, error) {
	return OpenWith(ctx, dataDir, log, Options{})
}

const (
	attachWithin = 30 * time.Second
	usersWait    = 30 * time.Second
	noLimit      = 0
)

// OpenWith is Open with options; they count only when the stores are run here.
func OpenWith(ctx context.Context, dataDir string, log *slog.Logger, o Options) (*Stores, error) {
	deadline := time.Now().Add(attachWithin)
	for {
		d, err := own(dataDir, log)
		if err == nil {
			return start(ctx, d, log, o, noLimit)
		}
		s, attachErr := attach(ctx, dataDir) // also when root may not own the directory of an ordinary user
		if attachErr == nil {
			return s, nil
		}
		if _, ok := errors.AsType[*UsedError](err); !ok {
			return nil, err
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%w, and its stores do not answer: %w", err, attachErr)
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil { // it is starting or ending
			return nil, errors.Join(err, attachErr)
		}
	}
}

const (
	peopleDatabase    = "lyceum"
	documentsDatabase = "documents"
)

// start runs the stores in a directory this process owns and gives it back when that fails.
func start(ctx context.Context, d *directory, log *slog.Logger, o Options, patience time.Duration) (s *Stores, err error) {
	if o.Needs == (Needs{}) {
		o.Needs = All
	}
	var ends cleanup
	ends.add(func(context.Context) error { return d.release() })
	defer func() {
		if err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			err = errors.Join(err, ends.run(ctx))
		}
	}()

	s = &Stores{Owned: true}
	if o.Needs.Postgres || o.Needs.Mongo {
		if err := startPostgres(ctx, d, log, o, s, &ends); err != nil {
			return nil, err
		}
	}
	if o.Needs.Redis {
		r, err := startRedis()
		if err != nil {
			return nil, err
		}
		ends.add(func(context.Context) error { r.stop(); return nil })
		s.RedisURL = r.url
	}
	if err := d.announce(s); err != nil {
		return nil, err
	}
	ends.add(func(ctx context.Context) error { return d.awaitUsers(ctx, log, patience) })
	s.stop = ends.run
	return s, nil
}

func startPostgres(ctx context.Context, d *directory, log *slog.Logger, o Options, s *Stores, ends *cleanup) error {
	config, err := cluster(ctx, d, o.PostgresBin, log)
	if err != nil {
		return err
	}
	keeper, err := keep(ctx, config, log)
	if err != nil {
		return err
	}
	ends.add(keeper.stop)
	if o.Needs.Postgres {
		if err := createDatabase(ctx, config, peopleDatabase); err != nil {
			return err
		}
		s.PostgresURL = postgres.URL(config.Socket, peopleDatabase)
	}
	if !o.Needs.Mongo {
		return nil
	}
	if err := ferret.Prepare(ctx, postgres.URL(config.Socket, "postgres"), documentsDatabase); err != nil {
		return err
	}
	sockets := filepath.Join(d.sockets, "docs")
	if err := os.MkdirAll(sockets, 0o700); err != nil {
		return fmt.Errorf("make the document store's directory: %w", err)
	}
	documents, err := ferret.Start(ferret.Config{
		PostgresURL: postgres.URL(config.Socket, documentsDatabase), Dir: sockets, Log: log.With("store", "documents"),
	})
	if err != nil {
		return err
	}
	ends.add(func(context.Context) error { documents.Stop(); return nil })
	s.MongoURL = documents.URI()
	return nil
}

// cleanup ends things in the opposite order of their start.
type cleanup struct{ steps []func(context.Context) error }

func (c *cleanup) add(step func(context.Context) error) { c.steps = append(c.steps, step) }

func (c *cleanup) run(ctx context.Context) error {
	var errs []error
	for _, v := range slices.Backward(c.steps) {
		errs = append(errs, v(ctx))
	}
	c.steps = nil
	return errors.Join(errs...)
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
