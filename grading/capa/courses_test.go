package capa

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestCourses loads every problem of every shared course: each becomes a
// problem or an error that names a line, and a problem this engine can run
// grades its own right answer as right.
func TestCourses(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	courseFiles(t, func(name string, data []byte) {
		for _, source := range problemSources(name, data) {
			counts[loadAndAnswer(t, name, source)]++
		}
	})
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%4d %s", counts[outcome], outcome)
	}
	if counts["own answer right"] < 190 || counts["own answer not right"] > 0 {
		t.Errorf("%d problems grade their own answers as right, %d do not", counts["own answer right"], counts["own answer not right"])
	}
}

// problemSources are the problems a file holds: the file itself under
// problem/, or problem elements with something inside.
func problemSources(name string, data []byte) [][]byte {
	if strings.Contains(name, "/problem/") {
		return [][]byte{data}
	}
	root, err := parseSource(data)
	if err != nil {
		return nil
	}
	var out [][]byte
	root.walk(func(n *node) {
		if n.tag == "problem" && len(n.children) > 0 {
			out = append(out, []byte(outer(n)))
		}
	})
	return out
}

func loadAndAnswer(t *testing.T, name string, source []byte) string {
	t.Helper()
	p, err := Parse(source)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Line == 0 {
			t.Errorf("%s: error without a line: %v", name, err)
		}
		t.Logf("%s: %v", name, err)
		return "refused"
	}
	p.Defects()
	p.DemandHints()
	in, err := p.Instantiate(t.Context(), Options{Seed: 1, IDPrefix: "b"})
	if KindOf(err) == Unavailable && err != nil {
		return "needs Python or a type not built in"
	}
	if err != nil {
		t.Logf("%s: %v", name, err)
		return "defect"
	}
	in.View(ViewState{})
	answers := rightAnswers(in)
	if len(answers) == 0 {
		return "nothing to answer"
	}
	result, err := in.Check(t.Context(), answers, nil)
	if err != nil || !result.CorrectMap.AllRight() {
		t.Logf("%s: own answer %v gives %v, %v", name, answers, result.CorrectMap, err)
		return "own answer not right"
	}
	in.View(ViewState{Answers: answers, CorrectMap: result.CorrectMap, Done: true})
	return "own answer right"
}

// inside is a number within a range, or the text itself.
func inside(answer string) string {
	low, high, ok := strings.Cut(strings.Trim(answer, "[]() "), ", ")
	if !ok || !strings.ContainsAny(answer[:1], "[(") {
		return answer
	}
	return "(" + low + "+" + high + ")/2"
}

// middle is the point in the middle of a rectangle.
func middle(rectangle string) string {
	m := rectangleSyntax.FindStringSubmatch(rectangle)
	if m == nil {
		return ""
	}
	n := numbers(m[1:])
	return fmt.Sprintf("[%d,%d]", int(n[0]+n[2])/2, int(n[1]+n[3])/2)
}

// tagged is the answer that chooses the tag with the text.
func tagged(i *input, text string) string {
	for k, o := range i.tagOptions() {
		if o.text == text {
			return fmt.Sprintf(`{"options":[%d],"comment":""}`, k)
		}
	}
	return ""
}

// rightAnswers submits what "show answer" reveals.
func rightAnswers(in *Instance) Answers {
	out := Answers{}
	for _, a := range in.Answers() {
		i := in.input(a.ID)
		switch {
		case i == nil:
		case i.el.tag == "choicegroup":
			out[a.ID] = Text(a.Choices[0])
		case a.Image != nil:
			out[a.ID] = Text(middle(a.Image.Rectangle))
		case i.el.tag == "annotationinput" && i.response.kind.name == "annotationresponse":
			out[a.ID] = Text(tagged(i, a.Text))
		case a.List:
			out[a.ID] = List(a.Choices...)
		default:
			out[a.ID] = Text(inside(strings.Split(a.Text, " or ")[0]))
		}
	}
	return out
}
