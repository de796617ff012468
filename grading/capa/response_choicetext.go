package capa

import (
	"slices"
	"strconv"
	"strings"

	"lyceum/grading/capa/formula"
)

// textChoice is a choice with fields for numbers inside it.
type textChoice struct {
	el     *node
	name   string  // without the input's id in front
	fields []*node // in order; those of a wrong choice are decoys
	names  []string
}

// readTextChoices names choices and fields. Only one of the two kinds of fields
// counts in a choice, so that nobody can tell right choices by their markup.
func (p *Problem) readTextChoices(in *input) {
	for _, c := range in.el.children {
		if c.tag != "choice" {
			p.note(errorf(Engine, c.line, "<%s> may not stand in <%s>, only <choice>", c.tag, in.el.tag))
		}
	}
	for k, el := range in.el.descendants("choice") {
		base := "_choiceinput_" + strconv.Itoa(k)
		c := textChoice{el: el, name: base + "bc", fields: el.findAll("numtolerance_input")}
		if c.fields == nil {
			c.fields = el.findAll("decoy_input")
		}
		for n := range c.fields {
			c.names = append(c.names, base+"_numtolerance_input_"+strconv.Itoa(n))
		}
		in.textChoices = append(in.textChoices, c)
	}
}

// choiceNumbers grades choices together with the numbers entered in them.
type choiceNumbers struct {
	response *response
	correct  []string               // names of right choices
	answers  map[string]fieldAnswer // by the name of the field
	shown    []ShownAnswer          // without prefix
}

type fieldAnswer struct{ answer, tolerance string }

func setUpChoiceText(r *response, sc *scope) (checker, error) {
	c := &choiceNumbers{response: r, answers: map[string]fieldAnswer{}}
	for _, choice := range r.inputs[0].textChoices {
		if choice.el.get("correct") != "true" {
			continue
		}
		c.correct = append(c.correct, choice.name)
		var texts []string
		for _, child := range choice.el.children {
			if child.get("answer") == "" {
				return nil, errorf(ProblemFault, child.line, "Answer not provided for numtolerance_input")
			}
			answer := sc.expand(child.get("answer"))
			texts = append(texts, answer)
			k := slices.Index(choice.fields, child)
			if k < 0 {
				continue
			}
			tolerance, ok := child.attr("tolerance")
			if !ok {
				tolerance = formula.DefaultTolerance
			}
			c.answers[choice.names[k]] = fieldAnswer{answer, sc.expand(tolerance)}
		}
		c.shown = append(c.shown, ShownAnswer{ID: choice.name, Text: strings.Join(texts, ", ")})
	}
	return c, nil
}

// reveal gives the names of the right choices, and for each its numbers.
func (c *choiceNumbers) reveal(in *Instance) ([]ShownAnswer, error) {
	id := in.id(c.response.inputs[0].id)
	names := make([]string, len(c.correct))
	out := []ShownAnswer{{ID: id, List: true, Choices: names}}
	for k, shown := range c.shown {
		names[k] = id + shown.ID
		out = append(out, ShownAnswer{ID: names[k], Text: shown.Text})
	}
	return out, nil
}

func (c *choiceNumbers) grade(s *submission) error {
	i := c.response.inputs[0]
	answer, sent := s.answer(i)
	given, ok := answer.Map()
	if _, text := answer.Text(); sent && !ok && !text {
		return c.response.fault(Engine, "the answer is no map of fields")
	}
	id := s.in.id(i.id)
	var chosen []string
	for key := range given {
		if strings.HasSuffix(key, "bc") {
			chosen = append(chosen, strings.TrimPrefix(key, id))
		}
	}
	right := sameSet(chosen, c.correct)
	// Fields of choices not made are not looked at, fields not sent are not missed.
	for _, choice := range i.textChoices {
		if _, made := given[id+choice.name]; !made {
			continue
		}
		for _, name := range choice.names {
			text, sent := given[id+name]
			if !sent {
				continue
			}
			same, err := c.number(name, text)
			if err != nil {
				return err
			}
			right = right && same
		}
	}
	s.markIf(i, right)
	return nil
}

// number compares what stands in a field. A decoy need only hold a number.
func (c *choiceNumbers) number(name, text string) (bool, error) {
	wanted, counts := c.answers[name]
	if !counts {
		wanted = fieldAnswer{"0", formula.DefaultTolerance}
	}
	staff, ok := formula.ParseComplex(wanted.answer)
	if !ok {
		return false, c.response.fault(StudentInput, "The Staff answer could not be interpreted as a number.")
	}
	same := false
	student, err := formula.Evaluate(text, formula.Scope{})
	if err == nil {
		var tolerance formula.Tolerance
		if tolerance, err = formula.ParseTolerance(wanted.tolerance); err == nil {
			same, err = formula.Equal(student, formula.Complex(staff), tolerance)
		}
	}
	if err != nil {
		return false, &Error{Kind: StudentInput, Message: "Could not interpret '" + learnerEscaper.Replace(text) + "' as a number.", Err: err}
	}
	return same || !counts, nil
}

func (c *choiceNumbers) hint(*submission) error { return nil }
