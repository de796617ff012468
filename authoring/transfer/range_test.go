package transfer

import (
	"fmt"
	"testing"

	"lyceum/internal/fault"
)

func TestParseRange(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Range{
		"bytes 0-99/1000":       {0, 100, 1000},
		" BYTES  999-999/1000 ": {999, 1000, 1000},
		"bytes 0-0/1":           {0, 1, 1},
		"bytes 100-199/ 1000":   {},
		"bytes 0-1000/1000":     {},
		"bytes 9-1/100":         {},
		"bytes -1-5/100":        {},
		"bytes 0-5/*":           {},
		"bytes */100":           {},
		"bytes 0-99999999999999999999/999999999999999999999": {},
		"items 0-1/2": {},
		"0-1/2":       {},
		"bytes":       {},
	} {
		got, ok, err := ParseRange(text)
		if (want == Range{}) != (err != nil) || got != want || ok != (err == nil) {
			t.Errorf("%q: %+v, %t, %v", text, got, ok, err)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: of kind %v", text, fault.KindOf(err))
		}
	}
	if _, ok, err := ParseRange(""); ok || err != nil {
		t.Errorf("no header: %t, %v", ok, err)
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"bytes 0-99/1000", "bytes 5-4/3", "", "bytes -/", "bytes 0-0/0", "bytes 1-2/3/4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok, err := ParseRange(text)
		if !ok {
			return
		}
		if err != nil || r.From < 0 || r.To <= r.From || r.To > r.Total {
			t.Fatalf("%q: %+v, %v", text, r, err)
		}
		again, ok, err := ParseRange(fmt.Sprintf("bytes %d-%d/%d", r.From, r.To-1, r.Total))
		if !ok || err != nil || again != r {
			t.Fatalf("%q: %+v is read as %+v, %v", text, r, again, err)
		}
	})
}
