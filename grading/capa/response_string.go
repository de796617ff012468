package capa

import (
	"errors"
	"slices"
	"strings"
)

// phrase grades a text against texts or a regular expression.
type phrase struct {
	response *response
	expected []string // trimmed
	split    bool     // the old spelling of several answers, a_or_b
	regexp   bool
	fold     bool // case does not matter
}

func setUpString(r *response, sc *scope) (checker, error) {
	p := &phrase{response: r}
	flags := strings.Split(lower(r.el.get("type")), " ")
	p.regexp, p.fold = slices.Contains(flags, "regexp"), slices.Contains(flags, "ci")
	answer := r.el.get("answer")
	if strings.Contains(lower(answer), "_or_") {
		p.split = true
		for text := range strings.SplitSeq(answer, "_or_") {
			p.expected = append(p.expected, strip(sc.expand(text)))
		}
		return p, nil
	}
	p.expected = append(p.expected, strip(sc.expand(answer)))
	for _, a := range r.el.findAll("additional_answer") {
		p.expected = append(p.expected, strip(sc.expand(a.get("answer"))))
	}
	return p, nil
}

func (p *phrase) reveal(in *Instance) ([]ShownAnswer, error) {
	return []ShownAnswer{{ID: in.id(p.response.inputs[0].id), Text: strings.Join(p.expected, " or ")}}, nil
}

func (p *phrase) grade(s *submission) error {
	i := p.response.inputs[0]
	answer, sent := s.answer(i)
	if !sent {
		s.mark(i, Incorrect)
		return nil
	}
	text, ok := answer.Text()
	if !ok {
		return p.response.fault(Engine, "the answer is no text")
	}
	right, err := p.accepts(p.expected, strip(text))
	if err != nil {
		return err
	}
	s.markIf(i, right)
	return nil
}

// accepts tells whether a trimmed text is one of those expected.
func (p *phrase) accepts(expected []string, given string) (bool, error) {
	if given == "" {
		return false, nil
	}
	if p.regexp && !p.split {
		// The alternatives are not grouped: ^ binds to the first, $ to the last.
		return p.search("^"+strings.Join(expected, "|")+"$", given)
	}
	return slices.ContainsFunc(expected, func(e string) bool { return p.same(e, given) }), nil
}

func (p *phrase) same(a, b string) bool {
	if p.fold {
		return lower(a) == lower(b)
	}
	return a == b
}

func (p *phrase) search(source, given string) (bool, error) {
	re, err := p.response.parsed.get(source, p.fold)
	found := false
	if err == nil {
		found, err = re.search(given)
	}
	if errors.Is(err, errOverBudget) {
		return false, &Error{Kind: Uncheckable, Line: p.response.el.line, Message: "This answer cannot be checked: the problem's pattern takes too long.", Err: err}
	}
	if err != nil {
		return false, &Error{
			Kind: ResponseFault, Line: p.response.el.line, Err: err,
			Message: "[courseware.capa.responsetypes.stringresponse] error: " + err.Error(),
		}
	}
	return found, nil
}

func (p *phrase) hintTag() string { return "stringhint" }

// matches compares with the condition as with an answer; the condition's own
// type is not looked at.
func (p *phrase) matches(s *submission, condition *node) (bool, error) {
	answer, _ := s.answer(p.response.inputs[0])
	text, ok := answer.Text()
	if !ok {
		return false, p.response.fault(Engine, "hints need an answer")
	}
	expected, ok := condition.attr("answer")
	if !ok {
		return false, errorf(Engine, condition.line, "stringhint holds no answer")
	}
	return p.accepts([]string{strip(s.in.scope.expand(expected))}, strip(text))
}

// hint looks for the first element whose answer is what was entered, the
// right answers first; then it is done, hint or not.
func (p *phrase) hint(s *submission) error {
	i := p.response.inputs[0]
	answer, _ := s.answer(i)
	text, ok := answer.Text()
	if !ok {
		return nil
	}
	el := p.response.el
	for _, candidate := range slices.Concat([]*node{el}, el.findAll("additional_answer"), el.findAll("stringequalhint"), el.findAll("regexphint")) {
		asPattern, hint := p.regexp, candidate.find("correcthint")
		switch candidate.tag {
		case "stringequalhint":
			asPattern, hint = false, candidate
		case "regexphint":
			asPattern, hint = true, candidate
		}
		if p.fits(candidate, text, asPattern) {
			s.tell(i, hint, s.isCorrect(i), text)
			return nil
		}
	}
	return nil
}

// fits compares with an element's answer as it is written, without substitution.
func (p *phrase) fits(candidate *node, given string, asPattern bool) bool {
	answer := strip(candidate.get("answer"))
	if answer == "" {
		return false
	}
	if !asPattern {
		return p.same(answer, given)
	}
	found, err := p.search("^"+answer+"$", given)
	return err == nil && found // a broken pattern hints at nothing
}
