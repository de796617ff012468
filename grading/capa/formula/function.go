package formula

import (
	"math"
	"math/big"
	"math/cmplx"
)

type function func(Number) (Number, error)

// functions are the library, under lower-case names. There is no log on purpose.
var functions = map[string]function{
	"sin": elementary(math.Sin, cmplx.Sin),
	"cos": elementary(math.Cos, cmplx.Cos),
	"tan": elementary(math.Tan, cmplx.Tan),
	"sec": inverted(elementary(math.Cos, cmplx.Cos)),
	"csc": inverted(elementary(math.Sin, cmplx.Sin)),
	"cot": inverted(elementary(math.Tan, cmplx.Tan)),

	"arcsin": widened(unit, math.Asin, asin),
	"arccos": widened(unit, math.Acos, acos),
	"arctan": arctan,
	"arcsec": ofInverse(elementary(math.Acos, acos)),
	"arccsc": ofInverse(elementary(math.Asin, asin)),
	"arccot": arccot,

	"sinh": elementary(math.Sinh, cmplx.Sinh),
	"cosh": elementary(math.Cosh, cmplx.Cosh),
	"tanh": elementary(math.Tanh, cmplx.Tanh),
	"sech": inverted(elementary(math.Cosh, cmplx.Cosh)),
	"csch": inverted(elementary(math.Sinh, cmplx.Sinh)),
	"coth": inverted(elementary(math.Tanh, cmplx.Tanh)),

	"arcsinh": elementary(math.Asinh, asinh),
	"arccosh": elementary(math.Acosh, acosh),
	"arctanh": widened(unit, math.Atanh, atanh),
	"arcsech": ofInverse(elementary(math.Acosh, acosh)),
	"arccsch": ofInverse(elementary(math.Asinh, asinh)),
	"arccoth": ofInverse(elementary(math.Atanh, atanh)),

	"sqrt":  widened(positive, math.Sqrt, cmplx.Sqrt),
	"log10": widened(positive, math.Log10, cmplx.Log10),
	"log2":  widened(positive, math.Log2, func(z complex128) complex128 { return cmplx.Log(z) / math.Ln2 }),
	"ln":    widened(positive, math.Log, cmplx.Log),
	"exp":   elementary(math.Exp, cmplx.Exp),
	"abs":   absolute,

	"fact":      factorial,
	"factorial": factorial,
}

// argument converts what a library function is given; integers beyond 64 bits
// are none it knows.
func argument(n Number) (complex128, error) {
	if n.kind == integer && !n.exact().IsInt64() && !n.exact().IsUint64() {
		return 0, fail(Type, "the function does not take integers of this size")
	}
	return n.Complex128()
}

func libraryReal(x float64) Number {
	return Number{kind: real64, library: true, value: complex(x, 0)}
}

func libraryComplex(z complex128) Number {
	return Number{kind: complex64s, library: true, value: z}
}

// elementary stays real for real arguments, not-a-number outside its domain.
func elementary(r func(float64) float64, c func(complex128) complex128) function {
	return widened(func(float64) bool { return true }, r, c)
}

// widened goes complex where the real function has no value.
func widened(domain func(float64) bool, r func(float64) float64, c func(complex128) complex128) function {
	return func(n Number) (Number, error) {
		z, err := argument(n)
		if err != nil {
			return Number{}, err
		}
		if n.kind == complex64s {
			return libraryComplex(c(z)), nil
		}
		if x := real(z); domain(x) || math.IsNaN(x) {
			return libraryReal(r(x)), nil
		}
		return libraryComplex(c(complex(real(z), 0))), nil
	}
}

func unit(x float64) bool     { return math.Abs(x) <= 1 }
func positive(x float64) bool { return x >= 0 }

func inverted(f function) function {
	return func(n Number) (Number, error) {
		v, err := f(n)
		if err != nil {
			return Number{}, err
		}
		return div(Float(1), v)
	}
}

func ofInverse(f function) function {
	return func(n Number) (Number, error) {
		v, err := div(Float(1), n)
		if err != nil {
			return Number{}, err
		}
		return f(v)
	}
}

var arctan = elementary(math.Atan, atan)

// arccot keeps to (-pi/2, pi/2].
func arccot(n Number) (Number, error) {
	v, err := arctan(n)
	if err != nil {
		return Number{}, err
	}
	z, _ := n.Complex128()
	quarter := math.Pi / 2
	if real(z) < 0 {
		quarter = -quarter
	}
	return sub(Float(quarter), v)
}

func absolute(n Number) (Number, error) {
	switch n.kind {
	case integer:
		// Beyond 64 bits the library hands the work back to plain integers.
		return Number{integer: new(big.Int).Abs(n.exact()), library: n.exact().IsInt64()}, nil
	case real64:
		return libraryReal(math.Abs(real(n.value))), nil
	default:
		return libraryReal(cmplx.Abs(n.value)), nil
	}
}

func factorial(n Number) (Number, error) {
	if n.kind != integer {
		return Number{}, fail(Type, "factorial takes whole numbers")
	}
	i := n.exact()
	if i.Sign() < 0 {
		return Number{}, fail(Value, "factorial() not defined for negative values")
	}
	// 14,000! has about 170,000 bits.
	if !i.IsInt64() || i.Int64() > 14_000 {
		return Number{}, fail(Limit, "the number is too large")
	}
	return Number{integer: new(big.Int).MulRange(1, max(1, i.Int64()))}, nil
}

// The inverse functions on the plane follow Kahan, "Branch cuts for complex
// elementary functions" (1987), so that the sides of the cuts are the usual ones.

func asin(z complex128) complex128 {
	x, y := real(z), imag(z)
	s1 := cmplx.Sqrt(complex(1+x, y))
	s2 := cmplx.Sqrt(complex(1-x, -y))
	return complex(math.Atan2(x, real(s1*s2)), math.Asinh(imag(cmplx.Conj(s2)*s1)))
}

func acos(z complex128) complex128 {
	x, y := real(z), imag(z)
	s1 := cmplx.Sqrt(complex(1-x, -y))
	s2 := cmplx.Sqrt(complex(1+x, y))
	return complex(2*math.Atan2(real(s1), real(s2)), math.Asinh(imag(cmplx.Conj(s2)*s1)))
}

func acosh(z complex128) complex128 {
	x, y := real(z), imag(z)
	s1 := cmplx.Sqrt(complex(x-1, y))
	s2 := cmplx.Sqrt(complex(x+1, y))
	return complex(math.Asinh(real(cmplx.Conj(s1)*s2)), 2*math.Atan2(imag(s1), real(s2)))
}

func asinh(z complex128) complex128 {
	w := asin(complex(imag(z), -real(z)))
	return complex(-imag(w), real(w))
}

func atanh(z complex128) complex128 {
	x, y := real(z), imag(z)
	re := math.Log1p(4*x/((1-x)*(1-x)+y*y)) / 4
	return complex(re, math.Atan2(2*y, (1-x)*(1+x)-y*y)/2)
}

func atan(z complex128) complex128 {
	w := atanh(complex(-imag(z), real(z)))
	return complex(imag(w), -real(w))
}
