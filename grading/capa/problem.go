package capa

import (
	"context"
	"errors"
	"html"
	"slices"
	"strconv"
	"strings"
)

// Problem is a parsed source: independent of learner and seed, immutable, and
// safe for concurrent use.
type Problem struct {
	root      *node
	responses []*response
	hints     []string
	maxScore  int
	code      string // author Python, all scripts together
	codeLine  int
	active    bool
	python    *Error // why it cannot be served without a runner; nil when it can
	defect    *Error // found while reading, but only in the way of showing
	infos     []ResponseInfo
	lacking   *Error // why it cannot be served, see Unavailable
	works     *workshop
}

// ResponseInfo summarizes one response.
type ResponseInfo struct {
	Number      int    // 1-based, document order
	Type        string // element name
	Line        int
	Inputs      []InputInfo
	NeedsPython bool // grading it runs author code
	Unsupported bool // no grader for its type is built in
}

// InputInfo summarizes one input.
type InputInfo struct {
	ID     string // without prefix: 2_1
	Type   string // element name
	Points int
	Line   int
}

// Include reads a file of the problem's own course.
type Include func(name string) ([]byte, error)

// Parse reads a problem's source. It fails on what is not XML or has no
// meaning for any learner, with a line; mistakes that only showing the problem
// would meet are returned by [Problem.Instantiate] and [Problem.Defects].
// include, where given, serves <include file="...">.
func Parse(source []byte, include ...Include) (*Problem, error) {
	root, err := parseSource(source)
	if err != nil {
		return nil, err
	}
	p := &Problem{root: root}
	if err := rewrite(root); err != nil {
		return nil, err
	}
	if err := p.include(include); err != nil {
		return nil, err
	}
	p.collectScripts()
	if err := p.number(); err != nil {
		return nil, err
	}
	if err := p.checkExternal(); err != nil {
		return nil, err
	}
	p.prepareInputs()
	p.prepareMarkup(root)
	p.infos, p.lacking = p.summarize(), p.findLack()
	p.python = p.findPython()
	if p.code == "" && !p.Mentions("$anonymous_student_id", "$attempt") {
		p.works = &workshop{}
	}
	return p, nil
}

// MaxScore is the sum of the inputs' points, without weight; it needs no script.
func (p *Problem) MaxScore() int { return p.maxScore }

// DemandHints returns the hints shown on request, as HTML, before substitution.
func (p *Problem) DemandHints() []string { return p.hints }

// Responses summarizes the responses in document order. The list is shared and must not be changed.
func (p *Problem) Responses() []ResponseInfo { return p.infos }

func (p *Problem) summarize() []ResponseInfo {
	out := make([]ResponseInfo, len(p.responses))
	for i, r := range p.responses {
		out[i] = ResponseInfo{
			Number: r.number, Type: r.kind.name, Line: r.el.line,
			NeedsPython: r.needsPython(), Unsupported: r.kind.setUp == nil,
		}
		for _, in := range r.inputs {
			out[i].Inputs = append(out[i].Inputs, InputInfo{in.id, in.el.tag, in.points, in.el.line})
		}
	}
	return out
}

// HasScripts tells whether author Python runs before the problem is shown.
func (p *Problem) HasScripts() bool { return p.code != "" }

// NeedsPython tells whether showing or grading the problem runs author Python.
func (p *Problem) NeedsPython() bool { return p.python != nil }

// HasJavaScript tells whether the author's markup carries scripts for the browser.
func (p *Problem) HasJavaScript() bool { return p.active }

// Mentions tells whether one of the texts stands in what the author wrote, in prose or in an attribute.
func (p *Problem) Mentions(texts ...string) bool {
	found := false
	look := func(written string) {
		found = found || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(written, text) })
	}
	p.root.walk(func(n *node) {
		look(n.text)
		look(n.tail)
		for _, a := range n.attrs {
			look(a.Value)
		}
	})
	for _, r := range p.responses { // labels and descriptions were taken out of the tree
		for _, in := range r.inputs {
			look(in.label)
			look(in.groupLabel)
			look(strings.Join(in.descriptions, "\n"))
		}
	}
	return found
}

// Defects lists what stops the problem from being shown, in document order.
// Where a script sets the answers it can only tell what does not depend on them.
func (p *Problem) Defects() []*Error {
	var out []*Error
	if p.defect != nil {
		out = append(out, p.defect)
	}
	if p.HasScripts() || p.Unavailable() != nil {
		return out
	}
	if _, err := p.instantiate(context.Background(), Options{Seed: 1}); err != nil && (p.defect == nil || !errors.Is(err, error(p.defect))) {
		out = append(out, AsError(err))
	}
	return out
}

// Unavailable says why this build cannot serve the problem to a learner even
// with a script runner: nil when it can.
func (p *Problem) Unavailable() *Error { return p.lacking }

func (p *Problem) findLack() *Error {
	for _, r := range p.responses {
		if r.kind.setUp == nil {
			return r.fault(Unavailable, "%s is not supported here yet", r.kind.name)
		}
		if src, has := r.codeElsewhere(); has {
			return r.fault(Unavailable, "the check of this %s is said to be in the file %q, which is not read, here as on other sites: "+
				"put the code itself between &lt;answer&gt; and &lt;/answer&gt;", r.kind.name, html.EscapeString(src))
		}
	}
	return nil
}

// findPython says why the problem cannot be served where nothing runs author Python.
func (p *Problem) findPython() *Error {
	const text = "the problem runs author Python, and there is nothing to run it"
	if p.code != "" {
		return errorf(Unavailable, p.codeLine, text)
	}
	for _, r := range p.responses {
		if r.needsPython() {
			return r.fault(Unavailable, text)
		}
	}
	return nil
}

// needsPython tells whether grading the response runs author code.
func (r *response) needsPython() bool {
	group := r.el.find("hintgroup")
	return r.kind.python || group != nil && group.get("hintfn") != ""
}

// note keeps the first defect.
func (p *Problem) note(e *Error) {
	if p.defect == nil {
		p.defect = e
	}
}

// rewrite brings old spellings into the present form.
func rewrite(root *node) error {
	var err error
	root.walk(func(n *node) {
		if err != nil {
			return
		}
		switch n.tag {
		case "stringresponse":
			err = rewriteAdditionalAnswers(n)
		case "optioninput":
			err = rewriteOptions(n)
		}
	})
	return err
}

func rewriteAdditionalAnswers(n *node) error {
	for _, a := range n.findAll("additional_answer") {
		if _, ok := a.attr("answer"); ok {
			continue
		}
		if a.text == "" {
			return errorf(Engine, a.line, "additional_answer holds no answer")
		}
		a.set("answer", strip(a.text))
		a.text = ""
	}
	return nil
}

func rewriteOptions(n *node) error {
	var texts []string
	correct := ""
	for _, o := range n.findAll("option") {
		mark, ok := o.attr("correct")
		if !ok {
			return errorf(Engine, o.line, "option does not say whether it is correct")
		}
		if o.text == "" {
			return errorf(Engine, o.line, "option holds no text")
		}
		text := strip(o.text)
		if strings.EqualFold(mark, "true") {
			if correct != "" {
				return errorf(ProblemFault, o.line, "only one option may be correct")
			}
			correct = text
		}
		texts = append(texts, "'"+text+"'")
	}
	if texts == nil {
		return nil
	}
	n.set("options", "("+strings.Join(texts, ",")+")")
	if correct != "" {
		n.set("correct", correct)
	}
	return nil
}

// include puts the files named by include elements in their places.
func (p *Problem) include(sources []Include) error {
	for _, el := range p.root.descendants("include") {
		name, ok := el.attr("file")
		if !ok {
			continue
		}
		if len(sources) == 0 {
			p.note(errorf(Engine, el.line, "included file %q is not there", name))
			continue
		}
		data, err := sources[0](name)
		if err != nil {
			p.note(&Error{Kind: Engine, Line: el.line, Message: "included file " + strconv.Quote(name) + " cannot be read", Err: err})
			continue
		}
		root, err := parseSource(data)
		if err != nil {
			return &Error{Kind: Engine, Line: el.line, Message: "included file " + strconv.Quote(name) + ": " + err.Error(), Err: err}
		}
		root.parent, root.tail = el.parent, ""
		el.parent.children[slices.Index(el.parent.children, el)] = root
	}
	return nil
}

// unescapeScript undoes the second layer of escaping scripts were stored with.
var unescapeScript = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&apos;", "'", "&quot;", `"`)

func (p *Problem) collectScripts() {
	var code strings.Builder
	p.root.walk(func(n *node) {
		switch {
		case n.tag != "script":
			return
		case isJavaScript(n):
			p.active = true
		case strings.Contains(n.get("type"), "perl"):
		case n.text == "":
			p.note(errorf(Engine, n.line, "the script is empty"))
		default:
			if code.Len() == 0 {
				p.codeLine = n.line
			}
			code.WriteString(strings.ReplaceAll(unescapeScript.Replace(n.text), "&amp;", "&"))
		}
	})
	p.code = code.String()
}

// number gives responses, inputs and solutions their ids and checks what each
// response may hold.
func (p *Problem) number() error {
	var elements []*node
	p.root.walk(func(n *node) {
		if findResponseType(n.tag) != nil {
			elements = append(elements, n)
		}
	})
	if len(elements) > maxResponses {
		return errorf(Engine, elements[maxResponses].line, "the problem has more than %d questions", maxResponses)
	}
	for i, el := range elements {
		r := &response{kind: findResponseType(el.tag), number: i + 1, el: el, parsed: &patternCache{}}
		el.response, el.id = r, strconv.Itoa(i+1)
		var fields []*node
		for _, c := range el.children {
			c.walk(func(d *node) {
				if inputTypes[d.tag] {
					fields = append(fields, d)
				}
			})
		}
		for k, field := range fields {
			if err := r.addInput(field, strconv.Itoa(i+2)+"_"+strconv.Itoa(k+1)); err != nil {
				return err
			}
		}
		r.label()
		if err := r.check(); err != nil {
			return err
		}
		p.responses = append(p.responses, r)
	}
	for _, r := range p.responses {
		for _, in := range r.inputs {
			p.maxScore += in.points
		}
	}
	for i, s := range p.root.descendants("solution") {
		s.id = "solution_" + strconv.Itoa(i+1)
	}
	return nil
}

func (r *response) addInput(el *node, id string) error {
	if el.input == nil {
		points := 1
		if text, ok := el.attr("points"); ok {
			var err error
			if points, err = strconv.Atoi(strip(text)); err != nil {
				return errorf(Engine, el.line, "points of %s are no whole number: %q", el.tag, text)
			}
		}
		el.input = &input{el: el, points: points}
	}
	if r.kind.points > 0 {
		el.input.points = r.kind.points
	}
	el.input.id, el.input.response, el.id = id, r, id
	r.inputs = append(r.inputs, el.input)
	return nil
}

// check holds the response to what its type allows. The wording is the one
// authors know from elsewhere.
func (r *response) check() error {
	name := "LoncapaProblem Response " + r.kind.name
	line := "\nSee XML source line " + strconv.Itoa(r.el.line)
	for _, in := range r.inputs {
		if !r.allows(in.el.tag) {
			return r.fault(ProblemFault, "%s: cannot have input field %s%s", name, in.el.tag, line)
		}
	}
	if r.kind.single && len(r.inputs) > 1 {
		return r.fault(ProblemFault, "%s: cannot have more than 1 input fields%s", name, line)
	}
	for _, attr := range r.kind.required {
		if r.el.get(attr) == "" {
			return r.fault(ProblemFault, "Error in problem specification: %s missing required attribute %s%s", name, attr, line)
		}
	}
	if r.kind.single && len(r.inputs) == 0 {
		return r.fault(Engine, "%s has no input", r.kind.name)
	}
	return nil
}

// label finds the question text of each input, and takes it out of the prose
// where the input will say it itself.
func (r *response) label() {
	if len(r.inputs) == 0 {
		return
	}
	if len(r.inputs) > 1 {
		r.groupLabels()
		return
	}
	in := r.inputs[0]
	var source *node
	own, hasOwn := in.el.attr("label")
	before := r.el.sibling(-1)
	switch {
	case r.el.find("label") != nil:
		source = r.el.find("label")
	case hasOwn:
		if before != nil && before.tag == "p" && before.text == own {
			source = before
		}
	case before != nil && before.tag == "label":
		source = before
	}
	if source != nil {
		in.label = strings.TrimSpace(inner(source))
		if accessibleInputs[in.el.tag] {
			source.remove()
		}
	}
	for _, d := range r.el.findAll("description") {
		in.descriptions = append(in.descriptions, inner(d))
		d.remove()
	}
}

// groupLabels keeps label and descriptions in the prose, as those of the group.
func (r *response) groupLabels() {
	group := ""
	if label := r.el.find("label"); label != nil {
		group = inner(label)
		label.tag, label.part = "p", "multiinput-group-label-"
		label.id = r.el.id
		label.set("class", "multi-inputs-group-label")
	}
	for i, d := range r.el.findAll("description") {
		d.tag, d.part = "p", "multiinput-group-description-"
		d.id = r.el.id + "-" + strconv.Itoa(i)
		d.set("class", "multi-inputs-group-description question-description")
	}
	for _, in := range r.inputs {
		in.groupLabel = group
		in.label = in.el.get("label")
	}
}

// prepareInputs reads choices and options, and finds inputs nobody grades.
func (p *Problem) prepareInputs() {
	p.root.walk(func(n *node) {
		if !inputTypes[n.tag] {
			return
		}
		if n.input == nil {
			p.note(errorf(Engine, n.line, "input %s stands outside every response", n.tag))
			return
		}
		switch n.tag {
		case "optioninput":
			p.readOptions(n.input)
		case "choicegroup", "checkboxgroup", "radiogroup":
			p.readChoices(n.input)
		case "radiotextgroup", "checkboxtextgroup":
			p.readTextChoices(n.input)
		case "annotationinput":
			p.readTags(n.input)
		default:
			p.readAttributes(n.input)
		}
	})
}

func (p *Problem) readChoices(in *input) {
	// A group of a multiple choice question names its choices; boxes are numbered.
	named := in.response.kind.name != "choiceresponse"
	unnamed, letter := 0, 0
	for _, c := range in.el.children {
		name, ok := c.attr("name")
		switch {
		case !named:
			if c.tag == "choice" {
				c.set("name", "choice_"+strconv.Itoa(letter))
				if c.get("id") == "" {
					c.set("id", string(rune('A'+letter)))
				}
				letter++
			}
		case ok:
			c.set("name", "choice_"+name)
		default:
			c.set("name", "choice_"+strconv.Itoa(unnamed))
			unnamed++
		}
		switch c.tag {
		case "choice":
			c.markup = choiceMarkup(c)
			in.choices = append(in.choices, c)
		case "compoundhint":
		default:
			p.note(errorf(Engine, c.line, "<%s> may not stand in <%s>, only <choice> and <compoundhint>", c.tag, in.el.tag))
		}
	}
}

func (p *Problem) readOptions(in *input) {
	text, ok := in.el.attr("options")
	if !ok {
		p.note(errorf(Engine, in.el.line, "optioninput has no options"))
		return
	}
	options, err := parseOptions(text)
	if err != nil {
		p.note(&Error{Kind: Engine, Line: in.el.line, Message: "options cannot be read: " + err.Error(), Err: err})
		return
	}
	in.options = options
}

// prepareMarkup writes out once what is the same for every learner.
func (p *Problem) prepareMarkup(n *node) {
	n.plain = n.response == nil && n.input == nil && n.tag != "solution" && n.tag != "targetedfeedback" &&
		n.tag != "clarification" && n.tag != "targetedfeedbackset" && n.tag != "solutionset" && n.part == "" && !withheld[n.tag]
	if n.tag == "demandhint" && n.parent != nil && n.parent.tag == "problem" {
		for _, h := range n.findAll("hint") {
			p.hints = append(p.hints, hintMarkup(h))
		}
	}
	if n.input != nil || withheld[n.tag] {
		return
	}
	for _, c := range n.children {
		p.prepareMarkup(c)
		n.plain = n.plain && c.plain
	}
	n.linkSets()
	if n.plain && n.parent != nil {
		return // it is written with what is around it
	}
	for _, c := range n.children {
		if c.plain {
			c.markup = plainMarkup(c)
		}
	}
	if n.plain {
		n.markup = plainMarkup(n) // for a root that is no problem
	}
}

// HasTargetedFeedback tells whether what is shown depends on the choice made.
func (p *Problem) HasTargetedFeedback() bool {
	return len(p.root.descendants("targetedfeedbackset")) > 0
}

// linkSets tells each response which feedback and solutions beside it are its own.
func (n *node) linkSets() {
	var feedback, solution *node
	for _, c := range slices.Backward(n.children) {
		switch {
		case c.tag == "targetedfeedbackset":
			feedback = c
		case c.tag == "solutionset":
			solution = c
		case c.response != nil:
			c.feedback, c.solution = feedback, solution
		}
	}
}
