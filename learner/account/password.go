package account

import (
	"strings"
	"unicode/utf8"
)

// Bounds of a password, in bytes.
const (
	PasswordMin = 8
	PasswordMax = 1024
)

// identity is what a password must not be equal to.
type identity struct{ username, email, name, site string }

func (s *Service) identityOf(a Account) identity {
	return identity{username: a.Username, email: a.Email, name: a.Name, site: s.config.SiteName}
}

// checkPassword returns a message id, or "" when a new password is good enough. There are no rules of composition: they make people
// write passwords down and are easily met by bad ones.
func checkPassword(password string, who identity) string {
	switch {
	case password == "":
		return "account.password.missing"
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return "account.password.form"
	case len(password) < PasswordMin:
		return "account.password.short"
	case len(password) > PasswordMax:
		return "account.password.long"
	case isCommon(password):
		return "account.password.common"
	}
	local, _, _ := strings.Cut(who.email, "@")
	for _, known := range []string{who.username, who.email, local, who.name, strings.ReplaceAll(who.name, " ", ""), who.site} {
		if known != "" && strings.EqualFold(password, known) {
			return "account.password.known"
		}
	}
	return ""
}
