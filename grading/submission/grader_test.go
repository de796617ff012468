package submission

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/internal/fault"
	"lyceum/learner"
)

const codeSource = `<problem><coderesponse queuename="q"><textbox points="2"/><codeparam><initial_display># begin</initial_display>` +
	`<answer_display>x = 1</answer_display><grader_payload>lab</grader_payload></codeparam></coderesponse></problem>`

// box is a queue that keeps what it is sent.
type box struct {
	refuses error
	said    string
	sent    []Outgoing
}

func (x *box) Waiting(context.Context, string) (string, error) { return x.said, x.refuses }
func (x *box) Wait() time.Duration                             { return 5 * time.Second }
func (x *box) Send(b *pgx.Batch, out Outgoing) {
	b.Queue("SELECT 1")
	x.sent = append(x.sent, out)
}

// last is the newest request.
func (x *box) last(t *testing.T) capa.QueueRequest {
	t.Helper()
	if len(x.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return x.sent[len(x.sent)-1].Request
}

// newCodeHouse is a house of one problem for an external grader.
func newCodeHouse(t *testing.T, settings course.Fields) (*house, *box, *Asked) {
	t.Helper()
	h, x := newHouse(t, settings, 1), &box{said: "3"}
	h.Graders = x
	a := h.asked(t, 7, 0)
	var err error
	if a.Problem, err = capa.Parse([]byte(codeSource)); err != nil {
		t.Fatal(err)
	}
	return h, x, a
}

func (h *house) stored(t *testing.T, a *Asked) *Machine {
	t.Helper()
	got, err := h.Get(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return got.Machine
}

func TestGrader(t *testing.T) {
	t.Parallel()
	h, x, a := newCodeHouse(t, nil)
	ctx := t.Context()
	const id = "p0_2_1"
	if got, _ := h.stored(t, a).State.Answers[id].Text(); got != "# begin" {
		t.Errorf("before the first answer the field holds %q", got)
	}
	sent, err := h.Submit(ctx, a, Answer{Answers: h.answer(0, "x = <1>")})
	if err != nil {
		t.Fatal(err)
	}
	request := x.last(t)
	if sent.Reply.Success != "incorrect" || sent.Reply.Attempts != 1 || !sent.Machine.Pending() {
		t.Errorf("right after sending: %+v", sent.Reply)
	}
	want := `{"grader_payload":"lab","student_info":"{\"anonymous_student_id\":\"\",\"submission_time\":\"20260301120000\",\"random_seed\":1}","student_response":"x = <1>"}`
	if request.Queue != "q" || len(request.Key) != 32 || string(request.Body) != want {
		t.Errorf("sent %q to %s with key %q\nwant %s", request.Body, request.Queue, request.Key, want)
	}
	e := h.stored(t, a).State.CorrectMap[id]
	if diff := cmp.Diff(capa.Entry{Correctness: capa.Incomplete, Msg: "3", QueueState: &capa.QueueState{Key: request.Key, Time: "20260301120000"}}, e); diff != "" {
		t.Errorf("the mark that waits:\n%s", diff)
	}

	h.clock.Advance(2 * time.Second)
	soon, err := h.Submit(ctx, a, Answer{Token: "soon", Answers: h.answer(0, "x = 2")})
	if err != nil || soon.Reply.Success != "You must wait at least 5 seconds." || soon.Reply.Attempts != 1 || len(x.sent) != 1 {
		t.Errorf("an answer too soon: %+v, %v", soon.Reply, err)
	}
	h.clock.Advance(4 * time.Second)
	if _, err := h.Submit(ctx, a, Answer{Token: "later", Answers: h.answer(0, "x = 2")}); err != nil {
		t.Fatal(err)
	}
	second := x.last(t)
	version := h.stored(t, a).Version
	if err := h.KeepDraft(ctx, a, version, h.answer(0, "typed meanwhile")); err != nil {
		t.Fatal(err)
	}
	for name, reply := range map[string][2]string{
		"superseded":    {request.Key, `{"correct": true, "score": 2, "msg": "<p>late</p>"}`},
		"nobody's key":  {"", `{"correct": true, "score": 2, "msg": "<p>none</p>"}`},
		"unread, wrong": {strings.Repeat("0", 32), "not JSON"},
	} {
		taken, err := h.TakeReply(ctx, a, reply[0], reply[1])
		if err != nil || taken {
			t.Errorf("%s: taken %v, %v", name, taken, err)
		}
	}
	if got := h.stored(t, a).Version; got != version {
		t.Errorf("replies nobody waited for changed the state from version %d to %d", version, got)
	}
	taken, err := h.TakeReply(ctx, a, second.Key, `{"correct": true, "score": 7, "msg": "<p>well&nbsp;done</p>"}`)
	if err != nil || !taken {
		t.Fatal(taken, err)
	}
	m := h.stored(t, a)
	if diff := cmp.Diff(capa.Entry{Correctness: capa.Correct, NPoints: new(2.0), Msg: "<p>well&#160;done</p>"}, m.State.CorrectMap[id]); diff != "" {
		t.Errorf("the mark:\n%s", diff)
	}
	if got := *m.State.Score; got != (Points{2, 2}) || m.Pending() || m.State.Attempts != 2 {
		t.Errorf("score %+v, pending %v, %d attempts", got, m.Pending(), m.State.Attempts)
	}
	grades, err := h.Book.Learner(ctx, h.course, 7, everything)
	if err != nil || grades.Grade.Percent != 1 {
		t.Errorf("course grade %+v, %v", grades, err)
	}
	if taken, err = h.TakeReply(ctx, a, second.Key, `{"correct": false, "score": 0, "msg": "<p>again</p>"}`); taken || err != nil {
		t.Errorf("the same key twice: %v, %v", taken, err)
	}
	var draft Draft
	var b pgx.Batch
	QueueDrafts(&b, 7, h.course.Key, []string{a.Node.Usage}, func(d map[course.UsageKey]Draft) { draft = d[a.Node.Key] })
	if err := h.pool.SendBatch(ctx, &b).Close(); err != nil {
		t.Fatal(err)
	}
	if !draft.Current(m.Version) {
		t.Errorf("what was typed belongs to version %d, the state is %d", draft.Version, m.Version)
	}
	h.agrees(t, 7)
}

// agrees checks that the stored grades are those the stored states give.
func (h *house) agrees(t *testing.T, user learner.ID) {
	t.Helper()
	diffs, err := h.Book.Verify(t.Context(), h.course, user, everything)
	if err != nil || len(diffs) > 0 {
		t.Errorf("learner %d: %+v, %v", user, diffs, err)
	}
}

// TestGraderReplies: what cannot be read ends the waiting and says so.
func TestGraderReplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reply string
		mark        capa.Correctness
		points      float64
	}{
		{"negative", `{"correct": true, "score": -3, "msg": "<p/>"}`, capa.Correct, 0},
		{"push failed", `{"correct": null, "score": 0, "msg": "<p>down</p>"}`, capa.Incorrect, 0},
		{"no text", `{"correct": true, "score": 1, "msg": 7}`, "", 0},
		{"no number", `{"correct": true, "score": "1", "msg": "<p/>"}`, "", 0},
		{"not JSON", `oops`, "", 0},
		{"not a number", `{"correct": true, "score": NaN, "msg": "<p/>"}`, "", 0},
		{"too large a number", `{"correct": true, "score": 1e999, "msg": "<p/>"}`, "", 0},
		{"huge", `{"correct": true, "score": 1, "msg": "` + strings.Repeat("x", maxReply) + `"}`, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, x, a := newCodeHouse(t, nil)
			if _, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "x")}); err != nil {
				t.Fatal(err)
			}
			if taken, err := h.TakeReply(t.Context(), a, x.last(t).Key, c.reply); err != nil || !taken {
				t.Fatal(taken, err)
			}
			m := h.stored(t, a)
			e := m.State.CorrectMap["p0_2_1"]
			if e.Correctness != c.mark || e.Points() != c.points || m.Pending() {
				t.Errorf("got %+v, pending %v", e, m.Pending())
			}
			if c.mark == "" && e.Msg != "Invalid grader reply. Please contact the course staff." {
				t.Errorf("message %q", e.Msg)
			}
		})
	}
}

// TestGraderUnreachable: an answer nobody takes uses no attempt, and its text is kept.
func TestGraderUnreachable(t *testing.T) {
	t.Parallel()
	h, x, a := newCodeHouse(t, nil)
	x.refuses = &NoQueue{"Queue 'q' not found"}
	got, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "x")})
	if err != nil {
		t.Fatal(err)
	}
	if got.Reply.Success != "Unable to deliver your submission to grader (Reason: Queue 'q' not found). Please try again later." || got.Reply.Attempts != 0 {
		t.Errorf("told %+v", got.Reply)
	}
	x.refuses = errors.New("the store is away")
	if _, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "x")}); !errors.Is(err, x.refuses) {
		t.Errorf("a store that is away: %v", err)
	}
	h.Graders = nil
	got, err = h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "x")})
	if err != nil || got.Reply.Success != "Error: No grader has been set up for this problem." {
		t.Errorf("without graders: %+v, %v", got.Reply, err)
	}
	if len(x.sent) != 0 {
		t.Errorf("sent %v", x.sent)
	}
}

// TestGraderGivesUp: what nobody will grade says so, and can be sent again.
func TestGraderGivesUp(t *testing.T) {
	t.Parallel()
	h, x, a := newCodeHouse(t, nil)
	if _, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "x")}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if taken, err := h.GiveUp(t.Context(), a, x.last(t).Key, "<down>"); err != nil || taken != want {
			t.Errorf("time %d: %v, %v", i+1, taken, err)
		}
	}
	m := h.stored(t, a)
	want := capa.Entry{Msg: "Unable to deliver your submission to grader (Reason: &lt;down&gt;). Please try again later."}
	if diff := cmp.Diff(want, m.State.CorrectMap["p0_2_1"]); diff != "" {
		t.Error(diff)
	}
	if _, err := h.Submit(t.Context(), a, Answer{Token: "again", Answers: h.answer(0, "x")}); err != nil || len(x.sent) != 2 {
		t.Errorf("sent again: %d requests, %v", len(x.sent), err)
	}
}

// TestGraderRefused: a reset forgets the request, and what is closed is refused before anybody is asked.
func TestGraderRefused(t *testing.T) {
	t.Parallel()
	h, x, a := newCodeHouse(t, course.Fields{"max_attempts": "1", "rerandomize": course.Text("onreset")})
	if _, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "x")}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Minute)
	if _, err := h.Submit(t.Context(), a, Answer{Token: "two", Answers: h.answer(0, "y")}); fault.KindOf(err) != fault.Closed {
		t.Errorf("a second answer: %v", err)
	}
	if len(x.sent) != 1 {
		t.Errorf("%d requests", len(x.sent))
	}
}

// TestWaits: whether somebody waits for a reply is seen from the state alone.
func TestWaits(t *testing.T) {
	t.Parallel()
	h, x, a := newCodeHouse(t, nil)
	if _, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "x")}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		user learner.ID
		key  string
		want bool
	}{
		{"the key", 7, x.last(t).Key, true},
		{"another's answer", 8, x.last(t).Key, false},
		{"another key", 7, strings.Repeat("0", 32), false},
		{"none", 7, "", false},
	} {
		if got, err := h.Waits(t.Context(), c.user, h.course.Key, a.Node.Key, c.key); err != nil || got != c.want {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

// TestQueuedFlow: what else may happen while an answer is out.
func TestQueuedFlow(t *testing.T) {
	t.Parallel()
	const right = `{"correct": true, "score": 2, "msg": "<p>good</p>"}`
	send := func(t *testing.T, h *house, a *Asked, token, text string) Result {
		t.Helper()
		got, err := h.Submit(t.Context(), a, Answer{Token: token, Answers: h.answer(0, text)})
		if err != nil {
			t.Fatalf("%s: %v", token, err)
		}
		return got
	}

	t.Run("attempts", func(t *testing.T) {
		t.Parallel()
		h, x, a := newCodeHouse(t, course.Fields{"max_attempts": "2"})
		if got := send(t, h, a, "one", "x"); got.Reply.Attempts != 1 || !got.Machine.Buttons().Submit {
			t.Errorf("sent once: %+v", got.Reply)
		}
		if taken, err := h.TakeReply(t.Context(), a, x.last(t).Key, `{"correct": false, "score": 0, "msg": "<p>no</p>"}`); err != nil || !taken {
			t.Fatal(taken, err)
		}
		if m := h.stored(t, a); m.State.Attempts != 1 {
			t.Errorf("a reply makes %d attempts", m.State.Attempts)
		}
		h.clock.Advance(time.Minute)
		if got := send(t, h, a, "two", "y"); got.Reply.Attempts != 2 || got.Machine.Buttons().Submit {
			t.Errorf("sent twice: %+v", got.Reply)
		}
		// The last answer is graded although no other may follow.
		if taken, err := h.TakeReply(t.Context(), a, x.last(t).Key, right); err != nil || !taken {
			t.Fatal(taken, err)
		}
		if m := h.stored(t, a); m.State.Score.Earned != 2 || m.State.Attempts != 2 || m.Pending() {
			t.Errorf("in the end %+v, %d attempts", m.State.Score, m.State.Attempts)
		}
		h.agrees(t, 7)
	})

	t.Run("closed meanwhile", func(t *testing.T) {
		t.Parallel()
		h, x, a := newCodeHouse(t, nil)
		due := noon.Add(time.Hour)
		a.Close = &due
		send(t, h, a, "one", "x")
		h.clock.Advance(2 * time.Hour)
		if _, err := h.Submit(t.Context(), a, Answer{Token: "late", Answers: h.answer(0, "y")}); fault.KindOf(err) != fault.Closed || len(x.sent) != 1 {
			t.Errorf("an answer after the end: %v, %d sent", err, len(x.sent))
		}
		if taken, err := h.TakeReply(t.Context(), a, x.last(t).Key, right); err != nil || !taken {
			t.Fatal(taken, err)
		}
		if m := h.stored(t, a); m.State.Score.Earned != 2 {
			t.Errorf("an answer in time counts %+v", m.State.Score)
		}
		h.agrees(t, 7)
	})

	t.Run("reset while it is out", func(t *testing.T) {
		t.Parallel()
		h, x, a := newCodeHouse(t, course.Fields{"show_reset_button": "true"})
		send(t, h, a, "one", "x")
		old := x.last(t).Key
		if got, err := h.Reset(t.Context(), a); err != nil || got.Reply.Success != true || got.Machine.Pending() {
			t.Fatalf("%+v, %v", got.Reply, err)
		}
		if waits, err := h.Waits(t.Context(), 7, h.course.Key, a.Node.Key, old); err != nil || waits {
			t.Errorf("somebody waits for what was reset: %v, %v", waits, err)
		}
		if taken, err := h.TakeReply(t.Context(), a, old, right); err != nil || taken {
			t.Errorf("a reply to what was reset: %v, %v", taken, err)
		}
		// No wait: nothing is out.
		if got := send(t, h, a, "two", "y"); got.Reply.Attempts != 2 || len(x.sent) != 2 {
			t.Errorf("the answer after it: %+v, %d sent", got.Reply, len(x.sent))
		}
		if m := h.stored(t, a); m.State.Score.Earned != 0 || !m.Pending() {
			t.Errorf("after it: %+v", m.State.Score)
		}
	})

	t.Run("rescore", func(t *testing.T) {
		t.Parallel()
		h, x, a := newCodeHouse(t, nil)
		refused := func(want string) {
			t.Helper()
			_, err := h.Rescore(t.Context(), a, false, gradebook.Act{Actor: 1})
			why, ok := errors.AsType[*Refusal](err)
			if !ok || why.Why != want || fault.KindOf(err) != fault.Closed {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		refused("unanswered")
		send(t, h, a, "one", "x")
		first := x.last(t).Key
		if _, err := h.Rescore(t.Context(), a, false, gradebook.Act{Actor: 1}); err != nil {
			t.Fatal(err)
		}
		// It is asked for anew; what is said to the first question is not heard any more.
		if second := x.last(t).Key; second == first || len(x.sent) != 2 {
			t.Fatalf("%d requests", len(x.sent))
		}
		if taken, err := h.TakeReply(t.Context(), a, first, right); err != nil || taken {
			t.Errorf("the first reply: %v, %v", taken, err)
		}
		if taken, err := h.TakeReply(t.Context(), a, x.last(t).Key, right); err != nil || !taken {
			t.Errorf("the second reply: %v, %v", taken, err)
		}
		if m := h.stored(t, a); m.State.Score.Earned != 2 || m.State.Attempts != 1 {
			t.Errorf("rescored %+v, %d attempts", m.State.Score, m.State.Attempts)
		}
		var err error
		if a.Problem, err = capa.Parse([]byte(strings.Replace(codeSource, `<textbox points="2"/>`, `<filesubmission/>`, 1))); err != nil {
			t.Fatal(err)
		}
		refused("unsupported") // files are not kept here
	})

	t.Run("a queue that does not answer", func(t *testing.T) {
		t.Parallel()
		h, x, a := newCodeHouse(t, nil)
		h.Graders = silent{x}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := h.Submit(ctx, a, Answer{Token: "one", Answers: h.answer(0, "typed")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if m := h.stored(t, a); m.State.Attempts != 0 || len(x.sent) != 0 {
			t.Errorf("%d attempts, %d sent", m.State.Attempts, len(x.sent))
		}
		var draft Draft
		var b pgx.Batch
		QueueDrafts(&b, 7, h.course.Key, []string{a.Node.Usage}, func(d map[course.UsageKey]Draft) { draft = d[a.Node.Key] })
		if err := h.pool.SendBatch(t.Context(), &b).Close(); err != nil {
			t.Fatal(err)
		}
		if text, _ := draft.Answers["p0_2_1"].Text(); text != "typed" {
			t.Errorf("the draft is %+v", draft)
		}
	})
}

// silent is a queue that never says how many wait.
type silent struct{ *box }

func (silent) Waiting(ctx context.Context, _ string) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}
