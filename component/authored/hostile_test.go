package authored

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lyceum/course"
)

// hostile returns the strings of testdata/xss.txt, one a line; \n, \t and \0 in them are those characters.
func hostile(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/xss.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			out = append(out, strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00").Replace(line))
		}
	}
	return out
}

// fault says what is wrong with a piece of our page that shows an author's text between a container and what follows it; ""
// is nothing. It reads the page as browsers do.
func fault(shown string) string {
	doc, err := html.Parse(strings.NewReader(`<body><main><div id="page-in">` + shown + `</div><p id="page-after">x</p></main>`))
	if err != nil {
		return err.Error()
	}
	wrong := ""
	var main, in, after *html.Node
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.CommentNode {
			wrong = "a comment"
		}
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "style", "link", "meta", "base", "object", "embed", "form", "input", "textarea", "select", "template", "frameset", "noscript",
				"xmp", "plaintext", "noembed", "noframes", "foreignobject", "use", "animate", "set", "image", "feimage", "annotation-xml", "handler", "portal":
				wrong = "element " + n.Data
			case "main":
				main = n
			}
			for _, a := range n.Attr {
				value := strings.ToLower(strings.Map(dropControl, a.Val))
				switch {
				case strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "data-"), a.Key == "srcdoc", a.Key == "formaction", a.Key == "action", a.Key == "form",
					a.Key == "background", a.Key == "ping", a.Key == "is", a.Key == "popovertarget", a.Key == "contenteditable", a.Key == "autofocus", a.Key == "manifest":
					wrong = "attribute " + a.Key
				case strings.HasPrefix(value, "javascript:"), strings.HasPrefix(value, "vbscript:"), strings.HasPrefix(value, "data:") && !strings.HasPrefix(value, "data:image/"),
					strings.HasPrefix(value, "data:image/svg"):
					wrong = "address " + a.Val
				case a.Key == "style" && (strings.Contains(value, "url") || strings.Contains(value, "expression") || strings.Contains(value, "fixed") || strings.Contains(value, "import")):
					wrong = "style " + a.Val
				case a.Key == "src" && n.Data == "iframe" && local(value, nil):
					wrong = "frame of " + a.Val
				case a.Key == "id" && a.Val == "page-in":
					in = n
				case a.Key == "id" && a.Val == "page-after":
					after = n
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	switch {
	case wrong != "":
		return wrong
	case in == nil, after == nil, in.Parent != main, after.Parent != main, in.NextSibling != after:
		return "left its place or was left open"
	}
	return ""
}

func TestHostileTextIsHarmless(t *testing.T) {
	t.Parallel()
	corpus := hostile(t)
	if len(corpus) < 100 {
		t.Fatalf("%d strings, want a hundred", len(corpus))
	}
	s := source()
	s.Cache = NewCache(1 << 20)
	for _, text := range corpus {
		for name, shown := range map[string]string{
			"Clean": Clean(text), "HTML": render(t, s, text), "HTML from the cache": render(t, s, text), "HTML with a keyword": render(t, s, text+"%%COURSE_ID%%"),
		} {
			if why := fault(shown); why != "" {
				t.Errorf("%s(%q) = %q: %s", name, text, shown, why)
			}
		}
		s.Keywords = map[string]string{"WHO": text}
		if shown := render(t, s, "<p title='%%WHO%%'>%%WHO%%</p>"); fault(shown) != "" {
			t.Errorf("keyword %q: %q: %s", text, shown, fault(shown))
		}
		for _, attr := range []string{"title", "href", "style", "class", "id"} {
			opening, closing := s.Tag("a", attr, text)
			if shown := opening + `<b title=" onclick=alert(1) ">x</b>` + closing; fault(shown) != "" {
				t.Errorf("Tag(a, %s=%q) = %q: %s", attr, text, shown, fault(shown))
			}
		}
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, tag string
		attrs     []string
		open, end string
	}{
		{"plain", "div", []string{"class", "a b"}, `<div class="a b">`, `</div>`},
		{"a link to a file", "a", []string{"href", "/static/a/b.png"}, `<a href="/asset/a_b.png">`, `</a>`},
		{"quotes", "span", []string{"title", `"><script>`}, `<span title="&#34;&gt;&lt;script&gt;">`, `</span>`},
		{"a handler", "span", []string{"onclick", "x", "class", "y"}, `<span class="y">`, `</span>`},
		{"not allowed", "script", nil, "", ""},
		{"not allowed, but what it holds is", "form", nil, "", ""},
		{"the mark in a value", "div", []string{"title", "a\uE000b"}, `<div title="ab">`, `</div>`},
		{"part of a table", "td", []string{"colspan", "2"}, `<td colspan="2">`, `</td>`},
	} {
		if open, end := source().Tag(tc.tag, tc.attrs...); open != tc.open || end != tc.end {
			t.Errorf("%s: Tag = %q, %q; want %q, %q", tc.name, open, end, tc.open, tc.end)
		}
	}
}

func TestWhatIsLeftOpenIsClosed(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<div><p>a`:                     `<div><p>a</p></div>`,
		`a</div></div></section>b`:      `ab`,
		`<b>a<p>b</b>`:                  `<b>a</b><p><b>b</b></p>`,
		`<ul><li>a<li>b</ul>`:           `<ul><li>a</li><li>b</li></ul>`,
		`<div/>a`:                       `<div>a</div>`,
		`<svg><path d="M0 0"/></svg>`:   `<svg><path d="M0 0"/></svg>`,
		`<td>a</td>`:                    `<td>a</td>`, // a piece of a table that other pieces complete
		`<!-- the answer is 42 --><p>a`: `<p>a</p>`,
		`<br><hr/><img src="x.png">`:    `<br><hr/><img src="x.png">`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCacheKeepsApartWhatDiffers(t *testing.T) {
	t.Parallel()
	cache := NewCache(1 << 20)
	a, b := source(), source()
	a.Cache, b.Cache = cache, cache
	b.StaticPath = "a"
	const text = `<img src="/static/b.png" alt="">`
	for range 2 {
		if got := a.Cleaned(text); got != `<img src="/asset/b.png" alt="">` {
			t.Errorf("without a path: %s", got)
		}
		if got := b.Cleaned(text); got != `<img src="/asset/a_b.png" alt="">` {
			t.Errorf("with a path: %s", got)
		}
	}
	// Files may change while the version of the course does not.
	c := b
	c.Course = course.Compile(&course.Content{Key: b.Course.Key, Root: b.Course.Root().Block}, b.Course.Version, nil, nil)
	for _, tc := range []struct {
		Source
		want string
	}{{b, `<img src="/asset/a_b.png" alt="">`}, {c, `<img src="/asset/b.png" alt="">`}} {
		var drawn strings.Builder
		view, ok := tc.InLine("definition", func() string { return text }, Raw)
		if !ok || view.Render(t.Context(), &drawn) != nil || drawn.String() != tc.want {
			t.Errorf("in line: %s, want %s", drawn.String(), tc.want)
		}
		if got := tc.Cleaned(text); got != tc.want {
			t.Errorf("cleaned: %s, want %s", got, tc.want)
		}
	}
	// What names the reader is made anew for each.
	who := []string{"1", "2"}
	var got []string
	for _, id := range who {
		a.Keywords = map[string]string{"USER_ID": id}
		got = append(got, a.Cleaned("%%USER_ID%%"))
	}
	if !slices.Equal(got, who) {
		t.Errorf("keywords: %v, want %v", got, who)
	}
}
