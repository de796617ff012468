package capa

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("decode correct map: %w", err)
	}
	out := make(CorrectMap, len(raw))
	for id, value := range raw {
		var e Entry
		if v := bytes.TrimSpace(value); len(v) > 0 && v[0] == '"' {
			if err := json.Unmarshal(v, &e.Correctness); err != nil {
				return fmt.Errorf("decode correct map %s: %w", id, err)
			}
		} else if err := decodeEntry(value, &e); err != nil {
			return fmt.Errorf("decode correct map %s: %w", id, err)
		}
		out[id] = e
	}
	*m = out
	return nil
}

// decodeEntry reads an entry leniently: null text is empty text.
func decodeEntry(data []byte, e *Entry) error {
	type plain Entry
	return json.Unmarshal(data, (*plain)(e))
}
