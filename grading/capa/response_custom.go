package capa

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
)

// custom grades by author code: a function of the problem's script, or
// statements of its own.
type custom struct {
	response *response
	expect   *string // what the author expects, nil when nothing is said
	function string  // its name in the script
	code     string  // the statements, where there is no function

	verdict func(*submission, []Answer) (verdict, error)
}

func setUpCustom(r *response, sc *scope) (checker, error) {
	c := &custom{response: r, function: r.el.get("cfn")}
	if expect := cmp.Or(r.el.get("expect"), r.el.get("answer")); expect != "" {
		expect = sc.expand(expect)
		c.expect = &expect
	}
	own := r.el.descendants("answer")
	switch {
	case len(own) > 0 && own[0].text == "":
		c.verdict = func(*submission, []Answer) (verdict, error) { return verdict{}, r.withoutCode() }
	case len(own) > 0:
		c.code, c.verdict = own[0].text, c.execute
	case c.function != "":
		c.verdict = c.ask
	default:
		c.verdict = c.execute // of nothing: every mark stays unknown
	}
	return c, nil
}

// codeElsewhere is the file a check's code is said to be in, <answer src="...">, where the response has its checks in answer elements.
func (r *response) codeElsewhere() (src string, has bool) {
	switch r.kind.name {
	case "customresponse", "symbolicresponse", "schematicresponse", "externalresponse":
	default:
		return "", false
	}
	own := r.el.descendants("answer")
	if len(own) == 0 {
		return "", false
	}
	return own[0].attr("src") // the first alone counts
}

func (r *response) withoutCode() *Error {
	return r.fault(ResponseFault, "the question's check holds no code")
}

func (c *custom) reveal(in *Instance) ([]ShownAnswer, error) {
	if len(c.response.inputs) < 2 && c.expect != nil && *c.expect != "" {
		if len(c.response.inputs) == 0 {
			return nil, c.response.fault(Engine, "%s has no input", c.response.kind.name)
		}
		return []ShownAnswer{{ID: in.id(c.response.inputs[0].id), Text: *c.expect}}, nil
	}
	return c.response.declared(in), nil
}

// declared are the answers authors wrote beside the inputs, for showing only.
func (r *response) declared(in *Instance) []ShownAnswer {
	var out []ShownAnswer
	for _, i := range r.inputs {
		if text := i.el.get("correct_answer"); text != "" {
			out = append(out, ShownAnswer{ID: in.id(i.id), Text: in.scope.expand(text)})
		}
	}
	return out
}

// verdict is what author code said of a submission, input by input.
type verdict struct {
	marks    pyValue   // a list of words
	messages []string  // HTML
	overall  string    // HTML
	decimals []float64 // shares of the points; nil: by the marks
}

func (c *custom) grade(s *submission) error {
	given, err := s.given(c.response.inputs)
	if err != nil {
		return err
	}
	if len(given) == 1 && given[0].falsy() {
		message := ""
		if c.response.el.get("empty_answer_err") != "" {
			message = `<span class="inline-error">No answer entered!</span>`
		}
		s.result.CorrectMap[s.in.id(c.response.inputs[0].id)] = Entry{Correctness: Incorrect, Msg: message}
		return nil
	}
	v, err := c.verdict(s, given)
	if err != nil {
		return err
	}
	return c.enter(s, v)
}

// falsy tells whether an answer is false in Python.
func (a Answer) falsy() bool {
	v, err := parsePython([]byte(pythonJSON(a)))
	return err == nil && !v.truth()
}

// given are the answers of all inputs. One that was not sent is a failure.
func (s *submission) given(inputs []*input) ([]Answer, error) {
	out := make([]Answer, len(inputs))
	for k, i := range inputs {
		answer, sent := s.answer(i)
		if !sent {
			return nil, s.response.fault(Engine, "no answer was sent for input %s", i.id)
		}
		out[k] = answer
	}
	return out, nil
}

// enter puts the verdict into the map.
func (c *custom) enter(s *submission, v verdict) error {
	s.result.OverallMessage = v.overall
	for k, i := range c.response.inputs {
		mark, ok := v.marks.at(k)
		if !ok || k >= len(v.messages) || v.decimals != nil && k >= len(v.decimals) {
			return c.response.fault(Engine, "the check says nothing of input %s", i.id)
		}
		e := Entry{Correctness: Correctness(mark.str()), Msg: v.messages[k]}
		share := worth(e.Correctness)
		if v.decimals != nil {
			share = v.decimals[k]
		}
		points := float64(i.points) * share
		e.NPoints = &points
		s.result.CorrectMap[s.in.id(i.id)] = e
	}
	return nil
}

// worth is the share of the points a mark earns by itself.
func worth(c Correctness) float64 {
	switch c {
	case Correct:
		return 1
	case PartiallyCorrect:
		return 0.5
	default:
		return 0
	}
}

// ask calls the function of the script: the script runs again, with the same
// random numbers, and the call behind it.
func (c *custom) ask(s *submission, given []Answer) (verdict, error) {
	var code strings.Builder
	code.WriteString(s.in.problem.code + "\ncfn_return = " + c.function + "(expect, ans")
	answer := pythonJSON(given)
	if len(given) == 1 {
		answer = pythonJSON(given[0])
	}
	known := []binding{{"expect", pythonJSON(c.expect)}, {"ans", answer}}
	names := c.names(s, given)
	for extra := range strings.FieldsSeq(c.response.el.get("cfn_extra_args")) {
		code.WriteString(", " + extra + "=" + extra)
		value := s.in.scope.value(extra)
		for _, b := range names {
			if b.name == extra {
				value = b.json
			}
		}
		known = append(known, binding{extra, value})
	}
	code.WriteString(")\n")
	left, err := s.run(code.String(), object(known))
	if err != nil {
		return verdict{}, err
	}
	returned, ok := left.field("cfn_return")
	if !ok {
		return verdict{}, c.response.fault(ResponseFault, "the check function returned what cannot be read")
	}
	return c.interpret(returned)
}

// interpret reads what a check function returned.
func (c *custom) interpret(v pyValue) (verdict, error) {
	n := len(c.response.inputs)
	out := verdict{messages: make([]string, n)}
	if v.kind != '{' {
		out.marks = repeat(markOf(v), n)
		return out, nil
	}
	if ok, has := v.field("ok"); has {
		return c.interpretOne(v, ok)
	}
	list, has := v.field("input_list")
	if !has {
		return out, c.response.fault(ResponseFault, "CustomResponse: check function returned an invalid dictionary!")
	}
	overall, _ := v.field("overall_message")
	return c.interpretList(list, tidyMessage(overall))
}

// interpretOne reads a dict that speaks of all inputs at once.
func (c *custom) interpretOne(v, ok pyValue) (verdict, error) {
	n := len(c.response.inputs)
	mark := markOf(ok)
	out := verdict{marks: repeat(mark, n), messages: make([]string, n)}
	message, _ := v.field("msg")
	switch n {
	case 0:
		return out, c.response.fault(Engine, "the check speaks of an input, and there is none")
	case 1:
		out.messages[0] = tidyMessage(message)
	default:
		out.overall = tidyMessage(message)
	}
	share := worth(mark)
	if decimal, has := v.field("grade_decimal"); has {
		if decimal.kind == '"' { // a number written as a text will do
			decimal = pyValue{kind: '0', text: lower(strip(decimal.text))}
		}
		if share, has = decimal.float(); !has {
			return out, c.response.fault(Engine, "grade_decimal is no number: %s", decimal.str())
		}
	}
	for range n {
		out.decimals = append(out.decimals, share)
	}
	return out, nil
}

// interpretList reads a list with one dict an input.
func (c *custom) interpretList(list pyValue, overall string) (verdict, error) {
	out := verdict{overall: overall, marks: pyValue{kind: '['}}
	if list.kind != '[' {
		return out, c.response.fault(Engine, "input_list is no list: %s", list.str())
	}
	for k, entry := range list.items {
		ok, has := entry.field("ok")
		if !has {
			return out, c.response.fault(Engine, "entry %d of input_list has no ok", k)
		}
		mark := markOf(ok)
		out.marks.items = append(out.marks.items, pyValue{kind: '"', text: string(mark)})
		message, _ := entry.field("msg")
		out.messages = append(out.messages, tidyMessage(message))
		share := worth(mark)
		if mark == Correct && lower(strip(ok.str())) != "true" {
			share = 0 // here only the very word earns points
		}
		if decimal, has := entry.field("grade_decimal"); has {
			if share, has = decimal.float(); !has {
				return out, c.response.fault(Engine, "grade_decimal is no number: %s", decimal.str())
			}
		}
		out.decimals = append(out.decimals, share)
	}
	return out, nil
}

// markOf reads a truth: what is false in Python or says so is wrong, what
// speaks of partial is partly right, and all else is right.
func markOf(v pyValue) Correctness {
	word := lower(strip(v.str()))
	switch {
	case !v.truth() || word == "false":
		return Incorrect
	case strings.Contains(word, "partial"):
		return PartiallyCorrect
	default:
		return Correct
	}
}

func repeat(mark Correctness, n int) pyValue {
	out := pyValue{kind: '['}
	for range n {
		out.items = append(out.items, pyValue{kind: '"', text: string(mark)})
	}
	return out
}

// names are those the code of a response finds beside the script's.
func (c *custom) names(s *submission, given []Answer) []binding {
	var ids []string
	var typeset []any // what the page made of a formula, by input
	var marks, messages []string
	for _, i := range c.response.inputs {
		id := s.in.id(i.id)
		ids = append(ids, id)
		marks, messages = append(marks, "unknown"), append(messages, "")
		typed, sent := s.answers[id+"_dynamath"]
		if sent {
			typeset = append(typeset, typed)
		} else {
			typeset = append(typeset, nil)
		}
	}
	var options *string
	if text, ok := c.response.el.attr("options"); ok {
		options = &text
	}
	return []binding{
		{"response_id", pythonJSON(s.in.id(c.response.el.id))},
		{"expect", pythonJSON(c.expect)},
		{"submission", pythonJSON(given)},
		{"idset", pythonJSON(ids)},
		{"dynamath", pythonJSON(typeset)},
		{"answers", pythonJSON(s.answers)},
		{"correct", pythonJSON(marks)},
		{"messages", pythonJSON(messages)},
		{"overall_message", `""`},
		{"options", pythonJSON(options)},
		{"debug", "false"},
	}
}

// execute runs the statements and reads back what they set. They find what the
// script left behind, and not its functions: only values cross.
func (c *custom) execute(s *submission, given []Answer) (verdict, error) {
	names := c.names(s, given)
	left, err := s.run(c.code, s.in.scope.globals(names...))
	if err != nil {
		return verdict{}, err
	}
	// A name that was set to what cannot cross is as it was.
	read := func(name string) pyValue {
		if v, ok := left.field(name); ok {
			return v
		}
		for _, b := range names {
			if b.name == name {
				v, _ := parsePython([]byte(b.json))
				return v
			}
		}
		return pyValue{}
	}
	out := verdict{marks: read("correct"), overall: tidyMessage(read("overall_message"))}
	messages := read("messages")
	for k := range c.response.inputs {
		if message, ok := messages.at(k); ok {
			out.messages = append(out.messages, tidyMessage(message))
		}
	}
	decimals := read("grade_decimals")
	if !decimals.truth() {
		return out, nil
	}
	out.decimals = []float64{}
	for k := range c.response.inputs {
		entry, ok := decimals.at(k)
		if !ok {
			break
		}
		share, ok := entry.float()
		if !ok {
			return out, c.response.fault(Engine, "grade_decimals holds what is no number: %s", entry.str())
		}
		out.decimals = append(out.decimals, share)
	}
	return out, nil
}

// hint: there are none beside the answers.
func (c *custom) hint(*submission) error { return nil }

// run runs author code of a response and returns the names it left behind.
func (s *submission) run(code string, globals []byte) (pyValue, error) {
	o := s.in.options
	if o.Runner == nil {
		return pyValue{}, s.response.fault(Unavailable, "there is nothing to run author Python")
	}
	result, err := o.Runner.Run(s.ctx, ScriptJob{Code: code, Globals: globals, Seed: s.in.scope.seed, Files: o.Files})
	if script, ok := errors.AsType[*ScriptError](err); ok {
		return pyValue{}, &Error{Kind: ResponseFault, Line: s.response.el.line, Message: complaint(script.Message), Err: script}
	}
	if err != nil {
		return pyValue{}, fmt.Errorf("run the check of question %d: %w", s.response.number, err)
	}
	left, err := parsePython(result.Globals)
	if err != nil || left.kind != '{' {
		return pyValue{}, fmt.Errorf("the names the check of question %d left behind: %w", s.response.number, cmp.Or(err, errNoPython))
	}
	return left, nil
}

// complaint is what a learner is told of a failure in author code: what the
// exception says, without its class. Authors mark such texts up; of that, lines
// remain.
func complaint(line string) string {
	if _, said, ok := strings.Cut(line, ": "); ok {
		line = said
	}
	line = emphasis.ReplaceAllString(breaks.ReplaceAllString(line, "\n"), "")
	return textEscaper.Replace(html.UnescapeString(strings.TrimSpace(line)))
}

var (
	breaks   = regexp.MustCompile(`(?i)(\s*</?(?:br|p|div|ul|ol|li|pre|table|tr|h[1-6])(?:\s[^<>]*)?/?>\s*)+`)
	emphasis = regexp.MustCompile(`(?i)</?(?:a|b|code|em|font|i|kbd|mark|small|span|strong|sub|sup|tt|u)(?:\s[^<>]*)?>`)
)
