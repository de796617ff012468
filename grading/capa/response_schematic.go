package capa

import (
	"cmp"
	"encoding/json"
	"slices"
)

// schematic grades circuits by statements of the author's.
type schematic struct {
	response *response
	code     string
	inputs   []*input // ordered by their ids as texts
}

func setUpSchematic(r *response, _ *scope) (checker, error) {
	own := r.el.descendants("answer")
	if len(own) == 0 {
		return nil, r.fault(Engine, "schematicresponse has no <answer> with the code that checks it")
	}
	c := &schematic{response: r, code: own[0].text, inputs: slices.Clone(r.inputs)}
	slices.SortStableFunc(c.inputs, func(a, b *input) int { return cmp.Compare(a.id, b.id) })
	return c, nil
}

func (c *schematic) reveal(in *Instance) ([]ShownAnswer, error) { return c.response.declared(in), nil }

func (c *schematic) grade(s *submission) error {
	given, err := s.given(c.inputs)
	if err != nil {
		return err
	}
	drawings := make([]json.RawMessage, len(given))
	for k, answer := range given {
		text, ok := answer.Text()
		if _, err := parsePython([]byte(text)); !ok || err != nil {
			return c.response.fault(Engine, "the answer of input %s is no JSON", c.inputs[k].id)
		}
		drawings[k] = json.RawMessage(text)
	}
	if c.code == "" {
		return c.response.withoutCode()
	}
	left, err := s.run(c.code, s.in.scope.globals(binding{"submission", pythonJSON(drawings)}))
	if err != nil {
		return err
	}
	marks, ok := left.field("correct")
	if !ok {
		return c.response.fault(Engine, "the check sets no marks")
	}
	for k, i := range c.inputs {
		if mark, ok := marks.at(k); ok {
			s.mark(i, Correctness(mark.str()))
		}
	}
	return nil
}

// hint: there are none beside the answers.
func (c *schematic) hint(*submission) error { return nil }
