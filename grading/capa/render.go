package capa

import (
	"regexp"
	"slices"
	"strings"
)

// plainMarkup writes an element none of whose content depends on the learner.
func plainMarkup(n *node) string {
	var sb strings.Builder
	writePlain(&sb, n)
	return sb.String()
}

func writePlain(sb *strings.Builder, n *node) {
	switch {
	case isJavaScript(n):
		writeElement(sb, n)
		return
	case dropped[n.tag]:
		return
	case n.tag == "math":
		sb.WriteString(mathMarkup(n))
		return
	}
	tag, attrs := drawnAs(n)
	sb.WriteByte('<')
	sb.WriteString(tag)
	for _, a := range attrs {
		sb.WriteByte(' ')
		sb.WriteString(a.Name)
		sb.WriteString(`="`)
		_, _ = attrEscaper.WriteString(sb, a.Value)
		sb.WriteByte('"')
	}
	if void[tag] && n.text == "" && len(n.children) == 0 {
		sb.WriteString("/>")
		return
	}
	sb.WriteByte('>')
	if tag == "style" {
		sb.WriteString(n.text)
	} else {
		_, _ = textEscaper.WriteString(sb, n.text)
	}
	for _, c := range n.children {
		writePlain(sb, c)
		if !vanishes(c) {
			_, _ = textEscaper.WriteString(sb, c.tail)
		}
	}
	if !void[tag] {
		sb.WriteString("</")
		sb.WriteString(tag)
		sb.WriteByte('>')
	}
}

// vanishes tells whether the element goes together with the text after it.
func vanishes(n *node) bool { return dropped[n.tag] && !isJavaScript(n) }

// drawnAs is the name and the attributes an element is drawn with.
func drawnAs(n *node) (string, []Attr) {
	if tag, ok := renamed[n.tag]; ok {
		return tag, nil
	}
	return n.tag, n.attrs
}

var dollars = regexp.MustCompile(`\$(.*)\$`)

// mathMarkup turns $...$ into the marks the page's typesetter looks for.
func mathMarkup(n *node) string {
	text, mark := n.text, "mathjaxinline"
	if strings.Contains(text, `\displaystyle`) {
		text, mark = strings.ReplaceAll(text, `\displaystyle`, ""), "mathjax"
	}
	text = dollars.ReplaceAllString(text, "["+mark+"]$1[/"+mark+"]")
	return "<span>" + textEscaper.Replace(text) + "</span>"
}

// View draws the problem for a learner's state. Mistakes that only drawing
// meets were found when it was instantiated.
func (in *Instance) View(state ViewState) View {
	d := &drawing{in: in, state: state, moved: new(map[*node]bool)}
	root := in.problem.root
	if root.tag == "problem" {
		d.content(root)
	} else {
		d.element(root)
	}
	return View{Nodes: d.finish()}
}

// drawing collects nodes; markup is joined as long as nothing else comes between.
type drawing struct {
	in    *Instance
	state ViewState
	moved *map[*node]bool // solutions drawn among feedback; shared by all parts
	html  strings.Builder
	nodes []Node
}

func (d *drawing) flush() {
	if d.html.Len() > 0 {
		d.nodes = append(d.nodes, HTML(d.in.scope.expand(d.html.String())))
		d.html.Reset()
	}
}

func (d *drawing) add(n Node) {
	d.flush()
	d.nodes = append(d.nodes, n)
}

func (d *drawing) finish() []Node {
	d.flush()
	return d.nodes
}

func (d *drawing) text(s string) { _, _ = textEscaper.WriteString(&d.html, s) }

// inside draws with a fresh list of nodes and returns it.
func (d *drawing) inside(draw func(*drawing)) []Node {
	below := &drawing{in: d.in, state: d.state, moved: d.moved}
	draw(below)
	return below.finish()
}

// content draws what is inside an element.
func (d *drawing) content(n *node) {
	d.text(n.text)
	for _, c := range n.children {
		d.element(c)
	}
}

// element draws an element and the text after it.
func (d *drawing) element(n *node) {
	switch {
	case d.in.hidden[n], (*d.moved)[n]:
		return // taken out, tail included
	case n.plain:
		d.html.WriteString(n.markup)
		if vanishes(n) {
			return
		}
	case dropped[n.tag]:
		return
	case n.input != nil:
		d.add(d.input(n.input))
		return // what follows an input is lost, as it always was
	case n.tag == "solution":
		d.add(&SolutionNode{ID: d.in.id(n.id)})
		return
	default:
		d.wrapper(n)
	}
	d.text(n.tail)
}

// wrapper draws an element with something of its own below.
func (d *drawing) wrapper(n *node) {
	switch {
	case withheld[n.tag]:
		d.add(Withheld(d.in.scope.expand(outer(n))))
	case n.response != nil:
		d.add(d.response(n.response))
	case n.tag == "clarification":
		d.add(&ClarificationNode{HTML(d.in.scope.expand(inner(n)))})
	case n.tag == "targetedfeedbackset":
		d.feedbackSet(n)
	case n.tag == "targetedfeedback":
		d.add(&FeedbackNode{Children: d.inside(func(b *drawing) { b.content(n) })})
	default:
		tag, attrs := drawnAs(n)
		attrs = d.in.expandAttrs(attrs)
		if n.part != "" {
			attrs = append(attrs, Attr{"id", n.part + d.in.id(n.id)})
		}
		d.add(&Element{Name: tag, Attrs: attrs, Children: d.inside(func(b *drawing) { b.content(n) })})
	}
}

func (in *Instance) expandAttrs(attrs []Attr) []Attr {
	out := slices.Clone(attrs)
	for i := range out {
		out[i].Value = in.scope.expand(out[i].Value)
	}
	return out
}

func (d *drawing) response(r *response) *ResponseNode {
	out := &ResponseNode{
		ID: d.in.id(r.el.id), Number: r.number, Inline: r.el.get("inline") != "",
		Group: len(r.inputs) > 1, Message: HTML(d.in.scope.expand(d.state.OverallMessage)),
	}
	if out.Group {
		for _, c := range r.el.children {
			switch c.part {
			case "multiinput-group-label-":
				out.GroupLabelID = c.part + d.in.id(c.id)
			case "multiinput-group-description-":
				out.DescriptionIDs = append(out.DescriptionIDs, c.part+d.in.id(c.id))
			}
		}
	}
	out.Children = d.inside(func(b *drawing) {
		for _, c := range r.el.children { // its own leading text is not drawn
			b.element(c)
		}
	})
	return out
}

// feedbackSet draws the feedback for the chosen choice, once there is one.
func (d *drawing) feedbackSet(set *node) {
	group := d.in.problem.feedbackFor(set)
	chosen, correct, solution := "", false, (*node)(nil)
	has := false
	if group != nil {
		answer, _ := d.state.Answers[d.in.id(group.id)].Text()
		for _, c := range group.choices {
			if c.get("name") == answer {
				chosen, has = c.attr("explanation-id")
				correct = c.get("correct") == "true"
			}
		}
		solution = d.in.displaced(set, group, d.state.Done)
	}
	for _, c := range set.children {
		if group != nil && c.tag == "targetedfeedback" {
			id, ok := c.attr("explanation-id")
			if d.state.Done && ok == has && id == chosen {
				d.add(&FeedbackNode{
					InputID: d.in.id(group.id), Correct: correct,
					Children: d.inside(func(b *drawing) { b.content(c) }),
				})
				d.text(c.tail)
			}
			continue
		}
		d.element(c)
	}
	if solution != nil {
		if *d.moved == nil {
			*d.moved = make(map[*node]bool)
		}
		(*d.moved)[solution] = true
		d.add(&FeedbackNode{
			InputID: d.in.id(group.id), Correct: true,
			Children: d.inside(func(b *drawing) { b.content(solution) }),
		})
	}
}

// feedbackFor is the choice group a feedback set speaks of: that of the
// nearest question before it that asks for feedback and has no set nearer.
func (p *Problem) feedbackFor(set *node) *input {
	for _, r := range p.responses {
		if _, ok := r.el.attr("targeted-feedback"); ok && r.kind.name == "multiplechoiceresponse" &&
			len(r.inputs) == 1 && r.el.feedback == set {
			return r.inputs[0]
		}
	}
	return nil
}

// displaced is the solution that is shown beside the feedback without asking.
func (in *Instance) displaced(set *node, group *input, done bool) *node {
	if !done || group.response.el.get("targeted-feedback") != "alwaysShowCorrectChoiceExplanation" {
		return nil
	}
	next := set.sibling(1)
	if next == nil {
		return nil
	}
	if next.tag == "solution" {
		return next
	}
	if next.tag != "solutionset" {
		return nil
	}
	right := ""
	for _, c := range group.choices {
		if c.get("correct") == "true" {
			right = c.get("explanation-id")
		}
	}
	for _, s := range next.findAll("solution") {
		if s.get("explanation-id") == right && !in.hidden[s] {
			return s
		}
	}
	return nil
}

// inputScope is what $names stand for inside inputs.
func (d *drawing) inputScope() *scope {
	if d.state.KeepNames {
		return &scope{}
	}
	return d.in.scope
}

func (d *drawing) input(i *input) *InputNode {
	id := d.in.id(i.id)
	if d.in.initial != nil && len(d.state.Answers) == 0 {
		d.state.Answers = d.in.initial
	}
	sc := d.inputScope()
	out := &InputNode{
		ID: id, Kind: i.el.tag, ResponseID: d.in.id(i.response.el.id), ResponseType: i.response.kind.name,
		Label: HTML(sc.expand(i.label)), GroupLabel: HTML(sc.expand(i.groupLabel)), MaxPoints: i.points,
		Value: d.state.Answers[id], Status: Unsubmitted,
		Size: sc.expand(i.el.get("size")), Inline: i.el.get("inline") != "" || i.response.el.get("inline") != "",
		Hidden: i.el.get("hidden") != "", TrailingText: sc.expand(i.el.get("trailing_text")),
		Attrs: i.attributes(sc),
	}
	for k, text := range i.descriptions {
		out.Descriptions = append(out.Descriptions, Description{"description_" + id + "_" + string(rune('1'+k)), HTML(sc.expand(text))})
	}
	d.result(out)
	d.choices(out, i)
	d.setUp(out, i)
	return out
}

// result adds what the last check said about the input.
func (d *drawing) result(out *InputNode) {
	e, graded := d.state.CorrectMap[out.ID]
	switch {
	case !graded:
		return
	case d.state.HideCorrectness:
		out.Status = Submitted
		return
	}
	if !d.state.HasSaved {
		out.Status = Status(e.Correctness)
		out.Message = HTML(d.in.scope.expand(e.Msg))
		switch {
		case e.QueueState != nil:
			out.Status, out.Waiting, out.Message = Queued, e.Msg, ""
		case e.Correctness == "": // what was to grade it could not
			out.Status = Unsubmitted
		}
	}
	out.Hint = HTML(d.in.scope.expand(e.Hint))
	if e.HintMode != nil {
		out.HintMode = *e.HintMode
	}
}

func (d *drawing) choices(out *InputNode, i *input) {
	switch i.el.tag {
	case "choicegroup", "radiogroup":
		out.Widget = "radio"
	case "checkboxgroup":
		out.Widget = "checkbox"
	}
	sc := d.inputScope()
	for _, c := range d.in.order(i) {
		name := sc.expand(c.get("name"))
		out.Choices = append(out.Choices, Choice{name, HTML(sc.expand(c.markup)), out.Value.includes(name)})
	}
	for _, text := range i.options {
		text = sc.expand(text)
		chosen, _ := out.Value.Text()
		out.Options = append(out.Options, Option{text, chosen == text})
	}
}
