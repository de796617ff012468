package account

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

// showActivate serves GET /activate/KEY. In the browser that registered, the link does what it promises, as such links always have; from
// anywhere else, a scanner of mail included, it shows a button.
func (s *server) showActivate(w http.ResponseWriter, r *http.Request) error {
	secret(w)
	a, err := s.Accounts.ActivationOf(r.Context(), chi.URLParam(r, "key"))
	if err != nil {
		return s.deadActivation(w, r, err)
	}
	if page.Viewer(r).ID == a.ID {
		return s.activate(w, r)
	}
	t := func(id string, args ...any) string { return i18n.T(r.Context(), id, args...) }
	return s.render(w, r, http.StatusOK, cardProps{
		Title: t("account.activate.title"), Lead: t("account.activate.lead", a.Email),
		Action: r.URL.EscapedPath(), Hidden: onwardOf(r.URL.Query()).fields(), Submit: t("account.activate.submit"),
	})
}

// activate serves POST /activate/KEY.
func (s *server) activate(w http.ResponseWriter, r *http.Request) error {
	secret(w)
	to := onwardOf(r.URL.Query())
	if r.Method == http.MethodPost {
		form, err := readForm(w, r)
		if err != nil {
			return err
		}
		to = onwardOf(form)
	}
	a, err := s.Accounts.Activate(r.Context(), session.From(r), chi.URLParam(r, "key"))
	if err != nil {
		return s.deadActivation(w, r, err)
	}
	done := page.Notice{Kind: "success", ID: "account.activate.done"}
	if page.Viewer(r).ID == a.ID {
		return page.Redirect(w, r, s.goal(to), done)
	}
	return page.Redirect(w, r, to.link("/login"), done)
}

func (s *server) deadActivation(w http.ResponseWriter, r *http.Request, err error) error {
	other := ui.Link{Label: i18n.T(r.Context(), "account.link.settings"), URL: "/account/settings"}
	return s.deadLink(w, r, err, other)
}

// resend serves POST /account/activation, the button in settings.
func (s *server) resend(w http.ResponseWriter, r *http.Request) error {
	who, err := signedIn(r)
	if err != nil {
		return err
	}
	err = s.Accounts.ResendActivation(r.Context(), session.From(r), who.User)
	notice := page.Notice{Kind: "success", ID: "account.activation.sent", Args: []string{who.Email}}
	switch {
	case fault.Is(err, fault.Conflict):
		notice = page.Notice{Kind: "info", ID: "account.activation.done"}
	case fault.Is(err, fault.TooMany):
		notice = page.Notice{Kind: "warning", ID: "account.too_many"}
	case err != nil:
		return err
	}
	return page.Redirect(w, r, "/account/settings", notice)
}
