package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/course/team"
	"lyceum/grading/sandbox"
	"lyceum/internal/sharedtest"
)

// init lets this test program become a jail, as the program does: sites of tests run authors' Python for real.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "jail" {
		sandbox.Jail(os.Args[2:])
	}
}

// question is a problem of a test's course, alone in its unit but for a text before and a plain question after it.
type question struct{ id, source string }

// questionCourse is a course of questions.
func questionCourse(name string, questions []question) map[string]string {
	files := map[string]string{
		"course.xml":             `<course org="T" course="` + name + `" url_name="1"/>`,
		"course/1.xml":           `<course><chapter url_name="c" display_name="C"><sequential url_name="s" display_name="S" graded="true" format="Homework"/></chapter></course>`,
		"policies/1/policy.json": `{"course/1": {"display_name": "` + name + `", "start": "2020-01-01T00:00:00Z"}}`,
	}
	var units strings.Builder
	for _, q := range questions {
		fmt.Fprintf(&units, `<vertical url_name="u%[1]s" display_name="U"><html url_name="h%[1]s">text before %[1]s</html><problem url_name="%[1]s"/><problem url_name="n%[1]s"/></vertical>`, q.id)
		files["problem/"+q.id+".xml"] = q.source
		files["problem/n"+q.id+".xml"] = `<problem display_name="Neighbor"><stringresponse answer="yes"><label>neighbor of ` + q.id + `</label><textline/></stringresponse></problem>`
	}
	files["course/1.xml"] = strings.Replace(files["course/1.xml"], "/></chapter>", ">"+units.String()+"</sequential></chapter>", 1)
	return files
}

// faultSite is a site with a course of questions, a learner of it and a teacher.
type faultSite struct {
	*testSite
	course           *course.Compiled
	questions        []question
	learner, teacher *browser
}

func newFaultSite(t *testing.T, name string, questions []question, vars ...string) *faultSite {
	t.Helper()
	s := &faultSite{testSite: newTestSite(t, append([]string{"LMS_RATE_LIMITS=no"}, vars...)...), questions: questions}
	s.course = s.teach(files(questionCourse(name, questions)))
	s.learner, s.teacher = s.person("learner", nil), s.person("teacher", nil)
	s.enroll(s.learner, s.course)
	s.enroll(s.teacher, s.course)
	s.grant(s.teacher, team.Staff, s.course.Key)
	return s
}

// needPython skips a test where nothing can run authors' Python.
func (s *faultSite) needPython(t *testing.T) {
	t.Helper()
	if why := s.python.Check(t.Context()).Refusal(); why != "" {
		t.Skip("no Python runs here: " + why)
	}
}

// unit is a learner's page with the question, and the two that stand beside it.
func (s *faultSite) unit(t *testing.T, b *browser, id string) string {
	t.Helper()
	n := slices.IndexFunc(s.questions, func(q question) bool { return q.id == id }) + 1
	got := b.get(fmt.Sprintf("/courses/%s/courseware/c/s/%d/", s.course.Key, n))
	if got.status != http.StatusOK || !strings.Contains(got.body, "text before "+id) || !strings.Contains(got.body, "neighbor of "+id) {
		t.Errorf("%s: the page around it: %d %.500s", id, got.status, got.body)
	}
	return html.UnescapeString(got.body)
}

func (s *faultSite) field(id, end string) string {
	return "input_" + s.course.Key.Usage("problem", id).HTMLID() + "_" + end
}

// acted is what a handler said.
type acted struct {
	status   int
	Success  any    `json:"success"`
	Attempts *int   `json:"attempts_used"`
	Contents string `json:"contents"`
	HTML     string `json:"html"`
	Error    string `json:"error"`
	Message  string `json:"message"`
	body     string
}

// taken reports whether an answer was graded.
func (a acted) taken() bool {
	return a.status == http.StatusOK && (a.Success == "correct" || a.Success == "incorrect" || a.Success == "submitted")
}

// says is what a person is told.
func (a acted) says() string {
	text, _ := a.Success.(string)
	return text + a.Message
}

// clear reports whether somebody is told what became of an answer. The page's script sends again what was answered with a failure of the
// server: that is no answer to what fails each time.
func (a acted) clear() bool {
	return strings.TrimSpace(a.says()) != "" && (a.status < 500 || a.status == http.StatusServiceUnavailable)
}

func (s *faultSite) act(t *testing.T, b *browser, id, act, body, kind string) acted {
	t.Helper()
	method := http.MethodPost
	if act == "problem_get" {
		method = http.MethodGet
	}
	began := time.Now()
	got := b.do(method, handler(s.course, "problem", id, "xmodule_handler/"+act), body, "Content-Type", kind, "Accept", "application/json")
	if took := time.Since(began); took > 28*time.Second {
		t.Errorf("%s of %s took %v", act, id, took)
	}
	out := acted{status: got.status, body: got.body}
	if err := json.Unmarshal([]byte(got.body), &out); err != nil {
		t.Errorf("%s of %s: %d, no JSON: %.300q", act, id, got.status, got.body)
	}
	return out
}

func (s *faultSite) check(t *testing.T, b *browser, id string, pairs ...string) acted {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = s.field(id, pairs[i])
	}
	return s.act(t, b, id, "problem_check", form(pairs...), formType)
}

// attempts are those a learner has used.
func (s *faultSite) attempts(t *testing.T, b *browser, id string) int {
	t.Helper()
	got := s.act(t, b, id, "problem_get", "", "")
	if got.status == http.StatusForbidden && got.Error == "closed" && got.Message != "" {
		return 0 // of a kind nobody grades: there are none to be used
	}
	if got.Attempts == nil {
		t.Errorf("problem_get of %s: %d %.300s", id, got.status, got.body)
		return -1
	}
	return *got.Attempts
}

// refused checks that an answer was refused as it should be: in words, without an attempt.
func (s *faultSite) refused(t *testing.T, b *browser, id, what string, got acted, before int) {
	t.Helper()
	if !got.clear() {
		t.Errorf("%s, %s: %d %.300s", id, what, got.status, got.body)
	}
	if after := s.attempts(t, b, id); after != before {
		t.Errorf("%s, %s: a refused answer uses attempt %d: %.300s", id, what, after, got.body)
	}
}

// bomb is a source whose entities stand for ever more text.
func bomb() string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE problem [<!ENTITY a0 "ha">`)
	for i := range 20 {
		fmt.Fprintf(&b, `<!ENTITY a%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
	}
	return b.String() + `]><problem><p>&a20;</p></problem>`
}

// TestBadSources: whatever stands in a problem's file, the page around it is drawn, staff are told what is wrong, and learners that nothing
// is lost.
func TestBadSources(t *testing.T) {
	t.Parallel()
	text := sharedtest.Read(t, "conformance/capa/malformed.json")
	var cases []struct {
		ID     string          `json:"id"`
		Source string          `json:"problem_xml"`
		Error  json.RawMessage `json:"load_error"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	var all []question
	fine := map[string]bool{}
	for _, c := range cases {
		id := strings.ReplaceAll(c.ID, "-", "")
		all = append(all, question{id, c.Source})
		fine[id] = c.Error == nil
	}
	all = append(all,
		question{"bomb", bomb()},
		question{"outside", `<!DOCTYPE p SYSTEM "file:///etc/passwd"><problem><p>&x;</p></problem>`},
		question{"deep", `<problem>` + strings.Repeat("<b>", 50_000) + strings.Repeat("</b>", 50_000) + `</problem>`},
		question{"wide", `<problem>` + strings.Repeat("<b/>", 1_100_000) + `</problem>`},
		question{"attributes", `<problem><p` + strings.Repeat(` a="1"`, 5000) + `/></problem>`},
		question{"comments", `<problem><p>` + strings.Repeat("a<!---->", 200_000) + `</p></problem>`},
		question{"scripts", `<problem>` + strings.Repeat(`<script type="text/python">a</script>`, 100_000) + `</problem>`},
		question{"nul", "<problem><p>a\x00b</p></problem>"},
		question{"latin", "<problem><p>caf\xe9</p></problem>"},
		question{"empty", ""},
		question{"noanswer", `<problem><numericalresponse><textline/></numericalresponse></problem>`},
		question{"twoinputs", `<problem><stringresponse answer="a"><textline/><textline/></stringresponse></problem>`},
		question{"alone", `<problem><textline/></problem>`},
		question{"pattern", `<problem><stringresponse answer="(" type="regexp"><textline/></stringresponse></problem>`},
		question{"points", `<problem><stringresponse answer="a"><textline points="many"/></stringresponse></problem>`},
	)
	// One is a mistake that only an answer meets; the others are read after all, or are told of where the course is imported.
	for _, id := range []string{"pattern", "comments", "latin", "empty", "malformed002", "malformed005"} {
		fine[id] = true
	}
	s := newFaultSite(t, "Sources", all)
	for _, q := range all {
		began := time.Now()
		page := s.unit(t, s.learner, q.id)
		told := s.unit(t, s.teacher, q.id)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: two pages took %v", q.id, took)
		}
		if strings.Contains(page, "root:x:") || strings.Contains(page, "For the course team") {
			t.Errorf("%s: learners see %.500s", q.id, page)
		}
		if fine[q.id] {
			continue
		}
		if !strings.Contains(page, "cannot be shown right now") {
			t.Errorf("%s: learners are not told", q.id)
		}
		if !strings.Contains(told, "For the course team") {
			t.Errorf("%s: staff are not told", q.id)
		}
		if got := s.act(t, s.learner, q.id, "problem_check", form(s.field(q.id, "2_1"), "x"), formType); got.status == http.StatusOK && got.taken() || got.says() == "" {
			t.Errorf("%s: an answer: %d %.300s", q.id, got.status, got.body)
		}
		if got := s.check(t, s.learner, "n"+q.id, "2_1", "yes"); got.Success != "correct" {
			t.Errorf("%s: the neighbor's answer: %d %.300s", q.id, got.status, got.body)
		}
	}
}

// everyKind are questions of every kind. right are the fields of a right answer, nil where a grader elsewhere would tell.
func everyKind() (all []question, right map[string][]string) {
	right = map[string][]string{}
	add := func(id, source string, answer ...string) {
		all = append(all, question{id, `<problem display_name="` + id + `" max_attempts="1000">` + source + `</problem>`})
		right[id] = answer
	}
	custom := func(expect, input string) string {
		return `<script type="loncapa/python">
def check(expect, ans):
    return ans == expect
</script><customresponse cfn="check" expect="` + expect + `">` + input + `</customresponse>`
	}
	add("choice", `<multiplechoiceresponse><choicegroup><choice correct="true">a<choicehint>h</choicehint></choice><choice correct="false">b</choice></choicegroup></multiplechoiceresponse>`, "2_1", "choice_0")
	add("truefalse", `<truefalseresponse><choicegroup><choice correct="true" name="a">a</choice><choice correct="false" name="b">b</choice></choicegroup></truefalseresponse>`, "2_1[]", "choice_a")
	add("boxes", `<choiceresponse partial_credit="EDC"><checkboxgroup><choice correct="true">a<choicehint selected="true">h</choicehint></choice><choice correct="false">b</choice><compoundhint value="A B">c</compoundhint></checkboxgroup></choiceresponse>`, "2_1[]", "choice_0")
	add("option", `<optionresponse><optioninput options="('a','b')" correct="a"/></optionresponse>`, "2_1", "a")
	add("number", `<numericalresponse answer="5"><responseparam type="tolerance" default="1%"/><formulaequationinput/></numericalresponse>`, "2_1", "5")
	add("range", `<numericalresponse answer="[1,2)" partial_credit="close"><formulaequationinput/></numericalresponse>`, "2_1", "1")
	add("formula", `<formularesponse answer="x^2+y" samples="x,y@1,1:3,3#5" type="cs"><responseparam type="tolerance" default="1%"/><formulaequationinput/></formularesponse>`, "2_1", "y+x*x")
	add("text", `<stringresponse answer="yes" type="ci"><additional_answer answer="ja"/><stringequalhint answer="no">h</stringequalhint><textline/></stringresponse>`, "2_1", "YES")
	add("pattern", `<stringresponse answer="^(a+)+$" type="regexp"><regexphint answer="^(b|bb)+$">h</regexphint><textline/></stringresponse>`, "2_1", "aaa")
	add("backrefs", `<stringresponse answer="^(a|aa|b)+\1$" type="regexp"><textline/></stringresponse>`, "2_1", "aa")
	add("custom", custom("right", `<textline/>`), "2_1", "right")
	add("lines", `<customresponse><textline/><textline/><answer type="loncapa/python">
correct = ["correct" if s == "x" else "incorrect" for s in submission]
messages = ["&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onclick='alert(1)'&gt;m&lt;/b&gt;" for s in submission]
</answer></customresponse>`, "2_1", "x", "2_2", "x")
	add("symbolic", `<symbolicresponse expect="x+1"><textline math="1"/></symbolicresponse>`, "2_1", "x+1")
	add("schematic", `<schematicresponse><schematic height="10" width="10" parts="" analyses="dc"/><answer type="loncapa/python">correct = ["correct" if submission[0] else "incorrect"]</answer></schematicresponse>`, "2_1", `[["dc", {"a": 1}]]`)
	add("image", `<imageresponse><imageinput src="/static/a.png" width="40" height="30" rectangle="(1,1)-(20,20)" regions="[[0,0],[9,0],[0,9]]"/></imageresponse>`, "2_1", "[5,5]")
	add("radiotext", `<choicetextresponse><radiotextgroup><choice correct="true">a <numtolerance_input answer="5" tolerance="1%"/></choice><choice correct="false">b</choice></radiotextgroup></choicetextresponse>`,
		"2_1{}", `{"ID_2_1_choiceinput_0bc": "ID_2_1_choiceinput_0bc", "ID_2_1_choiceinput_0_numtolerance_input_0": "5"}`)
	add("annotation", `<annotationresponse><annotationinput><title>T</title><text>x</text><options><option choice="correct">a</option><option choice="incorrect">b</option></options></annotationinput></annotationresponse>`, "2_1", `{"options": [0], "comment": "c"}`)
	add("jsinput", custom("right", `<jsinput gradefn="g" html_file="/static/g.html"/>`), "2_1", "right")
	add("chemistry", custom("H2O", `<chemicalequationinput/>`), "2_1", "H2O")
	add("board", custom("right", `<drag_and_drop_input img="/static/a.png"><draggable id="d" label="D"/><target id="t" x="1" y="1" w="9" h="9"/></drag_and_drop_input>`), "2_1", "right")
	add("vsepr", custom("right", `<vsepr_input height="9" width="9" molecules="AX2" geometries="AX2"/>`), "2_1", "right")
	add("crystal", custom("right", `<crystallography height="9" width="9"/>`), "2_1", "right")
	add("protein", custom("right", `<designprotein2dinput width="9" height="9" target_shape="W"/>`), "2_1", "right")
	add("gene", custom("right", `<editageneinput width="9" height="9" genex_dna_sequence="ACGT" genex_problem_number="1"/>`), "2_1", "right")
	add("code", `<coderesponse queuename="q"><textbox/><codeparam><grader_payload>p</grader_payload></codeparam></coderesponse>`)
	add("external", `<externalresponse url="http://example.org"><textline/><answer>x</answer></externalresponse>`)
	return all, right
}

// badTexts are answers nobody means well with.
func badTexts() map[string]string {
	nested := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	out := map[string]string{
		"nothing": "", "blanks": " \t\n ", "NUL": "\x00", "NUL inside": "a\x00b", "no UTF-8": "\xff\xfe", "half a pair": "\xed\xa0\x80", "half a pair, escaped": `\ud800`,
		"half a pair in JSON": `{"a": "\ud800", "options": [0], "comment": "\udc00"}`, "NUL in JSON": `{"a": "\u0000", "options": [0], "comment": "\u0000"}`,
		"last character": "\U0010ffff", "direction": "\u202e\u2066abc", "byte order mark": "\ufeff5", "markup": `<script>alert(1)</script><img src=x onerror=alert(1)>`,
		"variables": "$seed $script_code %s %(x)s {0}", "braces": `{{.}} ${x} {{constructor.constructor('alert(1)')()}}`,
		"parentheses": nested("(", "1", ")", 4000), "open parentheses": strings.Repeat("(", 10_000), "calls": nested("sin(", "1", ")", 10_000), "lists": nested("[", "1", "]", 10_000),
		"maps": nested(`{"a":`, "1", "}", 10_000), "signs": strings.Repeat("-", 9_000) + "1", "powers": strings.Repeat("2^", 4_000) + "2", "sums": strings.Repeat("1+", 10_000) + "1",
		"slashes": strings.Repeat("1||", 3000) + "1", "long word": strings.Repeat("a", 50_000), "almost": strings.Repeat("a", 5_000) + "!", "alternating": strings.Repeat("ab", 5_000) + "c",
		"long number": strings.Repeat("9", 20_000), "long fraction": "0." + strings.Repeat("3", 9_000), "lines": strings.Repeat("\n", 10_000),
		"huge point": "[1e999,1e999]", "many points": "[" + strings.Repeat("[1,1],", 10_000) + "[1,1]]", "wrong JSON": `{"options": "all", "comment": 5}`, "null": "null", "list": `[1,"a",null]`,
		"file": "../../../etc/passwd", "sql": "'; DROP TABLE learner; --",
		"MathML bomb": `<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><math><mi>&b;</mi></math>`,
	}
	for _, number := range []string{
		"nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999", "1e-999", "1e999j", "0/0", "1/0", "0^-1", "9^9^9^9", "fact(170)", "fact(10^9)", "10!", "sqrt(-1)", "ln(0)", "arcsin(2)",
		"1e308*10", "0x10", "1_000", "٣", "1,5", "1 2", "5..", "5e", "j*j", "x^(x^(x^x))", "2^1024", "5%%%%", "5 k m",
	} {
		out[number] = number
	}
	return out
}

// TestBadAnswers gives every kind of question every bad answer: nobody is told that the server failed, what cannot be read uses no attempt,
// and then the right answer of the next learner is right.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	all, right := everyKind()
	s := newFaultSite(t, "Answers", all)
	s.needPython(t)
	next := s.person("next", nil)
	s.enroll(next, s.course)
	bad := badTexts()
	for _, q := range all {
		t.Run(q.id, func(t *testing.T) {
			used := s.attempts(t, s.learner, q.id)
			for _, what := range slices.Sorted(maps.Keys(bad)) {
				for _, end := range []string{"2_1", "2_1[]", "2_1{}", "2_1_dynamath", "2_1_comment"} {
					pairs := []string{end, bad[what]}
					if end != "2_1" && len(bad[what]) > 100 && what != "MathML bomb" {
						continue
					}
					if strings.HasPrefix(end, "2_1_") {
						if q.id != "symbolic" {
							continue
						}
						pairs = append(pairs, "2_1", "x + 2")
					}
					if q.id == "lines" {
						pairs = append(pairs, "2_2", "y")
					}
					got := s.check(t, s.learner, q.id, pairs...)
					if !got.clear() {
						t.Errorf("%s in %s: %d %.300s", what, end, got.status, got.body)
					}
					if strings.Contains(got.Contents, "<script>alert(1)") || strings.Contains(got.Contents, "onclick='alert") || strings.Contains(got.Contents, "<img src=x") {
						t.Errorf("%s in %s: active markup: %.2000s", what, end, got.Contents)
					}
					if got.taken() {
						used++
					}
					if got.Attempts != nil && *got.Attempts != used {
						t.Errorf("%s in %s: %d attempts used, want %d: %.300s", what, end, *got.Attempts, used, got.body)
						used = *got.Attempts
					}
				}
			}
			if after := s.attempts(t, s.learner, q.id); after != used {
				t.Errorf("%d attempts at the end, want %d", after, used)
			}
			s.unit(t, s.learner, q.id)
			if answer := right[q.id]; answer != nil {
				answer = slices.Clone(answer)
				for i := 1; i < len(answer); i += 2 {
					answer[i] = strings.ReplaceAll(answer[i], "ID_", s.course.Key.Usage("problem", q.id).HTMLID()+"_")
				}
				if got := s.check(t, next, q.id, answer...); got.Success != "correct" {
					t.Errorf("the next learner: %d %.500s", got.status, got.body)
				}
			}
		})
	}
}

// TestTooMuch sends more than is taken: it is told so, no attempt is used, and what was typed in other fields is still there.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	all := []question{
		{"two", `<problem><stringresponse answer="a"><textline/></stringresponse><stringresponse answer="b"><textline/></stringresponse></problem>`},
		{"number", `<problem><numericalresponse answer="1"><textline/></numericalresponse></problem>`},
	}
	s := newFaultSite(t, "Much", all)
	kept := handler(s.course, "problem", "two", "keep_draft")
	if got := s.learner.post(kept, "state_version", "0", s.field("two", "2_1"), "typed before"); got.status != http.StatusOK {
		t.Fatalf("keep what is typed: %d %s", got.status, got.body)
	}
	large := strings.Repeat("x", 1<<20)
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, "input_f%d=%d&", i, i)
	}
	for what, body := range map[string]string{
		"one field": form(s.field("two", "2_1"), "typed before", s.field("two", "3_1"), large), "many fields": many.String(), "a long name": form("input_"+large, "x"),
		"a token": form(s.field("two", "2_1"), "x", "submission_id", large),
	} {
		got := s.act(t, s.learner, "two", "problem_check", body, formType)
		if what != "many fields" && got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %.300s", what, got.status, got.body)
		}
		s.refused(t, s.learner, "two", what, got, 0)
	}
	for _, act := range []string{"problem_save", "problem_check"} {
		body, kind := parts(t, map[string]string{s.field("two", "2_1"): "typed before", s.field("two", "3_1"): large + large}, nil)
		got := s.act(t, s.learner, "two", act, body, kind)
		if got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with parts: %d %.300s", act, got.status, got.body)
		}
		s.refused(t, s.learner, "two", act, got, 0)
	}
	if got := s.learner.post(kept, "state_version", "0", s.field("two", "3_1"), large); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large draft: %d %.300s", got.status, got.body)
	}
	if page := s.unit(t, s.learner, "two"); !strings.Contains(page, `value="typed before"`) {
		t.Error("what was typed before is lost")
	}
	body, kind := parts(t, map[string]string{s.field("number", "2_1"): strings.Repeat("1+", 400_000) + "1"}, nil)
	s.refused(t, s.learner, "number", "a long sum", s.act(t, s.learner, "number", "problem_check", body, kind), 0)
	if got := s.check(t, s.learner, "two", "2_1", "a", "3_1", "b"); got.Success != "correct" {
		t.Errorf("the right answer then: %d %.300s", got.status, got.body)
	}
}

// parts is a form with files: name of the field, name of the file, content.
func parts(t *testing.T, fields map[string]string, files [][3]string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		head := textproto.MIMEHeader{"Content-Type": {"application/octet-stream"}}
		disposition := `form-data; name="` + f[0] + `"; filename="` + f[1] + `"`
		if strings.HasPrefix(f[1], "utf-8''") {
			disposition = `form-data; name="` + f[0] + `"; filename*=` + f[1]
		}
		head.Set("Content-Disposition", disposition)
		part, err := w.CreatePart(head)
		if err == nil {
			_, err = part.Write([]byte(f[2]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// TestBadCalls calls handlers as no page does.
func TestBadCalls(t *testing.T) {
	t.Parallel()
	all := []question{
		{"two", `<problem><stringresponse answer="a"><textline/></stringresponse><numericalresponse answer="1"><formulaequationinput/></numericalresponse><demandhint><hint>h</hint></demandhint></problem>`},
	}
	s := newFaultSite(t, "Calls", all)
	one, two := s.field("two", "2_1"), s.field("two", "3_1")
	good := form(one, "a", two, "1")
	for _, c := range []struct {
		what, act, body, kind string
		want                  int
	}{
		{"no such dispatch", "problem_explode", good, formType, http.StatusNotFound},
		{"no dispatch", "", good, formType, http.StatusNotFound},
		{"a path", "problem_check/x", good, formType, http.StatusNotFound},
		{"NUL", "problem_check%00", good, formType, http.StatusNotFound},
		{"another problem's field", "problem_check", form(one, "a", "input_other_2_1", "x"), formType, http.StatusBadRequest},
		{"no field of ours", "problem_check", form(one, "a", "q", "x"), formType, http.StatusBadRequest},
		{"a field that is none", "problem_check", form(one, "a", "input_", "x"), formType, http.StatusBadRequest},
		{"a field twice", "problem_check", form(one, "a", one+"[]", "x"), formType, http.StatusBadRequest},
		{"a map that is none", "problem_check", form(one+"{}", "[1]"), formType, http.StatusBadRequest},
		{"a map of numbers", "problem_check", form(one+"{}", `{"a": 1}`), formType, http.StatusBadRequest},
		{"a number in a name", "problem_check", form(s.field("two", "99_1"), "a"), formType, http.StatusBadRequest},
		{"a long token", "problem_check", good + "&submission_id=" + strings.Repeat("x", 100), formType, http.StatusBadRequest},
		{"an odd token", "problem_check", good + "&submission_id=%00", formType, http.StatusBadRequest},
		{"no form", "problem_check", `%zz=1`, formType, http.StatusBadRequest},
		{"parts without parts", "problem_check", "x", "multipart/form-data; boundary=y", http.StatusBadRequest},
		{"parts without boundary", "problem_check", "x", "multipart/form-data", http.StatusBadRequest},
		{"a hint by no number", "hint_button", form("hint_index", "many"), formType, http.StatusBadRequest},
		{"a hint before the first", "hint_button", form("hint_index", "-1"), formType, http.StatusBadRequest},
		{"a hint of many digits", "hint_button", form("hint_index", strings.Repeat("9", 50)), formType, http.StatusBadRequest},
		{"no hint", "hint_button", "", formType, http.StatusBadRequest},
		{"a preview of nothing", "input_ajax", "", formType, http.StatusBadRequest},
		{"an odd preview", "input_ajax", form("input_id", strings.TrimPrefix(two, "input_"), "dispatch", "explode", "formula", "1"), formType, http.StatusNotFound},
	} {
		got := s.act(t, s.learner, "two", c.act, c.body, c.kind)
		if got.status != c.want && (c.want != http.StatusBadRequest || got.status != http.StatusUnprocessableEntity) {
			t.Errorf("%s: %d, want %d: %.300s", c.what, got.status, c.want, got.body)
		}
		s.refused(t, s.learner, "two", c.what, got, 0)
	}
	for _, act := range []string{"problem_check", "problem_save", "problem_reset", "problem_show", "hint_button", "input_ajax"} {
		if got := s.learner.get(handler(s.course, "problem", "two", "xmodule_handler/"+act), "Accept", "application/json"); got.status < 400 || got.status >= 500 {
			t.Errorf("GET %s: %d %.200s", act, got.status, got.body)
		}
	}
	for what, pairs := range map[string][]string{"nothing": nil, "half": {"2_1", "a"}, "a list for a text": {"2_1[]", "a", "3_1[]", "1"}, "a map for a text": {"2_1{}", `{"a": "b"}`, "3_1", "1"}} {
		before := s.attempts(t, s.learner, "two")
		got := s.check(t, s.learner, "two", pairs...)
		if !got.clear() {
			t.Errorf("%s: %d %.300s", what, got.status, got.body)
		}
		if after := s.attempts(t, s.learner, "two"); got.taken() && after != before+1 || !got.taken() && after != before {
			t.Errorf("%s: %d attempts after %d: %.300s", what, after, before, got.body)
		}
	}
	for name, value := range map[string]string{"no version": "", "a word": "x", "the future": "99", "the past": "-5", "many digits": strings.Repeat("9", 40)} {
		if got := s.learner.post(handler(s.course, "problem", "two", "keep_draft"), "state_version", value, one, "x"); got.status >= 500 {
			t.Errorf("a draft against %s: %d %.200s", name, got.status, got.body)
		}
	}
	for what, text := range badTexts() {
		for _, dispatch := range []string{"preview_formcalc", "preview_chemcalc"} {
			got := s.act(t, s.learner, "two", "input_ajax", form("input_id", strings.TrimPrefix(two, "input_"), "dispatch", dispatch, "formula", text, "request_start", "1"), formType)
			if got.status >= 500 || strings.Contains(got.body, "<script>") {
				t.Errorf("%s of %s: %d %.200s", dispatch, what, got.status, got.body)
			}
		}
		if got := s.learner.post(handler(s.course, "problem", "two", "keep_draft"), "state_version", "0", one, text); got.status >= 500 {
			t.Errorf("a draft of %s: %d %.200s", what, got.status, got.body)
		}
	}
	if got := s.check(t, s.learner, "two", "2_1", "a", "3_1", "1"); got.Success != "correct" {
		t.Errorf("the right answer then: %d %.300s", got.status, got.body)
	}
}

// TestBadUploads sends files that are too large, too many, or oddly named.
func TestBadUploads(t *testing.T) {
	t.Parallel()
	all := []question{
		{"any", `<problem><coderesponse queuename="q"><filesubmission/><codeparam><grader_payload>p</grader_payload></codeparam></coderesponse></problem>`},
		{"some", `<problem><coderesponse queuename="q"><filesubmission allowed_files="a.py b.py" required_files="a.py"/><codeparam><grader_payload>p</grader_payload></codeparam></coderesponse></problem>`},
		{"text", `<problem><stringresponse answer="a"><textline/></stringresponse></problem>`},
	}
	s := newFaultSite(t, "Uploads", all, "LMS_GRADER_WAIT=0s")
	field := s.field("any", "2_1[]")
	send := func(id string, files ...[3]string) acted {
		t.Helper()
		body, kind := parts(t, nil, files)
		return s.act(t, s.learner, id, "problem_check", body, kind)
	}
	s.refused(t, s.learner, "any", "no queue", send("any", [3]string{field, "a.py", "x"}), 0)
	if _, err := s.stores.pool.Exec(t.Context(), `INSERT INTO grader_queue (name, delay, expiry, created) VALUES ('q', '5 minutes', '1 day', now())`); err != nil {
		t.Fatal(err)
	}
	for what, files := range map[string][][3]string{
		"none": nil, "for no field": {{"input_x_2_1", "a.py", "x"}}, "for nothing": {{"", "a.py", "x"}}, "too large": {{field, "a.py", strings.Repeat("x", 4_000_001)}},
		"much too large": {{field, "a.py", strings.Repeat("x", 12<<20)}}, "twice": {{field, "a.py", "x"}, {field, "a.py", "y"}}, "NUL": {{field, "utf-8''a%00.py", "x"}},
		"no UTF-8": {{field, "a\xff.py", "x"}}, "half a pair": {{field, "a\xed\xa0\x80.py", "x"}},
		"too many": slices.Repeat([][3]string{{field, "f", "x"}}, 30), "a long name": {{field, strings.Repeat("n", 5000), "x"}}, "lines": {{field, "utf-8''a%0ab.py", "x"}},
	} {
		s.refused(t, s.learner, "any", what, send("any", files...), 0)
	}
	s.refused(t, s.learner, "some", "not asked for", send("some", [3]string{s.field("some", "2_1[]"), "c.py", "x"}), 0)
	s.refused(t, s.learner, "some", "missing", send("some", [3]string{s.field("some", "2_1[]"), "b.py", "x"}), 0)
	s.refused(t, s.learner, "text", "a file for a text", send("text", [3]string{s.field("text", "2_1"), "a.py", "x"}), 0)
	used := 0
	for name, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\temp\a.py`: "a.py", "/absolute.py": "absolute.py", "ä ö<b>.py": "ä ö<b>.py", "a;b'c.py": "a;b'c.py", ".hidden": ".hidden", "empty.py": "empty.py", "%2e%2e%2fx": "%2e%2e%2fx",
	} {
		content := "x"
		if name == "empty.py" {
			content = ""
		}
		got := send("any", [3]string{field, name, content})
		if used++; !got.taken() || s.attempts(t, s.learner, "any") != used {
			t.Errorf("%s: %d %.300s", name, got.status, got.body)
		}
		var kept string
		if err := s.stores.pool.QueryRow(t.Context(), `SELECT name FROM grader_file ORDER BY submission DESC LIMIT 1`).Scan(&kept); err != nil || kept != want {
			t.Errorf("%s is kept as %q, want %q: %v", name, kept, want, err)
		}
		if page := s.act(t, s.learner, "any", "problem_get", "", ""); strings.Contains(page.HTML, "<b>.py") {
			t.Errorf("%s: the page shows %s", name, page.HTML)
		}
	}
}

// TestBadScripts: authors' code that fails, hangs, floods or dies is told to learners and staff in words, costs no attempt, and is in
// nobody's way.
func TestBadScripts(t *testing.T) {
	t.Parallel()
	var all []question
	script := func(id, code string) {
		all = append(all, question{id, `<problem display_name="` + id + `"><script type="loncapa/python"><![CDATA[` + code + `
]]></script><customresponse cfn="check" expect="right"><label>shown with $x</label><textline/></customresponse></problem>`})
	}
	const check = "\ndef check(expect, ans):\n    return ans == expect\n"
	// These fail when they are shown.
	script("syntax", "x = = 1"+check)
	script("raises", "raise ValueError('secret <b>wrong</b>')"+check)
	script("loops", "while True: pass"+check)
	script("sleeps", "import time\ntime.sleep(60)"+check)
	script("dies", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"+check)
	script("exits", "import os\nos._exit(0)"+check)
	script("hungry", "x = bytearray(4 << 30)"+check)
	script("leaves", "x = 'x' * (11 << 20)"+check)
	shown := len(all)
	// These only when an answer is checked.
	script("raiseslater", "x = 1\ndef check(expect, ans):\n    if ans == 'right': return True\n    raise ValueError('look <script>alert(1)</script>')\n")
	script("loopslater", "x = 1\ndef check(expect, ans):\n    while ans != 'right': pass\n    return True\n")
	script("dieslater", "x = 1\nimport os\ndef check(expect, ans):\n    if ans != 'right': os._exit(3)\n    return True\n")
	script("killslater", "x = 1\nimport os\ndef check(expect, ans):\n    if ans != 'right': os.kill(os.getpid(), 9)\n    return True\n")
	script("floods", "x = 1\ndef check(expect, ans):\n    return True if ans == 'right' else {'ok': True, 'msg': 'x' * (11 << 20)}\n")
	script("nonsense", "x = 1\ndef check(expect, ans):\n    return True if ans == 'right' else {'what': 1}\n")
	script("points", "x = 1\ndef check(expect, ans):\n    return True if ans == 'right' else {'ok': True, 'msg': '', 'grade_decimal': float('nan')}\n")
	script("infinite", "x = 1\ndef check(expect, ans):\n    return True if ans == 'right' else {'ok': True, 'msg': '', 'grade_decimal': float('inf')}\n")
	script("gone", "x = 1\ncheck = None\n")
	s := newFaultSite(t, "Scripts", all)
	s.needPython(t)
	next := s.person("next", nil)
	s.enroll(next, s.course)
	for i, q := range all {
		t.Run(q.id, func(t *testing.T) {
			page, told := s.unit(t, s.learner, q.id), s.unit(t, s.teacher, q.id)
			if i < shown {
				if !strings.Contains(page, "cannot be shown right now") || strings.Contains(page, "secret") || strings.Contains(page, "Error") {
					t.Errorf("learners see %.800s", from(page, "text before"))
				}
				if !strings.Contains(told, "For the course team") || !strings.Contains(told, "Error") && !strings.Contains(told, "error") {
					t.Errorf("staff see %.800s", from(told, "text before"))
				}
			} else if !strings.Contains(page, "shown with 1") {
				t.Errorf("not shown: %.800s", from(page, "text before"))
			}
			got := s.check(t, s.learner, q.id, "2_1", "wrong")
			if got.taken() || !got.clear() {
				t.Errorf("an answer: %d %.300s", got.status, got.body)
			}
			if strings.Contains(got.says(), "<script>") {
				t.Errorf("active markup: %s", got.says())
			}
			if i < shown {
				return
			}
			if after := s.attempts(t, s.learner, q.id); after != 0 {
				t.Errorf("%d attempts are used: %.300s", after, got.body)
			}
			if page := s.unit(t, s.learner, q.id); !strings.Contains(page, `value="wrong"`) {
				t.Error("what was typed is lost")
			}
			if q.id == "gone" {
				return
			}
			if got := s.check(t, next, q.id, "2_1", "right"); got.Success != "correct" {
				t.Errorf("the next learner: %d %.300s", got.status, got.body)
			}
		})
	}
}

// TestScriptOfSomeRuns: code that fails for some seeds fails for the learners who have them, and for nobody else.
func TestScriptOfSomeRuns(t *testing.T) {
	t.Parallel()
	q := question{"some", `<problem rerandomize="per_student"><script type="loncapa/python">
x = random.randint(0, 1000)
if x % 2: raise ValueError("odd")
def check(expect, ans):
    return ans == str(x)
</script><customresponse cfn="check"><label>shown with $x</label><textline/></customresponse></problem>`}
	s := newFaultSite(t, "Some", []question{q})
	s.needPython(t)
	good, bad := 0, 0
	for i := range 12 {
		b := s.person(fmt.Sprint("learner", i), nil)
		s.enroll(b, s.course)
		page := s.unit(t, b, "some")
		switch {
		case strings.Contains(page, "shown with "):
			good++
			_, rest, _ := strings.Cut(page, "shown with ")
			x := rest[:strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })]
			if got := s.check(t, b, "some", "2_1", x); got.Success != "correct" {
				t.Errorf("seed %s: %d %.300s", x, got.status, got.body)
			}
		case strings.Contains(page, "cannot be shown right now"):
			bad++
		default:
			t.Errorf("learner %d: %.500s", i, from(page, "text before"))
		}
	}
	if good == 0 || bad == 0 {
		t.Errorf("%d shown, %d not", good, bad)
	}
}

const pythonQuestion = `<problem><script type="loncapa/python">
x = 42
def check(expect, ans):
    return ans == expect
</script><customresponse cfn="check" expect="right"><label>shown with $x</label><textline/></customresponse></problem>`

const pythonCheck = `<problem><customresponse><label>checked with Python</label><textline/><answer type="loncapa/python">correct = ["correct" if submission[0] == "right" else "incorrect"]</answer></customresponse></problem>`

// TestNoSandbox: where Python cannot run, its questions say so, everything else goes on, and what was typed is kept.
func TestNoSandbox(t *testing.T) {
	t.Parallel()
	for name, vars := range map[string][]string{
		"off": {"LMS_SANDBOX=off"}, "no interpreter": {"LMS_SANDBOX_PYTHON=/nonexistent/python3"}, "another program": {"LMS_SANDBOX_PYTHON=/bin/true"},
		"no service": {"LMS_SANDBOX_URL=http://127.0.0.1:1/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFaultSite(t, "Nosandbox", []question{{"shows", pythonQuestion}, {"checks", pythonCheck}}, vars...)
			for _, id := range []string{"shows", "checks"} {
				began := time.Now()
				page := s.unit(t, s.learner, id)
				told := s.unit(t, s.teacher, id)
				if strings.Contains(page, "For the course team") || id == "shows" && strings.Contains(page, "LMS_SANDBOX") {
					t.Errorf("%s: learners see %.600s", id, from(page, "text before"))
				}
				if id == "shows" && (!strings.Contains(told, "For the course team") || !strings.Contains(told, "Python")) {
					t.Errorf("%s: staff see %.900s", id, from(told, "text before"))
				}
				got := s.check(t, s.learner, id, "2_1", "my answer")
				// Not 503, which a page takes for something that passes and tries again for ever.
				if got.status != http.StatusForbidden || got.says() == "" {
					t.Errorf("%s: an answer: %d %.300s", id, got.status, got.body)
				}
				if took := time.Since(began); took > 8*time.Second {
					t.Errorf("%s: two pages and an answer took %v", id, took)
				}
				var draft string
				if err := s.stores.pool.QueryRow(t.Context(), `SELECT answers::text FROM answer_draft WHERE user_id = $1 AND usage_key LIKE '%@'||$2`, int64(s.learner.account.ID), id).Scan(&draft); err != nil || !strings.Contains(draft, "my answer") {
					t.Errorf("%s: the draft is %q, %v", id, draft, err)
				}
				if got := s.check(t, s.learner, "n"+id, "2_1", "yes"); got.Success != "correct" {
					t.Errorf("%s: the neighbor: %d %.300s", id, got.status, got.body)
				}
			}
		})
	}
}

// TestTwoAnswersAtOnce: of two different answers to a question of Python that come at once, one is graded and the other told so; an answer
// that comes twice is graded once.
func TestTwoAnswersAtOnce(t *testing.T) {
	t.Parallel()
	slow := strings.Replace(pythonQuestion, "    return ans", "    import time; time.sleep(0.3)\n    return ans", 1)
	s := newFaultSite(t, "Once", []question{{"one", slow}, {"two", slow}})
	s.needPython(t)
	both := func(id, first, second string) (a, b acted) {
		var wg sync.WaitGroup
		wg.Go(func() { a = s.check(t, s.learner, id, "2_1", first) })
		wg.Go(func() { b = s.check(t, s.learner, id, "2_1", second) })
		wg.Wait()
		return a, b
	}
	a, b := both("one", "right", "wrong")
	if a.taken() == b.taken() && s.attempts(t, s.learner, "one") != 2 {
		t.Errorf("two answers: %d %.200s and %d %.200s", a.status, a.body, b.status, b.body)
	}
	for _, got := range []acted{a, b} {
		if !got.taken() && (got.status != http.StatusConflict || got.says() == "") {
			t.Errorf("the other answer: %d %.300s", got.status, got.body)
		}
	}
	a, b = both("two", "right", "right")
	if a.Success != "correct" || b.Success != "correct" || s.attempts(t, s.learner, "two") != 1 {
		t.Errorf("one answer twice: %d %.200s and %d %.200s, %d attempts", a.status, a.body, b.status, b.body, s.attempts(t, s.learner, "two"))
	}
}

// TestSandboxBusy: while every interpreter is taken an answer waits a bounded time, is told that it cannot be checked now, and is kept.
func TestSandboxBusy(t *testing.T) {
	t.Parallel()
	slow := strings.Replace(pythonQuestion, "    return ans", "    import time; time.sleep(25 if ans.startswith('slow') else 0)\n    return ans", 1)
	s := newFaultSite(t, "Busy", []question{{"slow", slow}, {"quick", pythonQuestion}}, "LMS_SANDBOX_MEMBERS=1", "LMS_SANDBOX_LIMITS=wall=26s")
	s.needPython(t)
	s.unit(t, s.learner, "quick")
	other := s.person("other", nil)
	s.enroll(other, s.course)
	var wg sync.WaitGroup
	wg.Go(func() { s.check(t, other, "slow", "2_1", "slow 1") })
	time.Sleep(500 * time.Millisecond) // the one interpreter is taken
	began := time.Now()
	got := s.check(t, s.learner, "quick", "2_1", "waited for")
	took := time.Since(began)
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.says(), "moment") && !strings.Contains(got.says(), "busy") {
		t.Errorf("after %v: %d %.300s", took, got.status, got.body)
	}
	if took > 25*time.Second {
		t.Errorf("an answer waited %v", took)
	}
	wg.Wait()
	if page := s.unit(t, s.learner, "quick"); !strings.Contains(page, `value="waited for"`) {
		t.Error("what was typed is lost")
	}
	if after := s.attempts(t, s.learner, "quick"); after != 0 {
		t.Errorf("%d attempts are used", after)
	}
	if got := s.check(t, s.learner, "quick", "2_1", "right"); got.Success != "correct" {
		t.Errorf("then: %d %.300s", got.status, got.body)
	}
}

// from is a page from a text on, whole where the text is not there.
func from(page, text string) string { return page[max(0, strings.Index(page, text)):] }
