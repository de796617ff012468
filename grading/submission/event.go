package submission

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"lyceum/grading/capa"
	"lyceum/tracking"
)

// Event is something an act makes known, in the vocabulary of problem events.
type Event struct {
	Name string       `json:"name"`
	Data tracking.Map `json:"data"`
}

// GradeEvent is the name of the event that publishes points. It is for grades and stays out of the tracking log.
const GradeEvent = "grade"

// Payload is what the tracking log keeps of an event: the state without what only this platform's newer versions carry, and without
// saying "not done" of a problem that never was. It is read from Data when it is written.
func (e Event) Payload() tracking.Payload { return logged(e.Data) }

// logged writes an event's data. What it writes of each value is what encoding/json makes of it, in the record's spacing; the types that
// every answer has are written straight away.
type logged tracking.Map

// AppendPayload implements tracking.Payload.
func (p logged) AppendPayload(b []byte) []byte {
	var room [16]string
	o := tracking.Begin(b)
	for _, name := range sortedKeys(room[:0], p) {
		switch v := p[name].(type) {
		case tracking.Map:
			if name == "state" || name == "old_state" || name == "new_state" {
				o.Payload(name, loggedState(v))
			} else {
				o.Payload(name, v)
			}
		case capa.CorrectMap:
			o.Payload(name, loggedMarks(v))
		case map[string]capa.Submission:
			o.Payload(name, loggedSubmissions(v))
		case map[string]any:
			o.Payload(name, loggedAnswers(v))
		default:
			o.Value(name, v)
		}
	}
	return o.End()
}

// loggedState is a snapshot of a state.
type loggedState tracking.Map

// AppendPayload implements tracking.Payload.
func (s loggedState) AppendPayload(b []byte) []byte {
	o := tracking.Begin(b)
	if marks, ok := s["correct_map"].(capa.CorrectMap); ok {
		o.Payload("correct_map", loggedMarks(marks))
	} else {
		o.Value("correct_map", s["correct_map"])
	}
	if s["done"] == true {
		o.Bool("done", true)
	} else {
		o.Null("done")
	}
	if inputs, ok := s["input_state"].(map[string]json.RawMessage); ok {
		o.Payload("input_state", loggedInputs(inputs))
	} else {
		o.Value("input_state", s["input_state"])
	}
	o.Value("seed", s["seed"])
	if answers, ok := s["student_answers"].(capa.Answers); ok {
		o.Payload("student_answers", loggedStored(answers))
	} else {
		o.Value("student_answers", s["student_answers"])
	}
	return o.End()
}

type loggedMarks capa.CorrectMap

// AppendPayload implements tracking.Payload.
func (m loggedMarks) AppendPayload(b []byte) []byte {
	if m == nil {
		return append(b, "null"...)
	}
	for _, e := range m {
		if e.NPoints != nil && (math.IsNaN(*e.NPoints) || math.IsInf(*e.NPoints, 0)) {
			return tracking.AppendValue(b, capa.CorrectMap(m)) // says that it cannot be written
		}
	}
	var room [16]string
	b = append(b, '{')
	for i, id := range sortedKeys(room[:0], m) {
		e := m[id]
		b = appendKey(b, i, id)
		b = append(b, `{"correctness": `...)
		if e.Correctness == "" {
			b = append(b, "null"...)
		} else {
			b = tracking.AppendEscaped(b, string(e.Correctness))
		}
		b = append(b, `, "npoints": `...)
		if e.NPoints == nil {
			b = append(b, "null"...)
		} else {
			b = appendNumber(b, *e.NPoints)
		}
		b = append(b, `, "msg": `...)
		b = tracking.AppendEscaped(b, e.Msg)
		b = append(b, `, "hint": `...)
		b = tracking.AppendEscaped(b, e.Hint)
		b = append(b, `, "hintmode": `...)
		b = appendOrNull(b, e.HintMode)
		b = append(b, `, "queuestate": `...)
		if e.QueueState == nil {
			b = append(b, "null"...)
		} else {
			b = tracking.AppendValue(b, e.QueueState)
		}
		b = append(b, `, "answervariable": `...)
		b = appendOrNull(b, e.AnswerVariable)
		b = append(b, '}')
	}
	return append(b, '}')
}

type loggedSubmissions map[string]capa.Submission

// AppendPayload implements tracking.Payload.
func (m loggedSubmissions) AppendPayload(b []byte) []byte {
	if m == nil {
		return append(b, "null"...)
	}
	start := len(b)
	var room [16]string
	b = append(b, '{')
	for i, id := range sortedKeys(room[:0], m) {
		s := m[id]
		b = appendKey(b, i, id)
		b = append(b, `{"question": `...)
		b = tracking.AppendEscaped(b, s.Question)
		var known [3]bool
		b = append(b, `, "answer": `...)
		b, known[0] = appendPlain(b, s.Answer)
		b = append(b, `, "response_type": `...)
		b = tracking.AppendEscaped(b, s.ResponseType)
		b = append(b, `, "input_type": `...)
		b = tracking.AppendEscaped(b, s.InputType)
		b = append(b, `, "correct": `...)
		b, known[1] = appendPlain(b, s.Correct)
		b = append(b, `, "variant": `...)
		b, known[2] = appendPlain(b, s.Variant)
		b = append(b, `, "group_label": `...)
		b = tracking.AppendEscaped(b, s.GroupLabel)
		b = append(b, '}')
		if known != [3]bool{true, true, true} {
			return tracking.AppendValue(b[:start], map[string]capa.Submission(m))
		}
	}
	return append(b, '}')
}

// loggedAnswers are answers as they were sent, or other values, by id.
type loggedAnswers map[string]any

// AppendPayload implements tracking.Payload.
func (m loggedAnswers) AppendPayload(b []byte) []byte {
	var room [16]string
	o := tracking.Begin(b)
	for _, id := range sortedKeys(room[:0], m) {
		o.Value(id, loggable(m[id]))
	}
	return o.End()
}

func loggable(v any) any {
	if a, ok := v.(capa.Answer); ok {
		return loggedAnswer{a}
	}
	return v
}

type loggedAnswer struct{ capa.Answer }

// AppendPayload implements tracking.Payload.
func (a loggedAnswer) AppendPayload(b []byte) []byte {
	b, _ = appendAnswer(b, a.Answer)
	return b
}

// loggedStored are answers as a state holds them.
type loggedStored capa.Answers

// AppendPayload implements tracking.Payload.
func (m loggedStored) AppendPayload(b []byte) []byte {
	if m == nil {
		return append(b, "null"...)
	}
	start := len(b)
	var room [16]string
	b = append(b, '{')
	for i, id := range sortedKeys(room[:0], m) {
		b = appendKey(b, i, id)
		var known bool
		if b, known = appendAnswer(b, m[id]); !known {
			return tracking.AppendValue(b[:start], capa.Answers(m))
		}
	}
	return append(b, '}')
}

// appendAnswer writes an answer. known is false for a value no form sends: alone it is written right all the same.
func appendAnswer(b []byte, a capa.Answer) (_ []byte, known bool) {
	if s, ok := a.Text(); ok {
		return tracking.AppendEscaped(b, s), true
	}
	if list, ok := a.List(); ok {
		return appendPlain(b, list)
	}
	return tracking.AppendValue(b, a), false
}

type loggedInputs map[string]json.RawMessage

// AppendPayload implements tracking.Payload.
func (m loggedInputs) AppendPayload(b []byte) []byte {
	if m == nil {
		return append(b, "null"...)
	}
	start := len(b)
	var room [16]string
	b = append(b, '{')
	for i, id := range sortedKeys(room[:0], m) {
		if string(m[id]) != "{}" { // few inputs keep anything
			return tracking.AppendValue(b[:start], map[string]json.RawMessage(m))
		}
		b = append(appendKey(b, i, id), "{}"...)
	}
	return append(b, '}')
}

// appendPlain writes text, a list of texts, true, false and whole numbers; of other values known is false.
func appendPlain(b []byte, v any) (_ []byte, known bool) {
	switch v := v.(type) {
	case string:
		return tracking.AppendEscaped(b, v), true
	case []string:
		if v == nil {
			return append(b, "null"...), true
		}
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = tracking.AppendEscaped(b, s)
		}
		return append(b, ']'), true
	case bool:
		return strconv.AppendBool(b, v), true
	case int:
		return strconv.AppendInt(b, int64(v), 10), true
	}
	return b, false
}

// appendKey writes the name of member number i.
func appendKey(b []byte, i int, name string) []byte {
	if i > 0 {
		b = append(b, ", "...)
	}
	return append(tracking.AppendEscaped(b, name), ": "...)
}

func appendOrNull(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	return tracking.AppendEscaped(b, *s)
}

// appendNumber writes a number as encoding/json does.
func appendNumber(b []byte, f float64) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		odd := f // by its address it is encoding/json's
		return tracking.AppendValue(b, &odd)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

func sortedKeys[V any](keys []string, m map[string]V) []string {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// snapshot is the state as events carry it.
func (m *Machine) snapshot() tracking.Map {
	s := &m.State
	return tracking.Map{
		"seed": *s.Seed, "student_answers": orEmpty(s.Answers), "has_saved_answers": s.HasSaved, "correct_map": orEmpty(s.CorrectMap),
		"correct_map_history": s.MapHistory, "input_state": orEmpty(s.InputState), "done": s.Done,
	}
}

func (m *Machine) emit(name string, data tracking.Map) {
	m.Events = append(m.Events, Event{name, data})
}

// publish makes points known and keeps them for the grades.
func (m *Machine) publish(p Points, onlyIfHigher *bool) {
	m.Published = &Publication{Points: p, OnlyIfHigher: onlyIfHigher != nil && *onlyIfHigher}
	data := tracking.Map{"value": p.Earned, "max_value": p.Possible, "only_if_higher": nil}
	if onlyIfHigher != nil {
		data["only_if_higher"] = *onlyIfHigher
	}
	m.emit(GradeEvent, data)
}

// hints publishes what a check displayed.
func (m *Machine) hints(events []capa.Event) {
	for _, e := range events {
		d := e.Data
		data := tracking.Map{
			"module_id": m.setup.ModuleID, "problem_part_id": d.ProblemPartID, "trigger_type": d.TriggerType, "hint_label": d.HintLabel,
			"hints": d.Hints, "correctness": d.Correctness, "student_answer": d.StudentAnswer, "question_type": d.QuestionType,
		}
		if d.ChoiceAll != nil {
			data["choice_all"] = d.ChoiceAll
		}
		m.emit(e.Name, data)
	}
}
