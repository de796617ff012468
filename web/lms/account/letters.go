package account

import (
	"context"
	"strings"

	"lyceum/internal/mail"
	"lyceum/learner/account"
	"lyceum/web/i18n"
)

// Letters words the mail of package account; it is account.Options.Letters.
type Letters struct {
	Catalog  *i18n.Catalog
	SiteName string
	SiteURL  string // where the LMS is reached: scheme, host, port; never from a request
}

// letterProps is the HTML part of a letter, ready to print.
type letterProps struct {
	Lang, Dir string
	Site      string
	Subject   string
	Lines     []string
	URL       string // what the letter is for; "" for a notice
	Button    string
	Instead   string
	Foot      string
}

// Letter implements account.Letters. The name a person chose stays out: until an address is confirmed it would bring a stranger's words to it.
func (l Letters) Letter(kind account.LetterKind, to account.Account, secret string, from account.From) mail.Message {
	reader := l.Catalog.For(nil, from.Language)
	ctx := i18n.With(context.Background(), reader)
	p := l.newLetterProps(reader, kind, to, secret, from.Onward)
	var html strings.Builder
	if err := letterHTML(p).Render(ctx, &html); err != nil {
		html.Reset() // the text part says the same
	}
	return mail.Message{Subject: p.Subject, Text: p.text(), HTML: html.String()}
}

func (l Letters) newLetterProps(reader *i18n.Reader, kind account.LetterKind, to account.Account, secret, onward string) letterProps {
	t := func(id string) string { return reader.T(id, l.SiteName, to.Username) }
	p := letterProps{Lang: reader.Lang(), Dir: reader.Dir(), Site: l.SiteName, Instead: t("account.letter.instead")}
	switch kind {
	case account.LetterActivation:
		p.Subject, p.Lines = t("account.letter.activation.subject"), []string{t("account.letter.activation.text"), t("account.letter.activation.valid")}
		p.URL, p.Button, p.Foot = l.link("/activate/"+secret), t("account.letter.activation.button"), t("account.letter.not_you")
		if onward != "" {
			p.URL += "?" + onward
		}
	case account.LetterReset:
		p.Subject, p.Lines = t("account.letter.reset.subject"), []string{t("account.letter.reset.text"), t("account.letter.reset.valid")}
		p.URL, p.Button = l.link("/password_reset_confirm/"+account.UID(to.ID)+"-"+secret+"/"), t("account.letter.reset.button")
		p.Foot = t("account.letter.reset.not_you")
	case account.LetterEmailChange:
		p.Subject, p.Lines = t("account.letter.email.subject"), []string{t("account.letter.email.text"), t("account.letter.email.valid")}
		p.URL, p.Button, p.Foot = l.link("/email_confirm/"+secret), t("account.letter.email.button"), t("account.letter.not_you")
	case account.LetterPasswordChanged:
		p.Subject, p.Lines = t("account.letter.password_changed.subject"), []string{t("account.letter.password_changed.text")}
		p.URL, p.Button, p.Foot = l.link("/password_reset/"), t("account.letter.password_changed.button"), t("account.letter.password_changed.foot")
	case account.LetterEmailChanged:
		p.Subject, p.Lines = t("account.letter.email_changed.subject"), []string{t("account.letter.email_changed.text")}
		p.Foot = t("account.letter.email_changed.foot")
	case account.LetterAlreadyHere:
		p.Subject, p.Lines = t("account.letter.already.subject"), []string{t("account.letter.already.text")}
		p.URL, p.Button, p.Foot = l.link("/password_reset/"), t("account.letter.already.button"), t("account.letter.not_you")
	}
	return p
}

func (l Letters) link(path string) string { return strings.TrimSuffix(l.SiteURL, "/") + path }

// text is the plain part of a letter.
func (p letterProps) text() string {
	blocks := append([]string(nil), p.Lines...)
	if p.URL != "" {
		blocks = append(blocks, p.Button+":\n"+p.URL)
	}
	blocks = append(blocks, p.Foot, "-- \n"+p.Site)
	return strings.Join(blocks, "\n\n") + "\n"
}
