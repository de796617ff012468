package studio

import (
	"strings"
	"testing"
)

func TestHTMLBody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, old, typed, want string }{
		{"untouched", "a\r\nb\nc\r", "a\r\nb\r\nc\r\n", "a\r\nb\nc\r"},
		{"one line of mixed ends", "a\r\nb\nc\r\nd\n", "a\r\nB\r\nc\r\nd\r\n", "a\r\nB\nc\r\nd\n"},
		{"both ends, what stands between is kept", "a\r\nb\n\nc\r\nd", "A\nb\n\nc\nD", "A\r\nb\n\nc\r\nD"},
		{"lines of Unix", "a\nb\n", "a\r\nx\r\nb\r\n", "a\nx\nb\n"},
		{"lines of Windows", "a\r\nb\r\n", "a\nx\nb\n", "a\r\nx\r\nb\r\n"},
		{"emptied", "a\r\n", "", ""},
		{"begun", "", "a\r\nb", "a\nb"},
		{"more of the same", "ää", "äää", "äää"},
	} {
		if got := string(htmlBody([]byte(tc.old), tc.typed)); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func FuzzHTMLBody(f *testing.F) {
	f.Add("a\r\nb\n", "a\nc\n")
	f.Add("\xef\xbb\xbfx\ry", "x")
	f.Fuzz(func(t *testing.T, old, typed string) {
		if got := string(htmlBody([]byte(old), typed)); plainText(got) != plainText(typed) {
			t.Errorf("htmlBody(%q, %q) = %q", old, typed, got)
		}
		if got := string(htmlBody([]byte(old), strings.ReplaceAll(plainText(old), "\n", "\r\n"))); got != old {
			t.Errorf("htmlBody(%q) untouched = %q", old, got)
		}
	})
}
