package submission

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
)

// early is an act whose beginning was loaded with who asks, as pages do.
func (h *house) early(t testing.TB, problem int, grades bool) *Asked {
	t.Helper()
	a := h.asked(t, 7, problem)
	var b pgx.Batch
	a.Read = h.QueueRead(&b, a.User, a.Course, a.Node, grades)
	if err := h.pool.SendBatch(t.Context(), &b).Close(); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestReadBefore: what an act begins with may be out of date when the act comes to be stored. Nothing is graded on an old state, nothing
// is lost, and grades are those of all answers.
func TestReadBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, 2)
	ctx := t.Context()
	first, again, other, saved, plain := h.early(t, 0, true), h.early(t, 0, true), h.early(t, 0, true), h.early(t, 0, false), h.early(t, 0, false)
	beside := h.early(t, 1, true)

	got, err := h.Submit(ctx, first, Answer{Token: "t1", Answers: h.answer(0, "4")})
	if err != nil || got.Reply.Attempts != 1 {
		t.Fatalf("first: %+v, %v", got.Reply, err)
	}
	if got, err = h.Submit(ctx, again, Answer{Token: "t1", Answers: h.answer(0, "4")}); err != nil || !got.Repeated || got.Reply.Attempts != 1 {
		t.Errorf("the same once more: %+v, %v", got, err)
	}
	if _, err = h.Submit(ctx, other, Answer{Token: "t2", Answers: h.answer(0, "5")}); !fault.Is(err, fault.Conflict) {
		t.Errorf("another answer: %v, want a conflict", err)
	}
	if got, err = h.Submit(ctx, beside, Answer{Token: "t3", Answers: h.answer(1, "5")}); err != nil || got.Reply.Success != "correct" {
		t.Errorf("another problem: %+v, %v", got.Reply, err)
	}
	if got, err = h.Save(ctx, saved, h.answer(0, "6")); err != nil || got.Reply.Success != true || got.Machine.State.Attempts != 1 {
		t.Errorf("saved: %+v, %v", got.Reply, err)
	}
	reset := h.early(t, 0, true)
	// Without what grades are made of an answer loads it itself; that it is of a state long gone shows then.
	if got, err = h.Submit(ctx, plain, Answer{Token: "t4", Answers: h.answer(0, "5")}); err != nil || got.Reply.Success != "correct" || got.Reply.Attempts != 2 {
		t.Errorf("loaded anew: %+v, %v", got.Reply, err)
	}
	if got, err = h.Submit(ctx, h.early(t, 0, true), Answer{Token: "t1", Answers: h.answer(0, "4")}); err != nil || !got.Repeated || got.Reply.Success != "incorrect" {
		t.Errorf("the first, long after: %+v, %v", got, err)
	}
	if got, err = h.Reset(ctx, reset); err != nil || got.Reply.Success != true {
		t.Errorf("reset: %+v, %v", got.Reply, err)
	}
	if len(h.stored(t, h.asked(t, 7, 0)).State.Answers) != 0 {
		t.Error("the reset left answers")
	}
	if n := h.events.count("problem_check"); n != 3 {
		t.Errorf("%d problem_check events, want 3", n)
	}
	grades, err := h.Book.Learner(ctx, h.course, 7, everything)
	if err != nil || grades.Stored.Percent != .5 { // a reset gives points back
		t.Errorf("grades: %+v, %v", grades.Stored, err)
	}
	diffs, err := h.Book.Verify(ctx, h.course, 7, everything)
	if err != nil || len(diffs) > 0 {
		t.Errorf("grades differ from the states: %v, %v", diffs, err)
	}
}
