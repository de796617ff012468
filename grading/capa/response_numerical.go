package capa

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"lyceum/grading/capa/formula"
)

const staffAnswerFault = "There was a problem with the staff answer to this problem."

// number grades a number against one number or a range.
type number struct {
	response   *response
	correct    string // as shown
	bounds     []bound
	tolerance  string
	additional []*node
}

// bound is one end of a range.
type bound struct {
	text      string
	inclusive bool
}

func setUpNumerical(r *response, sc *scope) (checker, error) {
	n := &number{response: r, tolerance: formula.DefaultTolerance, additional: r.el.findAll("additional_answer")}
	if p := r.param("default", "tolerance"); p != nil {
		n.tolerance = sc.expand(p.get("default"))
	}
	answer := r.el.get("answer")
	open, end := answer[0], answer[len(answer)-1]
	if (open != '[' && open != '(') || (end != ']' && end != ')') {
		n.correct = sc.expand(answer)
		return n, nil
	}
	parts := strings.Split(answer[1:max(1, len(answer)-1)], ",")
	if len(parts) < 2 {
		return nil, r.fault(StudentInput, staffAnswerFault)
	}
	n.bounds = []bound{{sc.expand(parts[0]), open == '['}, {sc.expand(parts[1]), end == ']'}}
	n.correct = string(open) + n.bounds[0].text + ", " + n.bounds[1].text + string(end)
	return n, nil
}

// param is the first responseparam below that has the attribute, and the type
// when one is asked for.
func (r *response) param(attr, kind string) *node {
	for _, p := range r.el.descendants("responseparam") {
		if _, ok := p.attr(attr); ok && (kind == "" || p.get("type") == kind) {
			return p
		}
	}
	return nil
}

func (n *number) reveal(in *Instance) ([]ShownAnswer, error) {
	var text strings.Builder
	text.WriteString(n.correct)
	for _, a := range n.additional {
		answer, ok := a.attr("answer")
		if !ok {
			return nil, errorf(Engine, a.line, "additional_answer holds no answer")
		}
		text.WriteString(" or " + answer)
	}
	return []ShownAnswer{{ID: in.id(n.response.inputs[0].id), Text: text.String()}}, nil
}

func (n *number) grade(s *submission) error {
	schemes, some := n.response.credit()
	for _, scheme := range schemes {
		if scheme != "list" && scheme != "close" {
			return n.response.fault(ProblemFault, "partial_credit attribute should be one of: list,close")
		}
	}
	i := n.response.inputs[0]
	answer, sent := s.answer(i)
	if !sent {
		s.mark(i, Incorrect)
		return nil
	}
	student, err := studentNumber(answer)
	if err != nil {
		return err
	}
	c := comparison{number: n, student: student, list: slices.Contains(schemes, "list"), close: slices.Contains(schemes, "close"), some: some}
	if err := c.prepare(); err != nil {
		return err
	}
	var points float64
	if n.bounds != nil {
		points, err = c.inRange()
	} else {
		points, err = c.nearAnswer()
	}
	if err != nil {
		return err
	}
	if points == 0 {
		k, err := n.matching(student)
		if err != nil {
			return err
		}
		if s.additional = k + 1; k >= 0 {
			points = 1
		}
	}
	switch points {
	case 0:
		s.mark(i, Incorrect)
	case 1:
		s.mark(i, Correct)
	default:
		s.award(i, PartiallyCorrect, points)
	}
	return nil
}

// studentNumber evaluates what a learner entered; its errors are for the learner.
func studentNumber(answer Answer) (formula.Number, error) {
	quoted := learnerEscaper.Replace(answer.print())
	unreadable := errorf(StudentInput, 0, "Could not interpret '%s' as a number.", quoted)
	text, ok := answer.Text()
	if !ok {
		return formula.Number{}, unreadable
	}
	value, err := formula.Evaluate(text, formula.Scope{})
	var e *formula.Error
	if !errors.As(err, &e) {
		return value, err
	}
	switch e.Kind {
	case formula.Undefined, formula.Parentheses:
		return value, errorf(StudentInput, 0, "%s", textEscaper.Replace(e.Message))
	case formula.Syntax:
		return value, errorf(StudentInput, 0, "Invalid math syntax: '%s'", quoted)
	case formula.Value:
		if strings.Contains(e.Message, "factorial") {
			return value, errorf(StudentInput, 0, "Factorial function evaluated outside its domain:'%s'", quoted)
		}
	default:
	}
	return value, unreadable
}

// staffNumber reads a number an author wrote: a complex literal, or an expression.
func (r *response) staffNumber(text string) (formula.Number, error) {
	if c, ok := formula.ParseComplex(text); ok {
		return formula.Complex(c), nil
	}
	value, err := formula.Evaluate(text, formula.Scope{})
	if err != nil {
		return value, &Error{Kind: StudentInput, Line: r.el.line, Message: staffAnswerFault, Err: err}
	}
	return value, nil
}

// matching is the first additional answer the number is exactly equal to, or -1.
func (n *number) matching(student formula.Number) (int, error) {
	for k, a := range n.additional {
		staff, err := n.response.staffNumber(a.get("answer"))
		if err != nil {
			return -1, err
		}
		if formula.Identical(student, staff) {
			return k, nil
		}
	}
	return -1, nil
}

// comparison is one number being graded.
type comparison struct {
	*number
	student           formula.Number
	list, close, some bool
	reach             float64 // how many tolerances away is close
	alternatives      []formula.Number
	listed            bool // the author gave alternatives
}

// prepare reads the parameters of partial credit, which are read whether or
// not there is any.
func (c *comparison) prepare() error {
	c.reach = 2
	if p := c.response.param("partial_range", ""); p != nil {
		var ok bool
		if c.reach, ok = formula.ParseFloat(p.get("partial_range")); !ok {
			return errorf(Engine, p.line, "partial_range is no number: %q", p.get("partial_range"))
		}
	}
	p := c.response.param("partial_answers", "")
	if p == nil {
		return nil
	}
	c.listed = true
	for _, text := range splitTrim(p.get("partial_answers")) {
		value, err := c.response.staffNumber(text)
		if err != nil {
			return err
		}
		c.alternatives = append(c.alternatives, value)
	}
	return nil
}

// equal compares, with failures that are nobody's input.
func (c *comparison) equal(staff formula.Number, t formula.Tolerance) (bool, error) {
	ok, err := formula.Equal(c.student, staff, t)
	if err != nil {
		return false, &Error{Kind: Engine, Line: c.response.el.line, Message: "the numbers cannot be compared: " + err.Error(), Err: err}
	}
	return ok, nil
}

// epsilon is the distance from 1 to the next floating point number.
const epsilon = 0x1p-52

func (c *comparison) inRange() (float64, error) {
	if c.student.IsComplex() {
		return 0, c.response.fault(StudentInput, "You may not use complex numbers in range tolerance problems")
	}
	var ends [2]float64
	for k, b := range c.bounds {
		staff, err := c.response.staffNumber(b.text)
		if err != nil {
			return 0, err
		}
		end, err := staff.Complex128()
		if err != nil {
			return 0, &Error{Kind: Engine, Line: c.response.el.line, Message: "the bound is too large", Err: err}
		}
		if imag(end) != 0 {
			return 0, c.response.fault(StudentInput, "There was a problem with the staff answer to this problem: complex boundary.")
		}
		if math.IsNaN(real(end)) {
			return 0, c.response.fault(StudentInput, "There was a problem with the staff answer to this problem: empty boundary.")
		}
		ends[k] = real(end)
		on, err := c.equal(staff, formula.RelativeTolerance(epsilon))
		if err != nil {
			return 0, err
		}
		if on && b.inclusive {
			return 1, nil
		}
		if on {
			return c.nearRange(ends, k)
		}
	}
	value, err := c.student.Complex128()
	if err != nil {
		return 0, &Error{Kind: Engine, Message: "the number is too large", Err: err}
	}
	if x := real(value); ends[0] < x && x < ends[1] {
		return 1, nil
	}
	return c.nearRange(ends, 1)
}

// nearRange gives half the credit around the range. known is the last end read.
func (c *comparison) nearRange(ends [2]float64, known int) (float64, error) {
	if !c.some || !c.close {
		return 0, nil
	}
	if known == 0 { // the student sits on the excluded lower end
		staff, err := c.response.staffNumber(c.bounds[1].text)
		if err != nil {
			return 0, err
		}
		end, err := staff.Complex128()
		if err != nil {
			return 0, &Error{Kind: Engine, Line: c.response.el.line, Message: "the bound is too large", Err: err}
		}
		ends[1] = real(end)
	}
	value, err := c.student.Complex128()
	if err != nil {
		return 0, &Error{Kind: Engine, Message: "the number is too large", Err: err}
	}
	width := (ends[1] - ends[0]) * c.reach
	if x := real(value); ends[0]-width < x && x < ends[1]+width {
		return 0.5, nil
	}
	return 0, nil
}

func (c *comparison) nearAnswer() (float64, error) {
	staff, err := c.response.staffNumber(c.correct)
	if err != nil {
		return 0, err
	}
	exact, wide, err := c.tolerances()
	if err != nil {
		return 0, err
	}
	if ok, err := c.equal(staff, exact); ok || err != nil {
		return 1, err
	}
	if c.list {
		return c.nearList(staff, exact, wide)
	}
	if c.close {
		if ok, err := c.equal(staff, wide); ok || err != nil {
			return 0.5, err
		}
	}
	return 0, nil
}

// tolerances reads the tolerance and its widened form, which is always needed
// and takes a plain number.
func (c *comparison) tolerances() (exact, wide formula.Tolerance, err error) {
	fault := func(err error) *Error {
		return &Error{Kind: Engine, Line: c.response.el.line, Message: "the tolerance is no number: " + strconv.Quote(c.tolerance), Err: err}
	}
	body, percent := strings.CutSuffix(c.tolerance, "%")
	width, ok := formula.ParseFloat(body)
	if !ok {
		return exact, wide, fault(nil)
	}
	if exact, err = formula.ParseTolerance(c.tolerance); err != nil {
		return exact, wide, fault(err)
	}
	if !percent {
		return exact, formula.AbsoluteTolerance(c.reach * width), nil
	}
	text := strconv.FormatFloat(c.reach*width, 'g', -1, 64) + "%"
	if wide, err = formula.ParseTolerance(text); err != nil {
		return exact, wide, fault(err)
	}
	return exact, wide, nil
}

func (c *comparison) nearList(staff formula.Number, exact, wide formula.Tolerance) (float64, error) {
	if !c.listed {
		return 0, c.response.fault(Engine, "partial credit by list needs partial_answers")
	}
	for _, alternative := range c.alternatives {
		if ok, err := c.equal(alternative, exact); ok || err != nil {
			return 0.5, err
		}
		if !c.close {
			continue
		}
		if ok, err := c.equal(staff, wide); ok || err != nil {
			return 0.5, err
		}
		if ok, err := c.equal(alternative, wide); ok || err != nil {
			return 0.25, err
		}
	}
	return 0, nil
}

// hint speaks only of correct answers; an additional answer has its own hint.
func (n *number) hint(s *submission) error {
	i := n.response.inputs[0]
	answer, ok := s.answer(i)
	if !ok || !s.isCorrect(i) {
		return nil
	}
	source := n.response.el
	if s.additional > 0 {
		source = n.additional[s.additional-1]
	}
	text, _ := answer.Text()
	s.tell(i, source.find("correcthint"), true, text)
	return nil
}
