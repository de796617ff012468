package account

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"lyceum/internal/fault"
	"lyceum/internal/mail"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// outboxMax bounds the letters on the page.
const outboxMax = 50

// outboxProps is the outbox, ready to print.
type outboxProps struct {
	Layout  ui.LayoutProps
	Title   string
	Lead    string
	Letters []letterView
}

// letterView is one letter as its text, line by line.
type letterView struct {
	Subject string
	To      string
	At      ui.TimeProps
	Lines   [][]textPart
}

// textPart is a piece of a line; with URL it is a link.
type textPart struct{ Text, URL string }

// mayReadOutbox reports whether letters are kept here and whoever asks sits at this machine. Everybody's letters are in it, so that is not
// for a site on the net: behind a proxy on this machine that is not listed everybody seems to sit here, but asks for another host.
func (s *server) mayReadOutbox(r *http.Request) bool {
	known := page.Known(r)
	return s.Outbox.Keeps() && known.Client.Unmap().IsLoopback() && isLoopback(known.Host)
}

func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// showOutbox serves GET /outbox.
func (s *server) showOutbox(w http.ResponseWriter, r *http.Request) error {
	if !s.mayReadOutbox(r) {
		return fault.NotFoundf("no outbox for %s", page.Known(r).Client)
	}
	letters, err := s.Outbox.Newest(r.Context(), outboxMax)
	if err != nil {
		return err
	}
	secret(w) // it is full of links that open something
	w.Header().Set("Cache-Control", "private, no-store")
	p := newOutboxProps(r, letters)
	p.Layout = page.Layout(w, r, p.Title)
	p.Layout.Main = "reading"
	return page.Render(w, r, outboxPage(p))
}

func newOutboxProps(r *http.Request, letters []mail.Letter) outboxProps {
	p := outboxProps{Title: i18n.T(r.Context(), "account.outbox.title"), Lead: i18n.T(r.Context(), "account.outbox.lead")}
	for _, l := range letters {
		view := letterView{Subject: l.Subject, To: i18n.T(r.Context(), "account.outbox.to", l.Recipient) + " · ", At: ui.TimeProps{At: l.CreatedAt}}
		body, _, _ := strings.Cut(l.BodyText, "\n-- \n") // the signature is the site's name
		for line := range strings.SplitSeq(body, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				view.Lines = append(view.Lines, linked(line))
			}
		}
		p.Letters = append(p.Letters, view)
	}
	return p
}

// linked splits a line at web addresses.
func linked(line string) []textPart {
	var parts []textPart
	var text []string
	flush := func() {
		if len(text) > 0 {
			parts = append(parts, textPart{Text: strings.Join(text, " ")})
			text = nil
		}
	}
	for word := range strings.SplitSeq(line, " ") {
		u, err := url.Parse(word)
		if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			flush()
			parts = append(parts, textPart{Text: word, URL: word})
			continue
		}
		text = append(text, word)
	}
	flush()
	return parts
}
