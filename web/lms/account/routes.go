package account

import (
	"context"
	"embed"
	"net/http"

	"github.com/go-chi/chi/v5"

	"lyceum/internal/fault"
	"lyceum/internal/mail"
	"lyceum/learner/account"
	"lyceum/web/page"
	"lyceum/web/session"
)

// Locales are this room's texts, for i18n.New.
//
//go:embed locales/*.json
var Locales embed.FS

// Deps is what the pages stand on.
type Deps struct {
	Accounts *account.Service
	Outbox   *mail.Outbox // shown at /outbox to this machine, where it keeps mail
	Next     session.Next // where sign-in may lead; Default is the dashboard
	SiteName string
	Studio   func(*http.Request) string // origin of the authors' face; nil where there is none

	// What registering agrees to, by address; empty ones there are none of.
	HonorURL, TermsURL, PrivacyURL string

	// CourseName is what an open course is called, "" for none by this key. Enroll takes whoever asks into a course and returns where to go
	// on, "" where there is no such course, and what to say there. Without them nobody is on the way into a course.
	CourseName func(ctx context.Context, key string) string
	Enroll     func(r *http.Request, key string) (to string, said page.Notice, enrolled bool)
}

// server serves the routes.
type server struct{ Deps }

// Routes adds the room's URLs to r, which stands behind session.Middleware.
func Routes(r chi.Router, deps Deps) {
	s := &server{deps}
	if s.Next.Default == "" {
		s.Next.Default = "/dashboard"
	}

	// Signing in and out
	get(r, "/login", s.showSignIn)
	post(r, "/login", s.signIn)
	get(r, "/signin", redirectTo("/login"))
	get(r, "/accounts/login", redirectTo("/login"))
	get(r, "/logout", s.showSignOut)
	post(r, "/logout", s.signOut)
	post(r, "/login_ajax", s.apiSignIn)
	get(r, "/user_api/{version:v[12]}/account/login_session", s.describeSignIn)
	post(r, "/user_api/{version:v[12]}/account/login_session", s.apiSignInPlain)
	get(r, "/api/user/{version:v[12]}/account/login_session", s.describeSignIn)
	post(r, "/api/user/{version:v[12]}/account/login_session", s.apiSignIn)
	get(r, "/csrf/api/v1/token", s.apiToken)
	get(r, handoverPath, s.handOver)

	// Registering
	get(r, "/register", s.showRegister)
	post(r, "/register", s.register)
	get(r, "/signup", redirectTo("/register"))
	get(r, "/accounts/register", redirectTo("/register"))
	post(r, "/create_account", s.apiCreateAccount)
	for _, prefix := range []string{"/user_api", "/api/user"} {
		get(r, prefix+"/{version:v[12]}/account/registration", s.describeRegister)
		post(r, prefix+"/{version:v[12]}/account/registration", s.apiRegister)
		post(r, prefix+"/{version:v[12]}/validation/registration", s.apiValidate)
	}

	// Confirming the address
	get(r, "/activate/{key}", s.showActivate)
	post(r, "/activate/{key}", s.activate)
	post(r, "/api/send_account_activation_email", s.apiResend)

	// Forgotten passwords
	get(r, "/password_reset", s.showReset)
	post(r, "/password_reset", s.reset)
	get(r, "/password_reset_confirm/{uidtoken}", s.showResetConfirm)
	post(r, "/password_reset_confirm/{uidtoken}", s.resetConfirm)
	get(r, "/password_reset_complete", s.showResetComplete)
	for _, prefix := range []string{"/user_api", "/api/user"} {
		get(r, prefix+"/{version:v[12]}/account/password_reset", s.describeReset)
		post(r, prefix+"/{version:v[12]}/account/password_reset", s.reset)
		post(r, prefix+"/{version:v[12]}/account/password_reset/token/validate", s.apiValidateToken)
	}

	// Settings
	get(r, "/account/settings", s.showSettings)
	post(r, "/account/settings", s.saveSettings)
	post(r, "/account/email", s.changeEmail)
	post(r, "/account/password", s.changePassword)
	post(r, "/account/activation", s.resend)
	post(r, "/account/sign_out_everywhere", s.signOutEverywhere)
	get(r, "/email_confirm/{key}", s.showEmailConfirm)
	post(r, "/email_confirm/{key}", s.emailConfirm)

	// Accounts and preferences for apps and front ends
	for _, prefix := range []string{"/user_api", "/api/user"} {
		get(r, prefix+"/v1/me", s.apiMe)
		get(r, prefix+"/v1/accounts", s.apiFindAccounts)
		get(r, prefix+"/v1/accounts/{username}", s.apiAccount)
		method(r, http.MethodPatch, prefix+"/v1/accounts/{username}", s.apiPatchAccount)
		get(r, prefix+"/v1/preferences/{username}", s.apiPreferences)
		method(r, http.MethodPatch, prefix+"/v1/preferences/{username}", s.apiPatchPreferences)
		get(r, prefix+"/v1/preferences/{username}/{preference}", s.apiPreference)
		method(r, http.MethodPut, prefix+"/v1/preferences/{username}/{preference}", s.apiPutPreference)
		method(r, http.MethodDelete, prefix+"/v1/preferences/{username}/{preference}", s.apiDeletePreference)
	}

	// Mail of a site without a mail server
	get(r, "/outbox", s.showOutbox)
}

// get adds a route with and without the slash at its end: both are in bookmarks, mails and clients.
func get(r chi.Router, pattern string, h page.Handler) { method(r, http.MethodGet, pattern, h) }

func post(r chi.Router, pattern string, h page.Handler) { method(r, http.MethodPost, pattern, h) }

func method(r chi.Router, name, pattern string, h page.Handler) {
	r.Method(name, pattern, h)
	r.Method(name, pattern+"/", h)
	if name == http.MethodGet {
		r.Method(http.MethodHead, pattern, h)
		r.Method(http.MethodHead, pattern+"/", h)
	}
}

// redirectTo leads an old address to the new one, query and all.
func redirectTo(path string) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		to := path
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, to, http.StatusMovedPermanently)
		return nil
	}
}

// signedIn returns the session of whoever asks, or the error that leads to the sign-in page.
func signedIn(r *http.Request) (account.Session, error) {
	session, ok := session.Of(r)
	if !ok {
		return account.Session{}, fault.Unauthenticatedf("not signed in")
	}
	return session, nil
}
