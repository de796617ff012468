package submission

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lyceum/grading/capa"
)

// attemptRunner says right from the second attempt on.
type attemptRunner struct{}

func (attemptRunner) Run(_ context.Context, job capa.ScriptJob) (capa.ScriptResult, error) {
	var given struct{ Attempt *int }
	if err := json.Unmarshal(job.Globals, &given); err != nil || given.Attempt == nil {
		return capa.ScriptResult{}, &capa.ScriptError{Message: "TypeError: no attempt"}
	}
	return capa.ScriptResult{Globals: fmt.Appendf(nil, `{"cfn_return": %v}`, *given.Attempt > 1)}, nil
}

// TestAttemptNumber: check functions are told which attempt it is, at a rescore how many there were.
func TestAttemptNumber(t *testing.T) {
	t.Parallel()
	p, err := capa.Parse([]byte(`<problem><customresponse cfn="f" cfn_extra_args="attempt"><textline/></customresponse></problem>`))
	if err != nil {
		t.Fatal(err)
	}
	state := State{}
	for _, want := range []string{"incorrect", "correct"} {
		m, err := Open(t.Context(), Setup{Problem: p, Runner: attemptRunner{}}, state, true)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := m.Submit(t.Context(), capa.Answers{"2_1": capa.Text("x")})
		if err != nil || reply.Success != want {
			t.Errorf("got %v, %v, want %v", reply.Success, err, want)
		}
		state = m.State
	}
	m, err := Open(t.Context(), Setup{Problem: p, Runner: attemptRunner{}}, state, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Rescore(t.Context(), false); err != nil || !m.State.CorrectMap.AllRight() {
		t.Errorf("rescore: got %v, %v", m.State.CorrectMap, err)
	}
}

type failingRunner struct{ jobs []capa.ScriptJob }

func (f *failingRunner) Run(_ context.Context, job capa.ScriptJob) (capa.ScriptResult, error) {
	f.jobs = append(f.jobs, job)
	return capa.ScriptResult{}, &capa.ScriptError{Message: "ValueError: bad <input>", Trace: "line 7\nValueError: bad <input>"}
}

// TestAuthorCodeFails: the learner is told what the exception says, staff where it came from; no attempt is used.
func TestAuthorCodeFails(t *testing.T) {
	t.Parallel()
	p, err := capa.Parse([]byte(`<problem><customresponse cfn="f"><textline/></customresponse></problem>`))
	if err != nil {
		t.Fatal(err)
	}
	for staff, want := range map[bool]string{
		false: "bad &lt;input&gt;",
		true:  "Staff debug info: line 7\nValueError: bad &lt;input&gt;",
	} {
		runner := &failingRunner{}
		m, err := Open(t.Context(), Setup{Problem: p, Staff: staff, Runner: runner, Files: []capa.ScriptFile{{Name: capa.PythonLib}}}, State{}, true)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := m.Submit(t.Context(), capa.Answers{"2_1": capa.Text("x")})
		if err != nil || reply.Success != want || m.State.Attempts != 0 {
			t.Errorf("staff %v: got %v, %v after %d attempts, want %v", staff, reply.Success, err, m.State.Attempts, want)
		}
		if len(runner.jobs) != 1 || len(runner.jobs[0].Files) != 1 || !strings.Contains(runner.jobs[0].Code, "f(expect, ans)") {
			t.Errorf("staff %v: jobs %+v", staff, runner.jobs)
		}
	}
}
