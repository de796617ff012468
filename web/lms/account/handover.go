package account

import (
	"net/http"
	"net/url"

	"lyceum/internal/fault"
	"lyceum/web/page"
)

// handoverPath is where Studio sends people to sign in.
const handoverPath = "/studio/handover"

// handOver serves GET /studio/handover, where Studio sends a browser that wants to sign in there: whoever is signed in here goes back
// with a code that only this browser can use, once. It makes nothing but the code, so that it may be a link; what it opens is opened by
// Studio's POST.
func (s *server) handOver(w http.ResponseWriter, r *http.Request) error {
	if s.Studio == nil {
		return fault.NotFoundf("there is no Studio")
	}
	in, err := signedIn(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	code, err := s.Accounts.BeginHandover(r.Context(), in, q.Get("state"))
	if err != nil {
		return err
	}
	secret(w)
	w.Header().Set("Cache-Control", "private, no-store")
	return page.Redirect(w, r, s.Studio(r)+"/signin/complete?"+url.Values{"code": {code}, "next": {q.Get("next")}}.Encode())
}
