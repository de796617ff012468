// Package jsonappend writes JSON byte for byte as encoding/json does, for values whose shape is known: without reflection, and without
// checking again what was just written.
package jsonappend

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Value appends v. Maps with text for keys and any values, text, lists of text, truth, whole numbers, float64 and nil are written here;
// all else by encoding/json, whose errors it has.
func Value(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return String(b, v), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64:
		return Float(b, v)
	case map[string]any:
		return object(b, v)
	case []string:
		return Strings(b, v), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

func object(b []byte, m map[string]any) ([]byte, error) {
	if m == nil {
		return append(b, "null"...), nil
	}
	var room [16]string
	names := room[:0]
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for i, name := range names {
		b = Name(b, i, name)
		var err error
		if b, err = Value(b, m[name]); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// Name appends the name of member number i of an object, with what stands before and behind it.
func Name(b []byte, i int, name string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(String(b, name), ':')
}

// Strings appends a list of texts, null for nil.
func Strings(b []byte, list []string) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = String(b, s)
	}
	return append(b, ']')
}

// Float appends a number. NaN and infinities are an error.
func Float(b []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return b, fmt.Errorf("json: unsupported value: %v", f)
	}
	if abs := math.Abs(f); abs == 0 || abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64), nil
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' { // e-09 is written e-9
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b, nil
}

const hex = "0123456789abcdef"

// plain holds the bytes that stand for themselves. U+2028 and U+2029, which do not, begin with 0xE2.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && !strings.ContainsRune(`"\<>&`, rune(c)) && c != 0xE2
	}
	return t
}()

// String appends a text.
func String(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		text, _ := json.Marshal(s) // a string, which cannot fail
		return append(b, text...)
	}
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plain[c] {
			continue
		}
		if c == 0xE2 {
			if s[i+1] != 0x80 || s[i+2]&^1 != 0xA8 {
				continue
			}
			b = append(b, s[from:i]...)
			b = append(b, '\\', 'u', '2', '0', '2', hex[s[i+2]&15])
			i += 2
			from = i + 1
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
