package capa

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, source string
		line         int
		kind         Kind
	}{
		{"nothing", "", 1, Engine},
		{"text", "2 + 2 = ?", 1, Engine},
		{"two roots", "<problem/>\n<problem/>", 2, Engine},
		{"bare ampersand", "<problem>\n<p>Q & A</p></problem>", 2, Engine},
		{"bare less-than", "<problem>\n<p>1 < 2</p></problem>", 2, Engine},
		{"less-than in attribute", "<problem>\n<p a=\"<\"/></problem>", 2, Engine},
		{"unquoted attribute", "<problem>\n<p a=b/></problem>", 2, Engine},
		{"attribute without value", "<problem>\n<p a/></problem>", 2, Engine},
		{"attribute twice", "<problem>\n<p a='1' a='2'/></problem>", 2, Engine},
		{"undeclared entity", "<problem>\n<p>a&nbsp;b</p></problem>", 2, Engine},
		{"declared entity", "<!DOCTYPE p [<!ENTITY a 'b'>]>\n<problem/>", 1, Engine},
		{"parameter entity", "<!DOCTYPE p [<!ENTITY % a SYSTEM 'http://x/'> %a;]><problem/>", 1, Engine},
		{"unclosed", "<problem>\n<p>", 2, Engine},
		{"crossed", "<problem>\n<b><i></b></i></problem>", 2, Engine},
		{"control character", "<problem>\n\x01</problem>", 2, Engine},
		{"control character by number", "<problem>\n&#1;</problem>", 2, Engine},
		{"broken text", "<problem>\n\xff</problem>", 2, Engine},
		{"undeclared prefix", "<problem>\n<x:p/></problem>", 2, Engine},
		{"prefix out of scope", "<problem>\n<p xmlns:x='u'/><x:p/></problem>", 2, Engine},
		{"late declaration", "\n<?xml version='1.0'?><problem/>", 2, Engine},
		{"unknown encoding", "<?xml version='1.0' encoding='koi-7'?><problem/>", 1, Engine},
		{"deep", strings.Repeat("<p>", 300), 1, Engine},
		{"many attributes", "<p" + manyAttributes(1001) + "/>", 1, Engine},
		{"long attribute", "<p a='" + strings.Repeat("x", maxAttribute+1) + "'/>", 1, Engine},
		{"large", "<p>" + strings.Repeat("x", maxSource) + "</p>", 1, Engine},
		{"foreign input", "<problem>\n<stringresponse answer='a'><checkboxgroup/></stringresponse></problem>", 2, ProblemFault},
		{"points", "<problem>\n<stringresponse answer='a'><textline points='two'/></stringresponse></problem>", 2, Engine},
		{"two right options", "<problem><optionresponse><optioninput>\n<option correct='true'>a</option>\n<option correct='TRUE'>b</option></optioninput></optionresponse></problem>", 3, ProblemFault},
		{"many responses", "<problem>" + strings.Repeat("<optionresponse/>", maxResponses+1) + "</problem>", 1, Engine},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(tt.source))
		var e *Error
		if !errors.As(err, &e) || e.Kind != tt.kind || e.Line != tt.line {
			t.Errorf("%s: got %v (kind %v), want kind %v at line %d", tt.name, err, KindOf(err), tt.kind, tt.line)
		}
	}
}

func manyAttributes(n int) string {
	var sb strings.Builder
	for i := range n {
		sb.WriteString(" a" + strings.Repeat("b", i%50) + strings.Repeat("c", i/50) + "='x'")
	}
	return sb.String()
}

func TestParseReads(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"byte order mark": "\ufeff<problem>é</problem>",
		"latin-1":         "<?xml version='1.0' encoding='ISO-8859-1'?><problem>\xe9</problem>",
		"cdata":           "<problem><![CDATA[é]]></problem>",
		"comment inside":  "<problem>&#233;<!-- é --></problem>",
		"doctype":         "<!DOCTYPE problem SYSTEM 'http://x/p.dtd'>\n<problem>é</problem>",
		"old text":        "<problem><startouttext/>é<endouttext/></problem>",
	}
	for name, source := range tests {
		in := instance(t, source, Options{})
		if got := flatten(in.View(ViewState{}).Nodes); !strings.Contains(got, "é") || strings.Contains(got, "<!--") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func instance(t testing.TB, source string, o Options) *Instance {
	t.Helper()
	p, err := Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Instantiate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// flatten writes a view as one line of markup, places in brackets.
func flatten(nodes []Node) string {
	var sb strings.Builder
	for _, n := range nodes {
		switch n := n.(type) {
		case HTML:
			sb.WriteString(string(n))
		case *Element:
			sb.WriteString("{" + n.Name + " ")
			for _, a := range n.Attrs {
				sb.WriteString(a.Name + "=" + a.Value + " ")
			}
			sb.WriteString(flatten(n.Children) + "}")
		case *ResponseNode:
			sb.WriteString("(" + n.ID + flatten(n.Children) + ")")
		case *InputNode:
			sb.WriteString("[" + n.ID + "]")
		case *SolutionNode:
			sb.WriteString("[" + n.ID + "]")
		case *FeedbackNode:
			sb.WriteString("<<" + flatten(n.Children) + ">>")
		case *ClarificationNode:
			sb.WriteString("<?" + string(n.HTML) + "?>")
		}
	}
	return sb.String()
}

func TestView(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, want string }{
		{
			"markup is escaped and closed as HTML",
			`<problem><p title="a&quot;b">1 &lt; 2<br/></p><i/><script type="text/javascript">a &lt; b</script><style>p &gt; a {}</style></problem>`,
			`<p title="a&quot;b">1 &lt; 2<br/></p><i></i><script type="text/javascript">a < b</script><style>p > a {}</style>`,
		},
		{
			"what follows an input or a dropped element is lost, what follows a response is not",
			`<problem><p>a <stringresponse answer="x">lost<textline/>lost</stringresponse> kept <responseparam/>lost</p></problem>`,
			`{p a (b_1[b_2_1]) kept }`,
		},
		{
			"names are replaced, longest first",
			`<problem><p id="$seed">$seed $seeds $none</p></problem>`,
			`<p id="7">7 7s $none</p>`,
		},
		{
			"hints beside answers are not part of the page",
			`<problem><stringresponse answer="x"><correcthint>secret</correcthint><additional_answer answer="y">secret</additional_answer><textline/></stringresponse><demandhint><hint>secret</hint></demandhint></problem>`,
			`(b_1[b_2_1])`,
		},
		{
			"labels of several inputs stay, with ids of their own",
			`<problem><optionresponse><label>Both</label><description>d</description><optioninput options="('a')"/><optioninput options="('b')"/></optionresponse></problem>`,
			`(b_1{p class=multi-inputs-group-label id=multiinput-group-label-b_1 Both}{p class=multi-inputs-group-description question-description id=multiinput-group-description-b_1-0 d}[b_2_1][b_2_2])`,
		},
		{
			"mathematics, asides and solutions have places of their own",
			`<problem><p><math>$a&lt;b$</math> x</p><p><clarification>c <b>d</b></clarification> y</p><solution>s</solution></problem>`,
			`<p><span>[mathjaxinline]a&lt;b[/mathjaxinline]</span> x</p>{p <?c <b>d</b>?> y}[b_solution_1]`,
		},
	}
	for _, tt := range tests {
		in := instance(t, tt.source, Options{Seed: 7, IDPrefix: "b"})
		if diff := cmp.Diff(flatten(in.View(ViewState{}).Nodes), tt.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", tt.name, diff)
		}
	}
}

func TestDisplacedSolution(t *testing.T) {
	t.Parallel()
	in := instance(t, `<problem><multiplechoiceresponse targeted-feedback="alwaysShowCorrectChoiceExplanation"><choicegroup><choice correct="true" explanation-id="r">a</choice><choice correct="false" explanation-id="w">b</choice></choicegroup></multiplechoiceresponse><targetedfeedbackset><targetedfeedback explanation-id="w">no</targetedfeedback></targetedfeedbackset><solution explanation-id="r">yes</solution></problem>`, Options{})
	if got := flatten(in.View(ViewState{}).Nodes); got != "(1[2_1])[solution_1]" {
		t.Errorf("fresh: got %s", got)
	}
	state := ViewState{Done: true, Answers: Answers{"2_1": Text("choice_1")}}
	if got := flatten(in.View(state).Nodes); got != "(1[2_1])<<no>><<yes>>" {
		t.Errorf("done: got %s", got)
	}
}

func TestInputState(t *testing.T) {
	t.Parallel()
	in := instance(t, `<problem><multiplechoiceresponse><label>Pick</label><choicegroup><choice correct="true">a<choicehint>well done</choicehint></choice><choice correct="false">b</choice></choicegroup></multiplechoiceresponse></problem>`, Options{IDPrefix: "b"})
	answers := Answers{"b_2_1": Text("choice_0")}
	result, err := in.Check(t.Context(), answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	state := ViewState{Answers: answers, CorrectMap: result.CorrectMap, Done: true}
	find := func(s ViewState) *InputNode {
		return in.View(s).Nodes[0].(*ResponseNode).Children[0].(*InputNode)
	}
	got := find(state)
	if got.Status != "correct" || !got.Choices[0].Selected || got.Choices[1].Selected || !strings.Contains(string(got.Message), "well done") {
		t.Errorf("graded: got %+v", got)
	}
	if got.Choices[0].HTML != "a" || got.Label != "Pick" {
		t.Errorf("graded: got %+v", got)
	}
	hidden, saved := state, state
	hidden.HideCorrectness, saved.HasSaved = true, true
	if got := find(hidden); got.Status != Submitted || got.Message != "" {
		t.Errorf("hidden: got %+v", got)
	}
	if got := find(saved); got.Status != Unsubmitted || got.Message != "" {
		t.Errorf("saved: got %+v", got)
	}
	submissions := in.Submissions(answers, result.CorrectMap, "")
	want := map[string]Submission{"b_2_1": {Question: "Pick", Answer: "a", ResponseType: "multiplechoiceresponse", InputType: "choicegroup", Correct: true, Variant: ""}}
	if diff := cmp.Diff(submissions, want); diff != "" {
		t.Errorf("submissions (-got +want):\n%s", diff)
	}
}

// fakeRunner answers every run with the same globals.
type fakeRunner struct {
	globals string
	err     error
}

func (f fakeRunner) Run(context.Context, ScriptJob) (ScriptResult, error) {
	return ScriptResult{Globals: []byte(f.globals)}, f.err
}

const scripted = `<problem><script type="loncapa/python">x = 1</script><p>$x $xs $t $f $d</p>
<optionresponse><optioninput options="('a','b')" correct="$x"/></optionresponse></problem>`

func TestScripts(t *testing.T) {
	t.Parallel()
	p, err := Parse([]byte(scripted))
	if err != nil {
		t.Fatal(err)
	}
	if !p.HasScripts() || p.MaxScore() != 1 {
		t.Errorf("scripts %v, maximum %d", p.HasScripts(), p.MaxScore())
	}
	if _, err := p.Instantiate(t.Context(), Options{}); KindOf(err) != Unavailable {
		t.Errorf("without runner: got %v", err)
	}
	broken := fakeRunner{err: &ScriptError{Message: "NameError: name '<x>'"}}
	_, err = p.Instantiate(t.Context(), Options{Runner: broken})
	if KindOf(err) != ProblemFault || !strings.Contains(err.Error(), "Error while executing script code: NameError: name &#39;&lt;x&gt;&#39;") {
		t.Errorf("broken script: got %v", err)
	}
	runner := fakeRunner{globals: `{"seed": 1, "anonymous_student_id": "u", "x": 1e20, "xs": "s", "t": [1, "two", 0.1, null], "f": 2.0, "d": {"k": true}}`}
	in, err := p.Instantiate(t.Context(), Options{Seed: 1, Runner: runner})
	if err != nil {
		t.Fatal(err)
	}
	want := "<p>1e+20 s [1, 'two', 0.1, None] 2.0 {'k': True}</p>\n(1[2_1])"
	if got := flatten(in.View(ViewState{}).Nodes); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	result, err := in.Check(t.Context(), Answers{"2_1": Text("1e+20")}, nil)
	if err != nil || !result.CorrectMap.AllRight() || *result.CorrectMap["2_1"].AnswerVariable != "$x" {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	p, err := Parse([]byte("<problem>\n<customresponse cfn='f'><textline points='3'/></customresponse></problem>"))
	if err != nil {
		t.Fatal(err)
	}
	want := []ResponseInfo{{
		Number: 1, Type: "customresponse", Line: 2, NeedsPython: true,
		Inputs: []InputInfo{{ID: "2_1", Type: "textline", Points: 3, Line: 2}},
	}}
	if diff := cmp.Diff(p.Responses(), want); diff != "" {
		t.Errorf("responses (-got +want):\n%s", diff)
	}
	if e := p.Unavailable(); e != nil || !p.NeedsPython() || p.MaxScore() != 3 || len(p.Defects()) > 0 {
		t.Errorf("got %v, maximum %d, defects %v", e, p.MaxScore(), p.Defects())
	}
	if _, err := p.Instantiate(t.Context(), Options{}); KindOf(err) != Unavailable || AsError(err).Line != 2 {
		t.Errorf("got %v", err)
	}
}

func TestIncludes(t *testing.T) {
	t.Parallel()
	source := []byte(`<problem><include file="part.xml"/><p>after</p></problem>`)
	p, err := Parse(source, func(name string) ([]byte, error) {
		return []byte("<p>" + name + "</p>"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Instantiate(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := flatten(in.View(ViewState{}).Nodes); got != "<p>part.xml</p><p>after</p>" {
		t.Errorf("got %s", got)
	}
	if p, err = Parse(source); err != nil || len(p.Defects()) != 1 {
		t.Errorf("without files: got %v, %v", p.Defects(), err)
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, source string
		answer       Answer
		want         string // mark and points, or the kind of the error
	}{
		{"regular expression that explodes", `<stringresponse answer="(?=a)(a+)+" type="regexp"><textline/></stringresponse>`, Text(strings.Repeat("a", 40) + "b"), "uncheckable"},
		{"broken regular expression", `<stringresponse answer="(" type="regexp"><textline/></stringresponse>`, Text("a"), "response_error"},
		{"long text", `<stringresponse answer="a" type="regexp"><textline/></stringresponse>`, Text(strings.Repeat("a", 30_000)), "uncheckable"},
		{"final sigma", `<stringresponse answer="ΟΔΟΣ" type="ci"><textline/></stringresponse>`, Text("οδος"), "correct"},
		{"one part of a range", `<numericalresponse answer="[1]"><textline/></numericalresponse>`, Text("1"), "student_input_error"},
		{"widened percentage", `<numericalresponse answer="100" partial_credit="close"><responseparam type="tolerance" default="1%" partial_range="3"/><textline/></numericalresponse>`, Text("103"), "partially-correct 0.5"},
		{"expression as tolerance", `<numericalresponse answer="100"><responseparam type="tolerance" default="1+1"/><textline/></numericalresponse>`, Text("100"), "engine_error"},
		{"tower of powers", `<numericalresponse answer="100"><textline/></numericalresponse>`, Text("9^9^9"), "student_input_error"},
		{"blank", `<numericalresponse answer="100"><textline/></numericalresponse>`, Text("  "), "incorrect"},
		{"partial choice", `<multiplechoiceresponse partial_credit="points"><choicegroup><choice correct="true">a</choice><choice correct="partial">b</choice></choicegroup></multiplechoiceresponse>`, Text("choice_1"), "partially-correct 0.5"},
		{"two schemes", `<multiplechoiceresponse partial_credit="points,edc"><choicegroup><choice correct="true">a</choice></choicegroup></multiplechoiceresponse>`, Text("choice_0"), "problem_error"},
		{"points of a half", `<choiceresponse partial_credit="halves"><checkboxgroup points="3"><choice correct="true">a</choice><choice correct="false">b</choice><choice correct="false">c</choice></checkboxgroup></choiceresponse>`, List("choice_0", "choice_1"), "partially-correct 1.5"},
	}
	for _, tt := range tests {
		p, err := Parse([]byte("<problem>" + tt.source + "</problem>"))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		in, err := p.Instantiate(t.Context(), Options{Seed: 1})
		if err == nil {
			var result Result
			if result, err = in.Check(t.Context(), Answers{"2_1": tt.answer}, nil); err == nil {
				e := result.CorrectMap["2_1"]
				got = string(e.Correctness)
				if e.NPoints != nil {
					got += " " + strconv.FormatFloat(*e.NPoints, 'g', -1, 64)
				}
			}
		}
		if err != nil {
			got = KindOf(err).String()
		}
		if got != tt.want {
			t.Errorf("%s: got %s (%v), want %s", tt.name, got, err, tt.want)
		}
	}
}

// TestConcurrentUse shares one problem and one instance between goroutines.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	p, err := Parse([]byte(benchmarkSource))
	if err != nil {
		t.Fatal(err)
	}
	common, err := p.Instantiate(t.Context(), Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	answers := Answers{"2_1": Text("choice_0"), "3_1": Text("18"), "4_1": Text("Snow")}
	var wg sync.WaitGroup
	for seed := range 8 {
		wg.Go(func() {
			own, err := p.Instantiate(t.Context(), Options{Seed: seed})
			if err != nil {
				t.Error(err)
				return
			}
			for _, in := range []*Instance{own, common} {
				result, err := in.Check(t.Context(), answers, nil)
				if err != nil || result.Score != 3 {
					t.Errorf("seed %d: got %v, %v", seed, result.Score, err)
				}
				in.View(ViewState{Answers: answers, CorrectMap: result.CorrectMap, Done: true})
				in.Answers()
				in.Permutations()
			}
		})
	}
	wg.Wait()
}

func TestMentions(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`<p>NAME</p>`, `<p>x</p>NA&#77;E`, `<p title="NAME"/>`, `<p>NA<!-- -->ME</p>`,
		`<stringresponse answer="a"><label>NAME</label><textline/></stringresponse>`,
		`<stringresponse answer="a"><description>NAME</description><textline/></stringresponse>`,
		`<optionresponse><label>NAME</label><optioninput options="('a','b')" correct="a"/><optioninput options="('a','b')" correct="b"/></optionresponse>`,
		`<multiplechoiceresponse><choicegroup><choice correct="true"><b>NAME</b></choice></choicegroup></multiplechoiceresponse>`,
		`<solution>NAME</solution>`,
	} {
		p, err := Parse([]byte("<problem>" + source + "</problem>"))
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if !p.Mentions("other", "NAME") || p.Mentions("other") {
			t.Errorf("%s: NAME %v, other %v", source, p.Mentions("NAME"), p.Mentions("other"))
		}
	}
}
