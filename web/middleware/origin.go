package middleware

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lyceum/internal/fault"
	"lyceum/web/page"
)

// sameOrigin lets changes through only from our own pages, from origins that are configured, or from scripted clients that send no browser
// headers and prove themselves. same-site is not enough: learners' face and authors' face are of one site.
func sameOrigin(c Config, next http.Handler) http.Handler {
	check := c.CSRF
	if check == nil {
		check = doubleSubmit
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !changes(r.Method) || c.Exempt != nil && c.Exempt(r) || carriesToken(r) {
			next.ServeHTTP(w, r)
			return
		}
		if !fromUs(c.Trusted, check, r) {
			page.Fail(w, r, fault.Forbiddenf("origin %q, fetch site %q", r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")).
				Say("error.origin"))
			return
		}
		if plainText(r) {
			// The one type besides forms that a foreign page can send without asking first.
			page.Fail(w, r, page.ErrContentType)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func changes(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}

// carriesToken reports whether the request proves who it is by a header no foreign page can set; cookies are ignored for it.
func carriesToken(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "JWT")
}

func fromUs(trusted []string, check func(*http.Request, string) bool, r *http.Request) bool {
	site, origins := r.Header.Get("Sec-Fetch-Site"), r.Header["Origin"]
	if site == "same-origin" {
		return true
	}
	own := page.Known(r).Origin()
	if len(origins) == 1 && (sameText(origins[0], own) || slices.ContainsFunc(trusted, func(t string) bool { return sameText(origins[0], t) })) {
		return true
	}
	if site != "" || len(origins) > 0 {
		return false
	}
	// No browser of the last years. Without a cookie there is nothing a foreign page could borrow.
	if r.Header["Cookie"] == nil {
		return true
	}
	if referer := r.Header.Get("Referer"); referer != "" && !sameText(originOf(referer), own) {
		return false
	}
	return check(r, csrfToken(r))
}

func sameText(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// csrfToken returns the token of old clients, from header or form.
func csrfToken(r *http.Request) string {
	if token := r.Header.Get("X-CSRFToken"); token != "" {
		return token
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/x-www-form-urlencoded" {
		return r.PostFormValue("csrfmiddlewaretoken")
	}
	return ""
}

// doubleSubmit compares the token with the cookie csrftoken: a foreign page can send the cookie but not read it.
func doubleSubmit(r *http.Request, token string) bool {
	c, err := r.Cookie("csrftoken")
	return err == nil && len(token) >= 32 && len(token) <= 256 && subtle.ConstantTimeCompare([]byte(token), []byte(c.Value)) == 1
}

func plainText(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "text/plain"
}
