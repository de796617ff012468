package capa

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// isSpace tells what Python's str.strip removes.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f
}

func strip(s string) string { return strings.TrimFunc(s, isSpace) }

// lower is Python's str.lower, which knows final sigma and the dotted capital I.
func lower(s string) string {
	if !strings.ContainsAny(s, "Σİ") {
		return strings.ToLower(s)
	}
	runes := []rune(s)
	var sb strings.Builder
	for i, r := range runes {
		switch {
		case r == 'İ':
			sb.WriteString("i̇")
		case r == 'Σ' && letterBefore(runes[:i]) && !letterAfter(runes[i+1:]):
			sb.WriteRune('ς')
		default:
			sb.WriteRune(unicode.ToLower(r))
		}
	}
	return sb.String()
}

// Marks and apostrophes between letters do not end a word.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || strings.ContainsRune("'.:·’^`", r)
}

func cased(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) }

func letterBefore(runes []rune) bool {
	for _, rune := range slices.Backward(runes) {
		if !ignorable(rune) {
			return cased(rune)
		}
	}
	return false
}

func letterAfter(runes []rune) bool {
	for _, r := range runes {
		if !ignorable(r) {
			return cased(r)
		}
	}
	return false
}

// splitTrim splits at commas and trims the parts.
func splitTrim(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strip(parts[i])
	}
	return parts
}

// round2 rounds half away from zero to two places.
func round2(x float64) float64 { return math.Round(x*100) / 100 }
