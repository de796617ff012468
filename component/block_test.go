package component

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"lyceum/course"
)

func TestBlock(t *testing.T) {
	t.Parallel()
	n := &course.Node{
		Usage: "block-v1:O+C+R+type@odd.x+block@b", HTMLID: "b", Name: `A "name" <&'>`, Block: &course.Block{Type: "odd.x", ID: "b"},
	}
	view := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<p>view</p>")
		return err
	})
	draw := func(view templ.Component) string {
		var b strings.Builder
		if err := Block(n, view).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const name = `aria-label="A &#34;name&#34; &lt;&amp;&#39;&gt;"`
	const head = `<section class="block block-odd.x" id="b" data-usage="block-v1:O+C+R+type@odd.x+block@b" data-kind="odd.x"`
	if got, want := draw(view), head+" "+name+"><p>view</p></section>"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	n.Facts.OnView = true
	if got, want := draw(Drawn{"<i>", "x", "</i>"}), head+" data-on-view "+name+"><i>x</i></section>"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := draw(Nothing); got != "" {
		t.Errorf("nothing is drawn as %s", got)
	}
}
