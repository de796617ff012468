package olx

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"lyceum/course"
)

// pathOf is the path of a name below its type's directory: colons are directories. Parts that no path can have are put
// in parentheses, which no name can have.
func pathOf(name string) string {
	if !strings.Contains(name, ":") && strings.Trim(name, ".") != "" {
		return name
	}
	parts := strings.Split(name, ":")
	for i, p := range parts {
		if p == "" || p == "." || p == ".." {
			parts[i] = "(" + p + ")"
		}
	}
	return strings.Join(parts, "/")
}

// nameOf is the inverse of pathOf.
func nameOf(file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		if p == "()" || p == "(.)" || p == "(..)" {
			parts[i] = p[1 : len(p)-1]
		}
	}
	return strings.Join(parts, ":")
}

// cleanName makes a name of an old "name" or display name: everything but word characters, ".", "%" and "-" becomes
// "_", and runs of "_" collapse.
func cleanName(s string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range s {
		if !course.IsWord(r) && r != '.' && r != '%' && r != '-' {
			r = '_'
		}
		if r == '_' && last == '_' {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// maxIDBytes bounds a block's name.
const maxIDBytes = 255

// cleanID makes a url_name fit into a key, where it is not fit already.
func cleanID(s string) string {
	if len(s) > maxIDBytes {
		s = strings.ToValidUTF8(s[:maxIDBytes-16], "") + "_" + hashOf([]byte(s))
	}
	ok := true
	out := strings.Map(func(r rune) rune {
		if course.IsWord(r) || strings.ContainsRune("-~.:%", r) {
			return r
		}
		ok = false
		return '_'
	}, s)
	if ok && strings.Trim(s, ".") != "" {
		return s
	}
	if strings.Trim(out, ".") == "" {
		return strings.Repeat("_", len(out))
	}
	return out
}

// elementName is an element's name by the rules of the format, and whether it is written there (url_name, slug or name)
// rather than made up. raw is the name before it was made fit for a key.
func elementName(e *element) (id, raw string, named bool) {
	for _, a := range []string{"url_name", "slug"} {
		if raw = e.text(a); raw != "" {
			return cleanID(raw), raw, true
		}
	}
	if s := e.text("name"); cleanName(s) != "" {
		return cleanID(cleanName(s)), "", true
	}
	if s := e.text("display_name"); cleanName(s) != "" {
		return cleanID(cleanName(s)), "", false
	}
	return e.name + "_" + hashOf(e.source()), "", false
}

// hashOf is the part of a made-up name that comes from the content: the same at every import. SHA-1 is the format's
// rule; nothing secret depends on it.
func hashOf(src []byte) string {
	sum := sha1.Sum(src)
	return hex.EncodeToString(sum[:])[:12]
}
