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
// contract asks for no sign-in and answers 200 with "success", whatever came, unless it is too large. Who reports too often is
// told 204, before the body is read; what was reported is dropped and counted.
func (s *Server) takeEvent(w http.ResponseWriter, r *http.Request) error {
	if !s.Limits.event(r) {
		if n := s.Limits.overEvents(s.Clock()); n > 0 {
			s.Log.WarnContext(r.Context(), "browser events came faster than the limit and were dropped", "events", n)
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxEvent)
	err := r.ParseForm()
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.TooLargef("event: %w", err)
	}
	var e tracking.Event
	if err == nil {
		e, err = tracking.ParseBrowserEvent(r.Form, s.Track(r))
	}
	if err != nil {
		page.Note(r, errAttr(err))
	} else {
		s.Emitter.Emit(r.Context(), e)
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, err = w.Write([]byte("success"))
	return err
}
