package formula

import (
	"math"
	"slices"
	"strings"
)

// Variable binds a name to a number.
type Variable struct {
	Name  string
	Value Number
}

// Scope is what names mean. Its variables shadow constants, later ones earlier
// ones; without CaseSensitive the case of names does not matter.
type Scope struct {
	Variables     []Variable
	CaseSensitive bool
}

// Evaluate parses and evaluates in one step.
func Evaluate(text string, scope Scope) (Number, error) {
	expr, err := Parse(text)
	if err != nil {
		return Number{}, err
	}
	return expr.Evaluate(scope)
}

// Evaluate finds the value of the expression. Unknown names are reported all
// at once, variables before functions, before anything is computed.
func (e *Expr) Evaluate(scope Scope) (Number, error) {
	budget := maxWork
	return e.evaluate(scope, &budget)
}

// EvaluateAll finds the values under each scope, as [Expr.Evaluate] does. All
// together may cost no more than one evaluation may.
func (e *Expr) EvaluateAll(scopes []Scope) ([]Number, error) {
	budget := maxWork
	out := make([]Number, len(scopes))
	for i, scope := range scopes {
		var err error
		if out[i], err = e.evaluate(scope, &budget); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *Expr) evaluate(scope Scope, budget *int) (Number, error) {
	if e.root == nil {
		return Float(math.NaN()), nil
	}
	names := bindings{variables: scope.Variables, sensitive: scope.CaseSensitive, budget: budget}
	if err := e.check(names); err != nil {
		return Number{}, err
	}
	return names.sum(e.root)
}

// bindings are the variables in force.
type bindings struct {
	variables []Variable // few: they are looked through
	sensitive bool
	budget    *int // work left
}

// maxWork bounds what an evaluation may cost, in products of machine words:
// around a tenth of a second.
const maxWork = 50_000_000

// atomWork is what any atom costs at least.
const atomWork = 50

// charge pays for an operation whose operands or result have the sizes.
func (b bindings) charge(a, c Number) error {
	if a.kind != integer || c.kind != integer {
		return nil
	}
	return b.spend(words(a) * words(c))
}

func (b bindings) spend(work int) error {
	if *b.budget -= work; *b.budget < 0 {
		return fail(Limit, "the expression takes too long")
	}
	return nil
}

func words(n Number) int { return n.exact().BitLen()/64 + 1 }

func (b bindings) fold(name string) string {
	if b.sensitive {
		return name
	}
	return strings.ToLower(name)
}

func (b bindings) variable(name string) (Number, bool) {
	for _, v := range slices.Backward(b.variables) {
		if v.Name == name || !b.sensitive && strings.EqualFold(v.Name, name) {
			return v.Value, true
		}
	}
	switch b.fold(name) {
	case "e":
		return Float(math.E), true
	case "pi":
		return Float(math.Pi), true
	case "i", "j":
		return Complex(1i), true
	}
	return Number{}, false
}

func (b bindings) function(name string) (function, bool) {
	f, ok := functions[b.fold(name)]
	return f, ok
}

func (e *Expr) check(b bindings) error {
	if bad := unknown(e.variables, func(n string) bool { _, ok := b.variable(n); return ok }); bad != nil {
		message := "Invalid Input: " + strings.Join(bad, ", ") + " not permitted in answer as a variable"
		return fail(Undefined, message+b.suggest(bad, b.variableNames()))
	}
	bad := unknown(e.functions, func(n string) bool { _, ok := b.function(n); return ok })
	if bad == nil {
		return nil
	}
	message := "Invalid Input: " + strings.Join(bad, ", ") + " not permitted in answer as a function"
	if slices.ContainsFunc(bad, func(n string) bool { _, ok := b.variable(n); return ok }) {
		message += " (did you forget to use * for multiplication?)"
	}
	return fail(Undefined, message+b.suggest(bad, functionNames()))
}

func unknown(names []string, known func(string) bool) []string {
	var bad []string
	for _, name := range names {
		if !known(name) {
			bad = append(bad, name)
		}
	}
	slices.Sort(bad)
	return slices.Compact(bad)
}

func (b bindings) variableNames() []string {
	names := []string{"e", "pi", "i", "j"}
	for _, v := range b.variables {
		names = append(names, v.Name)
	}
	return names
}

func functionNames() []string {
	names := make([]string, 0, len(functions))
	for name := range functions {
		names = append(names, name)
	}
	return names
}

// suggest offers names that differ only in case, where case matters.
func (b bindings) suggest(bad, valid []string) string {
	if !b.sensitive {
		return ""
	}
	var better []string
	for _, name := range valid {
		if slices.ContainsFunc(bad, func(n string) bool { return strings.EqualFold(n, name) }) {
			better = append(better, name)
		}
	}
	if better == nil {
		return ""
	}
	slices.Sort(better)
	return " (did you mean " + strings.Join(slices.Compact(better), ", ") + "?)"
}

func (b bindings) sum(s *sum) (Number, error) {
	total := Number{}
	for i, term := range s.terms {
		v, err := b.product(term)
		if err != nil {
			return Number{}, err
		}
		switch {
		case s.signs[i] == '-':
			total, err = sub(total, v)
		case i == 0:
			total = v
		default:
			total, err = add(total, v)
		}
		if err != nil {
			return Number{}, err
		}
	}
	return total, nil
}

func (b bindings) product(p *product) (Number, error) {
	total, err := b.parallel(p.factors[0])
	for i := 1; err == nil && i < len(p.factors); i++ {
		var v Number
		if v, err = b.parallel(p.factors[i]); err != nil {
			break
		}
		if err = b.charge(total, v); err != nil {
			break
		}
		if p.ops[i-1] == '*' {
			total, err = mul(total, v)
		} else {
			total, err = div(total, v)
		}
	}
	return total, err
}

// parallel adds up as resistors beside each other do.
func (b bindings) parallel(p *parallel) (Number, error) {
	if len(p.terms) == 1 {
		return b.power(p.terms[0])
	}
	values := make([]Number, len(p.terms))
	zero := false
	for i, term := range p.terms {
		v, err := b.power(term)
		if err != nil {
			return Number{}, err
		}
		values[i] = v
		zero = zero || v.isZero()
	}
	if zero {
		return Float(math.NaN()), nil
	}
	total := Number{}
	for _, v := range values {
		inverse, err := div(Float(1), v)
		if err != nil {
			return Number{}, err
		}
		if total, err = add(total, inverse); err != nil {
			return Number{}, err
		}
	}
	return div(Float(1), total)
}

func (b bindings) power(p *power) (Number, error) {
	last := len(p.atoms) - 1
	if last == 0 {
		return b.atom(p.atoms[0])
	}
	var few [2]Number
	values := few[:0]
	for _, a := range p.atoms {
		v, err := b.atom(a)
		if err != nil {
			return Number{}, err
		}
		values = append(values, v)
	}
	total := values[last]
	for i := last - 1; i >= 0; i-- {
		var err error
		if total, err = pow(values[i], total); err != nil {
			return Number{}, err
		}
		if err = b.charge(total, total); err != nil {
			return Number{}, err
		}
	}
	return total, nil
}

func (b bindings) atom(a atom) (Number, error) {
	if err := b.spend(atomWork); err != nil {
		return Number{}, err
	}
	switch {
	case a.large:
		return literal(a.number)
	case a.number != "":
		return a.value, nil
	case a.call:
		v, err := b.sum(a.inner)
		if err != nil {
			return Number{}, err
		}
		f, _ := b.function(a.name)
		if v, err = f(v); err != nil {
			return Number{}, err
		}
		return v, b.charge(v, v)
	case a.inner != nil:
		return b.sum(a.inner)
	default:
		v, _ := b.variable(a.name)
		return v, nil
	}
}
