package component

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"lyceum/course"
)

// Block is the place of one block on a page: what scripts and links find it by. [Nothing] has no place.
func Block(n *course.Node, view templ.Component) templ.Component {
	if view == Nothing {
		return Nothing
	}
	return &block{n, view}
}

type block struct {
	node *course.Node
	view templ.Component
}

// Render writes what stands around every block of every page, so it is put together by hand.
func (b *block) Render(ctx context.Context, w io.Writer) error {
	n := b.node
	kind, id, usage, name := templ.EscapeString(n.Block.Type), templ.EscapeString(n.HTMLID), templ.EscapeString(n.Usage), templ.EscapeString(n.Name)
	var opening strings.Builder
	opening.Grow(120 + 2*len(kind) + len(id) + len(usage) + len(name))
	for _, s := range [...]string{`<section class="block block-`, kind, `" id="`, id, `" data-usage="`, usage, `" data-kind="`, kind, `"`} {
		opening.WriteString(s)
	}
	if n.Facts.OnView {
		opening.WriteString(` data-on-view`)
	}
	for _, s := range [...]string{` aria-label="`, name, `">`} {
		opening.WriteString(s)
	}
	if _, err := io.WriteString(w, opening.String()); err != nil {
		return err
	}
	if err := b.view.Render(ctx, w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</section>")
	return err
}
