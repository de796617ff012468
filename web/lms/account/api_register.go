package account

import (
	"net/http"
	"net/url"
	"slices"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
)

type userMessage struct {
	UserMessage string `json:"user_message"`
}

// apiRegister serves POST .../account/registration/: 200, 409 for names and addresses in use, 400 for the rest.
func (s *server) apiRegister(w http.ResponseWriter, r *http.Request) error {
	form, got, err := s.registerByForm(w, r)
	if err == nil {
		return s.answerRegistered(w, r, form, got)
	}
	status, answer, ok := s.registrationErrors(r, err)
	if !ok {
		return err
	}
	return page.JSON(w, r, status, answer)
}

// apiCreateAccount serves POST /create_account: the same with the older answer beside it.
func (s *server) apiCreateAccount(w http.ResponseWriter, r *http.Request) error {
	form, got, err := s.registerByForm(w, r)
	if err == nil {
		return s.answerRegistered(w, r, form, got)
	}
	status, answer, ok := s.registrationErrors(r, err)
	if !ok {
		return err
	}
	answer["success"] = false
	if f, ok := fault.As(err); ok {
		messages := page.FieldErrors(r.Context(), f)
		for _, name := range registrationOrder() {
			if messages[name] != "" {
				answer["field"], answer["value"] = name, messages[name]
				break
			}
		}
	}
	return page.JSON(w, r, status, answer)
}

func registrationOrder() []string {
	names := []string{"email", "username", "name", "password", "honor_code"}
	for _, f := range account.ProfileFields {
		names = append(names, f.Name)
	}
	return names
}

func (s *server) registerByForm(w http.ResponseWriter, r *http.Request) (url.Values, account.Registered, error) {
	form, err := readForm(w, r)
	if err != nil {
		return nil, account.Registered{}, err
	}
	got, err := s.Accounts.Register(r.Context(), s.from(r, s.onwardOf(r, form)), s.registrationOf(r, form))
	return form, got, err
}

func (s *server) answerRegistered(w http.ResponseWriter, r *http.Request, form url.Values, got account.Registered) error {
	w.Header().Set("Cache-Control", "private, no-store")
	to := s.onwardOf(r, form)
	if got.MustConfirm {
		return page.JSON(w, r, http.StatusOK, map[string]any{"success": true, "redirect_url": to.link("/login")})
	}
	session.Start(w, r, account.LMS, got.SignedIn)
	where, _ := s.arrive(r, got.SignedIn, to)
	return page.JSON(w, r, http.StatusOK, map[string]any{"success": true, "redirect_url": where})
}

// registrationErrors is a refusal in the shape front ends read: {field: [{user_message}], error_code}.
func (s *server) registrationErrors(r *http.Request, err error) (status int, answer map[string]any, ok bool) {
	f, ok := fault.As(err)
	if !ok {
		return 0, nil, false
	}
	answer = make(map[string]any)
	messages := page.FieldErrors(r.Context(), f)
	for name, message := range messages {
		answer[name] = []userMessage{{message}}
	}
	switch f.Kind {
	case fault.Conflict:
		answer["error_code"] = duplicateCode(messages)
		return http.StatusConflict, answer, true
	case fault.Invalid:
		answer["error_code"] = "validation-error"
		return http.StatusBadRequest, answer, true
	case fault.Closed:
		answer["error_code"] = "registration-closed"
		answer["username"] = []userMessage{{i18n.T(r.Context(), f.Message)}}
		return http.StatusForbidden, answer, true
	default:
		return 0, nil, false
	}
}

func duplicateCode(messages map[string]string) string {
	switch {
	case messages["email"] != "" && messages["username"] != "":
		return "duplicate-email-username"
	case messages["email"] != "":
		return "duplicate-email"
	}
	return "duplicate-username"
}

// apiValidate serves POST .../validation/registration: what is wrong with each field sent, "" for nothing.
func (s *server) apiValidate(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	values := make(map[string]string, len(form))
	for name := range form {
		values[name] = form.Get(name)
	}
	decisions := make(map[string]string)
	for name := range values {
		if !slices.Contains(registrationOrder(), name) {
			continue
		}
		message, err := s.Accounts.ValidateField(r.Context(), session.From(r), name, values)
		if err != nil {
			return err
		}
		decisions[name] = ""
		if message != "" {
			decisions[name] = i18n.T(r.Context(), message)
		}
	}
	return page.JSON(w, r, http.StatusOK, map[string]any{"validation_decisions": decisions})
}

// apiResend serves POST /api/send_account_activation_email.
func (s *server) apiResend(w http.ResponseWriter, r *http.Request) error {
	who, err := signedIn(r)
	if err != nil {
		return err
	}
	err = s.Accounts.ResendActivation(r.Context(), session.From(r), who.User)
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return page.JSON(w, r, http.StatusOK, map[string]bool{"success": true})
}
