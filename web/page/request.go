package page

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"lyceum/learner"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// Names of cookies that hold a reader's wishes; they grant nothing.
const (
	ThemeCookie    = "theme"                       // light or dark, written by static/ts/theme.ts
	ZoneCookie     = "zone"                        // IANA name, written by static/ts/time.ts
	LanguageCookie = "openedx-language-preference" // as other services of the site read it
	flashCookie    = "notice"
)

// Site is one face as pages show it: a literal of the wiring, the same for all requests.
type Site struct {
	Name    string // of the site, in title and header
	Face    string // "" for learners, "Studio" for authors
	Home    string // address of name and mark; "/" when empty
	Catalog *i18n.Catalog

	SignIn, SignOut, Register string // addresses; SignIn gets ?next=

	Nav    func(r *http.Request) []ui.Link // of the header
	Menu   func(r *http.Request) []ui.Link // of the viewer's menu
	Footer func(r *http.Request) []ui.Link

	Log *slog.Logger
}

// Person is who asks; the zero value is a visitor.
type Person struct {
	ID        learner.ID
	Username  string
	Name      string
	Staff     bool // of the whole site
	Superuser bool
	Language  string         // chosen in the account; "" leaves it to cookie and browser
	Zone      *time.Location // chosen in the account; nil leaves it to the browser
}

// SignedIn reports whether the person has an account.
func (p Person) SignedIn() bool { return p.ID != 0 }

// Facts is what the outermost middleware knows of a request.
type Facts struct {
	ID      string     // names the request in log, pages and answers
	Nonce   string     // of the content security policy
	Client  netip.Addr // who really asks, listed proxies taken off
	Secure  bool       // TLS reaches to us or to a listed proxy
	Host    string     // as asked for, port included
	Started time.Time
}

// Origin returns scheme, host and port of this face as the browser sees it.
func (f Facts) Origin() string { return f.scheme() + f.Host }

func (f Facts) scheme() string {
	if f.Secure {
		return "https://"
	}
	return "http://"
}

// record is what is known of a request. It belongs to the goroutine that serves it.
type record struct {
	Facts
	site     *Site
	viewer   Person
	theme    string
	programs bool  // the caller is a program, see ForPrograms
	unsure   error // why the viewer is not known, see Unsure
	keepForm bool  // what was sent comes back on an error page, see KeepForm
	content  bool  // the page shows what authors wrote, so more addresses are allowed
	frames   []string
	forms    []string // where forms may lead besides our own face
	notes    []slog.Attr
	err      error
}

type contextKey struct{}

var noSite = &Site{Name: "Lyceum", Log: slog.New(slog.DiscardHandler)}

// Begin returns r with a fresh record for a visitor; package middleware calls it first.
func Begin(r *http.Request, site *Site, f Facts) *http.Request {
	rec := &record{Facts: f, site: site}
	if theme, _ := Cookie(r, ThemeCookie); theme == "light" || theme == "dark" {
		rec.theme = theme
	}
	ctx := context.WithValue(r.Context(), contextKey{}, rec)
	if site.Catalog != nil {
		ctx = i18n.With(ctx, reader(r, site, Person{}))
	}
	return r.WithContext(ctx)
}

// Enter says who the viewer is and sets language and time zone accordingly. The session middleware calls it.
func Enter(r *http.Request, p Person) *http.Request {
	rec := of(r)
	rec.viewer = p
	if rec.site.Catalog == nil {
		return r
	}
	now := reader(r, rec.site, p)
	if was := i18n.From(r.Context()); *was == *now {
		return r
	}
	return r.WithContext(i18n.With(r.Context(), now))
}

// reader is p with the wishes of r.
func reader(r *http.Request, site *Site, p Person) *i18n.Reader {
	zone := p.Zone
	if zone == nil {
		zone = zoneOf(r)
	}
	language, _ := Cookie(r, LanguageCookie)
	return site.Catalog.For(zone, p.Language, language, r.Header.Get("Accept-Language"))
}

// zoneOf reads the browser's zone; a name that is none means UTC.
func zoneOf(r *http.Request) *time.Location {
	if name, ok := Cookie(r, ZoneCookie); ok {
		if zone, ok := i18n.Zone(name); ok {
			return zone
		}
	}
	return time.UTC
}

// Cookie returns the value of a cookie as r.Cookie does, without parsing the others; ok is false where there is none.
func Cookie(r *http.Request, name string) (value string, ok bool) {
	for _, line := range r.Header["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			key, value, _ := strings.Cut(part, "=")
			if strings.Trim(key, " \t\r\n") != name {
				continue
			}
			value = strings.TrimRight(value, " \t\r\n")
			if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			if strings.IndexFunc(value, notInCookie) < 0 {
				return value, true
			}
		}
	}
	return "", false
}

// notInCookie tells what no value of a cookie may hold.
func notInCookie(c rune) bool { return c < ' ' || c >= 0x7f || c == '"' || c == '\\' }

// of returns the record of r; a request that no middleware has seen, as in a handler's own test, gets an empty one.
func of(r *http.Request) *record {
	if rec, ok := r.Context().Value(contextKey{}).(*record); ok {
		return rec
	}
	return &record{site: noSite, Facts: Facts{Host: r.Host}}
}

// Viewer returns who asks.
func Viewer(r *http.Request) Person { return of(r).viewer }

// Known returns the facts of r.
func Known(r *http.Request) Facts { return of(r).Facts }

// SiteOf returns the face that serves r.
func SiteOf(r *http.Request) *Site { return of(r).site }

// Note adds a fact to the one log record of this request.
func Note(r *http.Request, attrs ...slog.Attr) {
	rec := of(r)
	rec.notes = append(rec.notes, attrs...)
}

// Unsure makes the viewer a visitor, because who it is, or what is theirs, cannot be known now: a store is away. The page says so. Only
// for what strangers may see.
func Unsure(r *http.Request, why error) {
	rec := of(r)
	rec.viewer, rec.unsure = Person{}, why
	rec.notes = append(rec.notes, slog.Any("unsure", why))
}

// WhyUnsure returns the error Unsure was called with, nil where the viewer is known.
func WhyUnsure(r *http.Request) error { return of(r).unsure }

// KeepForm lets the page of an error that will pass carry what the form said, with a button that sends it again: without scripts nothing
// else keeps what was typed. Not for forms with secrets.
func KeepForm(r *http.Request) { of(r).keepForm = true }

// Outcome returns what handlers have noted of r, and the error it ended with, for the log.
func Outcome(r *http.Request) (notes []slog.Attr, err error) {
	rec := of(r)
	return rec.notes, rec.err
}

// AllowContent widens the policy of this answer for what authors wrote: pictures, media, frames and streams from other sites. Scripts and
// forms stay our own. Call it before writing.
func AllowContent(w http.ResponseWriter, r *http.Request) {
	of(r).content = true
	w.Header().Set("Content-Security-Policy", Policy(r))
}

// AllowFraming lets the given origins show this answer in a frame, for /xblock/KEY and embeds. Call it before writing.
func AllowFraming(w http.ResponseWriter, r *http.Request, origins ...string) {
	of(r).frames = origins
	w.Header().Set("Content-Security-Policy", Policy(r))
}

// AllowForms lets forms of this answer lead to the given origins besides our own: browsers look at where a redirect after a form leads.
// Call it before writing.
func AllowForms(w http.ResponseWriter, r *http.Request, origins ...string) {
	of(r).forms = origins
	w.Header().Set("Content-Security-Policy", Policy(r))
}
