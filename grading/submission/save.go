package submission

import (
	"context"

	"lyceum/grading/capa"
	"lyceum/tracking"
)

// Save keeps answers without checking them.
func (m *Machine) Save(answers capa.Answers) Reply {
	done := m.watch()
	info := tracking.Map{"state": m.snapshot(), "problem_id": m.setup.ModuleID, "answers": answersForLog(answers)}
	if m.closed() && !m.survey() {
		info["failure"] = tracking.FailureClosed
		m.emit(tracking.ProblemSaveFailed, info)
		return done(Reply{Success: false, Msg: "Problem is closed."})
	}
	if m.needsReset() {
		info["failure"] = tracking.FailureDone
		m.emit(tracking.ProblemSaveFailed, info)
		return done(Reply{Success: false, Msg: "Problem needs to be reset prior to save."})
	}
	m.State.Answers, m.State.HasSaved = answers, true
	m.emit(tracking.ProblemSaved, info)
	msg := "Your answers have been saved but not graded. Click 'Submit' to grade them."
	if m.survey() {
		msg = "Your answers have been saved."
	}
	return done(Reply{Success: true, Msg: msg})
}

// Reset clears answers and marks; attempts stay. Where questions are drawn it draws another one.
func (m *Machine) Reset(ctx context.Context) (Reply, error) {
	done := m.watch()
	info := tracking.Map{"old_state": m.snapshot(), "problem_id": m.setup.ModuleID}
	if m.closed() {
		info["failure"] = tracking.FailureClosed
		m.emit(tracking.ProblemResetFailed, info)
		return done(Reply{Success: false, Error: "You cannot select Reset for a problem that is closed."}), nil
	}
	if !m.State.Done {
		info["failure"] = tracking.FailureNotDone
		m.emit(tracking.ProblemResetFailed, info)
		return done(Reply{Success: false, Error: "You must submit an answer before you can select Reset."}), nil
	}
	s := &m.State
	if r := m.setup.Settings.Rerandomize; r == Always || r == OnReset {
		seed := m.setup.chooseSeed()
		s.Seed = &seed
	}
	s.Answers, s.CorrectMap, s.MapHistory, s.InputState = nil, nil, History[capa.CorrectMap]{}, nil
	s.HasSaved, s.Done, s.Earlier.Results = false, false, 0
	m.overall = ""
	if err := m.instantiate(ctx, 0); err != nil {
		return Reply{}, err
	}
	s.Score = &Points{0, m.maxScore()}
	m.publish(*s.Score, nil)
	info["new_state"] = m.snapshot()
	m.emit(tracking.ProblemReset, info)
	return done(Reply{Success: true}), nil
}
