package formula

import (
	"slices"
	"strings"
)

// Preview typesets an expression as TeX, without the marks around it. Names
// need not be known. A blank text gives an empty one; the errors are of the
// kinds Syntax, also where a parenthesis is missing, and Limit.
func Preview(text string) (string, error) {
	expr, err := Parse(text)
	if err, ok := err.(*Error); ok && err.Kind == Parentheses { //nolint:errorlint // Parse wraps nothing
		return "", fail(Syntax, err.Message)
	}
	if err != nil {
		return "", err
	}
	return expr.TeX(), nil
}

// TeX typesets the expression as it was meant: quotients as fractions, powers
// raised, names of Greek letters as the letters.
func (e *Expr) TeX() string {
	if e.root == nil {
		return ""
	}
	return e.root.typeset().tex
}

// typeset is a piece of TeX.
type typeset struct {
	tex  string
	bare string // without the parentheses that enclose all of it
	tall bool   // parentheses around it have to grow
}

func plain(tex string, tall bool) typeset { return typeset{tex: tex, bare: tex, tall: tall} }

// joined puts a separator between pieces.
func joined(parts []typeset, separator string) typeset {
	var sb strings.Builder
	tall := false
	for i, part := range parts {
		if i > 0 {
			sb.WriteString(separator)
		}
		sb.WriteString(part.tex)
		tall = tall || part.tall
	}
	return plain(sb.String(), tall)
}

func (s *sum) typeset() typeset {
	if len(s.terms) == 1 && !s.signed {
		return s.terms[0].typeset()
	}
	var sb strings.Builder
	tall := false
	for i, term := range s.terms {
		if i > 0 || s.signed {
			sb.WriteByte(s.signs[i])
		}
		part := term.typeset()
		sb.WriteString(part.tex)
		tall = tall || part.tall
	}
	return plain(sb.String(), tall)
}

const times = `\cdot `

// typeset makes one fraction of each run of divisors: a/b/c is a over b times c.
func (p *product) typeset() typeset {
	if len(p.factors) == 1 {
		return p.factors[0].typeset()
	}
	var groups, above, below []typeset
	for i, factor := range p.factors {
		part := factor.typeset()
		switch {
		case i > 0 && p.ops[i-1] == '/':
			below = append(below, part)
			continue
		case below != nil:
			groups = append(groups, fraction(above, below))
			above, below = nil, nil
		}
		above = append(above, part)
	}
	if below != nil {
		groups = append(groups, fraction(above, below))
	} else {
		groups = append(groups, above...)
	}
	return joined(groups, times)
}

func fraction(above, below []typeset) typeset {
	return plain(`\frac{`+alone(above)+`}{`+alone(below)+`}`, true)
}

// alone is a product in a place of its own: one factor needs no parentheses.
func alone(factors []typeset) string {
	if len(factors) == 1 {
		return factors[0].bare
	}
	return joined(factors, times).tex
}

func (l *parallel) typeset() typeset {
	if len(l.terms) == 1 {
		return l.terms[0].typeset()
	}
	parts := make([]typeset, len(l.terms))
	for i, term := range l.terms {
		parts[i] = term.typeset()
	}
	return joined(parts, `\|`)
}

func (w *power) typeset() typeset {
	last := len(w.atoms) - 1
	if last == 0 {
		return w.atoms[0].typeset()
	}
	var sb strings.Builder
	for i, a := range w.atoms {
		part := a.typeset()
		if i == last {
			sb.WriteString(part.bare)
			break
		}
		sb.WriteString(part.tex + `^{`)
	}
	sb.WriteString(strings.Repeat(`}`, last))
	return plain(sb.String(), true)
}

func (a atom) typeset() typeset {
	switch {
	case a.number != "":
		return typesetNumber(a.number)
	case a.call:
		return typesetCall(a.name, a.inner.typeset())
	case a.inner != nil:
		inner := a.inner.typeset()
		return typeset{tex: enclose(inner), bare: inner.tex, tall: inner.tall}
	default:
		return plain(typesetName(a.name), false)
	}
}

func enclose(t typeset) string {
	if t.tall {
		return `\left(` + t.tex + `\right)`
	}
	return `(` + t.tex + `)`
}

func typesetNumber(text string) typeset {
	number, percent := strings.CutSuffix(text, "%")
	mantissa, exponent, scientific := strings.Cut(number, "e")
	tex := mantissa
	if scientific {
		tex += `\!\times\!10^{` + exponent + `}`
	}
	if percent {
		tex += `\text{%}`
	}
	return plain(tex, scientific)
}

func typesetCall(name string, argument typeset) typeset {
	switch name {
	case "sqrt":
		return plain(`\sqrt{`+argument.tex+`}`, argument.tall)
	case "log10":
		name = `\log_{10}`
	case "log2":
		name = `\log_2`
	default:
		name = `\text{` + name + `}`
	}
	return plain(name+enclose(argument), argument.tall)
}

// typesetName lowers what follows the first underscore.
func typesetName(name string) string {
	base, index, _ := strings.Cut(name, "_")
	if index == "" {
		return typesetWord(name)
	}
	return typesetWord(base) + `_{` + typesetWord(index) + `}`
}

// greek are the letters TeX knows by name; their capitals are taken for names too.
var greek = []string{
	"alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
	"iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi",
	"varphi", "chi", "psi", "omega",
}

func typesetWord(word string) string {
	if word == "" {
		return ""
	}
	small := strings.ToLower(word[:1]) + word[1:]
	if word == "hbar" || word == "infty" || slices.Contains(greek, small) {
		return `\` + word
	}
	return strings.ReplaceAll(word, "_", `\_`)
}
