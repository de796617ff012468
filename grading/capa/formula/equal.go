package formula

import (
	"math"
	"math/big"
	"math/cmplx"
	"strconv"
	"strings"
)

// DefaultTolerance is the tolerance of answers that state none. Written out it
// has a meaning of its own: relative to the larger of the two numbers.
const DefaultTolerance = "0.001%"

// Tolerance is how far an answer may be off.
type Tolerance struct {
	width    Number
	relative bool // to the larger of the two numbers
	percent  bool // of the staff's number
}

// ParseTolerance reads an expression with an optional percent sign at its end.
func ParseTolerance(text string) (Tolerance, error) {
	t := Tolerance{relative: text == DefaultTolerance}
	body, percent := strings.CutSuffix(text, "%")
	width, err := Evaluate(body, Scope{})
	if err != nil {
		return Tolerance{}, err
	}
	if percent {
		t.percent = !t.relative
		if width, err = mul(width, Float(0.01)); err != nil {
			return Tolerance{}, err
		}
	}
	t.width = width
	return t, nil
}

// RelativeTolerance allows a share of the larger of the two numbers.
func RelativeTolerance(share float64) Tolerance {
	return Tolerance{width: Float(share), relative: true}
}

// AbsoluteTolerance allows a distance.
func AbsoluteTolerance(width float64) Tolerance { return Tolerance{width: Float(width)} }

// Relative makes the tolerance a share of the larger of the two numbers.
func (t Tolerance) Relative() Tolerance {
	t.relative, t.percent = true, false
	return t
}

// Equal compares a learner's number with the staff's. Real numbers are compared
// as the decimals they are written as, so that 10.5 is within 0.5 of 10.
// A tolerance that is no real number, and integers beyond floating point, are errors.
func Equal(student, staff Number, t Tolerance) (bool, error) {
	s, err := student.Complex128()
	if err != nil {
		return false, err
	}
	r, err := staff.Complex128()
	if err != nil {
		return false, err
	}
	width := t.width
	switch {
	case t.relative:
		width, err = mul(width, Float(math.Max(cmplx.Abs(s), cmplx.Abs(r))))
	case t.percent:
		width, err = mul(width, Float(cmplx.Abs(r)))
	}
	if err != nil {
		return false, err
	}
	if cmplx.IsInf(s) || cmplx.IsInf(r) {
		return s == r, nil
	}
	if width.kind == complex64s {
		return false, fail(Type, "the tolerance is a complex number")
	}
	if imag(s) != 0 || imag(r) != 0 {
		w, err := width.Complex128()
		return cmplx.Abs(s-r) <= real(w), err
	}
	if math.IsNaN(real(s)) || math.IsNaN(real(r)) {
		return false, nil
	}
	return within(real(s), real(r), width)
}

func within(s, r float64, width Number) (bool, error) {
	var bound decimal
	if width.kind == integer {
		bound = decimal{coefficient: width.exact()}
	} else {
		w := real(width.value)
		if math.IsNaN(w) {
			return false, fail(Value, "the tolerance is not a number")
		}
		if math.IsInf(w, 0) {
			return w > 0, nil
		}
		if yes, sure := plainlyWithin(s, r, w); sure {
			return yes, nil
		}
		bound = shortest(w)
	}
	difference := subtract(shortest(s), shortest(r))
	difference.coefficient.Abs(difference.coefficient)
	return compare(difference, bound) <= 0, nil
}

// plainlyWithin compares where rounding cannot matter: a number and the decimal
// it prints as are less than its last digit apart.
func plainlyWithin(s, r, width float64) (yes, sure bool) {
	largest := math.Max(math.Max(math.Abs(s), math.Abs(r)), math.Abs(width))
	if largest < 1e-290 || largest > 1e290 {
		return false, false
	}
	distance, slack := math.Abs(s-r), largest*0x1p-50
	return distance < width, math.Abs(distance-width) > slack
}

// decimal is coefficient * 10^exponent.
type decimal struct {
	coefficient *big.Int
	exponent    int
}

// shortest is the decimal a floating point number prints as.
func shortest(x float64) decimal {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], x, 'e', -1, 64)
	digits := make([]byte, 0, len(text))
	fraction, exponent, point := 0, 0, false
	for i, c := range text {
		if c == 'e' {
			exponent, _ = strconv.Atoi(string(text[i+1:]))
			break
		}
		if c == '.' {
			point = true
			continue
		}
		if point {
			fraction++
		}
		digits = append(digits, c)
	}
	n, _ := strconv.ParseInt(string(digits), 10, 64) // at most 17 digits
	return decimal{coefficient: big.NewInt(n), exponent: exponent - fraction}
}

var ten = big.NewInt(10)

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }

func align(a, b decimal) (x, y *big.Int, exponent int) {
	x, y = a.coefficient, b.coefficient
	switch {
	case a.exponent > b.exponent:
		return new(big.Int).Mul(x, powerOfTen(a.exponent-b.exponent)), y, b.exponent
	case a.exponent < b.exponent:
		return x, new(big.Int).Mul(y, powerOfTen(b.exponent-a.exponent)), a.exponent
	}
	return x, y, a.exponent
}

// precision is how many digits a difference keeps, as decimals do by default
// where the rules come from.
const precision = 28

func subtract(a, b decimal) decimal {
	x, y, exponent := align(a, b)
	d := decimal{coefficient: new(big.Int).Sub(x, y), exponent: exponent}
	if d.coefficient.BitLen() <= 93 { // 10^28 has 94 bits
		return d
	}
	excess := len(new(big.Int).Abs(d.coefficient).String()) - precision
	if excess <= 0 {
		return d
	}
	unit := powerOfTen(excess)
	q, rest := new(big.Int).QuoRem(d.coefficient, unit, new(big.Int))
	switch c := new(big.Int).Lsh(rest.Abs(rest), 1).Cmp(unit); {
	case c > 0, c == 0 && q.Bit(0) == 1:
		q.Add(q, big.NewInt(int64(d.coefficient.Sign())))
	}
	return decimal{coefficient: q, exponent: d.exponent + excess}
}

func compare(a, b decimal) int {
	x, y, _ := align(a, b)
	return x.Cmp(y)
}

// Identical tells whether two numbers have exactly the same value, whatever
// their kinds.
func Identical(a, b Number) bool {
	if a.kind == integer && b.kind == integer {
		return a.exact().Cmp(b.exact()) == 0
	}
	if a.kind == integer {
		a, b = b, a
	}
	if b.kind != integer {
		return a.value == b.value
	}
	if imag(a.value) != 0 || math.IsNaN(real(a.value)) || math.IsInf(real(a.value), 0) {
		return false
	}
	exact, accuracy := big.NewFloat(real(a.value)).Int(nil)
	return accuracy == big.Exact && exact.Cmp(b.exact()) == 0
}
