package submission

import (
	"context"
	"maps"

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
	marks, err := m.recheck(ctx)
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
	s.ScoreHistory = make([]Points, len(marks))
	for i, one := range marks {
		s.ScoreHistory[i] = Points{one.Score(), m.maxScore()}
	}
	score := m.setup.Settings.choose(s.ScoreHistory)
	m.publish(score, &onlyIfHigher)

	before["correct_map"] = s.CorrectMap // events show the new marks beside the old history
	info["state"] = before
	info["orig_score"], info["orig_total"] = oldScore.Earned, oldScore.Possible
	info["new_score"], info["new_total"] = score.Earned, score.Possible
	info["correct_map"], info["success"], info["attempts"] = s.CorrectMap, success(s.CorrectMap), s.Attempts
	m.emit(tracking.ProblemRescored, info)
	return done(Reply{}), nil
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
func (m *Machine) recheck(ctx context.Context) ([]capa.CorrectMap, error) {
	// Author code is told the number of attempts there are, of which a learner whose attempts were reset has none.
	if err := m.instantiate(ctx, max(m.State.Attempts, 1)); err != nil {
		return nil, err
	}
	answers, err := m.State.AnswersHistory.Entries()
	if err != nil {
		return nil, err
	}
	results, err := m.State.MapHistory.Entries()
	if err != nil {
		return nil, err
	}
	if len(results) == 0 || len(answers) == 0 { // a state from before there were histories
		answers, results = []capa.Answers{m.State.Answers}, []capa.CorrectMap{m.State.CorrectMap}
	}
	if len(answers) < len(results) {
		results = results[len(results)-len(answers):]
	}
	marks := make([]capa.CorrectMap, len(results))
	a := len(answers) - 1
	for r := len(results) - 1; r >= 0; a-- {
		result, err := m.instance.Check(ctx, answers[a], results[r])
		if err != nil {
			if capa.KindOf(err).Reported() && a > r {
				continue
			}
			return nil, err
		}
		if r == len(results)-1 { // graders are asked again only for the answer that counts
			m.Requests = result.Requests
		}
		marks[r] = result.CorrectMap
		r--
	}
	return marks, nil
}

func merge(old, with capa.CorrectMap) capa.CorrectMap {
	out := make(capa.CorrectMap, len(old))
	maps.Copy(out, old)
	maps.Copy(out, with)
	return out
}
