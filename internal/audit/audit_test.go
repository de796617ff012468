package audit_test

import (
	"testing"

	"lyceum/internal/audit"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	entries := []audit.Entry{
		{Action: "account.signed_in", Target: audit.User(7), Source: audit.Source{Actor: 7, Address: "192.0.2.1", RequestID: "r1"}},
		{
			Action: "account.staff_changed", Target: audit.User(7), Source: audit.Source{Actor: 1, RealActor: 2},
			Before: map[string]bool{"staff": false}, After: map[string]bool{"staff": true},
		},
		{Action: "account.signed_in", Target: audit.User(8)},
	}
	for _, e := range entries {
		if err := audit.Record(t.Context(), pool, e); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := audit.OfTarget(t.Context(), pool, audit.User(7), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Action != "account.staff_changed" || string(rows[0].After) != `{"staff": true}` || *rows[0].RealActor != 2 {
		t.Errorf("rows of user 7 = %+v, want the change of staff and the sign-in", rows)
	}
	if rows[1].RealActor != nil || rows[1].Before != nil {
		t.Errorf("absent values are %v and %s, want null", rows[1].RealActor, rows[1].Before)
	}
	many := audit.Entry{Action: "account.removed", Target: audit.User(8), Source: audit.Source{Actor: 1}, After: map[string]int{"n": 2}}
	if err := audit.RecordEach(t.Context(), pool, many, []string{audit.User(8), audit.User(9)}); err != nil {
		t.Fatal(err)
	}
	for _, user := range []int64{8, 9} {
		rows, err := audit.OfTarget(t.Context(), pool, audit.User(user), 10)
		if err != nil || len(rows) == 0 || rows[0].Action != "account.removed" || string(rows[0].After) != `{"n": 2}` {
			t.Errorf("rows of user %d: %+v, %v", user, rows, err)
		}
	}
}

func TestAppendOnly(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	if err := audit.Record(t.Context(), pool, audit.Entry{Action: "account.signed_in", Target: audit.User(7)}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`UPDATE audit SET actor = 1`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := pool.Exec(t.Context(), sql); pg.Code(err) != "42501" {
			t.Errorf("%s: got %v, want insufficient privilege", sql, err)
		}
	}
}
