package submission

import (
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
// saying "not done" of a problem that never was.
func (e Event) Payload() tracking.Payload {
	out := make(tracking.Map, len(e.Data))
	for name, v := range e.Data {
		if snapshot, ok := v.(tracking.Map); ok && (name == "state" || name == "old_state" || name == "new_state") {
			v = logged(snapshot)
		}
		out[name] = v
	}
	return out
}

func logged(snapshot tracking.Map) tracking.Map {
	out := tracking.Map{
		"seed": snapshot["seed"], "student_answers": snapshot["student_answers"], "correct_map": snapshot["correct_map"],
		"input_state": snapshot["input_state"], "done": nil,
	}
	if snapshot["done"] == true {
		out["done"] = true
	}
	return out
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
