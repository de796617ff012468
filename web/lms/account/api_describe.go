package account

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"lyceum/web/page"
	"lyceum/web/session"
)

// formDescription tells a client how to draw a form.
type formDescription struct {
	Method    string           `json:"method"`
	SubmitURL string           `json:"submit_url"`
	Fields    []describedField `json:"fields"`
}

type describedField struct {
	Name          string            `json:"name"`
	Label         string            `json:"label"`
	Type          string            `json:"type"`
	DefaultValue  string            `json:"defaultValue"`
	Placeholder   string            `json:"placeholder"`
	Required      bool              `json:"required"`
	Restrictions  map[string]int    `json:"restrictions"`
	ErrorMessages map[string]string `json:"errorMessages"`
	Instructions  string            `json:"instructions"`
	Options       []describedOption `json:"options,omitempty"`
}

type describedOption struct {
	Value   string `json:"value"`
	Name    string `json:"name"`
	Default bool   `json:"default"`
}

func describe(submit string, fields []formField) formDescription {
	d := formDescription{Method: "post", SubmitURL: submit}
	for _, f := range fields {
		p := f.Props
		one := describedField{
			Name: p.Name, Label: p.Label, Type: p.Type, Placeholder: p.Placeholder, Required: p.Required, Instructions: p.Help,
			Restrictions: make(map[string]int), ErrorMessages: make(map[string]string),
		}
		if f.Part != "" {
			one.Type = f.Part
		}
		if one.Type == "" {
			one.Type = "text"
		}
		if p.MinLength > 0 {
			one.Restrictions["min_length"] = p.MinLength
		}
		if p.MaxLength > 0 {
			one.Restrictions["max_length"] = p.MaxLength
		}
		for _, o := range p.Options {
			one.Options = append(one.Options, describedOption{Value: o.Value, Name: o.Label, Default: o.Value == ""})
		}
		d.Fields = append(d.Fields, one)
	}
	return d
}

func (s *server) describeForm(w http.ResponseWriter, r *http.Request, d formDescription) error {
	session.Token(w, r) // clients read the form first and post with its token
	w.Header().Set("Cache-Control", "private, no-store")
	return page.JSON(w, r, http.StatusOK, d)
}

// describeSignIn serves GET .../account/login_session/.
func (s *server) describeSignIn(w http.ResponseWriter, r *http.Request) error {
	fields := s.signInForm(r, url.Values{}, onward{}).Fields
	fields[0].Props.Name = "email"
	if chi.URLParam(r, "version") == "v2" {
		fields[0].Props.Name = "email_or_username"
	}
	return s.describeForm(w, r, describe(r.URL.Path, fields))
}

// describeRegister serves GET .../account/registration/.
func (s *server) describeRegister(w http.ResponseWriter, r *http.Request) error {
	return s.describeForm(w, r, describe(r.URL.Path, s.registerForm(r, url.Values{}, onward{}).Fields))
}

// describeReset serves GET .../account/password_reset/.
func (s *server) describeReset(w http.ResponseWriter, r *http.Request) error {
	return s.describeForm(w, r, describe("/password_reset/", s.resetForm(r, url.Values{}).Fields))
}

// apiValidateToken serves POST .../account/password_reset/token/validate/.
func (s *server) apiValidateToken(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	uid, token := splitToken(form.Get("token"))
	_, err = s.Accounts.ResetOf(r.Context(), uid, token)
	valid := err == nil
	if !valid && page.Status(err) != http.StatusNotFound {
		return err
	}
	return page.JSON(w, r, http.StatusOK, map[string]bool{"is_valid": valid})
}
