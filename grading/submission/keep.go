package submission

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/internal/fault"
	"lyceum/learner/state"
)

// Save keeps answers without checking them. A reply whose Success is false says why they were not.
func (s *Service) Save(ctx context.Context, a *Asked, answers capa.Answers) (Result, error) {
	return s.act(ctx, a, "save", gradebook.Act{}, func(m *Machine, _ state.Record) (Reply, error) {
		if err := m.accepts(answers); err != nil {
			return Reply{}, err
		}
		return m.Save(answers), nil
	})
}

// Reset clears a learner's answers and, where questions are drawn, draws another. A reply whose Success is false says why it did not.
// Two clicks at once are one reset.
func (s *Service) Reset(ctx context.Context, a *Asked) (Result, error) {
	wasDone := false
	return s.act(ctx, a, "reset", gradebook.Act{}, func(m *Machine, _ state.Record) (Reply, error) {
		if wasDone && !m.State.Done && !m.closed() {
			return m.watch()(Reply{Success: true}), nil
		}
		wasDone = m.State.Done
		return m.Reset(ctx)
	})
}

// act reads the state, lets do work on it with no transaction open, and stores what has changed; when others came first it starts again.
func (s *Service) act(ctx context.Context, a *Asked, cause string, act gradebook.Act, do func(*Machine, state.Record) (Reply, error)) (Result, error) {
	if err := a.signedIn(); err != nil {
		return Result{}, err
	}
	r, err := s.first(ctx, a, cause != "save" && cause != ran)
	if err != nil {
		return Result{}, err
	}
	for range tries {
		m, err := s.open(ctx, a, r.record, false)
		if err != nil && cause == deleted { // also a state or a problem nobody can read may be taken away
			m, err = &Machine{setup: s.setup(a)}, nil
		}
		if err != nil {
			return Result{}, err
		}
		reply, err := do(m, r.record)
		if err != nil {
			return Result{}, s.refused(ctx, a, m, err)
		}
		w := &write{asked: a, read: r, machine: m, cause: cause, act: act}
		if reply.Success == false || len(m.Events) == 0 && act.Cause == "" && !m.changed {
			s.tell(ctx, w) // refused in words, or done by somebody else
			return Result{Reply: reply, Machine: m, Version: r.record.Version}, nil
		}
		got, again, err := s.finish(ctx, w, reply)
		if again == nil {
			return got, err
		}
		r = again
	}
	return Result{}, fault.Busyf("%s %s: others came first %d times", cause, a.Node.Key, tries)
}

// refused emits what there is to say of an act that failed, and gives its error a kind.
func (s *Service) refused(ctx context.Context, a *Asked, m *Machine, err error) error {
	for _, e := range m.Events {
		s.emit(context.WithoutCancel(ctx), a, e)
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return (&fault.Error{Kind: fault.Closed, Err: refusal}).Say("problem.refused")
	}
	return failure(err)
}

// ShowAnswer reveals what was right, when it may be revealed.
func (s *Service) ShowAnswer(ctx context.Context, a *Asked) (Result, error) {
	return s.look(ctx, a, (*Machine).ShowAnswer)
}

// Hint gives the hints up to the one with the given index.
func (s *Service) Hint(ctx context.Context, a *Asked, index int) (Result, error) {
	return s.look(ctx, a, func(m *Machine) (Reply, error) { return m.Hint(index) })
}

// Get reads the problem as it stands, for drawing it anew.
func (s *Service) Get(ctx context.Context, a *Asked) (Result, error) {
	return s.look(ctx, a, func(m *Machine) (Reply, error) { return m.watch()(Reply{}), nil })
}

// look is an act that changes nothing.
func (s *Service) look(ctx context.Context, a *Asked, do func(*Machine) (Reply, error)) (Result, error) {
	r, err := s.first(ctx, a, false)
	if err != nil {
		return Result{}, err
	}
	m, err := s.View(ctx, a, r.record)
	if err != nil {
		return Result{}, err
	}
	reply, err := do(m)
	if err != nil {
		return Result{}, s.refused(ctx, a, m, err)
	}
	for _, e := range m.Events {
		s.emit(context.WithoutCancel(ctx), a, e)
	}
	return Result{Reply: reply, Machine: m, Version: m.Version}, nil
}

// View opens a problem for a page that has loaded its record with others. Where the seed was drawn just now it is kept, which costs a
// round trip at a learner's first look at a randomized problem; of two first looks at once both get the same.
func (s *Service) View(ctx context.Context, a *Asked, r state.Record) (*Machine, error) {
	for range tries {
		m, err := s.open(ctx, a, r, false)
		if err != nil || !m.MustKeep() || a.User <= 0 { // nothing is kept of visitors
			return m, err
		}
		text, err := json.Marshal(m.State)
		if err != nil {
			return nil, err
		}
		if r.Version == 0 {
			got, err := s.states.KeepFirst(ctx, a.User, a.Course.Key, map[course.UsageKey]json.RawMessage{a.Node.Key: text}, s.Clock.Now())
			if err != nil {
				return nil, err
			}
			r = got[a.Node.Key]
			continue
		}
		err = s.states.Save(ctx, state.Change{
			User: a.User, Course: a.Course.Key, Key: a.Node.Key, Seen: r.Version, State: text, Grade: r.Grade, MaxGrade: r.MaxGrade,
			Final: r.Final, SubmissionID: r.SubmissionID, Time: s.Clock.Now(), Cause: "seed",
		})
		if err != nil && !state.Lost(err) {
			return nil, err
		}
		again, err := s.read(ctx, a, false, "")
		if err != nil {
			return nil, err
		}
		r = again.record
	}
	return nil, fault.Busyf("view %s: others came first %d times", a.Node.Key, tries)
}

// maxAnswers is the most text an answer may hold, in bytes over all its inputs.
const maxAnswers = 1 << 20

// accepts refuses fields that belong to none of the problem's inputs, and answers of a size nobody types.
func (m *Machine) accepts(answers capa.Answers) error {
	size := 0
	ids := m.InputIDs()
	var text []byte
	for name, answer := range answers {
		if !slices.Contains(ids, name) && !partOf(name, ids) {
			return fault.Invalidf("%s has no input %q", m.setup.ModuleID, name)
		}
		var err error
		if text, err = appendStored(text[:0], answer); err != nil {
			return fault.Invalidf("answer to %s: %w", name, err)
		}
		size += len(text)
	}
	if size > maxAnswers {
		return fault.TooLargef("answers of %d bytes", size)
	}
	return nil
}

// partOf holds for what some inputs send beside their value, ID_dynamath or ID_comment.
func partOf(name string, ids []string) bool {
	i := strings.LastIndexByte(name, '_')
	return i > 0 && slices.Contains(ids, name[:i])
}
