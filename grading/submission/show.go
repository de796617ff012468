package submission

import (
	"fmt"
	"strings"

	"lyceum/tracking"
)

// ShowAnswer reveals what was right. That somebody asked is known also when it is refused.
func (m *Machine) ShowAnswer() (Reply, error) {
	done := m.watch()
	m.emit(tracking.ProblemAnswerShown, tracking.Map{"problem_id": m.setup.ModuleID})
	if !m.answerAvailable() {
		return Reply{}, &Refusal{Why: "no_answer"}
	}
	answers := map[string]any{}
	for _, a := range m.instance.Answers() {
		switch {
		case a.Null:
			answers[a.ID] = nil
		case a.Image != nil:
			answers[a.ID] = a.Image
		case a.List:
			answers[a.ID] = a.Choices
		case a.Solution != "":
			answers[a.ID] = string(a.Solution)
		default:
			answers[a.ID] = a.Text
		}
	}
	return done(Reply{Answers: answers}), nil
}

// Hint gives the hints up to the one with the given index; past the last they begin anew.
func (m *Machine) Hint(index int) (Reply, error) {
	done := m.watch()
	hints := m.setup.Problem.DemandHints()
	if len(hints) == 0 {
		return Reply{}, &Refusal{Why: "no_hints"}
	}
	index = ((index % len(hints)) + len(hints)) % len(hints)
	var list strings.Builder
	list.WriteString("<ol>")
	for i, text := range hints[:index+1] {
		list.WriteString("<li>")
		if len(hints) > 1 {
			fmt.Fprintf(&list, "<strong>Hint (%d of %d): </strong>", i+1, len(hints))
		} else {
			list.WriteString("<strong>Hint: </strong>")
		}
		list.WriteString(text)
		list.WriteString("</li>")
	}
	list.WriteString("</ol>")
	m.emit(tracking.ProblemDemandHint, tracking.Map{
		"module_id": m.setup.ModuleID, "hint_index": index, "hint_len": len(hints), "hint_text": hints[index],
	})
	return done(Reply{Success: true, Msg: list.String(), Hint: true, HintIndex: index, HintsFollowing: index+1 < len(hints)}), nil
}
