package capa

import "strings"

// hints adds hints to a graded response: those of an old hint group where
// there is one, else those written beside the answers.
func (s *submission) hints(c checker) error {
	group := s.response.el.find("hintgroup")
	if group == nil {
		return c.hint(s)
	}
	if function := group.get("hintfn"); function != "" {
		return s.hintFunction(function)
	}
	m, ok := c.(hintMatcher)
	if !ok {
		return nil
	}
	conditions := group.findAll(m.hintTag())
	if len(conditions) == 0 {
		return nil
	}
	met := map[string]bool{}
	for _, condition := range conditions {
		yes, err := m.matches(s, condition)
		if err != nil {
			return err
		}
		if yes {
			met[condition.get("name")] = true
		}
	}
	return s.oldHints(group, met)
}

// oldHints shows the parts of a hint group whose conditions are met, after the
// response's last input.
func (s *submission) oldHints(group *node, met map[string]bool) error {
	mode := "always"
	if m, ok := group.attr("mode"); ok {
		mode = m
	}
	for _, part := range group.findAll("hintpart") {
		if !met[part.get("on")] {
			continue
		}
		text := part.find("text")
		if text == nil {
			return errorf(Engine, part.line, "hintpart holds no text")
		}
		s.change(s.response.inputs[len(s.response.inputs)-1], func(e *Entry) {
			e.Hint, e.HintMode = textEscaper.Replace(text.text), &mode
		})
	}
	return nil
}

// feedback is a hint about to be shown.
type feedback struct {
	label    string
	labeled  bool // label was given, though it may be empty
	right    bool
	answer   []string
	hints    []FeedbackHint
	compound bool
	boxes    []string // every box, for checkboxes
	several  bool     // the hints stand under one label
}

// tell shows the hint element's content for an input, unless it is blank.
func (s *submission) tell(i *input, hint *node, right bool, answer string) {
	if hint == nil {
		return
	}
	text := hintMarkup(hint)
	if text == "" {
		return
	}
	f := feedback{right: right, answer: []string{answer}, hints: []FeedbackHint{{Text: text}}}
	f.label, f.labeled = hint.attr("label")
	s.show(i, f)
}

// show adds a hint to an input's message and makes it known.
func (s *submission) show(i *input, f feedback) {
	if !f.labeled {
		f.label = "Incorrect:"
		if f.right {
			f.label = "Correct:"
		}
	}
	event := Feedback{
		ModuleID: s.in.options.ModuleID, ProblemPartID: s.in.id(s.response.el.id), TriggerType: "single",
		HintLabel: f.label, Hints: f.hints, Correctness: f.right, StudentAnswer: f.answer,
		QuestionType: s.response.kind.name, ChoiceAll: f.boxes,
	}
	if f.compound {
		event.TriggerType = "compound"
	}
	s.result.Events = append(s.result.Events, Event{FeedbackDisplayed, event})
	s.change(i, func(e *Entry) { e.Msg += f.markup() })
}

func (f feedback) markup() string {
	var sb strings.Builder
	class := "feedback-hint-incorrect"
	if f.right {
		class = "feedback-hint-correct"
	}
	sb.WriteString(`<div class="` + class + `"><div class="explanation-title">Answer</div>`)
	if f.label != "" {
		sb.WriteString(`<span class="hint-label">` + textEscaper.Replace(f.label) + ` </span>`)
	}
	if f.several {
		sb.WriteString(`<div class="feedback-hint-multi">`)
	}
	for _, h := range f.hints {
		sb.WriteString(`<div class="hint-text">` + h.Text + `</div>`)
	}
	if f.several {
		sb.WriteString(`</div>`)
	}
	sb.WriteString(`</div>`)
	return sb.String()
}
