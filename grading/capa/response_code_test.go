package capa

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const twoGraders = `<problem>
<coderesponse queuename="a"><textbox/><codeparam><grader_payload>one</grader_payload></codeparam></coderesponse>
<coderesponse><matlabinput/><codeparam><initial_display/><grader_payload/></codeparam></coderesponse>
</problem>`

func codeInstance(t *testing.T, q *Queue) *Instance {
	t.Helper()
	p, err := Parse([]byte(twoGraders))
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Instantiate(t.Context(), Options{Seed: 3, AnonymousID: "anon", Queue: q})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestCodeRequests: each question makes a request of its own, and a reply finds the one it belongs to.
func TestCodeRequests(t *testing.T) {
	t.Parallel()
	key := byte('0')
	q := &Queue{Name: "course", MatlabKey: "secret", Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Key: func() string { key++; return string(key) }}
	in := codeInstance(t, q)
	if diff := cmp.Diff([]string{"a", "course"}, in.Problem().Queues("course")); diff != "" {
		t.Errorf("queues:\n%s", diff)
	}
	if initial, err := json.Marshal(in.InitialAnswers()); err != nil || string(initial) != `{"2_1":"","3_1":null}` {
		t.Errorf("initial answers: %s, %v", initial, err)
	}
	result, err := in.Check(t.Context(), Answers{"2_1": Text("x"), "3_1": Files("a.m")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const info = `"student_info":"{\"anonymous_student_id\":\"anon\",\"submission_time\":\"20260301120000\",\"random_seed\":3}"`
	want := []QueueRequest{
		{Input: "2_1", Queue: "a", Key: "1", Body: []byte(`{"grader_payload":"one",` + info + `,"student_response":"x"}`)},
		{Input: "3_1", Queue: "course", Key: "2", Files: []string{"a.m"}, Body: []byte(`{"grader_payload":null,` + info + `,"student_response":"","token":"secret","endpoint_version":"2","requestor_id":"anon"}`)},
	}
	if diff := cmp.Diff(want, result.Requests); diff != "" {
		t.Errorf("requests:\n%s", diff)
	}
	if last, waiting := result.CorrectMap.Queued(); !waiting || !last.Equal(q.Now) {
		t.Errorf("waiting %v since %v", waiting, last)
	}

	after, err := in.TakeReply(result.CorrectMap, "2", `{"correct": 1, "score": 0.5, "msg": "half &nbsp; done"}`)
	if err != nil {
		t.Fatal(err)
	}
	if e := after["3_1"]; e.Correctness != Correct || e.Points() != .5 || e.Msg != "half &#160; done" || e.QueueState != nil {
		t.Errorf("the one that was answered: %+v", e)
	}
	if e := after["2_1"]; e.QueueState == nil || e.Correctness != Incomplete {
		t.Errorf("the other one: %+v", e)
	}
	unreadable, err := in.TakeReply(after, "1", "[]")
	if err != nil || unreadable["2_1"].Msg != wrongReply || unreadable["2_1"].QueueState != nil || unreadable["3_1"].Correctness != Correct {
		t.Errorf("a reply nobody can read: %+v, %v", unreadable, err)
	}
	same, err := in.TakeReply(after, "", `{"correct": true, "score": 1, "msg": "<p/>"}`)
	if diff := cmp.Diff(after, same); err != nil || diff != "" {
		t.Errorf("a reply without a key: %v\n%s", err, diff)
	}
}

func TestCodeWithoutQueue(t *testing.T) {
	t.Parallel()
	result, err := codeInstance(t, nil).Check(t.Context(), Answers{"2_1": Text("x"), "3_1": Text("y")}, nil)
	if err != nil || len(result.Requests) > 0 {
		t.Fatal(err, result.Requests)
	}
	if diff := cmp.Diff(CorrectMap{"2_1": {Msg: noGrader}, "3_1": {Msg: noGrader}}, result.CorrectMap); diff != "" {
		t.Error(diff)
	}
}

func FuzzGraderReply(f *testing.F) {
	for _, text := range []string{`{"correct": true, "score": 1, "msg": "<p>a</p>"}`, `{"correct": null, "score": true, "msg": "</div>"}`, `[]`, `{"correct":1,"score":1e999,"msg":""}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseReply(text)
		if err == nil && (got.points < 0 || got.points != got.points || got.message == "") {
			t.Errorf("%q gives %+v", text, got)
		}
	})
}
