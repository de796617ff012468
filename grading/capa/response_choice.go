package capa

import (
	"slices"
	"strings"
)

// boxes grades a group in which several boxes may be ticked.
type boxes struct {
	response           *response
	correct, incorrect []string // names; a choice marked neither way is in none
}

func setUpChoice(r *response, sc *scope) (checker, error) {
	b := &boxes{response: r}
	for _, c := range r.inputs[0].choices {
		mark, ok := c.attr("correct")
		if !ok {
			return nil, errorf(Engine, c.line, "choice does not say whether it is correct")
		}
		switch mark = sc.expand(mark); {
		case strings.EqualFold(mark, "true"):
			b.correct = append(b.correct, c.get("name"))
		case strings.EqualFold(mark, "false"):
			b.incorrect = append(b.incorrect, c.get("name"))
		}
	}
	return b, nil
}

func (b *boxes) reveal(in *Instance) ([]ShownAnswer, error) {
	return []ShownAnswer{{ID: in.id(b.response.inputs[0].id), List: true, Choices: b.correct}}, nil
}

func (b *boxes) grade(s *submission) error {
	i := b.response.inputs[0]
	answer, sent := s.answer(i)
	ticked, ok := answer.List()
	if name, one := answer.Text(); one {
		ticked, ok = []string{name}, true
	}
	if !sent || !ok || len(ticked) == 0 {
		s.mark(i, Incorrect) // even where no box is right
		return nil
	}
	ticked = slices.Compact(slices.Sorted(slices.Values(ticked)))
	schemes, some := b.response.credit()
	switch {
	case !some:
		s.markIf(i, b.exact(ticked))
	case len(schemes) > 1:
		return b.response.fault(ProblemFault, "Only one type of partial credit is allowed for Checkbox problems.")
	case schemes[0] == "edc":
		b.everyDecision(s, i, ticked)
	case schemes[0] == "halves":
		b.halves(s, i, ticked)
	default:
		return b.response.fault(ProblemFault, "partial_credit attribute should be one of: edc,halves,false")
	}
	return nil
}

func (b *boxes) exact(ticked []string) bool {
	return len(ticked) == len(b.correct) && count(ticked, b.correct) == len(b.correct)
}

// count is how many of names are among ticked.
func count(ticked, names []string) int {
	n := 0
	for _, name := range names {
		if slices.Contains(ticked, name) {
			n++
		}
	}
	return n
}

// everyDecision gives each box the same share.
func (b *boxes) everyDecision(s *submission, i *input, ticked []string) {
	all := len(b.correct) + len(b.incorrect)
	good := count(ticked, b.correct) + len(b.incorrect) - count(ticked, b.incorrect)
	switch {
	case good == all:
		s.mark(i, Correct)
	case good > 0:
		s.award(i, PartiallyCorrect, round2(float64(i.points*good)/float64(all)))
	default:
		s.mark(i, Incorrect)
	}
}

// halves halves the points for each error, where there are boxes enough.
func (b *boxes) halves(s *submission, i *input, ticked []string) {
	all := len(b.correct) + len(b.incorrect)
	errors := count(ticked, b.incorrect) + len(b.correct) - count(ticked, b.correct)
	points := float64(i.points)
	switch {
	case errors == 0:
		s.award(i, Correct, points)
	case errors == 1 && all > 2:
		s.award(i, PartiallyCorrect, round2(points/2))
	case errors == 2 && all > 4:
		s.award(i, PartiallyCorrect, round2(points/4))
	default:
		s.mark(i, Incorrect)
	}
}

// hint shows the hint of the combination ticked, else those of the single boxes.
func (b *boxes) hint(s *submission) error {
	i := b.response.inputs[0]
	if i.el.tag != "checkboxgroup" {
		return nil
	}
	answer, sent := s.answer(i)
	ticked, isList := answer.List()
	if name, one := answer.Text(); one {
		ticked = []string{name}
	}
	if ticked == nil {
		ticked = []string{}
	}
	names := make([]string, len(i.choices))
	for k, c := range i.choices {
		names[k] = c.get("name")
	}
	if sent && b.compound(s, i, ticked, isList, names) {
		return nil
	}
	b.single(s, i, answer, ticked, names)
	return nil
}

func (b *boxes) compound(s *submission, i *input, ticked []string, isList bool, names []string) bool {
	var ids []string
	var triggers []Trigger
	for _, name := range ticked {
		if k := slices.Index(names, name); k >= 0 && isList {
			ids = append(ids, strings.ToUpper(i.choices[k].get("id")))
			triggers = append(triggers, Trigger{name, true})
		}
	}
	for _, h := range i.el.findAll("compoundhint") {
		if !sameSet(strings.Fields(strings.ToUpper(h.get("value"))), ids) {
			continue
		}
		text := hintMarkup(h)
		if text == "" {
			return true
		}
		f := feedback{
			right: s.isCorrect(i), answer: ticked, compound: true, boxes: names,
			hints: []FeedbackHint{{text, triggers}},
		}
		f.label, f.labeled = h.attr("label")
		s.show(i, f)
		return true
	}
	return false
}

func sameSet(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) }) &&
		!slices.ContainsFunc(b, func(s string) bool { return !slices.Contains(a, s) })
}

func (b *boxes) single(s *submission, i *input, answer Answer, ticked, names []string) {
	f := feedback{right: s.isCorrect(i), answer: ticked, boxes: names, several: true}
	labels := 0
	for _, c := range i.choices {
		name := c.get("name")
		selected := slices.Contains(ticked, name)
		if one, ok := answer.Text(); ok {
			selected = strings.Contains(one, name)
		}
		want := map[bool]string{true: "true", false: "false"}[selected]
		for _, h := range c.findAll("choicehint") {
			text := hintMarkup(h)
			if text == "" || !strings.EqualFold(h.get("selected"), want) {
				continue
			}
			f.hints = append(f.hints, FeedbackHint{text, []Trigger{{name, selected}}})
			if label, ok := h.attr("label"); ok {
				f.label = label
				labels++
			}
		}
	}
	if f.labeled = labels == 1; len(f.hints) > 0 {
		s.show(i, f)
	}
}
