package account

import (
	"net/http"
	"net/url"
	"slices"

	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

// showRegister serves GET /register.
func (s *server) showRegister(w http.ResponseWriter, r *http.Request) error {
	if page.Viewer(r).SignedIn() {
		return page.Redirect(w, r, s.goal(onwardOf(r.URL.Query())))
	}
	if s.Accounts.Config().Closed {
		return s.renderClosed(w, r)
	}
	return s.render(w, r, http.StatusOK, s.registerForm(r, url.Values{}, onwardOf(r.URL.Query())))
}

func (s *server) renderClosed(w http.ResponseWriter, r *http.Request) error {
	t := func(id string) string { return i18n.T(r.Context(), id) }
	return s.render(w, r, http.StatusForbidden, cardProps{
		Title: t("account.register.title"), Lead: t("account.register.closed"),
		Other: ui.Link{Label: t("ui.sign_in"), URL: "/login"}, OtherText: t("account.register.have"),
	})
}

// register serves POST /register.
func (s *server) register(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	wanted := s.registrationOf(r, form)
	wanted.Repeat = form.Has("repeat")
	to := onwardOf(form)
	got, err := s.Accounts.Register(r.Context(), s.from(r, to), wanted)
	if err != nil {
		return s.refuse(w, r, s.registerForm(r, form, to), err)
	}
	if got.MustConfirm {
		return s.renderCheckMail(w, r, form.Get("email"), to)
	}
	session.Start(w, r, account.LMS, got.SignedIn)
	where, said := s.arrive(r, got.SignedIn, to)
	return page.Redirect(w, r, where, append(said, page.Notice{Kind: "success", ID: "account.register.welcome", Args: []string{got.Account.Email}})...)
}

// registrationOf reads a registration from any of the forms.
func (s *server) registrationOf(r *http.Request, form url.Values) account.Registration {
	profile := make(map[string]string)
	for _, f := range account.ProfileFields {
		profile[f.Name] = form.Get(f.Name)
	}
	return account.Registration{
		Username: form.Get("username"), Email: form.Get("email"), Name: form.Get("name"), Password: form.Get("password"),
		Honor:   isYes(form.Get("honor_code")) || isYes(form.Get("terms_of_service")) || s.HonorURL == "" && s.TermsURL == "", // nothing to agree to
		Profile: profile, Replaces: session.ID(r, account.LMS),
	}
}

func (s *server) renderCheckMail(w http.ResponseWriter, r *http.Request, email string, to onward) error {
	t := func(id string, args ...any) string { return i18n.T(r.Context(), id, args...) }
	return s.render(w, r, http.StatusOK, cardProps{
		Title: t("account.check_mail.title"), Lead: t("account.check_mail.register", account.NormalizeEmail(email)),
		Other: ui.Link{Label: t("ui.sign_in"), URL: to.link("/login")}, OtherText: t("account.check_mail.then"), OutboxURL: s.outboxURL(r),
	})
}

func (s *server) registerForm(r *http.Request, form url.Values, to onward) cardProps {
	t := func(id string, args ...any) string { return i18n.T(r.Context(), id, args...) }
	fields := []formField{
		{Props: ui.FieldProps{Name: "email", Label: t("account.email"), Type: "email", Value: form.Get("email"), Required: true, Autocomplete: "email", MaxLength: 254}},
		{Props: ui.FieldProps{Name: "name", Label: t("account.name"), Help: t("account.name.help"), Value: form.Get("name"), Required: true, Autocomplete: "name", MaxLength: 255}},
		{Props: ui.FieldProps{
			Name: "username", Label: t("account.username"), Help: t("account.username.help"), Value: form.Get("username"), Required: true,
			Autocomplete: "username", MinLength: 2, MaxLength: 30, Attrs: map[string]any{"autocapitalize": "none", "spellcheck": "false"},
		}},
		{Props: ui.FieldProps{
			Name: "password", Label: t("account.password"), Help: t("account.password.help", account.PasswordMin), Type: "password", Required: true,
			Autocomplete: "new-password", MinLength: account.PasswordMin, MaxLength: account.PasswordMax,
		}},
	}
	rules := s.Accounts.Config().Fields
	fields = append(fields, profileFields(r, form.Get, func(name string) account.FieldRule { return rules[name] })...)
	hidden := to.fields()
	hidden["repeat"] = "1" // this page may be sent twice: see account.Registration
	agree := ""
	switch honor, terms := s.HonorURL != "", s.TermsURL != ""; {
	case honor && terms:
		agree = t("account.honor", s.SiteName)
	case honor:
		agree = t("account.honor.alone", s.SiteName)
	case terms:
		agree = t("account.terms.alone", s.SiteName)
	}
	if agree != "" {
		fields = append(fields, formField{Part: "checkbox", Props: ui.FieldProps{
			Name: "honor_code", Label: agree, Required: true, Checked: isYes(form.Get("honor_code")),
		}})
	}
	lead := s.lead(r.Context(), onward{course: to.course})
	if lead == "" {
		lead = t("account.register.lead")
	}
	return cardProps{
		Title:     t("account.register.title"),
		Lead:      lead,
		Action:    "/register",
		Hidden:    hidden,
		Fields:    fields,
		Read:      s.policies(r),
		Submit:    t("account.register.submit"),
		Other:     ui.Link{Label: t("ui.sign_in"), URL: to.link("/login")},
		OtherText: t("account.register.have"),
	}
}

// policies lead to what registering agrees to.
func (s *server) policies(r *http.Request) []ui.Link {
	t := func(id string) string { return i18n.T(r.Context(), id) }
	all := []ui.Link{{Label: t("policy.honor"), URL: s.HonorURL}, {Label: t("policy.terms"), URL: s.TermsURL}, {Label: t("policy.privacy"), URL: s.PrivacyURL}}
	return slices.DeleteFunc(all, func(l ui.Link) bool { return l.URL == "" })
}
