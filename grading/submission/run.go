package submission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/internal/fault"
	"lyceum/learner/state"
)

// ran is the cause of a state in which a program is being run.
const ran = "run"

// Run sends a program written in an input to be run. Nothing is graded: what comes back is shown beside the input. A reply whose Success is
// false says why it was not sent. The error is Invalid for an input that runs nothing.
func (s *Service) Run(ctx context.Context, a *Asked, input, program string) (Result, error) {
	said, why := "", ""
	if s.queueOf(a) == nil {
		why = "Error: No grader has been set up for this problem."
	} else {
		var err error
		said, err = s.Graders.Waiting(ctx, capa.RunQueue)
		if none, ok := errors.AsType[*NoQueue](err); ok {
			why = fmt.Sprintf("Unable to deliver your submission to grader (Reason: %s). Please try again later.", none.Reason)
		} else if err != nil {
			return Result{}, err
		}
	}
	return s.act(ctx, a, ran, gradebook.Act{}, func(m *Machine, _ state.Record) (Reply, error) {
		if err := m.accepts(capa.Answers{input: capa.Text(program)}); err != nil {
			return Reply{}, err
		}
		if !m.runs(input) {
			return Reply{}, fault.Invalidf("%s: input %q runs nothing", m.setup.ModuleID, input)
		}
		if why != "" {
			return m.watch()(Reply{Success: false, Msg: why}), nil
		}
		return m.Run(input, program, said)
	})
}

// runs reports whether what is written in an input can be run.
func (m *Machine) runs(input string) bool {
	ids := m.InputIDs()
	for _, r := range m.setup.Problem.Responses() {
		for _, in := range r.Inputs {
			if ids[0] == input {
				return in.Type == "matlabinput"
			}
			ids = ids[1:]
		}
	}
	return false
}

// Run notes that a program is being run, and asks for it. said is what the queue says, as a rule how many wait.
func (m *Machine) Run(input, program, said string) (Reply, error) {
	done := m.watch()
	if m.closed() && !m.survey() {
		return done(Reply{Success: false, Msg: "Problem is closed."}), nil
	}
	before := capa.ParseRun(m.State.InputState[input])
	if q := m.setup.Queue; q != nil && before.Key != "" && m.setup.Now.Sub(before.Sent) < q.Wait {
		return done(Reply{Success: false, Msg: fmt.Sprintf("You must wait at least %d seconds.", int(q.Wait.Seconds()))}), nil
	}
	r, ok := m.instance.RunRequest(input, program)
	if !ok {
		return Reply{}, fault.Invalidf("%s: input %q runs nothing", m.setup.ModuleID, input)
	}
	m.keepRun(input, capa.RunState{Key: r.Key, Sent: m.setup.Now})
	m.Requests = append(m.Requests, r)
	return done(Reply{Success: true, Msg: said}), nil
}

// runner is the input whose program is run by the request with the key.
func (s *State) runner(key string) (input string, ok bool) {
	for id, text := range s.InputState {
		if key != "" && capa.ParseRun(text).Has(key) {
			return id, true
		}
	}
	return "", false
}

// ranTo ends a run: output is what it gave.
func (m *Machine) ranTo(input, output string) Reply {
	s := capa.ParseRun(m.State.InputState[input])
	m.keepRun(input, capa.RunState{Sent: s.Sent, Output: output})
	return m.watch()(Reply{})
}

func (m *Machine) keepRun(input string, run capa.RunState) {
	all := make(map[string]json.RawMessage, len(m.State.InputState)+1)
	maps.Copy(all, m.State.InputState) // that of the state belongs to others, too
	all[input] = run.In(all[input])
	m.State.InputState, m.changed = all, true
}

// Running reports whether a program is being run whose output is still waited for, so that the page may look again in a while.
func (m *Machine) Running() bool {
	for _, text := range m.State.InputState {
		if len(text) > len("{}") && capa.ParseRun(text).Waiting(m.setup.Now) {
			return true
		}
	}
	return false
}
