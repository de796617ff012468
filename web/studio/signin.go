package studio

import (
	"net/http"
	"net/url"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

// People sign in at the learners' face, which then hands them over: Studio gives the browser a key in a cookie and sends it there with
// the key's name; it comes back with a code that only the browser with the key can use, once, within seconds.

// handoverCookie holds the key of a browser that signs in.
const handoverCookie = "studio_handover"

// handoverTime is how long somebody may take to sign in there, in seconds.
const handoverTime = 30 * 60

// next says where sign-in may lead.
var next = session.Next{Default: "/home/"}

// signIn serves GET /signin.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	to := next.Or(r.URL.Query().Get("next"))
	if page.Viewer(r).SignedIn() {
		return page.Redirect(w, r, to)
	}
	key := account.HandoverKey("")
	if value, ok := page.Cookie(r, handoverCookie); ok && len(value) == 32 {
		key = account.HandoverKey(value) // of another tab that signs in at the same time
	} else {
		key = account.NewHandoverKey()
	}
	setHandover(w, r, string(key), handoverTime)
	w.Header().Set("Cache-Control", "no-store")
	return page.Redirect(w, r, s.LMS(r)+"/studio/handover?"+url.Values{"state": {key.State()}, "next": {to}}.Encode())
}

func setHandover(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: handoverCookie, Value: value, Path: "/signin", MaxAge: age, HttpOnly: true, Secure: page.Known(r).Secure, SameSite: http.SameSiteLaxMode,
	})
}

// completeProps is the page that sends the code of a hand-over.
type completeProps struct {
	Layout     ui.LayoutProps
	Code, Next string
}

// showComplete serves GET /signin/complete, where the learners' face sends people with their code. The code is used by a POST, which
// nothing sends that only looks at addresses.
func (s *Server) showComplete(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if page.Viewer(r).SignedIn() {
		return page.Redirect(w, r, next.Or(q.Get("next")))
	}
	secret(w)
	p := completeProps{Layout: s.layout(w, r, i18n.T(r.Context(), "studio.signin.title")), Code: q.Get("code"), Next: next.Or(q.Get("next"))}
	p.Layout.Main = "narrow"
	return page.Render(w, r, completePage(p))
}

// complete serves POST /signin/complete.
func (s *Server) complete(w http.ResponseWriter, r *http.Request) error {
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	secret(w)
	key, ok := page.Cookie(r, handoverCookie)
	if !ok {
		return fault.Unauthenticatedf("hand-over without the browser's key").Say("studio.signin.no_key")
	}
	in, err := s.Accounts.RedeemHandover(r.Context(), session.From(r), r.PostForm.Get("code"), account.HandoverKey(key))
	if err != nil {
		return err
	}
	session.Start(w, r, account.Studio, in)
	setHandover(w, r, "", -1)
	return page.Redirect(w, r, next.Or(r.PostForm.Get("next")))
}

// secret is called for answers whose address holds a code: it goes nowhere else.
func secret(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "private, no-store")
}

// signOutProps is the page about signing out.
type signOutProps struct {
	Layout ui.LayoutProps
	In     bool
	Learn  string // address of the learners' face
}

// showSignOut serves GET /logout: a button, or, for a link on one of our own pages, what the button does.
func (s *Server) showSignOut(w http.ResponseWriter, r *http.Request) error {
	in := page.Viewer(r).SignedIn()
	if in && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return s.signOut(w, r)
	}
	title := i18n.T(r.Context(), "studio.signout.title")
	if !in {
		title = i18n.T(r.Context(), "studio.signout.done")
	}
	p := signOutProps{Layout: s.layout(w, r, title), In: in, Learn: s.LMS(r) + "/"}
	p.Layout.Main = "narrow"
	return page.Render(w, r, signOutPage(p))
}

// signOut serves POST /logout. It ends the session here and the one it was handed over from, with all of its kind. It leads to a page of
// this face: browsers follow no form to another.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.SignOut(r.Context(), session.From(r), account.Studio, session.ID(r, account.Studio)); err != nil {
		return err
	}
	session.End(w, r, account.Studio)
	w.Header().Set("Cache-Control", "private, no-store")
	return page.Redirect(w, r, "/logout")
}

// layout is the frame of a page of Studio.
func (s *Server) layout(w http.ResponseWriter, r *http.Request, title string) ui.LayoutProps {
	l := page.Layout(w, r, title)
	l.Styles = append(l.Styles, "css/studio.css")
	l.Entries = append(l.Entries, "js/studio.js")
	return l
}
