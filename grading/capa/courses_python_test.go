package capa_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lyceum/grading/capa"
	"lyceum/grading/sandbox/scripttest"
)

// TestCourses loads every problem of every shared course: each becomes a
// problem or an error that names a line, and what "show answer" reveals is
// graded as right. What cannot be is listed, with the reason.
func TestCourses(t *testing.T) {
	t.Parallel()
	python := scripttest.Start(t)
	if python == nil {
		t.Skip("a third of the courses' problems needs Python")
	}
	counts, used := map[string]int{}, map[string]bool{}
	for _, p := range capa.CourseProblems(t) {
		outcome, detail := p.Answer(t, python, find(knownAnswers, p.Name, used))
		counts[outcome]++
		reason := find(notAnswered, p.Name, used)
		switch {
		case outcome == "own answer right" && reason != "":
			t.Errorf("%s is listed (%s), and its answer is right", p.Name, reason)
		case outcome == "own answer right" || outcome == "nothing to answer":
		case reason == "":
			t.Errorf("%s: %s: %s", p.Name, outcome, detail)
		default:
			counts["  because "+reason]++
		}
	}
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%4d %s", counts[outcome], outcome)
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(knownAnswers)), slices.Collect(maps.Keys(notAnswered))) {
		if !used[name] {
			t.Errorf("%s is listed, and there is no such problem", name)
		}
	}
	if counts["own answer right"] < 240 {
		t.Errorf("only %d problems grade their own answers as right", counts["own answer right"])
	}
}

// find looks for a problem by the part of its name that tells it from others.
func find[T any](table map[string]T, name string, used map[string]bool) (found T) {
	for part, entry := range table {
		if strings.Contains(name, part) {
			found, used[part] = entry, true
		}
	}
	return found
}

// notAnswered are the problems whose right answer cannot be graded as right here.
var notAnswered = map[string]string{
	"mitx-grading-library/":                      noLibrary,
	"1977e51ee7e04d3a99cb0eb4e526834e":           noLibrary,
	"3139500d17204454b9605e24e1ed5a41":           noLibrary,
	"4fd5121580eb4294a20bbd39a0969716":           noLibrary,
	"5260409f0a2744599c9d2316c35a573f":           noLibrary,
	"Energy_eigenstates_in_the_presence":         noLibrary,
	"Test_operator_equations":                    noLibrary,
	"c2ee6e8917fe4c97ac99d7b616ff0b89":           "an external grader answers it",
	"testcourse9/problem/problem.xml":            "its check function was cut out of the course",
	"testcourse10/vertical/dndvert.xml":          "its check function was cut out of the course",
	"Drag_and_drop_problem_with_formula_grading": "its check function works in Python 2 alone",
}

const noLibrary = "its python_lib.zip was cut out of the archive"

// numbered gives answers to the inputs of a problem's first question, in order.
func numbered(answers string) map[string]string {
	out := map[string]string{}
	for k, text := range strings.Fields(answers) {
		out["2_"+strconv.Itoa(k+1)] = text
	}
	return out
}

// knownAnswers are right answers "show answer" does not reveal, by the input's
// id: worked out by reading the code that checks them.
var knownAnswers = map[string]map[string]string{
	"Label_similar_triangles_0": {"2_1": `[{"1":"a1"},{"1":"a2"},{"1":"a3"},{"1":"a4"},{"2":"b1"},{"2":"b2"},{"2":"b3"},{"2":"b4"},{"3":"c1"},{"3":"c2"},{"3":"c3"},{"3":"c4"}]`},
	"2013_Spring.xml#1":         {"2_1": `[["transient",{"Z":[[4e-7,3],[9e-7,3],[1.4e-6,3],[1.9e-6,3],[2.4e-6,3],[2.9e-6,0],[3.4e-6,0],[3.9e-6,0]]}]]`},

	// Chemistry.
	"29fe8cca3a99412c801c5b9ce53780c5": {"2_1": "H2SO4 -> HSO4^- + H^+"},
	// Drawings of the author's own.
	"7e39859879f24e8689861024d4f7cb1e": cone,
	"35501134637b4c2b8cfe07ba5e6492bb": cone,
	"5ce2d6d80b6b4cfc90ba2774a5a16949": cone,
	"Field_independent_transitions":    transition,
	"Graphical_input_via_jsxgraph":     transition,
	// Drag and drop.
	"11bbd906f12d4cbdbca3050d68cea79f":            buckets,
	"70257670b9dd45c8afd5abd3c9fe606f":            buckets,
	"c5611005095849dabb20c6c2313591e8":            buckets,
	"Approximate_energy_level_diagram":            {"2_1": `[{"4":"t1"},{"1":"t2"},{"3":"t3"},{"l1":"t4"},{"l2":"t5"}]`},
	"Drag_and_drop_problem_created_via_latex2dnd": {"2_1": `[{"term1":"1"},{"term2":"2"},{"fac":"3"},{"ta":"4"}]`},
	// Circuits.
	"2f7da8477d8748f0aad0f7fc2134b84f": {"2_1": `[["dc",{"output":0.5}]]`, "3_1": `[["ac",{"NodeA":[[1,0],[9,1]]}]]`},
	// Texts and proteins.
	"3a1e2c95f8a54bc98b65e9373dafc86e": {"2_1": "Stanford"},
	"45c317cb93d447f293ce982a2eccd77d": {"2_1": `{"protex_answer":"CORRECT"}`},
	"d0bdd7c3487d4f94b7bcd207f110c20a": {"2_1": `{"protex_answer":"CORRECT"}`},
	// Tables of percentages; fractions where the answer revealed is decimal.
	"0dd8b3a366594cd89bf2eead38c8d921": numbered("89 67 88% 90 47"),
	"6c7ef733637547f0a8de8b351c2e58cd": numbered("10/100 1/10 20/100 1/5 25/100 1/4 50/100 1/2 75/100 3/4 100/100 1"),
	"7d617e985a2a43edac851ae1c17683e0": numbered("1/10 0.1 10 1/5 0.2 20 1/100 0.01 1 2/3 0.667 67 1/2 0.5 50 1/2 0.5 50 4/5 0.8 80% 3/10 0.3 30"),
	"a6c361e8825b440f9caf1d8f6df61c21": numbered("5.5306 81.595 100 10.75 31787.75 9514.56 1453.97 1722.46"),
	"751e09a889414a43a8a7bfb66c5dd8d7": {"3_1": "74/100"},
	"845032f351c348eebc588f9b9251f054": {"2_1": "9/50", "3_1": "9/20", "4_1": "9/10", "5_1": "3/100", "6_1": "47/100", "7_1": "5/2"},
}

var (
	cone       = map[string]string{"2_1": `{"answer":"{\"cylinder\":true,\"cube\":false}","state":"{}"}`}
	transition = map[string]string{"2_1": `{"answer":"{\"x\":0.01,\"astate\":\"C\",\"bstate\":\"G\"}","state":"{}"}`}
	buckets    = map[string]string{
		"2_1": `[{"1":[70,150]},{"6":[190,150]},{"8":[190,150]},{"2":[310,150]},{"9":[310,150]},{"11":[310,150]},{"4":[420,150]},{"7":[420,150]},{"3":[550,150]},{"5":[550,150]},{"10":[550,150]}]`,
		"3_1": `[{"1":"t2"},{"2":"t3"}]`,
	}
)
