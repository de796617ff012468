package conformance

import (
	"fmt"
	"strings"
	"testing"

	"lyceum/grading/capa"
	"lyceum/grading/sandbox/scripttest"
)

// check instantiates a problem and grades one submission of it.
func check(t *testing.T, python capa.ScriptRunner, source string, answers capa.Answers, old capa.CorrectMap) (capa.Result, error) {
	t.Helper()
	p, err := capa.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Instantiate(t.Context(), capa.Options{Seed: 3, AnonymousID: anonymous, Attempt: 1, Runner: python})
	if err != nil {
		return capa.Result{}, err
	}
	return in.Check(t.Context(), answers, old)
}

// TestHintFunction: a function of the script edits the results of its response.
func TestHintFunction(t *testing.T) {
	t.Parallel()
	python := scripttest.Start(t)
	if python == nil {
		t.Skip("no Python")
	}
	const script = `<script>
def help(ids, answers, new, old):
    for id in ids:
        if new.is_correct(id):
            continue
        before = old.get_correctness(id) if id in old else "nothing"
        new.set_hint_and_mode(id, "%s is not it, &lt;i&gt;%s" % (answers[id], before), "always")
def more(ids, answers, new, old):
    new.set(ids[0], correctness="partially-correct", npoints=0.25, msg="a &lt; b")
def broken(ids, answers, new, old):
    return ids[7]
</script>`
	source := func(function string) string {
		return "<problem>" + script + `<numericalresponse answer="3"><hintgroup hintfn="` + function + `"/><textline/></numericalresponse>` +
			`<numericalresponse answer="4"><textline/></numericalresponse></problem>`
	}
	answers := capa.Answers{"2_1": capa.Text("2"), "3_1": capa.Text("4")}
	old := capa.CorrectMap{"2_1": {Correctness: capa.Incomplete}}
	got, err := check(t, python, source("help"), answers, old)
	if e := got.CorrectMap["2_1"]; err != nil || e.Hint != "2 is not it, <i>incomplete</i>" || e.HintMode == nil || *e.HintMode != "always" || e.Correctness != capa.Incorrect {
		t.Errorf("hint: got %+v, %v", e, err)
	}
	if e := got.CorrectMap["3_1"]; !e.Right() || e.Hint != "" {
		t.Errorf("the other question: got %+v", e)
	}
	got, err = check(t, python, source("more"), answers, nil)
	if e := got.CorrectMap["2_1"]; err != nil || got.Score != 1.25 || e.Msg != "a &lt; b" || e.Correctness != capa.PartiallyCorrect {
		t.Errorf("set: got %+v, score %v, %v", e, got.Score, err)
	}
	if _, err := check(t, python, source("broken"), answers, nil); capa.KindOf(err) != capa.ResponseFault || !strings.Contains(err.Error(), "list index out of range") {
		t.Errorf("broken: got %v", err)
	}
	if _, err := check(t, python, source("absent"), answers, nil); capa.KindOf(err) != capa.ResponseFault {
		t.Errorf("absent: got %v", err)
	}
}

// TestSymbolic compares formulas as typed, and as MathML a page made of them.
func TestSymbolic(t *testing.T) {
	t.Parallel()
	python := scripttest.Start(t)
	if python == nil {
		t.Skip("no Python")
	}
	const sum = `<math xmlns="http://www.w3.org/1998/Math/MathML"><mstyle displaystyle="true"><mo>(</mo><mi>x</mi><mo>-</mo><mn>1</mn><mo>)</mo><mrow><mo>(</mo><mi>x</mi><mo>+</mo><mn>1</mn><mo>)</mo></mrow></mstyle></math>`
	tests := []struct{ expect, options, given, typeset, want string }{
		{"x^2-1", "", "(x-1)(x+1)", sum, "correct [mathjax]"},
		{"x^2-2", "", "(x-1)(x+1)", sum, "incorrect [mathjax]"},
		{"sin(x)/2*a_1", "", "?", `<math><mfrac><mrow><mi>sin</mi><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow></mrow><mn>2</mn></mfrac><msub><mi>a</mi><mn>1</mn></msub></math>`, "correct [mathjax]"},
		{"sqrt(x)*2*y", "", "?", `<math><mn>2</mn><msqrt><mi>x</mi></msqrt><mi>y</mi></math>`, "correct [mathjax]"},
		{"x**3", "", "?", `<math><msup><mi>x</mi><mn>3</mn></msup></math>`, "correct [mathjax]"},
		{"2*i", "imaginary", "?", `<math><mn>2</mn><mi>i</mi></math>`, "correct [mathjax]"},
		{"x", "", "?", `<math><mfrac></math>`, "incorrect cannot be read"},
		{"x", "", "?", `<math><mfrac/></math>`, "incorrect cannot be read"},
		{"[[1,2],[3,4]]", "matrix", "[[1,2],[3,2+2]]", "", "correct [mathjax]"},
		{"[[1,2],[3,4]]", "matrix", "[[1,2],[3,5]]", `<math><mtable/></math>`, "incorrect cannot be read"},
		{"e^2", "", "7.389", "", "correct"},
		{"0", "", "0", "", "correct"},
		{"0", "", "0.1", "", "incorrect [mathjax]"},
		{"x", "numerical", "y", "", "incorrect [mathjax]"},
		{"x +* 2", "", "x", "", "incorrect expected answer of this question"},
		{"x", "", "__import__('os').system('true')", "", "incorrect failed to get MathML"},
		{"x", "", "x.__class__", "", "incorrect failed to get MathML"},
		{"x", "", strings.Repeat("(", 500), "", "incorrect failed to get MathML"},
		{"x", "", "", "", "incorrect"},
	}
	for _, tt := range tests {
		source := fmt.Sprintf(`<problem><symbolicresponse expect="%s" options="%s"><textline math="1"/></symbolicresponse></problem>`, tt.expect, tt.options)
		answers := capa.Answers{"2_1": capa.Text(tt.given)}
		if tt.typeset != "" {
			answers["2_1_dynamath"] = capa.Text(tt.typeset)
		}
		got, err := check(t, python, source, answers, nil)
		if err != nil {
			t.Errorf("%+v: %v", tt, err)
			continue
		}
		e := got.CorrectMap["2_1"]
		mark, said, _ := strings.Cut(tt.want, " ")
		if string(e.Correctness) != mark || !strings.Contains(e.Msg, said) {
			t.Errorf("%+v: got %s %s", tt, e.Correctness, e.Msg)
		}
	}
}

// TestAuthorCode: what only a run of it shows.
func TestAuthorCode(t *testing.T) {
	t.Parallel()
	python := scripttest.Start(t)
	if python == nil {
		t.Skip("no Python")
	}
	tests := []struct {
		name, source string
		kind         capa.Kind
		want         string // mark and message, or the error's text
	}{
		{"a class and a closure", `<script>
class Checker:
    def __init__(self, n): self.n = n
    def __call__(self, expect, ans): return {'ok': int(ans) == self.n, 'msg': 'n is %d' % self.n}
check = Checker(5)</script><customresponse cfn="check"><textline/></customresponse>`, 0, "correct n is 5"},
		{"statements do not see functions", `<script>def f(x): return x</script><customresponse><textline/><answer>correct = [f('correct')]</answer></customresponse>`, capa.ResponseFault, "name 'f' is not defined"},
		{"statements see values", `<script>n = [1, {'a': float('inf')}]</script><customresponse><textline/><answer>correct = ['correct' if n[1]['a'] > 9 and seed == 3 else 'no']</answer></customresponse>`, 0, "correct"},
		{"the same random numbers", `<script>a = random.random()
def f(expect, ans): return {'ok': expect == str(a), 'msg': ''}</script><customresponse cfn="f" expect="$a"><textline/></customresponse>`, 0, "correct"},
		{"what cannot cross", `<script>def f(expect, ans): return {'ok': True, 'msg': object()}</script><customresponse cfn="f"><textline/></customresponse>`, capa.ResponseFault, "cannot be read"},
		{"leaving early", `<script>import sys
def f(expect, ans): sys.exit(0)</script><customresponse cfn="f"><textline/></customresponse>`, capa.ResponseFault, ""},
		{"text with quotes and colons", `<script>def f(expect, ans): raise ValueError('no: "%s" &amp; more' % ans)</script><customresponse cfn="f"><textline/></customresponse>`, capa.ResponseFault, `no: "5" &amp; more`},
		{"the answer cannot be code", `<script>def f(expect, ans): return ans == '5'</script><customresponse cfn="f" expect="'); import os; ('"><textline/></customresponse>`, 0, "correct"},
	}
	for _, tt := range tests {
		got, err := check(t, python, "<problem>"+tt.source+"</problem>", capa.Answers{"2_1": capa.Text("5")}, nil)
		e := got.CorrectMap["2_1"]
		if err != nil {
			if capa.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v: %v", tt.name, capa.KindOf(err), err)
			}
			continue
		}
		if found := strings.TrimSpace(string(e.Correctness) + " " + e.Msg); tt.kind != 0 || found != tt.want {
			t.Errorf("%s: got %s", tt.name, found)
		}
	}
}
