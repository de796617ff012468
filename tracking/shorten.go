package tracking

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxLine   = 50_000 // longest line the format allows, in characters
	maxHeader = 1024   // what headers and addresses may take in a line that would be longer, in characters
)

// maxMembers is how many commas a browser's payload may have to be shortened at all; no page of ours posts that many.
const maxMembers = 10_000

// shortenedKey is the member of an object payload that says what was left out: path of the value -> its length in characters.
const shortenedKey = "_shortened"

// shortened returns the event with a payload, and if need be headers and addresses, that fit the line. Long strings lose their end, which a note replaces;
// when that is not enough the largest members become null. An object says in its member "_shortened" which values these were.
func (e Event) shortened() Event {
	bare := e
	bare.Payload = nil
	if len(bare.appendFull(nil)) > maxLine/2 {
		e = e.withShortFields()
		bare = e
		bare.Payload = nil
	}
	room := maxLine - len(bare.appendFull(nil))
	full := Text("")
	if e.Payload != nil {
		full = AsText(e.Payload)
	}
	if len(full) > room {
		e.Payload = shortPayload([]byte(full), room)
	}
	return e
}

// withShortFields cuts what a client may make as long as it likes.
func (e Event) withShortFields() Event {
	e.CourseID, e.OrgID = e.course()
	e.ofPath = false
	r := &e.Request
	for _, s := range []*string{
		&r.Username, &r.Session, &r.IP, &r.Agent, &r.Host, &r.Referer, &r.AcceptLanguage, &r.Path, &e.Type, &e.Name, &e.Page,
		&e.CourseID, &e.OrgID,
	} {
		*s = cutEncoded(*s, maxHeader)
	}
	if e.Module != nil {
		m := *e.Module
		for _, s := range []*string{&m.DisplayName, &m.UsageKey, &m.OriginalKey, &m.OriginalVersion} {
			*s = cutEncoded(*s, maxHeader)
		}
		e.Module = &m
	}
	if e.UserTags != nil && len(appendMap(nil, e.UserTags)) > maxLine/8 {
		e.UserTags = map[string]string{}
	}
	if len(e.Context) > 0 {
		// Names and values come from clients as well.
		kept := make([]Member, 0, len(e.Context))
		size := 0
		for _, m := range e.Context {
			n := len(appendString(nil, m.Name)) + len(appendValue(nil, m.Value))
			if size+n > maxLine/8 {
				continue
			}
			size += n
			kept = append(kept, m)
		}
		e.Context = kept
	}
	return e
}

// shortPayload makes the JSON text full fit room. A string that holds JSON, as a browser's payload does, is shortened within.
func shortPayload(full []byte, room int) Payload {
	var text string
	if json.Unmarshal(full, &text) != nil {
		return shortJSON(full, room, func(v any) Payload { return value{v} })
	}
	if strings.Count(text, ",") > maxMembers {
		return AsText(Map{shortenedKey: Map{"": len(text)}})
	}
	if inner := []byte(text); len(inner) > 0 && (inner[0] == '{' || inner[0] == '[') && json.Valid(inner) {
		return shortJSON(inner, room, func(v any) Payload { return AsText(value{v}) })
	}
	for keep := room; ; keep /= 2 {
		if p := Text(cutNote(text, keep)); len(AsText(p)) <= room || keep == 0 {
			return p
		}
	}
}

// shortJSON shortens strings ever more, then drops the largest members, and at last keeps only the size. wrap gives the payload whose length counts.
func shortJSON(full []byte, room int, wrap func(any) Payload) Payload {
	v := decode(full)
	for _, keep := range []int{8192, 2048, 512, 64} {
		s := shortener{keep: keep, notes: map[string]any{}}
		if v = s.walk("", v); len(s.notes) == 0 {
			continue // nothing is that long
		}
		if m, ok := v.(map[string]any); ok {
			m[shortenedKey] = s.notes
		}
		if p := wrap(v); len(AsText(p)) <= room {
			return p
		}
		v = decode(full)
	}
	if m, ok := v.(map[string]any); ok {
		if p := dropLargest(m, room, wrap); p != nil {
			return p
		}
	}
	return wrap(map[string]any{shortenedKey: map[string]any{"": len(full)}})
}

type shortener struct {
	keep  int
	notes map[string]any
}

func (s *shortener) walk(path string, v any) any {
	switch v := v.(type) {
	case string:
		if len(v) <= s.keep {
			return v
		}
		if len(path) <= maxHeader && len(s.notes) < 100 {
			s.notes[path] = utf8.RuneCountInString(v)
		}
		return cutNote(v, s.keep)
	case []any:
		for i := range v {
			v[i] = s.walk(subPath(path, strconv.Itoa(i)), v[i])
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			v[k] = s.walk(subPath(path, k), v[k])
		}
	}
	return v
}

// subPath names a member of what path names; deep inside, names stop growing.
func subPath(path, name string) string {
	switch {
	case path == "":
		return name
	case len(path) > maxHeader:
		return path
	}
	return path + "." + name
}

// dropLargest replaces members of m by null, largest first, until it fits; nil if 100 are not enough. It tries few numbers of members, since whoever posts
// such an object should not cost more than one who posts a good one.
func dropLargest(m map[string]any, room int, wrap func(any) Payload) Payload {
	size := make(map[string]int, len(m))
	total := 0
	for k, v := range m {
		size[k] = len(appendValue(nil, v))
		total += size[k] + len(k)
	}
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(size[b], size[a]), cmp.Compare(a, b))
	})
	notes := map[string]any{}
	m[shortenedKey] = notes
	next := 1
	for i, k := range names[:min(len(names), 100)] {
		if len(k) > maxHeader {
			return nil
		}
		m[k] = nil
		notes[k] = size[k]
		total -= size[k]
		if total > room || (i+1 < next && i+1 < len(names)) {
			continue
		}
		next = 2 * (i + 1)
		if p := wrap(m); len(AsText(p)) <= room {
			return p
		}
	}
	return nil
}

// value is a payload made of decoded JSON.
type value struct{ v any }

func (p value) AppendPayload(b []byte) []byte { return appendValue(b, p.v) }

// decode reads JSON known to be valid, numbers as they were written.
func decode(raw []byte) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return string(raw)
	}
	return v
}

// cutNote keeps about n bytes of s and notes how many characters are missing.
func cutNote(s string, n int) string {
	kept := cut(s, n)
	left := utf8.RuneCountInString(s[len(kept):])
	if left == 0 {
		return s
	}
	return fmt.Sprintf("%s [shortened: %d characters left out]", kept, left)
}

// cut returns the first n bytes of s, less what would split a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// cutEncoded returns the longest start of s that takes at most n characters in the record.
func cutEncoded(s string, n int) string {
	if len(s) <= n/6 {
		return s
	}
	for i, r := range s {
		switch {
		case r > 0xFFFF:
			n -= 12
		case r < 0x80 && plain[byte(r)]:
			n--
		default:
			n -= 6
		}
		if n < 0 {
			return s[:i]
		}
	}
	return s
}
