package capa

import (
	"encoding/json"
	"fmt"
	"strconv"

	"lyceum/internal/jsonscan"
)

// Correctness is the mark of one input. Author code may store other words.
type Correctness string

// The marks the engine itself gives.
const (
	Correct          Correctness = "correct"
	Incorrect        Correctness = "incorrect"
	PartiallyCorrect Correctness = "partially-correct"
	Incomplete       Correctness = "incomplete"
)

// MarshalJSON writes no mark as null.
func (c Correctness) MarshalJSON() ([]byte, error) {
	if c == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(c))
}

// Entry is the result of one input, in the layout stored learner state has.
type Entry struct {
	Correctness    Correctness `json:"correctness"`
	NPoints        *float64    `json:"npoints"` // nil: 1 for correct and partially correct, else 0
	Msg            string      `json:"msg"`     // HTML
	Hint           string      `json:"hint"`    // HTML
	HintMode       *string     `json:"hintmode"`
	QueueState     *QueueState `json:"queuestate"`
	AnswerVariable *string     `json:"answervariable"`
}

// QueueState is a submission an external grader has not answered yet.
type QueueState struct {
	Key  string `json:"key"`
	Time string `json:"time"` // UTC, YYYYMMDDHHMMSS
}

// Points is what the input earned. Only these two marks count without explicit points.
func (e Entry) Points() float64 {
	switch {
	case e.NPoints != nil:
		return *e.NPoints
	case e.Correctness == Correct, e.Correctness == PartiallyCorrect:
		return 1
	default:
		return 0
	}
}

// Right tells whether the mark counts as correct in events: partly correct does.
func (e Entry) Right() bool {
	return e.Correctness == Correct || e.Correctness == PartiallyCorrect
}

// CorrectMap holds the result of each input by its id.
type CorrectMap map[string]Entry

// Score is the sum of the inputs' points, without weight.
func (m CorrectMap) Score() float64 {
	total := 0.0
	for _, e := range m {
		total += e.Points()
	}
	return total
}

// AllRight tells whether every input is correct or partly correct: the
// "success" of a check. An empty map is all right.
func (m CorrectMap) AllRight() bool {
	for _, e := range m {
		if !e.Right() {
			return false
		}
	}
	return true
}

// UnmarshalJSON reads stored state. Old state holds a bare word in place of an
// entry, and entries with keys no longer known.
func (m *CorrectMap) UnmarshalJSON(data []byte) error {
	r := jsonscan.New(data)
	out := make(CorrectMap)
	if !r.Null() {
		for r.Enter('{'); r.Next('}'); {
			id := string(r.Name())
			value := r.Raw()
			if r.Err() != nil {
				break
			}
			var e Entry
			if err := e.decode(value); err != nil {
				return fmt.Errorf("decode correct map %s: %w", id, err)
			}
			out[id] = e
		}
	}
	if err := r.End(); err != nil {
		return fmt.Errorf("decode correct map: %w", err)
	}
	*m = out
	return nil
}

// decode reads an entry leniently: null text is empty text.
func (e *Entry) decode(value []byte) error {
	r := jsonscan.New(value)
	if r.Kind() == '"' {
		e.Correctness = Correctness(r.Text())
		return r.End()
	}
	if got, ok := readEntry(&r); ok && r.End() == nil {
		*e = got
		return nil
	}
	type plain Entry
	return json.Unmarshal(value, (*plain)(e))
}

// readEntry reads an entry as this engine writes it. ok is false for others.
func readEntry(r *jsonscan.Reader) (e Entry, ok bool) {
	text := func(into *string) {
		if !r.Null() {
			*into = r.Text()
		}
	}
	optional := func() *string {
		if r.Null() {
			return nil
		}
		s := r.Text()
		return &s
	}
	for r.Enter('{'); r.Next('}'); {
		switch string(r.Name()) {
		case "correctness":
			text((*string)(&e.Correctness))
		case "npoints":
			if e.NPoints = nil; !r.Null() {
				points, err := strconv.ParseFloat(string(r.Raw()), 64)
				if err != nil {
					return e, false
				}
				e.NPoints = &points
			}
		case "msg":
			text(&e.Msg)
		case "hint":
			text(&e.Hint)
		case "hintmode":
			e.HintMode = optional()
		case "queuestate":
			if e.QueueState = nil; !r.Null() {
				return e, false
			}
		case "answervariable":
			e.AnswerVariable = optional()
		default:
			return e, false
		}
	}
	return e, true
}
