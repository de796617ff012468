package capa

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Finding is something an author should know about a problem's source.
type Finding struct {
	Line     int    `json:"line"` // of the source, 1-based; 0 when none applies
	Severity string `json:"severity"`
	Kind     string `json:"kind"` // stable word for the sort of finding, such as "missing_label"
	Text     string `json:"text"`
}

// The severities of findings.
const (
	LintError   = "error"   // learners cannot be shown the problem, or nobody can answer it right
	LintWarning = "warning" // it works, but not for everybody or not as it seems to be meant
	LintNote    = "note"    // an old form that still works
)

// Lint looks through a problem's source for what would fail, what shuts people out, and what is old, in line order. With a
// runner it tries the problem's scripts as well; without one they are noted as not tried.
func Lint(ctx context.Context, source []byte, runner ScriptRunner) []Finding {
	l := &linter{}
	if l.outText = startOutText.Match(source) || endOutText.Match(source); l.outText {
		l.add(1+strings.Count(string(source[:firstMatch(source)]), "\n"), LintNote, "old_text", "<startouttext/> and <endouttext/> are old: plain markup does the same")
	}
	if root, err := parseSource(source); err == nil { // as written, but for these two: parsing for use rewrites old forms
		root.walk(l.element)
	}
	p, err := Parse(source)
	if err != nil {
		l.fail("does_not_load", err)
		return l.sorted()
	}
	for _, d := range p.Defects() {
		l.fail("does_not_show", d)
	}
	if err := p.Unavailable(); err != nil {
		l.fail("unsupported", err)
	}
	for _, r := range p.responses {
		l.response(r)
	}
	if p.HasScripts() && p.Unavailable() == nil {
		l.scripts(ctx, p, runner)
	}
	l.oldPython(p)
	return l.sorted()
}

func firstMatch(source []byte) int {
	at := len(source)
	for _, re := range []*regexp.Regexp{startOutText, endOutText} {
		if loc := re.FindIndex(source); loc != nil {
			at = min(at, loc[0])
		}
	}
	return at
}

type linter struct {
	found   []Finding
	outText bool // <text> elements may have been made of <startouttext/>
}

func (l *linter) add(line int, severity, kind, format string, args ...any) {
	l.found = append(l.found, Finding{line, severity, kind, fmt.Sprintf(format, args...)})
}

func (l *linter) fail(kind string, err error) {
	e := AsError(err)
	l.add(e.Line, LintError, kind, "%s", strings.TrimSpace(e.Message))
}

func (l *linter) sorted() []Finding {
	slices.SortStableFunc(l.found, func(a, b Finding) int { return a.Line - b.Line })
	return slices.Compact(l.found)
}

func (l *linter) scripts(ctx context.Context, p *Problem, runner ScriptRunner) {
	if runner == nil {
		l.add(p.codeLine, LintNote, "script_not_tried", "the script was not tried: there is no Python here")
		return
	}
	_, err := p.Instantiate(ctx, Options{Seed: 1, Attempt: 1, Runner: runner})
	if err == nil || p.defect != nil && errors.Is(err, error(p.defect)) {
		return
	}
	if e := AsError(err); e.Kind == Unavailable {
		l.add(p.codeLine, LintNote, "script_not_tried", "%s", e.Message)
		return
	}
	l.fail("does_not_show", err)
}

// python2 are forms that only Python 2 reads, as far as they can be told by looking at a line.
var python2 = []struct {
	form *regexp.Regexp
	text string
}{
	{regexp.MustCompile(`^\s*print\s+["'\w%]`), "print is a function"},
	{regexp.MustCompile(`^\s*except\s+[\w.]+\s*,\s*\w+\s*:`), "write: except Kind as name"},
	{regexp.MustCompile(`^\s*raise\s+\w+\s*,`), "write: raise Kind(message)"},
	{regexp.MustCompile(`[^<]<>`), "write != for <>"},
	{regexp.MustCompile(`\.has_key\(`), "write: key in dictionary"},
	{regexp.MustCompile(`\.iter(items|keys|values)\(`), "write items, keys or values"},
}

// oldPython looks for Python 2 in scripts and answers. Such code is converted when it runs, which nobody has looked at.
func (l *linter) oldPython(p *Problem) {
	for _, f := range p.oldPython("script", "answer") {
		l.add(f.Line, LintNote, "python_2", "this is Python 2, which is converted each time it runs: %s", f.Text)
	}
}

// OldChecks are the places in checks of answers that look like Python 2, with what to write instead. Of the problem's script, which runs
// whenever it is shown, [Instance.Notes] tells what was converted.
func (p *Problem) OldChecks() []Finding { return p.oldPython("answer") }

func (p *Problem) oldPython(tags ...string) []Finding {
	var found []Finding
	p.root.walk(func(n *node) {
		if !slices.Contains(tags, n.tag) || strings.Contains(n.get("type"), "javascript") {
			return
		}
		for i, line := range strings.Split(n.text, "\n") {
			for _, old := range python2 {
				if old.form.MatchString(line) {
					found = append(found, Finding{n.line + i, LintNote, "python_2", old.text})
				}
			}
		}
	})
	return found
}

// oldElements are elements of the page that HTML has given up.
var oldElements = []string{"center", "font", "strike", "big", "tt", "marquee", "blink"}

// element looks at one element as the author wrote it.
func (l *linter) element(n *node) {
	switch {
	case n.tag == "img":
		if _, ok := n.attr("alt"); !ok {
			l.add(n.line, LintWarning, "missing_alt", "an image without alt: say what it shows, or alt=\"\" where it only decorates")
		}
	case n.tag == "iframe" && n.get("title") == "":
		l.add(n.line, LintWarning, "missing_title", "a frame without title")
	case slices.Contains(oldElements, n.tag):
		l.add(n.line, LintNote, "old_element", "<%s> is no part of HTML any more", n.tag)
	case n.tag == "text" && n.parent != nil && !l.outText:
		l.add(n.line, LintNote, "old_text", "<text> is old: plain markup does the same")
	case n.tag == "stringresponse":
		if strings.Contains(lower(n.get("answer")), "_or_") {
			l.add(n.line, LintNote, "old_alternatives", "answers joined by _or_ are old: use <additional_answer answer=\"...\"/>")
		}
	case n.tag == "additional_answer":
		if _, ok := n.attr("answer"); !ok && n.parent != nil && n.parent.tag == "stringresponse" {
			l.add(n.line, LintNote, "old_alternatives", "the text of additional_answer is old: use its answer attribute")
		}
	case n.tag == "optioninput":
		if _, ok := n.attr("options"); ok {
			l.add(n.line, LintNote, "old_options", "the options attribute is old: <option> elements may have feedback")
		}
	case n.tag == "editamoleculeinput":
		l.add(n.line, LintError, "unsupported", "editamoleculeinput is drawn by nobody any more: a jsinput with a page of your own can take its place")
	case inputTypes[n.tag]:
		l.tool(n)
		if _, ok := n.attr("label"); ok && n.tag != "jsinput" {
			l.add(n.line, LintNote, "old_label", "the label attribute is old: use <label> in the response")
		}
	}
}

var (
	geometryName  = regexp.MustCompile(`^AX[1-6](E[0-4])?$`)
	foldDirection = regexp.MustCompile(`^(E|NE|NW|W|SW|SE|none)$`)
)

// tool looks at the inputs whose tools need to know what the author wants. Values with a "$" are known once a script has run.
func (l *linter) tool(n *node) {
	value := func(name string) string {
		if text := n.get(name); !strings.Contains(text, "$") {
			return strings.TrimSpace(text)
		}
		return ""
	}
	switch n.tag {
	case "vsepr_input":
		for name := range strings.SplitSeq(value("geometries"), ",") {
			if name = strings.TrimSpace(name); name != "" && !geometryName.MatchString(name) {
				l.add(n.line, LintWarning, "unknown_shape", "no picture of the geometry %q: those are called AX2 or AX3E1, two to six places around the center", name)
			}
		}
	case "designprotein2dinput":
		l.add(n.line, LintNote, "own_tool", "proteins are folded by a program of this platform, after the published rules of Protex: try the sequences you expect")
		for step := range strings.SplitSeq(strings.TrimSuffix(value("target_shape"), ";"), ";") {
			if step = strings.TrimSpace(step); step != "" && !foldDirection.MatchString(step) {
				l.add(n.line, LintWarning, "unknown_shape", "the target shape goes to %q: directions are E, NE, NW, W, SW, SE", step)
			}
		}
	case "editageneinput":
		l.add(n.line, LintNote, "own_tool", "genes are expressed by a program of this platform, after the published rules of the Gene Explorer: try the changes you expect")
		if number := value("genex_problem_number"); number != "" && (len(number) != 1 || number < "1" || number > "5") {
			l.add(n.line, LintWarning, "asks_nothing", "genex_problem_number %q asks for nothing, so that every gene is right: 1 to 5 do", number)
		}
		if dna := value("genex_dna_sequence"); strings.Trim(dna, "ACGT") != "" {
			l.add(n.line, LintWarning, "unknown_shape", "genex_dna_sequence has letters other than A, C, G and T")
		}
	}
}

func (l *linter) response(r *response) {
	for _, in := range r.inputs {
		if accessibleInputs[in.el.tag] && strings.TrimSpace(in.label) == "" && strings.TrimSpace(in.groupLabel) == "" && in.el.get("hidden") == "" {
			l.add(in.el.line, LintWarning, "missing_label", "nothing says aloud what %s asks: add <label> to <%s>", in.el.tag, r.kind.name)
		}
		l.choices(r, in)
	}
	switch r.kind.name {
	case "externalresponse":
		l.add(r.el.line, LintError, "unsupported", "externalresponse is not graded by anybody any more: use coderesponse or customresponse")
	case "stringresponse":
		l.patterns(r)
	}
}

// choices looks for what can be chosen and what of it is right. Values with a "$" are known once a script has run.
func (l *linter) choices(r *response, in *input) {
	switch in.el.tag {
	case "choicegroup", "radiogroup", "checkboxgroup":
		if len(in.choices) == 0 {
			l.add(in.el.line, LintError, "no_choices", "<%s> has no choices", in.el.tag)
			return
		}
		names := map[string]bool{}
		right := false
		for _, c := range in.choices {
			if name := c.get("name"); names[name] {
				l.add(c.line, LintError, "same_name", "two choices are called %q: only one of them can be chosen", name)
			} else {
				names[name] = true
			}
			correct, ok := c.attr("correct")
			if !ok {
				l.add(c.line, LintError, "no_correct", "a choice does not say whether it is correct")
			}
			right = right || lower(correct) == "true" || strings.Contains(correct, "$")
		}
		if !right && r.kind.name == "multiplechoiceresponse" {
			l.add(in.el.line, LintError, "never_right", "no choice is correct: nobody can answer this right")
		}
	case "optioninput":
		correct := in.el.get("correct")
		switch {
		case strings.Contains(correct, "$"):
		case correct == "":
			l.add(in.el.line, LintError, "never_right", "no option is correct: nobody can answer this right")
		case !slices.Contains(in.options, correct) && !slices.ContainsFunc(in.options, func(o string) bool { return strings.Contains(o, "$") }):
			l.add(in.el.line, LintError, "never_right", "the right answer %q is none of the options", correct)
		}
	}
}

// patterns tries the regular expressions of a text answer.
func (l *linter) patterns(r *response) {
	if !slices.Contains(strings.Split(lower(r.el.get("type")), " "), "regexp") {
		return
	}
	for _, n := range slices.Concat([]*node{r.el}, r.el.findAll("additional_answer"), r.el.findAll("regexphint")) {
		if source := n.get("answer"); !strings.Contains(source, "$") {
			if _, err := r.parsed.get("^"+source+"$", false); err != nil {
				l.add(n.line, LintError, "bad_pattern", "the pattern %q cannot be used: %v", source, err)
			}
		}
	}
}
