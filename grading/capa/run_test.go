package capa

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const running = `<problem><coderesponse queuename="marks"><matlabinput rows="5"> x = 1 <plot_payload>draw &amp; print</plot_payload></matlabinput>
<codeparam><initial_display/><grader_payload>grade</grader_payload></codeparam></coderesponse><stringresponse answer="a"><textline/></stringresponse></problem>`

func runner(t *testing.T, q *Queue) *Instance {
	t.Helper()
	p, err := Parse([]byte(running))
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Instantiate(t.Context(), Options{Seed: 3, IDPrefix: "i", AnonymousID: "anon", Queue: q})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestRunRequest: a run goes to the queue of runs with what the author has for them, and is told from answers.
func TestRunRequest(t *testing.T) {
	t.Parallel()
	q := &Queue{Name: "course", MatlabKey: "secret", Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Key: func() string { return "k" }}
	in := runner(t, q)
	got, ok := in.RunRequest("i_2_1", "plot(<1>)")
	want := QueueRequest{Input: "i_2_1", Queue: "matlab", Key: "k", Ungraded: true, Body: []byte(`{"grader_payload":"draw & print","student_info":"{\"anonymous_student_id\":\"anon\",` +
		`\"submission_time\":\"20260301120000\"}","student_response":"plot(<1>)","token":"secret","endpoint_version":"2","requestor_id":"anon"}`)}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("%v\n%s", ok, diff)
	}
	for _, id := range []string{"i_3_1", "2_1", ""} {
		if got, ok := in.RunRequest(id, "x"); ok {
			t.Errorf("%q runs: %+v", id, got)
		}
	}
	if got, ok := runner(t, nil).RunRequest("i_2_1", "x"); ok {
		t.Errorf("without a queue: %+v", got)
	}
}

// TestRunState: what existing sites have stored is read, what is not ours stays.
func TestRunState(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 500e6, time.UTC)
	for _, tc := range []struct {
		text string
		want RunState
	}{
		{"", RunState{}},
		{"null", RunState{}},
		{"[]", RunState{}},
		{`{}`, RunState{}},
		{`{"queuekey": "k", "queuestate": "queued", "queuetime": 1772366400.5}`, RunState{Key: "k", Sent: at}},
		{`{"queuekey": null, "queuestate": null, "queuetime": 1772366400.5, "queue_msg": "<b>4</b>"}`, RunState{Sent: at, Output: "<b>4</b>"}},
		{`{"queuekey": "k", "queuestate": "done"}`, RunState{}},
		{`{"queuekey": 7, "queuestate": "queued", "queuetime": "x", "queue_msg": []}`, RunState{}},
		{`{"queuekey": "k", "queuestate": "queued", "queuetime": 1e300}`, RunState{Key: "k"}},
	} {
		if diff := cmp.Diff(tc.want, ParseRun(json.RawMessage(tc.text))); diff != "" {
			t.Errorf("%s:\n%s", tc.text, diff)
		}
	}
	state := json.RawMessage(`{"other":[1],"queue_msg":"old"}`)
	for _, s := range []RunState{{Key: "k", Sent: at}, {Sent: at, Output: "<i>&</i>"}, {}} {
		state = s.In(state)
		if diff := cmp.Diff(s, ParseRun(state)); diff != "" && s != (RunState{}) {
			t.Errorf("%s:\n%s", state, diff)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(state, &all); err != nil || string(all["other"]) != "[1]" {
			t.Errorf("%s, %v", state, err)
		}
	}
	if got := string(RunState{Key: "k", Sent: at}.In(nil)); got != `{"queuekey":"k","queuestate":"queued","queuetime":1772366400.5}` {
		t.Errorf("stored as %s", got)
	}
}

// TestRunShown: a page shows a run that is out, one that is late, and the output until there is a mark.
func TestRunShown(t *testing.T) {
	t.Parallel()
	in := runner(t, nil)
	sent := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	out, back := RunState{Key: "k", Sent: sent}.In(nil), RunState{Sent: sent, Output: "<p>4</p>"}.In(nil)
	for _, tc := range []struct {
		name  string
		state json.RawMessage
		after time.Duration
		marks CorrectMap
		want  Run
	}{
		{"nothing yet", nil, 0, nil, Run{Offered: true}},
		{"out", out, 35 * time.Second, nil, Run{Offered: true, Waiting: true}},
		{"late", out, 36 * time.Second, nil, Run{Offered: true, Late: true}},
		{"back", back, time.Hour, nil, Run{Offered: true, Output: "<p>4</p>"}},
		{"while an answer waits", back, 0, CorrectMap{"i_2_1": {Correctness: Incomplete, QueueState: &QueueState{}}}, Run{Offered: true, Output: "<p>4</p>"}},
		{"marked", back, 0, CorrectMap{"i_2_1": {Correctness: Incorrect}}, Run{}},
	} {
		view := in.View(ViewState{InputState: map[string]json.RawMessage{"i_2_1": tc.state}, Now: sent.Add(tc.after), CorrectMap: tc.marks})
		var got *Run
		var look func([]Node)
		look = func(nodes []Node) {
			for _, n := range nodes {
				switch n := n.(type) {
				case *Element:
					look(n.Children)
				case *ResponseNode:
					look(n.Children)
				case *InputNode:
					if n.ID == "i_2_1" {
						got = n.Run
					} else if n.Run != nil {
						t.Errorf("%s runs", n.ID)
					}
				}
			}
		}
		look(view.Nodes)
		if diff := cmp.Diff(&tc.want, got); diff != "" {
			t.Errorf("%s:\n%s", tc.name, diff)
		}
	}
}

func TestRunReply(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]string{
		`{"msg": "<p>4&nbsp;</p>"}`: "<p>4&nbsp;</p>", `{"msg": ""}`: "", `{"msg": "a\u0000b"}`: "ab", `{"correct": true}`: wrongReply, `[]`: wrongReply, `{"msg": 7}`: wrongReply, "": wrongReply,
	} {
		if got := RunReply(reply); got != want {
			t.Errorf("%s: %q", reply, got)
		}
	}
}

func FuzzRunState(f *testing.F) {
	for _, text := range []string{"", `{"queuekey": "k", "queuestate": "queued", "queuetime": 1.5, "queue_msg": "<p>"}`, `{"a": 1e999}`, "[1]"} {
		f.Add([]byte(text), "k", "<p>")
	}
	f.Fuzz(func(t *testing.T, state []byte, key, output string) {
		s := RunState{Key: key, Sent: ParseRun(state).Sent, Output: output}
		kept := s.In(state)
		if !json.Valid(kept) && json.Valid(state) {
			t.Errorf("%s becomes %s", state, kept)
		}
		_ = ParseRun(kept)
	})
}
