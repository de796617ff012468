package course

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// ErrBadKey is in the chain of every error returned for text that is no key.
var ErrBadKey = errors.New("not a valid key")

// Form tells how a [Key] is written.
type Form uint8

// The forms of a course key.
const (
	FormCourse  Form = iota // course-v1:ORG+NUMBER+RUN
	FormSlashes             // ORG/NUMBER/RUN, and i4x:// for its blocks
	FormLibrary             // library-v1:ORG+NUMBER, without a run
)

// Key names a course run or a content library. It is comparable and may be a map key. Comparison is case-sensitive.
// Branch and Version are empty but in keys written by authoring tools; they never appear in URLs or exports.
type Key struct {
	Org, Number, Run string
	Form             Form
	Branch, Version  string
}

// IsZero reports whether k is the zero Key, which names nothing.
func (k Key) IsZero() bool { return k == Key{} }

// Bare returns k without branch and version.
func (k Key) Bare() Key {
	k.Branch, k.Version = "", ""
	return k
}

// String writes the key as [ParseKey] reads it; the zero Key is "".
func (k Key) String() string {
	switch {
	case k.IsZero():
		return ""
	case k.Form == FormSlashes:
		return k.Org + "/" + k.Number + "/" + k.Run
	case k.Form == FormLibrary:
		return "library-v1:" + k.names() + k.suffix()
	default:
		return "course-v1:" + k.names() + k.suffix()
	}
}

func (k Key) names() string {
	if k.Form == FormLibrary {
		return k.Org + "+" + k.Number
	}
	return k.Org + "+" + k.Number + "+" + k.Run
}

func (k Key) suffix() string {
	var s string
	if k.Branch != "" {
		s += "+branch@" + k.Branch
	}
	if k.Version != "" {
		s += "+version@" + k.Version
	}
	return s
}

// ParseKey reads a course or library key in canonical form: course-v1:O+N+R, library-v1:O+N, or the old O/N/R.
func ParseKey(s string) (Key, error) {
	bad := func() (Key, error) { return Key{}, fmt.Errorf("course key %q: %w", s, ErrBadKey) }
	switch {
	case strings.HasPrefix(s, "course-v1:"):
		k := Key{Form: FormCourse}
		rest, ok := k.takeSuffix(strings.Split(s[len("course-v1:"):], "+"))
		if !ok || len(rest) != 3 || !allIDs(rest) {
			return bad()
		}
		k.Org, k.Number, k.Run = rest[0], rest[1], rest[2]
		return k, nil
	case strings.HasPrefix(s, "library-v1:"):
		k := Key{Form: FormLibrary}
		rest, ok := k.takeSuffix(strings.Split(s[len("library-v1:"):], "+"))
		if !ok || len(rest) != 2 || !allIDs(rest) {
			return bad()
		}
		k.Org, k.Number = rest[0], rest[1]
		return k, nil
	default:
		parts := strings.Split(s, "/")
		if len(parts) != 3 {
			return bad()
		}
		for _, p := range parts {
			if p == "" || p == "." || p == ".." || strings.IndexFunc(p, func(r rune) bool { return !isBlockIDRune(r) }) >= 0 {
				return bad()
			}
		}
		return Key{Org: parts[0], Number: parts[1], Run: parts[2], Form: FormSlashes}, nil
	}
}

// ParseURLKey reads a course key as it stands in a path or query: percent-escapes are decoded once, and in the
// course-v1 form a space stands for a plus sign (form-decoded data). Branch and version are refused.
func ParseURLKey(s string) (Key, error) {
	if strings.Contains(s, "%") {
		if d, err := url.PathUnescape(s); err == nil {
			s = d
		}
	}
	if strings.HasPrefix(s, "course-v1:") || strings.HasPrefix(s, "library-v1:") {
		s = strings.ReplaceAll(s, " ", "+")
	}
	k, err := ParseKey(s)
	if err == nil && k != k.Bare() {
		return Key{}, fmt.Errorf("course key %q: %w", s, ErrBadKey)
	}
	return k, err
}

// takeSuffix removes branch@ and version@ parts from the end of parts.
func (k *Key) takeSuffix(parts []string) ([]string, bool) {
	if n := len(parts) - 1; n > 0 && strings.HasPrefix(parts[n], "version@") {
		k.Version = strings.TrimPrefix(parts[n], "version@")
		if len(k.Version) != 24 || strings.Trim(k.Version, "0123456789abcdef") != "" {
			return nil, false
		}
		parts = parts[:n]
	}
	if n := len(parts) - 1; n > 0 && strings.HasPrefix(parts[n], "branch@") {
		k.Branch = strings.TrimPrefix(parts[n], "branch@")
		if !isID(k.Branch) {
			return nil, false
		}
		parts = parts[:n]
	}
	return parts, true
}

func allIDs(parts []string) bool {
	for _, p := range parts {
		if !isID(p) {
			return false
		}
	}
	return true
}

// isID holds for one or more Unicode word characters, "-", "~", "." and ":".
func isID(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !isIDRune(r) }) < 0
}

func isIDRune(r rune) bool {
	return r == '-' || r == '~' || r == '.' || r == ':' || IsWord(r)
}

func isBlockIDRune(r rune) bool { return r == '%' || isIDRune(r) }

// IsWord reports whether r is a Unicode word character in the sense of Python's \w, which the key grammar uses:
// a letter, a number or the underscore, but no combining mark.
func IsWord(r rune) bool {
	return r == '_' || (r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsNumber(r)))
}

// Usage returns the key of block id of the given type in course k.
func (k Key) Usage(blockType, id string) UsageKey {
	return UsageKey{Course: k.Bare(), Type: blockType, ID: id}
}

// Asset returns the key of the file with the given normalized name in course k.
func (k Key) Asset(name string) AssetKey {
	return AssetKey{Course: k.Bare(), Category: "asset", Name: name}
}

// Scan reads a key from a text column.
func (k *Key) Scan(src any) error { return scanKey(src, k, ParseKey) }

// Value writes the key as text; the zero Key is NULL.
func (k Key) Value() (driver.Value, error) { return keyValue(k) }

// MarshalText writes the key as [Key.String] does.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the key as [ParseKey] does.
func (k *Key) UnmarshalText(b []byte) error { return scanKey(string(b), k, ParseKey) }

func scanKey[T any](src any, dst *T, parse func(string) (T, error)) error {
	var s string
	switch v := src.(type) {
	case nil:
	case string:
		s = v
	case []byte:
		s = string(v)
	default:
		return fmt.Errorf("key from %T: %w", src, ErrBadKey)
	}
	var zero T
	if s == "" {
		*dst = zero
		return nil
	}
	k, err := parse(s)
	if err != nil {
		return err
	}
	*dst = k
	return nil
}

func keyValue(k interface {
	IsZero() bool
	String() string
},
) (driver.Value, error) {
	if k.IsZero() {
		return nil, nil
	}
	return k.String(), nil
}
