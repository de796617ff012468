package olx

import (
	"testing"

	"lyceum/course"
)

func TestElement(t *testing.T) {
	t.Parallel()
	block := func(typ, id, body string, f course.Fields, children ...*course.Block) *course.Block {
		return &course.Block{Type: typ, ID: id, Body: []byte(body), Fields: f, Children: children}
	}
	for _, tc := range []struct {
		name string
		b    *course.Block
		want string
	}{
		{"html", block("html", "t", "<a href='/static/a.txt'>x</a>", course.Fields{"display_name": `"Text"`}), "<html url_name=\"t\" display_name=\"Text\"><![CDATA[\n<a href='/static/a.txt'>x</a>\n]]></html>\n"},
		{"an end of CDATA", block("html", "t", "]]>", nil), "<html url_name=\"t\"><![CDATA[\n]]]]><![CDATA[>\n]]></html>\n"},
		{"video", block("video", "v", "", course.Fields{"youtube_id_1_0": `"abc"`}), "<video url_name=\"v\" youtube_id_1_0=\"abc\"/>\n"},
		{
			"unit", block("vertical", "u", "", course.Fields{"display_name": `"U & V"`}, block("problem", "p", "<numericalresponse/>", nil), block("vertical", "w", "", nil)),
			"<vertical url_name=\"u\" display_name=\"U &amp; V\">\n  <problem url_name=\"p\"><numericalresponse/></problem>\n  <vertical url_name=\"w\"/>\n</vertical>\n",
		},
		{"whole element", &course.Block{Type: "strange", ID: "s", Form: FormElement, Body: []byte(`<strange a="1"><b/></strange>`), Attrs: map[string]string{"a": "1"}}, "<strange url_name=\"s\" a=\"1\"><b/></strange>\n"},
	} {
		if got := string(Element(tc.b)); got != tc.want {
			t.Errorf("%s:\n got %q\nwant %q", tc.name, got, tc.want)
		}
	}
}
