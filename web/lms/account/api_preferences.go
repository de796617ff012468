package account

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/page"
	"lyceum/web/session"
)

// readable returns the account in the path when whoever asks may read its preferences: the owner and staff. When not, the request has been
// answered.
func (s *server) readable(w http.ResponseWriter, r *http.Request) (a account.Account, ok bool, err error) {
	who, ok := session.Of(r)
	if !ok {
		return a, false, unauthenticated(w, r)
	}
	username := chi.URLParam(r, "username")
	if !strings.EqualFold(who.Username, username) && !who.Staff && !who.Superuser {
		return a, false, notFound(w, r)
	}
	a, err = s.Accounts.ByUsername(r.Context(), username)
	if fault.Is(err, fault.NotFound) {
		return a, false, notFound(w, r)
	}
	return a, err == nil, err
}

// apiPreferences serves GET /api/user/v1/preferences/USERNAME.
func (s *server) apiPreferences(w http.ResponseWriter, r *http.Request) error {
	a, ok, err := s.readable(w, r)
	if !ok {
		return err
	}
	values, err := s.Accounts.Preferences(r.Context(), a.ID)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, values)
}

// apiPreference serves GET /api/user/v1/preferences/USERNAME/KEY.
func (s *server) apiPreference(w http.ResponseWriter, r *http.Request) error {
	a, ok, err := s.readable(w, r)
	if !ok {
		return err
	}
	values, err := s.Accounts.Preferences(r.Context(), a.ID)
	if err != nil {
		return err
	}
	value, ok := values[chi.URLParam(r, "preference")]
	if !ok {
		return notFound(w, r)
	}
	return page.JSON(w, r, http.StatusOK, value)
}

// apiPatchPreferences serves PATCH /api/user/v1/preferences/USERNAME.
func (s *server) apiPatchPreferences(w http.ResponseWriter, r *http.Request) error {
	who, ok, err := s.own(w, r)
	if !ok {
		return err
	}
	patch, err := readMerge(w, r)
	if err != nil {
		return err
	}
	values := make(map[string]*string, len(patch))
	for key, raw := range patch {
		if string(raw) == "null" {
			values[key] = nil
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw) // numbers and truth values are kept as they are written
		}
		values[key] = &text
	}
	return s.setPreferences(w, r, who, values)
}

// apiPutPreference serves PUT /api/user/v1/preferences/USERNAME/KEY, whose body is a JSON string.
func (s *server) apiPutPreference(w http.ResponseWriter, r *http.Request) error {
	who, ok, err := s.own(w, r)
	if !ok {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		return badBody(err)
	}
	var value string
	if err := json.Unmarshal(body, &value); err != nil {
		return badBody(err)
	}
	return s.setPreferences(w, r, who, map[string]*string{chi.URLParam(r, "preference"): &value})
}

// apiDeletePreference serves DELETE /api/user/v1/preferences/USERNAME/KEY.
func (s *server) apiDeletePreference(w http.ResponseWriter, r *http.Request) error {
	who, ok, err := s.own(w, r)
	if !ok {
		return err
	}
	key := chi.URLParam(r, "preference")
	values, err := s.Accounts.Preferences(r.Context(), who.User)
	if err != nil {
		return err
	}
	if _, ok := values[key]; !ok {
		return notFound(w, r)
	}
	return s.setPreferences(w, r, who, map[string]*string{key: nil})
}

func (s *server) setPreferences(w http.ResponseWriter, r *http.Request, who account.Session, values map[string]*string) error {
	err := s.Accounts.SetPreferences(r.Context(), who.User, values)
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Fields) > 0 {
		return fieldErrors(w, r, f)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
