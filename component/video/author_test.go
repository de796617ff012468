package video

import (
	"encoding/xml"
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	t.Parallel()
	sources := func(e xml.StartElement) bool { return e.Name.Local == "source" }
	tests := map[string]struct{ body, want string }{
		"one a line":      {"\n  <source src=\"a\"/>\n  <track  src='b'/>\n", "\n  <track  src='b'/>\n"},
		"on one line":     {`<source src="a"></source><track src="b"/>`, `<track src="b"/>`},
		"nothing left":    {"\n  <source src=\"a\"/>\n", ""},
		"deep":            {`<a><source/><b/></a>`, `<a><b/></a>`},
		"none":            {`<track src="&amp;" />`, `<track src="&amp;" />`},
		"does not parse":  {`<source/><track`, `<source/><track`},
		"closed too soon": {`<source/></x><x>`, `<source/></x><x>`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, _ := Cut([]byte(tt.body), sources); string(got) != tt.want {
				t.Errorf("Cut(%q) = %q, want %q", tt.body, got, tt.want)
			}
		})
	}
}

func FuzzCut(f *testing.F) {
	f.Add("\n<source src='a'/>\n<track/>")
	f.Add("<!-- <source/> --><source><source/></source>")
	f.Add("</x><source/><x>")
	f.Fuzz(func(t *testing.T, body string) {
		got, ok := Cut([]byte(body), func(e xml.StartElement) bool { return e.Name.Local == "source" })
		if !ok && string(got) != body {
			t.Fatalf("%q became %q", body, got)
		}
		if ok && len(got) >= len(body) {
			t.Fatalf("%q became %q", body, got)
		}
		if again, more := Cut(got, func(e xml.StartElement) bool { return e.Name.Local == "source" }); more {
			t.Fatalf("%q became %q and then %q", body, got, again)
		}
	})
}

func TestParseYouTube(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "dQw4w9WgXcQ": "dQw4w9WgXcQ", " dQw4w9WgXcQ ": "dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3": "dQw4w9WgXcQ",
		"https://youtu.be/dQw4w9WgXcQ?si=x": "dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ": "dQw4w9WgXcQ",
		"https://youtube.com/shorts/dQw4w9WgXcQ": "dQw4w9WgXcQ",
	} {
		if got, ok := ParseYouTube(in); got != want || !ok {
			t.Errorf("ParseYouTube(%q) = %q, %t", in, got, ok)
		}
	}
	for _, in := range []string{"https://vimeo.com/1234567", "javascript:dQw4w9WgXcQ", "a b", "https://www.youtube.com/watch", "https://youtube.com.evil.org/watch?v=dQw4w9WgXcQ", strings.Repeat("a", 99)} {
		if got, ok := ParseYouTube(in); ok {
			t.Errorf("ParseYouTube(%q) = %q", in, got)
		}
	}
}
