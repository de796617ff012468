package pg_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

// open returns lanes that are connected, on a database with a table of seats.
func open(t *testing.T) (*pgxpool.Pool, *pg.Lanes) {
	t.Helper()
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), `
		CREATE TABLE seat (id bigint PRIMARY KEY, who bigint NOT NULL, n bigint NOT NULL DEFAULT 0);
		CREATE TABLE said (id bigserial PRIMARY KEY, who bigint NOT NULL, n bigint NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	lanes := pg.NewLanes(pool)
	t.Cleanup(lanes.Close)
	for began := time.Now(); lanes.Taken() == 0; {
		if err := one(t.Context(), lanes, `SELECT 1::bigint`, new(int64)); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("the lanes do not connect")
		}
	}
	return pool, lanes
}

// one reads one number.
func one(ctx context.Context, lanes *pg.Lanes, sql string, into *int64, args ...any) error {
	var b pgx.Batch
	b.Queue(sql, args...).QueryRow(func(row pgx.Row) error { return row.Scan(into) })
	return lanes.Read(ctx, &b)
}

// crowd runs do n times at once and returns the errors by number.
func crowd(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return errs
}

// TestLaneValues: what goes through a lane is what goes through the pool, whatever its type.
func TestLaneValues(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	now := time.Date(2026, 11, 30, 1, 2, 3, 456789000, time.UTC)
	f, s, b := 1.5, "text", true
	for name, q := range map[string]struct {
		sql  string
		args []any
	}{
		"numbers":   {`SELECT $1::bigint, $2::float8, $3::int, $4::bigint, $5::float8, $6::numeric`, []any{int64(-5), 2.25, 7, (*int64)(nil), &f, "3.50"}},
		"texts":     {`SELECT $1::text, $2::text, $3::text, $4::varchar, $5::json`, []any{"a\x01é", &s, (*string)(nil), "v", `{"a": 1}`}},
		"others":    {`SELECT $1::boolean, $2::bytea, $3::bytea, $4::jsonb, $5::uuid, $6::boolean`, []any{true, []byte{0, 1}, []byte(nil), `{"b":2}`, "00000000-0000-0000-0000-000000000001", &b}},
		"times":     {`SELECT $1::timestamptz, $2::timestamptz, $3::date`, []any{now, (*time.Time)(nil), now}},
		"lists":     {`SELECT $1::text[], $2::text[], $3::text[], $4::bigint[]`, []any{[]string{"x", `y"`}, []string{}, []string(nil), []int64{1, 2}}},
		"no row":    {`SELECT 1 WHERE $1::bigint = 0`, []any{int64(1)}},
		"many rows": {`SELECT n, repeat('x', 3000) FROM generate_series(1::bigint, $1) AS n`, []any{int64(50)}},
	} {
		read := func(run func(*pgx.Batch) error) (values [][]any, tag string) {
			var batch pgx.Batch
			batch.Queue(q.sql, q.args...).Query(func(rows pgx.Rows) error {
				for rows.Next() {
					v, err := rows.Values()
					if err != nil {
						return err
					}
					values = append(values, v)
				}
				tag = rows.CommandTag().String()
				return rows.Err()
			})
			var n int64
			batch.Queue(`SELECT 7::bigint`).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
			if err := run(&batch); err != nil || n != 7 {
				t.Errorf("%s: %d, %v", name, n, err)
			}
			return values, tag
		}
		var got [][]any
		var tag string
		for before, tries := lanes.Taken(), 0; lanes.Taken() == before; tries++ { // a busy machine may have no time for a lane
			if tries == 10 {
				t.Fatalf("%s: not taken by a lane", name)
			}
			got, tag = read(func(b *pgx.Batch) error { return lanes.Read(t.Context(), b) })
		}
		want, wantTag := read(func(b *pgx.Batch) error { return pool.SendBatch(t.Context(), b).Close() })
		if fmt.Sprint(got) != fmt.Sprint(want) || tag != wantTag {
			t.Errorf("%s: got %v %s, want %v %s", name, got, tag, want, wantTag)
		}
	}
}

// TestLaneReadErrors: an error is that of its own batch, as the driver says it.
func TestLaneReadErrors(t *testing.T) {
	t.Parallel()
	_, lanes := open(t)
	errs := crowd(60, func(i int) error {
		var n int64
		if i%5 == 0 {
			return one(t.Context(), lanes, `SELECT 10 / $1::bigint`, &n, int64(0))
		}
		if err := one(t.Context(), lanes, `SELECT 2 * $1::bigint`, &n, int64(i)); err != nil || n != 2*int64(i) {
			return fmt.Errorf("%d: %d, %w", i, n, err)
		}
		return nil
	})
	for i, err := range errs {
		if i%5 == 0 && pg.Code(err) != "22012" || i%5 != 0 && err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	refused := errors.New("refused")
	var b pgx.Batch
	b.Queue(`SELECT 1`).Query(func(pgx.Rows) error { return refused })
	b.Queue(`SELECT 2`).Query(func(pgx.Rows) error { t.Error("called after an error"); return nil })
	if err := lanes.Read(t.Context(), &b); !errors.Is(err, refused) {
		t.Errorf("got %v, want the function's error", err)
	}
	if err := one(t.Context(), lanes, `SELECT nothing`, new(int64)); pg.Code(err) != "42703" {
		t.Errorf("an unknown column: %v", err)
	}
	if err := one(t.Context(), lanes, `SELECT $1::bigint`, new(int64), "no number"); err == nil {
		t.Error("a text was taken for a number")
	}
	if err := one(t.Context(), lanes, `SELECT NULL::bigint`, new(int64)); !errors.As(err, new(pgx.ScanArgError)) {
		t.Errorf("null into a number: %v", err)
	}
	if err := one(t.Context(), lanes, `SELECT 1::bigint WHERE false`, new(int64)); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("no row: %v", err)
	}
}

// TestLaneCancel: who gives up is gone at once, and nobody else with him; who is stuck does not keep others waiting.
func TestLaneCancel(t *testing.T) {
	t.Parallel()
	_, lanes := open(t)
	slow, cancel := context.WithCancel(t.Context())
	var gone sync.WaitGroup
	for range 4 { // as many as there are lanes, or more
		gone.Go(func() {
			var b pgx.Batch
			b.Queue(`SELECT pg_sleep(4)`)
			if err := lanes.Read(slow, &b); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that it was canceled", err)
			}
		})
	}
	began := time.Now()
	for i, err := range crowd(20, func(i int) error { return one(t.Context(), lanes, `SELECT $1::bigint`, new(int64), int64(i)) }) {
		if err != nil {
			t.Errorf("%d beside slow ones: %v", i, err)
		}
	}
	cancel()
	gone.Wait()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("others took %s", took)
	}
}

// TestLaneReadsOnly: a lane for reads writes nothing, and what is no plain statement does not get there.
func TestLaneReadsOnly(t *testing.T) {
	t.Parallel()
	_, lanes := open(t)
	before := lanes.Taken()
	var b pgx.Batch
	b.Queue(`SELECT 1`)
	b.Queue(`SET LOCAL synchronous_commit = off`)
	if err := lanes.Read(t.Context(), &b); err != nil || lanes.Taken() != before {
		t.Errorf("a setting went through a lane: %v", err)
	}
}

// TestLaneWrites: groups are whole transactions for each of their batches: one that fails leaves nothing and takes nobody with it.
func TestLaneWrites(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	errs := crowd(60, func(i int) error {
		var b pgx.Batch
		b.Queue(`INSERT INTO said (who, n) VALUES ($1, 1)`, int64(i))
		id := int64(i)
		if i%6 == 0 {
			id = 1000 // one of them wins
		}
		b.Queue(`INSERT INTO seat (id, who) VALUES ($1, $2)`, id, int64(i))
		_, err := lanes.Write(t.Context(), int64(i), &b)
		return err
	})
	won := 0
	for i, err := range errs {
		switch {
		case i%6 != 0 && err != nil:
			t.Errorf("%d: %v", i, err)
		case i%6 == 0 && err == nil:
			won++
		case i%6 == 0 && pg.Code(err) != "23505":
			t.Errorf("%d: %v, want a violation", i, err)
		}
	}
	if won != 1 {
		t.Errorf("%d sit on one seat", won)
	}
	var seats, said, astray int
	err := pool.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM seat), (SELECT count(*) FROM said),
		       (SELECT count(*) FROM said WHERE NOT EXISTS (SELECT FROM seat WHERE seat.who = said.who))`).Scan(&seats, &said, &astray)
	if err != nil || seats != 51 || said != 51 || astray != 0 {
		t.Errorf("%d seats, %d said, %d without a seat, %v; want 51, 51, 0", seats, said, astray, err)
	}
}

// TestLaneWritesGroup: writes of many share commits.
func TestLaneWritesGroup(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	const n = 200
	var transactions int
	for tries := 0; transactions == n*tries; tries++ { // a busy machine may have no time for a lane
		if tries == 10 {
			t.Fatalf("%d transactions for %d writes", transactions, n*tries)
		}
		for i, err := range crowd(n, func(i int) error {
			var b pgx.Batch
			var tag pgconn.CommandTag
			b.Queue(`INSERT INTO seat (id, who) VALUES ($1, $1)`, int64(tries*n+i)).Exec(func(got pgconn.CommandTag) error { tag = got; return nil })
			if _, err := lanes.Write(t.Context(), int64(i), &b); err != nil || tag.RowsAffected() != 1 {
				return fmt.Errorf("%s, %w", tag, err)
			}
			return nil
		}) {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		if err := pool.QueryRow(t.Context(), `SELECT count(DISTINCT xmin::text) FROM seat`).Scan(&transactions); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLaneOrder: what one user sends one after the other is stored in that order, and what is sent at once is stored each by itself.
func TestLaneOrder(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	const users, each = 6, 40
	if _, err := pool.Exec(t.Context(), `INSERT INTO seat (id, who) SELECT n, n FROM generate_series(0, $1) AS n`, users); err != nil {
		t.Fatal(err)
	}
	for i, err := range crowd(users, func(u int) error {
		for n := range each {
			var b pgx.Batch
			b.Queue(`INSERT INTO said (who, n) VALUES ($1, $2)`, int64(u), int64(n))
			b.Queue(`UPDATE seat SET n = n + 1 WHERE id = $1`, int64(u))
			if _, err := lanes.Write(t.Context(), int64(u), &b); err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	for i, err := range crowd(50, func(int) error { // one user, all at once
		var b pgx.Batch
		b.Queue(`UPDATE seat SET n = n + 1 WHERE id = $1`, int64(users))
		_, err := lanes.Write(t.Context(), users, &b)
		return err
	}) {
		if err != nil {
			t.Errorf("at once %d: %v", i, err)
		}
	}
	rows, err := pool.Query(t.Context(), `SELECT n FROM said WHERE who = 3 ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || len(got) != each || !slices.IsSorted(got) {
		t.Errorf("stored in the order %v, %v", got, err)
	}
	var counted int64
	if err := pool.QueryRow(t.Context(), `SELECT n FROM seat WHERE id = $1`, users).Scan(&counted); err != nil || counted != 50 {
		t.Errorf("counted %d, %v, want 50", counted, err)
	}
}

// TestLaneLock: who waits for somebody's lock waits alone, as long as everybody does.
func TestLaneLock(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	ctx := t.Context()
	if _, err := pool.Exec(ctx, `INSERT INTO seat (id, who) SELECT n, n FROM generate_series(1, 50) AS n`); err != nil {
		t.Fatal(err)
	}
	holder, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Rollback(ctx)
	if _, err := holder.Exec(ctx, `SELECT FROM seat WHERE id = 7 FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	var others atomic.Int64
	for i, err := range crowd(30, func(i int) error {
		var b pgx.Batch
		b.Queue(`UPDATE seat SET n = n + 1 WHERE id = $1`, int64(i+1))
		began := time.Now()
		_, err := lanes.Write(ctx, int64(i+1), &b)
		if i+1 != 7 {
			others.Store(max(others.Load(), int64(time.Since(began))))
		}
		return err
	}) {
		if i+1 == 7 && (pg.Code(err) != "55P03" || !fault.Is(err, fault.Busy)) || i+1 != 7 && err != nil {
			t.Errorf("%d: %v", i+1, err)
		}
	}
	if took := time.Duration(others.Load()); took > 1500*time.Millisecond {
		t.Errorf("others waited %s", took)
	}
}

// TestLaneWriteCanceled: a write that is under way is waited for, so that its caller knows how it ended; one that waits is withdrawn.
func TestLaneWriteCanceled(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	for i := range 40 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i)*100*time.Microsecond, cancel)
		var b pgx.Batch
		b.Queue(`INSERT INTO seat (id, who) SELECT $1, 1 FROM pg_sleep(0.001)`, int64(i))
		_, err := lanes.Write(ctx, 1, &b)
		var there bool
		if err := pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM seat WHERE id = $1)`, int64(i)).Scan(&there); err != nil {
			t.Fatal(err)
		}
		if there != (err == nil) {
			t.Errorf("%d: stored %t, told %v", i, there, err)
		}
	}
}

// TestLaneKilled: the server ends lanes in the middle, again and again. Nobody is told that something is stored that is not, nothing is
// stored twice, reads go on, and errors are such as tell a page to try again.
func TestLaneKilled(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	ctx := t.Context()
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killed := 0
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(15 * time.Millisecond):
			}
			var n int
			const kill = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'lyceum lane'`
			if err := pool.QueryRow(ctx, kill).Scan(&n); err != nil {
				t.Errorf("kill: %v", err)
			}
			killed += n
		}
	})
	var stored sync.Map
	var failures atomic.Int64
	errs := crowd(16, func(u int) error {
		for n := range 60 {
			if err := one(ctx, lanes, `SELECT $1::bigint FROM pg_sleep(0.0005)`, new(int64), int64(n)); err != nil {
				return fmt.Errorf("read: %w", err)
			}
			id := int64(u*1000 + n)
			var b pgx.Batch
			b.Queue(`INSERT INTO seat (id, who) SELECT $1, $2 FROM pg_sleep(0.0005)`, id, int64(u))
			b.Queue(`INSERT INTO said (who, n) VALUES ($1, $1)`, id)
			backend, err := lanes.Write(ctx, int64(u), &b)
			if err == nil {
				stored.Store(id, true)
				continue
			}
			failures.Add(1)
			if !fault.Is(err, fault.Busy) || backend == 0 {
				return fmt.Errorf("write: kind %v, process %d: %w", fault.KindOf(err), backend, err)
			}
		}
		return nil
	})
	close(stop)
	killer.Wait()
	for u, err := range errs {
		if err != nil {
			t.Errorf("%d: %v", u, err)
		}
	}
	rows, err := pool.Query(ctx, `SELECT who FROM said`)
	if err != nil {
		t.Fatal(err)
	}
	there := map[int64]int{}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		there[id]++
	}
	stored.Range(func(id, _ any) bool {
		if there[id.(int64)] != 1 {
			t.Errorf("%d was told to be stored and is there %d times", id, there[id.(int64)])
		}
		return true
	})
	var half int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM seat FULL JOIN said ON said.who = seat.id WHERE said.who IS NULL OR seat.id IS NULL`).Scan(&half); err != nil || half > 0 {
		t.Errorf("%d halves of batches, %v", half, err)
	}
	t.Logf("%d lanes killed, %d writes failed, %d stored", killed, failures.Load(), len(there))
}

// TestLaneSchemaChanges: a table that has changed under prepared statements is read as it is now.
func TestLaneSchemaChanges(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	ctx := t.Context()
	if _, err := pool.Exec(ctx, `CREATE TABLE place (v bigint); INSERT INTO place VALUES (5)`); err != nil {
		t.Fatal(err)
	}
	read := func() (s string, err error) {
		var b pgx.Batch
		b.Queue(`SELECT v FROM place`).QueryRow(func(row pgx.Row) error {
			var v any
			err := row.Scan(&v)
			s = fmt.Sprint(v)
			return err
		})
		return s, lanes.Read(ctx, &b)
	}
	for range 5 {
		if s, err := read(); s != "5" || err != nil {
			t.Fatalf("got %s, %v", s, err)
		}
	}
	if _, err := pool.Exec(ctx, `ALTER TABLE place ALTER v TYPE text`); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if s, err := read(); s != "5" || err != nil {
			t.Errorf("after the change: %s, %v", s, err)
		}
	}
}

// TestLaneNames: what a statement is called stands for its text, whoever prepared it and in whatever order.
func TestLaneNames(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	others := pg.NewLanes(pool)
	t.Cleanup(others.Close)
	var known []string // with the question for them seven a round: lanes, which take turns, get another one each time
	if err := pool.QueryRow(t.Context(), `SELECT array_agg(n::text) FROM generate_series(1, 6) AS n`).Scan(&known); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, l := range []*pg.Lanes{lanes, others} {
		ordered := slices.Clone(known)
		slices.Reverse(known)
		for before, began := l.Taken(), time.Now(); l.Taken() < before+60 && time.Since(began) < 20*time.Second; {
			for _, n := range ordered {
				if err := one(t.Context(), l, `SELECT `+n+`::bigint`, new(int64)); err != nil {
					t.Fatal(err)
				}
			}
			var b pgx.Batch
			b.Queue(`SELECT name, statement FROM pg_prepared_statements WHERE name LIKE 'lane%'`).Query(func(rows pgx.Rows) error {
				var name, text string
				_, err := pgx.ForEachRow(rows, []any{&name, &text}, func() error {
					if was, is := texts[name]; is && was != text {
						t.Errorf("%s is %s and %s", name, was, text)
					}
					texts[name] = text
					return nil
				})
				return err
			})
			if err := l.Read(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(texts) < len(known) {
		t.Errorf("only %d statements were prepared", len(texts))
	}
}

// TestLaneTypeChanges: arguments are taken for what they were written as, and rows read as what they are, also where a statement is prepared after its table has changed.
func TestLaneTypeChanges(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	ctx := t.Context()
	if _, err := pool.Exec(ctx, `CREATE TABLE place (v bigint)`); err != nil {
		t.Fatal(err)
	}
	write := func(n int64) error {
		var b pgx.Batch
		b.Queue(`INSERT INTO place (v) VALUES ($1)`, n)
		_, err := lanes.Write(ctx, 1, &b)
		return err
	}
	read := func() (v any, err error) {
		var b pgx.Batch
		b.Queue(`SELECT max(v) + 5 FROM place`).QueryRow(func(row pgx.Row) error { return row.Scan(&v) })
		return v, lanes.Read(ctx, &b)
	}
	if err := write(2); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if v, err := read(); err != nil || v != int64(7) {
			t.Fatalf("read %v, %v, want 7", v, err)
		}
	}
	if _, err := pool.Exec(ctx, `ALTER TABLE place ALTER v TYPE float8`); err != nil { // as many bytes, which say something else
		t.Fatal(err)
	}
	const kill = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'lyceum lane'`
	if _, err := pool.Exec(ctx, kill); err != nil {
		t.Fatal(err)
	}
	for taken, began := lanes.Taken(), time.Now(); lanes.Taken() < taken+80 && time.Since(began) < 20*time.Second; {
		if err := write(2); err != nil && !fault.Is(err, fault.Busy) {
			t.Fatal(err)
		}
		if v, err := read(); err != nil || v != 7.0 {
			t.Fatalf("read %v, %v, want 7", v, err)
		}
	}
	var wrong int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM place WHERE v <> 2`).Scan(&wrong); err != nil || wrong > 0 {
		t.Errorf("%d were taken for another number, %v", wrong, err)
	}
}

// TestLaneLarge: what is too large for a group, and answers larger than any buffer, go through all the same.
func TestLaneLarge(t *testing.T) {
	t.Parallel()
	_, lanes := open(t)
	for i, err := range crowd(12, func(i int) error {
		var got string
		var b pgx.Batch
		n := 1 << (10 + i)
		b.Queue(`SELECT length($1::text)::bigint`, strings.Repeat("x", n)).QueryRow(func(row pgx.Row) error {
			var there int
			if err := row.Scan(&there); err != nil || there != n {
				return fmt.Errorf("%d there, %w", there, err)
			}
			return nil
		})
		b.Queue(`SELECT repeat('y', $1)`, n).QueryRow(func(row pgx.Row) error { return row.Scan(&got) })
		if err := lanes.Read(t.Context(), &b); err != nil || len(got) != n {
			return fmt.Errorf("%d bytes, %w", len(got), err)
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestLaneModes: where the address asks for another way to run statements, everything goes to the pool.
func TestLaneModes(t *testing.T) {
	t.Parallel()
	pool := pgtest.Open(t, pgtest.URL(t)+"&default_query_exec_mode=cache_describe")
	lanes := pg.NewLanes(pool)
	defer lanes.Close()
	for range 3 {
		var n pgtype.Int8
		var b pgx.Batch
		b.Queue(`SELECT 3::bigint`).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
		if err := lanes.Read(t.Context(), &b); err != nil || n.Int64 != 3 {
			t.Errorf("got %d, %v", n.Int64, err)
		}
	}
	if lanes.Taken() != 0 {
		t.Error("a lane was used")
	}
}
