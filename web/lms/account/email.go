package account

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

// showEmailConfirm serves GET /email_confirm/KEY, which changes nothing: scanners follow links.
func (s *server) showEmailConfirm(w http.ResponseWriter, r *http.Request) error {
	secret(w)
	a, email, err := s.Accounts.EmailChangeOf(r.Context(), chi.URLParam(r, "key"))
	if err != nil {
		return s.deadEmail(w, r, err)
	}
	t := func(id string, args ...any) string { return i18n.T(r.Context(), id, args...) }
	return s.render(w, r, http.StatusOK, cardProps{
		Title: t("account.email.confirm"), Lead: t("account.email.confirm_lead", email, a.Username),
		Action: r.URL.EscapedPath(), Submit: t("account.email.confirm_submit"),
	})
}

// emailConfirm serves POST /email_confirm/KEY.
func (s *server) emailConfirm(w http.ResponseWriter, r *http.Request) error {
	secret(w)
	current, _ := session.Of(r)
	in, err := s.Accounts.ConfirmEmail(r.Context(), session.From(r), chi.URLParam(r, "key"), current)
	if fault.Is(err, fault.Conflict) {
		t := func(id string) string { return i18n.T(r.Context(), id) }
		return s.render(w, r, http.StatusConflict, cardProps{
			Title: t("account.email.confirm"), Lead: t("account.email.taken"),
			Other: ui.Link{Label: t("account.link.settings"), URL: "/account/settings"}, OtherText: t("account.link.dead.next"),
		})
	}
	if err != nil {
		return s.deadEmail(w, r, err)
	}
	done := page.Notice{Kind: "success", ID: "account.email.changed", Args: []string{in.Account.Email}}
	if in.ID == "" {
		return page.Redirect(w, r, "/login", done)
	}
	session.Start(w, r, account.LMS, in)
	return page.Redirect(w, r, "/account/settings", done)
}

func (s *server) deadEmail(w http.ResponseWriter, r *http.Request, err error) error {
	return s.deadLink(w, r, err, ui.Link{Label: i18n.T(r.Context(), "account.link.settings"), URL: "/account/settings"})
}
