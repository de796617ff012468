package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lyceum/grading/capa"
	"lyceum/internal/sharedtest"
)

// gradedFiles are the published cases the command grades. Answers that wait for an external grader are compared in grading/capa/conformance,
// which plays the queue.
var gradedFiles = []string{
	"annotationresponse", "choiceresponse", "choicetextresponse", "customresponse", "externalresponse", "flow", "formularesponse", "imageresponse",
	"malformed", "multiplechoiceresponse", "numericalresponse", "optionresponse", "problem", "schematicresponse", "script", "stringresponse",
	"symbolicresponse", "truefalseresponse",
}

// TestProblemGrade runs the conformance cases through the command, as a list and as lines, where no store can be had.
func TestProblemGrade(t *testing.T) {
	t.Parallel()
	for _, name := range gradedFiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := sharedtest.File(t, "conformance/capa/"+name+".json")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var cases []json.RawMessage
			if err := json.Unmarshal(text, &cases); err != nil {
				t.Fatal(err)
			}
			fromFile := must(t, storeless, "problem", "grade", path)
			var lines bytes.Buffer
			for _, c := range cases {
				if err := json.Compact(&lines, c); err != nil {
					t.Fatal(err)
				}
				lines.WriteByte('\n')
			}
			fromLines := line(t, storeless, &lines, "problem", "grade", "-")
			got := strings.Split(strings.TrimSuffix(fromFile, "\n"), "\n")
			if again := strings.Count(fromLines.out, "\n"); len(got) != len(cases) || again != len(cases) {
				t.Fatalf("%d and %d results for %d cases", len(got), again, len(cases))
			}
			passed := 0
			for i, source := range cases {
				if why := needsMore(t, source); why != "" {
					continue
				}
				if problems := compareCase(t, source, []byte(got[i])); len(problems) > 0 {
					t.Error(strings.Join(problems, "\n"))
					continue
				}
				passed++
			}
			t.Logf("%d of %d cases passed", passed, len(cases))
			if passed == 0 {
				t.Error("no case was compared")
			}
		})
	}
}

// TestProblemGradeAnswersAtOnce: each result is out before the next case is read.
func TestProblemGradeAnswersAtOnce(t *testing.T) {
	t.Parallel()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		var errs lockedBuffer
		ended <- run(t.Context(), []string{"problem", "grade"}, getenvOf(storeless), streams{inR, outW, &errs})
		outW.Close()
	}()
	out := bufio.NewReader(outR)
	for i := range 3 {
		fmt.Fprintf(inW, `{"id": "c%d", "problem_xml": "<problem><stringresponse answer=\"a\"><textline/></stringresponse></problem>", "submissions": [{"answers": {"i1_2_1": "a"}}]}`, i)
		text, err := out.ReadString('\n')
		if err != nil || !strings.Contains(text, fmt.Sprintf(`"c%d"`, i)) {
			t.Fatalf("result %d: %q, %v", i, text, err)
		}
	}
	inW.Close()
	if code := <-ended; code != exitDone {
		t.Errorf("exit %d", code)
	}
}

func TestProblemGradeRefuses(t *testing.T) {
	t.Parallel()
	for in, code := range map[string]int{"": exitDone, "[]": exitDone, " \n": exitDone, "nonsense": exitFailed, `[{"id":`: exitFailed, `{"id": 7}`: exitFailed} {
		got := line(t, storeless, strings.NewReader(in), "problem", "grade")
		if got.code != code || code == exitFailed && strings.Count(got.err, "\n") != 1 {
			t.Errorf("%q: exit %d, want %d: %s", in, got.code, code, got.err)
		}
	}
}

// needsMore says why a case cannot be graded here: authors' code where there is no jail.
func needsMore(t *testing.T, source json.RawMessage) string {
	t.Helper()
	var c struct {
		XML  string `json:"problem_xml"`
		Tags []string
	}
	if err := json.Unmarshal(source, &c); err != nil {
		t.Fatal(err)
	}
	p, err := capa.Parse([]byte(c.XML))
	if python := slices.Contains(c.Tags, "python") || err == nil && p.NeedsPython(); python && !jailed(t) {
		return "authors' code"
	}
	return ""
}

// jailed reports whether authors' code runs on this machine, by what lms doctor says of it.
func jailed(t *testing.T) bool {
	t.Helper()
	return !strings.Contains(line(t, storeless, strings.NewReader(`{"id":"x","problem_xml":"<problem><script>x=1</script><p>$x</p></problem>","seed":1,"submissions":[]}`), "problem", "grade").out, "unavailable")
}

// compareCase compares a result with what its case expects.
func compareCase(t *testing.T, source, result []byte) []string {
	t.Helper()
	var want, got map[string]any
	if err := json.Unmarshal(source, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(result, &got); err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(want["id"])
	var out []string
	if steps, ok := want["steps"].([]any); ok {
		found, _ := got["steps"].([]any)
		if len(found) != len(steps) {
			return []string{fmt.Sprintf("%s: %d steps, want %d", id, len(found), len(steps))}
		}
		for i, s := range steps {
			step := s.(map[string]any)
			expect, found := step["expect"], found[i]
			free, _ := step["nonnormative"].([]any)
			for _, path := range free {
				forget(map[string]any{"expect": expect}, path.(string))
				forget(map[string]any{"expect": found}, path.(string))
			}
			if e, ok := expect.(map[string]any)["error"].(map[string]any); ok {
				delete(e, "type")
			}
			out = append(out, unlike(fmt.Sprintf("%s step %d", id, i+1), expect, found)...)
		}
		return out
	}
	if want["load_error"] != nil {
		return unlike(id+" load_error", failure(want["load_error"]), failure(got["load_error"]))
	}
	out = append(unlike(id+" load_error", nil, got["load_error"]), unlike(id+" render", want["render"], got["render"])...)
	submissions, _ := want["submissions"].([]any)
	found, _ := got["submissions"].([]any)
	if len(found) != len(submissions) {
		return append(out, fmt.Sprintf("%s: %d submissions, want %d", id, len(found), len(submissions)))
	}
	for i, s := range submissions {
		expect := s.(map[string]any)["expect"].(map[string]any)
		result, _ := found[i].(map[string]any)
		name := fmt.Sprintf("%s %v", id, s.(map[string]any)["answers"])
		if expect["error"] != nil {
			out = append(out, unlike(name, failure(expect["error"]), failure(result["error"]))...)
			continue
		}
		out = append(out, unlike(name, any(expect), any(result))...)
	}
	return out
}

// forget removes what a case leaves open.
func forget(tree map[string]any, path string) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		next, ok := tree[name].(map[string]any)
		if !ok {
			return
		}
		tree = next
	}
	delete(tree, names[len(names)-1])
}

// failure keeps of an error what matters: the wording of an engine's own failure does not.
func failure(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	if m["kind"] == "engine_error" || m["kind"] == "response_error" {
		return m["kind"]
	}
	// Where an author's script breaks Python's grammar the line is that of the file it was put into, which is ours.
	message := pythonLine.ReplaceAllString(fmt.Sprint(m["message"]), "")
	return fmt.Sprintf("%v: %v", m["kind"], strings.Join(strings.Fields(message), " "))
}

var pythonLine = regexp.MustCompile(`\s*\(&lt;string&gt;, line \d+\)|\s*\(<string>, line \d+\)`)

// unlike compares as the cases ask: numbers as numbers, blanks collapsed, null, absent and empty the same.
func unlike(where string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		var out []string
		for name := range w {
			out = append(out, unlike(where+"."+name, w[name], g[name])...)
		}
		for name := range g {
			if _, ok := w[name]; !ok {
				out = append(out, unlike(where+"."+name, nil, g[name])...)
			}
		}
		slices.Sort(out)
		return out
	case []any:
		g, _ := got.([]any)
		if len(w) != len(g) {
			return []string{fmt.Sprintf("%s: got %v, want %v", where, got, want)}
		}
		var out []string
		for i := range w {
			out = append(out, unlike(fmt.Sprintf("%s[%d]", where, i), w[i], g[i])...)
		}
		return out
	case float64:
		if g, ok := got.(float64); ok && math.Abs(w-g) <= 1e-9*math.Max(1, math.Abs(w)) {
			return nil
		}
	case string:
		if g, ok := got.(string); (ok || w == "") && slices.Equal(strings.Fields(w), strings.Fields(g)) {
			return nil
		}
	case nil:
		switch g := got.(type) {
		case nil:
			return nil
		case string:
			if g == "" {
				return nil
			}
		case []any:
			if len(g) == 0 {
				return nil
			}
		}
	default:
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: got %v, want %v", where, got, want)}
}
