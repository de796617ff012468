package lms

import (
	"errors"
	"net/http"

	"lyceum/internal/fault"
	"lyceum/tracking"
	"lyceum/web/page"
)

// maxEvent bounds one report of the browser.
const maxEvent = 128 << 10

// takeEvent serves /event, by GET and POST: what the browser reports, with who and where added from the request. The
// contract asks for no sign-in and answers 200 with "success", whatever came, unless it is too large.
func (s *Server) takeEvent(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxEvent)
	err := r.ParseForm()
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.TooLargef("event: %w", err)
	}
	var e tracking.Event
	allowed := s.EventAllowed == nil || s.EventAllowed(r)
	if err == nil && allowed {
		e, err = tracking.ParseBrowserEvent(r.Form, s.Track(r))
	}
	switch {
	case err != nil:
		page.Note(r, errAttr(err))
	case allowed:
		s.Emitter.Emit(r.Context(), e)
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, err = w.Write([]byte("success"))
	return err
}
