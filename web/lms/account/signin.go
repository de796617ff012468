package account

import (
	"net/http"
	"net/url"
	"strconv"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

// showSignIn serves GET /login.
func (s *server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	if page.Viewer(r).SignedIn() {
		return page.Redirect(w, r, s.goal(onwardOf(r.URL.Query())))
	}
	return s.render(w, r, http.StatusOK, s.signInForm(r, url.Values{"remember": {"true"}}, onwardOf(r.URL.Query())))
}

// signIn serves POST /login.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	to := onwardOf(form)
	in, err := s.Accounts.SignIn(r.Context(), s.from(r, to), account.Credentials{
		Login: loginOf(form), Password: form.Get("password"), Remember: isYes(form.Get("remember")), Replaces: session.ID(r, account.LMS),
	})
	if f, ok := fault.As(err); ok && f.Message == "account.signin.wrong" { // clients look for those words; people read these
		err = f.Say("account.signin.not_right")
	}
	if err != nil {
		return s.refuse(w, r, s.signInForm(r, form, to), err)
	}
	session.Start(w, r, account.LMS, in)
	where, said := s.arrive(r, in, to)
	return page.Redirect(w, r, where, said...)
}

// loginOf reads the name a person signs in as by any of its names in forms.
func loginOf(form url.Values) string {
	for _, name := range []string{"email_or_username", "email", "username", "login"} {
		if v := form.Get(name); v != "" {
			return v
		}
	}
	return ""
}

func (s *server) signInForm(r *http.Request, form url.Values, to onward) cardProps {
	t := func(id string) string { return i18n.T(r.Context(), id) }
	return cardProps{
		Title:  t("account.signin.title"),
		Lead:   s.lead(r.Context(), to),
		Action: "/login",
		Hidden: to.fields(),
		Fields: []formField{
			{Props: ui.FieldProps{
				Name: "email_or_username", Label: t("account.signin.login"), Value: loginOf(form), Required: true,
				Autocomplete: "username", Attrs: map[string]any{"autocapitalize": "none", "spellcheck": "false"},
			}},
			{Props: ui.FieldProps{
				Name: "password", Label: t("account.password"), Type: "password", Required: true, Autocomplete: "current-password",
			}},
			{Part: "checkbox", Props: ui.FieldProps{
				Name: "remember", Label: t("account.signin.remember"), Checked: isYes(form.Get("remember")),
			}},
		},
		Aside:     ui.Link{Label: t("account.signin.forgot"), URL: "/password_reset/"},
		Submit:    t("account.signin.submit"),
		Other:     ui.Link{Label: t("account.signin.register"), URL: to.link("/register")},
		OtherText: t("account.signin.new"),
	}
}

// showSignOut serves GET /logout: a button, or, for a link on one of our own pages, what the button does.
func (s *server) showSignOut(w http.ResponseWriter, r *http.Request) error {
	if ownLink(r) {
		return s.signOut(w, r)
	}
	t := func(id string) string { return i18n.T(r.Context(), id) }
	p := cardProps{Title: t("account.signout.title"), Lead: t("account.signout.lead"), Action: "/logout", Submit: t("ui.sign_out")}
	p.Hidden = onward{next: signOutTarget(r)}.fields()
	if !page.Viewer(r).SignedIn() {
		p = cardProps{
			Title: t("account.signout.done"), Lead: t("account.signout.done_lead"),
			Other: ui.Link{Label: t("ui.sign_in"), URL: "/login"}, OtherText: t("account.signout.again"),
		}
	}
	return s.render(w, r, http.StatusOK, p)
}

// ownLink reports whether a GET comes from a page of ours.
func ownLink(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	referer, err := url.Parse(r.Referer())
	return err == nil && referer.Host != "" && referer.Scheme+"://"+referer.Host == page.Known(r).Origin()
}

func signOutTarget(r *http.Request) string {
	q := r.URL.Query()
	if v := q.Get("redirect_url"); v != "" {
		return v
	}
	return q.Get("next")
}

// signOut serves POST /logout.
func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	target := signOutTarget(r)
	if r.Method == http.MethodPost && r.ContentLength != 0 {
		form, err := readForm(w, r)
		if err != nil {
			return err
		}
		if v := form.Get("next"); v != "" {
			target = v
		}
	}
	if err := s.Accounts.SignOut(r.Context(), session.From(r), account.LMS, session.ID(r, account.LMS)); err != nil {
		return err
	}
	session.End(w, r, account.LMS)
	w.Header().Set("Cache-Control", "private, no-store")
	return page.Redirect(w, r, session.Next{Origins: s.Next.Origins, Default: "/"}.Or(target))
}

func seconds(f *fault.Error) string { return strconv.Itoa(int(f.RetryAfter.Seconds() + 0.999)) }
