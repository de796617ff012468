package ui

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"lyceum/static"
	"lyceum/web/i18n"
)

// LayoutProps is what the frame around a page needs. Package page fills all but Title, Entries and Main from the request.
type LayoutProps struct {
	Title   string // of the page; the site's name is added
	Site    string // the site's name
	Face    string // shown beside the name, "Studio"; empty on the learners' face
	Home    string // where name and mark lead
	Nav     []Link
	Viewer  ViewerProps
	Footer  []Link
	Notices []NoticeProps // one-time messages
	Theme   string        // "light", "dark" or "" for the system's wish
	Nonce   string        // of the content security policy
	Entries []string      // scripts beside js/site.js by name in static: "js/unit.js"
	Styles  []string      // style sheets beside css/site.css by name in static
	Main    string        // variant of main: "", "flush" (no padding), "narrow" (a form), "reading"
	Zoned   bool          // the reader chose a time zone; scripts keep to it
	Chrome  string        // "" for header and footer, "bare" for neither
	Head    templ.Component

	zoneMark string // stands for the reader's zone, see drawFrame
}

// ViewerProps says who is shown in the header's menu.
type ViewerProps struct {
	SignedIn bool
	Name     string // full name or else username
	Username string
	Menu     []Link
	SignOut  string // POST address
	SignIn   string
	Register string

	initialsMark string // stands for the name's initials, see drawFrame
}

// Link is a named address; Icon and Current may be empty.
type Link struct {
	Label   string
	URL     string
	Icon    string
	Current string // value of aria-current: "page", "true" for a page below, "" otherwise
}

// Initials returns one or two letters for a name.
func Initials(name string) string {
	var letters []rune
	words := strings.Fields(name)
	for i, word := range words {
		if i == 0 || i == len(words)-1 {
			letters = append(letters, []rune(strings.ToUpper(word))[0])
		}
	}
	return string(letters)
}

// attr returns a map with one attribute, or nothing when the value is empty.
func attr(name, value string) templ.Attributes {
	if value == "" {
		return nil
	}
	return templ.Attributes{name: value}
}

// classes joins a base class with its variants: classes("button", "primary", "") is "button button--primary".
func classes(base string, variants ...string) string {
	var all strings.Builder
	all.WriteString(base)
	for _, v := range variants {
		if v != "" {
			all.WriteString(" " + base + "--" + v)
		}
	}
	return all.String()
}

// title returns the document's title.
func (p LayoutProps) title() string {
	if !p.titled() {
		return p.Site
	}
	return p.Title + " · " + p.Site
}

// titled reports whether the page has a title beside the site's name.
func (p LayoutProps) titled() bool { return p.Title != "" && p.Title != p.Site }

// scripts lists the module scripts of the page.
func (p LayoutProps) scripts() []string {
	out := []string{static.URL("js/site.js")}
	for _, name := range p.Entries {
		out = append(out, static.URL(name))
	}
	return out
}

// styles lists the style sheets of the page.
func (p LayoutProps) styles() []string {
	out := []string{static.URL("css/site.css")}
	for _, name := range p.Styles {
		out = append(out, static.URL(name))
	}
	return out
}

// lang and dir read the context's reader.
func lang(ctx context.Context) string { return i18n.From(ctx).Lang() }
func dir(ctx context.Context) string  { return i18n.From(ctx).Dir() }

// zone is the reader's time zone by name.
func (p LayoutProps) zone(ctx context.Context) string {
	if p.zoneMark != "" {
		return p.zoneMark
	}
	return i18n.From(ctx).Zone().String()
}

// initials stand in the header for who is signed in.
func (p ViewerProps) initials() string {
	if p.initialsMark != "" {
		return p.initialsMark
	}
	return Initials(p.Name)
}
