package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lyceum/grading/capa"
	"lyceum/grading/sandbox/scripttest"
	"lyceum/internal/sharedtest"
)

// files are the published cases this engine is held to.
var files = []string{
	"multiplechoiceresponse", "choiceresponse", "optionresponse", "numericalresponse",
	"stringresponse", "truefalseresponse", "problem", "malformed", "formularesponse",
	"imageresponse", "choicetextresponse", "annotationresponse",
	"coderesponse", "externalresponse",
	"customresponse", "symbolicresponse", "schematicresponse", "script",
}

// exceptions are the cases this engine does not decide as published, and why.
var exceptions = map[string]string{}

func TestCases(t *testing.T) {
	t.Parallel()
	var o Options
	if python := scripttest.Start(t); python != nil {
		o.Runner = python
	}
	passed, skipped := 0, map[string]int{}
	for _, file := range files {
		data := sharedtest.Read(t, "conformance/capa/"+file+".json")
		var cases []json.RawMessage
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		for _, source := range cases {
			c, reason := unable(t, source, o.Runner)
			if reason != "" {
				skipped[reason]++
				continue
			}
			problems := checkCase(t, source, o)
			why := exceptions[c.ID]
			switch {
			case problems != nil && why == "":
				t.Errorf("%s", strings.Join(problems, "\n"))
			case problems == nil && why != "":
				t.Errorf("%s is listed as an exception (%s) and is none", c.ID, why)
			case why != "":
				t.Logf("%s is an exception: %s", c.ID, why)
			default:
				passed++
			}
		}
	}
	t.Logf("cases: %d passed, skipped: %v", passed, skipped)
	if passed < 180 {
		t.Errorf("only %d cases passed", passed)
	}
}

// unable says why a case cannot be tried on this machine.
func unable(t *testing.T, source json.RawMessage, python capa.ScriptRunner) (c Case, reason string) {
	t.Helper()
	if err := json.Unmarshal(source, &c); err != nil {
		t.Fatal(err)
	}
	p, err := capa.Parse([]byte(c.ProblemXML))
	if err != nil || !p.NeedsPython() {
		return c, ""
	}
	if python == nil {
		return c, "no Python"
	}
	for _, tag := range c.Tags {
		job := capa.ScriptJob{Code: "import " + libraries[tag], Globals: json.RawMessage("{}")}
		if libraries[tag] == "" {
			continue
		}
		if _, err := python.Run(t.Context(), job); err != nil {
			return c, "no " + tag
		}
	}
	return c, ""
}

// libraries are the modules the code of cases with a tag imports.
var libraries = map[string]string{
	"numpy": "numpy", "scipy": "scipy", "sympy": "sympy",
	"calc": "calc", "chem": "chem.chemcalc", "draganddrop": "verifiers.draganddrop", "eia": "eia",
}

func checkCase(t *testing.T, source json.RawMessage, o Options) []string {
	t.Helper()
	line, err := Run(t.Context(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	decode(t, line, &got)
	decode(t, source, &want)
	id := fmt.Sprint(want["id"])
	if want["load_error"] != nil {
		return difference(id+" load_error", fault(want["load_error"]), fault(got["load_error"]))
	}
	out := difference(id+" load_error", nil, got["load_error"])
	if out != nil {
		return out
	}
	out = append(out, difference(id+" render", want["render"], got["render"])...)
	for i, s := range list(want["submissions"]) {
		s := s.(map[string]any)
		expect, ended := s["expect"].(map[string]any)
		found, _ := list(got["submissions"])[i].(map[string]any)
		name := fmt.Sprintf("%s %v", id, s["answers"])
		if request, ok := s["queue_request"]; ok {
			out = append(out, difference(name+" request", request, found["queue_request"])...)
			out = append(out, difference(name+" queued", s["expect_queued"], found["queued"])...)
		}
		delete(found, "queue_request")
		delete(found, "queued")
		if !ended {
			continue
		}
		if expect["error"] != nil {
			out = append(out, difference(name, fault(expect["error"]), fault(found["error"]))...)
			continue
		}
		out = append(out, difference(name, any(expect), any(found))...)
	}
	return out
}

func decode(t *testing.T, data []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatal(err)
	}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// fault keeps of an error what matters: a failure's wording does not.
func fault(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	if m["kind"] == "engine_error" || m["kind"] == "response_error" {
		return m["kind"]
	}
	message := collapse(fmt.Sprint(m["message"]))
	return fmt.Sprintf("%v: %v", m["kind"], pythonPlace.ReplaceAllString(message, ""))
}

// pythonPlace is where Python found a mistake of syntax: lines are counted with whatever an engine puts before a script.
var pythonPlace = regexp.MustCompile(` \(&lt;\w+&gt;, line \d+\)$`)

// difference compares as the cases ask: numbers as numbers, blanks collapsed,
// null and absent the same.
func difference(where string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		var out []string
		keys := make(map[string]bool)
		for k := range w {
			keys[k] = true
		}
		for k := range g {
			keys[k] = true
		}
		for k := range keys {
			out = append(out, difference(where+"."+k, w[k], g[k])...)
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
			out = append(out, difference(fmt.Sprintf("%s[%d]", where, i), w[i], g[i])...)
		}
		return out
	case float64:
		if g, ok := got.(float64); ok && math.Abs(w-g) <= 1e-9*math.Max(math.Abs(w), math.Abs(g)) {
			return nil
		}
	case string:
		if w == "*" && got != nil { // differs from run to run
			return nil
		}
		if g, ok := got.(string); (ok || w == "") && collapse(w) == collapse(g) {
			return nil
		}
	case nil:
		if got == nil || got == "" || reflect.ValueOf(got).Kind() == reflect.Slice && len(list(got)) == 0 {
			return nil
		}
	default:
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: got %v, want %v", where, got, want)}
}
