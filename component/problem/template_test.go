package problem

import (
	"strings"
	"testing"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/sandbox/scripttest"
	"lyceum/web/i18n"
)

// rightAnswers are right answers of templates whose question does not reveal one that can be sent as it is.
var rightAnswers = map[string]capa.Answers{
	"choicetextresponse.yaml": {"2_1": capa.Map(map[string]string{"2_1_choiceinput_1bc": "2_1_choiceinput_1bc", "2_1_choiceinput_1_numtolerance_input_0": "4"})},
	"imageresponse.yaml":      {"2_1": capa.Text("[340,230]")},
	"drag_and_drop.yaml":      {"2_1": capa.Text(`[{"crust":"outer"},{"mantle":"middle"},{"core":"inner"}]`)},
	"jsinput_response.yaml":   {"2_1": capa.Text(`{"answer":"{\"degrees\":37}","state":"{\"degrees\":37}"}`)},
	"annotationresponse.yaml": {"2_1": capa.Text(`{"options":[0],"comment":"it sings"}`)},
	"circuitschematic.yaml":   {"2_1": capa.Text(`[["dc",{"out":2.5}]]`)},
	"molecule.yaml":           {"2_1": capa.Text(`{"geometry":"AX2E2","atoms":{"c0":"O","p0":"H","p1":"H"}}`)},
	"crystal.yaml":            {"2_1": capa.Text(`{"lattice":"sc","points":[["1.00","0.00","0.00"],["0.00","1.00","0.00"],["0.00","0.00","1.00"]]}`)},
	"protein.yaml":            {"2_1": capa.Text(`{"protex_answer":"CORRECT"}`)},
	"gene.yaml":               {"2_1": capa.Text(`{"genex_answer":"CORRECT"}`)},
}

// sentAway are templates whose answers are graded elsewhere.
var sentAway = map[string]bool{"coderesponse.yaml": true, "filesubmission.yaml": true}

// TestTemplates loads every template, shows it, finds nothing to complain of, and grades its own right answer as right, and an empty one not.
func TestTemplates(t *testing.T) {
	t.Parallel()
	python := scripttest.Start(t)
	types, inputs := map[string]bool{}, map[string]bool{}
	for _, tpl := range (&Kind{}).Templates() {
		t.Run(tpl.Name, func(t *testing.T) {
			if text := i18n.T(componenttest.Context(t), tpl.Label); text == "" || text == tpl.Label {
				t.Errorf("no text %q", tpl.Label)
			}
			source := Source(&course.Block{Type: "problem", Body: tpl.Body})
			p, err := capa.Parse(source)
			if err != nil {
				t.Fatalf("%v\n%s", err, source)
			}
			for _, r := range p.Responses() {
				types[r.Type] = true
				for _, in := range r.Inputs {
					inputs[in.Type] = true
				}
			}
			if p.NeedsPython() && python == nil {
				t.Skip("no Python")
			}
			for _, f := range capa.Lint(t.Context(), source, python) {
				if f.Severity != capa.LintNote {
					t.Errorf("line %d: %s %s", f.Line, f.Kind, f.Text)
				}
			}
			in, err := p.Instantiate(t.Context(), capa.Options{Seed: 1, Runner: python, Attempt: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Responses()) == 0 {
				if !strings.HasPrefix(tpl.Name, "blank") {
					t.Error("asks nothing")
				}
				return
			}
			if sentAway[tpl.Name] {
				return
			}
			answers := rightAnswers[tpl.Name]
			if answers == nil {
				answers = revealed(in)
			}
			got, err := in.Check(t.Context(), answers, nil)
			if err != nil || !got.CorrectMap.AllRight() || got.Score != float64(p.MaxScore()) {
				t.Errorf("answers %v: got %+v of %d, %v", answers, got, p.MaxScore(), err)
			}
			for id := range answers {
				answers[id] = capa.Text("")
			}
			if got, err := in.Check(t.Context(), answers, nil); err == nil && got.Score == float64(p.MaxScore()) {
				t.Errorf("nothing is right: %+v", got)
			}
		})
	}
	for name := range strings.FieldsSeq(`multiplechoiceresponse truefalseresponse choiceresponse optionresponse numericalresponse formularesponse stringresponse customresponse
		symbolicresponse schematicresponse imageresponse choicetextresponse annotationresponse coderesponse`) {
		if !types[name] {
			t.Errorf("no template of a %s", name)
		}
	}
	for name := range strings.FieldsSeq(`filesubmission jsinput drag_and_drop_input chemicalequationinput vsepr_input crystallography designprotein2dinput editageneinput textbox`) {
		if !inputs[name] {
			t.Errorf("no template with a %s", name)
		}
	}
}

// revealed are the answers that "show answer" tells.
func revealed(in *capa.Instance) capa.Answers {
	out := capa.Answers{}
	for _, a := range in.Answers() {
		switch {
		case a.Solution != "":
		case a.List && strings.HasPrefix(a.ID, "solution"):
		case a.List:
			out[a.ID] = capa.List(a.Choices...)
		default:
			one, _, _ := strings.Cut(a.Text, " or ")
			out[a.ID] = capa.Text(one)
		}
	}
	for _, r := range in.Problem().Responses() {
		if r.Type != "multiplechoiceresponse" {
			continue
		}
		if names, ok := out[r.Inputs[0].ID].List(); ok && len(names) == 1 {
			out[r.Inputs[0].ID] = capa.Text(names[0])
		}
	}
	return out
}

func TestFindTemplate(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{"multiplechoice.yaml": true, "multiplechoice": true, "no such.yaml": false, "": false} {
		if _, got := component.FindTemplate(&Kind{}, name); got != ok {
			t.Errorf("%q: got %v", name, got)
		}
	}
}
