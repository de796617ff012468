package pgtest_test

import (
	"testing"

	"lyceum/internal/pgtest"
)

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "two", "three"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			if _, err := pool.Exec(t.Context(), `CREATE TABLE note (text text NOT NULL)`); err != nil {
				t.Fatal(err)
			}
			var jobs int
			if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&jobs); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestUpperAndLowerCaseOfAllScripts(t *testing.T) {
	t.Parallel()
	var got string
	if err := pgtest.New(t).QueryRow(t.Context(), `SELECT lower('ÄÖ Ж')`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if want := "äö ж"; got != want {
		t.Errorf("lower = %q, want %q: the system lacks the locale C.UTF-8", got, want)
	}
}

func TestEmptyHasNoTables(t *testing.T) {
	t.Parallel()
	pool := pgtest.Open(t, pgtest.Empty(t))
	var tables int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("%d tables, want 0", tables)
	}
}
