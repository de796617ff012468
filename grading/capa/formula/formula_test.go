package formula

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/cmplx"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lyceum/internal/sharedtest"
)

// part is a number in the tables: JSON has no infinities.
type part float64

func (p *part) UnmarshalJSON(data []byte) error {
	x, ok := ParseFloat(strings.Trim(string(data), `"`))
	if !ok {
		return json.Unmarshal(data, (*float64)(p))
	}
	*p = part(x)
	return nil
}

type complexValue struct{ Re, Im part }

func (c *complexValue) UnmarshalJSON(data []byte) error {
	type plain complexValue
	if data[0] == '{' {
		return json.Unmarshal(data, (*plain)(c))
	}
	return c.Re.UnmarshalJSON(data)
}

func TestCalcTable(t *testing.T) {
	t.Parallel()
	var raw struct{ Calc []map[string]json.RawMessage }
	if err := json.Unmarshal(sharedtest.Read(t, "conformance/capa/tables.json"), &raw); err != nil {
		t.Fatal(err)
	}
	for _, row := range raw.Calc {
		var expr, kind, message string
		decode(t, row["expr"], &expr)
		decode(t, row["error"], &kind)
		decode(t, row["message"], &message)
		scope := Scope{Variables: orderedVariables(t, row["variables"])}
		decode(t, row["case_sensitive"], &scope.CaseSensitive)
		got, err := Evaluate(expr, scope)
		if kind != "" {
			e := &Error{}
			ok := errors.As(err, &e)
			if !ok || string(e.Kind) != kind || message != "" && e.Message != message {
				t.Errorf("%q: got %v, %v, want error %s %s", expr, got, err, kind, message)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", expr, err)
			continue
		}
		checkValue(t, expr, got, row["value"])
	}
}

func decode(t *testing.T, data json.RawMessage, to any) {
	t.Helper()
	if data == nil {
		return
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatal(err)
	}
}

func checkValue(t *testing.T, expr string, got Number, want json.RawMessage) {
	t.Helper()
	var exact struct{ Int string }
	if strings.Contains(string(want), `"int"`) {
		decode(t, want, &exact)
		w, _ := new(big.Int).SetString(exact.Int, 10)
		if i, ok := got.Integer(); !ok || i.Cmp(w) != 0 {
			t.Errorf("%q: got %v, want %s", expr, got, exact.Int)
		}
		return
	}
	var value complexValue
	decode(t, want, &value)
	c, err := got.Complex128()
	if err != nil || !near(real(c), float64(value.Re)) || !near(imag(c), float64(value.Im)) {
		t.Errorf("%q: got %v, %v, want %v", expr, c, err, value)
	}
}

func near(a, b float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) || math.Abs(a-b) < 1e-15
}

func orderedVariables(t *testing.T, data json.RawMessage) []Variable {
	t.Helper()
	if data == nil {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	_, _ = dec.Token()
	var out []Variable
	for dec.More() {
		name, _ := dec.Token()
		var x float64
		if err := dec.Decode(&x); err != nil {
			t.Fatal(err)
		}
		out = append(out, Variable{name.(string), Float(x)})
	}
	return out
}

func TestToleranceTable(t *testing.T) {
	t.Parallel()
	var tables struct {
		Tolerance []struct {
			Student, Staff complexValue
			Tolerance      string
			Relative       bool
			Equal          bool
		}
	}
	if err := json.Unmarshal(sharedtest.Read(t, "conformance/capa/tables.json"), &tables); err != nil {
		t.Fatal(err)
	}
	for _, row := range tables.Tolerance {
		tol, err := ParseTolerance(row.Tolerance)
		if err != nil {
			t.Fatal(err)
		}
		if row.Relative {
			tol = tol.Relative()
		}
		got, err := Equal(row.Student.number(), row.Staff.number(), tol)
		if err != nil || got != row.Equal {
			t.Errorf("%+v: got %v, %v", row, got, err)
		}
	}
}

func (c complexValue) number() Number { return Complex(complex(float64(c.Re), float64(c.Im))) }

func TestEvaluateRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		expr string
		want string // a number, or the kind of the error
	}{
		{"1/sin(0)", "+Inf"},
		{"1/(1-1)", "zero_division"},
		{"(-sqrt(9))^0.5", "NaN"},
		{"abs(2)^-1", "value"},
		{"fact(abs(-3))", "6"},
		{"(-1)^100001", "-1"},
		{"0^5", "0"},
		{"(-2)^3", "-8"},
		{"2^3^2", "512"},
		{"1 e 3", "1000"},
		{"x_{a}(2)", "syntax"},
		{"9^9^9", "limit"},
		{"fact(170000)", "limit"},
		{"(((1)", "parentheses"},
		{strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300), "limit"},
		{strings.Repeat("1+", 6000) + "1", "limit"},
		{"1/3*3-1", "0"},
		{"sin(2^70)", "type"},
		{"abs(0-2^70)-2^70", "0"},
		{"arcsec(0)", "zero_division"},
		{"2^1e6", "overflow"},
		{strings.Repeat("fact(13999)-", 800) + "1", "limit"},
		{strings.Repeat("(3^100000-3^100000)+", 400) + "1", "limit"},
	}
	for _, tt := range tests {
		got, err := Evaluate(tt.expr, Scope{})
		text := ""
		e := &Error{}
		if errors.As(err, &e) {
			text = string(e.Kind)
		} else if c, cerr := got.Complex128(); cerr != nil {
			t.Errorf("%.40q: %v", tt.expr, cerr)
		} else {
			text = strings.TrimSuffix(strings.Trim(strings.ReplaceAll(formatComplex(c), "+0i", ""), "()"), "i")
		}
		if text != tt.want {
			t.Errorf("%.40q: got %s (%v), want %s", tt.expr, text, err, tt.want)
		}
	}
}

func formatComplex(c complex128) string {
	b, _ := json.Marshal(real(c))
	if math.IsInf(real(c), 1) {
		return "+Inf"
	}
	if cmplx.IsNaN(c) {
		return "NaN"
	}
	return string(b)
}

func TestParseComplex(t *testing.T) {
	t.Parallel()
	tests := map[string]complex128{
		"3+4j": 3 + 4i, "-2j": -2i, "j": 1i, "-j": -1i, "1e-3+1e+2j": 0.001 + 100i, " (1-J) ": 1 - 1i,
		"1_000": 1000, ".5": 0.5, "5.": 5, "-inf": complex(math.Inf(-1), 0),
	}
	for text, want := range tests {
		if got, ok := ParseComplex(text); !ok || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "1+", "1 + 2j", "0x10", "1__0", "_1", "1p3", "--1", "i", "(1", "1,0", "infj2"} {
		if got, ok := ParseComplex(text); ok {
			t.Errorf("%q: got %v, want refusal", text, got)
		}
	}
}

func FuzzEvaluate(f *testing.F) {
	for _, s := range []string{"1+2*3", "2^-2^2", "sin(pi/2)||x_{a}^{2}'", "fact(5)%", "1e", "((", "i^i", "9^9^9^9", "-.5E+3 %", "٣"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, sensitive bool) {
		start := time.Now()
		v, err := Evaluate(text, Scope{Variables: []Variable{{"x", Float(2)}}, CaseSensitive: sensitive})
		if err == nil {
			_, _ = Equal(v, Float(1), RelativeTolerance(1e-5))
			_ = Identical(v, Int(3))
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Fatalf("%q took %v", text, d)
		}
	})
}

func FuzzParseComplex(f *testing.F) {
	f.Add("3+4j")
	f.Add("(1e5-inf)j")
	f.Fuzz(func(_ *testing.T, text string) { ParseComplex(text) })
}

func BenchmarkEvaluate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Evaluate("3*(2+(4-1)*(5-3))^2/6 + sin(pi/2)", Scope{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPlainlyWithin: the short way of comparing is sure only of what the long
// way finds too.
func TestPlainlyWithin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.Float64().Draw(t, "staff")
		width := rapid.Float64().Draw(t, "width")
		if rapid.Bool().Draw(t, "close") { // where the two could differ
			width = math.Abs(r) * rapid.Float64Range(0, 0.1).Draw(t, "share")
		}
		s := r + width
		for range rapid.IntRange(0, 9).Draw(t, "steps") {
			s = math.Nextafter(s, r)
		}
		if math.IsInf(s, 0) || math.IsNaN(s) || math.IsInf(width, 0) {
			return
		}
		difference := subtract(shortest(s), shortest(r))
		difference.coefficient.Abs(difference.coefficient)
		want := compare(difference, shortest(width)) <= 0
		if yes, sure := plainlyWithin(s, r, width); sure && yes != want {
			t.Fatalf("%v within %v of %v: got %v", s, width, r, yes)
		}
	})
}
