package formula

import (
	"math"
	"math/big"
	"math/cmplx"
	"strconv"
	"strings"
)

// maxBits bounds exact integers: about 60,000 decimal digits.
const maxBits = 200_000

// Number is an exact integer, a real or a complex number. The zero Number is
// the integer 0.
type Number struct {
	kind    kind
	library bool // from a library function: division by zero does not fail
	integer *big.Int
	value   complex128
}

type kind uint8

const (
	integer kind = iota
	real64
	complex64s
)

// Int makes an exact integer.
func Int(n int64) Number { return Number{integer: big.NewInt(n)} }

// Float makes a real number.
func Float(x float64) Number { return Number{kind: real64, value: complex(x, 0)} }

// Complex makes a complex number, which stays one when its imaginary part is 0.
func Complex(c complex128) Number { return Number{kind: complex64s, value: c} }

// IsComplex tells whether the number is of the complex kind.
func (n Number) IsComplex() bool { return n.kind == complex64s }

// Integer returns the exact integer, when the number is one.
func (n Number) Integer() (*big.Int, bool) {
	if n.kind != integer {
		return nil, false
	}
	return n.exact(), true
}

// Complex128 converts the number; an integer beyond floating point overflows.
func (n Number) Complex128() (complex128, error) {
	if n.kind != integer {
		return n.value, nil
	}
	if n.exact().IsInt64() {
		return complex(float64(n.exact().Int64()), 0), nil
	}
	f, _ := new(big.Float).SetInt(n.exact()).Float64()
	if math.IsInf(f, 0) {
		return 0, fail(Overflow, "int too large to convert to float")
	}
	return complex(f, 0), nil
}

func (n Number) exact() *big.Int {
	if n.integer == nil {
		return new(big.Int)
	}
	return n.integer
}

func bounded(i *big.Int, library bool) (Number, error) {
	if i.BitLen() > maxBits {
		return Number{}, fail(Limit, "the number is too large")
	}
	return Number{integer: i, library: library}, nil
}

// pair converts two operands to the wider of their kinds.
func pair(a, b Number) (x, y complex128, k kind, library bool, err error) {
	if x, err = a.Complex128(); err != nil {
		return
	}
	y, err = b.Complex128()
	return x, y, max(a.kind, b.kind, real64), a.library || b.library, err
}

func add(a, b Number) (Number, error) {
	if a.kind == integer && b.kind == integer {
		return bounded(new(big.Int).Add(a.exact(), b.exact()), a.library || b.library)
	}
	x, y, k, library, err := pair(a, b)
	return Number{kind: k, library: library, value: x + y}, err
}

func sub(a, b Number) (Number, error) {
	if a.kind == integer && b.kind == integer {
		return bounded(new(big.Int).Sub(a.exact(), b.exact()), a.library || b.library)
	}
	x, y, k, library, err := pair(a, b)
	return Number{kind: k, library: library, value: x - y}, err
}

func mul(a, b Number) (Number, error) {
	if a.kind == integer && b.kind == integer {
		if a.exact().BitLen()+b.exact().BitLen() > maxBits {
			return Number{}, fail(Limit, "the number is too large")
		}
		return bounded(new(big.Int).Mul(a.exact(), b.exact()), a.library || b.library)
	}
	x, y, k, library, err := pair(a, b)
	if k == real64 {
		return Number{kind: k, library: library, value: complex(real(x)*real(y), 0)}, err
	}
	return Number{kind: k, library: library, value: x * y}, err
}

// div is true division.
func div(a, b Number) (Number, error) {
	library := a.library || b.library
	if b.isZero() && !library {
		return Number{}, fail(ZeroDivision, "division by zero")
	}
	if a.kind == integer && b.kind == integer && !b.isZero() && a.exact().BitLen()+b.exact().BitLen() > 53 {
		// Correctly rounded, also for integers that are no floating point numbers.
		q, _ := new(big.Rat).SetFrac(a.exact(), b.exact()).Float64()
		if math.IsInf(q, 0) {
			return Number{}, fail(Overflow, "integer division result too large for a float")
		}
		return Number{kind: real64, library: library, value: complex(q, 0)}, nil
	}
	x, y, k, library, err := pair(a, b)
	if k == real64 {
		return Number{kind: k, library: library, value: complex(real(x)/real(y), 0)}, err
	}
	return Number{kind: k, library: library, value: x / y}, err
}

func (n Number) isZero() bool {
	if n.kind == integer {
		return n.exact().Sign() == 0
	}
	return n.value == 0
}

// pow raises a to b.
func pow(a, b Number) (Number, error) {
	if a.kind == integer && b.kind == integer {
		return powInteger(a, b)
	}
	x, y, k, library, err := pair(a, b)
	if err != nil {
		return Number{}, err
	}
	if k == real64 {
		if library {
			return Number{kind: k, library: true, value: complex(math.Pow(real(x), real(y)), 0)}, nil
		}
		return powReal(real(x), real(y))
	}
	return powComplex(x, y, library)
}

func powInteger(a, b Number) (Number, error) {
	library := a.library || b.library
	if b.exact().Sign() < 0 {
		switch {
		case library:
			return Number{}, fail(Value, "Integers to negative integer powers are not allowed.")
		case a.isZero():
			return Number{}, fail(ZeroDivision, "0.0 cannot be raised to a negative power")
		}
		x, y, _, _, err := pair(a, b)
		if err != nil {
			return Number{}, err
		}
		return powReal(real(x), real(y))
	}
	base, exponent := a.exact(), b.exact()
	if base.BitLen() > 1 && (!exponent.IsInt64() || exponent.Int64() > maxBits ||
		int64(base.BitLen()-1)*exponent.Int64() > maxBits) {
		return Number{}, fail(Limit, "the number is too large")
	}
	if base.BitLen() <= 1 { // 0, 1, -1: the exponent may be anything
		exponent = new(big.Int).And(exponent, big.NewInt(1))
		if b.isZero() {
			return Number{integer: big.NewInt(1), library: library}, nil
		}
		if exponent.Sign() == 0 {
			return Number{integer: new(big.Int).Abs(base), library: library}, nil
		}
	}
	return bounded(new(big.Int).Exp(base, exponent, nil), library)
}

func powReal(x, y float64) (Number, error) {
	if x == 0 && y < 0 {
		return Number{}, fail(ZeroDivision, "0.0 cannot be raised to a negative power")
	}
	if x < 0 && !math.IsInf(x, 0) && !math.IsInf(y, 0) && y != math.Trunc(y) {
		return powComplex(complex(x, 0), complex(y, 0), false)
	}
	z := math.Pow(x, y)
	if math.IsInf(z, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return Number{}, fail(Overflow, "Numerical result out of range")
	}
	return Float(z), nil
}

func powComplex(x, y complex128, library bool) (Number, error) {
	if x == 0 && y != 0 {
		if (imag(y) != 0 || real(y) < 0) && !library {
			return Number{}, fail(ZeroDivision, "0.0 to a negative or complex power")
		}
		if imag(y) == 0 && real(y) > 0 {
			return Number{kind: complex64s, library: library}, nil
		}
	}
	z := powSmall(x, y)
	if !library && cmplx.IsInf(z) && !cmplx.IsInf(x) && !cmplx.IsInf(y) {
		return Number{}, fail(Overflow, "complex exponentiation")
	}
	return Number{kind: complex64s, library: library, value: z}, nil
}

// powSmall multiplies out small whole exponents, so that i^2 is exactly -1.
func powSmall(x, y complex128) complex128 {
	n := real(y)
	if imag(y) != 0 || n != math.Trunc(n) || math.Abs(n) > 100 {
		return cmplx.Pow(x, y)
	}
	z, square := complex(1, 0), x
	for k := int(math.Abs(n)); k > 0; k >>= 1 {
		if k&1 == 1 {
			z *= square
		}
		square *= square
	}
	if n < 0 {
		return 1 / z
	}
	return z
}

// literal reads a number as the grammar wrote it.
func literal(text string) (Number, error) {
	body, percent := strings.CutSuffix(text, "%")
	if !percent && !strings.ContainsAny(body, ".e") {
		i, ok := new(big.Int).SetString(body, 10)
		if !ok || len(body) > 4300 {
			return Number{}, fail(Limit, "the number is too large")
		}
		return Number{integer: i}, nil
	}
	// Out of range gives infinity or zero, which is what is wanted.
	x, _ := strconv.ParseFloat(body, 64)
	if percent {
		x *= 0.01
	}
	return Float(x), nil
}
