package capa

import (
	"slices"
	"strconv"
	"strings"

	"lyceum/grading/capa/formula"
)

// multipleChoice grades one choice out of a group.
type multipleChoice struct {
	response *response
	correct  []string
	partial  map[string]float64 // credit of partly right choices
}

func setUpMultipleChoice(r *response, sc *scope) (checker, error) { return newMultipleChoice(r, sc) }

func newMultipleChoice(r *response, sc *scope) (*multipleChoice, error) {
	m := &multipleChoice{response: r}
	for _, c := range r.inputs[0].choices {
		mark, ok := c.attr("correct")
		if !ok {
			return nil, errorf(Engine, c.line, "choice does not say whether it is correct")
		}
		switch mark = sc.expand(mark); {
		case strings.EqualFold(mark, "true"):
			m.correct = append(m.correct, c.get("name"))
		case strings.EqualFold(mark, "partial"):
			credit := 0.5
			if text, ok := c.attr("point_value"); ok {
				if credit, ok = formula.ParseFloat(text); !ok {
					return nil, errorf(Engine, c.line, "point_value is no number: %q", text)
				}
			}
			if m.partial == nil {
				m.partial = make(map[string]float64)
			}
			m.partial[c.get("name")] = credit
		}
	}
	return m, nil
}

func (m *multipleChoice) reveal(in *Instance) ([]ShownAnswer, error) {
	return []ShownAnswer{{ID: in.id(m.response.inputs[0].id), List: true, Choices: m.correct}}, nil
}

// grade goes by the author's key alone, as the reference engine does (cases multiplechoiceresponse-001, -047 to -057, choiceresponse-005,
// optionresponse-016 and -018): a name that was not among the choices shown is wrong when the key does not have it, and right when it
// does, which can be where an answer-pool has drawn others since the page was made. A learner whose page is older than a reset is then
// graded for what it showed. An attempt is used either way, no point can be had but by the key, and nothing of the key is told.
func (m *multipleChoice) grade(s *submission) error {
	i := m.response.inputs[0]
	schemes, some := m.response.credit()
	switch {
	case some && len(schemes) > 1:
		return m.response.fault(ProblemFault, "Only one type of partial credit is allowed for Multiple Choice problems.")
	case some && schemes[0] != "points":
		return m.response.fault(ProblemFault, "partial_credit attribute should be one of: points")
	}
	answer, _ := s.answer(i)
	name, ok := answer.Text()
	if !ok {
		s.mark(i, Incorrect)
		return nil
	}
	if credit, partly := m.partial[name]; partly && some && !slices.Contains(m.correct, name) {
		s.award(i, PartiallyCorrect, credit)
		return nil
	}
	s.markIf(i, slices.Contains(m.correct, name))
	return nil
}

func (m *multipleChoice) hint(s *submission) error {
	i := m.response.inputs[0]
	answer, ok := s.answer(i)
	if !ok {
		return nil
	}
	name, ok := answer.Text()
	if list, isList := answer.List(); isList {
		if len(list) == 0 {
			return m.response.fault(Engine, "an empty list was sent for one choice")
		}
		name, ok = list[0], true
	}
	if !ok {
		return nil
	}
	for _, c := range s.in.order(i) {
		if c.get("name") == name {
			s.tell(i, c.find("choicehint"), strings.EqualFold(c.get("correct"), "true"), name)
			return nil
		}
	}
	return nil
}

// rearrange shuffles the choices or draws some of them, as the author asked.
func (m *multipleChoice) rearrange(in *Instance) error {
	i := m.response.inputs[0]
	pool, pooled := i.el.attr("answer-pool")
	shuffled := i.el.get("shuffle") == "true"
	switch {
	case shuffled && pooled:
		return m.response.fault(ProblemFault, "Do not use shuffle and answer-pool at the same time")
	case shuffled:
		in.arrange(i, "shuffle", shuffleChoices(in.stream(), i.el.children))
	case pooled && pool != "0":
		return m.draw(in, i, pool)
	}
	return nil
}

// arrange fixes the order of a group; hints shuffled along are left out.
func (in *Instance) arrange(i *input, kind string, list []*node) {
	choices := make([]*node, 0, len(list))
	for _, c := range list {
		if c.tag == "choice" {
			choices = append(choices, c)
		}
	}
	if in.shown == nil {
		in.shown = make(map[*input]arrangement)
	}
	in.shown[i] = arrangement{kind, choices}
}

// shuffleChoices keeps fixed choices at the head where they are and moves all
// later fixed ones to the end.
func shuffleChoices(random *stream, choices []*node) []*node {
	var head, middle, tail []*node
	for _, c := range choices {
		switch fixed := c.get("fixed") == "true"; {
		case fixed && len(middle)+len(tail) == 0:
			head = append(head, c)
		case fixed:
			tail = append(tail, c)
		default:
			middle = append(middle, c)
		}
	}
	shuffle(random, middle)
	return slices.Concat(head, middle, tail)
}

// draw picks one right choice and some wrong ones.
func (m *multipleChoice) draw(in *Instance, i *input, pool string) error {
	size, err := strconv.Atoi(strip(pool))
	if err != nil {
		return m.response.fault(ProblemFault, "answer-pool value should be an integer")
	}
	var right, wrong []*node
	for _, c := range i.el.children {
		if strings.EqualFold(c.get("correct"), "true") {
			right = append(right, c)
		} else {
			wrong = append(wrong, c)
		}
	}
	if len(right) == 0 || len(wrong) == 0 {
		return m.response.fault(ProblemFault, "Choicegroup must include at least 1 correct and 1 incorrect choice")
	}
	random := in.stream()
	chosen := right[random.below(len(right))]
	shuffle(random, wrong)
	count := min(size-1, len(wrong))
	if count < 0 { // counted from the end, as a slice bound is
		count = max(0, len(wrong)+count)
	}
	drawn := append([]*node{chosen}, wrong[:count]...)
	shuffle(random, drawn)
	in.arrange(i, "answerpool", drawn)
	in.keepSolution(m.response.el.solution, chosen)
	return nil
}

// keepSolution hides the solutions of a set that explain other choices.
func (in *Instance) keepSolution(set, chosen *node) {
	if set == nil {
		return
	}
	want, has := chosen.attr("explanation-id")
	for _, s := range set.findAll("solution") {
		if id, ok := s.attr("explanation-id"); id != want || ok != has {
			if in.hidden == nil {
				in.hidden = make(map[*node]bool)
			}
			in.hidden[s] = true
		}
	}
}
