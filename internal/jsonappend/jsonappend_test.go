package jsonappend

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", `q"\s`, "<b>&amp;</b>", "\b\f\n\r\t\x00\x1f\x7f", "é😀\u2027\u2028\u2029\u202a\u00a0☃", "\xff", "a\xe2\x80", "\xe2", "\ufffd"} {
		f.Add(s)
		f.Add(strings.Repeat(s, 5))
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := String([]byte("<"), s); string(got) != "<"+string(want) {
			t.Errorf("%q: got %s, want %s", s, got[1:], want)
		}
	})
}

func FuzzFloat(f *testing.F) {
	for _, x := range []float64{0, math.Copysign(0, -1), 1, 0.1, 1e-6, 9.99e-7, 1e-9, 1.5e-10, 1e21, 1e20, 1e300, math.MaxFloat64, math.NaN(), math.Inf(1), math.SmallestNonzeroFloat64, 2.0 / 3} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		want, wantErr := json.Marshal(x)
		got, err := Float(nil, x)
		if string(got) != string(want) || (err == nil) != (wantErr == nil) {
			t.Errorf("%v: got %s, %v, want %s, %v", x, got, err, want, wantErr)
		}
	})
}

func TestValue(t *testing.T) {
	t.Parallel()
	type odd struct {
		A string `json:"a,omitempty"`
		B *int   `json:"b"`
	}
	for _, v := range []any{
		nil, "<", true, false, 0, -7, int64(1) << 60, 1.5, []string(nil),
		[]string{},
		[]string{"a", "<"},
		map[string]any(nil),
		map[string]any{},
		map[string]any{"z": 1, "a": map[string]any{"<k>": nil, "é": []string{"x"}}, "list": []any{1, "a"}, "odd": odd{"&", nil}, "p": &odd{}, "": 2.5, "raw": json.RawMessage(` {"a" : "<"} `)},
		odd{},
		&odd{}, (*odd)(nil), json.Number("1.50"), uint8(3), []byte("bytes"),
	} {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Value(nil, v)
		if err != nil || string(got) != string(want) {
			t.Errorf("%v: got %s, %v, want %s", v, got, err, want)
		}
	}
	for _, v := range []any{math.NaN(), map[string]any{"a": math.Inf(-1)}, map[string]any{"a": make(chan int)}} {
		if _, err := Value(nil, v); err == nil {
			t.Errorf("%v is written", v)
		}
	}
}

func BenchmarkString(b *testing.B) {
	html := strings.Repeat(`<div class="problem-part" id="x_2_1"><label for="input_x_2_1">Which one of 3?</label></div>`+"\n", 40)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = String(buf[:0], html)
		}
	})
	b.Run("encoding_json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(html); err != nil {
				b.Fatal(err)
			}
		}
	})
}
