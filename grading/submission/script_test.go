package submission

import (
	"context"
	"strings"
	"testing"

	"lyceum/grading/capa"
)

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
