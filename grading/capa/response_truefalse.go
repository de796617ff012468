package capa

// trueFalse is a multiple choice question graded by the set of names sent, one
// or several.
type trueFalse struct{ *multipleChoice }

func setUpTrueFalse(r *response, sc *scope) (checker, error) {
	m, err := newMultipleChoice(r, sc)
	return trueFalse{m}, err
}

// grade takes what was not sent as nothing chosen.
func (t trueFalse) grade(s *submission) error {
	i := t.response.inputs[0]
	answer, _ := s.answer(i)
	names, _ := answer.List()
	if name, one := answer.Text(); one {
		names = []string{name}
	}
	s.markIf(i, sameSet(names, t.correct))
	return nil
}
