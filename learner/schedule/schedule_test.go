package schedule

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

func TestExtensions(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	key := course.Key{Org: "O", Number: "C", Run: "R"}
	sub, other := key.Usage("sequential", "s"), key.Usage("sequential", "t")
	due := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later, latest := due.Add(time.Hour), due.Add(48*time.Hour)
	for _, tc := range []struct {
		name     string
		original *time.Time
		due      time.Time
	}{{"no due date", nil, later}, {"the same", &due, due}, {"earlier", &due, due.Add(-time.Second)}} {
		if err := Extend(ctx, db, 7, sub, tc.original, tc.due, 1); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want invalid", tc.name, err)
		}
	}
	for _, at := range []time.Time{later, latest.In(time.FixedZone("x", 3600))} { // a second one takes the first one's place
		if err := Extend(ctx, db, 7, sub, &due, at, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := Extend(ctx, db, 8, other, &due, later, 1); err != nil {
		t.Fatal(err)
	}
	want := Extensions{sub: latest}
	got, err := Of(ctx, db, 7, key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("of learner 7 (-want +got):\n%s", diff)
	}
	var b pgx.Batch
	var queued Extensions
	pg.Together(Small).Queue(&b, 7, key.String(), func(row *pg.Row) error { return queued.ReadSmall(row, key) })
	if err := db.SendBatch(ctx, &b).Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, queued); diff != "" {
		t.Errorf("in a batch (-want +got):\n%s", diff)
	}
	if err := Reset(ctx, db, 7, sub); err != nil {
		t.Fatal(err)
	}
	if got, err := Of(ctx, db, 7, key); err != nil || len(got) != 0 {
		t.Errorf("after the reset: %v, %v", got, err)
	}
	if got, err := Of(ctx, db, 8, key); err != nil || len(got) != 1 {
		t.Errorf("another learner's: %v, %v", got, err)
	}
}
