package capa

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// pyValue is a value that crossed from Python as JSON, dicts in their order.
// The zero value is None.
type pyValue struct {
	kind  byte      // first character of its JSON: n, t, f, 0 for numbers, ", [ or {
	text  string    // of a string; of a number, as written
	items []pyValue // of a list or a dict
	keys  []string  // of a dict, beside its items
	raw   string    // as it was written
}

var errNoPython = errors.New("no JSON, or nested too deep")

// maxPyDepth bounds how deep lists and dicts may stand within each other.
const maxPyDepth = 200

// parsePython reads what crossed from Python: JSON, with three floats as
// [ScriptJob] says.
func parsePython(data []byte) (pyValue, error) {
	p := pyParser{text: string(data)}
	v := p.value(0)
	p.blanks()
	if p.bad || p.at < len(p.text) {
		return pyValue{}, errNoPython
	}
	return v, nil
}

type pyParser struct {
	text string
	at   int
	bad  bool
}

func (p *pyParser) blanks() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next is the first character of the next token, 0 at the end.
func (p *pyParser) next() byte {
	p.blanks()
	if p.bad || p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

// take goes past a character, if it is the next one.
func (p *pyParser) take(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

func (p *pyParser) value(depth int) pyValue {
	v := pyValue{kind: p.next()}
	start := p.at
	switch {
	case depth > maxPyDepth:
		p.bad = true
	case v.kind == '"':
		v.text = p.quoted()
	case v.kind == '[':
		p.list(&v, depth)
	case v.kind == '{':
		p.dict(&v, depth)
	case p.word("null"), p.word("true"), p.word("false"):
	default:
		v.kind, v.text = '0', p.number()
	}
	v.raw = p.text[start:p.at]
	return v
}

func (p *pyParser) word(word string) bool {
	if !strings.HasPrefix(p.text[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *pyParser) quoted() string {
	start := p.at
	for p.at++; p.at < len(p.text) && p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	p.at = min(p.at+1, len(p.text))
	var s string
	if err := json.Unmarshal([]byte(p.text[start:p.at]), &s); err != nil {
		p.bad = true
	}
	return s
}

func (p *pyParser) number() string {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("+-.eE0123456789", p.text[p.at]) >= 0 {
		p.at++
	}
	if n := p.text[start:p.at]; json.Valid([]byte(n)) {
		return n
	}
	p.bad = true
	return ""
}

func (p *pyParser) list(v *pyValue, depth int) {
	p.at++
	for p.next() != ']' && !p.bad {
		if len(v.items) > 0 && !p.take(',') {
			p.bad = true
		}
		v.items = append(v.items, p.value(depth+1))
	}
	p.bad = p.bad || !p.take(']')
}

func (p *pyParser) dict(v *pyValue, depth int) {
	p.at++
	places := make(map[string]int)
	for first := true; p.next() != '}' && !p.bad; first = false {
		if !first && !p.take(',') || p.next() != '"' {
			p.bad = true
			return
		}
		key := p.quoted()
		if !p.take(':') {
			p.bad = true
			return
		}
		item := p.value(depth + 1)
		// Keys that only JSON makes equal: the place of the first, the value of the last.
		if k, again := places[key]; again {
			v.items[k] = item
			continue
		}
		places[key] = len(v.keys)
		v.keys, v.items = append(v.keys, key), append(v.items, item)
	}
	p.bad = p.bad || !p.take('}')
	if len(v.keys) == 1 && v.keys[0] == "__float__" && v.items[0].kind == '"' && slices.Contains(specialFloats, v.items[0].text) {
		v.kind, v.text, v.keys, v.items = '0', v.items[0].text, nil, nil
	}
}

// specialFloats are the floats JSON has no words for, as Python prints them.
var specialFloats = []string{"nan", "inf", "-inf"}

// field is the value of a dict's key.
func (v pyValue) field(key string) (pyValue, bool) {
	for k, name := range v.keys {
		if name == key {
			return v.items[k], true
		}
	}
	return pyValue{}, false
}

// at is what v[k] gives: an entry of a list, a character of a string.
func (v pyValue) at(k int) (pyValue, bool) {
	if v.kind == '"' {
		runes := []rune(v.text)
		if k < len(runes) {
			return pyValue{kind: '"', text: string(runes[k])}, true
		}
		return pyValue{}, false
	}
	if v.kind != '[' || k >= len(v.items) {
		return pyValue{}, false
	}
	return v.items[k], true
}

// truth is Python's bool.
func (v pyValue) truth() bool {
	switch v.kind {
	case 't':
		return true
	case '"':
		return v.text != ""
	case '[', '{':
		return len(v.items) > 0
	case '0':
		x, _ := v.float()
		return x != 0
	default:
		return false
	}
}

// float is the value of a number or a bool.
func (v pyValue) float() (float64, bool) {
	switch v.kind {
	case 't':
		return 1, true
	case 'f':
		return 0, true
	case '0':
		x, err := strconv.ParseFloat(v.text, 64) // reads nan and inf too
		return x, err == nil || math.IsInf(x, 0)
	default:
		return 0, false
	}
}

// str is Python's str.
func (v pyValue) str() string {
	if v.kind == '"' {
		return v.text
	}
	var sb strings.Builder
	v.repr(&sb)
	return sb.String()
}

// repr is Python's repr.
func (v pyValue) repr(sb *strings.Builder) {
	switch v.kind {
	case 't':
		sb.WriteString("True")
	case 'f':
		sb.WriteString("False")
	case '0':
		sb.WriteString(pythonNumber(v.text))
	case '"':
		sb.WriteString(pythonString(v.text))
	case '[', '{':
		sb.WriteByte(v.kind)
		for k, item := range v.items {
			if k > 0 {
				sb.WriteString(", ")
			}
			if v.kind == '{' {
				sb.WriteString(pythonString(v.keys[k]) + ": ")
			}
			item.repr(sb)
		}
		sb.WriteByte(v.kind + 2) // the closing bracket
	default:
		sb.WriteString("None")
	}
}

// pythonNumber prints an int as it is and a float as Python does.
func pythonNumber(text string) string {
	if slices.Contains(specialFloats, text) || !strings.ContainsAny(text, ".eE") {
		return text
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	text = strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// pythonString quotes a text as Python's repr does.
func pythonString(s string) string {
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var sb strings.Builder
	sb.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			sb.WriteRune('\\')
			sb.WriteRune(r)
		case r == '\n':
			sb.WriteString(`\n`)
		case r == '\r':
			sb.WriteString(`\r`)
		case r == '\t':
			sb.WriteString(`\t`)
		case unicode.IsPrint(r):
			sb.WriteRune(r)
		case r < 0x100:
			sb.WriteString(`\x` + hexDigits(r, 2))
		case r < 0x10000:
			sb.WriteString(`\u` + hexDigits(r, 4))
		default:
			sb.WriteString(`\U` + hexDigits(r, 8))
		}
	}
	sb.WriteRune(quote)
	return sb.String()
}

func hexDigits(r rune, digits int) string {
	text := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", digits-len(text)) + text
}

// pythonJSON writes a value that json.Marshal can carry, without HTML escapes.
func pythonJSON(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "null" // not reached: texts, lists and maps of texts
	}
	return strings.TrimSuffix(b.String(), "\n")
}
