package session

import (
	"context"
	"net/http"
	"strings"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// finder knows whose a session is; account.Service is one.
type finder interface {
	Session(ctx context.Context, face account.Face, id account.SessionID) (account.Session, bool, error)
}

// visit is what is known of a request's session. It belongs to the goroutine that serves the request.
type visit struct {
	whole   *http.Request // with everything the middleware knows
	session account.Session
	ok      bool // there is one
}

type contextKey struct{}

// Middleware says who asks. It stands inside middleware.Stack and before every route that cares. What is open to strangers goes on while
// it cannot be known who asks, as for a visitor; open may be nil.
func Middleware(sessions finder, face account.Face, open func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return page.Handler(func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Add("Vary", "Cookie")
			in := new(visit)
			r = r.WithContext(context.WithValue(r.Context(), contextKey{}, in))
			in.whole = r
			id := ID(r, face)
			if id == "" || provesItself(r) {
				next.ServeHTTP(w, r)
				return nil
			}
			session, ok, err := sessions.Session(r.Context(), face, id)
			switch {
			case fault.Is(err, fault.Busy) && open != nil && open(r):
				page.Unsure(r, err)
			case err != nil:
				return err // neither a visitor nor this person: it cannot be known now
			}
			if ok {
				in.session, in.ok = session, true
				r = page.Enter(r, person(session))
				in.whole = r
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// provesItself reports whether a request says who it is by a header; its cookies then say nothing.
func provesItself(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "JWT")
}

// Of returns the session of a request; ok is false for a visitor.
func Of(r *http.Request) (account.Session, bool) {
	in, ok := r.Context().Value(contextKey{}).(*visit)
	if !ok || !in.ok {
		return account.Session{}, false
	}
	return in.session, true
}

// Request returns the request a context belongs to, for what a flow reports after it is done (account.Options.Changed): an event of the
// tracking log tells address, path and session of whoever caused it. No flow decides by it.
func Request(ctx context.Context) (r *http.Request, ok bool) {
	in, ok := ctx.Value(contextKey{}).(*visit)
	if !ok {
		return nil, false
	}
	return in.whole, true
}

// From returns what account's flows want to know of a request.
func From(r *http.Request) account.From {
	known := page.Known(r)
	return account.From{
		Actor: page.Viewer(r).ID, Address: known.Client, Agent: r.UserAgent(), RequestID: known.ID, Language: i18n.From(r.Context()).Lang(),
	}
}

func person(s account.Session) page.Person {
	zone, _ := i18n.Zone(s.TimeZone) // nil for none, or one nobody knows
	return page.Person{
		ID: s.User, Username: s.Username, Name: s.Name, Staff: s.Staff, Superuser: s.Superuser, Language: s.Language, Zone: zone,
	}
}

// As is a request as one of the session that it has just begun, for what is done for the person at once. The session is Busy where it cannot
// be looked up.
func As(r *http.Request, sessions finder, face account.Face, id account.SessionID) (*http.Request, error) {
	session, ok, err := sessions.Session(r.Context(), face, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.Unauthenticatedf("the session has ended")
	}
	in := &visit{session: session, ok: true}
	r = page.Enter(r.WithContext(context.WithValue(r.Context(), contextKey{}, in)), person(session))
	in.whole = r
	return r, nil
}
