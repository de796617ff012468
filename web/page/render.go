package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"

	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// buffers keeps the memory of rendered pages; one that grew past maxKept is dropped.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxKept = 1 << 20

// Render writes a page with status 200. The page is drawn whole before the first byte leaves, so an error in it still becomes an error
// page.
func Render(w http.ResponseWriter, r *http.Request, c templ.Component) error {
	return RenderStatus(w, r, http.StatusOK, c)
}

// RenderStatus is [Render] with another status: 422 for a form that comes back.
func RenderStatus(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer func() {
		if b.Cap() <= maxKept {
			buffers.Put(b)
		}
	}()
	if err := c.Render(templ.WithNonce(r.Context(), of(r).Nonce), b); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	return send(w, r, status, b.Bytes())
}

// JSON writes v as a JSON answer.
func JSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Security-Policy", DataPolicy)
	return send(w, r, status, data)
}

func send(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	h := w.Header()
	if h.Get("Cache-Control") == "" {
		cache := "no-cache"
		if Viewer(r).SignedIn() || of(r).unsure != nil {
			cache = "private, no-store" // the next one at this computer must not find it with the back button
		}
		h.Set("Cache-Control", cache)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = w.Write(body) // the reader went away: nobody is left to be told
	return nil
}

// Redirect answers a POST with the address to go on at, and optionally a notice to be shown there.
func Redirect(w http.ResponseWriter, r *http.Request, url string, notices ...Notice) error {
	if len(notices) > 0 {
		setNotices(w, r, notices)
	}
	http.Redirect(w, r, url, http.StatusSeeOther)
	return nil
}

// Layout returns the frame around a page with this title, filled from the request. Notices left by [Redirect] are taken.
func Layout(w http.ResponseWriter, r *http.Request, title string) ui.LayoutProps {
	rec := of(r)
	s := rec.site
	p := ui.LayoutProps{
		Title: title, Site: s.Name, Face: s.Face, Home: s.Home, Theme: rec.theme, Nonce: rec.Nonce, Zoned: rec.viewer.Zone != nil,
		Viewer: ui.ViewerProps{
			SignedIn: rec.viewer.SignedIn(), Name: rec.viewer.Name, Username: rec.viewer.Username,
			SignIn: s.SignIn, SignOut: s.SignOut, Register: s.Register,
		},
		Notices: takeNotices(w, r),
	}
	if rec.unsure != nil {
		p.Notices = append(p.Notices, ui.NoticeProps{Kind: "warning", Text: i18n.T(r.Context(), "ui.unsure")})
	}
	if p.Home == "" {
		p.Home = "/"
	}
	if p.Viewer.Name == "" {
		p.Viewer.Name = p.Viewer.Username
	}
	for _, list := range []struct {
		from func(*http.Request) []ui.Link
		to   *[]ui.Link
	}{{s.Nav, &p.Nav}, {s.Menu, &p.Viewer.Menu}, {s.Footer, &p.Footer}} {
		if list.from != nil {
			*list.to = list.from(r)
		}
	}
	return p
}
