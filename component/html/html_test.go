package html

import (
	"strings"
	"testing"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/component/componenttest"
	"lyceum/component/unknown"
	"lyceum/course"
)

func page(t *testing.T, body string) (*component.Runtime, *course.Node) {
	t.Helper()
	kinds := component.NewKinds(unknown.Kind{}, Kind{})
	c := componenttest.Course(kinds, nil, &course.Block{Type: "html", ID: "h", Fields: course.Fields{"display_name": course.Text(`A "name"`)}, Body: []byte(body)})
	return componenttest.Runtime(t, kinds, c), componenttest.Node(t, c, "h")
}

func TestInLineOrFramed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		inLine     string // "" when framed
		document   []string
	}{
		{"passive", `<p class="x">Hi <img src="/static/pic.png" alt=""></p>`, `<p class="x">Hi <img src="/asset-v1:O+C+R+type@asset+block@pic.png" alt=""></p>`, nil},
		{"links", `<a href="/jump_to_id/x">a</a><a href="/course/progress">b</a>`, `<a href="/courses/course-v1:O+C+R/jump_to_id/x">a</a><a href="/courses/course-v1:O+C+R/progress">b</a>`, nil},
		{"keywords", `%%USER_ID%% %%COURSE_ID%% %%USER_EMAIL%%`, strings.Repeat("a", 32) + ` course-v1:O+C+R %%USER_EMAIL%%`, nil},
		{"a frame of another site", `<iframe src="https://video.example/x"></iframe>`, `<iframe src="https://video.example/x"></iframe>`, nil},
		{"an old encoding", "<p>caf\xe9</p>", "<p>café</p>", nil},
		{"a byte order mark", "\xef\xbb\xbf<p>x</p>", "<p>x</p>", nil},
		{"left open", "<div><b>x", "<div><b>x</b></div>", nil},
		{"empty", "", "<div class=\"authored\" data-authored></div>", nil},
		{"a script", `<p id="x">%%USER_ID%%</p><script src="/static/pic.png">document.cookie</script>`, "", []string{`<script src="/courses/course-v1:O+C+R/files/PASS/pic.png">document.cookie</script>`, strings.Repeat("a", 32), `<title>A &#34;name&#34;</title>`}},
		{"a handler", `<p onclick="x()">y</p>`, "", []string{`onclick="x()"`}},
		{"a page of the course in a frame", `<iframe src="/static/pic.png"></iframe>`, "", []string{`src="/courses/course-v1:O+C+R/files/PASS/pic.png"`}},
		{"a style sheet", `<style>p{}</style>`, "", []string{`<style>p{}</style>`}},
	} {
		rt, n := page(t, tc.body)
		got := componenttest.Render(t, rt.Draw(t.Context(), n))
		doc, framed, err := Kind{}.Document(t.Context(), rt, n)
		if err != nil {
			t.Fatal(err)
		}
		if framed != (tc.inLine == "") {
			t.Errorf("%s: framed = %v", tc.name, framed)
			continue
		}
		if !framed {
			if !strings.Contains(got, tc.inLine) || strings.Contains(got, "sandbox") {
				t.Errorf("%s: got %s, want %s", tc.name, got, tc.inLine)
			}
			continue
		}
		for _, want := range []string{`sandbox="allow-scripts allow-forms allow-popups"`, `src="/courses/course-v1:O+C+R/frame/block-v1:O+C+R+type@html+block@h"`, `title="A &#34;name&#34;"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", tc.name, want, got)
			}
		}
		if strings.Contains(got, "allow-same-origin") || strings.Contains(got, "<script") || strings.Contains(got, "onclick") {
			t.Errorf("%s: not only a frame: %s", tc.name, got)
		}
		text := componenttest.Render(t, doc)
		for _, want := range tc.document {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s in the document %s", tc.name, want, text)
			}
		}
		for _, person := range []string{"mira", "Mira", "example.com"} {
			if strings.Contains(text, person) {
				t.Errorf("%s: the frame knows %q", tc.name, person)
			}
		}
	}
}

// TestKept: with a cache a block is what it is without, for everybody.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`<p class="x">Hi <img src="/static/pic.png" alt=""></p>`, "", "for %%USER_ID%%", `<script>1</script>`} {
		rt, n := page(t, body)
		cache := authored.NewCache(1 << 20)
		for _, who := range []string{"a", "a", "b"} {
			rt.Person.AnonymousID = strings.Repeat(who, 32)
			rt.Cache = nil
			want := componenttest.Render(t, rt.Draw(t.Context(), n))
			rt.Cache = cache
			if got := componenttest.Render(t, rt.Draw(t.Context(), n)); got != want {
				t.Errorf("%q kept for %s is %s, want %s", body, who, got, want)
			}
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	_, n := page(t, "x")
	if !n.Facts.OnView || n.Facts.Completion != course.Completable || n.Facts.Scored {
		t.Errorf("facts %+v", n.Facts)
	}
	if (Kind{}).Name() != "html" || (Kind{Tag: "text"}).Name() != "text" {
		t.Error("names")
	}
}
