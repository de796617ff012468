package page

import (
	"fmt"
	"testing"
)

func TestParseContentRange(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ContentRange{
		"bytes 0-99/1000":       {From: 0, To: 100, Size: 1000},
		" BYTES  999-999/1000 ": {From: 999, To: 1000, Size: 1000},
		"bytes 0-0/1":           {From: 0, To: 1, Size: 1},
		"bytes */100":           {Size: 100, None: true},
		"bytes */0":             {None: true},
		"bytes 100-199/ 1000":   {},
		"bytes 0-1000/1000":     {},
		"bytes 9-1/100":         {},
		"bytes -1-5/100":        {},
		"bytes 0-5/*":           {},
		"bytes 0-99999999999999999999/999999999999999999999": {},
		"items 0-1/2": {},
		"0-1/2":       {},
		"bytes":       {},
		"":            {},
	} {
		got, err := ParseContentRange(text)
		if (want == ContentRange{}) != (err != nil) || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func FuzzParseContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-99/1000", "bytes */10", "bytes 5-4/3", "", "bytes -/", "bytes 0-0/0", "bytes 1-2/3/4", "bytes 9223372036854775807-9223372036854775807/9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseContentRange(text)
		if err != nil {
			return
		}
		if c.Size < 0 || c.From < 0 || c.From > c.To || c.To > c.Size || !c.None && c.From == c.To {
			t.Fatalf("%q is %+v", text, c)
		}
		back := fmt.Sprintf("bytes %d-%d/%d", c.From, c.To-1, c.Size)
		if c.None {
			back = fmt.Sprintf("bytes */%d", c.Size)
		}
		if again, err := ParseContentRange(back); err != nil || again != c {
			t.Fatalf("%q is %+v, %q is %+v", text, c, back, again)
		}
	})
}
