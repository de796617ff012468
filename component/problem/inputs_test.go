package problem

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/submission"
	"lyceum/internal/fault"
	"lyceum/internal/pgtest"
)

// content is a runner whose author code is content with everything.
type content struct{}

func (content) Run(context.Context, capa.ScriptJob) (capa.ScriptResult, error) {
	return capa.ScriptResult{Globals: json.RawMessage(`{"correct":["correct"],"messages":["<b>Well</b> done"],"overall_message":""}`)}, nil
}

func withPython(c *submission.Config) { c.Runner = content{} }

const (
	askingCode = `<customresponse>%s<answer>correct = ['correct']</answer></customresponse>`
	queued     = `<coderesponse queuename="q">%s<codeparam><initial_display>def f():
    pass</initial_display><answer_display>shown</answer_display><grader_payload>{}</grader_payload></codeparam></coderesponse>`
	pictureQuestion = `<imageresponse><label>Where is the cat?</label><imageinput src="/static/pic.png" width="640" height="400" rectangle="(385,98)-(600,337)" alt="A dog and a cat"/></imageresponse>`
	numbersQuestion = `<choicetextresponse><label>Which is so?</label><radiotextgroup><choice correct="false">Mean is <decoy_input/> and mode <decoy_input/></choice>
		<choice correct="true">Median is <numtolerance_input answer="5"/> units</choice><choice correct="false">None</choice></radiotextgroup></choicetextresponse>`
	passageQuestion = `<annotationresponse><annotationinput><title>Read</title><text>They are the ones &lt;who&gt;</text><comment>Agamemnon says</comment>
		<comment_prompt>Type below:</comment_prompt><tag_prompt>Choose:</tag_prompt><options><option choice="correct">both</option><option choice="incorrect">a cause</option></options></annotationinput></annotationresponse>`
	boardQuestion = `<drag_and_drop_input img="/static/pic.png" target_outline="true" label_bg_color="rgb(222, 139, 238)"><draggable id="red" label="RED"/><draggable id="up" icon="/static/pic.png" can_reuse="true"/>
		<draggable id="p" label="Holder"><target id="first" x="1" y="2" w="3" h="4"/></draggable><target id="t1" x="20" y="40" w="30" h="30"/><target id="t2" x="80" y="40" w="30" h="30"/></drag_and_drop_input>`
)

func asking(format, input string) string { return strings.Replace(format, "%s", input, 1) }

// TestMoreInputs draws inputs made of several fields, and those that need a script, before and after an answer.
func TestMoreInputs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, source string
		answer       []string
	}{
		{"picture", pictureQuestion, []string{"INPUT_2_1{x}", "385", "INPUT_2_1{y}", "98"}},
		{"numbers", numbersQuestion, []string{"INPUT_2_1{choice}", "ID_2_1_choiceinput_1bc", "INPUT_2_1{ID_2_1_choiceinput_1_numtolerance_input_0}", "5"}},
		{"passage", passageQuestion, []string{"INPUT_2_1{comment}", "Because <i>", "INPUT_2_1{option}", "0"}},
		{"equation", asking(askingCode, `<chemicalequationinput size="40" label="Equation"/>`), []string{"INPUT_2_1", "H2O -> H^+ + OH^-"}},
		{"formula", `<formularesponse type="ci" samples="x@1:2#4" answer="x^2/2"><label>Half?</label><responseparam type="tolerance" default="1%"/><formulaequationinput size="30"/></formularesponse>`, []string{"INPUT_2_1", "x^2/2"}},
		{"hidden", asking(askingCode, `<textline hidden="true" math="1"/>`), []string{"INPUT_2_1", "2*x"}},
		{"code", asking(askingCode, `<textbox rows="6" mode="python" label="Code"/>`), []string{"INPUT_2_1", "\nprint(1 < 2)"}},
		{"tool", `<schematicresponse><schematic height="500" width="600" parts="g,r" analyses="dc" initial_value="[[1]]"/><answer>correct = ['correct']</answer></schematicresponse>`, []string{"INPUT_2_1", `[["dc",{"a":1}]]`}},
		{"gene", asking(askingCode, `<editageneinput genex_dna_sequence="TAAG" genex_problem_number="2"/>`), nil},
		{"board", asking(askingCode, boardQuestion), []string{"INPUT_2_1{drag:0:red}", `{"first":{"p":null}}`, "INPUT_2_1{drag:2:p}", `"t1"`, "INPUT_2_1{drag:1:up}", `"t2"`}},
		{"board_free", asking(askingCode, `<drag_and_drop_input img="/static/pic.png" no_labels="true"><draggable id="a" label="A"/><draggable id="b" label="B" icon="/static/pic.png"/></drag_and_drop_input>`), []string{"INPUT_2_1{x:0:a}", "104", "INPUT_2_1{y:0:a}", "117"}},
		{"jsinput", asking(askingCode, `<jsinput gradefn="app.grade" get_statefn="app.get" set_statefn="app.set" initial_state='{"a":1}' html_file="/static/app.html" width="300" height="200" title="App" sop="false"/>`), []string{"INPUT_2_1", `{"answer":"1","state":"s"}`}},
		{"files", asking(queued, `<filesubmission allowed_files="a.py b.py" required_files="a.py"/>`), nil},
		{"queued", asking(queued, `<textbox rows="6"/>`), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, pgtest.New(t), tc.source, nil, withPython)
			goldenOf(t, d, tc.name, tc.answer)
		})
	}
}

func goldenOf(t *testing.T, d *desk, name string, answer []string) {
	t.Helper()
	componenttest.Golden(t, name, d.page())
	if answer == nil {
		return
	}
	for i := range answer {
		answer[i] = strings.ReplaceAll(answer[i], "ID_", d.node.Key.HTMLID()+"_")
	}
	reply := d.must("problem_check", answer...)
	contents, ok := reply["contents"].(string)
	if !ok {
		t.Fatalf("not checked: %v", reply)
	}
	componenttest.Golden(t, name+"_answered", regexp.MustCompile(`Receipt [0-9A-Za-z-]+`).ReplaceAllString(contents, "Receipt ID"))
}

// TestGather puts the values of inputs together from the fields they are drawn as.
func TestGather(t *testing.T) {
	t.Parallel()
	problem, err := capa.Parse([]byte(`<problem>` + pictureQuestion + passageQuestion + numbersQuestion + asking(askingCode, boardQuestion) +
		`<stringresponse answer="a"><textline/></stringresponse></problem>`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		form url.Values
		want url.Values
	}{
		{"a place", url.Values{"input_P_2_1{x}": {"12.4"}, "input_P_2_1{y}": {" 7 "}}, url.Values{"input_P_2_1": {"[12,7]"}}},
		{"half a place", url.Values{"input_P_2_1{x}": {"12"}, "input_P_2_1{y}": {""}}, url.Values{"input_P_2_1": {""}}},
		{"no place", url.Values{"input_P_2_1{x}": {"NaN"}, "input_P_2_1{y}": {"-1"}}, url.Values{"input_P_2_1": {""}}},
		{"a value sent whole", url.Values{"input_P_2_1": {"[1,2]"}, "input_P_2_1{x}": {"3"}}, url.Values{"input_P_2_1": {"[1,2]"}}},
		{"a tag", url.Values{"input_P_3_1{comment}": {"a <b"}, "input_P_3_1{option}": {"1"}}, url.Values{"input_P_3_1": {`{"options":[1],"comment":"a <b"}`}}},
		{"no tag", url.Values{"input_P_3_1{comment}": {""}}, url.Values{"input_P_3_1": {`{"options":[],"comment":""}`}}},
		{"a choice", url.Values{"input_P_4_1{choice}": {"c"}, "input_P_4_1{f}": {"5"}}, url.Values{"input_P_4_1{}": {`{"c":"c","f":"5"}`}}},
		{
			"things on each other",
			url.Values{"input_P_5_1{drag:0:red}": {`{"first":{"p":null}}`}, "input_P_5_1{drag:2:p}": {`"t1"`}, "input_P_5_1{drag:1:up}": {`"t2"`, "", `"t1"`}},
			url.Values{"input_P_5_1": {`[{"red":{"first":{"p":"t1"}}},{"up":"t2"},{"up":"t1"},{"p":"t1"}]`}},
		},
		{"a ring", url.Values{"input_P_5_1{drag:0:a}": {`{"t":{"b":null}}`}, "input_P_5_1{drag:1:b}": {`{"t":{"a":null}}`}}, url.Values{"input_P_5_1": {`[{"a":{"t":{"b":{"t":{"a":{"t":{"b":null}}}}}}},{"b":{"t":{"a":{"t":{"b":{"t":{"a":null}}}}}}}]`}}},
		{"points", url.Values{"input_P_5_1{x:0:a}": {"1", ""}, "input_P_5_1{y:0:a}": {"2", "3"}}, url.Values{"input_P_5_1": {`[{"a":[1,2]}]`}}},
		{"nothing placed", url.Values{"input_P_5_1{drag:0:a}": {""}}, url.Values{"input_P_5_1": {""}}},
		{"parts of no input", url.Values{"input_P_9_1{x}": {"1"}, "input_P_6_1{x}": {"1"}}, url.Values{"input_P_9_1{x}": {"1"}, "input_P_6_1{x}": {"1"}}},
		{"other fields", url.Values{"input_P_6_1": {"a"}, "input_P_4_1{}": {"{}"}, "input_P_4_1[]": {"x"}}, url.Values{"input_P_6_1": {"a"}, "input_P_4_1{}": {"{}"}, "input_P_4_1[]": {"x"}}},
	} {
		if diff := cmp.Diff(tc.want, gather(tc.form, problem, "P")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// TestDraftsOfMoreInputs brings back what was typed into fields that are parts of a value.
func TestDraftsOfMoreInputs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.New(t), pictureQuestion+passageQuestion+numbersQuestion+asking(askingCode, boardQuestion), nil, withPython)
	id := d.node.Key.HTMLID()
	in := "input_" + id
	keep := url.Values{
		"state_version": {"0"}, in + "_2_1{x}": {"320"}, in + "_2_1{y}": {"100"}, in + "_3_1{comment}": {"half a thought"}, in + "_3_1{option}": {"1"},
		in + "_4_1{choice}": {id + "_4_1_choiceinput_1bc"}, in + "_4_1{" + id + "_4_1_choiceinput_1_numtolerance_input_0}": {"77"}, in + "_5_1{drag:0:red}": {`"t2"`},
	}
	if _, err := d.call("keep_draft", component.Request{Method: http.MethodPost, Form: keep}); err != nil {
		t.Fatal(err)
	}
	page := d.page()
	for _, want := range []string{
		`value="320"`, `value="100"`, `left:50.000%;top:25.000%`, `half a thought</textarea>`, `value="1" checked`, `choiceinput_1bc" checked`, `value="77"`,
		`value="&#34;t2&#34;" selected`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
}

// TestPreviews asks how formulas look while they are typed.
func TestPreviews(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.New(t), `<numericalresponse answer="5"><formulaequationinput/></numericalresponse>`, nil)
	id := d.node.Key.HTMLID() + "_2_1"
	for _, tc := range []struct{ dispatch, formula, preview string }{
		{"preview_formcalc", "1/(x+1)", `\frac{1}{x+1}`},
		{"preview_formcalc", "", ""},
		{"preview_chemcalc", "H2O", `<span class="math">H<sub>2</sub>O</span>`},
		{"preview_chemcalc", "<b>", `<span class="math"><span class="inline-error inline">&lt;b&gt;</span></span>`},
	} {
		want := map[string]any{"preview": tc.preview, "error": "", "request_start": "17"}
		got := d.must("input_ajax", "input_id", id, "dispatch", tc.dispatch, "formula", tc.formula, "request_start", "17")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", tc.dispatch, tc.formula, diff)
		}
	}
	if got := d.must("input_ajax", "input_id", id, "dispatch", "preview_formcalc", "formula", "(x"); got["preview"] != "" || got["error"] == "" {
		t.Errorf("unreadable: %v", got)
	}
	for _, bad := range [][]string{
		{"input_id", "other_2_1", "dispatch", "preview_formcalc"},
		{"input_id", id, "dispatch", "plot"},
		{"input_id", id, "dispatch", "preview_formcalc", "formula", strings.Repeat("x", longestPreview+1)},
	} {
		if _, err := d.do("input_ajax", bad...); fault.KindOf(err) == fault.Internal {
			t.Errorf("%v: %v", bad[:4], err)
		}
	}
}

// old is a runner that had to convert what it ran.
type old struct{ content }

func (o old) Run(ctx context.Context, job capa.ScriptJob) (capa.ScriptResult, error) {
	got, err := o.content.Run(ctx, job)
	got.Notes = []string{"Python 2 was converted: print statement (line 2)"}
	return got, err
}

// TestCodeNotes: the course team reads on the page what of its code was converted; learners do not.
func TestCodeNotes(t *testing.T) {
	t.Parallel()
	const source = `<script type="loncapa/python">
print 'a'
</script><customresponse><textline label="Q"/><answer>
if submission[0] &lt;&gt; 'a': correct = ['incorrect']
</answer></customresponse>`
	d := newDesk(t, nil, source, nil, func(c *submission.Config) { c.Runner = old{} })
	if page := d.page(); strings.Contains(page, "Python 2") || strings.Contains(page, "Check of an answer") {
		t.Errorf("a learner reads %s", page)
	}
	componenttest.Staff(d.rt)
	page := d.page()
	for _, want := range []string{"nobody has looked", "Python 2 was converted: print statement (line 2)", "Check of an answer, line 4 of the problem: write != for &lt;&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	plain := newDesk(t, nil, `<stringresponse answer="a"><textline label="Q"/></stringresponse>`, nil)
	componenttest.Staff(plain.rt)
	if page := plain.page(); strings.Contains(page, "For the course team") {
		t.Errorf("nothing was converted: %s", page)
	}
}

// waitingRoom takes answers for graders.
type waitingRoom struct {
	sent *[]submission.Outgoing
}

func (w waitingRoom) Wait() time.Duration                             { return time.Minute }
func (w waitingRoom) Waiting(context.Context, string) (string, error) { return "3 before you", nil }
func (w waitingRoom) Send(_ *pgx.Batch, out submission.Outgoing)      { *w.sent = append(*w.sent, out) }

// TestFilesGoToTheGrader hands in files: those that are asked for, and no others.
func TestFilesGoToTheGrader(t *testing.T) {
	t.Parallel()
	var sent []submission.Outgoing
	d := newDesk(t, pgtest.New(t), asking(queued, `<filesubmission allowed_files="a.py b.py" required_files="a.py"/>`), nil,
		func(c *submission.Config) { c.Graders = waitingRoom{sent: &sent} })
	field := "input_" + d.node.Key.HTMLID() + "_2_1"
	send := func(files ...component.File) (map[string]any, error) {
		return d.call("xmodule_handler", component.Request{Method: http.MethodPost, Suffix: "problem_check", Form: url.Values{}, Files: files})
	}
	for _, tc := range []struct {
		name  string
		files []component.File
		want  string
	}{
		{"none", nil, "missing"},
		{"an empty field", []component.File{{Field: field}}, "missing"},
		{"not the one that is needed", []component.File{{Field: field, Name: "b.py"}}, "missing"},
		{"one that is not asked for", []component.File{{Field: field, Name: "a.py"}, {Field: field, Name: "c.py"}}, "not asked for"},
		{"too large", []component.File{{Field: field, Name: "a.py", Content: make([]byte, largestFile+1)}}, "too large"},
	} {
		got, err := send(tc.files...)
		if word, _ := got["success"].(string); err != nil || !strings.Contains(word, tc.want) || got["contents"] != nil {
			t.Errorf("%s: got %v, %v", tc.name, got, err)
		}
	}
	if _, err := send(component.File{Field: "input_x_2_1", Name: "a.py"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a file for no input: %v", err)
	}
	got, err := send(component.File{Field: field, Name: `C:\work\a.py`, Content: []byte("print(1)")})
	if err != nil {
		t.Fatal(err)
	}
	contents, _ := got["contents"].(string)
	for _, want := range []string{"data-pending", "Waiting to be graded", "3 before you", "<code>a.py</code>", `enctype="multipart/form-data"`} {
		if !strings.Contains(contents, want) {
			t.Errorf("no %s in %s", want, contents)
		}
	}
	if len(sent) != 1 || len(sent[0].Files) != 1 || sent[0].Files[0].Name != "a.py" || string(sent[0].Files[0].Content) != "print(1)" {
		t.Errorf("sent: %+v", sent)
	}
	if page := d.page(); !strings.Contains(page, "data-pending") || !strings.Contains(page, "<code>a.py</code>") {
		t.Errorf("the page afterwards: %s", page)
	}
}

// TestScriptPagesAreNotKept: the address of an author's page holds for one learner and a while.
func TestScriptPagesAreNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil, asking(askingCode, `<jsinput html_file="/static/app.html"/>`), nil, withPython)
	first := d.page()
	d.rt.Links.FileBase = func() string { return "/courses/other/PASS/" }
	if again := d.page(); !strings.Contains(first, "files/PASS/app.html?jsinput") || !strings.Contains(again, "/courses/other/PASS/app.html?jsinput") {
		t.Errorf("first %s, again %s", first, again)
	}
	below := newDesk(t, nil, asking(askingCode, `<jsinput html_file="/static/app/app.html?x=1"/>`), nil, withPython)
	below.rt.Course.Files["app_app.html"] = course.File{Name: "app_app.html"}
	if page := below.page(); !strings.Contains(page, "files/PASS/app/app.html?x=1&amp;jsinput") {
		t.Errorf("a page below a folder: %s", page)
	}
	outside := newDesk(t, nil, asking(askingCode, `<jsinput html_file="https://example.com/app.html"/>`), course.Fields{}, withPython)
	if page := outside.page(); !strings.Contains(page, `src="https://example.com/app.html"`) {
		t.Errorf("a page elsewhere: %s", page)
	}
	evil := newDesk(t, nil, asking(askingCode, `<jsinput html_file="javascript:alert(1)"/>`), course.Fields{}, withPython)
	if page := evil.page(); strings.Contains(page, "alert(1)") {
		t.Errorf("a script for an address: %s", page)
	}
}
