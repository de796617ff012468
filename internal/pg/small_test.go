package pg_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

// TestTogether: every part's rows come to its own reader, whole; an error of a reader is the batch's.
func TestTogether(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const (
		names pg.Small = `SELECT 'name' || n, NULL, $2, to_timestamp(n), NULL::timestamptz, n = $1 FROM generate_series(7, 8) AS n`
		none  pg.Small = `SELECT usage_key, NULL, NULL, due, NULL::timestamptz, NULL::boolean FROM due_extension WHERE user_id = $1 AND course_key = $2`
		mine  pg.Small = `SELECT NULL, NULL, 'c', NULL::timestamptz, to_timestamp(60), NULL::boolean WHERE $1 = 7`
	)
	var got []string
	reader := func(name string) func(*pg.Row) error {
		return func(row *pg.Row) error {
			got = append(got, fmt.Sprint(name, " ", row.Text(1), row.Text(2), row.Text(3), row.Time(4).Unix(), row.Time(5).Unix(), row.Bool(6)))
			return row.Err()
		}
	}
	var b pgx.Batch
	pg.Together(names, none, mine).Queue(&b, 7, "course", reader("names"), reader("none"), reader("mine"))
	if err := db.SendBatch(t.Context(), &b).Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"names name7course7 -62135596800 true", "names name8course8 -62135596800 false", "mine c-62135596800 60 false"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	why := errors.New("why")
	var failing pgx.Batch
	pg.Together(names).Queue(&failing, 7, "course", func(*pg.Row) error { return why })
	if err := db.SendBatch(t.Context(), &failing).Close(); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}
