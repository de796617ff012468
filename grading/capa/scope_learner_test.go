package capa

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// asking is a runner that keeps what it was asked.
type asking struct{ jobs []ScriptJob }

func (a *asking) Run(_ context.Context, job ScriptJob) (ScriptResult, error) {
	a.jobs = append(a.jobs, job)
	return ScriptResult{Globals: json.RawMessage(`{"x": 1}`)}, nil
}

// TestScriptsOfOneSeedAreEqual: a script that does not look at who the learner is crosses alike for all of them, so that a runner which
// remembers runs it once; one that may look is told.
func TestScriptsOfOneSeedAreEqual(t *testing.T) {
	t.Parallel()
	for code, told := range map[string]bool{
		"x = 1": false, "x = anonymous_student_id": true, "x = globals()['anonymous_' + 'student_id']": true, "x = eval('seed')": true,
	} {
		p, err := Parse([]byte(`<problem><script type="loncapa/python">` + code + `</script><p>$x $anonymous_student_id</p></problem>`))
		if err != nil {
			t.Fatal(err)
		}
		var runner asking
		for _, who := range []string{"ada", "grace"} {
			in, err := p.Instantiate(t.Context(), Options{Seed: 3, AnonymousID: who, Runner: &runner})
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			for _, n := range in.View(ViewState{}).Nodes {
				if h, ok := n.(HTML); ok {
					text.WriteString(string(h))
				}
			}
			if !strings.Contains(text.String(), "1 "+who) {
				t.Errorf("%s: %s sees %q", code, who, text.String())
			}
		}
		same := string(runner.jobs[0].Globals) == string(runner.jobs[1].Globals)
		if same == told {
			t.Errorf("%s: the learners' runs are equal: %v\n%s", code, same, runner.jobs[0].Globals)
		}
	}
}
