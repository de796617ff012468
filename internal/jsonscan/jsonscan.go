// Package jsonscan reads JSON in one pass and without reflection: for texts that are read at every request and whose shape is known.
//
// What encoding/json takes for JSON is JSON here, and nothing else is; what it makes of a string is made here. A value of an unexpected
// kind is taken raw and left to encoding/json, which tells what is wrong with it.
package jsonscan

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// Reader stands before a value, a member or the end of a text. After a mistake it stands at the end, and Err tells.
type Reader struct {
	text  []byte
	at    int
	fresh bool // right behind an opening bracket
	bad   bool
}

// New returns a reader of a text, which may not change while anything that was read is in use.
func New(text []byte) Reader { return Reader{text: text} }

// ErrSyntax is the error of a text that is no JSON, or not of the shape that was asked for.
var ErrSyntax = errors.New("malformed JSON, or JSON of another shape")

// Err is nil until a mistake was met.
func (r *Reader) Err() error {
	if r.bad {
		return ErrSyntax
	}
	return nil
}

// End returns an error unless everything was right and nothing is left.
func (r *Reader) End() error {
	if r.Kind() != 0 || r.at < len(r.text) {
		r.fail()
	}
	return r.Err()
}

func (r *Reader) fail() { r.bad, r.at = true, len(r.text) }

// Kind is the first character of the next value, 0 at the end.
func (r *Reader) Kind() byte {
	if r.at < len(r.text) && r.text[r.at] > ' ' {
		return r.text[r.at]
	}
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *Reader) take(c byte) bool {
	if r.Kind() != c {
		r.fail()
		return false
	}
	r.at++
	return true
}

// Enter goes into an object, '{', or a list, '['.
func (r *Reader) Enter(bracket byte) { r.fresh = r.take(bracket) }

// Next goes to the next member of the object, '}', or entry of the list, ']', that was entered. At the end it goes out and returns false.
func (r *Reader) Next(bracket byte) bool {
	fresh := r.fresh
	r.fresh = false
	if r.Kind() == bracket {
		r.at++
		return false
	}
	if !fresh && !r.take(',') || r.Kind() == 0 {
		r.fail()
		return false
	}
	return true
}

// Name reads the name of a member. It may be a part of the text.
func (r *Reader) Name() []byte {
	name := r.string()
	r.take(':')
	return name
}

// Text reads a string.
func (r *Reader) Text() string { return string(r.string()) }

// Null reads a null, if there is one.
func (r *Reader) Null() bool {
	if r.Kind() != 'n' {
		return false
	}
	r.word("null")
	return true
}

// Raw reads any value as it stands, a part of the text.
func (r *Reader) Raw() []byte {
	r.Kind()
	start := r.at
	if r.skip(0); r.bad {
		return nil
	}
	return r.text[start:r.at]
}

// maxDepth is how deep brackets may stand within each other, as in encoding/json.
const maxDepth = 10_000

func (r *Reader) skip(depth int) {
	switch c := r.Kind(); {
	case c == '"':
		r.quoted()
	case c == '{' && depth < maxDepth:
		for r.Enter('{'); r.Next('}'); r.skip(depth + 1) {
			r.Kind()
			r.quoted()
			r.take(':')
		}
	case c == '[' && depth < maxDepth:
		for r.Enter('['); r.Next(']'); {
			r.skip(depth + 1)
		}
	case c == 't':
		r.word("true")
	case c == 'f':
		r.word("false")
	case c == 'n':
		r.word("null")
	case c == '-' || '0' <= c && c <= '9':
		r.number()
	default:
		r.fail()
	}
}

func (r *Reader) word(word string) {
	if !bytes.HasPrefix(r.text[r.at:], []byte(word)) {
		r.fail()
		return
	}
	r.at += len(word)
}

func (r *Reader) number() {
	if r.text[r.at] == '-' {
		r.at++
	}
	if r.at < len(r.text) && r.text[r.at] == '0' {
		r.at++
	} else {
		r.digits()
	}
	if r.at < len(r.text) && r.text[r.at] == '.' {
		r.at++
		r.digits()
	}
	if r.at < len(r.text) && r.text[r.at]|0x20 == 'e' {
		r.at++
		if r.at < len(r.text) && (r.text[r.at] == '+' || r.text[r.at] == '-') {
			r.at++
		}
		r.digits()
	}
}

// digits goes over one digit or more.
func (r *Reader) digits() {
	start := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
	}
	if r.at == start {
		r.fail()
	}
}

// quoted goes over a string and returns what is between its quotation marks. plain says that it stands for itself.
func (r *Reader) quoted() (inside []byte, plain bool) {
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		r.fail()
		return nil, false
	}
	plain = true
	text, start := r.text, r.at+1
	for i := start; i < len(text); i++ {
		c := text[i]
		if ordinary[c] {
			continue
		}
		switch {
		case c == '"':
			r.at = i + 1
			return text[start:i], plain
		case c == '\\':
			plain = false
			if i++; i >= len(text) || !r.escape(i) {
				r.fail()
				return nil, false
			}
		case c < ' ':
			r.fail()
			return nil, false
		default:
			plain = false
		}
	}
	r.fail()
	return nil, false
}

// ordinary are the characters that stand for themselves in a string.
var ordinary = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\'
	}
	return t
}()

// escape reports whether what follows a backslash is an escape.
func (r *Reader) escape(i int) bool {
	switch r.text[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		_, ok := hex4(r.text[i+1:])
		return ok
	default:
		return false
	}
}

func hex4(s []byte) (x rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		x = x<<4 | rune(c)
	}
	return x, true
}

func (r *Reader) string() []byte {
	r.Kind()
	inside, plain := r.quoted()
	if plain || r.bad {
		return inside
	}
	out := make([]byte, 0, len(inside)+8)
	for i := 0; i < len(inside); {
		switch c := inside[i]; {
		case c == '\\':
			var n int
			out, n = unescape(out, inside[i+1:])
			i += 1 + n
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		default:
			x, n := utf8.DecodeRune(inside[i:]) // what is no UTF-8 becomes U+FFFD
			out = utf8.AppendRune(out, x)
			i += n
		}
	}
	return out
}

// unescape appends what an escape stands for; s begins behind its backslash. n is how much of s it takes.
func unescape(out, s []byte) (_ []byte, n int) {
	switch s[0] {
	case 'b':
		return append(out, '\b'), 1
	case 'f':
		return append(out, '\f'), 1
	case 'n':
		return append(out, '\n'), 1
	case 'r':
		return append(out, '\r'), 1
	case 't':
		return append(out, '\t'), 1
	case 'u':
		x, _ := hex4(s[1:])
		if !utf16.IsSurrogate(x) {
			return utf8.AppendRune(out, x), 5
		}
		if len(s) >= 11 && s[5] == '\\' && s[6] == 'u' {
			if low, ok := hex4(s[7:]); ok {
				if both := utf16.DecodeRune(x, low); both != utf8.RuneError {
					return utf8.AppendRune(out, both), 11
				}
			}
		}
		return utf8.AppendRune(out, utf8.RuneError), 5 // half of a pair
	default:
		return append(out, s[0]), 1
	}
}
