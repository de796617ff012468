package files

import (
	"strings"
	"testing"
	"unicode/utf8"

	"lyceum/course"
)

func FuzzName(f *testing.F) {
	for _, s := range []string{"a.png", "Brain green.png", `C:\x\y.pdf`, "../../etc/passwd", "", "...", "a\x00b", "é.txt", "e\u0301.txt", "\u202egnp.exe", "%2e%2e%2f", "名前.pdf", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		display, name, err := Name(sent)
		if err != nil {
			return
		}
		if display == "" || name == "" || len(name) > maxName || !utf8.ValidString(display) || strings.ContainsAny(display, "/\\\x00\n\r") {
			t.Fatalf("%q is called %q, kept as %q", sent, display, name)
		}
		if course.AssetName(name) != name {
			t.Fatalf("%q is kept under %q, which is not normalized", sent, name)
		}
		key := course.Key{Org: "O", Number: "N", Run: "R"}.Asset(name)
		if back, err := course.ParseAssetKey(key.String()); err != nil || back != key {
			t.Fatalf("%q: key %s reads back as %s, %v", sent, key, back, err)
		}
		// What is written once is read as itself.
		if d, n, err := Name(display); err != nil || n != name || d != display {
			t.Fatalf("%q: %q, then %q (%q) %v", sent, display, d, n, err)
		}
	})
}
