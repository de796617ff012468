package authored

import (
	"context"
	"strings"
	"testing"

	"lyceum/course"
)

func source() Source {
	key := course.Key{Org: "O", Number: "C", Run: "R"}
	files := map[string]course.File{"a_b.png": {}, "with%20escape.pdf": {}, "with_space.pdf": {}}
	c := course.Compile(&course.Content{Key: key, Root: &course.Block{Type: "course", ID: "R"}}, "v", files, nil)
	return Source{
		Course: c, Asset: func(name string) string { return "/asset/" + name },
		Keywords: map[string]string{"USER_ID": "42", "USER_FULLNAME": `<b>"M"</b>`},
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{`<img src="/static/a/b.png">`, `<img src="/asset/a_b.png">`},
		{`<img src='/static/a_b.png?x=1#f'>`, `<img src='/asset/a_b.png?x=1#f'>`},
		{`<a href="/static/x.html?file=/static/a/b.png&y=2">`, `<a href="/asset/x.html?file=/asset/a_b.png&y=2">`},
		{`<a href="/static/raw.css?raw">`, `<a href="/static/raw.css?raw">`},
		{`<a href="/static/with%20escape.pdf">`, `<a href="/asset/with%20escape.pdf">`},
		{`<a href="/static/with%20space.pdf">`, `<a href="/asset/with_space.pdf">`},
		{`<a href="/course/progress">x</a> /course/no`, `<a href="/courses/course-v1:O+C+R/progress">x</a> /course/no`},
		{`<a href="/jump_to_id/abc">`, `<a href="/courses/course-v1:O+C+R/jump_to_id/abc">`},
		{`<a href="/courses/course-v1:X+Y+Z/about">`, `<a href="/courses/course-v1:X+Y+Z/about">`},
		{`data='{\"src\": \"/static/a/b.png\"}'`, `data='{\"src\": \"/asset/a_b.png\"}'`},
		{`"/static/never ends`, `"/static/never ends`},
		{`no links`, `no links`},
		{`<img src=/static/unquoted.png>`, `<img src=/static/unquoted.png>`},
	} {
		if got := source().Resolve(tc.in); got != tc.want {
			t.Errorf("Resolve(%s)\n got %s\nwant %s", tc.in, got, tc.want)
		}
	}
}

func TestActive(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		`<script>1</script>`, `<SCRIPT src=x>`, `<img src=x onerror=alert(1)>`, "<img src=x\nonload =\n'x'>", `<a href="javascript:x()">`,
		"<a href='java\nscript:x()'>", `<iframe src="/static/game.html">`, `<iframe src="page.html">`, `<object data="/static/a.swf">`,
		`<style>p{}</style>`, `<link rel="stylesheet" href="x.css">`, `<iframe srcdoc="x">`, `<svg/onload=alert(1)>`, `<base href="//x">`,
	} {
		if !Active(s) {
			t.Errorf("Active(%s) = false", s)
		}
	}
	for _, s := range []string{
		``, `<p>text on = sale</p>`, `<iframe src="https://www.youtube.com/embed/x">`, `<a href="https://x/?q=javascript">`, `<!-- <script> -->`,
		`<p class="once">on</p>`, `<p title="javascript">x</p>`,
	} {
		if Active(s) {
			t.Errorf("Active(%s) = true", s)
		}
	}
}

func render(t *testing.T, s Source, text string) string {
	t.Helper()
	var b strings.Builder
	if err := s.HTML(text).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTMLKeepsWhatCoursesUse(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		`<h3 class="x">A &amp; B</h3>`, `<table border="1"><tbody><tr><td colspan="2">x</td></tr></tbody></table>`,
		`<p style="color: red; margin-left: 30px">x</p>`, `<iframe src="https://www.youtube.com/embed/x" width="5" allowfullscreen=""></iframe>`,
		`<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>`, `<video controls=""><source src="/asset/a.mp4" type="video/mp4"></video>`,
		`<p>\( a &lt; b \) and [mathjaxinline]x[/mathjaxinline]</p>`, `<span class="math">y</span>`, `<details><summary>s</summary>t</details>`,
		`<img src="data:image/png;base64,iVBORw0KGgo=" alt="">`, `<video poster="/asset-v1:a+b+c+type@asset+block@x.png"></video>`,
		`<img srcset="/asset-v1:a+b@x.png 1x, https://x.example/y.png 2x" alt="">`,
	} {
		if got := render(t, source(), s); got != s {
			t.Errorf("HTML(%s)\n got %s", s, got)
		}
	}
	if got := render(t, source(), `<p>%%USER_ID%% %%USER_FULLNAME%% 100%% %%NO%%</p>`); got != `<p>42 &lt;b&gt;&#34;M&#34;&lt;/b&gt; 100%% %%NO%%</p>` {
		t.Errorf("keywords: %s", got)
	}
}

func TestInLine(t *testing.T) {
	t.Parallel()
	cached := source()
	cached.Cache = NewCache(1 << 20)
	for _, s := range []Source{source(), cached} {
		for range 2 { // the second time out of the cache
			for _, tc := range []struct {
				text, want string
				ok         bool
			}{
				{`<p onclick="x()">a</p>`, "", false},
				{`<p>a</p><img src="/static/a/b.png" alt="">`, `<p>a</p><img src="/asset/a_b.png" alt="">`, true},
				{`<p>%%USER_ID%%</p>`, `<p>42</p>`, true},
				{``, ``, true},
			} {
				c, ok := s.InLine("hash of "+tc.text, func() string { return tc.text }, Raw)
				if ok != tc.ok {
					t.Errorf("InLine(%s): ok = %v", tc.text, ok)
				}
				if !ok {
					continue
				}
				var b strings.Builder
				if err := c.Render(context.Background(), &b); err != nil || b.String() != tc.want {
					t.Errorf("InLine(%s) = %s, %v, want %s", tc.text, b.String(), err, tc.want)
				}
			}
		}
	}
	read := false
	if _, ok := cached.InLine("hash of <p>a</p><img src=\"/static/a/b.png\" alt=\"\">", func() string { read = true; return "" }, Raw); !ok || read {
		t.Error("a text in the cache was read again")
	}
	other := cached
	other.Keywords = map[string]string{"USER_ID": "43"}
	c, _ := other.InLine("hash of <p>%%USER_ID%%</p>", func() string { return "<p>%%USER_ID%%</p>" }, Raw)
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil || b.String() != "<p>43</p>" {
		t.Errorf("another reader sees %s, %v", b.String(), err)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range hostile(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if Active(got) {
			t.Errorf("Clean(%q) = %q, still active", s, got)
		}
		if why := fault(got); why != "" {
			t.Errorf("Clean(%q) = %q: %s", s, got, why)
		}
	})
}
