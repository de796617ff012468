package tracking

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Payload is the event field of a record. AppendPayload appends one JSON value to b, with ", " and ": " between its parts and nothing but ASCII;
// write it with [Begin].
type Payload interface {
	AppendPayload(b []byte) []byte
}

// Text is a payload that is a string, as those of browsers are.
type Text string

// AppendPayload appends the text as a JSON string.
func (t Text) AppendPayload(b []byte) []byte { return appendString(b, string(t)) }

// Map is a payload without a type of its own, for third parties' components. Keys are written in order.
type Map map[string]any

// AppendPayload appends the map as an object.
func (m Map) AppendPayload(b []byte) []byte { return appendMap(b, m) }

// AsText returns the payload a browser would post for p.
func AsText(p Payload) Text { return Text(p.AppendPayload(nil)) }

// AppendJSON appends the record to b as one line of at most 50,000 characters, without the line break. A payload that is too long is shortened; see shorten.go.
func (e Event) AppendJSON(b []byte) []byte { return e.appendLine(b) }

func (e *Event) appendLine(b []byte) []byte {
	start := len(b)
	b = e.appendFull(b)
	if len(b)-start > maxLine {
		short := e.shortened()
		b = short.appendFull(b[:start])
	}
	return b
}

func (e *Event) appendFull(b []byte) []byte {
	r := &e.Request
	o := Begin(b)
	o.Str("username", r.Username)
	if e.Source != FromTask {
		o.Str("session", r.Session)
	}
	o.Str("ip", r.IP)
	o.Str("agent", r.Agent)
	o.Str("host", r.Host)
	if e.Source != FromTask {
		o.Str("referer", r.Referer)
		o.Str("accept_language", r.AcceptLanguage)
	}
	o.Str("event_source", string(e.Source))
	o.Str("event_type", e.Type)
	o.OptStr("name", e.Name)
	o.Time("time", e.Time)
	o.Payload("event", e.Payload)
	if e.Page == "" && e.Source != FromBrowser {
		o.Null("page")
	} else {
		o.Str("page", e.Page)
	}
	o.key("context")
	o.b = e.appendContext(o.b)
	return o.End()
}

func (e *Event) appendContext(b []byte) []byte {
	o := Begin(b)
	if e.Request.UserID == 0 {
		o.Null("user_id")
	} else {
		o.Int("user_id", e.Request.UserID)
	}
	id, org := e.course()
	o.Str("course_id", id)
	o.Str("org_id", org)
	o.Str("path", e.Request.Path)
	if e.Module != nil {
		o.key("module")
		o.b = e.Module.append(o.b)
	}
	if e.UserTags != nil {
		o.Value("course_user_tags", e.UserTags)
	}
	for _, m := range e.Context {
		o.Value(m.Name, m.Value)
	}
	return o.End()
}

func (m *Module) append(b []byte) []byte {
	o := Begin(b)
	o.Str("display_name", m.DisplayName)
	o.Str("usage_key", m.UsageKey)
	o.OptStr("original_usage_key", m.OriginalKey)
	o.OptStr("original_usage_version", m.OriginalVersion)
	return o.End()
}

// Object writes one JSON object, member by member. It does not look for repeated names. Names are those the format gives, plain ASCII;
// only that of Value may be any text.
type Object struct {
	b    []byte
	more bool
}

// Begin opens an object at the end of b; End closes it.
func Begin(b []byte) Object { return Object{b: append(b, '{')} }

// End closes the object and returns the bytes.
func (o *Object) End() []byte { return append(o.b, '}') }

func (o *Object) key(name string) { o.b = o.named(name) }

// named returns the bytes with a name at their end.
func (o *Object) named(name string) []byte {
	b := o.b
	if o.more {
		b = append(b, `, "`...)
	} else {
		o.more = true
		b = append(b, '"')
	}
	b = append(b, name...)
	return append(b, `": `...)
}

// textKey writes a name that may be any text.
func (o *Object) textKey(name string) {
	if o.more {
		o.b = append(o.b, ", "...)
	}
	o.more = true
	o.b = appendString(o.b, name)
	o.b = append(o.b, ": "...)
}

// Str writes a string.
func (o *Object) Str(name, v string) {
	o.b = appendString(o.named(name), v)
}

// OptStr writes a string unless it is empty.
func (o *Object) OptStr(name, v string) {
	if v != "" {
		o.Str(name, v)
	}
}

// StrOrNull writes a string, null when it is empty.
func (o *Object) StrOrNull(name, v string) {
	if v == "" {
		o.Null(name)
		return
	}
	o.Str(name, v)
}

// Int writes a whole number.
func (o *Object) Int(name string, v int64) {
	o.b = strconv.AppendInt(o.named(name), v, 10)
}

// Num writes a number, without a fraction when it is whole; what JSON cannot say (NaN, infinity) is null.
func (o *Object) Num(name string, v float64) {
	o.b = appendFloat(o.named(name), v)
}

// OptNum writes a number unless it is nil.
func (o *Object) OptNum(name string, v *float64) {
	if v != nil {
		o.Num(name, *v)
	}
}

// Bool writes true or false.
func (o *Object) Bool(name string, v bool) {
	o.key(name)
	o.b = strconv.AppendBool(o.b, v)
}

// Null writes null.
func (o *Object) Null(name string) {
	o.key(name)
	o.b = append(o.b, "null"...)
}

// Time writes a time as the record does.
func (o *Object) Time(name string, v time.Time) {
	o.b = append(appendTime(append(o.named(name), '"'), v), '"')
}

// Payload writes an object of its own; nil is an empty one.
func (o *Object) Payload(name string, p Payload) {
	o.key(name)
	if p == nil {
		o.b = append(o.b, "{}"...)
		return
	}
	o.b = p.AppendPayload(o.b)
}

// Value writes any value that encoding/json can write; one that it cannot is written as a string that says so.
func (o *Object) Value(name string, v any) {
	o.textKey(name)
	o.b = appendValue(o.b, v)
}

// appendTime leaves the fraction out when it is exactly zero, as readers of the format expect.
func appendTime(b []byte, t time.Time) []byte {
	t = t.UTC()
	b = t.AppendFormat(b, time.RFC3339) // the one layout it has a quick way for
	b = b[:len(b)-1]                    // Z
	if us := t.Nanosecond() / 1000; us != 0 {
		b = append(b, '.',
			byte('0'+us/100_000), byte('0'+us/10_000%10), byte('0'+us/1000%10),
			byte('0'+us/100%10), byte('0'+us/10%10), byte('0'+us%10))
	}
	return append(b, "+00:00"...)
}

func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	if whole := int64(f); float64(whole) == f && (f != 0 || !math.Signbit(f)) && whole > -1e15 && whole < 1e15 { // most points are
		return strconv.AppendInt(b, whole, 10)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

const hexDigits = "0123456789abcdef"

// plain holds the ASCII bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendString writes s as Python's encoder does by default: everything but printable ASCII is escaped, above U+FFFF as two surrogates.
// Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	if n := len(s); n >= 8 { // nearly all text stands for itself
		i := 0
		for i+8 <= n && plainWord(s[i:i+8]) {
			i += 8
		}
		if i+8 > n && plainWord(s[n-8:]) { // the last eight, some of them again
			b = append(b, s...)
			return append(b, '"')
		}
		b = append(b, s[:i]...)
		s = s[i:]
	}
	from := 0
	for i := 0; i < len(s); {
		for i+8 <= len(s) && plainWord(s[i:i+8]) {
			i += 8
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		b = append(b, s[from:i]...)
		if c < utf8.RuneSelf {
			b = appendEscape(b, c)
			i++
		} else {
			r, n := utf8.DecodeRuneInString(s[i:])
			b = appendRune(b, r)
			i += n
		}
		from = i
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// AppendEscaped appends s as a JSON string as encoding/json writes one, in ASCII: unlike elsewhere in the record <, > and & are escaped as
// well.
func AppendEscaped(b []byte, s string) []byte {
	if !strings.ContainsAny(s, "<>&") {
		return appendString(b, s)
	}
	start := len(b)
	b = appendString(b, s)
	marks := 0
	for _, c := range b[start:] {
		if mark[c] {
			marks++
		}
	}
	b = append(b, make([]byte, 5*marks)...)
	to := len(b)
	for from := to - 5*marks; to > from; { // backwards, into the room behind
		from--
		c := b[from]
		if !mark[c] {
			to--
			b[to] = c
			continue
		}
		to -= 6
		copy(b[to:], `\u00`)
		b[to+4], b[to+5] = hexDigits[c>>4], hexDigits[c&15]
	}
	return b
}

// mark holds what encoding/json escapes for the sake of HTML.
var mark = [256]bool{'<': true, '>': true, '&': true}

// plainWord reports whether 8 bytes all stand for themselves: nearly all text of the log does, and this reads it at several bytes a nanosecond.
func plainWord(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	quote, slash := x^(ones*'"'), x^(ones*'\\')
	special := x | // above ASCII
		(x - ones*' ') | // control characters
		(x + ones) | // delete
		(quote - ones) | (slash - ones) // zero where the byte is one of the two
	return special&tops == 0
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	}
	return appendUnit(b, rune(c))
}

func appendRune(b []byte, r rune) []byte {
	if r > 0xFFFF {
		r -= 0x10000
		return appendUnit(appendUnit(b, 0xD800+r>>10), 0xDC00+r&0x3FF)
	}
	return appendUnit(b, r)
}

func appendUnit(b []byte, u rune) []byte {
	return append(b, '\\', 'u', hexDigits[u>>12&15], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}

// AppendValue appends v as [Object.Value] writes it.
func AppendValue(b []byte, v any) []byte { return appendValue(b, v) }

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendFloat(b, v)
	case time.Time:
		return append(appendTime(append(b, '"'), v), '"')
	case json.RawMessage:
		return appendRaw(b, v)
	case Payload:
		return v.AppendPayload(b)
	case map[string]any:
		return appendMap(b, v)
	case map[string]string:
		return appendMap(b, v)
	case []any:
		return appendList(b, v)
	case []string:
		return appendList(b, v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return appendString(b, "not written: "+err.Error())
	}
	return appendValid(b, raw)
}

func appendMap[V any](b []byte, m map[string]V) []byte {
	o := Begin(b)
	var room [16]string
	for _, k := range sortedInto(room[:0], m) {
		o.Value(k, m[k])
	}
	return o.End()
}

func sortedKeys[V any](m map[string]V) []string { return sortedInto(make([]string, 0, len(m)), m) }

// sortedInto appends the keys to a list, which saves making one where there are few.
func sortedInto[V any](keys []string, m map[string]V) []string {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func appendList[V any](b []byte, list []V) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendValue(b, v)
	}
	return append(b, ']')
}

// appendRaw writes JSON text in the record's spacing and in ASCII. What is no JSON is written as a string.
func appendRaw(b, raw []byte) []byte {
	if !json.Valid(raw) {
		return appendString(b, string(raw))
	}
	return appendValid(b, raw)
}

// appendValid is appendRaw of text known to be JSON.
func appendValid(b, raw []byte) []byte {
	quoted := false
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(raw[i:])
			b = appendRune(b, r)
			i += n
			continue
		case quoted && c == '\\': // with what it escapes
			b = append(b, c, raw[i+1])
			i += 2
			continue
		case c == '"':
			quoted = !quoted
			b = append(b, c)
		case quoted && c == 0x7f:
			b = appendUnit(b, rune(c))
		case quoted:
			b = append(b, c)
		case c == ',' || c == ':':
			b = append(b, c, ' ')
		case c != ' ' && c != '\n' && c != '\r' && c != '\t':
			b = append(b, c)
		}
		i++
	}
	return b
}
