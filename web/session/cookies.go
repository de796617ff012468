package session

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lyceum/learner/account"
	"lyceum/web/page"
)

// remembered is how long a browser keeps a session it was asked to keep; the server's own limits hold beside it.
const remembered = 28 * 24 * time.Hour

// Names of cookies that are read by others too.
const (
	csrfCookie     = "csrftoken"
	loggedInCookie = "edxloggedin"
	userInfoCookie = "edx-user-info"
)

// cookieName is where a face keeps its session. Clients and other services of a site know the name of the LMS's.
func cookieName(face account.Face, secure bool) string {
	switch {
	case face == account.LMS:
		return "sessionid"
	case secure:
		return "__Host-studio_sessionid"
	default:
		return "studio_sessionid"
	}
}

// ID returns the session id the browser sent for a face, "" for none.
func ID(r *http.Request, face account.Face) account.SessionID {
	id, _ := page.Cookie(r, cookieName(face, page.Known(r).Secure))
	return account.SessionID(id)
}

// Start gives the browser its new session.
func Start(w http.ResponseWriter, r *http.Request, face account.Face, in account.SignedIn) {
	known := page.Known(r)
	age := 0 // until the browser closes
	if in.Remembered {
		age = int(remembered / time.Second)
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(face, known.Secure), Value: string(in.ID), Path: "/", MaxAge: age,
		HttpOnly: true, Secure: known.Secure, SameSite: http.SameSiteLaxMode,
	})
	setCSRF(w, r, newToken()) // one seen before signing in is worth nothing after
	if face != account.LMS {
		return
	}
	setReadable(w, r, loggedInCookie, "true", age)
	setReadable(w, r, userInfoCookie, userInfo(known.Origin(), in.Account.Username), age)
}

// End takes the session's cookies away.
func End(w http.ResponseWriter, r *http.Request, face account.Face) {
	secure := page.Known(r).Secure
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(face, secure), Path: "/", MaxAge: -1, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
	if face == account.LMS {
		setReadable(w, r, loggedInCookie, "", -1)
		setReadable(w, r, userInfoCookie, "", -1)
	}
}

// userInfo is what the front ends of a site show before they have asked anything.
func userInfo(origin, username string) string {
	text, err := json.Marshal(map[string]any{
		"version":  1,
		"username": username,
		"header_urls": map[string]string{
			"logout":           origin + "/logout",
			"account_settings": origin + "/account/settings",
			"learner_profile":  origin + "/u/" + username,
			"resume_block":     origin + "/dashboard",
		},
	})
	if err != nil {
		return ""
	}
	return string(text)
}

// setReadable sets a cookie that scripts read. net/http drops quotes from values, so the header is written here, quoted as the readers
// of edx-user-info expect: between quotes, with backslashes and octal numbers.
func setReadable(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	var b strings.Builder
	b.WriteString(name + "=" + quote(value) + "; Path=/")
	switch {
	case age > 0:
		fmt.Fprintf(&b, "; Max-Age=%d", age)
	case age < 0:
		b.WriteString("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
	}
	if page.Known(r).Secure {
		b.WriteString("; Secure")
	}
	b.WriteString("; SameSite=Lax")
	w.Header().Add("Set-Cookie", b.String())
}

func quote(value string) string {
	plain := strings.IndexFunc(value, func(c rune) bool {
		return c >= 0x7F || c <= ' ' || strings.ContainsRune(`",;\`, c)
	}) < 0
	if plain {
		return value
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(value) {
		switch c := value[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7F || c == ',' || c == ';':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
