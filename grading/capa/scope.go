package capa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// scope is what $names stand for.
type scope struct {
	names   []string // in order of creation
	values  map[string]global
	longest []string // the names, longest first
	seed    int

	notes []string // of the script's run, for the course team

	later func() // puts the names in, where that can wait until one is looked for
	once  sync.Once

	grown atomic.Int64 // by how many bytes values have lengthened texts
}

// global is the value of a name.
type global struct {
	text string // as Python prints it
	json string // as it crosses; empty for a plain text
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
	sc.values = make(map[string]global, 8)
	seed := strconv.Itoa(o.Seed)
	sc.add("seed", global{seed, seed})
	sc.add("anonymous_student_id", global{text: o.AnonymousID})
}

// end adds the names that come after those of a script.
func (sc *scope) end(p *Problem, o Options) {
	sc.add("script_code", global{text: p.code})
	path := global{"[]", "[]"}
	if slices.ContainsFunc(o.Files, func(f ScriptFile) bool { return f.Name == PythonLib }) {
		path = global{"['" + PythonLib + "']", `["` + PythonLib + `"]`}
	}
	sc.add("python_path", path)
	sc.add("extra_files", global{"None", "null"})
	if o.Attempt > 0 {
		attempt := strconv.Itoa(o.Attempt)
		sc.add("attempt", global{attempt, attempt})
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

func (sc *scope) add(name string, value global) {
	if _, ok := sc.values[name]; !ok {
		sc.names = append(sc.names, name)
	}
	sc.values[name] = value
}

func (sc *scope) run(ctx context.Context, p *Problem, o Options) error {
	names := sc.globals()
	if !p.readsLearner(o) {
		names = object([]binding{{"seed", sc.value("seed")}})
	}
	result, err := o.Runner.Run(ctx, ScriptJob{Code: p.code, Globals: names, Seed: o.Seed, Files: o.Files})
	if script, ok := errors.AsType[*ScriptError](err); ok {
		return &Error{
			Kind: ProblemFault, Line: p.codeLine, Err: err,
			Message: "Error while executing script code: " + scriptEscaper.Replace(script.Message),
		}
	}
	if err != nil {
		return fmt.Errorf("run script: %w", err)
	}
	sc.notes = result.Notes
	return sc.adopt(result.Globals)
}

// readsLearner reports whether the script may look at who the learner is. One that does not finds no id, so that a runner which remembers
// results runs it once a seed and not once a learner. Code that looks at names by other ways than naming them is given the id.
func (p *Problem) readsLearner(o Options) bool {
	if len(o.Files) > 0 {
		return true
	}
	return slices.ContainsFunc([]string{"anonymous_student_id", "globals", "locals", "vars", "dir(", "eval", "exec", "_getframe", "inspect"}, func(word string) bool {
		return strings.Contains(p.code, word)
	})
}

// scriptEscaper is for what an author's code said.
var scriptEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// adopt takes over the names a script left behind.
func (sc *scope) adopt(globals json.RawMessage) error {
	left, err := parsePython(globals)
	if err != nil || left.kind != '{' {
		return fmt.Errorf("the names a script left behind: %w", cmp.Or(err, errNoPython))
	}
	for k, name := range left.keys {
		sc.add(name, global{left.items[k].str(), left.items[k].raw})
	}
	if seed, err := strconv.Atoi(sc.values["seed"].text); err == nil {
		sc.seed = seed // shuffling follows a seed the script changed
	}
	return nil
}

// binding is a name for author code and its value as it crosses.
type binding struct{ name, json string }

// globals are all names as they cross, with those given put in or in place.
func (sc *scope) globals(with ...binding) json.RawMessage {
	sc.ready()
	all := make([]binding, 0, len(sc.names)+len(with))
	for _, name := range sc.names {
		if !slices.ContainsFunc(with, func(b binding) bool { return b.name == name }) {
			all = append(all, binding{name, sc.value(name)})
		}
	}
	return object(append(all, with...))
}

// object writes names with values as they cross.
func object(names []binding) json.RawMessage {
	var sb strings.Builder
	sb.WriteByte('{')
	for k, b := range names {
		if k > 0 {
			sb.WriteString(", ")
		}
		sb.WriteString(pythonJSON(b.name) + ": " + b.json)
	}
	sb.WriteByte('}')
	return json.RawMessage(sb.String())
}

// value is a name's value as it crosses, None for a name there is none of.
func (sc *scope) value(name string) string {
	sc.ready()
	v, ok := sc.values[name]
	switch {
	case !ok:
		return "null"
	case v.json == "":
		return pythonJSON(v.text)
	default:
		return v.json
	}
}

// maxGrown bounds by how much values lengthen all texts of an instance together:
// a value may hold names of other values, and few of those exceed all memory.
const maxGrown = 16 << 20

// expand replaces every $name by its value, longest names first. Beyond the
// bound names stay.
func (sc *scope) expand(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	sc.ready()
	for _, name := range sc.longest {
		if !strings.Contains(text, "$") {
			break
		}
		place, value := "$"+name, sc.values[name].text
		if longer := len(value) - len(place); longer > 0 {
			n := strings.Count(text, place)
			if n > 0 && sc.grown.Add(int64(n)*int64(longer)) > maxGrown {
				break
			}
		}
		text = strings.ReplaceAll(text, place, value)
	}
	return text
}

// variable is the first name whose value prints as the text.
func (sc *scope) variable(text string) (string, bool) {
	sc.ready()
	for _, name := range sc.names {
		if sc.values[name].text == text {
			return name, true
		}
	}
	return "", false
}
