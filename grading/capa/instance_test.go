package capa

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// variants are problems of every type that is built in, with what differs between learners.
var variants = []string{
	`<p>$seed for $anonymous_student_id, try $attempt</p><stringresponse answer="$anonymous_student_id"><label>l</label><textline/></stringresponse>`,
	`<p>$seed</p><optionresponse><optioninput options="('a','$seed','[]')" correct="$seed"/></optionresponse><solution>$seed</solution>`,
	`<multiplechoiceresponse targeted-feedback="alwaysShowCorrectChoiceExplanation"><choicegroup answer-pool="3"><choice correct="true" explanation-id="A">1</choice><choice correct="true" explanation-id="B">2</choice>
		<choice correct="false">3</choice><choice correct="false">4<choicehint>no $seed</choicehint></choice><choice correct="false">5</choice></choicegroup></multiplechoiceresponse>
		<targetedfeedbackset><targetedfeedback explanation-id="A">x</targetedfeedback></targetedfeedbackset>
		<solutionset><solution explanation-id="A">SA</solution><solution explanation-id="B">SB</solution></solutionset>`,
	`<multiplechoiceresponse><choicegroup shuffle="true"><choice correct="true">1</choice><choice correct="false" fixed="true">2</choice><choice correct="false">3</choice><choice correct="false">4</choice></choicegroup></multiplechoiceresponse>`,
	`<choiceresponse partial_credit="EDC"><checkboxgroup><choice correct="true">1<choicehint selected="true">yes</choicehint></choice><choice correct="$seed">2</choice></checkboxgroup></choiceresponse>`,
	`<numericalresponse answer="$seed"><responseparam type="tolerance" default="5%"/><formulaequationinput/><additional_answer answer="7"/></numericalresponse>`,
	`<stringresponse answer="a.*" type="ci regexp"><textline/><stringequalhint answer="b">hint</stringequalhint></stringresponse>`,
	`<truefalseresponse><choicegroup><choice correct="true" name="a">1</choice><choice correct="false" name="b">2</choice></choicegroup></truefalseresponse>`,
}

// everything is all that an instance says, before and after an answer.
func everything(t *testing.T, p *Problem, o Options, answer string) string {
	t.Helper()
	in, err := p.Instantiate(t.Context(), o)
	if err != nil {
		t.Error(err)
		return ""
	}
	answers := Answers{}
	for _, r := range p.Responses() {
		for _, i := range r.Inputs {
			answers[o.IDPrefix+"_"+i.ID] = Text(answer)
		}
	}
	checked, err := in.Check(t.Context(), answers, nil)
	text, jsonErr := json.Marshal([]any{
		in.View(ViewState{}), in.View(ViewState{Answers: answers, CorrectMap: checked.CorrectMap, Done: true}), in.Answers(), in.Permutations(),
		checked, fmt.Sprint(err), in.Submissions(answers, checked.CorrectMap, o.Seed),
	})
	if jsonErr != nil {
		t.Error(jsonErr)
	}
	return string(text)
}

// TestInstancesShareNothingPersonal: learners at one problem at once, whatever was worked out before, get what the first one ever would.
func TestInstancesShareNothingPersonal(t *testing.T) {
	t.Parallel()
	for _, source := range variants {
		source = "<problem>" + source + "</problem>"
		parse := func() *Problem {
			p, err := Parse([]byte(source))
			if err != nil {
				t.Errorf("%s: %v", source, err)
			}
			return p
		}
		shared := parse()
		if want := !strings.Contains(source, "$anonymous_student_id"); (shared.works != nil) != want {
			t.Errorf("%s: work is shared: %v, want %v", source, !want, want)
		}
		var wg sync.WaitGroup
		for lane := range 4 {
			wg.Go(func() {
				for i := range 40 {
					o := Options{
						Seed: i % 30, IDPrefix: fmt.Sprint("p", i%2), AnonymousID: fmt.Sprint("person", lane, i), Attempt: (lane + i) % 3, ModuleID: fmt.Sprint("module", i%2),
					}
					answer := []string{"choice_a", "choice_0", "3", "abc", "$seed", "b"}[(lane+i)%6]
					if diff := cmp.Diff(everything(t, parse(), o, answer), everything(t, shared, o, answer)); diff != "" {
						t.Errorf("%s, %+v (-first +shared):\n%s", source, o, diff)
						return
					}
				}
			})
		}
		wg.Wait()
		if shared.works != nil && (len(shared.works.done) == 0 || len(shared.works.done) > maxWorks) {
			t.Errorf("%s: %d works kept", source, len(shared.works.done))
		}
	}
}

func BenchmarkInstantiate(b *testing.B) {
	p, err := Parse([]byte("<problem>" + variants[3] + "</problem>"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Instantiate(b.Context(), Options{Seed: 1, IDPrefix: "p"}); err != nil {
			b.Fatal(err)
		}
	}
}
