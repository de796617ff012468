package submission

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/tracking"
	"lyceum/tracking/sink"
)

// plainPayload is what [Event.Payload] writes, by way of encoding/json.
func plainPayload(e Event) tracking.Payload {
	out := make(tracking.Map, len(e.Data))
	for name, v := range e.Data {
		if s, ok := v.(tracking.Map); ok && (name == "state" || name == "old_state" || name == "new_state") {
			logged := tracking.Map{
				"seed": s["seed"], "student_answers": s["student_answers"], "correct_map": s["correct_map"], "input_state": s["input_state"], "done": nil,
			}
			if s["done"] == true {
				logged["done"] = true
			}
			v = logged
		}
		out[name] = v
	}
	return out
}

// checkedMachine is a problem of three parts that was answered just now, for the second time.
func checkedMachine(t testing.TB) *Machine {
	t.Helper()
	const source = `<problem>
		<multiplechoiceresponse><label>Which part of a cell holds the <em>genome</em>?</label><choicegroup type="MultipleChoice">
			<choice correct="false" name="a">Membrane</choice><choice correct="true" name="b">Nucleus<choicehint>Right &amp; true.</choicehint></choice></choicegroup></multiplechoiceresponse>
		<choiceresponse><label>Which are &lt;odd&gt;?</label><checkboxgroup><choice correct="true">1</choice><choice correct="false">2</choice><choice correct="true">3 é</choice></checkboxgroup></choiceresponse>
		<numericalresponse answer="5"><label>How many?</label><formulaequationinput/></numericalresponse></problem>`
	p, err := capa.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	setup := Setup{Problem: p, Settings: Settings{Rerandomize: Never}, ModuleID: "block-v1:HillU+BIO2x+2015_T1+type@problem+block@5c1d0f0e", IDPrefix: "5c1d0f0e", User: 7, Now: noon}
	answers := capa.Answers{"5c1d0f0e_2_1": capa.Text("b"), "5c1d0f0e_3_1": capa.List("choice_0", "choice_2"), "5c1d0f0e_4_1": capa.Text("<5")}
	var s State
	var m *Machine
	for range 2 {
		if m, err = Open(t.Context(), setup, s, true); err != nil {
			t.Fatal(err)
		}
		if _, err = m.Submit(t.Context(), answers); err != nil {
			t.Fatal(err)
		}
		answers["5c1d0f0e_4_1"] = capa.Text("5")
		s, err = ParseState([]byte(mustJSON(t, m.State)))
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// answerEvents are the events of one graded answer, as Service.tell emits them.
func answerEvents(a *Asked, m *Machine, u *gradebook.Update, emit func(tracking.Event)) {
	cause := tracking.GradeCause{CourseID: a.Course.Key.String(), UserID: int64(a.User), TransactionID: newID(), TransactionType: tracking.GradesProblemSubmitted}
	module := tracking.Module{DisplayName: a.Node.Name, UsageKey: a.Node.Usage}
	for _, e := range m.Events {
		if e.Name == GradeEvent {
			emit(tracking.Server(a.Request, tracking.GradesProblemSubmitted, tracking.ProblemScored{GradeCause: cause, ProblemID: a.Node.Usage, Earned: 1, Possible: 2}).In(a.Course.Key))
			continue
		}
		emit(tracking.Component(a.Request, e.Name, module, a.Tags, e.Payload()).In(a.Course.Key))
	}
	for _, e := range u.Events(cause) {
		emit(tracking.Server(a.Request, e.Name, e.Payload).In(a.Course.Key))
	}
}

func answered(b *testing.B) (*Asked, *Machine, *gradebook.Update) {
	b.Helper()
	c := newCourse(nil, 3)
	n, _ := c.Find("problem", "p0")
	a := &Asked{Course: c, Node: n, User: 7, Username: "mira", May: everything, Request: tracking.Request{
		Username: "mira", UserID: 7, Session: "6f1c2d3e4f506172839a4b5c6d7e8f90", IP: "203.0.113.7", Agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		Host: "learn.example.edu", Referer: "https://learn.example.edu/courses/course-v1:O+C+R/courseware/c/s/u", AcceptLanguage: "en-GB,en;q=0.7",
		Path: "/courses/course-v1:O+C+R/xblock/block-v1:O+C+R+type@problem+block@p0/handler/xmodule_handler/problem_check",
	}}
	p := gradebook.NewPlan(c, noon)
	u := &gradebook.Update{
		Plan: p, User: 7, Course: gradebook.CourseRow{Version: 2, CourseVersion: "5a0000000000000000000001", CourseEdited: noon, PolicyHash: p.Policy.Hash, Percent: 0.3},
		Changed: []gradebook.Row{{Key: p.Subsections[0].Node.Key, CourseVersion: "5a0000000000000000000001", SubtreeEdited: noon, BlocksHash: "cq5eVTPoAZ2WuLBlMBEZeSpkZYQ=", Modified: noon}},
	}
	return a, checkedMachine(b), u
}

// The budget: 3 µs of processor time an event.
func BenchmarkAnswerEvents(b *testing.B) {
	a, m, u := answered(b)
	b.Run("lines", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		n := 0
		for b.Loop() {
			answerEvents(a, m, u, func(e tracking.Event) { e.Time = noon; buf = e.AppendJSON(buf[:0]); n++ })
		}
		b.ReportMetric(float64(n)/float64(b.N), "events/op")
	})
	b.Run("log", func(b *testing.B) {
		l, err := sink.Open(b.Context(), sink.Options{Dir: b.TempDir(), Sync: time.Hour, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			answerEvents(a, m, u, func(e tracking.Event) { l.Emit(context.Background(), e) })
		}
		_ = l.Close(context.Background())
	})
}

// TestPayloadAsMarshaled holds what is written of events against what encoding/json makes of their data.
func TestPayloadAsMarshaled(t *testing.T) {
	t.Parallel()
	same := func(t interface {
		Helper()
		Errorf(string, ...any)
	}, e Event,
	) {
		t.Helper()
		if got, want := string(e.Payload().AppendPayload(nil)), string(plainPayload(e).AppendPayload(nil)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", e.Name, got, want)
		}
	}
	m := checkedMachine(t)
	m.Save(capa.Answers{"5c1d0f0e_4_1": capa.Text("4")})
	_, _ = m.ShowAnswer()
	_, _ = m.Rescore(t.Context(), true)
	_, _ = m.Reset(t.Context())
	if len(m.Events) < 5 {
		t.Errorf("%d events", len(m.Events))
	}
	for _, e := range m.Events {
		same(t, e)
	}
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.OneOf(rapid.SampledFrom([]string{"", "choice_1", "<b>&amp;</b>", `"\\`, "\x7f\u2028é😀", "\xff"}), rapid.String())
		text := func() string { return texts.Draw(t, "text") }
		number := func() *float64 {
			return rapid.SampledFrom([]*float64{nil, new(0.0), new(1.0), new(0.1), new(1e-9), new(1e21), new(-2.5), new(math.NaN())}).Draw(t, "number")
		}
		maybe := func() *string { return rapid.SampledFrom([]*string{nil, new(text())}).Draw(t, "maybe") }
		answer := func() capa.Answer {
			var odd capa.Answer
			_ = json.Unmarshal([]byte(`[1.50, {"a": "<"}]`), &odd)
			return rapid.SampledFrom([]capa.Answer{{}, odd, capa.Text(text()), capa.List(), capa.List(text(), text()), capa.Map(map[string]string{text(): text()})}).Draw(t, "answer")
		}
		some := func() int { return rapid.IntRange(0, 3).Draw(t, "n") }
		marks, stored, sent, inputs, parts := capa.CorrectMap{}, capa.Answers{}, map[string]any{}, map[string]json.RawMessage{}, map[string]capa.Submission{}
		for range some() {
			e := capa.Entry{Correctness: capa.Correctness(text()), NPoints: number(), Msg: text(), Hint: text(), HintMode: maybe(), AnswerVariable: maybe()}
			if rapid.Bool().Draw(t, "queued") {
				e.QueueState = &capa.QueueState{Key: text(), Time: "20260301120000"}
			}
			marks[text()] = e
		}
		for range some() {
			stored[text()] = answer()
			sent[text()] = rapid.SampledFrom([]any{answer(), text(), nil, 1.5}).Draw(t, "sent")
			inputs[text()] = json.RawMessage(rapid.SampledFrom([]string{"{}", "{}", `{"a": "<\u00e9>"}`}).Draw(t, "input"))
			parts[text()] = capa.Submission{
				Question: text(), Answer: rapid.SampledFrom([]any{text(), nil, []string(nil), []string{text()}, map[string]string{"a": "<"}}).Draw(t, "shown"),
				ResponseType: text(), InputType: text(), Correct: rapid.SampledFrom([]any{"", true, false}).Draw(t, "correct"),
				Variant: rapid.SampledFrom([]any{"", 7, 1.5}).Draw(t, "variant"), GroupLabel: text(),
			}
		}
		state := tracking.Map{
			"seed": rapid.SampledFrom([]any{nil, 3}).Draw(t, "seed"), "student_answers": orEmpty(stored), "has_saved_answers": true, "correct_map": marks,
			"correct_map_history": History[capa.CorrectMap]{}, "input_state": inputs, "done": rapid.SampledFrom([]any{nil, true, false}).Draw(t, "done"),
		}
		same(t, Event{"problem_check", tracking.Map{
			"state": state, "old_state": tracking.Map{}, "new_state": tracking.Map{"correct_map": capa.CorrectMap(nil), "student_answers": capa.Answers(nil), "input_state": map[string]json.RawMessage(nil)},
			"problem_id": text(), "answers": sent, "correct_map": marks, "submission": parts, "success": "correct", "attempts": some(), "grade": 1.5, "max_grade": 1e-9,
			"permutation": tracking.Map{text(): []any{"shuffle", []any{"a", text()}}}, "hints": []capa.FeedbackHint{{Text: text(), Trigger: []capa.Trigger{{Choice: text()}}}},
			"student_answer": []string{text()}, "correctness": true, "failure": nil, "none": capa.CorrectMap(nil), "no answers": map[string]any(nil),
		}})
	})
}
