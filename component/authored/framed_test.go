package authored

import "testing"

func TestFramed(t *testing.T) {
	t.Parallel()
	src := source()
	src.Keywords = map[string]string{"USER_ID": `a"<b`}
	for in, want := range map[string]string{
		"":                                      "",
		`<p onclick="x()">%%USER_ID%%</p>`:      `<p onclick="x()">a&#34;&lt;b</p>`,
		`<script src="/static/a.png"></script>`: src.Resolve(`<script src="/static/a.png"></script>`),
	} {
		if got := src.Framed(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
	for _, tc := range []struct {
		name             string
		attrs            []string
		opening, closing string
		active           bool
	}{
		{"div", nil, "<div>", "</div>", false},
		{"div", []string{"onclick", `x("<&")`, "class", "c"}, `<div onclick="x(&#34;&lt;&amp;&#34;)" class="c">`, "</div>", true},
		{"br", nil, "<br>", "", false},
		{"style", nil, "<style>", "</style>", true},
		{"a", []string{"href", "java\nscript:x()"}, "<a href=\"java\nscript:x()\">", "</a>", true},
	} {
		opening, closing := src.FramedTag(tc.name, tc.attrs...)
		if opening != tc.opening || closing != tc.closing {
			t.Errorf("%s: %q %q, want %q %q", tc.name, opening, closing, tc.opening, tc.closing)
		}
		if got := ActiveTag(tc.name, tc.attrs); got != tc.active {
			t.Errorf("%s %q is active: %v", tc.name, tc.attrs, got)
		}
	}
}
