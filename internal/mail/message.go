package mail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"lyceum/internal/fault"
)

// subjectMax bounds a subject, in characters: what a person typed may be part of it.
const subjectMax = 150

// Message is one letter to one person.
type Message struct {
	Key        string // names the letter for ever, as reset:<id of the token>
	To         string // one address, without a name
	Subject    string
	Text       string
	HTML       string // optional
	Repeatable bool   // twice is better than never
}

// checked returns m ready to store. It refuses what could break out of a header.
func (m Message) checked() (Message, error) {
	if m.Key == "" {
		return m, fmt.Errorf("mail without a key")
	}
	if err := checkHeader(m.To); err != nil {
		return m, fault.Invalidf("mail recipient: %w", err)
	}
	if !ValidAddress(m.To) {
		return m, fault.Invalidf("mail recipient %q is not an address", m.To)
	}
	if err := checkHeader(m.Subject); err != nil {
		return m, fault.Invalidf("mail subject: %w", err)
	}
	if subject := []rune(m.Subject); len(subject) > subjectMax {
		m.Subject = string(subject[:subjectMax-1]) + "…"
	}
	return m, nil
}

func checkHeader(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("not UTF-8")
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("a control character")
	}
	return nil
}

// ValidAddress reports whether s is one plain address that a server could accept: local@domain, no name, no comment, at most 254 bytes.
func ValidAddress(s string) bool {
	local, domain, ok := cutLast(s, '@')
	if !ok || local == "" || domain == "" || len(s) > 254 || len(local) > 64 || checkHeader(s) != nil {
		return false
	}
	if strings.ContainsAny(s, " \t<>(),;:\\\"[]") || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(s, "..") {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") || strings.ContainsAny(label, "@_/!#$%&'*+=?^`{|}~") {
			return false
		}
	}
	return gomail.NewMsg().To(s) == nil
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 || strings.IndexByte(s, sep) != i {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
