package session

import (
	"net/url"
	"slices"
	"strings"
)

const nextMax = 2048

// Next decides where a person may be sent by an address that came with the request: next, redirect_url, return_url, target and their like.
type Next struct {
	Origins []string // other origins that may be gone to, as https://studio.example.edu
	Default string   // where to go else
}

// Or returns target when it is a path of this site or lies at one of the origins, otherwise the default. It says nothing about a refusal.
func (n Next) Or(target string) string {
	if n.allowed(target) {
		return target
	}
	return n.Default
}

func (n Next) allowed(target string) bool {
	if target == "" || len(target) > nextMax || !clean(target) {
		return false
	}
	if isPath(target) {
		// What a proxy or a careless client decodes once more must be a path still.
		decoded, err := url.PathUnescape(target)
		return err == nil && clean(decoded) && isPath(decoded)
	}
	u, err := url.Parse(target)
	if err != nil || u.User != nil || u.Opaque != "" || u.Host == "" {
		return false
	}
	return slices.Contains(n.Origins, u.Scheme+"://"+u.Host)
}

// isPath reports whether s begins with one slash that is not the first of two.
func isPath(s string) bool {
	return len(s) >= 1 && s[0] == '/' && (len(s) == 1 || s[1] != '/' && s[1] != '\\')
}

// clean refuses what browsers drop or turn into a slash.
func clean(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7F || c == '\\' || c == 0xFFFD })
}
