package session

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"

	"lyceum/web/page"
)

// newToken returns a token in the length clients expect, 32 letters and digits or more.
func newToken() string { return (rand.Text() + rand.Text())[:32] }

// Token returns the browser's CSRF token and gives it one if it has none. Only clients that send neither Origin nor Sec-Fetch-Site need
// it: what those headers prove is proven.
func Token(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(csrfCookie); err == nil && goodToken(c.Value) {
		return c.Value
	}
	token := newToken()
	setCSRF(w, r, token)
	return token
}

func setCSRF(w http.ResponseWriter, r *http.Request, token string) {
	http.SetCookie(w, &http.Cookie{ // readable: scripts send it back in a header
		Name: csrfCookie, Value: token, Path: "/", MaxAge: 364 * 24 * 3600, Secure: page.Known(r).Secure, SameSite: http.SameSiteLaxMode,
	})
}

// CheckToken reports whether token, from header or form, is the one in the browser's cookie. It is the CSRF function of middleware.Config.
func CheckToken(r *http.Request, token string) bool {
	c, err := r.Cookie(csrfCookie)
	return err == nil && goodToken(c.Value) && subtle.ConstantTimeCompare([]byte(c.Value), []byte(token)) == 1
}

func goodToken(s string) bool {
	if len(s) < 32 || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
