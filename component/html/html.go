// Package html is the kind of block that shows text an author wrote: in line when it is passive, in a frame of its own when
// it carries scripts. It is complete when it has been seen.
package html

import (
	"bytes"
	"context"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
)

// Kind is the html block. Tag tells under which name it serves; old courses have text blocks of other names.
type Kind struct{ Tag string }

// Name is the OLX tag.
func (k Kind) Name() string {
	if k.Tag != "" {
		return k.Tag
	}
	return "html"
}

// Schema lists the fields of an html block; its text is the block's body.
func (k Kind) Schema() course.Schema {
	return course.Schema{Kind: k.Name(), Fields: course.HTMLFields}
}

// Facts says that text is complete when seen.
func (Kind) Facts(*course.Block) course.Facts {
	return course.Facts{Completion: course.Completable, OnView: true, Icon: "other"}
}

// Actions has none of its own; completion on view is the page's.
func (Kind) Actions() map[string]component.Action { return nil }

// View shows the text in line or in a frame.
func (Kind) View(_ context.Context, rt *component.Runtime, n *course.Node) (templ.Component, error) {
	view, active, ok := rt.Cache.InLine(rt.Course, n.Settings.StaticAssetPath, n.Definition)
	if !ok {
		view, ok = rt.Source(n).InLine(n.Definition, func() string { return text(n.Block.Body) }, shown)
		active = !ok
	}
	if active {
		return component.Frame(rt.Links.Frame(n), n.Name), nil
	}
	return view, nil
}

// shown is cleaned text as finished markup.
func shown(clean string) templ.Component {
	var b strings.Builder
	view := component.Authored(authored.Raw(clean))
	if err := view.Render(context.Background(), &b); err != nil {
		return view
	}
	return component.Drawn{b.String()}
}

// Document is the text as the page of a frame.
func (Kind) Document(_ context.Context, rt *component.Runtime, n *course.Node) (templ.Component, bool, error) {
	body := text(n.Block.Body)
	src := rt.FrameSource(n)
	if !authored.Active(body, src.Hosts...) {
		return nil, false, nil
	}
	return src.Document(rt.Person.Language, n.Name, body), true, nil
}

// text is the body as readable text: without a byte order mark, and with what is not UTF-8 read as Latin-1, which is what
// such old files are.
func text(body []byte) string {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if utf8.Valid(body) {
		return string(body)
	}
	runes := make([]rune, len(body))
	for i, b := range body {
		runes[i] = rune(b)
	}
	return string(runes)
}
