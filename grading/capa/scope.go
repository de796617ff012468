package capa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// scope is what $names stand for.
type scope struct {
	names   []string          // in order of creation
	values  map[string]string // as Python prints them
	longest []string          // the names, longest first
	seed    int

	later func() // puts the names in, where that can wait until one is looked for
	once  sync.Once
}

// newScope runs the problem's script, if it has one, and adds the names every
// problem has.
func newScope(ctx context.Context, p *Problem, o Options) (*scope, error) {
	sc := &scope{seed: o.Seed}
	if p.code == "" {
		sc.later = func() {
			sc.begin(o)
			sc.end(p, o)
		}
		return sc, nil
	}
	sc.begin(o)
	if err := sc.run(ctx, p, o); err != nil {
		return nil, err
	}
	sc.end(p, o)
	return sc, nil
}

// begin adds the names a script finds.
func (sc *scope) begin(o Options) {
	sc.values = make(map[string]string, 8)
	sc.add("seed", strconv.Itoa(o.Seed))
	sc.add("anonymous_student_id", o.AnonymousID)
}

// end adds the names that come after those of a script.
func (sc *scope) end(p *Problem, o Options) {
	sc.add("script_code", p.code)
	sc.add("python_path", "[]")
	sc.add("extra_files", "None")
	if o.Attempt > 0 {
		sc.add("attempt", strconv.Itoa(o.Attempt))
	}
	sc.longest = slices.Clone(sc.names)
	slices.SortStableFunc(sc.longest, func(a, b string) int { return len(b) - len(a) })
}

// ready puts names in that have waited.
func (sc *scope) ready() {
	if sc.later != nil {
		sc.once.Do(sc.later)
	}
}

func (sc *scope) add(name, value string) {
	if _, ok := sc.values[name]; !ok {
		sc.names = append(sc.names, name)
	}
	sc.values[name] = value
}

func (sc *scope) run(ctx context.Context, p *Problem, o Options) error {
	if o.Runner == nil {
		return errorf(Unavailable, p.codeLine, "the problem runs author Python, and there is nothing to run it")
	}
	globals, err := json.Marshal(map[string]any{"seed": o.Seed, "anonymous_student_id": o.AnonymousID})
	if err != nil {
		return fmt.Errorf("encode script globals: %w", err)
	}
	result, err := o.Runner.Run(ctx, ScriptJob{Code: p.code, Globals: globals, Seed: o.Seed})
	if script, ok := errors.AsType[*ScriptError](err); ok {
		return &Error{
			Kind: ProblemFault, Line: p.codeLine, Err: err,
			Message: "Error while executing script code: " + textEscaper.Replace(script.Message),
		}
	}
	if err != nil {
		return fmt.Errorf("run script: %w", err)
	}
	return sc.adopt(result.Globals)
}

// adopt takes over the names a script left behind.
func (sc *scope) adopt(globals json.RawMessage) error {
	dec := json.NewDecoder(bytes.NewReader(globals))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("script globals are no JSON object: %w", err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return fmt.Errorf("decode script globals: %w", err)
		}
		var value strings.Builder
		if err := printValue(&value, dec, false); err != nil {
			return fmt.Errorf("decode script global %v: %w", name, err)
		}
		sc.add(name.(string), value.String())
	}
	if seed, err := strconv.Atoi(sc.values["seed"]); err == nil {
		sc.seed = seed // shuffling follows a seed the script changed
	}
	return nil
}

// expand replaces every $name by its value, longest names first.
func (sc *scope) expand(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	sc.ready()
	for _, name := range sc.longest {
		if strings.Contains(text, "$") {
			text = strings.ReplaceAll(text, "$"+name, sc.values[name])
		}
	}
	return text
}

// variable is the first name whose value prints as the text.
func (sc *scope) variable(text string) (string, bool) {
	sc.ready()
	for _, name := range sc.names {
		if sc.values[name] == text {
			return name, true
		}
	}
	return "", false
}

// printValue prints the next JSON value as Python prints what it decodes to.
// Inside a container texts are quoted.
func printValue(sb *strings.Builder, dec *json.Decoder, nested bool) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case json.Delim:
		return printContainer(sb, dec, t)
	case string:
		if nested {
			t = pythonString(t)
		}
		sb.WriteString(t)
	case json.Number:
		sb.WriteString(pythonNumber(t))
	case bool:
		sb.WriteString(map[bool]string{true: "True", false: "False"}[t])
	default:
		sb.WriteString("None")
	}
	return nil
}

func printContainer(sb *strings.Builder, dec *json.Decoder, open json.Delim) error {
	sb.WriteString(open.String())
	for first := true; dec.More(); first = false {
		if !first {
			sb.WriteString(", ")
		}
		if open == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			sb.WriteString(pythonString(key.(string)) + ": ")
		}
		if err := printValue(sb, dec, true); err != nil {
			return err
		}
	}
	end, err := dec.Token()
	if err == nil {
		sb.WriteString(end.(json.Delim).String())
	}
	return err
}

// pythonNumber prints an int as it is and a float as Python does.
func pythonNumber(n json.Number) string {
	text := n.String()
	if !strings.ContainsAny(text, ".eE") {
		return text
	}
	x, err := n.Float64()
	if err != nil {
		return text
	}
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	text = strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// pythonString quotes a text as Python's repr does, for printable text.
func pythonString(s string) string {
	quote := "'"
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = `"`
	}
	r := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, quote, `\`+quote)
	return quote + r.Replace(s) + quote
}
