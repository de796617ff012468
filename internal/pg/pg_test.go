package pg_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	limits := pg.Limits{Wait: 500 * time.Millisecond, Statement: 50 * time.Millisecond, Lock: 20 * time.Millisecond, Idle: time.Second, MaxConns: 2}
	pool, err := pg.OpenWith(ctx, pgtest.URL(t), limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(ctx, `CREATE TABLE seat (id int PRIMARY KEY); INSERT INTO seat VALUES (1)`); err != nil {
		t.Fatal(err)
	}

	t.Run("statement", func(t *testing.T) {
		_, err := pool.Exec(ctx, `SELECT pg_sleep(10)`)
		if pg.Code(err) != "57014" || !fault.Is(err, fault.Busy) {
			t.Errorf("got %v, want a statement timeout of kind Busy", err)
		}
	})
	t.Run("lock", func(t *testing.T) {
		holder, err := pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer holder.Rollback(ctx)
		if _, err := holder.Exec(ctx, `SELECT FROM seat FOR UPDATE`); err != nil {
			t.Fatal(err)
		}
		_, err = pool.Exec(ctx, `UPDATE seat SET id = 2`)
		if pg.Code(err) != "55P03" || !fault.Is(err, fault.Busy) {
			t.Errorf("got %v, want a lock timeout of kind Busy", err)
		}
	})
	t.Run("pool", func(t *testing.T) {
		for range 2 {
			conn, err := pool.Acquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
		}
		_, err := pool.Exec(ctx, `SELECT 1`)
		if !errors.Is(err, context.DeadlineExceeded) || !fault.Is(err, fault.Busy) {
			t.Errorf("got %v, want a deadline of kind Busy", err)
		}
	})
	t.Run("idle transaction", func(t *testing.T) {
		tx, err := pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(ctx)
		if err := tx.Conn().PgConn().WaitForNotification(ctx); !fault.Is(err, fault.Busy) {
			t.Errorf("got %v, want that the server ended the session", err)
		}
	})
	t.Run("the wait for a connection does not bound the statement", func(t *testing.T) {
		patient := limits
		patient.Statement = 0
		pool, err := pg.OpenWith(ctx, pgtest.URL(t), patient)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		if _, err := pool.Exec(ctx, `SELECT pg_sleep(0.8)`); err != nil {
			t.Errorf("a statement of 800 ms with a wait of 500 ms: %v", err)
		}
	})
}

func TestWrongAddressKeepsItsPassword(t *testing.T) {
	t.Parallel()
	_, err := pg.Open(t.Context(), "postgres://me:secret@host:notaport/db")
	if err == nil {
		t.Fatal("a wrong address was taken")
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the password: %v", err)
	}
}

// TestResultsAsText: a pool whose results come as text, which [pg.Row] does not read, is refused when the program starts.
func TestResultsAsText(t *testing.T) {
	t.Parallel()
	const address = "postgres://u:p@localhost/db?default_query_exec_mode="
	for _, mode := range []string{"exec", "simple_protocol"} {
		if _, err := pg.Config(address+mode, pg.Normal); err == nil || !strings.Contains(err.Error(), "default_query_exec_mode") {
			t.Errorf("%s: %v", mode, err)
		}
	}
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec"} {
		if _, err := pg.Config(address+mode, pg.Normal); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestInTx(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), pgtest.New(t)
	if _, err := pool.Exec(ctx, `CREATE TABLE seat (id int CONSTRAINT seat_once PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	insert := func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO seat VALUES (1)`)
		return err
	}
	refused := errors.New("refused")
	err := pg.InTx(ctx, pool, func(tx pgx.Tx) error { return errors.Join(insert(tx), refused) })
	if !errors.Is(err, refused) {
		t.Errorf("got %v, want the error of the function", err)
	}
	if err := pg.InTx(ctx, pool, insert); err != nil {
		t.Errorf("after a rollback: %v", err)
	}
	if got := pg.Violates(pg.InTx(ctx, pool, insert)); got != "seat_once" {
		t.Errorf("Violates = %q, want seat_once", got)
	}
}

// TestSerializable counts up from many goroutines by read and write: without serializability increments are lost, without retries the
// transactions fail.
func TestSerializable(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), `CREATE TABLE counter (n int); INSERT INTO counter VALUES (0)`); err != nil {
		t.Fatal(err)
	}
	const workers = 3
	g, ctx := errgroup.WithContext(t.Context())
	for range workers {
		g.Go(func() error {
			return pg.Serializable(ctx, pool, func(tx pgx.Tx) error {
				var n int
				if err := tx.QueryRow(ctx, `SELECT n FROM counter`).Scan(&n); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, `UPDATE counter SET n = $1`, n+1)
				return err
			})
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var got int
	if err := pool.QueryRow(t.Context(), `SELECT n FROM counter`).Scan(&got); err != nil || got != workers {
		t.Errorf("counter = %d, %v, want %d", got, err, workers)
	}
}

func TestDurability(t *testing.T) {
	t.Parallel()
	got, err := pg.Durability(t.Context(), pgtest.New(t)) // the tests' server is not durable
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off"}
	if diff := cmp.Diff(got.Weak(), want); diff != "" {
		t.Errorf("Weak (-got +want):\n%s", diff)
	}
	durable := pg.DurabilitySettings{Fsync: "on", SynchronousCommit: "remote_apply", FullPageWrites: "on"}
	if weak := durable.Weak(); len(weak) != 0 {
		t.Errorf("Weak(%+v) = %v, want none", durable, weak)
	}
}
