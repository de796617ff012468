package submission

import (
	"strings"
	"testing"
	"time"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
)

const runSource = `<problem><coderesponse queuename="q"><matlabinput><plot_payload>draw</plot_payload></matlabinput><codeparam><initial_display/>` +
	`<answer_display>x = 1</answer_display><grader_payload>lab</grader_payload></codeparam></coderesponse></problem>`

// TestRun: a program runs beside the answers: no attempt, no mark, no points, and what is typed meanwhile stays.
func TestRun(t *testing.T) {
	t.Parallel()
	h, x, a := newCodeHouse(t, nil)
	ctx := t.Context()
	var err error
	if a.Problem, err = capa.Parse([]byte(runSource)); err != nil {
		t.Fatal(err)
	}
	const id = "p0_2_1"
	run := func() capa.RunState { return capa.ParseRun(h.stored(t, a).State.InputState[id]) }

	if err := h.KeepDraft(ctx, a, 0, h.answer(0, "plot(1)")); err != nil {
		t.Fatal(err)
	}
	got, err := h.Run(ctx, a, id, "plot(1)")
	if err != nil || got.Reply.Success != true || got.Reply.Msg != "3" || got.Reply.Attempts != 0 || got.Grades != nil || got.Version != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	first := x.last(t)
	if first.Queue != "matlab" || !first.Ungraded || !strings.Contains(string(first.Body), `"grader_payload":"draw"`) || !strings.Contains(string(first.Body), `"student_response":"plot(1)"`) {
		t.Errorf("sent %+v", first)
	}
	if s := run(); s.Key != first.Key || !s.Sent.Equal(h.clock.Now()) || !h.stored(t, a).Running() || h.stored(t, a).Pending() {
		t.Errorf("while it runs: %+v", s)
	}
	if soon, err := h.Run(ctx, a, id, "plot(2)"); err != nil || soon.Reply.Success != false || soon.Reply.Msg != "You must wait at least 5 seconds." || len(x.sent) != 1 {
		t.Errorf("too soon: %+v, %v", soon.Reply, err)
	}
	if _, err := h.Run(ctx, a, "p0_9_1", "x"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an input there is none of: %v", err)
	}

	// An answer is sent, and the output comes: neither disturbs the other.
	if sent, err := h.Submit(ctx, a, Answer{Answers: h.answer(0, "plot(1)")}); err != nil || sent.Reply.Attempts != 1 {
		t.Fatalf("%+v, %v", sent.Reply, err)
	}
	answer := x.last(t)
	for name, key := range map[string]string{"nobody's key": "", "another key": strings.Repeat("0", 32)} {
		if taken, err := h.TakeReply(ctx, a, key, `{"msg": "x"}`); err != nil || taken {
			t.Errorf("%s: %v, %v", name, taken, err)
		}
	}
	if taken, err := h.TakeReply(ctx, a, first.Key, `{"correct": true, "score": 1, "msg": "<p>drawn</p>"}`); err != nil || !taken {
		t.Fatalf("%v, %v", taken, err)
	}
	m := h.stored(t, a)
	if s := run(); s.Key != "" || s.Output != "<p>drawn</p>" || m.State.Score.Earned != 0 || !m.Pending() || m.Running() {
		t.Errorf("afterwards: %+v, %+v", s, m.State.Score)
	}
	if taken, _ := h.TakeReply(ctx, a, first.Key, `{"msg": "again"}`); taken || run().Output != "<p>drawn</p>" {
		t.Error("one output is taken twice")
	}
	if taken, err := h.TakeReply(ctx, a, answer.Key, `{"correct": true, "score": 1, "msg": "<p>good</p>"}`); err != nil || !taken || h.stored(t, a).State.Score.Earned != 1 {
		t.Errorf("the answer's mark: %v, %v", taken, err)
	}

	// What nobody will run is told; what nobody answers is not waited for.
	h.clock.Advance(time.Minute)
	if got, err = h.Run(ctx, a, id, "plot(3)"); err != nil || got.Reply.Success != true {
		t.Fatalf("%+v, %v", got.Reply, err)
	}
	if taken, err := h.GiveUp(ctx, a, x.last(t).Key, "<gone>"); err != nil || !taken || run().Output != "Unable to deliver your submission to grader (Reason: &lt;gone&gt;). Please try again later." {
		t.Errorf("given up: %v, %v, %+v", taken, err, run())
	}
	if got, err = h.Run(ctx, a, id, "plot(4)"); err != nil || got.Reply.Success != true {
		t.Fatalf("%+v, %v", got.Reply, err)
	}
	h.clock.Advance(36 * time.Second)
	if m := h.stored(t, a); m.Running() {
		t.Error("a page waits for ever")
	}
	x.refuses = &NoQueue{Reason: "Queue 'matlab' not found"}
	if got, err = h.Run(ctx, a, id, "plot(5)"); err != nil || got.Reply.Success != false || !strings.Contains(got.Reply.Msg, "Queue 'matlab' not found") {
		t.Errorf("without a queue: %+v, %v", got.Reply, err)
	}
}
