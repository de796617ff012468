package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/page"
	"lyceum/web/session"
)

// known is a finder that knows one session at each face.
type known struct{ err error }

func (k known) Session(_ context.Context, face account.Face, id account.SessionID) (account.Session, bool, error) {
	if k.err != nil {
		return account.Session{}, false, k.err
	}
	if id != account.SessionID("good-"+face) {
		return account.Session{}, false, nil
	}
	return account.Session{User: 7, Username: "ann", Name: "Ann", TimeZone: "Europe/Zurich", Staff: true, Face: face, Key: "k"}, true, nil
}

func TestMiddleware(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		face   account.Face
		cookie string
		header string // Authorization
		err    error
		path   string
		status int
		who    string
		unsure bool
	}{
		{name: "visitor", face: account.LMS, status: 200},
		{name: "signed in", face: account.LMS, cookie: "sessionid=good-lms", status: 200, who: "ann"},
		{name: "unknown id", face: account.LMS, cookie: "sessionid=bad", status: 200},
		{name: "Studio's id at the LMS", face: account.LMS, cookie: "sessionid=good-studio", status: 200},
		{name: "Studio's cookie at the LMS", face: account.LMS, cookie: "studio_sessionid=good-lms", status: 200},
		{name: "Studio", face: account.Studio, cookie: "studio_sessionid=good-studio; sessionid=good-lms", status: 200, who: "ann"},
		{name: "the LMS's cookie at Studio", face: account.Studio, cookie: "sessionid=good-studio", status: 200},
		{name: "a bearer token beside the cookie", face: account.LMS, cookie: "sessionid=good-lms", header: "Bearer x", status: 200},
		{name: "a JWT beside the cookie", face: account.LMS, cookie: "sessionid=good-lms", header: "JWT x", status: 200},
		{name: "store away", face: account.LMS, cookie: "sessionid=good-lms", err: fault.Busyf("away"), status: 503},
		{name: "store away, visitor", face: account.LMS, err: fault.Busyf("away"), status: 200},
		{name: "store away, open to strangers", face: account.LMS, cookie: "sessionid=good-lms", err: fault.Busyf("away"), path: "/courses", status: 200, unsure: true},
		{name: "our mistake, open to strangers", face: account.LMS, cookie: "sessionid=good-lms", err: errors.New("oops"), path: "/courses", status: 500},
		{name: "our mistake", face: account.LMS, cookie: "sessionid=good-lms", err: errors.New("oops"), status: 500},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var who string
			handler := session.Middleware(known{c.err}, c.face, func(r *http.Request) bool { return r.URL.Path == "/courses" })(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				who = page.Viewer(r).Username
				got, ok := session.Of(r)
				if ok != (who != "") || got.Username != who {
					t.Errorf("session %+v beside viewer %q", got, who)
				}
				if ok && page.Viewer(r).Zone.String() != "Europe/Zurich" {
					t.Errorf("zone %v", page.Viewer(r).Zone)
				}
				if got := page.WhyUnsure(r) != nil; got != c.unsure {
					t.Errorf("unsure %v, want %v", got, c.unsure)
				}
				whole, ok := session.Request(r.Context())
				if !ok || page.Viewer(whole).Username != who {
					t.Errorf("the context's request is of %q, want %q", page.Viewer(whole).Username, who)
				}
			}))
			r := request(false)
			if c.path != "" {
				r.URL.Path = c.path
			}
			if c.cookie != "" {
				r.Header.Set("Cookie", c.cookie)
			}
			if c.header != "" {
				r.Header.Set("Authorization", c.header)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.status || who != c.who {
				t.Errorf("status %d as %q, want %d as %q", w.Code, who, c.status, c.who)
			}
		})
	}
}
