package submission

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"strconv"

	"lyceum/grading/capa"
)

// Machine is one problem for one learner at one moment. It is used for one act and then read: State is what is to be kept, Events and
// Published what is to be made known.
type Machine struct {
	State     State
	Events    []Event
	Published *Publication        // nil: no points
	Requests  []capa.QueueRequest // to external graders, to be sent when the state is kept
	Version   int64               // of the stored state it was made from or, in a Result, of the one that is kept now; 0: none

	setup    Setup
	instance *capa.Instance
	overall  string // message of this act's check
	drawn    bool   // the seed was drawn just now
	changed  bool   // the state has, although nothing is to be made known
}

// Publication is points an act gives.
type Publication struct {
	Points       Points
	OnlyIfHigher bool
}

// Open makes a machine. grading says that answers will be checked, so that author code sees the number of the attempt. Its errors are
// those of the problem's source; the machine it returns with one can only be asked for its State.
func Open(ctx context.Context, setup Setup, state State, grading bool) (*Machine, error) {
	m := &Machine{State: state, setup: setup}
	if m.State.Seed == nil {
		seed := setup.chooseSeed()
		m.State.Seed, m.drawn = &seed, setup.Settings.random()
	}
	attempt := 0
	if grading {
		attempt = m.State.Attempts + 1
	}
	if err := m.instantiate(ctx, attempt); err != nil {
		return m, err
	}
	if m.State.Score == nil {
		m.State.Score = &Points{m.State.CorrectMap.Score(), m.maxScore()}
	}
	return m, nil
}

// instantiate makes the problem for the state's seed.
func (m *Machine) instantiate(ctx context.Context, attempt int) error {
	in, err := m.setup.Problem.Instantiate(ctx, capa.Options{
		Seed: *m.State.Seed, IDPrefix: m.setup.IDPrefix, AnonymousID: m.setup.AnonymousID, Attempt: attempt, ModuleID: m.setup.ModuleID,
		Runner: m.setup.Runner, Files: m.setup.Files, Queue: m.setup.capaQueue(),
	})
	if err != nil {
		return err
	}
	m.instance = in
	if len(m.State.Answers) == 0 {
		if initial := in.InitialAnswers(); initial != nil {
			m.State.Answers = initial
		}
	}
	m.State.InputState = m.inputState()
	return nil
}

// inputState is the state's with an entry for every input. The state's own may belong to others and is not changed.
func (m *Machine) inputState() map[string]json.RawMessage {
	had := m.State.InputState
	lacking := had == nil
	ids := m.InputIDs()
	for _, id := range ids {
		lacking = lacking || had[id] == nil
	}
	if !lacking {
		return had
	}
	all := make(map[string]json.RawMessage, len(had)+len(ids))
	maps.Copy(all, had)
	for _, id := range ids {
		if all[id] == nil {
			all[id] = json.RawMessage("{}")
		}
	}
	return all
}

// Notes are what there is to say to the course team of the code the problem ran just now.
func (m *Machine) Notes() []string { return m.instance.Notes() }

// InputIDs are the ids of the problem's inputs, prefix included.
func (m *Machine) InputIDs() []string {
	ids := make([]string, 0, 4)
	for _, r := range m.setup.Problem.Responses() {
		for _, in := range r.Inputs {
			id := in.ID
			if m.setup.IDPrefix != "" {
				id = m.setup.IDPrefix + "_" + id
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// Settled reports whether the state, once it is stored, decides alone how the problem looks: opened again it looks the same.
func (m *Machine) Settled() bool { return !m.drawn && m.overall == "" }

// MustKeep reports whether the state has to be kept although nothing was done: its seed was drawn.
func (m *Machine) MustKeep() bool { return m.setup.Settings.random() && !m.State.known[seedMember] }

func (m *Machine) maxScore() float64 { return float64(m.setup.Problem.MaxScore()) }

// Draw returns the problem ready to be drawn in its present state.
func (m *Machine) Draw() capa.View {
	return m.instance.View(capa.ViewState{
		Answers: m.State.Answers, CorrectMap: m.State.CorrectMap, OverallMessage: m.overall, Done: m.State.Done, HasSaved: m.State.HasSaved,
		HideCorrectness: !m.correctnessAvailable(), InputState: m.State.InputState, Now: m.setup.Now,
	})
}

func (m *Machine) pastDue() bool {
	return m.setup.Close != nil && m.setup.Now.After(*m.setup.Close)
}

func (m *Machine) usedAllAttempts() bool {
	limit := m.setup.Settings.MaxAttempts
	return limit != nil && m.State.Attempts >= *limit
}

func (m *Machine) closed() bool { return m.usedAllAttempts() || m.pastDue() }

// survey: no attempt is allowed at all, answers are only saved.
func (m *Machine) survey() bool {
	limit := m.setup.Settings.MaxAttempts
	return limit != nil && *limit == 0
}

func (m *Machine) fullMarks() bool { return m.State.Score.Earned == m.State.Score.Possible }

func (m *Machine) needsReset() bool { return m.State.Done && m.setup.Settings.Rerandomize == Always }

// correctnessAvailable decides whether right and wrong, messages and scores are shown. "never" holds for staff too.
func (m *Machine) correctnessAvailable() bool {
	switch m.setup.Settings.ShowCorrectness {
	case Never:
		return false
	case PastDue:
		return m.setup.Staff || m.setup.Close == nil || m.pastDue()
	default:
		return true
	}
}

// answerAvailable decides about the answer button.
func (m *Machine) answerAvailable() bool {
	s := &m.setup.Settings
	if !m.correctnessAvailable() {
		return false
	}
	switch {
	case s.ShowAnswer == "" || s.ShowAnswer == Never:
		return false
	case m.setup.Staff:
		return true
	}
	attempted := m.State.Attempts > 0
	switch s.ShowAnswer {
	case Always:
		return true
	case "attempted":
		return attempted || m.pastDue()
	case "attempted_no_past_due":
		return attempted
	case "answered":
		return m.fullMarks()
	case "closed":
		return m.closed()
	case "finished":
		return m.closed() || m.fullMarks()
	case "correct_or_past_due":
		return m.fullMarks() || m.pastDue()
	case PastDue:
		return m.pastDue()
	case "after_attempts":
		required := s.AttemptsBeforeShowAnswer
		if s.MaxAttempts != nil && *s.MaxAttempts > 0 {
			required = min(required, *s.MaxAttempts)
		}
		return m.State.Attempts >= required
	case "after_all_attempts":
		return m.usedAllAttempts()
	case "after_all_attempts_or_correct":
		return m.usedAllAttempts() || m.fullMarks()
	default:
		return false
	}
}

// Buttons are what the page offers, and what it says of the result.
type Buttons struct {
	Submit               bool // enabled; it is always there
	Reset                bool
	Save                 bool
	Answer               bool
	CorrectnessAvailable bool
	Closed               bool

	Earned      *float64 // weight applied; nil: withheld
	Possible    float64
	AttemptsMax *int
	Attempts    int

	Verdict string // correct, incorrect, partially-correct, submitted; "" before the first check
	Message string // the verdict in words, English
	Saved   bool   // answers were saved and not checked since
}

// Buttons decides what the page offers.
func (m *Machine) Buttons() Buttons {
	b := Buttons{
		Submit: !m.closed() && !m.needsReset(), Reset: m.resetShown(), Save: m.saveShown(), Answer: m.answerAvailable(),
		CorrectnessAvailable: m.correctnessAvailable(), Closed: m.closed(),
		AttemptsMax: m.setup.Settings.MaxAttempts, Attempts: m.State.Attempts, Saved: m.State.HasSaved,
	}
	b.Earned, b.Possible = m.displayed()
	b.Verdict = m.verdict()
	b.Message = m.verdictText(b.Verdict)
	return b
}

func (m *Machine) resetShown() bool {
	s := &m.setup.Settings
	switch {
	case m.closed() && !m.survey():
		return false
	case (s.Rerandomize == Always || s.Rerandomize == OnReset) && m.State.Done:
		return true
	case m.fullMarks():
		return false
	default:
		return s.ShowResetButton
	}
}

// saveShown: with unlimited attempts and a question that stays, submitting costs nothing, so that saving would only confuse.
func (m *Machine) saveShown() bool {
	s := &m.setup.Settings
	switch {
	case s.ForceSaveButton:
		return !m.closed()
	case s.MaxAttempts == nil && s.Rerandomize != Always:
		return false
	case m.closed() && !m.survey(), m.needsReset():
		return false
	default:
		return true
	}
}

// progress is the score as shown, weight applied and kept within its bounds. ok is false where nothing can be earned.
func (m *Machine) progress() (p Points, ok bool) {
	s := m.State.Score
	if s == nil || s.Possible <= 0 {
		return Points{}, false
	}
	p = *s
	if w := m.setup.Settings.Weight; w != nil {
		if *w <= 0 {
			return Points{}, false
		}
		p = Points{s.Earned * *w / s.Possible, *w}
	}
	p.Earned = math.Max(0, math.Min(p.Earned, p.Possible))
	return p, true
}

func (m *Machine) displayed() (earned *float64, possible float64) {
	p, _ := m.progress()
	if m.correctnessAvailable() {
		earned = &p.Earned
	}
	return earned, p.Possible
}

// verdict sums up the marks of all inputs: one word when they agree, partially correct when they do not.
func (m *Machine) verdict() string {
	if len(m.State.CorrectMap) == 0 {
		return ""
	}
	if !m.correctnessAvailable() {
		return "submitted"
	}
	word := capa.Correctness("")
	for _, e := range m.State.CorrectMap {
		if word != "" && e.Correctness != word {
			return string(capa.PartiallyCorrect)
		}
		word = e.Correctness
	}
	return string(word)
}

func (m *Machine) verdictText(verdict string) string {
	var text string
	switch verdict {
	case string(capa.Correct):
		text = "Correct"
	case string(capa.Incorrect):
		text = "Incorrect"
	case string(capa.PartiallyCorrect):
		text = "Partially correct"
	case "submitted":
		return "Answer submitted."
	default:
		return ""
	}
	p, ok := m.progress()
	if !ok {
		return text
	}
	unit := " points)"
	if p.Possible == 1 {
		unit = " point)"
	}
	return text + " (" + number(p.Earned) + "/" + number(p.Possible) + unit
}

// number writes points with at most two decimals.
func number(f float64) string {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
