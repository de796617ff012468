package capa

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// seeds are sources that reach every corner of the reader.
var seeds = []string{
	scripted,
	`<problem><p>Which?</p><multiplechoiceresponse partial_credit="points"><choicegroup label="Which?" shuffle="true"><choice correct="true" fixed="true">a<choicehint label="">h</choicehint></choice><choice correct="partial" point_value="0.2">b</choice></choicegroup></multiplechoiceresponse></problem>`,
	`<problem><multiplechoiceresponse targeted-feedback=""><choicegroup answer-pool="2"><choice correct="true" explanation-id="x">a</choice><choice correct="false">b</choice></choicegroup></multiplechoiceresponse><targetedfeedbackset><targetedfeedback explanation-id="x">t</targetedfeedback></targetedfeedbackset><solutionset><solution explanation-id="x">s</solution></solutionset></problem>`,
	`<problem><choiceresponse partial_credit="EDC"><label>L</label><description>D</description><checkboxgroup><choice correct="true">a<choicehint selected="true">h</choicehint></choice><choice correct="false">b</choice><compoundhint value="A B">c</compoundhint></checkboxgroup></choiceresponse></problem>`,
	`<problem><optionresponse><optioninput options="('a','b c',&quot;d&quot;,it's)" correct="a"/><optioninput><option correct="true">x<optionhint>h</optionhint></option></optioninput></optionresponse></problem>`,
	`<problem><numericalresponse answer="[1,2)" partial_credit="close,list"><responseparam type="tolerance" default="5%" partial_answers="3,4"/><additional_answer answer="9"><correcthint>h</correcthint></additional_answer><formulaequationinput trailing_text="m"/></numericalresponse></problem>`,
	`<problem><stringresponse answer="a|b" type="ci regexp"><additional_answer>c</additional_answer><stringequalhint answer="d">h</stringequalhint><textline size="3"/><hintgroup mode="on_request"><stringhint answer="z" name="n"/><hintpart on="n"><text>t</text></hintpart></hintgroup></stringresponse><demandhint><hint>1</hint></demandhint></problem>`,
	`<problem><formularesponse answer="x" samples="x,y@1,2:3,4#3" type="cs,ci"><responseparam type="tolerance" default="1%"/><formulaequationinput/><hintgroup><formulahint name="n" samples="x@1:2#2" answer="2*x"/><hintpart on="n"><text>t</text></hintpart></hintgroup></formularesponse></problem>`,
	`<problem><imageresponse><imageinput src="a" width="4" height="3" rectangle="(1,1)-(2,2);[3,3]-[4,4]" regions="[[0,0],[9,0],[0,9]]"/></imageresponse><annotationresponse><annotationinput><title>T</title><text>x</text><options><option choice="correct">a</option><option choice="partially-correct">b</option></options></annotationinput></annotationresponse></problem>`,
	`<problem><choicetextresponse><checkboxtextgroup><choice correct="true">a <numtolerance_input answer="5" tolerance="1%"/> c</choice><choice correct="false">b <i>x</i><decoy_input/></choice></checkboxtextgroup></choicetextresponse></problem>`,
	`<problem><customresponse cfn="f"><textbox rows="3">start</textbox><drag_and_drop_input img="a"><draggable id="d" label="D"><target id="u" x="1" y="1" w="1" h="1"/></draggable><target id="t" x="1" y="1" w="1" h="1"/></drag_and_drop_input><jsinput html_file="h" gradefn="g"/></customresponse></problem>`,
	`<problem><startouttext/>x<endouttext/><math>$a$</math><clarification>c</clarification><include file="f"/><customresponse><textbox/></customresponse></problem>`,
}

func FuzzProblem(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), "choice_0", 1)
	}
	f.Fuzz(func(t *testing.T, source []byte, text string, seed int) {
		start := time.Now()
		p, err := Parse(source)
		var e *Error
		if err != nil {
			if !errors.As(err, &e) || e.Line == 0 {
				t.Fatalf("error without a line: %v", err)
			}
			return
		}
		p.Defects()
		in, err := p.Instantiate(t.Context(), Options{Seed: seed, Runner: fakeRunner{globals: `{"x":1}`}})
		if err != nil {
			return
		}
		answers := Answers{}
		for i, r := range p.Responses() {
			for _, input := range r.Inputs {
				answers[input.ID] = []Answer{Text(text), List(text), {}}[i%3]
			}
		}
		in.View(ViewState{})
		result, err := in.Check(t.Context(), answers, nil)
		if err == nil {
			in.View(ViewState{Answers: answers, CorrectMap: result.CorrectMap, Done: true})
			in.Submissions(answers, result.CorrectMap, seed)
		}
		in.Answers()
		if d := time.Since(start); d > 5*time.Second {
			t.Fatalf("took %v", d)
		}
	})
}

func FuzzSubmission(f *testing.F) {
	f.Add([]byte(`{"2_1":"5","3_1":["choice_0"],"4_1":{"a":"b"},"5_1":null}`))
	f.Add([]byte(`{"2_1":5,"3_1":"choice_1","4_1":"b","5_1":"c"}`))
	f.Add([]byte(`{"2_1":["choice_1"],"3_1":[],"4_1":"1e400","5_1":"aaaa"}`))
	source := `<problem><multiplechoiceresponse><choicegroup><choice correct="true">a<choicehint>h</choicehint></choice><choice correct="false">b</choice></choicegroup></multiplechoiceresponse>
<choiceresponse partial_credit="halves"><checkboxgroup><choice correct="true">a<choicehint selected="true">h</choicehint></choice><choice correct="false">b</choice><compoundhint value="A B">c</compoundhint></checkboxgroup></choiceresponse>
<numericalresponse answer="[1,2)" partial_credit="close"><formulaequationinput/></numericalresponse>
<stringresponse answer="(a)\1|b" type="ci regexp"><textline/></stringresponse></problem>`
	p, err := Parse([]byte(source))
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

func FuzzOptions(f *testing.F) {
	f.Add(`('it's','b\'c', d# e
'f')`)
	f.Fuzz(func(_ *testing.T, text string) { _, _ = parseOptions(text) })
}

// benchmarkSource is a problem like most: prose, a choice and two fields.
const benchmarkSource = `<problem><p>Water is made of <b>two</b> elements. Look at the picture.</p><img src="/static/w.png" alt="a drop"/>
<multiplechoiceresponse><label>Which are they?</label><choicegroup shuffle="true"><choice correct="true">hydrogen and oxygen<choicehint>Yes.</choicehint></choice><choice correct="false">carbon and oxygen</choice><choice correct="false">gold and silver</choice><choice correct="false">iron and rust</choice></choicegroup></multiplechoiceresponse>
<p>And now numbers.</p><numericalresponse answer="18.015"><label>Its molar mass?</label><responseparam type="tolerance" default="1%"/><formulaequationinput trailing_text="g/mol"/></numericalresponse>
<stringresponse answer="ice|snow" type="ci regexp"><label>Its solid form?</label><textline size="20"/></stringresponse>
<solution><div class="detailed-solution"><p>Because.</p></div></solution></problem>`

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse([]byte(benchmarkSource)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkShow is what a page costs once the problem has been parsed.
func BenchmarkShow(b *testing.B) {
	p, err := Parse([]byte(benchmarkSource))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		in, err := p.Instantiate(b.Context(), Options{Seed: 1, IDPrefix: "b"})
		if err != nil {
			b.Fatal(err)
		}
		in.View(ViewState{})
	}
}

func BenchmarkCheck(b *testing.B) {
	p, err := Parse([]byte(benchmarkSource))
	if err != nil {
		b.Fatal(err)
	}
	answers := Answers{"b_2_1": Text("choice_0"), "b_3_1": Text("18"), "b_4_1": Text("Snow")}
	b.ReportAllocs()
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
}
