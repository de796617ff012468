package submission

import (
	"context"
	"maps"
	"slices"

	"lyceum/grading/capa"
	"lyceum/tracking"
)

// Rescore checks the answers of every graded submission again with the present problem. It uses no attempt and is not refused when the
// problem is closed. The points are published, with onlyIfHigher only to replace lower ones; the score in the state stays what it was,
// as states are compatible with, until [Machine.Adopt].
func (m *Machine) Rescore(ctx context.Context, onlyIfHigher bool) (Reply, error) {
	done := m.watch()
	info := tracking.Map{"problem_id": m.setup.ModuleID}
	if why := m.cannotRescore(); why != "" {
		info["state"], info["failure"] = m.snapshot(), why
		m.emit(tracking.ProblemRescoreFailed, info)
		return Reply{}, &Refusal{Why: why}
	}
	before, oldScore := m.snapshot(), *m.State.Score
	marks, checked, err := m.recheck(ctx)
	if err != nil {
		info["state"], info["failure"] = before, "unexpected"
		if capa.KindOf(err).Reported() {
			info["failure"] = "input_error"
		}
		m.emit(tracking.ProblemRescoreFailed, info)
		return Reply{}, err
	}

	s := &m.State
	history, err := NewHistory(marks)
	if err != nil {
		return Reply{}, err
	}
	last := marks[len(marks)-1]
	s.MapHistory, s.CorrectMap = history, merge(s.CorrectMap, last)
	s.keepEarlier(checked, len(marks))
	for _, one := range marks {
		s.ScoreHistory = append(s.ScoreHistory, Points{one.Score(), m.maxScore()})
	}
	score := m.setup.Settings.choose(s.Earlier, s.ScoreHistory)
	if err := s.trim(); err != nil {
		return Reply{}, err
	}
	m.publish(score, &onlyIfHigher)

	before["correct_map"] = s.CorrectMap // events show the new marks beside the old history
	info["state"] = before
	info["orig_score"], info["orig_total"] = oldScore.Earned, oldScore.Possible
	info["new_score"], info["new_total"] = score.Earned, score.Possible
	info["correct_map"], info["success"], info["attempts"] = s.CorrectMap, success(s.CorrectMap), s.Attempts
	m.emit(tracking.ProblemRescored, info)
	return done(Reply{}), nil
}

// keepEarlier leaves in the score history the points since the last reset whose answers the state no longer holds: they stay as they were.
// Of the results the history of marks had, the newest were checked again.
func (s *State) keepEarlier(results, checked int) {
	earlier := s.Earlier.Results + results - checked
	n := len(s.ScoreHistory)
	if earlier+checked <= n {
		s.Earlier = Earlier{Answers: s.Earlier.Answers} // the points are from before the reset
	}
	s.Earlier.Results = earlier
	s.ScoreHistory = slices.Clone(s.ScoreHistory[max(0, n-checked-earlier):max(0, n-checked)])
}

// Adopt makes the published points the score the learner is shown. oldGrade are the points that counted until now.
func (m *Machine) Adopt(oldGrade Points) {
	p := m.Published
	if p == nil || (p.OnlyIfHigher && !Higher(p.Points, oldGrade)) {
		return
	}
	score := p.Points
	m.State.Score = &score
}

// Higher reports whether a is at least as good as b, as fractions. It is what "only if higher" means for points.
func Higher(a, b Points) bool {
	if a.Possible == 0 || b.Possible == 0 {
		return b.Possible == 0
	}
	return a.Earned/a.Possible >= b.Earned/b.Possible
}

func (m *Machine) cannotRescore() string {
	for _, r := range m.setup.Problem.Responses() {
		for _, in := range r.Inputs {
			if in.Type == "filesubmission" {
				return "unsupported"
			}
		}
	}
	if !m.State.Done {
		return "unanswered"
	}
	return ""
}

// recheck checks the answers of the graded submissions since the last reset, oldest first. The history of answers also holds those that
// were refused or could not be read; going backwards, an answer that still cannot be read is one of them as long as there are more
// answers than results.
// Of those whose answers the state no longer holds there are none: results is how many there were. At least one is checked.
func (m *Machine) recheck(ctx context.Context) (marks []capa.CorrectMap, had int, err error) {
	// Author code is told the number of attempts there are, of which a learner whose attempts were reset has none.
	if err := m.instantiate(ctx, max(m.State.Attempts, 1)); err != nil {
		return nil, 0, err
	}
	answers, err := m.State.AnswersHistory.Entries()
	if err != nil {
		return nil, 0, err
	}
	results, err := m.State.MapHistory.Entries()
	if err != nil {
		return nil, 0, err
	}
	if len(results) == 0 || len(answers) == 0 { // a state from before there were histories
		answers, results = []capa.Answers{m.State.Answers}, []capa.CorrectMap{m.State.CorrectMap}
	}
	e, n := m.State.Earlier, len(m.State.ScoreHistory)
	trimmed := e.Answers > 0 || e.Results > 0 || e.Scores > 0
	had = len(results)
	if e.Scores > 0 && len(results) > n { // whose points are only in the sums of earlier ones
		results = results[len(results)-n:]
	}
	if len(answers) < len(results) {
		results = results[len(results)-len(answers):]
	}
	if !trimmed {
		had = len(results)
	}
	marks = make([]capa.CorrectMap, len(results))
	var failed error // of answers that may have been refused
	a, r := len(answers)-1, len(results)-1
	for ; r >= 0 && a >= 0; a-- {
		result, err := m.instance.Check(ctx, answers[a], results[r])
		if err != nil {
			if capa.KindOf(err).Reported() && (a > r || trimmed) {
				failed = err
				continue
			}
			return nil, 0, err
		}
		if r == len(results)-1 { // graders are asked again only for the answer that counts
			m.Requests = result.Requests
		}
		marks[r] = result.CorrectMap
		r--
	}
	if marks = marks[r+1:]; len(marks) == 0 {
		return nil, 0, failed
	}
	return marks, had, nil
}

func merge(old, with capa.CorrectMap) capa.CorrectMap {
	out := make(capa.CorrectMap, len(old))
	maps.Copy(out, old)
	maps.Copy(out, with)
	return out
}
