package course

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Value is one field's value as compact JSON text (object keys sorted, no HTML escaping). "" means unset, "null" is an
// explicit null. Values are comparable and immutable.
type Value string

// Null is the explicit null.
const Null Value = "null"

// Text makes the Value of a string.
func Text(s string) Value { return JSON(s) }

// JSON makes a Value of anything encoding/json can write; it panics on what it cannot, which is a mistake in our code.
func JSON(v any) Value {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("course.JSON: %v", err))
	}
	return Value(bytes.TrimRight(b.Bytes(), "\n"))
}

// ParseValue reads JSON text, checks it, and returns it in compact form. Numbers keep their spelling.
func ParseValue(text []byte) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", err
	}
	if d.More() {
		return "", fmt.Errorf("text after the JSON value at byte %d", d.InputOffset())
	}
	return JSON(v), nil
}

// IsSet reports whether v is a value at all, null included.
func (v Value) IsSet() bool { return v != "" }

// IsNull reports whether v is the explicit null.
func (v Value) IsNull() bool { return v == Null }

// Decode reads v into dst as encoding/json does. It returns false, leaving dst alone, for unset, null and misfits.
func (v Value) Decode(dst any) bool {
	if v == "" || v == Null {
		return false
	}
	return json.Unmarshal([]byte(v), dst) == nil
}

// Text returns the string in v; a number or boolean gives its JSON spelling. False for unset, null, lists and maps.
func (v Value) Text() (string, bool) {
	if v == "" || v == Null || v[0] == '[' || v[0] == '{' {
		return "", false
	}
	if v[0] != '"' {
		return string(v), true
	}
	var s string
	ok := v.Decode(&s)
	return s, ok
}

// Bool returns the truth in v. Old courses write text: "true" and "True" are true, other text is false.
func (v Value) Bool() (value, ok bool) {
	switch v {
	case "true":
		return true, true
	case "false":
		return false, true
	default:
	}
	s, ok := v.Text()
	if !ok {
		return false, false
	}
	return strings.EqualFold(strings.TrimSpace(s), "true"), true
}

// Float returns the number in v, also when it is written as text.
func (v Value) Float() (float64, bool) {
	s, ok := v.Text()
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return f, err == nil
}

// Int returns the whole number in v, also when it is written as text or with a zero fraction.
func (v Value) Int() (int, bool) {
	f, ok := v.Float()
	if !ok || f != float64(int(f)) {
		return 0, false
	}
	return int(f), true
}

// Time returns the moment in v in UTC, see [ParseTime].
func (v Value) Time() (time.Time, bool) {
	if v == "" || v == Null {
		return time.Time{}, false
	}
	if v[0] != '"' {
		ms, ok := v.Float()
		if !ok {
			return time.Time{}, false
		}
		return time.UnixMilli(int64(ms)).UTC(), true
	}
	s, _ := v.Text()
	return ParseTime(s)
}

// Duration returns the time span in v, see [ParseTimedelta]; a number is seconds.
func (v Value) Duration() (time.Duration, bool) {
	if v == "" || v == Null {
		return 0, false
	}
	if v[0] != '"' {
		f, ok := v.Float()
		return time.Duration(f * float64(time.Second)), ok
	}
	s, _ := v.Text()
	return ParseTimedelta(s)
}

// Fields are the explicitly set fields of a block by name. A name that is absent is unset.
type Fields map[string]Value

// Clone returns a copy of f.
func (f Fields) Clone() Fields { return maps.Clone(f) }

// FieldType is how a field's value looks.
type FieldType uint8

// The types of fields.
const (
	TypeText FieldType = iota
	TypeBool
	TypeInt
	TypeFloat
	TypeDate         // ISO 8601 text, UTC
	TypeTimedelta    // text such as "2 days 4 hours"
	TypeRelativeTime // HH:MM:SS into a video
	TypeList
	TypeMap
	TypeReference     // a usage key
	TypeReferenceList // usage keys
	TypeReferenceMap  // usage keys by name
	TypeAny           // any JSON
)

// Scope says whose value a field holds.
type Scope uint8

// Scopes of fields an author writes. Content is what the block shows; settings may be inherited.
const (
	ScopeSettings Scope = iota
	ScopeContent
)

// Field describes one field of a kind of block.
type Field struct {
	Name        string
	Type        FieldType
	Default     Value // the value when nothing is set or inherited; "" counts as null
	Scope       Scope
	Inheritable bool
	Options     []Option // allowed values where the set is closed
	Open        bool     // other values than those of Options are allowed, too: older courses have them
	Hidden      bool     // kept and exported but not shown in author's forms
	Long        bool     // text of several lines
	Signed      bool     // a number that may be negative
}

// Option is one allowed value of a field.
type Option struct {
	Value Value
}

// Schema is the fields of one kind of block, common ones not repeated.
type Schema struct {
	Kind   string
	Fields []Field
}

// Field finds a field by name among the kind's own and the common ones.
func (s Schema) Field(name string) (Field, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	f, ok := commonByName[name]
	return f, ok
}

// ParseTime reads a date as courses write it: ISO 8601 with or without seconds, fraction and zone (none means UTC).
// Text that leaves out the month or the day, and anything else, is no date.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04",
		"2006-01-02T15:04:05.999999999-0700", "2006-01-02T15Z07:00", "2006-01-02",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// FormatTime writes a moment as courses write it, to the second, in UTC.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// ParseTimedelta reads "N days N hours N minutes N seconds", each part optional, singular or plural. The empty text is
// zero. HH:MM:SS is accepted too, as the grading page of authoring tools writes it.
func ParseTimedelta(s string) (time.Duration, bool) {
	if h, rest, ok := strings.Cut(strings.TrimSpace(s), ":"); ok {
		m, sec, _ := strings.Cut(rest, ":")
		hh, err1 := strconv.Atoi(h)
		mm, err2 := strconv.Atoi(m)
		ss, err3 := strconv.Atoi("0" + sec)
		if err1 != nil || err2 != nil || err3 != nil || hh < 0 || mm < 0 {
			return 0, false
		}
		return time.Duration(hh)*time.Hour + time.Duration(mm)*time.Minute + time.Duration(ss)*time.Second, true
	}
	words := strings.Fields(s)
	if len(words)%2 != 0 {
		return 0, false
	}
	var d time.Duration
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseFloat(words[i], 64)
		if err != nil || n < 0 {
			return 0, false
		}
		unit, ok := map[string]time.Duration{"day": 24 * time.Hour, "hour": time.Hour, "minute": time.Minute, "second": time.Second}[strings.TrimSuffix(words[i+1], "s")]
		if !ok {
			return 0, false
		}
		d += time.Duration(n * float64(unit))
	}
	return d, true
}

// FormatTimedelta writes a time span with plural words and without zero parts; zero is the empty text.
func FormatTimedelta(d time.Duration) string {
	var out []string
	for _, u := range []struct {
		name string
		size time.Duration
	}{{"days", 24 * time.Hour}, {"hours", time.Hour}, {"minutes", time.Minute}, {"seconds", time.Second}} {
		if n := d / u.size; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.size
		}
	}
	return strings.Join(out, " ")
}
