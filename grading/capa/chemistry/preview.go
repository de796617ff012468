package chemistry

import (
	"errors"
	"html"
	"strings"
)

// The errors of this package.
var (
	ErrBraces  = errors.New("braces are not understood in chemical equations")
	ErrTooLong = errors.New("the equation is too long")
)

// maxLength bounds an equation, far above any real one.
const maxLength = 10_000

// Preview draws an equation, or one side alone: subscripts for numbers, charges
// raised, arrows as arrows. A side that cannot be read is shown as typed, marked
// as an error. The HTML is safe to show: what was typed is escaped.
func Preview(equation string) (string, error) {
	if len(equation) > maxLength {
		return "", ErrTooLong
	}
	left, arrow, right := splitAtArrow(equation)
	out, err := side(left)
	if err != nil {
		return "", err
	}
	if arrow != "" {
		after, err := side(right)
		if err != nil {
			return "", err
		}
		out += arrow + after
	}
	return `<span class="math">` + out + `</span>`, nil
}

// splitAtArrow looks for an arrow both ways first; only one arrow counts.
func splitAtArrow(equation string) (left, arrow, right string) {
	if left, right, ok := strings.Cut(equation, "<->"); ok {
		return left, "↔", right
	}
	if left, right, ok := strings.Cut(equation, "->"); ok {
		return left, "→", right
	}
	return equation, "", ""
}

func side(text string) (string, error) {
	tokens, ok := split(text)
	if ok {
		for _, t := range tokens {
			if t == "{" || t == "}" {
				return "", ErrBraces
			}
		}
		p := parser{tokens: tokens}
		if ok = p.sum() && p.pos == len(tokens); ok {
			return p.out.String(), nil
		}
	}
	return `<span class="inline-error inline">` + html.EscapeString(text) + `</span>`, nil
}

// elements are the symbols known, in a text to search with blanks around.
const elements = " Ac Ag Al Am Ar As At Au B Ba Be Bh Bi Bk Br C Ca Cd Ce Cf Cl Cm Cn Co Cr Cs Cu Db Ds Dy " +
	"Er Es Eu F Fe Fl Fm Fr Ga Gd Ge H He Hf Hg Ho Hs I In Ir K Kr La Li Lr Lu Lv Md Mg Mn Mo Mt N Na Nb Nd " +
	"Ne Ni No Np O Os P Pa Pb Pd Pm Po Pr Pt Pu Ra Rb Re Rf Rg Rh Rn Ru S Sb Sc Se Sg Si Sm Sn Sr Ta Tb Tc " +
	"Te Th Ti Tl Tm U Uuo Uup Uus Uut V W Xe Y Yb Zn Zr "

// phases are what a substance may be followed by.
var phases = []string{"(aq)", "(s)", "(l)", "(g)"}

// split takes the longest token at each place. ok is false for what is none,
// and for nothing at all.
func split(text string) (tokens []string, ok bool) {
	for {
		text = strings.TrimLeft(text, " \t\n\r")
		if text == "" {
			return tokens, tokens != nil
		}
		t := token(text)
		if t == "" {
			return nil, false
		}
		tokens = append(tokens, t)
		text = text[len(t):]
	}
}

func token(text string) string {
	for _, p := range phases {
		if strings.HasPrefix(text, p) {
			return p
		}
	}
	for n := min(3, len(text)); n > 0; n-- {
		if strings.Contains(elements, " "+text[:n]+" ") && !strings.Contains(text[:n], " ") {
			return text[:n]
		}
	}
	if strings.IndexByte("0123456789[](){}^+-/", text[0]) >= 0 {
		return text[:1]
	}
	return ""
}

// parser draws while it reads:
//
//	sum       := substance {'+' substance}
//	substance := [number ['/' number]] group [phase]
//	group     := part {part}
//	part      := (element | '(' group ')' | '[' group ']') [number] ['^' [number] ('+' | '-')]
type parser struct {
	tokens []string
	pos    int
	out    strings.Builder
}

// next is the token to read, empty at the end.
func (p *parser) next() string {
	if p.pos == len(p.tokens) {
		return ""
	}
	return p.tokens[p.pos]
}

func (p *parser) take(token string) bool {
	if p.next() != token {
		return false
	}
	p.pos++
	return true
}

func (p *parser) number() string {
	start := p.pos
	for t := p.next(); len(t) == 1 && '0' <= t[0] && t[0] <= '9'; t = p.next() {
		p.pos++
	}
	return strings.Join(p.tokens[start:p.pos], "")
}

func (p *parser) sum() bool {
	for {
		if !p.substance() {
			return false
		}
		if !p.take("+") {
			return true
		}
		p.out.WriteString("+")
	}
}

func (p *parser) substance() bool {
	if count := p.number(); count != "" && p.take("/") {
		below := p.number()
		if below == "" {
			return false
		}
		p.out.WriteString("<sup>" + count + "</sup>&frasl;<sub>" + below + "</sub>")
	} else {
		p.out.WriteString(count)
	}
	if !p.group() {
		return false
	}
	for _, phase := range phases {
		if p.take(phase) {
			p.out.WriteString(phase)
			break
		}
	}
	return true
}

func (p *parser) group() bool {
	if !p.part() {
		return false
	}
	for p.starts() {
		if !p.part() {
			return false
		}
	}
	return true
}

// starts tells whether a part begins here.
func (p *parser) starts() bool {
	t := p.next()
	return t == "(" || t == "[" || t != "" && 'A' <= t[0] && t[0] <= 'Z'
}

func (p *parser) part() bool {
	switch {
	case p.next() == "(":
		if !p.enclosed("(", ")") {
			return false
		}
	case p.next() == "[":
		if !p.enclosed("[", "]") {
			return false
		}
	case p.starts():
		p.out.WriteString(p.next())
		p.pos++
	default:
		return false
	}
	if index := p.number(); index != "" {
		p.out.WriteString("<sub>" + index + "</sub>")
	}
	return p.charge()
}

func (p *parser) enclosed(open, end string) bool {
	p.out.WriteString(open)
	p.pos++
	if !p.group() || !p.take(end) {
		return false
	}
	p.out.WriteString(end)
	return true
}

// charge draws the charge of an ion; one needs no number.
func (p *parser) charge() bool {
	if !p.take("^") {
		return true
	}
	size := p.number()
	if size == "1" {
		size = ""
	}
	sign := p.next()
	if sign != "+" && sign != "-" {
		return false
	}
	p.pos++
	p.out.WriteString("<sup>" + size + sign + "</sup>")
	return true
}
