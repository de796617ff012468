package capa

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// CourseProblem is a problem of a shared course, for [TestCourses].
type CourseProblem struct {
	Name   string // course, file and, after #, place in it
	Source []byte
	Files  []ScriptFile
}

// CourseProblems are all problems of all shared courses.
func CourseProblems(t *testing.T) []CourseProblem {
	t.Helper()
	var out []CourseProblem
	libraries := map[string][]ScriptFile{}
	courseFiles(t, func(name string, data []byte) {
		course, file, _ := strings.Cut(name, "/")
		if strings.HasSuffix(file, "/"+PythonLib) {
			libraries[course] = []ScriptFile{{Name: PythonLib, Data: data}}
			return
		}
		for k, source := range problemSources(name, data) {
			out = append(out, CourseProblem{Name: fmt.Sprintf("%s#%d", name, k+1), Source: source})
		}
	})
	for k, p := range out {
		course, _, _ := strings.Cut(p.Name, "/")
		out[k].Files = libraries[course]
	}
	return out
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

// Answer shows the problem and submits its own right answers, with those given
// put in. It says what came of it, and more where they were not found right.
func (p CourseProblem) Answer(t *testing.T, runner ScriptRunner, known map[string]string) (outcome, detail string) {
	t.Helper()
	o := Options{Seed: 1, IDPrefix: "b", Runner: runner, Files: p.Files}
	problem, err := Parse(p.Source)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Line == 0 {
			t.Errorf("%s: error without a line: %v", p.Name, err)
		}
		return "refused", err.Error()
	}
	problem.Defects()
	problem.DemandHints()
	in, err := problem.Instantiate(t.Context(), o)
	switch {
	case err != nil && KindOf(err) == Unavailable:
		return "unavailable", err.Error()
	case err != nil:
		return "defect", err.Error()
	}
	in.View(ViewState{})
	answers := rightAnswers(in)
	for id, text := range known {
		answers["b_"+id] = Text(text)
	}
	inputs := 0
	for _, r := range problem.responses {
		inputs += len(r.inputs)
	}
	switch {
	case inputs == 0:
		return "nothing to answer", ""
	case len(answers) < inputs:
		return "answers unknown", fmt.Sprintf("%d of %d", inputs-len(answers), inputs)
	}
	o.Attempt = 1
	if in, err = problem.Instantiate(t.Context(), o); err != nil {
		return "defect", err.Error()
	}
	result, err := in.Check(t.Context(), answers, nil)
	if err != nil || !result.CorrectMap.AllRight() {
		return "own answer not right", fmt.Sprintf("%v gives %v, %v", answers, result.CorrectMap, err)
	}
	in.View(ViewState{Answers: answers, CorrectMap: result.CorrectMap, Done: true})
	return "own answer right", ""
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
			text, _, _ := strings.Cut(a.Text, " or ")
			if i.response.kind.name == "numericalresponse" {
				text = inside(text)
			}
			out[a.ID] = Text(text)
		}
	}
	return out
}
