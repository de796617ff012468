package capa

import "strings"

// dropdowns grades one or more selections from lists.
type dropdowns struct {
	response *response
	correct  []*string // by input, nil where the author gave none
}

func setUpOption(r *response, sc *scope) (checker, error) {
	d := &dropdowns{response: r}
	for _, i := range r.inputs {
		var correct *string
		if text, ok := i.el.attr("correct"); ok {
			text = sc.expand(text)
			correct = &text
		}
		d.correct = append(d.correct, correct)
	}
	return d, nil
}

func (d *dropdowns) reveal(in *Instance) ([]ShownAnswer, error) {
	out := make([]ShownAnswer, len(d.correct))
	for k, i := range d.response.inputs {
		out[k] = ShownAnswer{ID: in.id(i.id), Null: d.correct[k] == nil}
		if d.correct[k] != nil {
			out[k].Text = *d.correct[k]
		}
	}
	return out, nil
}

func (d *dropdowns) grade(s *submission) error {
	for k, i := range d.response.inputs {
		answer, sent := s.answer(i)
		text, ok := answer.Text()
		s.markIf(i, sent && ok && d.correct[k] != nil && text == *d.correct[k])
		if name, found := s.in.scope.variable(text); found && sent && ok {
			name = "$" + name
			s.change(i, func(e *Entry) { e.AnswerVariable = &name })
		}
	}
	return nil
}

// hint speaks only of the response's first list.
func (d *dropdowns) hint(s *submission) error {
	if len(d.response.inputs) == 0 {
		return nil
	}
	i := d.response.inputs[0]
	answer, _ := s.answer(i)
	text, ok := answer.Text()
	if !ok {
		return nil
	}
	for _, o := range i.el.findAll("option") {
		if strip(o.text) == text {
			s.tell(i, o.find("optionhint"), strings.EqualFold(o.get("correct"), "true"), text)
			return nil
		}
	}
	return nil
}
