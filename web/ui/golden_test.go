package ui

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "rewrite testdata")

// indent writes one tag or text a line, so that a difference can be read. Hashes in addresses are taken out.
func indent(t *testing.T, source string) string {
	t.Helper()
	var b strings.Builder
	depth := 0
	line := func(s string) { b.WriteString(strings.Repeat("  ", depth) + s + "\n") }
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := z.Next()
		raw := string(z.Raw())
		name, _ := z.TagName()
		switch kind {
		case html.ErrorToken:
			if depth != 0 {
				t.Errorf("tags do not balance: depth %d at the end", depth)
			}
			return hashes.ReplaceAllString(b.String(), "/static/$1.HASH")
		case html.TextToken:
			if text := strings.Join(strings.Fields(raw), " "); text != "" {
				line(text)
			}
		case html.StartTagToken:
			line(raw)
			if !voids[string(name)] {
				depth++
			}
		case html.EndTagToken:
			depth--
			line(raw)
		default:
			line(raw)
		}
	}
}

var (
	hashes = regexp.MustCompile(`/static/([a-z/_-]+)[.-][0-9a-f]{8}`)
	voids  = map[string]bool{"input": true, "img": true, "meta": true, "link": true, "br": true, "hr": true}
)

func TestGolden(t *testing.T) {
	t.Parallel()
	person := LayoutProps{
		Title: "Progress", Site: "Lyceum", Face: "Studio", Home: "/", Nonce: "NONCE", Theme: "dark", Entries: nil,
		Nav:    []Link{{Label: "My courses", URL: "/dashboard", Current: "page"}},
		Viewer: ViewerProps{SignedIn: true, Name: "Ada Lovelace", Username: "ada", SignOut: "/logout", Menu: []Link{{Label: "Account", URL: "/account", Icon: "settings"}}},
		Footer: []Link{{Label: "About", URL: "/about"}}, Notices: []NoticeProps{{Kind: "success", Text: "Saved."}},
	}
	visitor := LayoutProps{Site: "Lyceum", Home: "/", Main: "narrow", Viewer: ViewerProps{SignIn: "/login", Register: "/register"}}
	cases := map[string]templ.Component{
		"layout_person":  Layout(person),
		"layout_visitor": Layout(visitor),
		"button":         Button(ButtonProps{Label: "Check", Kind: Primary, Name: "do", Value: "check", Icon: "check"}),
		"button_icon":    Button(ButtonProps{Label: "Bookmark", Icon: "bookmark", IconOnly: true, Type: "button", Size: "small"}),
		"link_button":    LinkButton(ButtonProps{Label: "Go on", URL: "/next?a=1&b=2", Kind: Accent, IconEnd: "arrow-right", Wide: true}),
		"link_script":    LinkButton(ButtonProps{Label: "x", URL: "javascript:alert(1)"}),
		"field_error":    Field(FieldProps{Name: "email", Label: "E-mail", Type: "email", Value: `"><script>`, Required: true, Help: "Help", Error: "Wrong", Autocomplete: "email"}),
		"field_area":     Field(FieldProps{Name: "about", Label: "About", Type: "textarea", Value: "a\nb <c>", MaxLength: 500}),
		"select":         Select(galleryCountries()),
		"radio":          RadioGroup(galleryPace()),
		"checkbox":       Checkbox(FieldProps{Name: "honor", Label: "Honor code", Required: true, Error: "Please tick this."}),
		"search":         SearchField(FieldProps{Name: "q", Label: "Search"}),
		"card":           Card("Title"),
		"media_card":     MediaCard(galleryCards()[0]),
		"media_picture":  MediaCard(MediaCardProps{URL: "/x", Title: "T", Picture: "/p.jpg", Foot: Text("foot")}),
		"progress_bar":   ProgressBar(ProgressProps{Label: "Files", Fraction: 0.22, Text: "41 of 184"}),
		"progress_ring":  ProgressRing(ProgressProps{Label: "Grade", Fraction: 1.2}),
		"notice_error":   Notice(NoticeProps{Kind: "error", Title: "No", Text: "Nothing was changed."}),
		"notice_info":    Notice(NoticeProps{Kind: "nonsense", Text: "Note."}),
		"empty":          EmptyState(EmptyProps{Icon: "book-open", Title: "Nothing yet", Text: "Soon.", Action: &ButtonProps{Label: "Find", URL: "/"}}),
		"tabs":           Tabs("Course", []Link{{Label: "A", URL: "/a", Current: "page"}, {Label: "B", URL: "/b"}}),
		"breadcrumbs":    Breadcrumbs([]Link{{Label: "Home", URL: "/"}, {Label: "Here"}}),
		"page_head":      PageHead("Eyebrow", "Title", "Lead"),
		"dialog":         Dialog(DialogProps{ID: "d", Title: "Sure?", Foot: Text("foot")}),
		"drawer":         Drawer(DialogProps{ID: "o", Title: "Outline", Stays: true}),
		"table":          Table(galleryTable()),
		"pagination":     Pagination(PagerProps{Page: 5, Pages: 12, URL: func(n int) string { return "?page=" + itoa(n) }}),
		"pagination_one": Pagination(PagerProps{Page: 1, Pages: 1}),
		"time":           Time(TimeProps{At: galleryNow, Now: galleryNow.Add(-3 * 3600e9)}),
		"save_state":     SaveState("s"),
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := c.Render(context.Background(), &b); err != nil {
				t.Fatal(err)
			}
			got := indent(t, b.String())
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; run go test -update", err)
			}
			if diff := cmp.Diff(got, string(want)); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// TestGallery checks what every page must have: one h1, no id twice, every label for something, every description that is named.
func TestGallery(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Gallery(LayoutProps{Site: "Lyceum", Home: "/"}).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	ids, wanted := map[string]int{}, map[string]string{}
	headings := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "h1" {
			headings++
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "for" || a.Key == "aria-describedby" || a.Key == "aria-labelledby" || a.Key == "data-opens":
				for id := range strings.FieldsSeq(a.Val) {
					wanted[id] = n.Data + " " + a.Key
				}
			case strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s>: handlers belong into static/ts", n.Data, a.Key)
			}
		}
	}
	if headings != 1 {
		t.Errorf("%d h1, want 1", headings)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for id, by := range wanted {
		if ids[id] == 0 {
			t.Errorf("%s names %q, which is nowhere", by, id)
		}
	}
}

func TestPagerItems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page, pages int
		want        string
	}{
		{1, 1, "1"}, {1, 2, "1 2"}, {5, 12, "1 _ 4 5 6 _ 12"}, {1, 9, "1 2 _ 9"}, {9, 9, "1 _ 8 9"}, {3, 5, "1 2 3 4 5"}, {4, 5, "1 _ 3 4 5"},
	} {
		var got []string
		for _, item := range (PagerProps{Page: c.page, Pages: c.pages}).items() {
			if item.Page == 0 {
				got = append(got, "_")
				continue
			}
			got = append(got, itoa(item.Page))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("page %d of %d: %q, want %q", c.page, c.pages, text, c.want)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Ada Lovelace": "AL", "hypatia": "H", "": "", "Anna Maria von Ende": "AE", "Ωμηρος": "Ω", "  ": ""} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
}
