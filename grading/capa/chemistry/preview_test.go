package chemistry

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"lyceum/internal/sharedtest"
)

func TestPreviewTable(t *testing.T) {
	t.Parallel()
	var tables struct {
		Rows []struct{ Formula, HTML, Error string } `json:"chemical_preview"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "conformance/capa/tables.json"), &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables.Rows) == 0 {
		t.Fatal("no rows")
	}
	for _, row := range tables.Rows {
		got, err := Preview(row.Formula)
		if got != row.HTML || (err != nil) != (row.Error != "") {
			t.Errorf("%q: got %s, %v, want %s %s", row.Formula, got, err, row.HTML, row.Error)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	wrong := func(s string) string { return `<span class="inline-error inline">` + s + `</span>` }
	tests := map[string]string{
		"":                     wrong(""),
		"CO":                   "CO",
		"Co":                   "Co",
		"2 H2 + O2 -> 2H2O":    "2H<sub>2</sub>+O<sub>2</sub>→2H<sub>2</sub>O",
		"NaCl(aq) <-> NaCl(s)": "NaCl(aq)↔NaCl(s)",
		"A -> B -> C":          wrong("A ") + "→" + wrong(" B -&gt; C"),
		"SO4^2-":               "SO<sub>4</sub><sup>2-</sup>",
		"Na^1+":                "Na<sup>+</sup>",
		"(NH4)2SO4":            "(NH<sub>4</sub>)<sub>2</sub>SO<sub>4</sub>",
		"[Fe(CN)6]^3-":         "[Fe(CN)<sub>6</sub>]<sup>3-</sup>",
		"12/5 Uuo":             "<sup>12</sup>&frasl;<sub>5</sub>Uuo",
		"H2O(l)2":              wrong("H2O(l)2"),
		"(H2O(l))":             wrong("(H2O(l))"),
		"H^2":                  wrong("H^2"),
		"()":                   wrong("()"),
		"(H]":                  wrong("(H]"),
		"2":                    wrong("2"),
		"1/ H2":                wrong("1/ H2"),
		"<b>'\"&":              wrong("&lt;b&gt;&#39;&#34;&amp;"),
	}
	for text, want := range tests {
		if got, err := Preview(text); err != nil || got != `<span class="math">`+want+`</span>` {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := Preview("{"); !errors.Is(err, ErrBraces) {
		t.Errorf("got %v, want ErrBraces", err)
	}
	if _, err := Preview(strings.Repeat("H", 1<<20)); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v, want ErrTooLong", err)
	}
}

// TestHostile bounds time.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("(", 10_000), strings.Repeat("(", 4_999) + "H" + strings.Repeat(")", 4_999),
		strings.Repeat("H", 10_000), strings.Repeat("1", 9_999) + "H", strings.Repeat("[(", 5_000),
		strings.Repeat("H+", 5_000), strings.Repeat("->", 5_000),
	} {
		start := time.Now()
		_, _ = Preview(text)
		if d := time.Since(start); d > time.Second {
			t.Errorf("%.20q: took %v", text, d)
		}
	}
}

func FuzzPreview(f *testing.F) {
	for _, s := range []string{"2 H2 + O2 -> 2H2O", "[Co(NH3)6]^3+", "3/2 H2(g)", "Na^+ <-> x", "SO4^{2-}", "<script>", "H\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		out, err := Preview(text)
		if d := time.Since(start); d > time.Second {
			t.Fatalf("took %v", d)
		}
		if err != nil {
			return
		}
		z := html.NewTokenizer(strings.NewReader(out))
		for z.Next() != html.ErrorToken {
			switch name, _ := z.TagName(); string(name) {
			case "", "span", "sub", "sup":
			default:
				t.Fatalf("%q became %q", text, out)
			}
		}
	})
}

func BenchmarkPreview(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Preview("2 KMnO4 + 16 HCl(aq) -> 2 KCl + 2 MnCl2 + 5 Cl2(g) + 8 H2O"); err != nil {
			b.Fatal(err)
		}
	}
}
