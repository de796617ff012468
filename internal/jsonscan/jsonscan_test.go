package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var texts = []string{
	``, ` `, `null`, `true`, `false`, `nul`, `truex`, `0`, `-0`, `01`, `1.5e+3`, `1.`, `.5`, `-`, `1e`, `1E-2`, `"a"`, `"`, `"\"`, `"\u00e9\n\/"`, `"\ud83d\ude00"`, `"\ud83d"`,
	`"\ud83dx"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\u12"`, `"\x"`, "\"\x01\"", "\"\xff\xc3\"", `"é"`, `{}`, `{"a":1}`, `{"a":1,}`, `{,}`, `{"a" : [1, {"b":[]}, "x"] , "c":null}`, `{"a":1]`, `[1}`,
	`[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{a:1}`, `[]]`, `[1] x`, "[1]\x00", `{"a":{"b":"c"},"a":2}`, `[[[]]]`, `[[[]`, strings.Repeat("[", 20_000), strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999),
}

// tree reads a text with every method into what encoding/json makes of it.
func tree(r *Reader) any {
	switch r.Kind() {
	case '{':
		out := map[string]any{}
		for r.Enter('{'); r.Next('}'); {
			name := string(r.Name())
			out[name] = tree(r)
		}
		return out
	case '[':
		out := []any{}
		for r.Enter('['); r.Next(']'); {
			out = append(out, tree(r))
		}
		return out
	case '"':
		return r.Text()
	case 'n':
		r.Null()
		return nil
	default:
		var v any
		if json.Unmarshal(r.Raw(), &v) != nil {
			r.fail()
		}
		return v
	}
}

func check(t *testing.T, text []byte) {
	t.Helper()
	var want any
	err := json.Unmarshal(text, &want)
	r := New(text)
	raw := r.Raw()
	if got := r.End(); (got == nil) != (err == nil) {
		t.Fatalf("%q: %v, want %v", text, got, err)
	}
	if err == nil && string(raw) != strings.Trim(string(text), " \t\r\n") {
		t.Errorf("%q: raw %q", text, raw)
	}
	if len(text) > 5000 {
		return
	}
	r = New(text)
	got := tree(&r)
	if gotErr := r.End(); (gotErr == nil) != (err == nil) {
		t.Fatalf("%q: read as %v, %v, want %v", text, got, gotErr, err)
	}
	if err == nil {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestLikeEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, text := range texts {
		check(t, []byte(text))
		check(t, []byte(" [ "+text+" , "+text+" ] "))
		check(t, []byte(`{"x":`+text+`}`))
	}
}

func FuzzReader(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(check)
}
