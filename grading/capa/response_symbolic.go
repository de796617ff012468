package capa

import _ "embed"

// symbolicSource compares formulas with SymPy.
//
//go:embed symbolic.py
var symbolicSource string

// symbolic grades a formula against one an author wrote. What is compared is
// code of this package; it runs where authors' code runs, as it reads what
// strangers wrote with a library made for trusting ones.
type symbolic struct{ custom }

func setUpSymbolic(r *response, sc *scope) (checker, error) {
	c, err := setUpCustom(r, sc)
	if err != nil {
		return nil, err
	}
	out := &symbolic{*c.(*custom)}
	out.verdict = out.compare
	return out, nil
}

func (c *symbolic) compare(s *submission, given []Answer) (verdict, error) {
	names := []binding{{"given", pythonJSON(given[0])}}
	for _, b := range c.names(s, given) {
		switch b.name {
		case "expect", "options":
			names = append(names, b)
		case "dynamath":
			names = append(names, binding{"typeset", b.json})
		}
	}
	left, err := s.run(symbolicSource, object(names))
	if err != nil {
		return verdict{}, err
	}
	right, _ := left.field("right")
	message, _ := left.field("message")
	return verdict{marks: repeat(markOf(right), 1), messages: []string{tidyMessage(message)}}, nil
}
