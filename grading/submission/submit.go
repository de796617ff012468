package submission

import (
	"context"
	"errors"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"time"

	"lyceum/grading/capa"
	"lyceum/tracking"
)

// Submit checks answers. A *Refusal says that they may not be checked now; an error of the engine other than the reported kinds that
// they could not be. Neither uses an attempt.
func (m *Machine) Submit(ctx context.Context, answers capa.Answers) (Reply, error) {
	done := m.watch()
	before := m.snapshot()
	info := tracking.Map{"state": before, "problem_id": m.setup.ModuleID, "answers": answersForLog(answers)}
	if err := errors.Join(m.State.AnswersHistory.Add(answers), m.State.trim()); err != nil {
		return Reply{}, err
	}

	if m.closed() {
		return m.refuse(tracking.ProblemCheckFailed, info, tracking.FailureClosed)
	}
	if m.needsReset() {
		return m.refuse(tracking.ProblemCheckFailed, info, tracking.FailureUnreset)
	}
	if text := m.mustWait(); text != "" {
		return done(Reply{Success: text}), nil
	}

	m.State.Answers, m.State.HasSaved = answers, false
	result, err := m.instance.Check(ctx, answers, m.State.CorrectMap)
	if err != nil {
		if capa.KindOf(err).Reported() {
			return done(Reply{Success: m.complaint(err)}), nil
		}
		return Reply{}, err
	}
	if math.IsNaN(result.Score) || math.IsInf(result.Score, 0) {
		return Reply{}, &capa.Error{Kind: capa.Engine, Message: fmt.Sprintf("check gave %v points", result.Score)}
	}
	if m.Requests = result.Requests; len(m.Requests) > 0 && m.setup.Queue.Note != nil {
		m.setup.Queue.Note(result)
	}
	m.hints(result.Events)
	if err := m.take(result); err != nil {
		return Reply{}, err
	}
	m.publish(*m.State.Score, nil)

	success := success(result.CorrectMap)
	info["correct_map"], info["success"], info["attempts"] = result.CorrectMap, success, m.State.Attempts
	info["grade"], info["max_grade"] = m.State.Score.Earned, m.State.Score.Possible
	info["submission"] = m.instance.Submissions(answers, result.CorrectMap, m.variant())
	if p := m.permutations(); p != nil {
		info["permutation"] = p
	}
	m.emit(tracking.ProblemChecked, info)

	if !m.correctnessAvailable() {
		success = "submitted"
	}
	return done(Reply{Success: success}), nil
}

// complaint is what is said in place of a result. Staff see where author code failed.
func (m *Machine) complaint(err error) string {
	if script, ok := errors.AsType[*capa.ScriptError](err); ok && m.setup.Staff && script.Trace != "" {
		return "Staff debug info: " + html.EscapeString(script.Trace)
	}
	return capa.AsError(err).Message
}

// take moves a result into the state.
func (m *Machine) take(result capa.Result) error {
	s := &m.State
	if err := s.MapHistory.Add(result.CorrectMap); err != nil {
		return err
	}
	s.Attempts++
	s.Done = true
	s.CorrectMap = result.CorrectMap
	m.overall = result.OverallMessage
	s.ScoreHistory = append(s.ScoreHistory, Points{result.Score, float64(result.MaxScore)})
	score := m.setup.Settings.choose(s.Earlier, s.ScoreHistory)
	s.Score = &score
	if err := s.trim(); err != nil {
		return err
	}
	last := m.setup.Now.UTC().Truncate(time.Second)
	s.LastSubmission = &last
	return nil
}

// choose applies the grading method to the scores of all checks, the last one included.
func (s *Settings) choose(all Earlier, history []Points) Points {
	last := history[len(history)-1]
	for _, p := range history {
		all.add(p)
	}
	switch s.GradingMethod {
	case FirstScore:
		return all.First
	case HighestScore:
		return all.Best
	case AverageScore:
		return Points{round2(all.Sum / float64(all.Scores)), last.Possible}
	default:
		return last
	}
}

// round2 rounds to two decimals, half to even, by the exact value of f.
func round2(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', 2, 64), 64)
	if err != nil {
		return f // not reached: the text is a number
	}
	return r
}

func (m *Machine) refuse(event string, info tracking.Map, why string) (Reply, error) {
	info["failure"] = why
	m.emit(event, info)
	return Reply{}, &Refusal{Why: why}
}

// mustWait returns what the learner is told when the last submission was too short a time ago, else "".
func (m *Machine) mustWait() string {
	if text := m.mustWaitForGrader(); text != "" {
		return text
	}
	wait := m.setup.Settings.WaitSeconds
	if m.State.LastSubmission == nil || wait <= 0 {
		return ""
	}
	since := m.setup.Now.Sub(*m.State.LastSubmission).Seconds()
	if since >= float64(wait) {
		return ""
	}
	return fmt.Sprintf("You must wait at least %s between submissions. %s remaining.", spell(wait), spell(int(float64(wait)-since)))
}

// spell writes seconds in words: "3 minutes 4 seconds".
func spell(seconds int) string {
	var parts []string
	for _, u := range []struct {
		name string
		n    int
	}{{"hour", seconds / 3600}, {"minute", seconds % 3600 / 60}, {"second", seconds % 60}} {
		if u.n == 0 && (u.name != "second" || seconds != 0) {
			continue
		}
		plural := "s"
		if u.n == 1 {
			plural = ""
		}
		parts = append(parts, fmt.Sprintf("%d %s%s", u.n, u.name, plural))
	}
	return strings.Join(parts, " ")
}

func success(marks capa.CorrectMap) string {
	if marks.AllRight() {
		return "correct"
	}
	return "incorrect"
}

// variant is the seed where learners get different questions.
func (m *Machine) variant() any {
	if m.setup.Settings.Rerandomize == Never {
		return ""
	}
	return *m.State.Seed
}

func (m *Machine) permutations() tracking.Map {
	shown := m.instance.Permutations()
	if len(shown) == 0 {
		return nil
	}
	out := make(tracking.Map, len(shown))
	for id, p := range shown {
		names := make([]any, len(p.Names))
		for i, n := range p.Names {
			names[i] = n
		}
		out[id] = []any{p.Kind, names}
	}
	return out
}
