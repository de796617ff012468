package middleware

import (
	"net/http"

	"lyceum/web/page"
)

// headers sets what every answer carries. A handler may widen the policy with page.AllowContent and page.AllowFraming.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Security-Policy"] = []string{page.Policy(r)}
		h["X-Content-Type-Options"] = nosniff
		h["Referrer-Policy"] = referrerPolicy
		h["Permissions-Policy"] = permissions
		h["Cross-Origin-Opener-Policy"] = sameOriginOnly
		if page.Known(r).Secure {
			h["Strict-Transport-Security"] = hsts
		}
		next.ServeHTTP(w, r)
	})
}

// Values shared by all answers, never written to. Slices of capacity one: an append by a handler copies.
var (
	nosniff        = []string{"nosniff"}
	referrerPolicy = []string{"strict-origin-when-cross-origin"}
	permissions    = []string{"camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), browsing-topics=()"}
	sameOriginOnly = []string{"same-origin"}
	hsts           = []string{"max-age=31536000"}
)
