package lms

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"lyceum/component"
	"lyceum/course"
	"lyceum/web/coursefile"
)

func itoa(n int) string { return strconv.Itoa(n) }

// IsOpen reports whether a request reads what strangers may see too, so that it goes on while nobody can tell who asks: front page,
// catalog, pages that present courses, course files, what the site says of itself.
func IsOpen(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	switch strings.TrimSuffix(r.URL.Path, "/") {
	case "", "/robots.txt", "/tos", "/honor", "/privacy":
		return true
	}
	return coursefile.IsPath(r.URL.Path) || isCatalog(r.URL.Path)
}

// isCatalog reports whether a path is the catalog's or a page's that presents a course.
func isCatalog(p string) bool {
	rest, ok := strings.CutPrefix(p, "/courses")
	if !ok {
		return false
	}
	if rest = strings.Trim(rest, "/"); rest == "" {
		return true
	}
	_, sub, _ := strings.Cut(rest, "/")
	return sub == "" || sub == "about"
}

// unescape decodes a path part once; text that is no escape stays.
func unescape(s string) string {
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}

// part is a part of a request's path by the route's name for it, decoded once: the router hands out the path as it came
// where decoding would lose something, and decoded otherwise.
func part(r *http.Request, name string) string {
	if r.URL.RawPath == "" {
		return chi.URLParam(r, name)
	}
	return unescape(chi.URLParam(r, name))
}

// escapeID makes a block id safe as one part of a path.
func escapeID(id string) string {
	if strings.IndexFunc(id, func(r rune) bool { return r >= utf8.RuneSelf || r != '-' && r != '.' && !course.IsWord(r) }) < 0 {
		return id // as nearly all are
	}
	return strings.ReplaceAll(component.EscapeKey(id), "/", "%2F")
}

// OldKeys lets addresses with keys of the old form through the router: in /courses/ORG/NUMBER/RUN/… the three parts become
// one. A key of the new form has no slash and is left alone.
func OldKeys(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		rest, ok := strings.CutPrefix(path, "/courses/")
		if !ok || strings.HasPrefix(rest, "course-v1:") || strings.HasPrefix(strings.ToLower(rest), "course-v1%3a") {
			next.ServeHTTP(w, r)
			return
		}
		parts := strings.SplitN(rest, "/", 4)
		if len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" || strings.Contains(parts[0], "%2F") {
			next.ServeHTTP(w, r)
			return
		}
		joined := "/courses/" + strings.Join(parts[:3], "%2F")
		if len(parts) == 4 {
			joined += "/" + parts[3]
		}
		r2 := r.Clone(r.Context())
		r2.URL.RawPath = joined
		if p, err := url.PathUnescape(joined); err == nil {
			r2.URL.Path = p
		}
		next.ServeHTTP(w, r2)
	})
}

func boolean(b bool) string { return strconv.FormatBool(b) }

// iconName is the sign of a unit's most important content.
func iconName(kind string) string {
	switch kind {
	case "video":
		return "video"
	case "problem":
		return "square-pen"
	default:
		return "file-text"
	}
}
