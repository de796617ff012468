package submission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"lyceum/course"
	"lyceum/grading/capa"
)

// State is what is kept of one learner in one problem. Its JSON is that of existing sites, so that their states can be brought along:
// only members that ever had another value than their default are written, and members we do not know are kept.
type State struct {
	Seed           *int
	Attempts       int // graded submissions
	Done           bool
	Answers        capa.Answers
	CorrectMap     capa.CorrectMap
	InputState     map[string]json.RawMessage // by input id
	Score          *Points                    // nil in old states
	HasSaved       bool                       // answers were saved since the last check
	LastSubmission *time.Time                 // UTC, whole seconds

	AnswersHistory History[capa.Answers]    // also answers that were refused or could not be graded
	MapHistory     History[capa.CorrectMap] // graded ones since the last reset
	ScoreHistory   []Points                 // graded ones

	known map[string]bool            // members that were there when the state was read
	other map[string]json.RawMessage // members that are not ours
}

// Points are raw points: no weight applied.
type Points struct {
	Earned   float64 `json:"raw_earned"`
	Possible float64 `json:"raw_possible"`
}

// ParseState reads a stored state; nothing and null are the state of a problem never touched.
func ParseState(text []byte) (State, error) {
	var s State
	if text = bytes.TrimSpace(text); len(text) == 0 || string(text) == "null" {
		return s, nil
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return s, fmt.Errorf("read problem state: %w", err)
	}
	s.known = make(map[string]bool, len(raw))
	for name, value := range raw {
		read, ours := members[name]
		if !ours {
			if s.other == nil {
				s.other = map[string]json.RawMessage{}
			}
			s.other[name] = value
			continue
		}
		s.known[name] = true
		if string(value) == "null" {
			continue
		}
		if err := read(&s, value); err != nil {
			return State{}, fmt.Errorf("read problem state: %s: %w", name, err)
		}
	}
	return s, nil
}

// members read one member each into a state.
var members = map[string]func(*State, json.RawMessage) error{
	"seed": func(s *State, v json.RawMessage) error {
		n, err := whole(v)
		s.Seed = &n
		return err
	},
	"attempts": func(s *State, v json.RawMessage) (err error) {
		s.Attempts, err = whole(v)
		return err
	},
	"done":              func(s *State, v json.RawMessage) error { return json.Unmarshal(v, &s.Done) },
	"student_answers":   func(s *State, v json.RawMessage) error { return json.Unmarshal(v, &s.Answers) },
	"correct_map":       func(s *State, v json.RawMessage) error { return json.Unmarshal(v, &s.CorrectMap) },
	"input_state":       func(s *State, v json.RawMessage) error { return json.Unmarshal(v, &s.InputState) },
	"score":             func(s *State, v json.RawMessage) error { return json.Unmarshal(v, &s.Score) },
	"has_saved_answers": func(s *State, v json.RawMessage) error { return json.Unmarshal(v, &s.HasSaved) },
	"last_submission_time": func(s *State, v json.RawMessage) error {
		t, ok := course.Value(v).Time()
		if !ok {
			return fmt.Errorf("%s is no time", v)
		}
		s.LastSubmission = &t
		return nil
	},
	"student_answers_history": func(s *State, v json.RawMessage) error { return s.AnswersHistory.UnmarshalJSON(v) },
	"correct_map_history":     func(s *State, v json.RawMessage) error { return s.MapHistory.UnmarshalJSON(v) },
	"score_history":           func(s *State, v json.RawMessage) error { return json.Unmarshal(v, &s.ScoreHistory) },
}

// whole reads a whole number, also one written as text or with a zero fraction.
func whole(v json.RawMessage) (int, error) {
	n, ok := course.Value(v).Int()
	if !ok {
		return 0, fmt.Errorf("%s is no whole number", v)
	}
	return n, nil
}

// MarshalJSON writes the state as it is stored.
func (s State) MarshalJSON() ([]byte, error) {
	w := stateWriter{known: s.known}
	w.member("seed", s.Seed == nil, s.Seed)
	w.member("attempts", s.Attempts == 0, s.Attempts)
	w.member("done", !s.Done, s.Done)
	w.member("student_answers", len(s.Answers) == 0, orEmpty(s.Answers))
	w.member("correct_map", len(s.CorrectMap) == 0, orEmpty(s.CorrectMap))
	w.member("input_state", len(s.InputState) == 0, orEmpty(s.InputState))
	w.member("score", s.Score == nil, s.Score)
	w.member("has_saved_answers", !s.HasSaved, s.HasSaved)
	var last *string
	if s.LastSubmission != nil {
		text := course.FormatTime(*s.LastSubmission)
		last = &text
	}
	w.member("last_submission_time", last == nil, last)
	w.text("student_answers_history", s.AnswersHistory.IsEmpty(), s.AnswersHistory.list())
	w.text("correct_map_history", s.MapHistory.IsEmpty(), s.MapHistory.list())
	w.member("score_history", len(s.ScoreHistory) == 0, orNone(s.ScoreHistory))
	for _, name := range slices.Sorted(maps.Keys(s.other)) {
		w.member(name, false, s.other[name])
	}
	return w.end()
}

type stateWriter struct {
	known map[string]bool
	b     bytes.Buffer
	err   error
}

// member writes a value unless it is the default and was never anything else.
func (w *stateWriter) member(name string, isDefault bool, value any) {
	if (isDefault && !w.known[name]) || w.err != nil {
		return
	}
	var text []byte
	text, w.err = json.Marshal(value)
	w.text(name, false, text)
}

// text is member for what is JSON already.
func (w *stateWriter) text(name string, isDefault bool, text []byte) {
	if (isDefault && !w.known[name]) || w.err != nil {
		return
	}
	if w.b.Len() > 0 {
		w.b.WriteByte(',')
	}
	head, _ := json.Marshal(name) // a string, which cannot fail
	w.b.Write(append(head, ':'))
	w.b.Write(text)
}

func (w *stateWriter) end() ([]byte, error) {
	if w.err != nil {
		return nil, fmt.Errorf("write problem state: %w", w.err)
	}
	out := make([]byte, 0, w.b.Len()+2)
	out = append(out, '{')
	out = append(out, w.b.Bytes()...)
	return append(out, '}'), nil
}

func orEmpty[M ~map[string]V, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}

func orNone[S ~[]E, E any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}
