package submission

import (
	"context"

	"lyceum/grading/gradebook"
	"lyceum/learner/state"
)

// Rescore checks a learner's answers again with the present problem, for staff. With onlyIfHigher lower points leave everything as it
// was. Closed with a *Refusal in its chain means that there is nothing to check.
func (s *Service) Rescore(ctx context.Context, a *Asked, onlyIfHigher bool, act gradebook.Act) (Result, error) {
	act.Cause = "rescore"
	return s.act(ctx, a, "rescore", act, func(m *Machine, r state.Record) (Reply, error) {
		done := m.watch()
		_, err := m.Rescore(ctx, onlyIfHigher)
		for i := range m.Events {
			if m.Events[i].Name != GradeEvent {
				m.Events[i].Data["student"] = a.Username
			}
		}
		if err != nil {
			return Reply{}, err
		}
		var old Points
		if r.Grade != nil && r.MaxGrade != nil {
			old = Points{*r.Grade, *r.MaxGrade}
		}
		m.Adopt(old)
		return done(Reply{}), nil
	})
}

// ResetAttempts gives a learner all attempts back. Answers, marks, points and completion stay.
func (s *Service) ResetAttempts(ctx context.Context, a *Asked, act gradebook.Act) (Result, error) {
	act.Cause = "reset_attempts"
	return s.act(ctx, a, act.Cause, act, func(m *Machine, _ state.Record) (Reply, error) {
		done := m.watch()
		m.State.Attempts = 0
		return done(Reply{Success: true}), nil
	})
}

// deleted is the cause of a state that staff took away.
const deleted = "delete"

// Delete takes away everything a learner did in a problem: answers, attempts, points and completion. The history keeps it. The result
// holds no machine: there is nothing to draw.
func (s *Service) Delete(ctx context.Context, a *Asked, act gradebook.Act) (Result, error) {
	act.Cause = deleted
	got, err := s.act(ctx, a, deleted, act, func(m *Machine, _ state.Record) (Reply, error) {
		m.State = State{}
		return Reply{Success: true}, nil
	})
	got.Machine = nil
	return got, err
}
