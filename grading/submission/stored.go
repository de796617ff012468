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
	"lyceum/internal/jsonappend"
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

	// The newest entries of each; see History.Trim and Earlier for the others.
	AnswersHistory History[capa.Answers]    // also answers that were refused or could not be graded
	MapHistory     History[capa.CorrectMap] // graded ones since the last reset
	ScoreHistory   []Points                 // graded ones
	Earlier        Earlier

	known [memberCount]bool          // members that were there when the state was read
	other map[string]json.RawMessage // members that are not ours
}

// Earlier is what a state still knows of graded submissions that its histories hold no longer. Other software does not have it, and keeps
// all of them.
type Earlier struct {
	Scores  int     `json:"scores"` // how many points are in none of ScoreHistory
	First   Points  `json:"first"`
	Best    Points  `json:"best"`
	Sum     float64 `json:"sum"`     // of what they earned
	Answers int     `json:"answers"` // how many of AnswersHistory were dropped
	Results int     `json:"results"` // how many of MapHistory were dropped since the last reset
}

// scoresKept is how many points ScoreHistory holds.
const scoresKept = 100

// add takes in the oldest points of a history.
func (e *Earlier) add(p Points) {
	if e.Scores == 0 {
		e.First, e.Best = p, p
	}
	if p.Earned > e.Best.Earned {
		e.Best = p
	}
	e.Scores++
	e.Sum += p.Earned
}

// trim keeps the histories within their bounds, whatever the number of attempts.
func (s *State) trim() error {
	dropped, err := s.AnswersHistory.Trim()
	if err != nil {
		return err
	}
	s.Earlier.Answers += dropped
	dropped, err = s.MapHistory.Trim()
	if err != nil {
		return err
	}
	s.Earlier.Results += dropped
	if extra := len(s.ScoreHistory) - scoresKept; extra > 0 {
		for _, p := range s.ScoreHistory[:extra] {
			s.Earlier.add(p)
		}
		s.ScoreHistory = slices.Clone(s.ScoreHistory[extra:])
	}
	return nil
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
	unseen byte // how their values begin, for those that do not decide how a kept drawing looks (problems whose inputs run programs have none)
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
	memberCount = 13
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
	{"earlier_submissions", '{', func(s *State, v json.RawMessage) error {
		e := &s.Earlier
		if err := json.Unmarshal(v, e); err != nil {
			return err
		}
		if e.Scores < 0 || e.Answers < 0 || e.Results < 0 {
			return fmt.Errorf("%s counts below zero", v)
		}
		return nil
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
	w := stateWriter{known: s.known, b: append(make([]byte, 0, 1<<10), '{')}
	s.write(&w)
	for _, name := range slices.Sorted(maps.Keys(s.other)) {
		w.b = jsonappend.Name(w.b, len(w.b)-1, name)
		w.value(s.other[name])
	}
	if w.err != nil {
		return nil, fmt.Errorf("write problem state: %w", w.err)
	}
	return append(w.b, '}'), nil
}

// Looks is what [Looks] says of the state once it is stored.
func (s State) Looks() (string, error) {
	w := stateWriter{known: s.known, looks: true, b: make([]byte, 0, 512)}
	s.write(&w)
	return string(w.b), w.err
}

func (s *State) write(w *stateWriter) {
	w.member("seed", s.Seed == nil, s.Seed)
	w.member("attempts", s.Attempts == 0, s.Attempts)
	w.member("done", !s.Done, s.Done)
	w.member("student_answers", len(s.Answers) == 0, s.Answers)
	w.member("correct_map", len(s.CorrectMap) == 0, s.CorrectMap)
	w.member("input_state", len(s.InputState) == 0, s.InputState)
	w.member("score", s.Score == nil, s.Score)
	w.member("has_saved_answers", !s.HasSaved, s.HasSaved)
	var last any
	if s.LastSubmission != nil {
		last = course.FormatTime(*s.LastSubmission)
	}
	w.member("last_submission_time", last == nil, last)
	w.member("student_answers_history", s.AnswersHistory.IsEmpty(), s.AnswersHistory)
	w.member("correct_map_history", s.MapHistory.IsEmpty(), s.MapHistory)
	w.member("score_history", len(s.ScoreHistory) == 0, s.ScoreHistory)
	w.member("earlier_submissions", s.Earlier == Earlier{}, s.Earlier)
}

type stateWriter struct {
	known [memberCount]bool
	looks bool // only what decides how the problem looks, see Looks
	b     []byte
	err   error
}

// member writes a value unless it is the default and was never anything else.
func (w *stateWriter) member(name string, isDefault bool, value any) {
	i := memberOf(name)
	absent := isDefault && !w.known[i]
	switch {
	case w.err != nil, w.looks && members[i].unseen != 0, !w.looks && absent:
		return
	case !w.looks:
		w.b = jsonappend.Name(w.b, len(w.b)-1, name) // behind the opening bracket
	}
	if !absent {
		w.value(value)
	}
	if w.looks {
		w.b = append(w.b, ',')
	}
}

// value writes a value as encoding/json does.
func (w *stateWriter) value(value any) {
	switch v := value.(type) {
	case *int:
		if v == nil {
			w.b = append(w.b, "null"...)
		} else {
			w.b = strconv.AppendInt(w.b, int64(*v), 10)
		}
	case capa.Answers:
		w.b, w.err = appendAnswers(w.b, orEmpty(v))
	case capa.CorrectMap:
		w.b, w.err = appendMarks(w.b, v)
	case map[string]json.RawMessage:
		w.raw(v)
	case *Points:
		if v == nil {
			w.b = append(w.b, "null"...)
		} else {
			w.b, w.err = appendPoints(w.b, *v)
		}
	case []Points:
		w.b = append(w.b, '[')
		for i, p := range v {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			if w.b, w.err = appendPoints(w.b, p); w.err != nil {
				return
			}
		}
		w.b = append(w.b, ']')
	case interface{ appendTo([]byte) []byte }:
		w.b = v.appendTo(w.b)
	default:
		w.b, w.err = jsonappend.Value(w.b, v)
	}
}

// raw writes members that are kept as they were read.
func (w *stateWriter) raw(m map[string]json.RawMessage) {
	var room [16]string
	w.b = append(w.b, '{')
	for i, id := range sortedKeys(room[:0], m) {
		w.b = jsonappend.Name(w.b, i, id)
		if w.value(m[id]); w.err != nil {
			return
		}
	}
	w.b = append(w.b, '}')
}

func appendMarks(b []byte, m capa.CorrectMap) (_ []byte, err error) {
	var room [16]string
	b = append(b, '{')
	for i, id := range sortedKeys(room[:0], m) {
		e := m[id]
		b = append(jsonappend.Name(b, i, id), `{"correctness":`...)
		if e.Correctness == "" {
			b = append(b, "null"...)
		} else {
			b = jsonappend.String(b, string(e.Correctness))
		}
		b = append(b, `,"npoints":`...)
		if e.NPoints == nil {
			b = append(b, "null"...)
		} else if b, err = jsonappend.Float(b, *e.NPoints); err != nil {
			return b, err
		}
		b = jsonappend.String(append(b, `,"msg":`...), e.Msg)
		b = jsonappend.String(append(b, `,"hint":`...), e.Hint)
		b = appendText(append(b, `,"hintmode":`...), e.HintMode)
		b = append(b, `,"queuestate":`...)
		if e.QueueState == nil {
			b = append(b, "null"...)
		} else if b, err = jsonappend.Value(b, e.QueueState); err != nil {
			return b, err
		}
		b = append(appendText(append(b, `,"answervariable":`...), e.AnswerVariable), '}')
	}
	return append(b, '}'), nil
}

func appendText(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	return jsonappend.String(b, *s)
}

func appendPoints(b []byte, p Points) ([]byte, error) {
	b, err := jsonappend.Float(append(b, `{"raw_earned":`...), p.Earned)
	if err != nil {
		return b, err
	}
	b, err = jsonappend.Float(append(b, `,"raw_possible":`...), p.Possible)
	return append(b, '}'), err
}

func orEmpty[M ~map[string]V, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}
