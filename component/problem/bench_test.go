package problem

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/component/componenttest"
	"lyceum/course"
	"lyceum/grading/submission"
	"lyceum/learner/state"
)

// The budget of a problem on a unit page, drawn as the page draws it: 3 µs for a learner without a state, 15 µs for a state seen for the
// first time and 4 µs for one that was drawn before.
//
//	go test -run '^$' -bench . -benchmem ./component/problem

const choiceQuestion = `<multiplechoiceresponse><label>Which of these is a prime number?</label><description>Look twice.</description>
	<choicegroup type="MultipleChoice"><choice correct="true" name="a">Seven</choice><choice correct="false" name="b">Nine <choicehint>Three times three.</choicehint></choice>
	<choice correct="false" name="c">Fifteen</choice><choice correct="false" name="d">Twenty-one</choice></choicegroup></multiplechoiceresponse>
	<solution><div class="detailed-solution"><p>Explanation</p><p>Seven has no divisors.</p></div></solution>`

const choiceState = `{"seed":1,"attempts":1,"done":true,"student_answers":{"p_2_1":"choice_b"},"correct_map":{"p_2_1":{"correctness":"incorrect","npoints":null,` +
	`"msg":"<div class=\"feedback-hint-incorrect\"><div class=\"explanation-title\">Answer</div><span class=\"hint-label\">Incorrect: </span><div class=\"hint-text\">Three times three.</div></div>",` +
	`"hint":"","hintmode":null,"queuestate":null,"answervariable":null}},"input_state":{"p_2_1":{}},"score":{"raw_earned":0,"raw_possible":1},` +
	`"last_submission_time":"2026-03-01T11:00:00Z","student_answers_history":[{"p_2_1":"choice_b"}],"correct_map_history":[{"p_2_1":{"correctness":"incorrect","npoints":null,` +
	`"msg":"<div class=\"feedback-hint-incorrect\"><div class=\"explanation-title\">Answer</div><span class=\"hint-label\">Incorrect: </span><div class=\"hint-text\">Three times three.</div></div>",` +
	`"hint":"","hintmode":null,"queuestate":null,"answervariable":null}}],"score_history":[{"raw_earned":0,"raw_possible":1}]}`

func BenchmarkDraw(b *testing.B) {
	d := newDesk(b, nil, choiceQuestion, course.Fields{"max_attempts": "3"})
	d.rt.Cache = authored.NewCache(1 << 20)
	ctx := componenttest.Context(b)
	var page bytes.Buffer
	d.rt.States = state.Records{}
	draw := func(b *testing.B, record state.Record) {
		delete(d.rt.States, d.node.Key)
		if record.Version > 0 {
			d.rt.States[d.node.Key] = record
		}
		page.Reset()
		if err := component.Block(d.node, d.rt.Draw(ctx, d.node)).Render(ctx, &page); err != nil {
			b.Fatal(err)
		}
	}
	answered := state.Record{Key: d.node.Key, State: json.RawMessage(choiceState), Version: 1, SubmissionID: "0b3ddf5e-1f0a-4c39-9a3c-111111111111", Created: componenttest.Noon, Modified: componenttest.Noon}
	run := func(name string, next func() state.Record) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			started := processorTime(b)
			for b.Loop() {
				draw(b, next())
			}
			b.ReportMetric(float64(processorTime(b)-started)/float64(b.N), "cpu-ns/op")
		})
	}
	run("without state", func() state.Record { return state.Record{} })
	_, rest, _ := strings.Cut(choiceState, `"attempts":1,`)
	run("new", func() state.Record { // nobody has ever seen the like
		answered.Version++
		answered.State = fmt.Appendf(nil, `{"seed":1,"attempts":%d,%s`, answered.Version, rest)
		return answered
	})
	answered.State = json.RawMessage(choiceState)
	run("first", func() state.Record { // others have answered so
		answered.Version++
		return answered
	})
	run("again", func() state.Record { return answered })
}

// BenchmarkReply puts together what a graded answer is told, with the problem below it.
func BenchmarkReply(b *testing.B) {
	d := newDesk(b, nil, choiceQuestion, course.Fields{"max_attempts": "3"})
	d.rt.Cache = authored.NewCache(1 << 20)
	ctx := componenttest.Context(b)
	a, err := d.kind.asked(b.Context(), d.rt, d.node)
	if err != nil {
		b.Fatal(err)
	}
	m, err := d.kind.service.View(ctx, a, state.Record{Key: d.node.Key, State: json.RawMessage(choiceState), Version: 1})
	if err != nil {
		b.Fatal(err)
	}
	earned := 0.0
	res := submission.Result{
		Machine: m, Version: 1,
		Reply: submission.Reply{
			Success: "incorrect", ProgressChanged: true, Earned: &earned, Possible: 1, Attempts: 1,
			Receipt: &submission.Receipt{ID: "0b3ddf5e-1f0a-4c39-9a3c-111111111111", Time: "2026-03-01T11:00:00Z"},
		},
	}
	b.ReportAllocs()
	started := processorTime(b)
	for b.Loop() {
		if _, err := d.kind.reply(ctx, d.rt, d.node, a.Problem, res, "contents"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processorTime(b)-started)/float64(b.N), "cpu-ns/op")
}

// processorTime is what the process has used, which says more than the time that passed where others use the processors too.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
