package account

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

// settingsProps is the settings page, ready to print.
type settingsProps struct {
	Layout      ui.LayoutProps
	Title       string
	Lead        string
	Notice      *ui.NoticeProps
	Unconfirmed string // why the address matters; "" when it is confirmed
	Sections    []section
}

// section is a card with a form of its own.
type section struct {
	ID, Title, Text string
	Action          string
	Fields          []formField
	Submit, Kind    string
}

// Sections by id; each is what its form posts to.
const (
	sectionProfile     = "profile"
	sectionPreferences = "preferences"
	sectionEmail       = "email"
	sectionPassword    = "password"
	sectionSessions    = "sessions"
)

// showSettings serves GET /account/settings.
func (s *server) showSettings(w http.ResponseWriter, r *http.Request) error {
	return s.renderSettings(w, r, http.StatusOK, "", nil, nil)
}

// renderSettings draws the page. When a form was refused, failed is its section, form what was typed, and err why.
func (s *server) renderSettings(w http.ResponseWriter, r *http.Request, status int, failed string, form url.Values, err *fault.Error) error {
	who, signErr := signedIn(r)
	if signErr != nil {
		return signErr
	}
	a, loadErr := s.Accounts.ByID(r.Context(), who.User)
	if loadErr != nil {
		return loadErr
	}
	profile, loadErr := s.Accounts.Profile(r.Context(), who.User)
	if loadErr != nil {
		return loadErr
	}
	preferences, loadErr := s.Accounts.Preferences(r.Context(), who.User)
	if loadErr != nil {
		return loadErr
	}
	p := s.newSettingsProps(r, a, profile, preferences, failed, form)
	if err != nil {
		for i := range p.Sections {
			if p.Sections[i].ID == failed {
				mark(r, p.Sections[i].Fields, err)
			}
		}
		p.Notice = summary(r, err)
		setRetryAfter(w, err)
	}
	p.Layout = page.Layout(w, r, p.Title)
	p.Layout.Main = "reading"
	session.Token(w, r)
	return page.RenderStatus(w, r, status, settingsPage(p))
}

func (s *server) newSettingsProps(
	r *http.Request, a account.Account, profile account.Profile, preferences map[string]string, failed string, form url.Values,
) settingsProps {
	t := func(id string, args ...any) string { return i18n.T(r.Context(), id, args...) }
	p := settingsProps{Title: t("account.settings.title"), Lead: t("account.settings.lead", a.Username)}
	if !a.Active {
		p.Unconfirmed = t("account.unconfirmed", a.Email)
	}
	typed := func(id, name, kept string) string { // what a refused form held, else what is kept
		if failed == id {
			return form.Get(name)
		}
		return kept
	}
	person := []formField{{Props: ui.FieldProps{
		Name: "name", Label: t("account.name"), Help: t("account.name.help"), Value: typed(sectionProfile, "name", a.Name), Required: true,
		Autocomplete: "name", MaxLength: 255,
	}}}
	person = append(person, profileFields(r, func(name string) string { return typed(sectionProfile, name, profile.Value(name)) },
		func(string) account.FieldRule { return account.Optional })...)
	wishes := []formField{
		{Part: "select", Props: ui.FieldProps{
			Name: "pref-lang", Label: t("account.preference.language"), Required: true,
			Options: s.languages(r, typed(sectionPreferences, "pref-lang", preferences["pref-lang"])),
		}},
		{Props: ui.FieldProps{
			Name: "time_zone", Label: t("account.preference.zone"), Help: t("account.preference.zone_help"),
			Value: typed(sectionPreferences, "time_zone", preferences["time_zone"]), Placeholder: "Europe/Zurich",
		}},
		{Part: "select", Props: ui.FieldProps{
			Name: "account_privacy", Label: t("account.preference.privacy"), Help: t("account.preference.privacy_help"), Required: true, Options: []ui.Option{
				{Value: "private", Label: t("account.privacy.private")},
				{
					Value: "all_users", Label: t("account.privacy.all_users"),
					Selected: typed(sectionPreferences, "account_privacy", preferences["account_privacy"]) == "all_users",
				},
			},
		}},
	}
	p.Sections = []section{
		{
			ID: sectionProfile, Title: t("account.settings.profile"), Text: t("account.settings.profile_text"), Action: "/account/settings",
			Fields: person, Submit: t("account.settings.save"), Kind: ui.Primary,
		},
		{
			ID: sectionPreferences, Title: t("account.settings.preferences"), Text: t("account.settings.preferences_text"), Action: "/account/settings",
			Fields: wishes, Submit: t("account.settings.save"), Kind: ui.Primary,
		},
		{
			ID: sectionEmail, Title: t("account.settings.email"), Text: t("account.settings.email_text", a.Email), Action: "/account/email",
			Submit: t("account.settings.email_submit"), Fields: []formField{
				{Props: ui.FieldProps{
					Name: "email", Label: t("account.email.new"), Type: "email", Value: typed(sectionEmail, "email", ""), Required: true, Autocomplete: "email",
				}},
				{Props: oldPassword(r, "password", "email-password")},
			},
		},
		{
			ID: sectionPassword, Title: t("account.settings.password"), Text: t("account.settings.password_text"), Action: "/account/password",
			Submit: t("account.settings.password_submit"), Fields: []formField{
				{Props: oldPassword(r, "old_password", "old_password")},
				{Props: newPassword(r, "new_password", t("account.password.new"))},
			},
		},
		{
			ID: sectionSessions, Title: t("account.settings.sessions"), Text: t("account.settings.sessions_text"),
			Action: "/account/sign_out_everywhere", Submit: t("account.settings.sessions_submit"), Kind: ui.Danger,
		},
	}
	return p
}

func oldPassword(r *http.Request, name, id string) ui.FieldProps {
	return ui.FieldProps{
		Name: name, ID: id, Label: i18n.T(r.Context(), "account.password.current"), Type: "password", Required: true, Autocomplete: "current-password",
	}
}

// languages lists the languages there are texts in, by their own names.
func (s *server) languages(r *http.Request, selected string) []ui.Option {
	options := []ui.Option{{Label: i18n.T(r.Context(), "account.preference.browser")}}
	catalog := page.SiteOf(r).Catalog
	if catalog == nil {
		return options
	}
	for _, tag := range catalog.Languages() {
		options = append(options, ui.Option{Value: tag.String(), Label: ownName(tag), Selected: tag.String() == selected})
	}
	return options
}

// saveSettings serves POST /account/settings.
func (s *server) saveSettings(w http.ResponseWriter, r *http.Request) error {
	who, err := signedIn(r)
	if err != nil {
		return err
	}
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	change := account.ProfileChange{Fields: make(map[string]*string)}
	if form.Has("name") {
		name := form.Get("name")
		change.Name = &name
	}
	for _, f := range account.ProfileFields {
		if form.Has(f.Name) {
			value := form.Get(f.Name)
			change.Fields[f.Name] = &value
		}
	}
	preferences := make(map[string]*string)
	for _, key := range []string{"pref-lang", "time_zone", "account_privacy"} {
		if !form.Has(key) {
			continue
		}
		preferences[key] = nil
		if value := form.Get(key); value != "" {
			preferences[key] = &value
		}
	}
	if err := s.saveProfile(r, who, change, preferences); err != nil {
		f, status, ok := retry(err)
		if !ok {
			return err
		}
		failed := sectionProfile
		if len(preferences) > 0 {
			failed = sectionPreferences
		}
		return s.renderSettings(w, r, status, failed, form, f)
	}
	return page.Redirect(w, r, "/account/settings", page.Notice{Kind: "success", ID: "account.settings.saved"})
}

// saveProfile stores the preferences, which may be refused, and then the profile, which may be too; both say by field what is wrong.
func (s *server) saveProfile(r *http.Request, who account.Session, change account.ProfileChange, preferences map[string]*string) error {
	if len(preferences) > 0 {
		if err := s.Accounts.SetPreferences(r.Context(), who.User, preferences); err != nil {
			return err
		}
	}
	return s.Accounts.UpdateProfile(r.Context(), session.From(r), who.User, change)
}

// changeEmail serves POST /account/email.
func (s *server) changeEmail(w http.ResponseWriter, r *http.Request) error {
	who, err := signedIn(r)
	if err != nil {
		return err
	}
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	err = s.Accounts.RequestEmailChange(r.Context(), session.From(r), who.User, form.Get("password"), form.Get("email"))
	if err != nil {
		f, status, ok := retry(err)
		if !ok {
			return err
		}
		return s.renderSettings(w, r, status, sectionEmail, form, f)
	}
	return page.Redirect(w, r, "/account/settings", page.Notice{
		Kind: "info", ID: "account.email.asked", Args: []string{account.NormalizeEmail(form.Get("email"))},
	})
}

// changePassword serves POST /account/password: the form in settings, and the older contract, which mails a link to whoever is signed in or
// to the address given.
func (s *server) changePassword(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	if !form.Has("old_password") {
		return s.mailPasswordLink(w, r, form)
	}
	who, err := signedIn(r)
	if err != nil {
		return err
	}
	in, err := s.Accounts.ChangePassword(r.Context(), session.From(r), account.PasswordChange{
		Session: who, Old: form.Get("old_password"), New: form.Get("new_password"),
	})
	if err != nil {
		f, status, ok := retry(err)
		if !ok {
			return err
		}
		return s.renderSettings(w, r, status, sectionPassword, form, f)
	}
	session.Start(w, r, account.LMS, in)
	return page.Redirect(w, r, "/account/settings", page.Notice{Kind: "success", ID: "account.password.changed"})
}

func (s *server) mailPasswordLink(w http.ResponseWriter, r *http.Request, form url.Values) error {
	email := form.Get("email")
	if who, ok := session.Of(r); ok && email == "" {
		email = who.Email
	}
	return s.answerReset(w, r, s.Accounts.RequestReset(r.Context(), session.From(r), email))
}

// signOutEverywhere serves POST /account/sign_out_everywhere.
func (s *server) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	who, err := signedIn(r)
	if err != nil {
		return err
	}
	if err := s.Accounts.SignOutEverywhere(r.Context(), session.From(r), who.User); err != nil {
		return err
	}
	session.End(w, r, account.LMS)
	return page.Redirect(w, r, "/login", page.Notice{Kind: "success", ID: "account.sessions.ended"})
}
