package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/embedded/postgres"
	"lyceum/internal/pg"
)

// conns is the size of a test's pool: small, so that many tests run beside each other; enough for tests that race.
const conns = 8

// New returns a pool on a fresh database with all migrations applied. It is closed, and the database dropped, when the test ends.
// Limits are those of requests, except that waiting for a connection is bounded by the test alone.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return Open(t, URL(t))
}

// Open returns a pool on a database of URL or Empty, closed when the test ends.
func Open(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	limits := pg.Normal
	limits.Wait = 0 // 100 goroutines on 8 connections of a busy machine are not a fault
	limits.MaxConns = conns
	pool, err := pg.OpenWith(t.Context(), url, limits)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() { closePool(t, pool) })
	return pool
}

// closePool closes a pool unless the test holds a connection, for which Close would wait for ever.
func closePool(t testing.TB, pool *pgxpool.Pool) {
	closed := make(chan struct{})
	go func() {
		pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		if !t.Failed() { // a test that gave up could not release
			t.Errorf("pgtest: %d connections were not released: rows not closed, or a transaction not ended", pool.Stat().AcquiredConns())
		}
	}
}

// URL returns the address of a fresh migrated database, for tests that open their own pools.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, template)
}

// Empty returns the address of a fresh database without any table.
func Empty(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// Socket returns the directory of the test server's socket and thereby starts it, for servers that run on top of it.
func Socket(t testing.TB) string {
	t.Helper()
	return start(t).socket
}

var databases atomic.Int64

func create(t testing.TB, from string) string {
	t.Helper()
	s := start(t)
	name := fmt.Sprintf("t%d", databases.Add(1))
	if err := s.exec(t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY", name, from)); err != nil {
		t.Fatalf("pgtest: make a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := s.exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop the test's database: %v", err)
		}
	})
	return postgres.URL(s.socket, name)
}

// server is the process's one server.
type server struct {
	socket string
	alive  *os.File // the lock of the server's directory, held for as long as the process lives

	mu   sync.Mutex // one CREATE or DROP DATABASE at a time is as fast as many
	conn *pgx.Conn
}

func (s *server) exec(ctx context.Context, sql string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || s.conn.IsClosed() {
		conn, err := pgx.Connect(ctx, postgres.URL(s.socket, "postgres"))
		if err != nil {
			return err
		}
		s.conn = conn
	}
	_, err := s.conn.Exec(ctx, sql)
	return err
}

// process holds the server of this test process: state a process has one of.
var process struct {
	once   sync.Once
	server *server
	err    error
}

func start(t testing.TB) *server {
	t.Helper()
	process.once.Do(func() {
		// Not the test's context: the server outlives the test that happens to come first.
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		process.server, process.err = startServer(ctx, os.Getenv)
	})
	if errors.Is(process.err, postgres.ErrNotInstalled) {
		t.Fatalf("pgtest: %v", process.err)
	}
	if process.err != nil {
		t.Fatalf("pgtest: start PostgreSQL: %v", process.err)
	}
	return process.server
}
