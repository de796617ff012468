package pg_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

// TestRow: what is read from the wire is what scanning reads.
func TestRow(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pool, err := pg.Open(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	type row struct {
		text string
		json []byte
		n    *int64
		f    *float64
		b    *bool
		at   *time.Time
	}
	const query = `
		SELECT * FROM (VALUES
			('ä', '{"a": 1}'::json, 9223372036854775807::bigint, 0.1::float8, true, '1999-12-31 23:59:59.999999+00'::timestamptz),
			('', '[]', -9223372036854775808, '-Infinity', false, '2026-02-28 12:00:00.000001+00'),
			('x', 'null', 0, 'NaN', NULL, '0001-01-01 00:00:00+00'),
			('y', NULL, NULL, NULL, NULL, NULL)) AS v (t, j, n, f, b, at)`
	rows, err := pool.Query(ctx, query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var read pg.Row
	for rows.Next() {
		var want row
		if err := rows.Scan(&want.text, &want.json, &want.n, &want.f, &want.b, &want.at); err != nil {
			t.Fatal(err)
		}
		read.Read(rows)
		got := row{text: read.Text(0), json: read.Bytes(1), f: read.Float(3)}
		if !read.Null(2) {
			got.n = new(read.Int(2))
		}
		if !read.Null(4) {
			got.b = new(read.Bool(4))
		}
		if !read.Null(5) {
			got.at = new(read.Time(5))
		}
		same := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
		if diff := cmp.Diff(got, want, cmp.AllowUnexported(row{}), same); diff != "" || read.Err() != nil {
			t.Errorf("%v (-got +want):\n%s", read.Err(), diff)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ column, want string }{{"'infinity'::timestamptz", "infinite"}, {"1::int", "type 23"}} {
		rows, err := pool.Query(ctx, `SELECT `+c.column)
		if err != nil {
			t.Fatal(err)
		}
		var r pg.Row
		for rows.Next() {
			r.Read(rows)
			r.Time(0)
		}
		if r.Err() == nil || !strings.Contains(r.Err().Error(), c.want) {
			t.Errorf("%s read as a time: %v", c.column, r.Err())
		}
	}
}

// TestTexts: lists of texts arrive as they were given.
func TestTexts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pool, err := pg.Open(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	for _, want := range [][]string{nil, {}, {""}, {"a", `"{},\`, "NULL", "ä\n", strings.Repeat("x", 70000)}} {
		var got []string
		if err := pool.QueryRow(ctx, `SELECT $1::text[]`, want).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
	}
	if _, err := pool.Exec(ctx, `SELECT $1::text[]`, []string{"a\x00"}); err == nil {
		t.Error("a zero byte was taken")
	}
}
