package capa

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

var (
	apostropheInside  = regexp.MustCompile(`([a-zA-Z])(?:'|\\')([a-zA-Z])`)
	apostropheEscaped = regexp.MustCompile(`\\'`)
)

// parseOptions reads the options attribute of a dropdown, "('a','b')": its
// first and last character go, the rest is a list of words in single quotes
// between blanks and commas. What is not quoted loses its first and last
// character too; courses exist that depend on it.
func parseOptions(text string) ([]string, error) {
	text = apostropheInside.ReplaceAllString(text, "$1&#39;$2")
	text = apostropheEscaped.ReplaceAllString(text, "&#39;")
	runes := []rune(text)
	if len(runes) < 2 {
		return nil, nil
	}
	words, err := optionWords(runes[1 : len(runes)-1])
	if err != nil {
		return nil, err
	}
	out := make([]string, len(words))
	for i, w := range words {
		if r := []rune(w); len(r) > 2 {
			out[i] = strings.ReplaceAll(string(r[1:len(r)-1]), "&#39;", "'")
		}
	}
	return out, nil
}

// optionWords splits as a simple shell lexer does: quoted strings, words of
// ASCII letters, digits, underscores and quotes, and single other characters;
// # starts a comment up to the end of the line.
func optionWords(in []rune) ([]string, error) {
	var words []string
	for i := 0; i < len(in); {
		start := i
		switch c := in[i]; {
		case c == ' ' || c == ',':
			i++
			continue
		case c == '#':
			i = lineEnd(in, i)
			continue
		case c == '\'':
			end := slices.Index(in[i+1:], '\'')
			if end < 0 {
				return nil, errors.New("a quotation mark is never closed")
			}
			i += end + 2
		case wordRune(c):
			var word []rune
			for i < len(in) && (wordRune(in[i]) || in[i] == '\'' || in[i] == '#') {
				if in[i] == '#' {
					i = lineEnd(in, i)
					continue
				}
				word = append(word, in[i])
				i++
			}
			words = append(words, string(word))
			continue
		default:
			i++
		}
		words = append(words, string(in[start:i]))
	}
	return words, nil
}

func lineEnd(in []rune, i int) int {
	for i < len(in) && in[i] != '\n' {
		i++
	}
	return min(i+1, len(in))
}

func wordRune(c rune) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
