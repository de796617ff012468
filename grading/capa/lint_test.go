package capa

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, source, want string }{
		{"nothing", "<problem><stringresponse answer=\"a\"><label>Q</label><textline/></stringresponse></problem>", ""},
		{"no XML", "<problem>\n<p>a < b</p></problem>", "2 error does_not_load"},
		{"no label, no alt", "<problem>\n<img src=\"a.png\"/>\n<stringresponse answer=\"a\">\n<textline/></stringresponse></problem>", "2 warning missing_alt, 4 warning missing_label"},
		{
			"old forms", "<problem>\n<startouttext/>a<endouttext/>\n<stringresponse answer=\"a_or_b\"><label>Q</label><textline label=\"Q\"/>\n<additional_answer>b</additional_answer></stringresponse><center>x</center></problem>",
			"2 note old_text, 3 note old_alternatives, 3 note old_label, 4 note old_alternatives, 4 note old_element",
		},
		{"nothing is right", "<problem>\n<multiplechoiceresponse><label>Q</label>\n<choicegroup><choice correct=\"false\">a</choice></choicegroup></multiplechoiceresponse></problem>", "3 error never_right"},
		{"same names", "<problem><multiplechoiceresponse><label>Q</label><choicegroup><choice correct=\"true\" name=\"x\">a</choice>\n<choice correct=\"false\" name=\"x\">b</choice></choicegroup></multiplechoiceresponse></problem>", "2 error same_name"},
		{"right answer is no option", "<problem><optionresponse><label>Q</label>\n<optioninput options=\"('a','b')\" correct=\"c\"/></optionresponse></problem>", "2 note old_options, 2 error never_right"},
		{"bad pattern", "<problem>\n<stringresponse answer=\"(a\" type=\"regexp\"><label>Q</label><textline/></stringresponse></problem>", "2 error bad_pattern"},
		{"bad number", "<problem>\n<numericalresponse answer=\"x+\"><label>Q</label><textline/></numericalresponse></problem>", ""},
		{"code in a file", "<problem>\n<customresponse><label>Q</label><textline/><answer type=\"loncapa/python\" src=\"check.py\"/></customresponse></problem>", "2 error unsupported"},
		{"script", "<problem>\n<script type=\"loncapa/python\">x = 1</script><p>$x</p></problem>", "2 note script_not_tried"},
		{"Python 2", "<problem>\n<script type=\"loncapa/python\">\nprint 'a'\nif a &lt;&gt; b: pass\nprint('b')</script></problem>", "2 note script_not_tried, 3 note python_2, 4 note python_2"},
		{
			"tools", "<problem><customresponse>\n<vsepr_input width=\"1\" height=\"1\" molecules=\"H2O\" geometries=\"AX2E2, tetra, $more\"/><answer>x</answer></customresponse><customresponse>\n" +
				"<designprotein2dinput width=\"1\" height=\"1\" target_shape=\"E;N;none;\"/><answer>x</answer></customresponse><customresponse>\n" +
				"<editageneinput genex_dna_sequence=\"ACGU\" genex_problem_number=\"6\"/><answer>x</answer></customresponse><customresponse>\n<editamoleculeinput/><answer>x</answer></customresponse></problem>",
			"3 note own_tool, 3 warning unknown_shape, 4 note own_tool, 4 warning asks_nothing, 4 warning unknown_shape, 5 error unsupported",
		},
		{"shape", "<problem><customresponse>\n<vsepr_input width=\"1\" height=\"1\" molecules=\"H2O\" geometries=\"AX2E2, tetra\"/><answer>x</answer></customresponse></problem>", "2 warning unknown_shape"},
		{"two right options", "<problem><optionresponse><label>Q</label><optioninput><option correct=\"True\">a</option>\n<option correct=\"True\">b</option></optioninput></optionresponse></problem>", "2 error does_not_load"},
	} {
		var got []string
		for _, f := range Lint(t.Context(), []byte(c.source), nil) {
			got = append(got, fmt.Sprintf("%d %s %s", f.Line, f.Severity, f.Kind))
			if f.Text == "" {
				t.Errorf("%s: %s says nothing", c.name, f.Kind)
			}
		}
		if diff := cmp.Diff(strings.Join(got, ", "), c.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", c.name, diff)
		}
	}
}
