package olx

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

var (
	utf8BOM            = []byte("\xEF\xBB\xBF")
	encodingDecl       = regexp.MustCompile(`^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)
	singleByteEncoding = map[string]*charmap.Charmap{
		// Browsers read Latin-1 as its superset, and so did the tools that wrote these files.
		"iso-8859-1": charmap.Windows1252, "latin-1": charmap.Windows1252, "latin1": charmap.Windows1252, "windows-1252": charmap.Windows1252,
		"cp1252": charmap.Windows1252, "iso-8859-2": charmap.ISO8859_2, "iso-8859-5": charmap.ISO8859_5, "iso-8859-7": charmap.ISO8859_7,
		"iso-8859-9": charmap.Windows1254, "iso-8859-15": charmap.ISO8859_15, "windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251,
		"windows-1253": charmap.Windows1253, "windows-1254": charmap.Windows1254, "koi8-r": charmap.KOI8R,
	}
)

// decodeXML returns src as UTF-8 without a byte order mark, whatever it came in.
func decodeXML(file string, src []byte, note func(Defect)) []byte {
	switch {
	case bytes.HasPrefix(src, utf8BOM):
		note(Defect{Kind: BOM, File: file, Line: 1, Detail: "byte order mark in front"})
		src = src[len(utf8BOM):]
	case bytes.HasPrefix(src, []byte("\xFF\xFE")), bytes.HasPrefix(src, []byte("\xFE\xFF")):
		note(Defect{Kind: encodingPrefix + "utf-16", File: file, Line: 1, Detail: "read as UTF-16"})
		return decodeUTF16(src)
	}
	if m := encodingDecl.FindSubmatch(src[:min(len(src), 256)]); m != nil {
		name := strings.ToLower(string(m[1]))
		if name != "utf-8" && name != "utf8" && name != "us-ascii" && name != "ascii" {
			note(Defect{Kind: encodingPrefix + name, File: file, Line: 1, Detail: "declares encoding " + string(m[1])})
			if c := singleByteEncoding[name]; c != nil {
				if out, err := c.NewDecoder().Bytes(src); err == nil {
					return out
				}
			}
		}
	}
	if utf8.Valid(src) {
		return src
	}
	line := 1 + bytes.Count(src[:firstInvalid(src)], []byte("\n"))
	note(Defect{Kind: NotUTF8, File: file, Line: line, Detail: "not UTF-8, read as Windows-1252"})
	out, err := charmap.Windows1252.NewDecoder().Bytes(src)
	if err != nil {
		return bytes.ToValidUTF8(src, []byte("\uFFFD"))
	}
	return out
}

func decodeUTF16(src []byte) []byte {
	big := src[0] == 0xFE
	units := make([]uint16, 0, len(src)/2)
	for i := 2; i+1 < len(src); i += 2 {
		if big {
			units = append(units, uint16(src[i])<<8|uint16(src[i+1]))
		} else {
			units = append(units, uint16(src[i+1])<<8|uint16(src[i]))
		}
	}
	return []byte(string(utf16.Decode(units)))
}

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}
