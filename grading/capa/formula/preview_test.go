package formula

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"lyceum/internal/sharedtest"
)

func TestPreviewTable(t *testing.T) {
	t.Parallel()
	var tables struct {
		Rows []struct{ Expr, Latex, Error string } `json:"latex_preview"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "conformance/capa/tables.json"), &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables.Rows) == 0 {
		t.Fatal("no rows")
	}
	for _, row := range tables.Rows {
		got, err := Preview(row.Expr)
		kind := ""
		if e, ok := errors.AsType[*Error](err); ok {
			kind = string(e.Kind)
		}
		if got != row.Latex || kind != row.Error {
			t.Errorf("%q: got %s, %v, want %s %s", row.Expr, got, err, row.Latex, row.Error)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"  ":              ``,
		"+x":              `+x`,
		"a*b/c/d*e":       `\frac{a\cdot b}{c\cdot d}\cdot e`,
		"a/b*c/d":         `\frac{a}{b}\cdot \frac{c}{d}`,
		"(x/2)*y":         `\left(\frac{x}{2}\right)\cdot y`,
		"(x+y)/(z)":       `\frac{x+y}{z}`,
		"-(x+y)/2":        `-\frac{x+y}{2}`,
		"x^(1+2)":         `x^{1+2}`,
		"2^3^(x)":         `2^{3^{x}}`,
		"(2)^(3)^x":       `(2)^{(3)^{x}}`,
		"sin(x/2)":        `\text{sin}\left(\frac{x}{2}\right)`,
		"sqrt((x))":       `\sqrt{(x)}`,
		"R_1||R_2":        `R_{1}\|R_{2}`,
		"2*-3":            `2\cdot -3`,
		"50%":             `50\text{%}`,
		"1 E + 5 %":       `1\!\times\!10^{+5}\text{%}`,
		"theta_max_alpha": `\theta_{max\_alpha}`,
		"v_Omega'":        `v_{Omega'}`,
		"hbar*omega":      `\hbar\cdot \omega`,
		"x_":              `x\_`,
	}
	for text, want := range tests {
		if got, err := Preview(text); err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
}

// hostile are texts made to cost much.
var hostile = []string{
	strings.Repeat("(", 10_000) + "1" + strings.Repeat(")", 10_000),
	strings.Repeat("(", 4_999) + "1" + strings.Repeat(")", 4_999),
	strings.Repeat("sqrt(", 10_000) + "1" + strings.Repeat(")", 10_000),
	strings.Repeat("sqrt(", 190) + strings.Repeat("1/", 4000) + "1" + strings.Repeat(")", 190),
	strings.Repeat("x^", 4_999) + "x",
	strings.Repeat("-", 10_000) + "1",
	strings.Repeat("9^", 4_999) + "9",
	strings.Repeat("(((9^99)^99)^99)*", 600) + "1",
	strings.Repeat("fact(13999)*0+", 700) + "1",
	strings.Repeat("x", 1<<20),
	"10^" + strings.Repeat("9", 9_000),
	"0." + strings.Repeat("0", 9_000) + "1",
}

// TestHostile bounds time: what is too much is refused, not tried.
func TestHostile(t *testing.T) {
	t.Parallel()
	scopes := make([]Scope, 1_000)
	for i := range scopes {
		scopes[i].Variables = []Variable{{"x", Float(0.5)}}
	}
	for _, text := range hostile {
		start := time.Now()
		_, _ = Preview(text)
		expr, err := Parse(text)
		if err == nil {
			_, err = expr.EvaluateAll(scopes)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%.20q: took %v (%v)", text, d, err)
		}
	}
}

func TestEvaluateAll(t *testing.T) {
	t.Parallel()
	expr, err := Parse("2*x")
	if err != nil {
		t.Fatal(err)
	}
	got, err := expr.EvaluateAll([]Scope{{Variables: []Variable{{"x", Int(1)}}}, {Variables: []Variable{{"x", Int(3)}}}})
	if err != nil || len(got) != 2 || !Identical(got[0], Int(2)) || !Identical(got[1], Int(6)) {
		t.Errorf("got %v, %v", got, err)
	}
	var e *Error
	if _, err := expr.EvaluateAll(make([]Scope, 1)); !errors.As(err, &e) || e.Kind != Undefined {
		t.Errorf("got %v, want an unknown name", err)
	}
	expr, err = Parse("(3^100000-3^100000)+(3^100000-3^100000)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := expr.EvaluateAll(make([]Scope, 400)); !errors.As(err, &e) || e.Kind != Limit {
		t.Errorf("got %v, want all samples under one bound", err)
	}
}

func FuzzPreview(f *testing.F) {
	for _, s := range []string{"a/(b/c)^2", "x_{a}^{2}''", "sqrt(x)||log2(-1.5E-3%)", "-alpha_beta", "2^-2^(x)", "(x", "½"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		tex, err := Preview(text)
		if d := time.Since(start); d > time.Second {
			t.Fatalf("took %v", d)
		}
		if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Kind != Syntax && e.Kind != Limit) {
			t.Fatalf("unexpected error %v", err)
		}
		open := 0
		for _, c := range tex {
			switch c {
			case '{':
				open++
			case '}':
				open--
			case '$', '#', '&', '~', '<', '>', '\n':
				t.Fatalf("%q became %q", text, tex)
			}
			if open < 0 {
				t.Fatalf("braces of %q do not match", tex)
			}
		}
		if open != 0 {
			t.Fatalf("braces of %q do not match", tex)
		}
	})
}

func BenchmarkPreview(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Preview("3*(2+(4-x_1)*(5-3))^2/6 + sin(pi/2)"); err != nil {
			b.Fatal(err)
		}
	}
}
