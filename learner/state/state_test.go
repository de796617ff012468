package state_test

import (
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/learner/state"
)

var (
	key     = course.Key{Org: "O", Number: "C", Run: "R"}
	problem = key.Usage("problem", "p")
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
)

func change(seen int64, text string, grade float64) state.Change {
	one := 1.0
	return state.Change{
		User: 7, Course: key, Key: problem, Seen: seen, State: json.RawMessage(text), Grade: &grade, MaxGrade: &one, Time: noon, Cause: "submit",
		SubmissionID: "s",
	}
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	s := state.New(pgtest.New(t))
	ctx := t.Context()
	first := `{"b": 1, "a": "\u0000 é"}`
	if err := s.Save(ctx, change(0, first, 0)); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(ctx, change(1, `{"a":2}`, 1)); err != nil {
		t.Fatal(err)
	}
	for _, seen := range []int64{0, 1, 3} {
		if err := s.Save(ctx, change(seen, `{}`, 0)); !errors.Is(err, state.ErrChanged) || !fault.Is(err, fault.Conflict) {
			t.Errorf("save from version %d: got %v, want changed", seen, err)
		}
	}
	got, err := s.Load(ctx, 7, key, problem, key.Usage("problem", "other"))
	if err != nil {
		t.Fatal(err)
	}
	one := 1.0
	want := state.Records{problem: {
		Key: problem, State: json.RawMessage(`{"a":2}`), Grade: &one, MaxGrade: &one, Version: 2, SubmissionID: "s", Created: noon, Modified: noon,
	}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("loaded (-got +want):\n%s", diff)
	}
	past, err := s.History(ctx, 7, key, problem)
	if err != nil || len(past) != 2 || string(past[0].State) != first || *past[1].Grade != 1 || past[1].Version != 2 {
		t.Errorf("history: got %+v, %v", past, err)
	}
	if all, err := s.LoadCourse(ctx, 7, key); err != nil || len(all) != 1 {
		t.Errorf("course: got %v, %v", all, err)
	}
	if all, err := s.LoadCourse(ctx, 8, key); err != nil || len(all) != 0 {
		t.Errorf("another learner: got %v, %v", all, err)
	}
}

// TestOldKeys: keys of old courses are stored without their run, and come back with it.
func TestOldKeys(t *testing.T) {
	t.Parallel()
	s := state.New(pgtest.New(t))
	old := course.Key{Org: "O", Number: "C", Run: "R", Form: course.FormSlashes}
	c := change(0, `{}`, 0)
	c.Course, c.Key = old, old.Usage("problem", "p")
	if err := s.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(t.Context(), 7, old, c.Key)
	if err != nil || got[c.Key].Version != 1 {
		t.Errorf("got %v, %v, want it under %v", got, err, c.Key)
	}
}

func TestSaveRaced(t *testing.T) {
	t.Parallel()
	s := state.New(pgtest.New(t))
	for seen := range int64(4) {
		var kept, lost atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				switch err := s.Save(t.Context(), change(seen, `{}`, 0)); {
				case err == nil:
					kept.Add(1)
				case errors.Is(err, state.ErrChanged):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if kept.Load() != 1 || lost.Load() != 19 {
			t.Errorf("version %d: %d kept, %d lost, want one kept", seen, kept.Load(), lost.Load())
		}
	}
	past, err := s.History(t.Context(), 7, key, problem)
	if err != nil || len(past) != 4 {
		t.Errorf("history of %d, %v, want 4", len(past), err)
	}
}

// TestBatchIsWhole: a batch that holds a lost change keeps nothing of the others.
func TestBatchIsWhole(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := state.New(pool)
	if err := s.Save(t.Context(), change(0, `{}`, 0)); err != nil {
		t.Fatal(err)
	}
	var b pgx.Batch
	other := change(0, `{}`, 0)
	other.Key = key.Usage("problem", "q")
	state.QueueChange(&b, other)
	state.QueueChange(&b, change(5, `{}`, 0))
	if err := pool.SendBatch(t.Context(), &b).Close(); !state.Lost(err) {
		t.Errorf("got %v, want a lost change", err)
	}
	if got, err := s.LoadCourse(t.Context(), 7, key); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v, want the first change alone", got, err)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	s := state.New(pgtest.New(t))
	seq := key.Usage("sequential", "s")
	for _, n := range []int{3, 1} {
		if err := s.SetPositions(t.Context(), 7, key, []state.Place{{Container: seq, Position: n}, {Container: key.Usage("chapter", "c"), Position: 2}}, noon); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Load(t.Context(), 7, key, seq, key.Usage("chapter", "c"))
	if err != nil {
		t.Fatal(err)
	}
	if got[seq].Position() != 1 || got[key.Usage("chapter", "c")].Position() != 2 || (state.Record{}).Position() != 0 {
		t.Errorf("got %v", got)
	}
	for text, want := range map[string]int{`{"position": 4}`: 4, `{"position": "4"}`: 0, `{"position": -1}`: 0, `{"position": 1e300}`: 0, `{}`: 0, `7`: 0} {
		if got := (state.Record{Version: 1, State: json.RawMessage(text)}).Position(); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}

func TestKeepFirst(t *testing.T) {
	t.Parallel()
	s := state.New(pgtest.New(t))
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			got, err := s.KeepFirst(t.Context(), learner.ID(7), key, map[course.UsageKey]json.RawMessage{problem: json.RawMessage(`{"seed":` + string(rune('0'+i)) + `}`)}, noon)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[string(got[problem].State)] = true
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Errorf("first states: %v, want one for all", seen)
	}
}
