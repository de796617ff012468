package capa

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNotOffered sends names that are not among the choices: graded by the author's key, as the reference engine does, whatever was drawn.
func TestNotOffered(t *testing.T) {
	t.Parallel()
	choices := func(kind, group, more string) string {
		return `<problem><` + kind + `><` + group + more + `><choice correct="true">A</choice>` +
			`<choice correct="false">B</choice><choice correct="true">C</choice></` + group + `></` + kind + `></problem>`
	}
	radio := choices("multiplechoiceresponse", "choicegroup", "")
	pool := choices("multiplechoiceresponse", "choicegroup", ` answer-pool="2"`)
	boxes := choices("choiceresponse", "checkboxgroup", "")
	list := `<problem><optionresponse><optioninput options="('p','q')" correct="r"/></optionresponse></problem>`
	cases := []struct {
		name, source string
		answer       Answer
		want         Correctness
	}{
		{"radio, unknown", radio, Text("choice_9"), Incorrect},
		{"radio, empty", radio, Text(""), Incorrect},
		{"radio, spelled otherwise", radio, Text("CHOICE_0"), Incorrect},
		{"radio, a list", radio, List("choice_0"), Incorrect},
		{"pool, one right choice", pool, Text("choice_0"), Correct}, // at most one of the two is drawn
		{"pool, the other", pool, Text("choice_2"), Correct},
		{"boxes, unknown", boxes, List("choice_9"), Incorrect},
		{"boxes, the right ones and an unknown", boxes, List("choice_0", "choice_2", "choice_9"), Incorrect},
		{"boxes, twice", boxes, List("choice_0", "choice_0", "choice_2"), Correct},
		{"list, not offered and the key", list, Text("r"), Correct},
		{"list, not offered", list, Text("s"), Incorrect},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse([]byte(c.source))
			if err != nil {
				t.Fatal(err)
			}
			in, err := p.Instantiate(t.Context(), Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			result, err := in.Check(t.Context(), Answers{"2_1": c.answer}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(result.CorrectMap["2_1"].Correctness, c.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}
