package account_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/learner/account"
)

func newRequest(path, from string) (*http.Request, *httptest.ResponseRecorder) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.RemoteAddr = from
	return r, httptest.NewRecorder()
}

func TestSignInAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.browser().register("ann")
	wrong := map[string]any{
		"success": false, "value": "Email or password is incorrect.", "error_code": "incorrect-email-or-password", "email": "ann", "context": map[string]any{},
	}
	delete(wrong, "context") // empty ones are left out
	for _, c := range []struct{ path, field string }{
		{"/login_ajax", "email"},
		{"/api/user/v1/account/login_session/", "email"},
		{"/api/user/v2/account/login_session/", "email_or_username"},
		{"/api/user/v2/account/login_session", "email_or_username"},
	} {
		b := s.browser()
		got := b.call(c.path, c.field, "ann", "password", "wrong password")
		if got.status != http.StatusBadRequest {
			t.Errorf("%s: wrong password gives %d, want 400", c.path, got.status)
		}
		if diff := cmp.Diff(got.json(t), wrong); diff != "" {
			t.Errorf("%s: (-got +want)\n%s", c.path, diff)
		}
		got = b.call(c.path, c.field, "ann", "password", password)
		if diff := cmp.Diff(got.json(t), map[string]any{"success": true, "redirect_url": "/dashboard"}); got.status != http.StatusOK || diff != "" {
			t.Errorf("%s: %d (-got +want)\n%s", c.path, got.status, diff)
		}
		if b.who() != "ann" || !strings.Contains(strings.Join(got.header.Values("Set-Cookie"), "\n"), "Max-Age=2419200") {
			t.Errorf("%s: signed in as %q, cookies %q", c.path, b.who(), got.header.Values("Set-Cookie"))
		}
	}
	b := s.browser()
	old := b.call("/user_api/v1/account/login_session/", "email", "ann@example.com", "password", "wrong password")
	if old.status != http.StatusForbidden || old.body != "Email or password is incorrect." {
		t.Errorf("user_api: %d %q", old.status, old.body)
	}
	if got := b.call("/user_api/v1/account/login_session/", "email", "ann@example.com", "password", password, "remember", "false"); got.status != http.StatusOK || b.who() != "ann" {
		t.Errorf("user_api: %d %q", got.status, got.body)
	} else if strings.Contains(got.header.Get("Set-Cookie"), "Max-Age") {
		t.Errorf("not to be remembered: %q", got.header.Get("Set-Cookie"))
	}
	if got := s.browser().do(http.MethodPost, "/login_ajax", "application/json", `{"email": "ann", "password": "`+password+`"}`); got.status != http.StatusOK {
		t.Errorf("as JSON: %d %s", got.status, got.body)
	}
}

func TestLockedOutAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	for range 5 {
		b.call("/login_ajax", "email", "ann", "password", "x")
	}
	got := b.call("/login_ajax", "email", "ann", "password", "x")
	if got.status != http.StatusTooManyRequests || got.json(t)["error_code"] != "account-locked-out" || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestDoorsAreEqual: the limits and refusals of signing in are the same whichever way one comes.
func TestDoorsAreEqual(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.browser().register("ann")
	s.browser().register("bob")
	bob, err := s.accounts.ByUsername(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	disabled := true
	if _, err := s.accounts.SetFlags(t.Context(), account.From{}, bob.ID, account.Flags{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	doors := []struct {
		path            string
		refused, slowed int
	}{
		{"/login", 422, 429},
		{"/login_ajax", 400, 429},
		{"/user_api/v1/account/login_session/", 403, 403},
		{"/api/user/v1/account/login_session/", 400, 429},
		{"/api/user/v2/account/login_session/", 400, 429},
	}
	for _, d := range doors { // five failures, one at each
		if got := s.browser().call(d.path, "email", "ann", "password", "wrong password"); got.status != d.refused {
			t.Errorf("%s: wrong password gives %d, want %d", d.path, got.status, d.refused)
		}
		if got := s.browser().call(d.path, "email", "bob", "password", password); got.status != d.refused {
			t.Errorf("%s: a disabled account gives %d, want %d", d.path, got.status, d.refused)
		}
	}
	for _, d := range doors {
		got := s.browser().call(d.path, "email", "ann", "password", password)
		if got.status != d.slowed || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: after failures elsewhere %d, Retry-After %q, want %d", d.path, got.status, got.header.Get("Retry-After"), d.slowed)
		}
	}
}

func TestDescriptions(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *account.Options) {
		o.Config.Fields = map[string]account.FieldRule{"level_of_education": account.Optional}
	})
	b := s.browser()
	names := func(path string) []string {
		t.Helper()
		got := b.do(http.MethodGet, path, "", "").json(t)
		if got["method"] != "post" || got["submit_url"] == "" {
			t.Errorf("%s: method %v, submit_url %v", path, got["method"], got["submit_url"])
		}
		var all []string
		for _, f := range got["fields"].([]any) {
			field := f.(map[string]any)
			for _, member := range []string{"label", "type", "defaultValue", "required", "restrictions", "errorMessages", "instructions"} {
				if _, ok := field[member]; !ok {
					t.Errorf("%s: field %v lacks %s", path, field["name"], member)
				}
			}
			all = append(all, field["name"].(string))
		}
		return all
	}
	for path, want := range map[string][]string{
		"/user_api/v1/account/login_session/":  {"email", "password", "remember"},
		"/api/user/v2/account/login_session/":  {"email_or_username", "password", "remember"},
		"/user_api/v1/account/registration/":   {"email", "name", "username", "password", "level_of_education", "honor_code"},
		"/api/user/v1/account/password_reset/": {"email"},
	} {
		if diff := cmp.Diff(names(path), want); diff != "" {
			t.Errorf("%s: (-got +want)\n%s", path, diff)
		}
	}
	if b.cookie("csrftoken") == "" {
		t.Error("reading a form gave no csrftoken")
	}
}

func TestRegistrationAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	fields := []string{"email", "ann@example.com", "name", "Ann", "username", "ann", "password", password, "honor_code", "true"}
	got := b.call("/user_api/v1/account/registration/", fields...)
	if diff := cmp.Diff(got.json(t), map[string]any{"success": true, "redirect_url": "/dashboard"}); got.status != http.StatusOK || diff != "" {
		t.Errorf("%d (-got +want)\n%s", got.status, diff)
	}
	if b.who() != "ann" {
		t.Error("registering did not sign in")
	}
	message := func(text string) []any { return []any{map[string]any{"user_message": text}} }
	got = s.browser().call("/api/user/v1/account/registration/", fields...)
	want := map[string]any{
		"error_code": "duplicate-email-username",
		"email":      message("There is an account with this address already. Sign in, or reset its password."),
		"username":   message("Somebody has this username. Choose another one."),
	}
	if diff := cmp.Diff(got.json(t), want); got.status != http.StatusConflict || diff != "" {
		t.Errorf("duplicate: %d (-got +want)\n%s", got.status, diff)
	}
	got = s.browser().call("/api/user/v2/account/registration/", "email", "bob@example.com", "name", "Bob", "username", "bob", "password", "short", "terms_of_service", "true")
	want = map[string]any{"error_code": "validation-error", "password": message("This password is too short. Use at least 8 characters.")}
	if diff := cmp.Diff(got.json(t), want); got.status != http.StatusBadRequest || diff != "" {
		t.Errorf("invalid: %d (-got +want)\n%s", got.status, diff)
	}
	old := s.browser().call("/create_account", fields...).json(t)
	if old["success"] != false || old["field"] != "email" || old["value"] == "" {
		t.Errorf("create_account: %v", old)
	}
	if got := s.browser().call("/create_account", "email", "bob@example.com", "name", "Bob", "username", "bob", "password", password, "honor_code", "true", "terms_of_service", "true"); got.status != http.StatusOK || got.json(t)["success"] != true {
		t.Errorf("create_account: %d %s", got.status, got.body)
	}
}

func TestValidationAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.browser().register("ann")
	b := s.browser()
	got := b.do(http.MethodPost, "/api/user/v1/validation/registration", "application/json", `{"username": "ANN", "email": "free@example.com", "name": "", "x": "y"}`)
	want := map[string]any{"validation_decisions": map[string]any{
		"username": "Somebody has this username. Choose another one.", "email": "", "name": "Enter your name.",
	}}
	if diff := cmp.Diff(got.json(t), want); got.status != http.StatusOK || diff != "" {
		t.Errorf("%d (-got +want)\n%s", got.status, diff)
	}
	got = b.call("/user_api/v1/validation/registration", "password", "free@example.com", "email", "free@example.com")
	if decisions := got.json(t)["validation_decisions"].(map[string]any); !strings.Contains(decisions["password"].(string), "too much like") {
		t.Errorf("password equal to the address: %v", decisions)
	}
}

func TestResetAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	b.register("ann")
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		got := s.browser().call("/password_reset/", "email", email)
		if got.status != http.StatusOK || got.json(t)["success"] != true || got.json(t)["value"] == "" {
			t.Errorf("%s: %d %s", email, got.status, got.body)
		}
	}
	token := strings.Trim(strings.TrimPrefix(s.link("A new password", "ann@example.com"), "/password_reset_confirm/"), "/")
	for value, want := range map[string]bool{token: true, token + "x": false, "": false, "1-2": false} {
		if got := b.call("/api/user/v1/account/password_reset/token/validate/", "token", value); got.json(t)["is_valid"] != want {
			t.Errorf("token %q: %s, want %v", value, got.body, want)
		}
	}
	if got := b.call("/account/password"); got.status != http.StatusOK { // whoever is signed in
		t.Errorf("/account/password: %d %s", got.status, got.body)
	}
	for range 3 {
		b.call("/password_reset/", "email", "ann@example.com")
	}
	if got := b.call("/password_reset/", "email", "ann@example.com"); got.status != http.StatusForbidden {
		t.Errorf("sixth: %d, want 403", got.status)
	}
}

func TestAccountsAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, bob, boss, visitor := s.browser(), s.browser(), s.browser(), s.browser()
	ann.register("ann")
	bob.register("bob")
	if _, err := s.accounts.Create(t.Context(), account.From{}, account.NewAccount{Username: "boss", Email: "boss@example.com", Password: password, Staff: true}); err != nil {
		t.Fatal(err)
	}
	boss.signIn("boss", password)
	const merge = "application/merge-patch+json"
	patch := func(b *browser, path, body string) answer { return b.do(http.MethodPatch, path, merge, body) }
	get := func(b *browser, path string) answer { return b.do(http.MethodGet, path, "", "") }

	if got := get(visitor, "/api/user/v1/me"); got.status != http.StatusUnauthorized || got.json(t)["detail"] == "" {
		t.Errorf("me, not signed in: %d %s", got.status, got.body)
	}
	if got := get(visitor, "/api/user/v1/accounts/ann"); got.status != http.StatusUnauthorized {
		t.Errorf("account, not signed in: %d", got.status)
	}
	full := get(ann, "/api/user/v1/accounts/ANN").json(t)
	for name := range strings.FieldsSeq(`username name email is_active date_joined gender year_of_birth level_of_education language country mailing_address goals bio
		requires_parental_consent language_proficiencies profile_image account_privacy time_zone social_links accomplishments_shared secondary_email verified_name extended_profile`) {
		if _, ok := full[name]; !ok {
			t.Errorf("own account lacks %s", name)
		}
	}
	if got := patch(ann, "/api/user/v1/accounts/ann", `{"bio": "Hello", "year_of_birth": 1990, "level_of_education": "o", "gender": "f", "language_proficiencies": [{"code": "en"}],
		"social_links": [{"platform": "linkedin", "social_link": "https://www.linkedin.com/in/ann"}]}`); got.status != http.StatusOK || got.json(t)["year_of_birth"] != 1990.0 || got.json(t)["level_of_education"] != "o" {
		t.Errorf("patch: %d %s", got.status, got.body)
	}
	if got := patch(ann, "/api/user/v1/accounts/ann", `{"gender": null}`); got.json(t)["gender"] != nil {
		t.Errorf("null removes: %s", got.body)
	}
	private := get(bob, "/api/user/v1/accounts/ann").json(t)
	if len(private) != 3 || private["username"] != "ann" || private["profile_image"] == nil {
		t.Errorf("another's private account: %v", private)
	}
	if got := patch(ann, "/api/user/v1/accounts/ann", `{"account_privacy": "all_users"}`); got.status != http.StatusOK {
		t.Fatalf("privacy: %d %s", got.status, got.body)
	}
	shared := get(bob, "/api/user/v1/accounts/ann").json(t)
	if shared["bio"] != "Hello" {
		t.Errorf("another's shared account: %v", shared)
	}
	for _, name := range []string{"email", "year_of_birth", "gender", "name", "mailing_address", "is_active"} {
		if _, ok := shared[name]; ok {
			t.Errorf("others see %s", name)
		}
	}
	if got := get(boss, "/api/user/v1/accounts/ann").json(t); got["email"] != "ann@example.com" {
		t.Errorf("staff: %v", got)
	}
	for body, field := range map[string]string{
		`{"username": "eve"}`: "username", `{"is_active": true}`: "is_active", `{"gender": "x"}`: "gender", `{"name": ""}`: "name",
		`{"year_of_birth": "x"}`: "year_of_birth", `{"email": "new@example.com"}`: "password", `{"bio": {"$gt": ""}}`: "bio", `{"is_staff": true}`: "is_staff",
	} {
		got := patch(ann, "/api/user/v1/accounts/ann", body)
		errors, _ := got.json(t)["field_errors"].(map[string]any)
		if got.status != http.StatusBadRequest || errors[field] == nil {
			t.Errorf("%s: %d %s, want an error at %s", body, got.status, got.body, field)
		}
	}
	for name, c := range map[string]struct {
		got    answer
		status int
	}{
		"other type":         {ann.do(http.MethodPatch, "/api/user/v1/accounts/ann", "application/json", `{}`), 415},
		"another's":          {patch(bob, "/api/user/v1/accounts/ann", `{"bio": "x"}`), 404},
		"another's by staff": {patch(boss, "/api/user/v1/accounts/ann", `{"bio": "x"}`), 403},
		"nobody's":           {get(bob, "/api/user/v1/accounts/nobody"), 404},
		"not signed in":      {patch(visitor, "/api/user/v1/accounts/ann", `{}`), 401},
		"not an object":      {patch(ann, "/api/user/v1/accounts/ann", `[]`), 422},
		"by another's mail":  {get(bob, "/api/user/v1/accounts?email=ann@example.com"), 404},
		"by own mail":        {get(ann, "/api/user/v1/accounts?email=ann@example.com"), 200},
		"list":               {get(bob, "/api/user/v1/accounts?username=ann,bob,nobody"), 200},
	} {
		if c.got.status != c.status {
			t.Errorf("%s: %d %s, want %d", name, c.got.status, c.got.body, c.status)
		}
	}
	if got := patch(ann, "/api/user/v1/accounts/ann", `{"email": "new@example.com", "password": "`+password+`"}`); got.status != http.StatusOK || got.json(t)["email"] != "ann@example.com" {
		t.Errorf("e-mail change: %d %s, want it to wait for the letter", got.status, got.body)
	}
	s.link("Confirm your new", "new@example.com")
}

func TestPreferencesAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, bob := s.browser(), s.browser()
	ann.register("ann")
	bob.register("bob")
	const path = "/api/user/v1/preferences/ann"
	steps := []struct {
		name         string
		b            *browser
		method, path string
		kind, body   string
		status       int
		want         string
	}{
		{"put", ann, "PUT", path + "/time_zone", "application/json", `"Europe/Zurich"`, 204, ""},
		{"put a wrong one", ann, "PUT", path + "/time_zone", "application/json", `"Mars"`, 400, ""},
		{"get one", ann, "GET", path + "/time_zone", "", "", 200, `"Europe/Zurich"`},
		{"patch", ann, "PATCH", path, "application/merge-patch+json", `{"own.key": 3, "pref-lang": "de"}`, 204, ""},
		{"get all", ann, "GET", path, "", "", 200, `{"own.key":"3","pref-lang":"de","time_zone":"Europe/Zurich"}`},
		{"delete", ann, "DELETE", path + "/own.key", "", "", 204, ""},
		{"delete again", ann, "DELETE", path + "/own.key", "", "", 404, ""},
		{"another's", bob, "GET", path, "", "", 404, ""},
		{"change another's", bob, "PUT", path + "/time_zone", "application/json", `"Europe/Bern"`, 404, ""},
	}
	for _, step := range steps {
		got := step.b.do(step.method, step.path, step.kind, step.body)
		if got.status != step.status || step.want != "" && got.body != step.want {
			t.Errorf("%s: %d %s, want %d %s", step.name, got.status, got.body, step.status, step.want)
		}
	}
}
