package capa

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const annotated = `<annotationresponse><annotationinput><title>T</title><text>Line</text><comment_prompt>Why?</comment_prompt>
<options><option choice="incorrect">a</option><option choice="correct">b</option></options></annotationinput></annotationresponse>`

func TestAnnotation(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"options":[1]}`:              "correct",
		`{"options":[1.0]}`:            "correct",
		`{"options":[1.5]}`:            "incorrect",
		`{"options":[-1]}`:             "incorrect",
		`{"options":[1e300]}`:          "incorrect",
		`{"options":[true]}`:           "incorrect",
		`{"options":[]}`:               "incorrect",
		`{}`:                           "incorrect",
		`5`:                            "incorrect",
		`{"options":[1],"comment":{}}`: "correct",
		`{"options":5}`:                "incorrect",
		`{"options":null}`:             "incorrect",
		`{"options":[1]`:               "engine_error",
	} {
		if got := outcome(t, annotated, Answers{"2_1": Text(answer)}); got != want {
			t.Errorf("%s: got %s, want %s", answer, got, want)
		}
	}
	for _, answer := range []Answer{{}, List("1"), Map(map[string]string{"options": "1"})} {
		if got := outcome(t, annotated, Answers{"2_1": answer}); got != "engine_error" {
			t.Errorf("%v: got %s", answer, got)
		}
	}
}

func TestAnnotationView(t *testing.T) {
	t.Parallel()
	in := instance(t, "<problem>"+annotated+"</problem>", Options{Seed: 1})
	node := onlyInput(t, in, Answers{"2_1": Text(`{"options":[1],"comment":"mine"}`)})
	want := &Annotation{
		Title: "T", Text: "Line", CommentPrompt: "Why?", Written: "mine",
		Options: []TagOption{{Index: 0, Text: "a"}, {Index: 1, Text: "b", Selected: true}},
	}
	if diff := cmp.Diff(node.Annotation, want); diff != "" || node.MaxPoints != 2 {
		t.Errorf("%d points (-got +want):\n%s", node.MaxPoints, diff)
	}
	p, err := Parse([]byte(`<problem><annotationresponse><annotationinput><options><option choice="perhaps">a</option></options></annotationinput></annotationresponse></problem>`))
	if err != nil {
		t.Fatal(err)
	}
	if defects := p.Defects(); len(defects) == 0 || defects[0].Line == 0 {
		t.Errorf("unknown choice: got %v, want a defect with a line", defects)
	}
}
