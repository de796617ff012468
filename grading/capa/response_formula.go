package capa

import (
	"errors"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"lyceum/grading/capa/formula"
)

// expression grades a formula by its values at sample points.
type expression struct {
	response  *response
	staff     reading
	samples   string
	tolerance string
	sensitive bool
	seed      int
}

// reading is an author's formula, or why it is none: that is told after what is
// wrong with the learner's.
type reading struct {
	text string
	expr *formula.Expr
	err  error
}

func read(text string) reading {
	expr, err := formula.Parse(text)
	return reading{text, expr, err}
}

func setUpFormula(r *response, sc *scope) (checker, error) {
	x := &expression{
		response: r, staff: read(sc.expand(r.el.get("answer"))), samples: sc.expand(r.el.get("samples")),
		tolerance: formula.DefaultTolerance, seed: sc.seed,
	}
	if p := r.param("default", "tolerance"); p != nil {
		x.tolerance = sc.expand(p.get("default"))
	}
	words := strings.Split(r.el.get("type"), ",")
	x.sensitive = slices.Contains(words, "cs") && !slices.Contains(words, "ci")
	return x, nil
}

func (x *expression) reveal(in *Instance) ([]ShownAnswer, error) {
	return []ShownAnswer{{ID: in.id(x.response.inputs[0].id), Text: x.staff.text}}, nil
}

func (x *expression) grade(s *submission) error {
	i := x.response.inputs[0]
	answer, sent := s.answer(i)
	if !sent {
		return x.response.fault(Engine, "no formula was sent")
	}
	right, err := x.agrees(answer, x.staff, x.samples)
	if err != nil {
		return err
	}
	s.markIf(i, right)
	return nil
}

// agrees tells whether a formula has the values of the staff's at every sample.
// The learner's is read first; what is wrong with either is told to the learner.
func (x *expression) agrees(answer Answer, wanted reading, samples string) (bool, error) {
	points, err := parseSamples(samples)
	if err != nil {
		return false, &Error{Kind: Engine, Line: x.response.el.line, Message: "the samples cannot be read: " + err.Error(), Err: err}
	}
	text, ok := answer.Text()
	if !ok {
		return false, unreadableFormula(answer.print(), "")
	}
	given, err := formula.Parse(text)
	if err != nil {
		return false, formulaFault(text, err)
	}
	if points.count == 0 {
		return true, nil
	}
	scopes := points.draw(x.seed, samples+"\x00"+text)
	for i := range scopes {
		scopes[i].CaseSensitive = x.sensitive
	}
	student, err := given.EvaluateAll(scopes)
	if err != nil {
		return false, formulaFault(text, err)
	}
	if wanted.err != nil {
		return false, formulaFault(wanted.text, wanted.err)
	}
	staff, err := wanted.expr.EvaluateAll(scopes)
	if err != nil {
		return false, formulaFault(wanted.text, err)
	}
	tolerance, err := formula.ParseTolerance(x.tolerance)
	if err != nil {
		return false, &Error{Kind: Engine, Line: x.response.el.line, Message: "the tolerance is no number: " + strconv.Quote(x.tolerance), Err: err}
	}
	for i := range student {
		same, err := formula.Equal(student[i], staff[i], tolerance)
		if err != nil {
			return false, &Error{Kind: Engine, Line: x.response.el.line, Message: "the values cannot be compared: " + err.Error(), Err: err}
		}
		if !same {
			return false, nil
		}
	}
	return true, nil
}

// formulaFault words what is wrong with a formula.
func formulaFault(text string, err error) error {
	e, ok := errors.AsType[*formula.Error](err)
	switch {
	case !ok:
		return err
	case e.Kind == formula.Undefined, e.Kind == formula.Parentheses:
		return &Error{Kind: StudentInput, Message: textEscaper.Replace(e.Message), Err: err}
	case e.Kind == formula.Value && strings.Contains(e.Message, "factorial"):
		return &Error{
			Kind: StudentInput, Err: err,
			Message: "Factorial function not permitted in answer for this problem. Provided answer was: " + learnerEscaper.Replace(text),
		}
	case e.Kind == formula.Value:
		return unreadableFormula(text, ".")
	default:
		return unreadableFormula(text, "")
	}
}

func unreadableFormula(text, end string) *Error {
	return errorf(StudentInput, 0, "Invalid input: Could not parse '%s' as a formula%s", learnerEscaper.Replace(text), end)
}

// samples are the points a formula is compared at.
type samples struct {
	variables []string // as written, blanks included
	low, high []float64
	count     int
}

// maxSamples bounds what an author may ask for, far above what anybody does.
const maxSamples = 10_000

// parseSamples reads "x,y@1,2:3,4#10": ten points with x in 1 to 3, y in 2 to 4.
// What is left over on either side of the pairing of names and ends is ignored.
func parseSamples(text string) (samples, error) {
	names, rest, ok := strings.Cut(text, "@")
	rest, _, _ = strings.Cut(rest, "@")
	ends, number, numbered := strings.Cut(rest, "#")
	number, _, _ = strings.Cut(number, "#")
	if !ok || !numbered {
		return samples{}, errors.New("they are not written as names@low:high#count")
	}
	var s samples
	var err error
	if s.count, err = strconv.Atoi(strings.ReplaceAll(strip(number), "_", "")); err != nil {
		return samples{}, errors.New("their count is no whole number")
	}
	if s.count > maxSamples {
		return samples{}, errors.New("there are too many")
	}
	s.count = max(0, s.count)
	s.variables = strings.Split(names, ",")
	var bounds [][]float64
	for part := range strings.SplitSeq(ends, ":") {
		var values []float64
		for word := range strings.SplitSeq(part, ",") {
			x, ok := formula.ParseFloat(word)
			if !ok {
				return samples{}, errors.New("an end of a range is no number")
			}
			values = append(values, x)
		}
		bounds = append(bounds, values)
		s.variables = s.variables[:min(len(s.variables), len(values))]
	}
	if s.count > 0 && len(bounds) != 2 {
		return samples{}, errors.New("a range needs two ends")
	}
	if s.count > 0 {
		s.low, s.high = bounds[0], bounds[1]
	}
	return s, nil
}

// draw makes the points. They depend on the problem's seed and on the text, so
// that a rescore meets the same ones and nobody can fit a formula to them.
// Each range is cut into as many parts as there are points and each part is
// visited once: a formula wrong in only a part of a range is found out.
func (s samples) draw(seed int, text string) []formula.Scope {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text))
	random := rand.New(rand.NewPCG(uint64(seed), hash.Sum64())) //nolint:gosec // no secret
	scopes := make([]formula.Scope, s.count)
	values := make([]formula.Variable, s.count*len(s.variables))
	order := make([]int, s.count)
	for i := range scopes {
		scopes[i].Variables = values[i*len(s.variables) : (i+1)*len(s.variables)]
		order[i] = i
	}
	for v, name := range s.variables {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for i := range scopes {
			share := (float64(order[i]) + random.Float64()) / float64(s.count)
			x := math.FMA(share, s.high[v]-s.low[v], s.low[v])
			scopes[i].Variables[v] = formula.Variable{Name: name, Value: formula.Float(x)}
		}
	}
	return scopes
}

func (x *expression) hintTag() string { return "formulahint" }

// matches compares with the condition's own answer and samples; what cannot be
// compared does not match.
func (x *expression) matches(s *submission, condition *node) (bool, error) { //nolint:unparam // other matchers fail
	answer, _ := s.answer(x.response.inputs[0])
	right, err := x.agrees(answer, read(s.in.scope.expand(condition.get("answer"))), condition.get("samples"))
	return right && err == nil, nil
}

// hint has nothing to say: formulas have only hints of the old kind.
func (x *expression) hint(*submission) error { return nil }
