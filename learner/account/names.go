package account

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lyceum/internal/mail"
)

const nameMax = 255 // characters

// usernamePattern has one alphabet: a name that takes letters of another to look like somebody's cannot be one. Names of people may mix
// alphabets, as people do; they are shown beside usernames and tell nobody apart.
var usernamePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{2,30}$`)

// NormalizeEmail returns the form in which an address is kept and compared: without surrounding space, NFC, lower case. Dots and what
// follows a plus sign are left alone: only the receiving server knows what they mean.
func NormalizeEmail(s string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(s)))
}

// fold returns the form in which a username is compared.
func fold(username string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(username)))
}

// loginKey tells an address from a username by the sign that only the former has.
func loginKey(login string) (column, string) {
	if strings.Contains(login, "@") {
		return byEmail, NormalizeEmail(login)
	}
	return byUsername, fold(login)
}

// checkUsername returns a message id, or "" when s may be a username.
func checkUsername(s string) string {
	switch {
	case s == "":
		return "account.username.missing"
	case !usernamePattern.MatchString(s), strings.Trim(s, ".") == "": // a dot is no name in a path
		return "account.username.form"
	}
	return ""
}

// checkEmail expects a normalized address.
func checkEmail(s string) string {
	switch {
	case s == "":
		return "account.email.missing"
	case !mail.ValidAddress(s):
		return "account.email.form"
	}
	return ""
}

// normalizeName returns the form in which a name is kept.
func normalizeName(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// checkName expects a normalized name.
func checkName(s string) string {
	switch {
	case s == "":
		return "account.name.missing"
	case utf8.RuneCountInString(s) > nameMax:
		return "account.name.long"
	case !cleanLine(s):
		return "account.name.form"
	}
	return ""
}

// cleanLine reports whether s is one line of text that looks like what it is: no control characters, none that turn the direction of
// what follows, none without width.
func cleanLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || deceives(r) })
}

// cleanText is cleanLine for text of several lines.
func cleanText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && r != '\r' && r != '\t' && unicode.IsControl(r) || deceives(r)
	})
}

// deceives reports whether a character changes how others look, or cannot be seen.
func deceives(r rune) bool {
	switch {
	case r >= 0x200B && r <= 0x200F, // zero width space, joiners, direction marks
		r >= 0x202A && r <= 0x202E,   // direction embeddings and overrides
		r >= 0x2060 && r <= 0x206F,   // word joiner, direction isolates, deprecated format characters
		r >= 0xFFF9 && r <= 0xFFFB,   // interlinear annotation
		r >= 0xE0000 && r <= 0xE0FFF, // tags, variation selectors supplement
		r == 0x00AD, r == 0x034F, r == 0x061C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E,
		r == 0x2028, r == 0x2029, r == 0x3164, r == 0xFEFF, r == 0xFFA0:
		return true
	}
	return unicode.Is(unicode.Co, r) || r == utf8.RuneError
}
