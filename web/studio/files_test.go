package studio

import (
	"fmt"
	"testing"
)

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-9/10", "bytes */10", "bytes 5-4/10", "bytes 0-10/10", "bytes -1-2/3", "bytes 0-0/0", "bytes 9223372036854775807-9223372036854775807/9223372036854775807", "", "items 0-1/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseContentRange(text)
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
		if again, err := parseContentRange(back); err != nil || again != c {
			t.Fatalf("%q is %+v, %q is %+v", text, c, back, again)
		}
	})
}
