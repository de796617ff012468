package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"lyceum/grading/capa"
	"lyceum/grading/sandbox/scripttest"
	"lyceum/internal/sharedtest"
)

// TestFlow plays every published flow case.
func TestFlow(t *testing.T) {
	t.Parallel()
	var runner capa.ScriptRunner
	if python := scripttest.Start(t); python != nil {
		runner = python
	}
	text := sharedtest.Read(t, "conformance/capa/flow.json")
	var cases []json.RawMessage
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, source := range cases {
		var c struct {
			ID  string
			XML string `json:"problem_xml"`
		}
		if err := json.Unmarshal(source, &c); err != nil {
			t.Fatal(err)
		}
		if why := unable(c.XML, runner); why != "" {
			t.Logf("%s not played: %s", c.ID, why)
			continue
		}
		if problems := compare(t, source, runner); len(problems) > 0 {
			t.Errorf("%s:\n%s", c.ID, strings.Join(problems, "\n"))
			continue
		}
		passed++
	}
	t.Logf("%d of %d cases passed", passed, len(cases))
}

// unable says why a case cannot be tried.
func unable(xml string, runner capa.ScriptRunner) string {
	p, err := capa.Parse([]byte(xml))
	if err == nil && p.Unavailable() != nil {
		return p.Unavailable().Message
	}
	if err == nil && p.NeedsPython() && runner == nil {
		return "no Python"
	}
	return ""
}

func compare(t *testing.T, source json.RawMessage, runner capa.ScriptRunner) []string {
	t.Helper()
	result, err := Play(t.Context(), source, runner)
	if err != nil {
		return []string{err.Error()}
	}
	line, err := json.Marshal(result)
	if err != nil {
		return []string{err.Error()}
	}
	var got struct{ Steps []map[string]any }
	var want struct {
		Steps []struct {
			Expect       map[string]any
			Nonnormative []string
		}
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(source, &want); err != nil {
		t.Fatal(err)
	}
	var problems []string
	for i, step := range want.Steps {
		expect, found := step.Expect, got.Steps[i]
		for _, path := range step.Nonnormative {
			remove(map[string]any{"expect": expect}, path)
			remove(map[string]any{"expect": found}, path)
		}
		if e, ok := expect["error"].(map[string]any); ok {
			delete(e, "type")
		}
		problems = append(problems, difference(fmt.Sprintf("step %d", i+1), expect, found)...)
	}
	return problems
}

func remove(tree map[string]any, path string) {
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

// difference compares numbers as numbers, texts with blanks collapsed, and null like absent.
func difference(where string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok && len(w) > 0 {
			return []string{fmt.Sprintf("%s: got %v, want an object", where, got)}
		}
		var out []string
		for name := range w {
			out = append(out, difference(where+"."+name, w[name], g[name])...)
		}
		for name := range g {
			if _, ok := w[name]; !ok && g[name] != nil {
				out = append(out, fmt.Sprintf("%s.%s: got %v, want nothing", where, name, g[name]))
			}
		}
		return out
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return []string{fmt.Sprintf("%s: got %v, want %v", where, got, want)}
		}
		var out []string
		for i := range w {
			out = append(out, difference(fmt.Sprintf("%s[%d]", where, i), w[i], g[i])...)
		}
		return out
	case float64:
		g, ok := got.(float64)
		if !ok || math.Abs(g-w) > 1e-9*math.Max(1, math.Abs(w)) {
			return []string{fmt.Sprintf("%s: got %v, want %v", where, got, want)}
		}
		return nil
	case string:
		g, _ := got.(string)
		if strings.Join(strings.Fields(g), " ") != strings.Join(strings.Fields(w), " ") {
			return []string{fmt.Sprintf("%s: got %q, want %q", where, got, w)}
		}
		return nil
	default:
		if got != want {
			return []string{fmt.Sprintf("%s: got %v, want %v", where, got, want)}
		}
		return nil
	}
}
