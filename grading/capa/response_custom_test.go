package capa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runnerFunc answers runs in place of Python.
type runnerFunc func(ScriptJob) (string, error)

func (f runnerFunc) Run(_ context.Context, job ScriptJob) (ScriptResult, error) {
	globals, err := f(job)
	return ScriptResult{Globals: []byte(globals)}, err
}

// marked words a map: mark, points and message of each input.
func marked(in *Instance, m CorrectMap) string {
	var out []string
	for _, r := range in.problem.responses {
		for _, i := range r.inputs {
			e := m[in.id(i.id)]
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %v %s", e.Correctness, e.Points(), e.Msg)))
		}
	}
	return strings.Join(out, "; ")
}

func TestCheckFunctionResults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, returned, one, two string }{
		{"true", `true`, "correct 4", "correct 4; correct 2"},
		{"none", `null`, "incorrect 0", "incorrect 0; incorrect 0"},
		{"a text", `" FALSE "`, "incorrect 0", "incorrect 0; incorrect 0"},
		{"a word", `"incorrect"`, "correct 4", "correct 4; correct 2"},
		{"partial", `["a partial one"]`, "partially-correct 2", "partially-correct 2; partially-correct 1"},
		{"not a number", `{"__float__": "nan"}`, "correct 4", "correct 4; correct 2"},
		{"a dict", `{"ok": true, "msg": "a < <b>b"}`, "correct 4 a &lt; <b>b</b>", "correct 4; correct 2 | a &lt; <b>b</b>"},
		{"no message", `{"ok": "Partially", "msg": null}`, "partially-correct 2", "partially-correct 2; partially-correct 1"},
		{"a share", `{"ok": false, "grade_decimal": "0.25"}`, "incorrect 1", "incorrect 1; incorrect 0.5"},
		{"an endless share", `{"ok": true, "grade_decimal": " Inf"}`, "correct +Inf", "correct +Inf; correct +Inf"},
		{"no share", `{"ok": true, "grade_decimal": null}`, "engine_error", "engine_error"},
		{"a list", `{"input_list": [{"ok": true, "msg": 7}, {"ok": "yes", "grade_decimal": true}], "overall_message": "<i>all"}`, "correct 4 7 | <i>all</i>", "correct 4 7; correct 2 | <i>all</i>"},
		{"a list of one", `{"input_list": [{"ok": "true"}]}`, "correct 4", "engine_error"},
		{"a list without words", `{"input_list": [{}, {}]}`, "engine_error", "engine_error"},
		{"a share that is a text", `{"input_list": [{"ok": 1, "grade_decimal": "1"}, {"ok": 1}]}`, "engine_error", "engine_error"},
		{"an empty list", `{"input_list": []}`, "engine_error", "engine_error"},
		{"no list", `{"input_list": {"ok": true}}`, "engine_error", "engine_error"},
		{"another dict", `{"result": true}`, "response_error", "response_error"},
		{"nothing that crosses", ``, "response_error", "response_error"},
	}
	for _, tt := range tests {
		runner := runnerFunc(func(job ScriptJob) (string, error) {
			if tt.returned == "" || !strings.Contains(job.Code, "cfn_return = f(expect, ans)\n") {
				return `{}`, nil
			}
			return `{"cfn_return": ` + tt.returned + `}`, nil
		})
		for source, want := range map[string]string{
			`<problem><customresponse cfn="f"><textline points="4"/></customresponse></problem>`:                       tt.one,
			`<problem><customresponse cfn="f"><textline points="4"/><textline points="2"/></customresponse></problem>`: tt.two,
		} {
			in := instance(t, source, Options{Seed: 1, Runner: runner})
			result, err := in.Check(t.Context(), Answers{"2_1": Text("x"), "2_2": Text("y")}, nil)
			got := marked(in, result.CorrectMap)
			if result.OverallMessage != "" {
				got += " | " + result.OverallMessage
			}
			if err != nil {
				got = KindOf(err).String()
			}
			if got != want {
				t.Errorf("%s: got %q (%v), want %q", tt.name, got, err, want)
			}
		}
	}
}

// TestCheckFunctionCall looks at what a check function is given.
func TestCheckFunctionCall(t *testing.T) {
	t.Parallel()
	var jobs []ScriptJob
	runner := runnerFunc(func(job ScriptJob) (string, error) {
		jobs = append(jobs, job)
		return `{"seed": 5, "x": {"__float__": "inf"}, "cfn_return": 1}`, nil
	})
	in := instance(t, `<problem><script>x = 1</script><customresponse cfn="f" expect="$x" cfn_extra_args="x seed none attempt options"><textline/></customresponse></problem>`,
		Options{Seed: 3, AnonymousID: "u", Attempt: 2, Runner: runner, IDPrefix: "b", Files: []ScriptFile{{Name: PythonLib}}})
	if _, err := in.Check(t.Context(), Answers{"b_2_1": Text("<a>")}, nil); err != nil {
		t.Fatal(err)
	}
	want := []ScriptJob{
		{Code: "x = 1", Globals: json.RawMessage(`{"seed": 3, "anonymous_student_id": "u"}`), Seed: 3, Files: []ScriptFile{{Name: PythonLib}}},
		{
			Code:    "x = 1\ncfn_return = f(expect, ans, x=x, seed=seed, none=none, attempt=attempt, options=options)\n",
			Globals: json.RawMessage(`{"expect": "inf", "ans": "\u003ca\u003e", "x": {"__float__": "inf"}, "seed": 5, "none": null, "attempt": 2, "options": null}`),
			Seed:    5, Files: []ScriptFile{{Name: PythonLib}},
		},
	}
	if diff := cmp.Diff(jobs, want); diff != "" {
		t.Errorf("jobs (-got +want):\n%s", diff)
	}
}

// TestStatements looks at the names statements find and at what is read back.
func TestStatements(t *testing.T) {
	t.Parallel()
	source := `<problem><customresponse expect="7" options="o"><textline/><textline points="2"/><answer>pass</answer></customresponse></problem>`
	tests := []struct{ name, left, want string }{
		{"nothing set", `{}`, "unknown 0; unknown 0"},
		{"set", `{"correct": ["correct", "partially-correct"], "messages": ["<b>a", null], "overall_message": "o"}`, "correct 1 <b>a</b>; partially-correct 1 | o"},
		{"a word of its own", `{"correct": ["correct", "almost"], "messages": ["", ""]}`, "correct 1; almost 0"},
		{"shares", `{"correct": ["correct", "incorrect"], "grade_decimals": [0.5, 0.25]}`, "correct 0.5; incorrect 0.5"},
		{"no shares", `{"correct": ["correct", "incorrect"], "grade_decimals": []}`, "correct 1; incorrect 0"},
		{"too few marks", `{"correct": ["correct"]}`, "engine_error"},
		{"too few shares", `{"correct": ["correct", "correct"], "grade_decimals": [1]}`, "engine_error"},
		{"a word for a list", `{"correct": "ok"}`, "o 0; k 0"},
	}
	for _, tt := range tests {
		var job ScriptJob
		runner := runnerFunc(func(j ScriptJob) (string, error) { job = j; return tt.left, nil })
		in := instance(t, source, Options{Seed: 3, AnonymousID: "u", Runner: runner})
		result, err := in.Check(t.Context(), Answers{"2_1": Text("1"), "2_2": Text("2"), "2_2_dynamath": Text("<math/>")}, nil)
		got := marked(in, result.CorrectMap)
		if result.OverallMessage != "" {
			got += " | " + result.OverallMessage
		}
		if err != nil {
			got = KindOf(err).String()
		}
		if got != tt.want {
			t.Errorf("%s: got %q (%v), want %q", tt.name, got, err, tt.want)
		}
		var names map[string]any
		if err := json.Unmarshal(job.Globals, &names); err != nil {
			t.Fatalf("%s: %v", job.Globals, err)
		}
		want := map[string]any{
			"seed": 3.0, "anonymous_student_id": "u", "script_code": "", "python_path": []any{}, "extra_files": nil,
			"response_id": "1", "expect": "7", "submission": []any{"1", "2"}, "idset": []any{"2_1", "2_2"}, "dynamath": []any{nil, "<math/>"},
			"answers": map[string]any{"2_1": "1", "2_2": "2", "2_2_dynamath": "<math/>"}, "correct": []any{"unknown", "unknown"},
			"messages": []any{"", ""}, "overall_message": "", "options": "o", "debug": false,
		}
		if diff := cmp.Diff(names, want); diff != "" {
			t.Errorf("names (-got +want):\n%s", diff)
		}
	}
}

func TestCheckFailures(t *testing.T) {
	t.Parallel()
	source := `<problem><customresponse cfn="f"><textline/></customresponse></problem>`
	machinery := errors.New("the machine is gone")
	tests := []struct {
		err  error
		kind Kind
		text string
	}{
		{&ScriptError{Message: "ValueError: bad: <x>"}, ResponseFault, "bad: &lt;x&gt;"},
		{&ScriptError{Message: "AssertionError"}, ResponseFault, "AssertionError"},
		{&ScriptError{Message: "StudentFacingError: one<br/>two <p class=\"x\">\n<code>a &lt; <mark>b</mark></code>"}, ResponseFault, "one\ntwo\na &lt; b"},
		{&ScriptError{Message: "TypeError: <class 'int'> and <bool>"}, ResponseFault, "&lt;class 'int'&gt; and &lt;bool&gt;"},
		{machinery, Engine, "run the check of question 1: the machine is gone"},
		{errorf(Unavailable, 0, "Python is off"), Unavailable, "Python is off"},
	}
	for _, tt := range tests {
		in := instance(t, source, Options{Runner: runnerFunc(func(ScriptJob) (string, error) { return "", tt.err })})
		_, err := in.Check(t.Context(), Answers{"2_1": Text("x")}, nil)
		if KindOf(err) != tt.kind || AsError(err).Message != tt.text || !errors.Is(err, tt.err) {
			t.Errorf("%v: got %v: %v", tt.err, KindOf(err), err)
		}
	}
	in := instance(t, source, Options{Runner: runnerFunc(func(ScriptJob) (string, error) { return "[]", nil })})
	if _, err := in.Check(t.Context(), Answers{"2_1": Text("x")}, nil); err == nil || KindOf(err) != Engine {
		t.Errorf("a runner that answers nonsense: got %v", err)
	}
	if _, err := in.Check(t.Context(), Answers{}, nil); err == nil || KindOf(err) != Engine {
		t.Errorf("no answer: got %v", err)
	}
}

// TestChecksWithoutInputOrCode: what authors leave out.
func TestChecksWithoutInputOrCode(t *testing.T) {
	t.Parallel()
	tests := []struct{ source, want string }{
		{`<customresponse cfn="f"/>`, "0 of 0"},
		{`<customresponse cfn="dict"/>`, "engine_error"},
		{`<customresponse><textline/></customresponse>`, "0 of 1"},
		{`<customresponse cfn="f"><textline/><answer/></customresponse>`, "response_error"},
		{`<schematicresponse><answer>pass</answer></schematicresponse>`, "0 of 0"},
		{`<schematicresponse><schematic/><answer/></schematicresponse>`, "response_error"},
	}
	runner := runnerFunc(func(job ScriptJob) (string, error) {
		switch {
		case strings.Contains(job.Code, "dict("):
			return `{"cfn_return": {"ok": true, "msg": "m"}}`, nil
		case strings.Contains(job.Code, "f("):
			return `{"cfn_return": true}`, nil
		default:
			return `{"correct": ["unknown"]}`, nil
		}
	})
	for _, tt := range tests {
		in := instance(t, "<problem>"+tt.source+"</problem>", Options{Runner: runner})
		result, err := in.Check(t.Context(), Answers{"2_1": Text("[]")}, nil)
		got := fmt.Sprintf("%v of %d", result.Score, result.MaxScore)
		if err != nil {
			got = KindOf(err).String()
		}
		if got != tt.want {
			t.Errorf("%s: got %s (%v), want %s", tt.source, got, err, tt.want)
		}
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	for markup, want := range map[string]string{
		"a < b & c > d":                             "a &lt; b &amp; c &gt; d",
		"&lt;b&gt; &eacute;":                        "&lt;b&gt; é",
		"<p>one<br>two<p>three":                     "<p>one<br/>two<p>three</p></p>",
		"<b><i>x</b>y</i>":                          "<b><i>x</i></b>y",
		"<tr><td>x</td></tr>":                       "<tr><td>x</td></tr>",
		`<a href='x"y' HREF=z b>t`:                  `<a href="x&quot;y" b="">t</a>`,
		"<div/>x":                                   "<div></div>x",
		"<script>a < b && c</script>d":              "<script>a < b && c</script>d",
		"<textarea>&lt;/textarea&gt;<b></textarea>": "<textarea>&lt;/textarea&gt;&lt;b&gt;</textarea>",
		"<plaintext>a<b>":                           "a&lt;b&gt;",
		"<!-- c -->x</p>":                           "x",
		"<html><body><p>x</p></body>":               "<p>x</p>",
		strings.Repeat("<b>", 1000) + "x":           strings.Repeat("<b>", maxDepth) + "x" + strings.Repeat("</b>", maxDepth),
	} {
		if got := tidy(markup); got != want {
			t.Errorf("%q: got %q, want %q", markup, got, want)
		}
	}
}

func TestSchematic(t *testing.T) {
	t.Parallel()
	in := instance(t, `<problem><schematicresponse><schematic/><schematic/><answer>pass</answer></schematicresponse></problem>`, Options{
		Runner: runnerFunc(func(job ScriptJob) (string, error) {
			if !strings.Contains(string(job.Globals), `"submission": [[1],2]`) {
				return "", &ScriptError{Message: string(job.Globals)}
			}
			return `{"correct": ["correct"]}`, nil
		}),
	})
	result, err := in.Check(t.Context(), Answers{"2_1": Text("[1]"), "2_2": Text("2")}, nil)
	if err != nil || result.CorrectMap["2_1"].Correctness != Correct || len(result.CorrectMap) != 1 {
		t.Errorf("got %v, %v", result, err)
	}
	for _, bad := range []string{"[", "", strings.Repeat("[", 5000) + strings.Repeat("]", 5000)} {
		if _, err := in.Check(t.Context(), Answers{"2_1": Text(bad), "2_2": Text("2")}, nil); err == nil || KindOf(err) != Engine {
			t.Errorf("%.20q: got %v", bad, err)
		}
	}
}
