package problem

import (
	"net/url"
	"testing"

	"lyceum/component/componenttest"
)

// FuzzTrial tries out what authors may type, with whatever their page says it was left with: it is drawn, or refused with an error.
func FuzzTrial(f *testing.F) {
	f.Add(">>2+2?<<\n= 4", "", "4", "problem_check")
	f.Add("(x) a\n( ) b\n||hint||", `{"seed":3,"attempts":1,"done":true}`, "choice_0", "problem_show")
	f.Add("[[a, (b)]]", `{"student_answers":{"x":[1]},"correct_map":{"x":7}}`, "b", "problem_reset")
	f.Add("<script>x</script>a < b", `{]`, "", "hint_button")
	f.Fuzz(func(t *testing.T, text, state, answer, act string) {
		d := newDesk(t, nil, string(FromMarkdown(text)), nil)
		form := url.Values{"input_" + d.node.Key.HTMLID() + "_2_1": {answer}, "hint_index": {answer}, "input_id": {answer}, "dispatch": {previewFormula}, "formula": {answer}}
		got, err := d.kind.Try(componenttest.Context(t), d.rt, d.node, "/x", Trial{Act: act, Form: form, State: state, Seed: 1})
		if err == nil && got.View == nil {
			t.Error("neither drawn nor refused")
		}
	})
}
