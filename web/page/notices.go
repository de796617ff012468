package page

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// Notice is a message for the next page. It travels in a cookie as an id with arguments, so that nobody can put a sentence of their own
// into our mouth: an id that is not in the catalog is dropped.
type Notice struct {
	Kind string   `json:"k"` // "info", "success", "warning", "error"
	ID   string   `json:"i"`
	Args []string `json:"a,omitempty"`
}

const (
	maxNotices = 4
	maxCookie  = 2048
)

func setNotices(w http.ResponseWriter, r *http.Request, notices []Notice) {
	data, err := json.Marshal(notices[:min(len(notices), maxNotices)])
	if err != nil || len(data) > maxCookie {
		return // a notice is a courtesy
	}
	http.SetCookie(w, &http.Cookie{
		Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(data), Path: "/", MaxAge: 60,
		HttpOnly: true, Secure: of(r).Secure, SameSite: http.SameSiteLaxMode,
	})
}

// takeNotices returns the notices left for this page and removes them.
func takeNotices(w http.ResponseWriter, r *http.Request) []ui.NoticeProps {
	value, _ := Cookie(r, flashCookie)
	if value == "" {
		return nil
	}
	http.SetCookie(w, &http.Cookie{
		Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: of(r).Secure, SameSite: http.SameSiteLaxMode,
	})
	data, err := base64.RawURLEncoding.DecodeString(value[:min(len(value), 2*maxCookie)])
	if err != nil {
		return nil
	}
	var notices []Notice
	if json.Unmarshal(data, &notices) != nil {
		return nil
	}
	var out []ui.NoticeProps
	for _, n := range notices[:min(len(notices), maxNotices)] {
		if catalog := of(r).site.Catalog; catalog != nil && !catalog.Has(n.ID) {
			continue
		}
		args := make([]any, len(n.Args))
		for i, a := range n.Args {
			args[i] = a
		}
		out = append(out, ui.NoticeProps{Kind: n.Kind, Text: i18n.T(r.Context(), n.ID, args...)})
	}
	return out
}
