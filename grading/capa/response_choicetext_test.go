package capa

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChoiceText(t *testing.T) {
	t.Parallel()
	const start, end = `<choicetextresponse><checkboxtextgroup>`, `</checkboxtextgroup></choicetextresponse>`
	source := start + `<choice correct="true">a <numtolerance_input answer="5" tolerance="10%"/> and <numtolerance_input answer="1+2j"/></choice>` +
		`<choice correct="true">b</choice><choice correct="True">c <decoy_input/></choice>` + end
	// map keys, shortened: 0 is choice 0, 0.1 its second field
	answer := func(pairs ...string) Answer {
		m := map[string]string{}
		for k := 0; k < len(pairs); k += 2 {
			key := pairs[k][:1] + "bc"
			if len(pairs[k]) > 1 {
				key = pairs[k][:1] + "_numtolerance_input_" + pairs[k][2:]
			}
			m["2_1_choiceinput_"+key] = pairs[k+1]
		}
		return Map(m)
	}
	tests := []struct {
		name, source string
		answer       Answer
		want         string
	}{
		{"right", source, answer("0", "x", "0.0", "5.4", "0.1", "2*j+1", "1", "x"), "correct"},
		{"one number off", source, answer("0", "x", "0.0", "5.6", "0.1", "1+2*j", "1", "x"), "incorrect"},
		{"a choice too few", source, answer("0", "x", "0.0", "5", "0.1", "1+2*j"), "incorrect"},
		{"a choice too many", source, answer("0", "x", "0.0", "5", "0.1", "1+2*j", "1", "x", "2", "x", "2.0", "7"), "incorrect"},
		{"decoy without a number", source, answer("2", "x", "2.0", "<i>"), "student_input_error: Could not interpret '&lt;i&gt;' as a number."},
		{"number of a choice not made", source, answer("1", "x", "0.0", "zz"), "incorrect"},
		{"unknown name", source, answer("0", "x", "0.0", "x"), "student_input_error: Could not interpret 'x' as a number."},
		{"blank", source, answer("0", "x", "0.0", " ", "0.1", "1", "1", "x"), "incorrect"},
		{"null", source, Answer{}, "engine_error"},
		{"empty text", source, Text(""), "incorrect"},
		{"text", source, Text("x"), "incorrect"},
		{"field there is none of", source, answer("0", "x", "0.7", "x"), "incorrect"},
		{"list", source, List("2_1_choiceinput_0bc"), "engine_error"},
		{"tolerance that is none", start + `<choice correct="true">a <numtolerance_input answer="5" tolerance="x"/></choice>` + end, answer("0", "", "0.0", "5"), "student_input_error: Could not interpret '5' as a number."},
		{"nothing is right", start + `<choice correct="false">a</choice>` + end, answer(), "correct"},
	}
	for _, tt := range tests {
		if got := outcome(t, tt.source, Answers{"2_1": tt.answer}); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	for name, choice := range map[string]string{
		"markup in a right choice": `<choice correct="true">a <b>b</b></choice>`,
		"answer left empty":        `<choice correct="true">a <numtolerance_input answer=""/></choice>`,
		"foreign element":          `<choice correct="true">a</choice><compoundhint/>`,
	} {
		p, err := Parse([]byte("<problem>" + start + choice + end + "</problem>"))
		if err != nil {
			t.Fatal(err)
		}
		if defects := p.Defects(); len(defects) == 0 || defects[0].Line == 0 {
			t.Errorf("%s: got %v, want a defect with a line", name, defects)
		}
	}
}

// TestChoiceTextView: all fields look alike, and hold what was entered.
func TestChoiceTextView(t *testing.T) {
	t.Parallel()
	in := instance(t, `<problem><choicetextresponse><radiotextgroup><choice correct="true"><numtolerance_input answer="5"/> of <![CDATA[<x>]]></choice>
<choice correct="false">no <i>more</i> <decoy_input/><numtolerance_input answer="1"/> end</choice></radiotextgroup></choicetextresponse></problem>`, Options{Seed: 1, IDPrefix: "p"})
	node := onlyInput(t, in, Answers{"p_2_1": Map(map[string]string{"p_2_1_choiceinput_0bc": "", "p_2_1_choiceinput_0_numtolerance_input_0": "7"})})
	want := []TextChoice{
		{Name: "p_2_1_choiceinput_0bc", Selected: true, Parts: []TextPart{
			{}, {Field: "p_2_1_choiceinput_0_numtolerance_input_0", Value: "7", Tail: " of &lt;x&gt;"},
		}},
		{Name: "p_2_1_choiceinput_1bc", Parts: []TextPart{
			{HTML: "no "}, {HTML: "<i>more</i>", Tail: " "}, {}, {Field: "p_2_1_choiceinput_1_numtolerance_input_0", Tail: " end"},
		}},
	}
	if diff := cmp.Diff(node.TextChoices, want); diff != "" || node.Widget != "radio" {
		t.Errorf("%s (-got +want):\n%s", node.Widget, diff)
	}
	if diff := cmp.Diff(in.Answers(), []ShownAnswer{
		{ID: "p_2_1", List: true, Choices: []string{"p_2_1_choiceinput_0bc"}}, {ID: "p_2_1_choiceinput_0bc", Text: "5"},
	}); diff != "" {
		t.Errorf("answers (-got +want):\n%s", diff)
	}
}

// FuzzTyped sends anything to the inputs whose answers have a form of their own.
func FuzzTyped(f *testing.F) {
	f.Add([]byte(`{"2_1":{"2_1_choiceinput_0bc":"","2_1_choiceinput_0_numtolerance_input_0":"5"},"3_1":"[1,2]","4_1":"{\"options\":[1],\"comment\":\"c\"}","5_1":"x+1"}`))
	f.Add([]byte(`{"2_1":[],"3_1":{},"4_1":["a"],"5_1":null}`))
	f.Add([]byte(`{"2_1":"","3_1":"","4_1":"null","5_1":"fact(99)^x"}`))
	p, err := Parse([]byte(`<problem><choicetextresponse><checkboxtextgroup><choice correct="true">a <numtolerance_input answer="5"/></choice><choice correct="false">b <decoy_input/></choice></checkboxtextgroup></choicetextresponse>
<imageresponse><imageinput src="a" width="1" height="1" rectangle="(1,1)-(2,2)" regions="[[0,0],[9,0],[0,9]]"/></imageresponse>
<annotationresponse><annotationinput><options><option choice="correct">a</option><option choice="incorrect">b</option></options></annotationinput></annotationresponse>
<formularesponse answer="x" samples="x@1:2#3"><formulaequationinput/></formularesponse></problem>`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var answers Answers
		if json.Unmarshal(data, &answers) != nil {
			return
		}
		in, err := p.Instantiate(t.Context(), Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		in.View(ViewState{Answers: answers})
		result, err := in.Check(t.Context(), answers, nil)
		if err != nil {
			return
		}
		if s := result.Score; s < 0 || s > float64(result.MaxScore) {
			t.Fatalf("score %v of %d", s, result.MaxScore)
		}
		in.View(ViewState{Answers: answers, CorrectMap: result.CorrectMap, Done: true})
		in.Submissions(answers, result.CorrectMap, "")
	})
}

// BenchmarkCheckTyped is a picture, a choice with a number and an annotation.
func BenchmarkCheckTyped(b *testing.B) {
	p, err := Parse([]byte(`<problem><choicetextresponse><radiotextgroup><choice correct="true">a <numtolerance_input answer="5" tolerance="1%"/></choice><choice correct="false">b <decoy_input/></choice></radiotextgroup></choicetextresponse>
<imageresponse><imageinput src="a" width="1" height="1" rectangle="(1,1)-(2,2)" regions="[[0,0],[90,0],[0,90],[50,20],[20,50]]"/></imageresponse>
<annotationresponse><annotationinput><options><option choice="correct">a</option><option choice="incorrect">b</option></options></annotationinput></annotationresponse></problem>`))
	if err != nil {
		b.Fatal(err)
	}
	answers := Answers{
		"2_1": Map(map[string]string{"2_1_choiceinput_0bc": "x", "2_1_choiceinput_0_numtolerance_input_0": "5.01"}),
		"3_1": Text("[10,10]"), "4_1": Text(`{"options":[0],"comment":"because"}`),
	}
	b.ReportAllocs()
	for b.Loop() {
		in, err := p.Instantiate(b.Context(), Options{Seed: 1, Attempt: 1})
		if err != nil {
			b.Fatal(err)
		}
		result, err := in.Check(b.Context(), answers, nil)
		if err != nil || !result.CorrectMap.AllRight() {
			b.Fatalf("%v, %v", result, err)
		}
	}
}
