package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lyceum/internal/fault"
	"lyceum/web/i18n"
)

// Handler serves a request or returns why it could not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP runs the handler and answers its error.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		Fail(w, r, err)
	}
}

// ForPrograms is a handler of an interface that programs call: its errors are JSON whatever the request accepts, and what
// must be corrected is 400, as their contracts say, where a form of a page gets 422.
func ForPrograms(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		of(r).programs = true
		return h(w, r)
	}
}

// Fail answers an error once: as a page, or as JSON for programs. The cause goes to the request's log record only.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	rec := of(r)
	rec.err = err
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		w.WriteHeader(statusGone) // nobody reads it; the access log does
		return
	}
	if started, ok := w.(interface{ Started() bool }); ok && started.Started() {
		return // half a page is out; the log has the rest
	}
	kind, status := kindOf(err), Status(err)
	if rec.programs && status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest
	}
	f, _ := fault.As(err)
	if f != nil && f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
	} else if kind == fault.Busy {
		w.Header().Set("Retry-After", "5")
	}
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Last-Modified", "Content-Disposition"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	switch {
	case WantsJSON(r):
		err = JSON(w, r, status, newProblem(r, kind, f))
	case kind == fault.Unauthenticated && readOnly(r) && rec.site.SignIn != "":
		http.Redirect(w, r, SignInURL(r), http.StatusFound)
		return
	default:
		err = RenderStatus(w, r, status, errorPage(newErrorProps(w, r, kind, f)))
	}
	if err != nil {
		rec.err = errors.Join(rec.err, err)
		http.Error(w, i18n.T(r.Context(), "error.internal.title"), http.StatusInternalServerError)
	}
}

// statusGone is what nginx logs for a client that closed the connection.
const statusGone = 499

// kindOf is fault.KindOf with the limits net/http sets.
func kindOf(err error) fault.Kind {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.TooLarge
	}
	if errors.Is(err, ErrContentType) {
		return fault.Invalid
	}
	return fault.KindOf(err)
}

// WantsJSON reports whether the answer goes to a program rather than to a person.
func WantsJSON(r *http.Request) bool {
	if of(r).programs {
		return true
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return !strings.Contains(r.Header.Get("Accept"), "text/html")
	}
	if r.Header.Get("X-Requested-With") == "XMLHttpRequest" {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

func readOnly(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// SignInURL returns the sign-in page that comes back to r.
func SignInURL(r *http.Request) string {
	s := of(r).site.SignIn
	if s == "" || !readOnly(r) {
		return s
	}
	return s + "?next=" + url.QueryEscape(r.URL.RequestURI())
}
