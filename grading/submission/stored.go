package submission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/internal/jsonscan"
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

	known [memberCount]bool          // members that were there when the state was read
	other map[string]json.RawMessage // members that are not ours
}

// Points are raw points: no weight applied.
type Points struct {
	Earned   float64 `json:"raw_earned"`
	Possible float64 `json:"raw_possible"`
}

// ParseState reads a stored state; nothing and null are the state of a problem never touched. The state keeps parts of the text, which
// may not change any more.
func ParseState(text []byte) (State, error) {
	var s State
	values, err := split(text, func(name string, value json.RawMessage) {
		if s.other == nil {
			s.other = map[string]json.RawMessage{}
		}
		s.other[name] = value
	})
	if err != nil {
		return State{}, fmt.Errorf("read problem state: %w", err)
	}
	for i, value := range values {
		s.known[i] = value != nil
		if value == nil || string(value) == "null" {
			continue
		}
		if err := members[i].read(&s, value); err != nil {
			return State{}, fmt.Errorf("read problem state: %s: %w", members[i].name, err)
		}
	}
	return s, nil
}

// split takes a stored state apart, the last of two values winning; other, which may be nil, is given what is not ours.
func split(text []byte, other func(name string, value json.RawMessage)) (values [memberCount]json.RawMessage, err error) {
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return values, nil
	}
	r := jsonscan.New(text)
	if r.Null() {
		return values, r.End()
	}
	for r.Enter('{'); r.Next('}'); {
		name := r.Name()
		value := r.Raw()
		if i := memberOf(name); i >= 0 {
			values[i] = value
		} else if other != nil {
			other(string(name), value)
		}
	}
	return values, r.End()
}

// Looks is the part of a stored state that decides how its problem looks, see [Machine.Draw] and [Machine.Buttons]: of two learners at one
// problem, at one time, whose states have equal parts, both see the same. A text that is no state is a part of its own.
func Looks(text []byte) string {
	values, err := split(text, nil)
	if err != nil {
		return "?" + string(text)
	}
	size := memberCount
	for i, value := range values {
		switch kind := members[i].unseen; {
		case kind == 0:
			size += len(value)
		case value != nil && value[0] != kind && value[0] != 'n':
			return "?" + string(text) // nobody can read it
		}
	}
	var looks strings.Builder
	looks.Grow(size)
	for i, value := range values {
		if members[i].unseen == 0 {
			looks.Write(value)
			looks.WriteByte(',')
		}
	}
	return looks.String()
}

// member is a member of a state and how it is read.
type member struct {
	name   string
	unseen byte // for those that no page shows: how their values begin
	read   func(*State, json.RawMessage) error
}

// memberOf is the index of the member with a name, -1 for none of ours.
func memberOf[T string | []byte](name T) int {
	for i := range members {
		if members[i].name == string(name) {
			return i
		}
	}
	return -1
}

const (
	memberCount = 12
	seedMember  = 0
)

// members are those of a state.
var members = [memberCount]member{
	{"seed", 0, func(s *State, v json.RawMessage) error {
		n, err := whole(v)
		s.Seed = &n
		return err
	}},
	{"attempts", 0, func(s *State, v json.RawMessage) (err error) {
		s.Attempts, err = whole(v)
		return err
	}},
	{"done", 0, func(s *State, v json.RawMessage) error { return truth(v, &s.Done) }},
	{"student_answers", 0, func(s *State, v json.RawMessage) error { return s.Answers.UnmarshalJSON(v) }},
	{"correct_map", 0, func(s *State, v json.RawMessage) error { return s.CorrectMap.UnmarshalJSON(v) }},
	{"input_state", '{', func(s *State, v json.RawMessage) error {
		s.InputState = map[string]json.RawMessage{}
		r := jsonscan.New(v)
		for r.Enter('{'); r.Next('}'); {
			id := string(r.Name())
			s.InputState[id] = r.Raw()
		}
		return r.End()
	}},
	{"score", 0, func(s *State, v json.RawMessage) error {
		s.Score = new(Points)
		return s.Score.UnmarshalJSON(v)
	}},
	{"has_saved_answers", 0, func(s *State, v json.RawMessage) error { return truth(v, &s.HasSaved) }},
	{"last_submission_time", '"', func(s *State, v json.RawMessage) error {
		t, ok := course.Value(v).Time()
		if !ok {
			return fmt.Errorf("%s is no time", v)
		}
		s.LastSubmission = &t
		return nil
	}},
	{"student_answers_history", '[', func(s *State, v json.RawMessage) error { return s.AnswersHistory.take(v) }},
	{"correct_map_history", '[', func(s *State, v json.RawMessage) error { return s.MapHistory.take(v) }},
	{"score_history", '[', func(s *State, v json.RawMessage) error {
		s.ScoreHistory = []Points{}
		r := jsonscan.New(v)
		for r.Enter('['); r.Next(']'); {
			var p Points
			if err := p.UnmarshalJSON(r.Raw()); err != nil {
				return err
			}
			s.ScoreHistory = append(s.ScoreHistory, p)
		}
		return r.End()
	}},
}

// UnmarshalJSON reads points; null changes nothing.
func (p *Points) UnmarshalJSON(text []byte) error {
	var got Points
	r := jsonscan.New(text)
	plain := !r.Null()
	number := func() float64 {
		x, err := strconv.ParseFloat(string(r.Raw()), 64)
		plain = plain && err == nil
		return x
	}
	if plain {
		for r.Enter('{'); plain && r.Next('}'); {
			switch string(r.Name()) {
			case "raw_earned":
				got.Earned = number()
			case "raw_possible":
				got.Possible = number()
			default:
				plain = false
			}
		}
	}
	if plain && r.End() == nil {
		*p = got
		return nil
	}
	type points Points
	return json.Unmarshal(text, (*points)(p))
}

func truth(v json.RawMessage, into *bool) error {
	switch string(v) {
	case "true":
		*into = true
	case "false":
		*into = false
	default:
		return fmt.Errorf("%s is neither true nor false", v)
	}
	return nil
}

// whole reads a whole number, also one written as text or with a zero fraction.
func whole(v json.RawMessage) (int, error) {
	if n, err := strconv.Atoi(string(v)); err == nil {
		return n, nil
	}
	n, ok := course.Value(v).Int()
	if !ok {
		return 0, fmt.Errorf("%s is no whole number", v)
	}
	return n, nil
}

// MarshalJSON writes the state as it is stored.
func (s State) MarshalJSON() ([]byte, error) {
	w := stateWriter{known: s.known}
	s.write(&w)
	for _, name := range slices.Sorted(maps.Keys(s.other)) {
		w.other(name, s.other[name])
	}
	return w.end()
}

// Looks is what [Looks] says of the state once it is stored.
func (s State) Looks() (string, error) {
	w := stateWriter{known: s.known, looks: true}
	s.write(&w)
	return w.b.String(), w.err
}

func (s *State) write(w *stateWriter) {
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
	w.member("student_answers_history", s.AnswersHistory.IsEmpty(), s.AnswersHistory)
	w.member("correct_map_history", s.MapHistory.IsEmpty(), s.MapHistory)
	w.member("score_history", len(s.ScoreHistory) == 0, orNone(s.ScoreHistory))
}

type stateWriter struct {
	known [memberCount]bool
	looks bool // only what decides how the problem looks, see Looks
	b     bytes.Buffer
	err   error
}

// member writes a value unless it is the default and was never anything else.
func (w *stateWriter) member(name string, isDefault bool, value any) {
	i := memberOf(name)
	absent := isDefault && !w.known[i]
	switch {
	case w.err != nil, w.looks && members[i].unseen != 0, !w.looks && absent:
		return
	case w.looks:
	case w.b.Len() > 0:
		w.b.WriteString(`,"` + name + `":`)
	default:
		w.b.WriteString(`"` + name + `":`)
	}
	if !absent {
		w.value(value)
	}
	if w.looks {
		w.b.WriteByte(',')
	}
}

func (w *stateWriter) value(value any) {
	var text []byte
	if list, ok := value.(interface{ list() []byte }); ok {
		text = list.list()
	} else {
		text, w.err = json.Marshal(value)
	}
	w.b.Write(text)
}

// other writes a member that is not ours.
func (w *stateWriter) other(name string, value json.RawMessage) {
	if w.err != nil {
		return
	}
	if w.b.Len() > 0 {
		w.b.WriteByte(',')
	}
	head, _ := json.Marshal(name) // a string, which cannot fail
	w.b.Write(append(head, ':'))
	w.value(value)
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
