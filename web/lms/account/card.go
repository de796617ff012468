package account

import (
	"net/http"
	"strings"

	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
	"lyceum/web/ui"
)

// cardProps is a narrow page with one form, ready to print.
type cardProps struct {
	Layout    ui.LayoutProps
	Title     string
	Lead      string
	Notice    *ui.NoticeProps
	Action    string
	Hidden    map[string]string
	Fields    []formField
	Aside     ui.Link   // a small link above the button
	Read      []ui.Link // what to read before pressing the button; opens beside the form
	Submit    string
	Other     ui.Link // where to go instead, below the card
	OtherText string
	OutboxURL string
}

// render writes the page with a status, filling the frame.
func (s *server) render(w http.ResponseWriter, r *http.Request, status int, p cardProps) error {
	p.Layout = page.Layout(w, r, p.Title)
	p.Layout.Main = "narrow"
	session.Token(w, r)
	w.Header().Set("Cache-Control", "private, no-store")
	if s.Studio != nil && strings.HasPrefix(p.Hidden["next"], handoverPath+"?") {
		page.AllowForms(w, r, s.Studio(r)) // where signing in ends
	}
	return page.RenderStatus(w, r, status, cardPage(p))
}

// refuse brings a form back with what is wrong with it; errors that no form can mend are returned.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, p cardProps, err error) error {
	f, status, ok := retry(err)
	if !ok {
		return err
	}
	setRetryAfter(w, f)
	mark(r, p.Fields, f)
	p.Notice = summary(r, f)
	return s.render(w, r, status, p)
}

// secret is called for pages whose address holds a token: it goes nowhere else.
func secret(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// deadLink shows that a mailed link is used, too old or cut short, and what to do.
func (s *server) deadLink(w http.ResponseWriter, r *http.Request, err error, other ui.Link) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	t := func(id string) string { return i18n.T(r.Context(), id) }
	return s.render(w, r, http.StatusNotFound, cardProps{
		Title: t("account.link.dead.title"), Lead: t("account.link.dead"), Other: other, OtherText: t("account.link.dead.next"),
	})
}

// outboxURL is where mail can be read, for pages that tell somebody to look for it; "" where it is sent.
func (s *server) outboxURL(r *http.Request) string {
	if s.mayReadOutbox(r) {
		return "/outbox"
	}
	return ""
}
