package ui

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"

	"github.com/a-h/templ"

	"lyceum/web/i18n"
)

// The frame around a page is nearly the same for everybody who reads in one language. So it is drawn once for all that differs seldom, with
// marks where requests differ, cut at the marks, and kept in these pieces.

// Layout is the whole document around the children.
func Layout(p LayoutProps) templ.Component {
	if p.Head != nil || len(p.Notices) > 0 {
		return layout(p) // what is seldom there is no reason to keep a frame
	}
	return framed{&p}
}

// gap is a place of the frame where requests differ.
type gap byte

const (
	gapTitle gap = iota
	gapNonce
	gapZone
	gapInitials
	gapName
	gapUsername
	gapChildren
	gaps // their number
)

// gapMark begins the mark of a gap. Nobody knows it, so nothing that stands in a frame can be taken for a mark.
var gapMark = rand.Text()

func (g gap) mark() string { return gapMark + string(rune('0'+g)) }

// frame is the markup of a layout in pieces; between two of them is the gap of the first one's place.
type frame struct {
	pieces []string
	gaps   []gap
}

// drawFrame draws the frame of p and cuts it.
func drawFrame(ctx context.Context, p LayoutProps) (f frame, err error) {
	if p.titled() {
		p.Title = gapTitle.mark()
	}
	p.Nonce, p.zoneMark, p.Viewer.initialsMark = gapNonce.mark(), gapZone.mark(), gapInitials.mark()
	p.Viewer.Name, p.Viewer.Username = gapName.mark(), gapUsername.mark()
	var b strings.Builder
	if err := layout(p).Render(templ.WithChildren(ctx, text(gapChildren.mark())), &b); err != nil {
		return f, err
	}
	for rest := b.String(); ; {
		piece, after, ok := strings.Cut(rest, gapMark)
		f.pieces = append(f.pieces, piece)
		if !ok {
			return f, nil
		}
		f.gaps, rest = append(f.gaps, gap(after[0]-'0')), after[1:]
	}
}

// Around draws a component that stands around something, for all that may be inside, and returns what is before and after it.
func Around(ctx context.Context, draw func(inside templ.Component) templ.Component) (before, after string, err error) {
	var b strings.Builder
	if err := draw(text(gapMark)).Render(ctx, &b); err != nil {
		return "", "", err
	}
	before, after, ok := strings.Cut(b.String(), gapMark)
	if !ok {
		return "", "", errors.New("nothing stands inside")
	}
	return before, after, nil
}

// frameKey names all that a frame depends on beside the language.
func (p *LayoutProps) frameKey() string {
	b := append(make([]byte, 0, 640), "layout"...)
	add := func(texts ...string) {
		for _, s := range texts {
			b = append(append(b, s...), 0)
		}
	}
	links := func(list []Link) {
		for _, l := range list {
			add(l.Label, l.URL, l.Icon, l.Current)
		}
		add("")
	}
	add(boolText(p.titled()), p.Site, p.Face, p.Home, p.Theme, p.Main, p.Chrome, boolText(p.Zoned))
	add(p.Entries...)
	add("")
	add(p.Styles...)
	add("", boolText(p.Viewer.SignedIn), p.Viewer.SignIn, p.Viewer.SignOut, p.Viewer.Register)
	links(p.Nav)
	links(p.Viewer.Menu)
	links(p.Footer)
	return string(b)
}

// framed is a layout drawn by its frame.
type framed struct{ *LayoutProps }

// Render writes the frame and what belongs in its gaps.
func (p framed) Render(ctx context.Context, w io.Writer) error {
	children := templ.GetChildren(ctx)
	f, err := i18n.Once(i18n.From(ctx), p.frameKey(), func() (frame, error) { return drawFrame(ctx, *p.LayoutProps) })
	if err != nil {
		return err
	}
	ctx = templ.ClearChildren(ctx)
	values := [gaps]string{
		gapTitle: p.Title, gapNonce: p.Nonce, gapZone: p.zone(ctx), gapInitials: p.Viewer.initials(), gapName: p.Viewer.Name,
		gapUsername: p.Viewer.Username,
	}
	for i, piece := range f.pieces {
		if _, err := io.WriteString(w, piece); err != nil {
			return err
		}
		switch {
		case i == len(f.gaps):
		case f.gaps[i] == gapChildren:
			err = children.Render(ctx, w)
		default:
			_, err = io.WriteString(w, templ.EscapeString(values[f.gaps[i]]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
