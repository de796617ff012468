package account

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

// showReset serves GET /password_reset/.
func (s *server) showReset(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("sent") {
		return s.renderResetSent(w, r)
	}
	return s.render(w, r, http.StatusOK, s.resetForm(r, url.Values{}))
}

func (s *server) resetForm(r *http.Request, form url.Values) cardProps {
	t := func(id string) string { return i18n.T(r.Context(), id) }
	return cardProps{
		Title: t("account.reset.title"), Lead: t("account.reset.lead"), Action: "/password_reset/", Submit: t("account.reset.submit"),
		Fields: []formField{{Props: ui.FieldProps{
			Name: "email", Label: t("account.email"), Type: "email", Value: form.Get("email"), Required: true, Autocomplete: "email",
		}}},
		Other: ui.Link{Label: t("ui.sign_in"), URL: "/login"}, OtherText: t("account.reset.remembered"),
	}
}

func (s *server) renderResetSent(w http.ResponseWriter, r *http.Request) error {
	t := func(id string) string { return i18n.T(r.Context(), id) }
	return s.render(w, r, http.StatusOK, cardProps{
		Title: t("account.check_mail.title"), Lead: t("account.reset.sent"),
		Other: ui.Link{Label: t("account.reset.again"), URL: "/password_reset/"}, OtherText: t("account.reset.nothing"), OutboxURL: s.outboxURL(r),
	})
}

// reset serves POST /password_reset/: a page for people, JSON for clients. It never tells whether an address is known.
func (s *server) reset(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	err = s.Accounts.RequestReset(r.Context(), session.From(r), form.Get("email"))
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return s.answerReset(w, r, err)
	}
	if err != nil {
		return s.refuse(w, r, s.resetForm(r, form), err)
	}
	return page.Redirect(w, r, "/password_reset/?sent=1")
}

// answerReset is the old contract: 200 with success, 403 when there were too many.
func (s *server) answerReset(w http.ResponseWriter, r *http.Request, err error) error {
	f, ok := fault.As(err)
	switch {
	case err == nil:
		return page.JSON(w, r, http.StatusOK, map[string]any{"success": true, "value": i18n.T(r.Context(), "account.reset.sent")})
	case ok && f.Kind == fault.TooMany:
		setRetryAfter(w, f)
		return page.JSON(w, r, http.StatusForbidden, map[string]any{"success": false, "value": i18n.T(r.Context(), "account.too_many")})
	case ok && f.Kind == fault.Invalid:
		return page.JSON(w, r, http.StatusBadRequest, map[string]any{"success": false, "value": firstField(r, f)})
	}
	return err
}

// showResetConfirm serves GET /password_reset_confirm/UID-TOKEN/.
func (s *server) showResetConfirm(w http.ResponseWriter, r *http.Request) error {
	secret(w)
	uid, token := uidToken(r)
	a, err := s.Accounts.ResetOf(r.Context(), uid, token)
	if err != nil {
		return s.deadReset(w, r, err)
	}
	return s.render(w, r, http.StatusOK, s.resetConfirmForm(r, a))
}

func uidToken(r *http.Request) (uid, token string) { return splitToken(chi.URLParam(r, "uidtoken")) }

// splitToken reads UID-TOKEN.
func splitToken(s string) (uid, token string) {
	uid, token, _ = strings.Cut(s, "-")
	return uid, token
}

func (s *server) resetConfirmForm(r *http.Request, a account.Account) cardProps {
	t := func(id string, args ...any) string { return i18n.T(r.Context(), id, args...) }
	return cardProps{
		Title: t("account.reset.choose"), Lead: t("account.reset.choose_lead", a.Username), Action: r.URL.EscapedPath(), Submit: t("account.reset.save"),
		Hidden: map[string]string{"username": a.Username}, // for password managers
		Fields: []formField{
			{Props: newPassword(r, "new_password1", t("account.password.new"))},
			{Props: ui.FieldProps{Name: "new_password2", Label: t("account.password.again"), Type: "password", Required: true, Autocomplete: "new-password"}},
		},
	}
}

func newPassword(r *http.Request, name, label string) ui.FieldProps {
	return ui.FieldProps{
		Name: name, Label: label, Help: i18n.T(r.Context(), "account.password.help", account.PasswordMin), Type: "password", Required: true,
		Autocomplete: "new-password", MinLength: account.PasswordMin, MaxLength: account.PasswordMax,
	}
}

// resetConfirm serves POST /password_reset_confirm/UID-TOKEN/.
func (s *server) resetConfirm(w http.ResponseWriter, r *http.Request) error {
	secret(w)
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	uid, token := uidToken(r)
	a, err := s.Accounts.ResetOf(r.Context(), uid, token)
	if err != nil {
		return s.deadReset(w, r, err)
	}
	if form.Get("new_password1") != form.Get("new_password2") {
		err = fault.Invalidf("passwords differ").Field("new_password2", "account.password.differ")
	} else {
		_, err = s.Accounts.Reset(r.Context(), session.From(r), uid, token, form.Get("new_password1"))
	}
	switch {
	case fault.Is(err, fault.NotFound): // somebody used it meanwhile
		return s.deadReset(w, r, err)
	case err != nil:
		return s.refuse(w, r, s.resetConfirmForm(r, a), err)
	}
	if page.Viewer(r).ID == a.ID {
		session.End(w, r, account.LMS)
	}
	return page.Redirect(w, r, "/password_reset_complete/")
}

func (s *server) deadReset(w http.ResponseWriter, r *http.Request, err error) error {
	return s.deadLink(w, r, err, ui.Link{Label: i18n.T(r.Context(), "account.reset.again"), URL: "/password_reset/"})
}

// showResetComplete serves GET /password_reset_complete/.
func (s *server) showResetComplete(w http.ResponseWriter, r *http.Request) error {
	t := func(id string) string { return i18n.T(r.Context(), id) }
	return s.render(w, r, http.StatusOK, cardProps{
		Title: t("account.reset.complete"), Lead: t("account.reset.complete_lead"),
		Other: ui.Link{Label: t("ui.sign_in"), URL: "/login"}, OtherText: t("account.reset.complete_next"),
	})
}

// firstField returns the first message of a refused form, for clients that show one sentence.
func firstField(r *http.Request, f *fault.Error) string {
	for _, message := range page.FieldErrors(r.Context(), f) {
		return message
	}
	return i18n.T(r.Context(), "account.form.refused")
}
