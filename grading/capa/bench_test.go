package capa

import "testing"

// plainKinds are questions without author Python, with a right answer.
var plainKinds = []struct {
	name, source string
	answers      Answers
}{
	{"multiplechoice", `<multiplechoiceresponse><label>Which?</label><choicegroup><choice correct="true">a<choicehint>Yes.</choicehint></choice><choice correct="false">b</choice><choice correct="false">c</choice></choicegroup></multiplechoiceresponse>`, Answers{"b_2_1": Text("choice_0")}},
	{"shuffle", `<multiplechoiceresponse><choicegroup shuffle="true"><choice correct="true">a</choice><choice correct="false">b</choice><choice correct="false">c</choice></choicegroup></multiplechoiceresponse>`, Answers{"b_2_1": Text("choice_0")}},
	{"truefalse", `<truefalseresponse><choicegroup><choice correct="true" name="a">a</choice><choice correct="false" name="b">b</choice></choicegroup></truefalseresponse>`, Answers{"b_2_1": List("choice_a")}},
	{"choice", `<choiceresponse partial_credit="EDC"><label>Which?</label><checkboxgroup><choice correct="true">a<choicehint selected="true">h</choicehint></choice><choice correct="false">b</choice></checkboxgroup></choiceresponse>`, Answers{"b_2_1": List("choice_0")}},
	{"option", `<optionresponse><optioninput options="('a','b','c')" correct="b" label="Which?"/></optionresponse>`, Answers{"b_2_1": Text("b")}},
	{"numerical", `<numericalresponse answer="18.015"><responseparam type="tolerance" default="1%"/><formulaequationinput trailing_text="g"/></numericalresponse>`, Answers{"b_2_1": Text("3*6.005")}},
	{"range", `<numericalresponse answer="[1,2)" partial_credit="close"><formulaequationinput/></numericalresponse>`, Answers{"b_2_1": Text("1.5")}},
	{"formula", `<formularesponse answer="x^2+sin(y)" samples="x,y@1,1:3,3#10" type="cs"><responseparam type="tolerance" default="1%"/><formulaequationinput/></formularesponse>`, Answers{"b_2_1": Text("sin(y)+x*x")}},
	{"string", `<stringresponse answer="snow" type="ci"><additional_answer answer="ice"/><textline size="20"/></stringresponse>`, Answers{"b_2_1": Text("Snow")}},
	{"regexp", `<stringresponse answer="sn?o+w" type="ci regexp"><textline size="20"/></stringresponse>`, Answers{"b_2_1": Text("Snow")}},
	{"back-reference", `<stringresponse answer="(s|n)now\1?" type="ci regexp"><textline size="20"/></stringresponse>`, Answers{"b_2_1": Text("Snow")}},
	{"image", `<imageresponse><imageinput src="/static/a.png" width="40" height="30" rectangle="(1,1)-(20,20)" regions="[[0,0],[9,0],[0,9]]"/></imageresponse>`, Answers{"b_2_1": Text("[5,5]")}},
	{
		"choicetext", `<choicetextresponse><radiotextgroup><choice correct="true">a <numtolerance_input answer="5" tolerance="1%"/></choice><choice correct="false">b</choice></radiotextgroup></choicetextresponse>`,
		Answers{"b_2_1": Map(map[string]string{"b_2_1_choiceinput_0bc": "b_2_1_choiceinput_0bc", "b_2_1_choiceinput_0_numtolerance_input_0": "5"})},
	},
	{"annotation", `<annotationresponse><annotationinput><title>T</title><text>x</text><options><option choice="correct">a</option><option choice="incorrect">b</option></options></annotationinput></annotationresponse>`, Answers{"b_2_1": Text(`{"options": [0], "comment": "c"}`)}},
}

func eachKind(b *testing.B, run func(*testing.B, *Problem, Answers)) {
	b.Helper()
	for _, k := range plainKinds {
		p, err := Parse([]byte(`<problem><p>Water is made of <b>two</b> elements.</p>` + k.source + `<solution><p>Because.</p></solution></problem>`))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, p, k.answers)
		})
	}
}

// BenchmarkShowKind is what a page costs once a problem of each kind has been parsed: at most 200 µs.
func BenchmarkShowKind(b *testing.B) {
	eachKind(b, func(b *testing.B, p *Problem, _ Answers) {
		b.Helper()
		for b.Loop() {
			in, err := p.Instantiate(b.Context(), Options{Seed: 1, IDPrefix: "b"})
			if err != nil {
				b.Fatal(err)
			}
			in.View(ViewState{})
		}
	})
}

// BenchmarkCheckKind is what an answer costs: at most 100 µs.
func BenchmarkCheckKind(b *testing.B) {
	eachKind(b, func(b *testing.B, p *Problem, answers Answers) {
		b.Helper()
		for b.Loop() {
			in, err := p.Instantiate(b.Context(), Options{Seed: 1, IDPrefix: "b", Attempt: 1})
			if err != nil {
				b.Fatal(err)
			}
			result, err := in.Check(b.Context(), answers, nil)
			if err != nil || !result.CorrectMap.AllRight() {
				b.Fatalf("%v, %v", result, err)
			}
		}
	})
}
