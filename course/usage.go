package course

import (
	"database/sql/driver"
	"fmt"
	"net/url"
	"strings"
)

// UsageKey names one block in one course. It is comparable and may be a map key.
// In a key of the old i4x form the course has no run until [UsageKey.In] supplies it.
type UsageKey struct {
	Course   Key
	Type, ID string
}

// IsZero reports whether u names nothing.
func (u UsageKey) IsZero() bool { return u == UsageKey{} }

// String writes the key as [ParseUsageKey] reads it; the zero key is "".
func (u UsageKey) String() string {
	if u.IsZero() {
		return ""
	}
	switch u.Course.Form {
	case FormSlashes:
		return "i4x://" + u.Course.Org + "/" + u.Course.Number + "/" + u.Type + "/" + u.ID
	case FormLibrary:
		return "lib-block-v1:" + u.Course.names() + u.Course.suffix() + "+type@" + u.Type + "+block@" + u.ID
	default:
		return "block-v1:" + u.Course.names() + u.Course.suffix() + "+type@" + u.Type + "+block@" + u.ID
	}
}

// In places a key without a run into course k when organization and number agree, and returns any other key as it is.
func (u UsageKey) In(k Key) UsageKey {
	if u.Course.Run == "" && u.Course.Form == FormSlashes && u.Course.Org == k.Org && u.Course.Number == k.Number {
		u.Course = k.Bare()
	}
	return u
}

// HTMLID is the block's id in pages and in the names of problem inputs: the block id, or for old keys
// i4x-ORG-NUMBER-TYPE-ID with everything but word characters and "-" replaced by "_".
func (u UsageKey) HTMLID() string {
	if u.Course.Form != FormSlashes {
		return u.ID
	}
	s := strings.Join([]string{"i4x", u.Course.Org, u.Course.Number, u.Type, u.ID}, "-")
	return strings.Map(func(r rune) rune {
		if r == '-' || IsWord(r) {
			return r
		}
		return '_'
	}, s)
}

// ParseUsageKey reads block-v1:, lib-block-v1: and the old i4x:// keys; i4x:/ with one slash is accepted, because
// proxies collapse double slashes.
func ParseUsageKey(s string) (UsageKey, error) {
	bad := func() (UsageKey, error) { return UsageKey{}, fmt.Errorf("usage key %q: %w", s, ErrBadKey) }
	switch {
	case strings.HasPrefix(s, "block-v1:"), strings.HasPrefix(s, "lib-block-v1:"):
		kind, rest, _ := strings.Cut(s, ":")
		before, after, ok := strings.Cut(rest, "+type@")
		if !ok {
			return bad()
		}
		prefix := "course-v1:"
		if kind == "lib-block-v1" {
			prefix = "library-v1:"
		}
		k, err := ParseKey(prefix + before)
		if err != nil {
			return bad()
		}
		typ, id, ok := strings.Cut(after, "+block@")
		if !ok || !isID(typ) || !isBlockID(id) {
			return bad()
		}
		return UsageKey{Course: k, Type: typ, ID: id}, nil
	case strings.HasPrefix(s, "i4x:/"):
		rest := strings.TrimPrefix(strings.TrimPrefix(s, "i4x:/"), "/")
		parts := strings.Split(rest, "/")
		if len(parts) != 4 {
			return bad()
		}
		parts[3], _, _ = strings.Cut(parts[3], "@") // an old revision mark
		for _, p := range parts {
			if !isBlockID(p) {
				return bad()
			}
		}
		return UsageKey{
			Course: Key{Org: parts[0], Number: parts[1], Form: FormSlashes},
			Type:   parts[2], ID: parts[3],
		}, nil
	}
	return bad()
}

// ParseURLUsageKey reads a usage key as it stands in a path: percent-escapes are decoded once, a key without a run is
// placed into course k, and branch and version are refused.
func ParseURLUsageKey(s string, k Key) (UsageKey, error) {
	if strings.Contains(s, "%") {
		if u, err := ParseUsageKey(s); err == nil { // block ids may hold a percent sign themselves
			return u.In(k), nil
		}
		if d, err := url.PathUnescape(s); err == nil {
			s = d
		}
	}
	u, err := ParseUsageKey(s)
	if err != nil {
		return UsageKey{}, err
	}
	if u.Course != u.Course.Bare() {
		return UsageKey{}, fmt.Errorf("usage key %q: %w", s, ErrBadKey)
	}
	return u.In(k), nil
}

func isBlockID(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !isBlockIDRune(r) }) < 0
}

// Scan reads a key from a text column.
func (u *UsageKey) Scan(src any) error { return scanKey(src, u, ParseUsageKey) }

// Value writes the key as text; the zero key is NULL.
func (u UsageKey) Value() (driver.Value, error) { return keyValue(u) }

// MarshalText writes the key as [UsageKey.String] does.
func (u UsageKey) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads the key as [ParseUsageKey] does.
func (u *UsageKey) UnmarshalText(b []byte) error { return scanKey(string(b), u, ParseUsageKey) }

// AssetKey names one file of a course. Name is normalized, see [AssetName]. Category is "asset" or "thumbnail".
type AssetKey struct {
	Course         Key
	Category, Name string
}

// IsZero reports whether a names nothing.
func (a AssetKey) IsZero() bool { return a == AssetKey{} }

// String writes the key in the form asset-v1:O+N+R+type@asset+block@NAME, or /c4x/O/N/asset/NAME for old courses.
func (a AssetKey) String() string {
	if a.IsZero() {
		return ""
	}
	if a.Course.Form == FormSlashes {
		return "/c4x/" + a.Course.Org + "/" + a.Course.Number + "/" + a.Category + "/" + a.Name
	}
	return "asset-v1:" + a.Course.names() + a.Course.suffix() + "+type@" + a.Category + "+block@" + a.Name
}

// ParseAssetKey reads asset-v1 keys, of courses and of libraries, with "block@" or "block/" before the name, and the old c4x paths with or without
// the slash in front. An old key has no run until [AssetKey.In] supplies it.
func ParseAssetKey(s string) (AssetKey, error) {
	bad := func() (AssetKey, error) { return AssetKey{}, fmt.Errorf("asset key %q: %w", s, ErrBadKey) }
	if old, ok := strings.CutPrefix(strings.TrimPrefix(s, "/"), "c4x/"); ok {
		parts := strings.SplitN(old, "/", 4)
		if len(parts) != 4 || !isBlockID(parts[0]) || !isBlockID(parts[1]) || (parts[2] != "asset" && parts[2] != "thumbnail") || parts[3] == "" {
			return bad()
		}
		return AssetKey{Course: Key{Org: parts[0], Number: parts[1], Form: FormSlashes}, Category: parts[2], Name: parts[3]}, nil
	}
	rest, ok := strings.CutPrefix(s, "asset-v1:")
	if !ok {
		return bad()
	}
	before, after, ok0 := strings.Cut(rest, "+type@")
	if !ok0 {
		return bad()
	}
	k, err := ParseKey("course-v1:" + before)
	if err != nil {
		k, err = ParseKey("library-v1:" + before)
	}
	if err != nil {
		return bad()
	}
	category, tail, ok := strings.Cut(after, "+block")
	if !ok || (category != "asset" && category != "thumbnail") || len(tail) < 2 || (tail[0] != '@' && tail[0] != '/') {
		return bad()
	}
	name := tail[1:]
	if strings.ContainsAny(name, "\x00\n\r") {
		return bad()
	}
	return AssetKey{Course: k, Category: category, Name: name}, nil
}

// In places a key without a run into course k when organization and number agree.
func (a AssetKey) In(k Key) AssetKey {
	if a.Course.Run == "" && a.Course.Form == FormSlashes && a.Course.Org == k.Org && a.Course.Number == k.Number {
		a.Course = k.Bare()
	}
	return a
}

// AssetName normalizes the path of a course file below static/ to the name it is kept under: "/" becomes "_", then
// every character but Unicode word characters, ".", "%" and "-" becomes "_". Two paths may meet in one name.
func AssetName(path string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '%' || r == '-' || IsWord(r) {
			return r
		}
		return '_'
	}, path)
}
