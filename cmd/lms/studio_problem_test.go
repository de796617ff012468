package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/sharedtest"
)

// problems is a course with one problem in Markdown, with XML another program made of it, and one that does not parse.
func problems() fs.FS {
	files := ownCourse("Problems")
	put := func(path, text string) { files[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o644} }
	put("problem/md.xml", `<problem display_name="In Markdown" markdown="&gt;&gt;2+2?&lt;&lt;&#10;= 4" odd="kept"><p>made  elsewhere</p><numericalresponse answer="4"><formulaequationinput/></numericalresponse></problem>`)
	put("problem/broken.xml", "<problem>\n<p>a < b</p>\n</problem>")
	put("problem/code.xml", `<problem display_name="Code" max_attempts="1"><script type="loncapa/python">
x = random.randint(1, 900)
def chk(expect, ans):
    if ans == 'fail': raise ValueError('no')
    return ans == str(x)
</script><customresponse cfn="chk"><label>What is $x?</label><textline/></customresponse><demandhint><hint>Look at the question.</hint></demandhint><solution><p>It is $x.</p></solution></problem>`)
	put("problem/frame.xml", `<problem><p id="told">a</p><script type="text/javascript">window.told = 1</script><stringresponse answer="a"><label>Q</label><textline/></stringresponse></problem>`)
	put("vertical/u2.xml", `<vertical display_name="Unit 2"><problem url_name="md"/><problem url_name="broken"/><problem url_name="code"/><problem url_name="frame"/></vertical>`)
	return files
}

type looked struct {
	Seed     int    `json:"seed"`
	State    string `json:"state"`
	XML      string `json:"xml"`
	HTML     string `json:"html"`
	Framed   bool   `json:"framed"`
	Broken   bool   `json:"broken"`
	Findings []struct {
		Line     int    `json:"line"`
		Severity string `json:"severity"`
		Kind     string `json:"kind"`
	} `json:"findings"`
}

func TestStudioTrial(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(problems())
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	post := func(u course.UsageKey, act string, headers []string, pairs ...string) reply {
		t.Helper()
		path := "/preview/problem/" + u.String()
		if act != "" {
			path += "/" + act
		}
		return st.do("POST", path, form(pairs...), append([]string{"Content-Type", formType}, headers...)...)
	}
	look := func(u course.UsageKey, pairs ...string) (out looked) {
		t.Helper()
		got := post(u, "", asksJSON, pairs...)
		if err := json.Unmarshal([]byte(got.body), &out); got.status != http.StatusOK || err != nil {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return out
	}
	md, broken, code, frame := c.Key.Usage("problem", "md"), c.Key.Usage("problem", "broken"), c.Key.Usage("problem", "code"), c.Key.Usage("problem", "frame")

	// Markdown: unchanged it is the XML as it came; changed it is converted.
	if got := look(md, "markdown", ">>2+2?<<\n= 4"); !strings.Contains(got.XML, "made  elsewhere") || !strings.Contains(got.XML, `odd="kept"`) {
		t.Errorf("unchanged: %+v", got)
	}
	got := look(md, "markdown", ">>3+3?<<\r\n= 6\r\n")
	if !strings.Contains(got.XML, `answer="6"`) || !strings.Contains(got.HTML, "3+3?") || got.Broken {
		t.Errorf("changed: %+v", got)
	}
	id := md.HTMLID()
	check := post(md, "problem_check", asksJSON, "markdown", ">>3+3?<<\n= 6", "trial.state", got.State, "input_"+id+"_2_1", "6")
	if !strings.Contains(check.body, `"success":"correct"`) || !strings.Contains(check.body, `"contents"`) || !strings.Contains(check.body, `"trial"`) {
		t.Errorf("right: %s", check.body)
	}
	if check := post(md, "problem_check", asksJSON, "markdown", ">>3+3?<<\n= 6", "input_"+id+"_2_1", "5"); !strings.Contains(check.body, `"success":"incorrect"`) {
		t.Errorf("wrong: %s", check.body)
	}
	// What the conversion itself writes in an old way is not told of.
	if got := look(md, "markdown", ">>Which?<<\n\n[[(one), two]]\n"); got.Broken || len(got.Findings) != 0 || !strings.Contains(got.XML, "options=") {
		t.Errorf("a list to choose from: %+v", got)
	}
	// A bare "<" in Markdown is told by the line of the Markdown.
	got = look(md, "markdown", ">>One<<\n\nif a < b then\n\n= 6")
	if !got.Broken || len(got.Findings) == 0 || got.Findings[0].Line != 3 || got.Findings[0].Severity != "error" {
		t.Errorf("a bare <: %+v", got)
	}

	// XML that does not parse: told by line, both as it is stored and as it is typed.
	if got := look(broken); !got.Broken || got.Findings[0].Line != 2 {
		t.Errorf("broken: %+v", got)
	}
	if got := look(broken, "data", "<problem\n odd='1'>\n<p>ok</p>\n<stringresponse></problem>"); !got.Broken || got.Findings[0].Line != 4 {
		t.Errorf("broken otherwise: %+v", got)
	}
	if got := look(broken, "data", "<problem><p>ok</p></problem>"); got.Broken || !strings.Contains(got.HTML, "<p>ok</p>") {
		t.Errorf("mended: %+v", got)
	}

	// Settings that are not saved yet count, and one that does not fit is left to the form.
	if got := look(code, "f.display_name", "A new <name>", "f.max_attempts", "many"); !strings.Contains(got.HTML, "A new &lt;name&gt;") {
		t.Errorf("settings: %s", got.HTML)
	}

	// Hints, the answer, the check of the author, and another variant. All as often as wanted, whatever learners are allowed.
	one, two := look(code, "trial.seed", "5"), look(code, "trial.seed", "6")
	if one.HTML == two.HTML || one.Seed != 5 {
		t.Error("another seed is the same problem")
	}
	said := post(code, "hint_button", asksJSON, "hint_index", "0")
	if !strings.Contains(said.body, "Look at the question") {
		t.Errorf("hint: %s", said.body)
	}
	id = code.HTMLID()
	for range 3 {
		said = post(code, "problem_check", asksJSON, "trial.state", one.State, "input_"+id+"_2_1", "0")
		var reply struct {
			Success string `json:"success"`
			Trial   struct {
				State string `json:"state"`
				Seed  int    `json:"seed"`
			} `json:"trial"`
		}
		if err := json.Unmarshal([]byte(said.body), &reply); err != nil || reply.Success != "incorrect" || reply.Trial.Seed != 5 {
			t.Fatalf("%v %s", err, said.body)
		}
		one.State = reply.Trial.State
	}
	if said = post(code, "problem_show", asksJSON, "trial.state", one.State); !strings.Contains(said.body, "It is ") {
		t.Errorf("answer: %s", said.body)
	}
	if said = post(code, "problem_reset", asksJSON, "trial.state", one.State); !strings.Contains(said.body, `"success":true`) {
		t.Errorf("reset: %s", said.body)
	}
	if said = post(code, "problem_check", asksJSON, "input_"+id+"_2_1", "fail"); !strings.Contains(said.body, "ValueError") {
		t.Errorf("a check that fails: %s", said.body)
	}
	if got := look(code, "data", "<problem><script type=\"loncapa/python\">\nwhile True: pass\n</script><p>x</p></problem>"); !got.Broken || !strings.Contains(got.HTML, "notice--error") {
		t.Errorf("a script without end: %+v", got)
	}

	// In a frame without an origin where the author wrote scripts.
	if got := look(frame); !got.Framed || !strings.Contains(got.HTML, "about:blank") {
		t.Errorf("framed: %+v", got)
	}
	doc := post(frame, "document", asPage, "data", "<problem><p>typed</p><script type=\"text/javascript\">window.told = 1</script></problem>")
	if !strings.Contains(doc.body, "window.told") || !strings.Contains(doc.body, "typed") || !strings.Contains(doc.header.Get("Content-Security-Policy"), "sandbox allow-scripts") {
		t.Errorf("document: %d %s", doc.status, doc.body)
	}
	if doc := post(code, "document", asPage); doc.status != http.StatusNotFound {
		t.Errorf("no frame is needed: %d", doc.status)
	}

	// Without scripts: a page, whose form carries on what was typed.
	page := post(md, "problem_check", asPage, "markdown", ">>3+3?<<\n= 6", "input_"+md.HTMLID()+"_2_1", "6")
	for _, want := range []string{`name="markdown"`, `name="trial.state"`, "verdict--correct", "<html"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := st.get("/preview/problem/"+broken.String(), asPage...); !strings.Contains(page.body, "Line 2") {
		t.Errorf("the page of a broken problem: %s", page.body)
	}

	// What is too much, and what is no problem.
	for name, r := range map[string]reply{
		"30 MB":          post(code, "", asksJSON, "data", strings.Repeat("x", 30<<20)),
		"a state of 3MB": post(code, "problem_check", asksJSON, "trial.state", strings.Repeat("x", 3<<20)),
	} {
		if r.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %.200s", name, r.status, r.body)
		}
	}
	if got := look(code, "data", "<problem>"+strings.Repeat("<b>", 5000)); !got.Broken {
		t.Errorf("deep: %+v", got)
	}
	if r := post(code, "problem_check", asksJSON, "trial.state", "{]"); r.status != http.StatusBadRequest {
		t.Errorf("a state that is none: %d", r.status)
	}
	if r := post(c.Key.Usage("html", "text"), "", asksJSON); r.status != http.StatusNotFound {
		t.Errorf("no problem: %d", r.status)
	}

	// Nothing is kept of all this.
	var rows int
	if err := s.stores.pool.QueryRow(t.Context(), `SELECT count(*) FROM block_state`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d states of learners, %v", rows, err)
	}
}

// TestStudioProblemForm: a form that was not changed changes nothing; Markdown that was is converted; the way to XML gives the Markdown up.
func TestStudioProblemForm(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(problems())
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	save := func(u course.UsageKey, pairs ...string) {
		t.Helper()
		_, versions := st.formOf(u.String())
		if got := st.do("POST", "/edit/"+u.String(), form(append(versions, pairs...)...), append([]string{"Content-Type", formType}, asPage...)...); got.status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	md, broken := c.Key.Usage("problem", "md"), c.Key.Usage("problem", "broken")
	page, _ := st.formOf(md.String())
	for _, want := range []string{`name="markdown"`, "data-markdown-tools", "How to write a problem", "made  elsewhere", "/preview/problem/"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the form lacks %q", want)
		}
	}
	was := s.draftBlock(md)
	save(md, "markdown", ">>2+2?<<\r\n= 4")
	if now := s.draftBlock(md); string(now.Body) != string(was.Body) || now.Attrs["odd"] != "kept" {
		t.Errorf("unchanged, and now %+v", now)
	}
	save(md, "markdown", ">>3+3?<<\n= 6")
	if now := s.draftBlock(md); !strings.Contains(string(now.Body), `answer="6"`) || now.Fields["markdown"] != course.Text(">>3+3?<<\n= 6") || now.Attrs["odd"] != "kept" {
		t.Errorf("changed: %+v %s", now, now.Body)
	}
	save(md, "markdown", ">>4+4?<<\n= 8", "mode", "xml") // without scripts
	if now := s.draftBlock(md); !strings.Contains(string(now.Body), `answer="8"`) || !now.Fields["markdown"].IsNull() {
		t.Errorf("switched: %+v %s", now, now.Body)
	}
	if page, _ := st.formOf(md.String()); strings.Contains(page.body, `name="markdown"`) {
		t.Error("there is a way back")
	}
	// What does not parse is kept as it is.
	text := "<problem>\n<p>a < b & c</p>\n"
	save(broken, "data", text, "mode", "xml")
	if now := s.draftBlock(broken); !strings.Contains(string(now.Body), "<p>a < b & c</p>") {
		t.Errorf("kept: %q", now.Body)
	}
	if page, _ := st.formOf(broken.String()); !strings.Contains(page.body, "a &lt; b &amp; c") {
		t.Error("what does not parse is not shown")
	}
}

// TestStudioTrialConversions takes the published conversions through the door.
func TestStudioTrialConversions(t *testing.T) {
	t.Parallel()
	text := sharedtest.Read(t, "conformance/capa/markdown.json")
	var cases []struct {
		ID, Markdown string
		WellFormed   bool `json:"well_formed"`
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(problems())
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	for _, tc := range cases {
		got := st.do("POST", "/preview/problem/"+c.Key.Usage("problem", "md").String(), form("markdown", tc.Markdown), append([]string{"Content-Type", formType}, asksJSON...)...)
		var out looked
		if err := json.Unmarshal([]byte(got.body), &out); got.status != http.StatusOK || err != nil {
			t.Errorf("%s: %d %s", tc.ID, got.status, got.body)
		} else if !tc.WellFormed && !out.Broken {
			t.Errorf("%s: is no XML, and is shown", tc.ID)
		} else if tc.WellFormed && out.Broken && !strings.Contains(out.HTML, "notice") {
			t.Errorf("%s: %s", tc.ID, out.HTML)
		}
	}
}
