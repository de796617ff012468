package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"lyceum/web/i18n"
)

// TestFrame: a layout from a kept frame is the layout drawn anew, whoever it was kept for.
func TestFrame(t *testing.T) {
	t.Parallel()
	catalog, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	person := ViewerProps{SignedIn: true, Name: "Ada <O'Neil>", Username: "ada", SignOut: "/logout", Menu: []Link{{Label: "A & B", URL: "/a?b=1&c=2", Icon: "settings"}}}
	other := person
	other.Name, other.Username = "Grace", "grace&co"
	all := []LayoutProps{
		{Title: "One & two", Site: "Site <1>", Home: "/", Nonce: "n1", Viewer: person},
		{Title: "Three", Site: "Site <1>", Home: "/", Nonce: "n2", Viewer: other},
		{Title: "Three" + gapMark[:4], Site: "Site <1>", Home: "/", Nonce: "n2", Viewer: other, Zoned: true},
		{Site: "Site <1>", Home: "/", Nonce: "n3", Viewer: person},
		{Title: "Site <1>", Site: "Site <1>", Home: "/", Nonce: "n3", Viewer: person, Theme: "dark"},
		{Title: "V", Site: "S", Home: "/", Nonce: "n4", Viewer: ViewerProps{SignIn: "/login", Register: "/register"}, Entries: []string{"js/course.js"}},
		{Title: "V", Site: "S", Home: "/", Nonce: "n4", Viewer: ViewerProps{SignIn: "/login"}, Styles: []string{"css/course.css"}},
		{Title: "V", Site: "S", Home: "/", Nav: []Link{{Label: "N", URL: "/n"}}, Main: "flush"},
		{Title: "V", Site: "S", Home: "/", Nav: []Link{{Label: "N", URL: "/n", Current: "page"}}, Main: "flush"},
		{Title: "V", Site: "S", Home: "/", Footer: []Link{{Label: "N", URL: "/n"}}, Chrome: "bare"},
		{Title: "V", Site: "S", Home: "/", Face: "Studio", Notices: []NoticeProps{{Kind: "info", Text: "Saved"}}},
		{Title: "V", Site: "S", Home: "/", Head: Text("head")},
	}
	for range 2 {
		for _, zone := range []string{"UTC", "Europe/Berlin"} {
			loaded, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range all {
				ctx := i18n.With(context.Background(), catalog.For(loaded, "en"))
				draw := func(c templ.Component) string {
					var b strings.Builder
					if err := c.Render(templ.WithChildren(ctx, Text("inside & out")), &b); err != nil {
						t.Fatal(err)
					}
					return b.String()
				}
				got := draw(Layout(p))
				if diff := cmp.Diff(draw(layout(p)), got); diff != "" {
					t.Errorf("layout %d in %s (-drawn anew +from its frame):\n%s", i, zone, diff)
				}
				if strings.Contains(got, gapMark) {
					t.Errorf("layout %d shows a mark: %s", i, got)
				}
			}
		}
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	none := func(templ.Component) templ.Component { return Text("nobody") }
	if before, after, err := Around(t.Context(), none); err == nil {
		t.Errorf("around nothing: %q, %q", before, after)
	}
	signs := func(inside templ.Component) templ.Component { return templ.Join(Text("<"), inside, Text(">")) }
	if before, after, err := Around(t.Context(), signs); before != "&lt;" || after != "&gt;" || err != nil {
		t.Errorf("Around = %q, %q, %v", before, after, err)
	}
}
