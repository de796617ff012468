package problem

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/course"
	"lyceum/internal/pgtest"
)

func TestWhatNeedsAFrame(t *testing.T) {
	t.Parallel()
	const line = `<stringresponse answer="x"><label>l</label><textline/></stringresponse>`
	for _, tc := range []struct {
		name, source string
		framed       bool
	}{
		{"plain", line, false},
		{"a script", `<script type="text/javascript">1</script>` + line, true},
		{"a script's file", `<script src="/static/x.js" type="application/javascript"/>` + line, true},
		{"a script of no kind browsers know", `<script type="javascript"></script>` + line, true},
		{"a handler", `<p onclick="x()">p</p>` + line, true},
		{"a handler around an input", `<stringresponse answer="x"><div onclick="x()"><textline/></div></stringresponse>`, true},
		{"a handler in a choice", `<multiplechoiceresponse><choicegroup><choice correct="true"><b onmouseover="x()">x</b></choice></choicegroup></multiplechoiceresponse>`, true},
		{"a handler in a solution", line + `<solution><p onclick="x()">p</p></solution>`, true},
		{"a style sheet", `<style>p { color: red }</style>` + line, true},
		{"a link to one", `<link rel="stylesheet" href="/static/x.css"/>` + line, true},
		{"javascript in an address", `<a href="java&#10;script:x()">a</a>` + line, true},
		{"a page of this site", `<iframe src="/static/x.html"/>` + line, true},
		{"a page of this site by its name", `<iframe src="https://learn.example.edu/x"/>` + line, true},
		{"a page of another site", `<iframe src="https://video.example/x"/>` + line, false},
		{"code that shows scripts", `<pre>&lt;script type="text/javascript"&gt; onclick="x"</pre>` + line, false},
		{"a comment that holds one", `<!-- <script type="text/javascript">1</script> -->` + line, false},
		{"characters as they are", `<p><![CDATA[<script type="text/javascript">]]></p>` + line, false},
		{"author Python, which is not there", `<script type="loncapa/python">x = 1</script>` + line, false},
		{"what cannot be read", `<script type="text/javascript">1</script><p>` + line, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, nil, tc.source, nil)
			d.rt.Hosts = []string{"learn.example.edu"}
			page, doc := d.page(), d.document()
			if got := doc != ""; got != tc.framed {
				t.Fatalf("has a frame: %v, want %v", got, tc.framed)
			}
			if got := strings.Contains(page, "data-question"); got != tc.framed {
				t.Errorf("the page shows a frame: %v, want %v:\n%s", got, tc.framed, page)
			}
		})
	}
}

const dial = `<script type="text/javascript" src="/static/pic.png">var a = "&lt;" &amp;&amp; 1;</script>
	<p onclick="x(&quot;y&quot;)" title="%%USER_ID%%">Turn <img src="/static/pic.png"/></p>
	<numericalresponse answer="5"><div onclick="z()"><label>n</label><formulaequationinput/></div></numericalresponse>
	<solution><p onclick="w()">Five.</p></solution>`

// TestFramed: the frame has the author's markup as it is and files by signed addresses, the page only what is cleaned; neither the frame
// nor what is sent to it names the learner.
func TestFramed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.New(t), dial, course.Fields{"showanswer": course.Text("always")})
	d.rt.Person.Theme = "dark"
	ours := func(what, markup string) {
		t.Helper()
		for _, never := range []string{"onclick", "<script", "/files/PASS/"} {
			if strings.Contains(markup, never) {
				t.Errorf("%s has %q:\n%s", what, never, markup)
			}
		}
	}
	theirs := func(what, markup string) {
		t.Helper()
		for _, want := range []string{
			`<script type="text/javascript" src="/courses/course-v1:O+C+R/files/PASS/pic.png">var a = "<" && 1;</script>`, `onclick="x(&quot;y&quot;)"`,
			strings.Repeat("a", 32), `<img src="/courses/course-v1:O+C+R/files/PASS/pic.png"`, `<div onclick="z()">`, `name="input_p_2_1"`,
		} {
			if !strings.Contains(markup, want) {
				t.Errorf("%s: no %q in\n%s", what, want, markup)
			}
		}
		for _, never := range []string{"mira", "Mira", "example.com", `"42"`, "keep_draft", "xmodule_handler", "allow-same-origin", `href="/static/icons.`, "Five."} {
			if strings.Contains(markup, never) {
				t.Errorf("%s has %q:\n%s", what, never, markup)
			}
		}
	}
	page := componenttest.Render(t, d.rt.Draw(componenttest.Context(t), d.node))
	ours("the page", page)
	for _, want := range []string{
		`sandbox="allow-scripts allow-forms allow-popups"`, `src="/courses/course-v1:O+C+R/frame/block-v1:O+C+R+type@problem+block@p"`, "<noscript>", `data-act="problem_check"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page:\n%s", want, page)
		}
	}
	inLine := regexp.MustCompile(`(?s)<noscript>.*</noscript>`)
	if got := inLine.FindString(page); !strings.Contains(got, `name="input_p_2_1"`) || strings.Count(page, "<noscript") != 1 || strings.Count(page, "</noscript") != 1 {
		t.Errorf("without scripts: %s", got)
	}
	if rest := inLine.ReplaceAllString(page, ""); strings.Contains(rest, `name="input_`) || strings.Contains(rest, "do not run here") {
		t.Errorf("beside the frame: %s", rest)
	}
	doc := d.document()
	theirs("the frame", doc)
	for _, want := range []string{`data-theme="dark"`, `data-fields="input_p_"`, `data-version="0"`, "vendor/jquery", `lang="en"`} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %q in the frame:\n%s", want, doc)
		}
	}

	// What is kept comes back in the frame.
	if _, err := d.call("keep_draft", component.Request{Method: http.MethodPost, Form: url.Values{"state_version": {"0"}, "input_p_2_1": {"4"}}}); err != nil {
		t.Fatal(err)
	}
	d.page()
	if doc = d.document(); !strings.Contains(doc, `value="4"`) {
		t.Errorf("a draft is not in the frame:\n%s", doc)
	}

	// An act draws the page's part and the frame's anew.
	check := d.must("problem_check", "INPUT_2_1", "5")
	contents, _ := check["contents"].(string)
	ours("contents", contents)
	frame, _ := check["frame"].(map[string]any)
	drawn, _ := frame["html"].(string)
	theirs("the drawing", drawn)
	if !strings.Contains(drawn, `value="5"`) || !strings.Contains(drawn, "is-correct") || !strings.Contains(drawn, `<use href="#lyceum-icon-`) {
		t.Errorf("drawn:\n%s", drawn)
	}
	if version, ok := frame["version"].(float64); !ok || !strings.Contains(contents, `data-version="`+number(version)+`"`) {
		t.Errorf("version %v of\n%s", frame["version"], contents)
	}
	shown := d.must("problem_show")
	answers, _ := shown["answers"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"p_2_1": "5", "p_solution_1": "<p>Five.</p>"}, trimmed(answers)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	frame, _ = shown["frame"].(map[string]any)
	solutions, _ := frame["solutions"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"p_solution_1": `<solution><p onclick="w()">Five.</p></solution>`}, trimmed(solutions)); diff != "" {
		t.Errorf("solutions (-want +got):\n%s", diff)
	}

	// In line nothing is sent to a frame.
	plain := newDesk(t, pgtest.New(t), `<stringresponse answer="x"><label>l</label><textline/></stringresponse><solution>s</solution>`, course.Fields{"showanswer": course.Text("always")})
	for _, act := range []string{"problem_get", "problem_show"} {
		if reply := plain.must(act); reply["frame"] != nil {
			t.Errorf("%s: %v", act, reply["frame"])
		}
	}
}

// TestEndOfNoscript: nothing an author or a learner writes ends the part for browsers without scripts.
func TestEndOfNoscript(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`<p title="&lt;/noscript&gt;&lt;script&gt;1&lt;/script&gt;">x</p>`, `<p>&lt;/noscript&gt;&lt;script&gt;</p>`, `<noscript>x</noscript>`,
		`<p class="x&lt;/NoScript &gt;">x</p>`, `<svg><title>&lt;/noscript&gt;</title></svg>`,
	} {
		d := newDesk(t, nil, `<style>p {}</style>`+text+`<stringresponse answer="x"><label>l</label><textline/></stringresponse>`, nil)
		page := componenttest.Render(t, d.rt.Draw(componenttest.Context(t), d.node))
		if strings.Count(strings.ToLower(page), "</noscript") != 1 || strings.Contains(page, "<script") {
			t.Errorf("%s:\n%s", text, page)
		}
	}
}

func FuzzFindScripts(f *testing.F) {
	for _, tc := range secretive {
		f.Add(tc.source)
	}
	f.Add(dial)
	f.Add(`<a:b c:onclick="x"/><script type="JavaScript"/><![CDATA[`)
	f.Fuzz(func(t *testing.T, source string) {
		found := findScripts([]byte("<problem>" + source + "</problem>"))
		if found.any != found.needFrame(nil) && len(found.embeds) == 0 {
			t.Errorf("%q: %+v", source, found)
		}
		if _, err := json.Marshal(found.embeds); err != nil {
			t.Error(err)
		}
	})
}
