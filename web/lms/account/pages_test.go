package account_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"lyceum/learner/account"
	"lyceum/web/i18n"
	pages "lyceum/web/lms/account"
)

func TestEveryTextIsThere(t *testing.T) {
	t.Parallel()
	catalog, err := i18n.New(pages.Locales)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`"(account\.[a-z0-9_.]+[a-z0-9_])"`)
	for _, dir := range []string{".", "../../../learner/account"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f.Name(), "_test.go") || !strings.HasSuffix(f.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range id.FindAllStringSubmatch(string(text), -1) {
				if !catalog.Has(m[1]) {
					t.Errorf("%s/%s: no text %q", dir, f.Name(), m[1])
				}
			}
		}
	}
	for _, f := range account.ProfileFields {
		for _, id := range append([]string{"account.field." + f.Name}, optionIDs(f)...) {
			if !catalog.Has(id) {
				t.Errorf("no text %q", id)
			}
		}
	}
}

func optionIDs(f account.ProfileField) []string {
	var ids []string
	for _, o := range f.Options {
		ids = append(ids, "account.option."+f.Name+"."+o)
	}
	return ids
}

func TestRegisterPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *account.Options) {
		o.Config.Fields = map[string]account.FieldRule{"country": account.Optional, "gender": account.Required}
	})
	b := s.browser()
	got := b.get("/register?next=/courses/x/about")
	for _, want := range []string{`name="email"`, `name="username"`, `name="honor_code"`, `name="country"`, `<option value="CH">Switzerland</option>`, `value="/courses/x/about"`, `autocomplete="new-password"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	got = b.post("/register", "username", "a", "email", "ann@", "name", `Ann "<b>`, "password", "password1", "country", "CH", "next", "/courses/x/about")
	if got.status != http.StatusUnprocessableEntity {
		t.Fatalf("refused form: status %d", got.status)
	}
	for _, want := range []string{
		`id="email-error"`, `aria-describedby="email-error"`, "This is not an e-mail address", "Use 2 to 30 letters", "Many people use this password",
		"You need to agree", "This is needed.", `value="ann@"`, `value="Ann &#34;&lt;b&gt;"`, `<option value="CH" selected>`, "5 fields need another look", "autofocus",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the refused form lacks %s", want)
		}
	}
	if strings.Contains(got.body, "password1") {
		t.Error("the refused form holds the password")
	}
	got = b.post("/register", "username", "ann", "email", "ann@example.com", "name", "Ann", "password", password, "honor_code", "true",
		"gender", "f", "country", "CH", "next", "/courses/x/about")
	if got.status != http.StatusSeeOther || got.location() != "/courses/x/about" {
		t.Fatalf("registered: %d to %q", got.status, got.location())
	}
	if b.who() != "ann" {
		t.Error("registering did not sign in")
	}
	if got := b.get("/register"); got.status != http.StatusSeeOther {
		t.Errorf("registering again while signed in: %d", got.status)
	}
	got = s.browser().post("/register", "username", "ann", "email", "ann@example.com", "name", "Ann", "password", password, "honor_code", "true", "gender", "f")
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "There is an account with this address already") {
		t.Errorf("names in use: %d", got.status)
	}
}

// TestRegisterTwice: a double click on the page is one registration, and only for who knows the password.
func TestRegisterTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	fields := []string{"username", "ann", "email", "ann@example.com", "name", "Ann", "password", password, "honor_code", "true", "repeat", "1"}
	first, second, other, late := s.browser(), s.browser(), s.browser(), s.browser()
	if !strings.Contains(first.get("/register").body, `name="repeat"`) {
		t.Error("the page does not say that it may be sent twice")
	}
	for _, b := range []*browser{first, second} {
		if got := b.post("/register", fields...); got.status != http.StatusSeeOther || b.who() != "ann" {
			t.Errorf("%d %s, signed in as %q", got.status, got.location(), b.who())
		}
	}
	if got := other.post("/register", append(fields, "password", "another password")...); got.status != http.StatusUnprocessableEntity || other.who() != "" {
		t.Errorf("with another password: %d, signed in as %q", got.status, other.who())
	}
	s.clock.Advance(10 * time.Minute)
	if got := late.post("/register", fields...); got.status != http.StatusUnprocessableEntity {
		t.Errorf("ten minutes later: %d", got.status)
	}
}

func TestSignInPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.browser().register("ann")
	b := s.browser()
	if got := b.get("/login"); got.status != http.StatusOK || b.cookie("csrftoken") == "" {
		t.Fatalf("GET /login: %d, csrftoken %q", got.status, b.cookie("csrftoken"))
	}
	unknown, wrong := b.signIn("nobody", password), b.signIn("ann", "wrong password")
	if unknown.status != http.StatusUnprocessableEntity || wrong.status != unknown.status {
		t.Errorf("statuses %d and %d, want 422", unknown.status, wrong.status)
	}
	bodies := strings.NewReplacer("nobody", "NAME", "ann", "NAME")
	nonce := regexp.MustCompile(`nonce="[^"]*"`)
	clean := func(s string) string { return nonce.ReplaceAllString(bodies.Replace(s), "") }
	if clean(unknown.body) != clean(wrong.body) {
		t.Error("an unknown name and a wrong password give different pages")
	}
	if !strings.Contains(wrong.body, "The username, e-mail address or password is not right.") {
		t.Errorf("a wrong password is not said in the words of the form:\n%s", wrong.body)
	}
	const why = "Then you go on to the page you asked for."
	if strings.Contains(b.get("/login").body, why) || !strings.Contains(b.get("/login?next=/account/settings").body, why) {
		t.Error("signing in does not say where it leads, or says so when it leads nowhere")
	}
	got := b.signIn("ann@example.com", password)
	if got.status != http.StatusSeeOther || got.location() != "/dashboard" || b.who() != "ann" {
		t.Errorf("signed in: %d to %q as %q", got.status, got.location(), b.who())
	}
	cookies := strings.Join(got.header.Values("Set-Cookie"), "\n")
	for _, want := range []string{"sessionid=", "Max-Age=2419200; HttpOnly; SameSite=Lax", "edxloggedin=true", `edx-user-info="{`, "csrftoken="} {
		if !strings.Contains(cookies, want) {
			t.Errorf("cookies lack %s:\n%s", want, cookies)
		}
	}
	if got := b.get("/dashboard"); got.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a signed-in answer has Cache-Control %q", got.header.Get("Cache-Control"))
	}
	for old, want := range map[string]string{"/signin?next=/a": "/login?next=/a", "/accounts/login": "/login"} {
		if got := b.get(old); got.location() != want {
			t.Errorf("%s leads to %q, want %q", old, got.location(), want)
		}
	}
}

// TestOpenRedirect tries every door that goes on at an address from the request.
func TestOpenRedirect(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.browser().register("ann")
	targets := map[string]string{
		"/courses":                      "/courses",
		"https://studio.example.edu/x":  "https://studio.example.edu/x",
		"//evil.example":                "",
		`/\evil.example`:                "",
		"/%2Fevil.example":              "",
		"/%5cevil.example":              "",
		"/\t/evil.example":              "",
		"https://evil.example":          "",
		"https:evil.example":            "",
		"javascript:alert(1)":           "",
		"https://studio.example.edu.ev": "",
		"dashboard":                     "",
	}
	or := func(want, otherwise string) string {
		if want == "" {
			return otherwise
		}
		return want
	}
	for target, want := range targets {
		b := s.browser()
		if got := b.post("/login", "email", "ann", "password", password, "next", target); got.location() != or(want, "/dashboard") {
			t.Errorf("login: next %q leads to %q", target, got.location())
		}
		if got := b.get("/login?next=" + url.QueryEscape(target)); got.location() != or(want, "/dashboard") {
			t.Errorf("login when signed in: next %q leads to %q", target, got.location())
		}
		if got := b.get("/logout?redirect_url="+url.QueryEscape(target), "Sec-Fetch-Site", "same-origin"); got.location() != or(want, "/") {
			t.Errorf("logout: redirect_url %q leads to %q", target, got.location())
		}
		if got := b.call("/login_ajax", "email", "ann", "password", password, "next", target).json(t)["redirect_url"]; got != or(want, "/dashboard") {
			t.Errorf("login_ajax: next %q leads to %q", target, got)
		}
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	b.register("ann")
	planted := b.cookie("sessionid")
	for _, header := range [][]string{nil, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "none"}, {"Referer", "https://evil.example/"}} {
		if got := b.get("/logout", header...); got.status != http.StatusOK || b.who() != "ann" {
			t.Errorf("GET /logout with %v: %d, signed in as %q, want a button", header, got.status, b.who())
		}
	}
	if got := b.post("/logout"); got.status != http.StatusSeeOther || got.location() != "/" || b.who() != "" {
		t.Errorf("POST /logout: %d to %q, signed in as %q", got.status, got.location(), b.who())
	}
	if b.cookie("sessionid") != "" || b.cookie("edxloggedin") != "" {
		t.Error("cookies stay after signing out")
	}
	replay := s.browser().do(http.MethodGet, "/api/user/v1/me", "", "", "Cookie", "sessionid="+planted)
	if replay.status != http.StatusUnauthorized {
		t.Errorf("the old id is good after signing out: %d", replay.status)
	}
	b.signIn("ann", password)
	if b.get("/logout", "Sec-Fetch-Site", "same-origin"); b.who() != "" {
		t.Error("a link on our own page did not sign out")
	}
	b.signIn("ann", password)
	if b.get("/logout", "Referer", s.server.URL+"/dashboard"); b.who() != "" {
		t.Error("a link on our own page did not sign out an old browser")
	}
}

// TestOrigins: no other site changes anything, and old clients prove themselves by token.
func TestOrigins(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	b.register("ann")
	token := b.cookie("csrftoken")
	body := form("old_password", password, "new_password", "another password")
	cases := []struct {
		name   string
		header []string
		status int
	}{
		{"foreign origin", []string{"Origin", "https://evil.example"}, 403},
		{"null origin", []string{"Origin", "null"}, 403},
		{"own host at another port", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"same-site", []string{"Origin", "", "Sec-Fetch-Site", "same-site"}, 403},
		{"cross-site with a token", []string{"Origin", "", "Sec-Fetch-Site", "cross-site", "X-CSRFToken", token}, 403},
		{"no headers, no token", []string{"Origin", ""}, 403},
		{"no headers, wrong token", []string{"Origin", "", "X-CSRFToken", strings.Repeat("a", 32)}, 403},
		{"foreign referer", []string{"Origin", "", "X-CSRFToken", token, "Referer", "https://evil.example/"}, 403},
		{"plain text", []string{"Content-Type", "text/plain"}, 415},
	}
	for _, c := range cases {
		if got := b.do(http.MethodPost, "/account/password", formType, body, append([]string{"Accept", html}, c.header...)...); got.status != c.status {
			t.Errorf("%s: status %d, want %d", c.name, got.status, c.status)
		}
	}
	if b.signIn("ann", password); b.who() != "ann" {
		t.Fatal("one of those changed the password")
	}
	old := b.do(http.MethodPost, "/api/user/v2/account/login_session/", formType, form("email_or_username", "ann", "password", password),
		"Origin", "", "X-CSRFToken", b.cookie("csrftoken"))
	if old.status != http.StatusOK {
		t.Errorf("an old client with its token: %d %s", old.status, old.body)
	}
}

func TestActivation(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b, scanner := s.browser(), s.browser()
	b.register("ann")
	path := s.link("Confirm your e-mail", "ann@example.com")
	isActive := func() bool {
		return b.do(http.MethodGet, "/api/user/v1/accounts/ann", "", "").json(t)["is_active"].(bool)
	}
	got := scanner.get(path)
	if got.status != http.StatusOK || got.header.Get("Referrer-Policy") != "no-referrer" || isActive() {
		t.Errorf("a stranger's GET: %d, %q, active %v, want a page with a button", got.status, got.header.Get("Referrer-Policy"), isActive())
	}
	if got := b.get(path); got.status != http.StatusSeeOther || !isActive() {
		t.Errorf("the owner's GET: %d, active %v, want it done", got.status, isActive())
	}
	if got := b.get(path); got.status != http.StatusNotFound || !strings.Contains(got.body, "This link does not work any more") {
		t.Errorf("second use: %d", got.status)
	}
	s.browser().register("bob")
	if got := scanner.post(s.link("Confirm your e-mail", "bob@example.com")); got.status != http.StatusSeeOther || got.location() != "/login" {
		t.Errorf("the button without a session: %d to %q", got.status, got.location())
	}
}

func TestResetPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	b.register("ann")
	stranger := s.browser()
	known, unknown := stranger.post("/password_reset/", "email", "ann@example.com"), stranger.post("/password_reset/", "email", "nobody@example.com")
	if known.status != http.StatusSeeOther || known.status != unknown.status || known.location() != unknown.location() {
		t.Errorf("known: %d to %q, unknown: %d to %q", known.status, known.location(), unknown.status, unknown.location())
	}
	if got := stranger.get(known.location()); got.status != http.StatusOK || !strings.Contains(got.body, "/outbox") {
		t.Errorf("where it leads: %d", got.status)
	}
	path := s.link("A new password", "ann@example.com")
	if got := stranger.get(path); got.status != http.StatusOK || got.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the form: %d", got.status)
	}
	for body, want := range map[string]string{
		form("new_password1", "password1", "new_password2", "password1"):              "Many people use this password",
		form("new_password1", "another password", "new_password2", "another passwor"): "The two passwords are not the same",
	} {
		if got := stranger.do(http.MethodPost, path, formType, body, "Accept", html); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d, want 422 with %q", body, got.status, want)
		}
	}
	got := stranger.post(path, "new_password1", "another password", "new_password2", "another password")
	if got.status != http.StatusSeeOther || got.location() != "/password_reset_complete/" {
		t.Fatalf("saved: %d to %q", got.status, got.location())
	}
	if b.who() != "" {
		t.Error("the browser that was signed in still is")
	}
	if got := stranger.post(path, "new_password1", "third password", "new_password2", "third password"); got.status != http.StatusNotFound {
		t.Errorf("second use: %d, want 404", got.status)
	}
	if b.signIn("ann", "another password"); b.who() != "ann" {
		t.Error("the new password does not work")
	}
	for _, path := range []string{"/password_reset_confirm/1-/", "/password_reset_confirm/x/", "/password_reset_confirm/--/", "/activate/x", "/email_confirm/x"} {
		if got := stranger.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got.status)
		}
	}
}

// TestHostPoisoning: a forged Host never gets into a letter.
func TestHostPoisoning(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	b.register("ann")
	for _, header := range [][]string{{"Host", "evil.example"}, {"X-Forwarded-Host", "evil.example"}, {"Forwarded", "host=evil.example"}} {
		b.do(http.MethodPost, "/password_reset/", formType, form("email", "ann@example.com"), header...)
	}
	letters, err := s.outbox.Newest(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		if strings.Contains(l.BodyText+l.BodyHTML, "evil.example") {
			t.Errorf("letter %q names the forged host", l.Subject)
		}
	}
}

func TestSettingsPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b, other := s.browser(), s.browser()
	if got := b.get("/account/settings"); got.status != http.StatusFound || got.location() != "/login?next=%2Faccount%2Fsettings" {
		t.Errorf("a visitor: %d to %q", got.status, got.location())
	}
	b.register("ann")
	other.signIn("ann", password)
	if got := b.get("/account/settings"); got.status != http.StatusOK || !strings.Contains(got.body, "Confirm your e-mail address") {
		t.Errorf("settings: %d", got.status)
	}
	got := b.post("/account/settings", "name", "", "year_of_birth", "soon", "city", "Bern")
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "Enter your name") || !strings.Contains(got.body, `value="Bern"`) {
		t.Errorf("refused: %d", got.status)
	}
	got = b.post("/account/settings", "name", "Ann Lee", "year_of_birth", "1990", "city", "Bern", "time_zone", "Europe/Zurich", "account_privacy", "all_users")
	if got.status != http.StatusSeeOther {
		t.Errorf("saved: %d %s", got.status, got.body)
	}
	if got := b.get("/account/settings"); !strings.Contains(got.body, `value="Ann Lee"`) || !strings.Contains(got.body, "Your settings are saved.") {
		t.Error("the page does not show what was saved")
	}
	if got := b.post("/account/password", "old_password", "wrong one", "new_password", "another password"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "This is not your current password") {
		t.Errorf("wrong password: %d", got.status)
	}
	before := b.cookie("sessionid")
	if got := b.post("/account/password", "old_password", password, "new_password", "another password"); got.status != http.StatusSeeOther {
		t.Fatalf("password change: %d %s", got.status, got.body)
	}
	if b.who() != "ann" || b.cookie("sessionid") == before || other.who() != "" {
		t.Errorf("after it this browser is %q, the other %q; want a new session here and none there", b.who(), other.who())
	}
	if got := b.post("/account/email", "email", "new@example.com", "password", "another password"); got.status != http.StatusSeeOther {
		t.Fatalf("e-mail change: %d %s", got.status, got.body)
	}
	path := s.link("Confirm your new", "new@example.com")
	if got := b.get(path); got.status != http.StatusOK || !strings.Contains(got.body, "new@example.com") {
		t.Errorf("confirm page: %d", got.status)
	}
	if b.do(http.MethodGet, "/api/user/v1/accounts/ann", "", "").json(t)["email"] != "ann@example.com" {
		t.Error("GET changed the address")
	}
	if got := b.post(path); got.status != http.StatusSeeOther || b.do(http.MethodGet, "/api/user/v1/accounts/ann", "", "").json(t)["email"] != "new@example.com" {
		t.Errorf("confirmed: %d", got.status)
	}
	if got := b.post("/account/sign_out_everywhere"); got.location() != "/login" || b.who() != "" {
		t.Errorf("sign out everywhere: to %q, signed in as %q", got.location(), b.who())
	}
}

func TestTooManyOnPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	for range 5 {
		b.signIn("nobody", "wrong password")
	}
	got := b.signIn("nobody", "wrong password")
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, `value="nobody"`) {
		t.Errorf("sixth failure: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	spoofed := b.do(http.MethodPost, "/login", formType, form("email", "nobody", "password", "x"), "Accept", html, "X-Forwarded-For", "203.0.113.9")
	if spoofed.status != http.StatusTooManyRequests {
		t.Errorf("with a forged X-Forwarded-For: %d", spoofed.status)
	}
	s.clock.Advance(2 * time.Second)
	if got := b.signIn("nobody", "wrong password"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("after the pause: %d", got.status)
	}
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	if got := b.get("/outbox"); got.status != http.StatusOK || !strings.Contains(got.body, "No letters yet") {
		t.Errorf("empty outbox: %d", got.status)
	}
	b.register("ann")
	got := b.get("/outbox")
	if !strings.Contains(got.body, `href="https://learn.example.edu/activate/`) || !strings.Contains(got.body, "ann@example.com") {
		t.Error("the letter is not shown with its link")
	}
	if got.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("Referrer-Policy %q", got.header.Get("Referrer-Policy"))
	}
}

func TestOutboxIsForThisMachine(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	b.register("ann")
	r, w := newRequest("/outbox", "203.0.113.9:4711")
	s.server.Config.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("from the net: %d, want 404", w.Code)
	}
}

func TestWrongMethodsAndBodies(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser()
	if got := b.do(http.MethodPost, "/login", "multipart/form-data; boundary=x", "--x--\r\n", "Accept", html); got.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty multipart form: %d", got.status)
	}
	if got := b.do(http.MethodPost, "/login", "application/xml", "<a/>"); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("XML: %d, want 415", got.status)
	}
	if got := b.do(http.MethodPost, "/login", formType, "email="+strings.Repeat("a", 100_000)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d, want 413", got.status)
	}
	if got := b.do(http.MethodPost, "/login_ajax", "application/json", `{"email": {"$gt": ""}, "password": "x"}`); got.status != http.StatusUnprocessableEntity && got.status != http.StatusBadRequest {
		t.Errorf("an object where a string belongs: %d", got.status)
	}
}
