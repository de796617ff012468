package lms

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"lyceum/component/authored"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// Policies are a site's texts about how people deal with each other and with data there: pages at /tos, /honor and /privacy.
type Policies struct {
	Terms, Honor, Privacy *Policy
}

// Policy is one of them. The zero value is the text that comes with the program.
type Policy struct {
	None      bool   // the site has none: no page, no link
	Elsewhere string // address of a page elsewhere that holds it
	Markdown  string // the site's own text; a heading of the first level at its beginning is the page's title

	once  sync.Once
	title string
	text  templ.Component
}

// ownPolicies are texts for sites that have none of their own. {site} stands for a site's name.
//
//go:embed policies/*.md
var ownPolicies embed.FS

// Address returns where a policy is read, given its page here; "" for none.
func (p *Policy) Address(path string) string {
	switch {
	case p == nil || p.None:
		return ""
	case p.Elsewhere != "":
		return p.Elsewhere
	}
	return path
}

// Links lists the policies there are, for the foot of pages.
func (p Policies) Links(ctx context.Context) []ui.Link {
	all := []ui.Link{
		{Label: i18n.T(ctx, "policy.terms"), URL: p.Terms.Address("/tos")},
		{Label: i18n.T(ctx, "policy.honor"), URL: p.Honor.Address("/honor")},
		{Label: i18n.T(ctx, "policy.privacy"), URL: p.Privacy.Address("/privacy")},
	}
	links := make([]ui.Link, 0, len(all))
	for _, l := range all {
		if l.URL != "" {
			links = append(links, l)
		}
	}
	return links
}

// showPolicy serves /tos, /honor and /privacy.
func (s *Server) showPolicy(p *Policy, path, label string) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		switch at := p.Address(path); at {
		case "":
			return fault.NotFoundf("this site has no %s", path)
		case path:
		default:
			http.Redirect(w, r, at, http.StatusFound)
			return nil
		}
		p.once.Do(func() { p.draw(s.Name, path) })
		title := p.title
		if title == "" {
			title = i18n.T(r.Context(), label)
		}
		l := page.Layout(w, r, title)
		l.Main = "reading"
		return page.Render(w, r, policyPage(l, title, p.text))
	}
}

// draw makes the page's title and text.
func (p *Policy) draw(site, path string) {
	source := p.Markdown
	if source == "" {
		own, err := ownPolicies.ReadFile("policies" + path + ".md")
		if err != nil {
			panic(err) // a mistake in the names above
		}
		source = strings.ReplaceAll(string(own), "{site}", site)
	}
	source = strings.TrimSpace(source)
	if first, rest, _ := strings.Cut(source, "\n"); strings.HasPrefix(first, "# ") {
		p.title, source = strings.TrimSpace(first[2:]), rest
	}
	var html bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Linkify)).Convert([]byte(source), &html); err != nil {
		panic(fmt.Errorf("draw %s: %w", path, err)) // writing into memory does not fail
	}
	p.text = authored.Raw(authored.Clean(html.String()))
}
