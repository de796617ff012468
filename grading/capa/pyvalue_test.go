package capa

import (
	"strings"
	"testing"
)

func TestPythonValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		json, str string
		truth     bool
	}{
		{`null`, "None", false},
		{`true`, "True", true},
		{` false `, "False", false},
		{`0`, "0", false},
		{`-0.0`, "-0.0", false},
		{`2.0`, "2.0", true},
		{`1e16`, "1e+16", true},
		{`123456789012345.0`, "123456789012345.0", true},
		{`1e-5`, "1e-05", true},
		{`0.0001`, "0.0001", true},
		{`0.30000000000000004`, "0.30000000000000004", true},
		{`18446744073709551617`, "18446744073709551617", true},
		{`{"__float__": "nan"}`, "nan", true},
		{`[{"__float__": "-inf"}, {"__float__": "x"}]`, "[-inf, {'__float__': 'x'}]", true},
		{`""`, "", false},
		{`"it's é"`, "it's é", true},
		{`["it's", "say \"x\"", "'\"", "\n\u0007\u00a0\u200b\ud83d\ude00\\"]`, `["it's", 'say "x"', '\'"', '\n\x07\xa0\u200b😀\\']`, true},
		{`[]`, "[]", false},
		{`{}`, "{}", false},
		{`{"b": [1, {"c": null}], "a": true, "b": 2}`, "{'b': 2, 'a': True}", true},
	}
	for _, tt := range tests {
		v, err := parsePython([]byte(tt.json))
		if err != nil || v.str() != tt.str || v.truth() != tt.truth {
			t.Errorf("%s: got %q, %v, %v, want %q, %v", tt.json, v.str(), v.truth(), err, tt.str, tt.truth)
		}
	}
	for _, bad := range []string{"", "[", "[1,]", "[1 2]", "{1:2}", `{"a"}`, `{"a":}`, `{"a":1,}`, "nul", "01", "NaN", `"a`, `"\x"`, "1 1", "[1]]", strings.Repeat("[", 2000)} {
		if v, err := parsePython([]byte(bad)); err == nil {
			t.Errorf("%q: got %v", bad, v)
		}
	}
}

// FuzzPython: what crossed from author code is read or refused, and what it
// prints can be printed again.
func FuzzPython(f *testing.F) {
	f.Add([]byte(`{"a": [1.5e300, {"__float__": "nan"}, "\ud800\n"], "b": {"c": null, "c": true}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parsePython(data)
		if err != nil {
			return
		}
		again, err := parsePython([]byte(v.raw))
		if err != nil || again.str() != v.str() || again.truth() != v.truth() {
			t.Fatalf("%q: got %q, then %q, %v", data, v.str(), again.str(), err)
		}
	})
}

// FuzzTidy: a message comes out balanced, so that tidying it again changes nothing.
func FuzzTidy(f *testing.F) {
	f.Add("<p>a<br>b<script>c < d</script><x y='\"'>&amp;&nbsp;<!--")
	f.Fuzz(func(t *testing.T, markup string) {
		once := tidy(markup)
		if twice := tidy(once); twice != once {
			t.Fatalf("%q: got %q, then %q", markup, once, twice)
		}
	})
}
