package account

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
)

// accountView is an account as the API shows it to its owner; others see the members of sharedFields, or of privateFields.
type accountView map[string]any

var (
	privateFields = []string{"username", "profile_image", "account_privacy"}
	sharedFields  = append([]string{
		"bio", "country", "date_joined", "language_proficiencies", "level_of_education", "social_links", "time_zone", "accomplishments_shared",
	}, privateFields...)
)

func newAccountView(a account.Account, p account.Profile, preferences map[string]string) accountView {
	v := accountView{
		"username": a.Username, "name": a.Name, "email": a.Email, "is_active": a.Active, "date_joined": a.Joined.UTC().Format(time.RFC3339),
		"profile_image":             profileImage(),
		"account_privacy":           privacyOf(preferences),
		"time_zone":                 orNull(preferences["time_zone"]),
		"requires_parental_consent": requiresConsent(p),
		"accomplishments_shared":    false,
		"secondary_email":           nil,
		"verified_name":             nil,
		"extended_profile":          []any{},
		"year_of_birth":             p.YearOfBirth,
	}
	for _, name := range []string{"gender", "level_of_education", "language", "country", "mailing_address", "goals", "bio"} {
		v[name] = orNull(p.Value(name))
	}
	if v["level_of_education"] == "other" {
		v["level_of_education"] = "o" // the API's letter
	}
	languages := []map[string]string{}
	for _, code := range p.Proficiencies {
		languages = append(languages, map[string]string{"code": code})
	}
	v["language_proficiencies"] = languages
	links := []map[string]string{}
	for platform := range account.SocialPlatforms {
		if link := p.SocialLinks[platform]; link != "" {
			links = append(links, map[string]string{"platform": platform, "social_link": link})
		}
	}
	v["social_links"] = links
	return v
}

func (v accountView) only(names []string) accountView {
	out := make(accountView, len(names))
	for _, name := range names {
		out[name] = v[name]
	}
	return out
}

// profileImage says that there is no picture.
func profileImage() map[string]any {
	return map[string]any{"has_image": false, "image_url_full": nil, "image_url_large": nil, "image_url_medium": nil, "image_url_small": nil}
}

func privacyOf(preferences map[string]string) string {
	if p := preferences["account_privacy"]; p != "" {
		return p
	}
	return "private"
}

// requiresConsent holds for children below 13, and for nobody whose age is unknown.
func requiresConsent(p account.Profile) bool {
	return p.YearOfBirth != nil && time.Now().UTC().Year()-*p.YearOfBirth < 13
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// unauthenticated is the answer to programs that did not say who they are.
func unauthenticated(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("WWW-Authenticate", `JWT realm="api"`)
	return page.JSON(w, r, http.StatusUnauthorized, map[string]string{"detail": i18n.T(r.Context(), "account.api.unauthenticated")})
}

func notFound(w http.ResponseWriter, r *http.Request) error {
	return page.JSON(w, r, http.StatusNotFound, map[string]string{"detail": i18n.T(r.Context(), "account.api.not_found")})
}

// apiMe serves GET /api/user/v1/me.
func (s *server) apiMe(w http.ResponseWriter, r *http.Request) error {
	who, ok := session.Of(r)
	if !ok {
		return unauthenticated(w, r)
	}
	return page.JSON(w, r, http.StatusOK, map[string]string{"username": who.Username})
}

// view returns an account as whoever asks may see it.
func (s *server) view(r *http.Request, who account.Session, a account.Account) (accountView, error) {
	profile, err := s.Accounts.Profile(r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	preferences, err := s.Accounts.Preferences(r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	v := newAccountView(a, profile, preferences)
	full := (who.User == a.ID || who.Staff || who.Superuser) && r.URL.Query().Get("view") != "shared"
	switch {
	case full:
		return v, nil
	case privacyOf(preferences) == "all_users" && !requiresConsent(profile):
		return v.only(sharedFields), nil
	default:
		return v.only(privateFields), nil
	}
}

// apiFindAccounts serves GET /api/user/v1/accounts?username=a,b or ?email=, which only staff may ask about others.
func (s *server) apiFindAccounts(w http.ResponseWriter, r *http.Request) error {
	who, ok := session.Of(r)
	if !ok {
		return unauthenticated(w, r)
	}
	var found []account.Account
	switch q := r.URL.Query(); {
	case q.Get("username") != "":
		names := strings.Split(q.Get("username"), ",")
		if len(names) > 100 {
			return fault.Invalidf("%d usernames", len(names))
		}
		all, err := s.Accounts.ByUsernames(r.Context(), names)
		if err != nil {
			return err
		}
		found = all
	case q.Get("email") != "":
		a, err := s.Accounts.ByEmail(r.Context(), q.Get("email"))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil && (a.ID == who.User || who.Staff || who.Superuser) {
			found = append(found, a)
		}
	default:
		a, err := s.Accounts.ByID(r.Context(), who.User)
		if err != nil {
			return err
		}
		found = append(found, a)
	}
	if len(found) == 0 {
		return notFound(w, r)
	}
	views := make([]accountView, 0, len(found))
	for _, a := range found {
		v, err := s.view(r, who, a)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	return page.JSON(w, r, http.StatusOK, views)
}

// apiAccount serves GET /api/user/v1/accounts/USERNAME.
func (s *server) apiAccount(w http.ResponseWriter, r *http.Request) error {
	who, ok := session.Of(r)
	if !ok {
		return unauthenticated(w, r)
	}
	a, err := s.Accounts.ByUsername(r.Context(), chi.URLParam(r, "username"))
	if fault.Is(err, fault.NotFound) {
		return notFound(w, r)
	}
	if err != nil {
		return err
	}
	v, err := s.view(r, who, a)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, v)
}

// own answers whether the account in the path is that of whoever asks; for others, 404, and 403 for staff, who may know it exists. When it
// is not, the request has been answered.
func (s *server) own(w http.ResponseWriter, r *http.Request) (who account.Session, ok bool, err error) {
	who, ok = session.Of(r)
	if !ok {
		return who, false, unauthenticated(w, r)
	}
	if strings.EqualFold(who.Username, chi.URLParam(r, "username")) {
		return who, true, nil
	}
	if who.Staff || who.Superuser {
		return who, false, page.JSON(w, r, http.StatusForbidden, map[string]string{"detail": i18n.T(r.Context(), "account.api.forbidden")})
	}
	return who, false, notFound(w, r)
}

// fieldErrors is the API's answer to a change it refuses.
func fieldErrors(w http.ResponseWriter, r *http.Request, f *fault.Error) error {
	all := make(map[string]any)
	for name, message := range page.FieldErrors(r.Context(), f) {
		all[name] = map[string]string{"developer_message": f.Fields[name], "user_message": message}
	}
	return page.JSON(w, r, http.StatusBadRequest, map[string]any{"field_errors": all})
}

// readMerge reads a merge patch: an object whose null members are to be removed.
func readMerge(w http.ResponseWriter, r *http.Request) (map[string]json.RawMessage, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/merge-patch+json" {
		return nil, fmt.Errorf("read merge patch of type %q: %w", r.Header.Get("Content-Type"), page.ErrContentType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		return nil, badBody(err)
	}
	var patch map[string]json.RawMessage
	if err := json.Unmarshal(body, &patch); err != nil {
		return nil, badBody(err)
	}
	return patch, nil
}

// apiPatchAccount serves PATCH /api/user/v1/accounts/USERNAME.
func (s *server) apiPatchAccount(w http.ResponseWriter, r *http.Request) error {
	who, ok, err := s.own(w, r)
	if !ok {
		return err
	}
	patch, err := readMerge(w, r)
	if err != nil {
		return err
	}
	change, email, preferences, refused := readAccountPatch(patch)
	if refused != nil {
		return fieldErrors(w, r, refused)
	}
	err = s.saveProfile(r, who, change, preferences)
	if err == nil && email.address != "" && account.NormalizeEmail(email.address) != who.Email {
		err = s.Accounts.RequestEmailChange(r.Context(), session.From(r), who.User, email.password, email.address)
	}
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) && len(f.Fields) > 0 {
		return fieldErrors(w, r, f)
	}
	if err != nil {
		return err
	}
	a, err := s.Accounts.ByID(r.Context(), who.User)
	if err != nil {
		return err
	}
	v, err := s.view(r, who, a)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, v)
}

// emailPatch is the wish for another address; like everywhere it takes the password.
type emailPatch struct{ address, password string }

// readAccountPatch sorts the members of a patch. Members that may not be changed here are refused, each by name.
func readAccountPatch(patch map[string]json.RawMessage) (c account.ProfileChange, email emailPatch, preferences map[string]*string, refused *fault.Error) {
	c.Fields = make(map[string]*string)
	preferences = make(map[string]*string)
	bad := fault.Invalidf("account patch")
	text := func(name string, raw json.RawMessage) *string {
		var v *string
		if err := json.Unmarshal(raw, &v); err != nil {
			bad.Field(name, "account.field.form")
		}
		return v
	}
	for name, raw := range patch {
		switch name {
		case "name":
			if c.Name = text(name, raw); c.Name == nil {
				bad.Field(name, "account.name.missing")
			}
		case "email":
			if v := text(name, raw); v != nil {
				email.address = *v
			}
		case "password":
			if v := text(name, raw); v != nil {
				email.password = *v
			}
		case "account_privacy", "time_zone":
			preferences[name] = text(name, raw)
		case "year_of_birth":
			c.Fields[name] = yearOf(name, raw, bad)
		case "level_of_education":
			v := text(name, raw)
			if v != nil && *v == "o" {
				other := "other"
				v = &other
			}
			c.Fields[name] = v
		case "gender", "language", "country", "city", "mailing_address", "goals", "bio":
			c.Fields[name] = text(name, raw)
		case "language_proficiencies":
			c.Proficiencies = codesOf(name, raw, bad)
		case "social_links":
			c.SocialLinks = linksOf(name, raw, bad)
		default:
			bad.Field(name, "account.field.fixed")
		}
	}
	if len(bad.Fields) > 0 {
		return c, email, preferences, bad
	}
	return c, email, preferences, nil
}

func yearOf(name string, raw json.RawMessage, bad *fault.Error) *string {
	var year *int
	if err := json.Unmarshal(raw, &year); err != nil {
		bad.Field(name, "account.field.year")
	}
	if year == nil {
		return nil
	}
	text := fmt.Sprint(*year)
	return &text
}

func codesOf(name string, raw json.RawMessage, bad *fault.Error) *[]string {
	var list []struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		bad.Field(name, "account.field.form")
		return nil
	}
	codes := make([]string, 0, len(list))
	for _, one := range list {
		codes = append(codes, one.Code)
	}
	return &codes
}

func linksOf(name string, raw json.RawMessage, bad *fault.Error) *map[string]string {
	var list []struct {
		Platform string `json:"platform"`
		Link     string `json:"social_link"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		bad.Field(name, "account.field.form")
		return nil
	}
	links := make(map[string]string, len(list))
	for _, one := range list {
		links[one.Platform] = one.Link
	}
	return &links
}
