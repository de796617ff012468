package account

import (
	"net/http"
	"net/url"
	"strings"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
)

// apiSignInAnswer is the JSON answer of signing in.
type apiSignInAnswer struct {
	Success     bool           `json:"success"`
	RedirectURL string         `json:"redirect_url,omitempty"`
	Value       string         `json:"value,omitempty"`
	ErrorCode   string         `json:"error_code,omitempty"`
	Email       string         `json:"email,omitempty"`
	Context     map[string]any `json:"context,omitempty"`
}

// apiSignIn serves POST /login_ajax and /api/user/v1|v2/account/login_session/: 200, or 400 with a code that front ends know.
func (s *server) apiSignIn(w http.ResponseWriter, r *http.Request) error {
	form, in, err := s.signInByForm(w, r)
	if err == nil {
		return page.JSON(w, r, http.StatusOK, apiSignInAnswer{Success: true, RedirectURL: in.to})
	}
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	answer := apiSignInAnswer{Value: i18n.T(r.Context(), f.Message, f.Args...), Email: cutTyped(loginOf(form)), Context: map[string]any{}}
	status := http.StatusBadRequest
	switch f.Kind {
	case fault.Unauthenticated:
		answer.ErrorCode = "incorrect-email-or-password"
	case fault.Forbidden:
		answer.ErrorCode = "inactive-user"
		answer.Context["platformName"] = s.SiteName
	case fault.TooMany:
		answer.ErrorCode = "account-locked-out"
		answer.Context["locked_out_period"] = int(f.RetryAfter.Seconds() + 0.999)
		status = http.StatusTooManyRequests
		setRetryAfter(w, f)
	default:
		return err
	}
	return page.JSON(w, r, status, answer)
}

// apiSignInPlain serves POST /user_api/v1/account/login_session/, the older contract: 200, or 403 with a sentence.
func (s *server) apiSignInPlain(w http.ResponseWriter, r *http.Request) error {
	_, in, err := s.signInByForm(w, r)
	if err == nil {
		return page.JSON(w, r, http.StatusOK, apiSignInAnswer{Success: true, RedirectURL: in.to})
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Unauthenticated && f.Kind != fault.Forbidden && f.Kind != fault.TooMany {
		return err
	}
	setRetryAfter(w, f)
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(i18n.T(r.Context(), f.Message, f.Args...))) // the reader went away
	return nil
}

// signedInByForm is a sign-in with where to go on.
type signedInByForm struct{ to string }

func (s *server) signInByForm(w http.ResponseWriter, r *http.Request) (url.Values, signedInByForm, error) {
	form, err := readForm(w, r)
	if err != nil {
		return nil, signedInByForm{}, err
	}
	remember := true // the contract: four weeks, unless the client says otherwise
	if form.Has("remember") {
		remember = isYes(form.Get("remember"))
	}
	to := s.onwardOf(r, form)
	in, err := s.Accounts.SignIn(r.Context(), s.from(r, to), account.Credentials{
		Login: loginOf(form), Password: form.Get("password"), Remember: remember, Replaces: session.ID(r, account.LMS),
	})
	if err != nil {
		return form, signedInByForm{}, err
	}
	session.Start(w, r, account.LMS, in)
	w.Header().Set("Cache-Control", "private, no-store")
	where, _ := s.arrive(r, in, to)
	return form, signedInByForm{where}, nil
}

// onwardOf is where a client shall go on: what its form says, else its query.
func (s *server) onwardOf(r *http.Request, form url.Values) onward {
	if to := onwardOf(form); to != (onward{}) {
		return to
	}
	return onwardOf(r.URL.Query())
}

// cutTyped bounds what is said back.
func cutTyped(s string) string {
	if len(s) > 254 || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' }) {
		return ""
	}
	return s
}

// apiToken serves GET /csrf/api/v1/token.
func (s *server) apiToken(w http.ResponseWriter, r *http.Request) error {
	token := session.Token(w, r)
	w.Header().Set("Cache-Control", "private, no-store")
	return page.JSON(w, r, http.StatusOK, map[string]string{"csrfToken": token})
}
