package video

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lyceum/component"
	"lyceum/web/i18n"
)

// draw renders a player with the real texts and returns its elements.
func draw(t *testing.T, p props) []*html.Node {
	t.Helper()
	catalog, err := i18n.New(component.Locales)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := player(p).Render(i18n.With(t.Context(), catalog.For(nil, "en")), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func has(all []*html.Node, tag, name, value string) bool {
	for _, n := range all {
		for _, a := range n.Attr {
			if n.Data == tag && a.Key == name && a.Val == value {
				return true
			}
		}
	}
	return false
}

func TestPlayer(t *testing.T) {
	t.Parallel()
	file := props{
		ID: "film", Usage: "block-v1:O+C+R+type@video+block@film", Title: "A <film>", Code: "html5", Language: "de", Start: 5, End: 60, Saved: 12, Speed: "1.5",
		Sources: []source{{"/a.mp4", "video/mp4"}}, Tracks: []track{{"en", "/vtt/en"}, {"de", "/vtt/de"}}, SaveURL: "/save", CompleteURL: "/done",
		DownloadURL: "/a.mp4", TranscriptDownloads: []download{{"srt", "/t?format=srt"}},
	}
	for _, tc := range []struct {
		name      string
		props     props
		has       [][3]string
		hasNot    [][3]string
		wantCodes string
	}{
		{
			name: "a file with two languages", props: file, wantCodes: "html5",
			has: [][3]string{
				{"video", "aria-label", "A <film>"},
				{"track", "srclang", "de"},
				{"button", "data-do", "captions"},
				{"button", "data-do", "transcript"},
				{"select", "aria-label", "Language of captions and transcript"},
				{"option", "value", "1.50"},
				{"section", "aria-label", "Transcript"},
			},
			hasNot: [][3]string{{"button", "data-play-youtube", ""}},
		},
		{
			name: "from YouTube, without texts", props: props{ID: "y", Title: "Y", Code: "abc_DEF-123", YouTube: "abc_DEF-123"}, wantCodes: "abc_DEF-123",
			has:    [][3]string{{"a", "href", "https://www.youtube.com/watch?v=abc_DEF-123"}, {"button", "data-do", "fullscreen"}},
			hasNot: [][3]string{{"button", "data-do", "captions"}, {"button", "data-do", "transcript"}, {"button", "data-do", "pip"}},
		},
		{
			name: "nothing to play", props: props{ID: "n", Title: "N", Code: "html5"}, wantCodes: "html5",
			hasNot: [][3]string{{"button", "data-do", "play"}, {"video", "aria-label", "N"}},
		},
	} {
		all := draw(t, tc.props)
		for _, h := range tc.has {
			if !has(all, h[0], h[1], h[2]) {
				t.Errorf("%s: no <%s %s=%q>", tc.name, h[0], h[1], h[2])
			}
		}
		for _, h := range tc.hasNot {
			if has(all, h[0], h[1], h[2]) {
				t.Errorf("%s: unwanted <%s %s=%q>", tc.name, h[0], h[1], h[2])
			}
		}
		ids := map[string]bool{}
		for _, n := range all {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("%s: two elements have the id %q", tc.name, id)
				}
				ids[id] = true
			}
			switch n.Data {
			case "iframe", "script":
				t.Errorf("%s: a %s before anybody asked", tc.name, n.Data)
			case "button", "a":
				if attr(n, "aria-label") == "" && text(n) == "" {
					t.Errorf("%s: a %s without a name: %v", tc.name, n.Data, n.Attr)
				}
			case "input", "select":
				if attr(n, "aria-label") == "" && !has(all, "label", "for", attr(n, "id")) {
					t.Errorf("%s: a %s without a label: %v", tc.name, n.Data, n.Attr)
				}
			}
			if s := attr(n, "data-video"); s != "" {
				var got struct {
					ID, Usage, Code, Speed string
					Saved                  float64
				}
				if err := json.Unmarshal([]byte(s), &got); err != nil || got.Code != tc.wantCodes || got.ID != tc.props.ID || got.Saved != tc.props.Saved {
					t.Errorf("%s: settings %s: got %+v, %v", tc.name, s, got, err)
				}
			}
		}
	}
}
