package formula

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds on what is read. They are far above any real answer.
const (
	maxLength  = 10_000 // characters
	maxNesting = 200    // parentheses and calls inside each other
)

// Expr is a parsed expression: immutable and safe for concurrent use.
// The zero Expr is blank and evaluates to not-a-number.
type Expr struct {
	root      *sum
	variables []string // as written, in order
	functions []string
}

// The tree follows the grammar, so that it can be printed as it was meant.
type (
	sum struct {
		signs  []byte // of each term: '+' or '-'
		terms  []*product
		signed bool // the first sign was written
	}
	product struct {
		ops     []byte // before each factor but the first: '*' or '/'
		factors []*parallel
	}
	parallel struct{ terms []*power }
	power    struct{ atoms []atom }
	atom     struct {
		number string // as written without blanks, sign, exponent and % included
		value  Number // of the number
		large  bool   // the number is over our bounds: evaluating it fails
		name   string // a variable, or a function when call is set
		call   bool
		inner  *sum // the argument, or what the parentheses hold
	}
)

// Parse reads an expression. Parentheses are checked before anything else.
func Parse(text string) (*Expr, error) {
	if utf8.RuneCountInString(text) > maxLength {
		return nil, fail(Limit, "the expression is too long")
	}
	if strings.TrimFunc(text, isPySpace) == "" {
		return &Expr{}, nil
	}
	if err := checkParentheses(text); err != nil {
		return nil, err
	}
	p := &parser{text: text, expr: &Expr{}}
	root, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.blank(); p.pos != len(p.text) {
		return nil, fail(Syntax, "")
	}
	p.expr.root = root
	return p.expr, nil
}

func checkParentheses(text string) error {
	open := 0
	for i, r := range text {
		switch r {
		case '(':
			open++
		case ')':
			open--
		}
		if open < 0 {
			return fail(Parentheses, fmt.Sprintf("Invalid Input: A closing parenthesis was found after segment %s, "+
				"but there is no matching opening parenthesis before it.", text[:i]))
		}
	}
	if open > 0 {
		return fail(Parentheses, fmt.Sprintf("Invalid Input: Parentheses are unmatched. "+
			"%d parentheses were opened but never closed.", open))
	}
	return nil
}

type parser struct {
	text  string
	pos   int
	depth int
	expr  *Expr
}

func (p *parser) blank() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// one skips blanks and takes the next byte when it is among set, else returns 0.
func (p *parser) one(set string) byte {
	p.blank()
	if p.pos < len(p.text) && strings.IndexByte(set, p.text[p.pos]) >= 0 {
		p.pos++
		return p.text[p.pos-1]
	}
	return 0
}

func (p *parser) sum() (*sum, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, fail(Limit, "the expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	sign := p.one("+-")
	s := &sum{signed: sign != 0}
	if sign == 0 {
		sign = '+'
	}
	for sign != 0 {
		term, err := p.product()
		if err != nil {
			return nil, err
		}
		s.signs = append(s.signs, sign)
		s.terms = append(s.terms, term)
		sign = p.one("+-")
	}
	return s, nil
}

func (p *parser) product() (*product, error) {
	m := &product{}
	for {
		factor, err := p.parallel()
		if err != nil {
			return nil, err
		}
		m.factors = append(m.factors, factor)
		op := p.one("*/")
		if op == 0 {
			return m, nil
		}
		m.ops = append(m.ops, op)
	}
}

func (p *parser) parallel() (*parallel, error) {
	l := &parallel{}
	for {
		term, err := p.power()
		if err != nil {
			return nil, err
		}
		l.terms = append(l.terms, term)
		if p.blank(); !strings.HasPrefix(p.text[p.pos:], "||") {
			return l, nil
		}
		p.pos += 2
	}
}

func (p *parser) power() (*power, error) {
	w := &power{}
	for {
		a, err := p.atom()
		if err != nil {
			return nil, err
		}
		w.atoms = append(w.atoms, a)
		if p.one("^") == 0 {
			return w, nil
		}
	}
}

func (p *parser) atom() (atom, error) {
	if number, ok := p.number(); ok {
		value, err := literal(number)
		return atom{number: number, value: value, large: err != nil}, nil
	}
	if name, ok := p.plainName(); ok {
		after := p.pos
		if p.one("(") != 0 {
			p.expr.functions = append(p.expr.functions, name)
			inner, err := p.enclosed()
			return atom{name: name, call: true, inner: inner}, err
		}
		p.pos = after - len(name)
		name = p.indexedName(name)
		p.expr.variables = append(p.expr.variables, name)
		return atom{name: name}, nil
	}
	if p.one("(") != 0 {
		inner, err := p.enclosed()
		return atom{inner: inner}, err
	}
	return atom{}, fail(Syntax, "")
}

// enclosed reads what stands after an opening parenthesis, and the closing one.
func (p *parser) enclosed() (*sum, error) {
	inner, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.one(")") == 0 {
		return nil, fail(Syntax, "")
	}
	return inner, nil
}

// number reads a number with its own sign, exponent and percent sign.
func (p *parser) number() (string, bool) {
	start := p.pos
	text := ""
	if sign := p.one("+-"); sign != 0 {
		text = string(sign)
	}
	p.blank()
	mantissa := p.mantissa()
	if mantissa == "" {
		p.pos = start
		return "", false
	}
	text += mantissa
	end := p.pos
	if p.one("eE") != 0 {
		sign := p.one("+-")
		p.blank()
		if digits := p.digits(); digits != "" {
			text += "e"
			if sign != 0 {
				text += string(sign)
			}
			text += digits
			end = p.pos
		}
		p.pos = end
	}
	if p.one("%") != 0 {
		return text + "%", true
	}
	p.pos = end
	return text, true
}

func (p *parser) mantissa() string {
	start := p.pos
	whole := p.digits()
	if p.pos < len(p.text) && p.text[p.pos] == '.' {
		p.pos++
		if p.digits() == "" && whole == "" {
			p.pos = start
		}
	}
	return p.text[start:p.pos]
}

func (p *parser) digits() string {
	return p.run(func(c byte) bool { return '0' <= c && c <= '9' })
}

// run takes the longest run of bytes that ok accepts.
func (p *parser) run(ok func(byte) bool) string {
	start := p.pos
	for p.pos < len(p.text) && ok(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func alphanumeric(c byte) bool { return letter(c) || '0' <= c && c <= '9' }

// plainName reads letter {letter|digit|_} {'}.
func (p *parser) plainName() (string, bool) {
	p.blank()
	if p.pos == len(p.text) || !letter(p.text[p.pos]) {
		return "", false
	}
	start := p.pos
	p.run(func(c byte) bool { return alphanumeric(c) || c == '_' })
	p.run(func(c byte) bool { return c == '\'' })
	return p.text[start:p.pos], true
}

// indexedName reads the same name with indices, name[_{idx}]^{idx}{'} or
// name_{idx}{'}, or takes the plain name when there are none.
func (p *parser) indexedName(plain string) string {
	start := p.pos
	p.run(alphanumeric)
	lower := p.index("_{")
	if upper := p.index("^{"); !lower && !upper {
		p.pos = start + len(plain)
		return plain
	}
	p.run(func(c byte) bool { return c == '\'' })
	return p.text[start:p.pos]
}

func (p *parser) index(opening string) bool {
	start := p.pos
	if strings.HasPrefix(p.text[p.pos:], opening) {
		p.pos += len(opening)
		if p.run(alphanumeric) != "" && p.pos < len(p.text) && p.text[p.pos] == '}' {
			p.pos++
			return true
		}
	}
	p.pos = start
	return false
}

// isPySpace tells what Python's str.strip removes.
func isPySpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', 0x1c, 0x1d, 0x1e, 0x1f, ' ', 0x85, 0xa0, 0x1680,
		0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	}
	return 0x2000 <= r && r <= 0x200a
}
