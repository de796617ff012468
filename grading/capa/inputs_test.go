package capa

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInputAttributes: pages get what an input needs, by default where the
// author left it out, and nothing that tells the answer.
func TestInputAttributes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		input string
		want  map[string]string
	}{
		{`<textbox rows="5" correct_answer="a"/>`, map[string]string{"rows": "5", "cols": "80", "mode": "python", "linenumbers": "true", "tabsize": "4"}},
		{`<jsinput html_file="$f" gradefn="g" height="9"/>`, map[string]string{"html_file": "a.html", "gradefn": "g", "width": "400", "height": "9"}},
		{`<formulaequationinput/>`, map[string]string{"size": "20"}},
		{`<chemicalequationinput size="7"/>`, map[string]string{"size": "7"}},
		{`<crystallography width="1" height="2"/>`, map[string]string{"width": "1", "height": "2"}},
		{`<vsepr_input width="1" height="2" molecules="m" geometries="g"/>`, map[string]string{"width": "1", "height": "2", "molecules": "m", "geometries": "g"}},
		{`<designprotein2dinput width="1" height="2" target_shape="W;W"/>`, map[string]string{"width": "1", "height": "2", "target_shape": "W;W"}},
		{`<editageneinput genex_dna_sequence="TA" genex_problem_number="1"/>`, map[string]string{"genex_dna_sequence": "TA", "genex_problem_number": "1"}},
	}
	for _, tt := range tests {
		in := withInput(t, tt.input)
		if diff := cmp.Diff(onlyInput(t, in, nil).Attrs, tt.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", tt.input, diff)
		}
	}
}

// withInput makes a problem around an input, drawn but never graded.
func withInput(t *testing.T, input string) *Instance {
	t.Helper()
	p, err := Parse([]byte(`<problem><customresponse cfn="f">` + input + `</customresponse><script>f</script></problem>`))
	if err != nil {
		t.Fatal(err)
	}
	if p.defect != nil {
		t.Fatalf("%s: %v", input, p.defect)
	}
	sc, err := newScope(t.Context(), p, Options{Seed: 1, Runner: fakeRunner{globals: `{"f":"a.html"}`}})
	if err != nil {
		t.Fatal(err)
	}
	return &Instance{work: &work{}, problem: p, scope: sc}
}

func TestEditorStartsWithText(t *testing.T) {
	t.Parallel()
	in := withInput(t, "<textbox>\n  start\n</textbox>")
	if got, _ := onlyInput(t, in, nil).Value.Text(); got != "start" {
		t.Errorf("got %q", got)
	}
	if got, _ := onlyInput(t, in, Answers{"2_1": Text("mine")}).Value.Text(); got != "mine" {
		t.Errorf("got %q", got)
	}
}

func TestBoard(t *testing.T) {
	t.Parallel()
	in := withInput(t, `<drag_and_drop_input img="$f" one_per_target="false" no_labels="TRUE" label_bg_color="red"><draggable id="a" label="A" icon="i.png" can_reuse="true"><target id="u" x="1" y="2" w="3" h="4"/></draggable><target id="t" x="5" y="6" w="7" h="8"/></drag_and_drop_input>`)
	want := &Board{
		Image: "a.html", Outline: "False", OnePerTarget: "false", NoLabels: "TRUE", LabelColor: "red",
		Draggables: []Draggable{{ID: "a", Label: "A", Icon: "i.png", Reusable: "true", Targets: []Target{{"u", "1", "2", "3", "4"}}}},
		Targets:    []Target{{"t", "5", "6", "7", "8"}},
	}
	got := onlyInput(t, in, nil).Board
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	if !On(got.NoLabels) || On(got.OnePerTarget) {
		t.Error("words for yes and no are not read")
	}
}

func TestRequiredAttributes(t *testing.T) {
	t.Parallel()
	for _, input := range []string{
		`<imageinput src="a" width="1"/>`, `<crystallography width="1"/>`, `<vsepr_input width="1" height="2" molecules="m"/>`,
		`<designprotein2dinput width="1" height="2"/>`, `<editageneinput genex_problem_number="1"/>`, `<drag_and_drop_input/>`,
		`<drag_and_drop_input img="a"><draggable/></drag_and_drop_input>`,
		`<drag_and_drop_input img="a"><draggable id="a"><target id="t" x="1" y="1" w="1"/></draggable></drag_and_drop_input>`,
	} {
		kind := "customresponse"
		if strings.HasPrefix(input, "<imageinput") {
			kind = "imageresponse"
		}
		p, err := Parse([]byte("<problem>\n<" + kind + ">" + input + "</" + kind + "></problem>"))
		if err != nil {
			t.Fatal(err)
		}
		if p.defect == nil || p.defect.Kind != Engine || p.defect.Line != 2 {
			t.Errorf("%s: got %v, want a defect of line 2", input, p.defect)
		}
	}
}
