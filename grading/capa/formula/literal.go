package formula

import (
	"math"
	"strconv"
	"strings"
)

// ParseComplex reads what Python's complex() accepts: "3+4j", "1e5", "inf",
// "nan", "-2j", in parentheses or not, blanks around but not inside.
func ParseComplex(text string) (complex128, bool) {
	s := strings.TrimFunc(text, isPySpace)
	if inner, ok := strings.CutPrefix(s, "("); ok {
		if inner, ok = strings.CutSuffix(inner, ")"); !ok {
			return 0, false
		}
		s = strings.TrimFunc(inner, isPySpace)
	}
	body, imaginary := s, false
	if n := len(s); n > 0 && (s[n-1] == 'j' || s[n-1] == 'J') {
		body, imaginary = s[:n-1], true
	}
	if !imaginary {
		x, ok := ParseFloat(s)
		return complex(x, 0), ok && !strings.ContainsFunc(s, isPySpace)
	}
	split := lastSign(body)
	re := 0.0
	if split > 0 {
		var ok bool
		if re, ok = ParseFloat(body[:split]); !ok {
			return 0, false
		}
		body = body[split:]
	}
	if body == "" || body == "+" || body == "-" {
		body += "1"
	}
	im, ok := ParseFloat(body)
	return complex(re, im), ok && !strings.ContainsFunc(s, isPySpace)
}

// lastSign finds the sign between real and imaginary part: not one of an exponent.
func lastSign(s string) int {
	for i := len(s) - 1; i > 0; i-- {
		if (s[i] == '+' || s[i] == '-') && s[i-1]|0x20 != 'e' {
			return i
		}
	}
	return 0
}

// ParseFloat reads what Python's float() accepts.
func ParseFloat(text string) (float64, bool) {
	s := strings.TrimFunc(text, isPySpace)
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" {
		return 0, false
	}
	switch strings.ToLower(digits) {
	case "inf", "infinity":
		return math.Inf(1 - 2*strings.Count(s[:len(s)-len(digits)], "-")), true
	case "nan":
		return math.NaN(), true
	}
	for i := range len(digits) {
		c := digits[i]
		inside := i > 0 && i+1 < len(digits) && isDigit(digits[i-1]) && isDigit(digits[i+1])
		if !isDigit(c) && strings.IndexByte(".eE+-", c) < 0 && (c != '_' || !inside) {
			return 0, false
		}
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil && !math.IsInf(x, 0) {
		return 0, false
	}
	return x, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
