package capa

import "strings"

// attribute is an attribute an input has besides those of every input.
type attribute struct {
	name     string
	standard string // what it is where the author did not write it
	required bool
}

func needed(names ...string) []attribute {
	out := make([]attribute, len(names))
	for i, name := range names {
		out[i] = attribute{name: name, required: true}
	}
	return out
}

// editorAttributes are those of the inputs one writes code in.
var editorAttributes = []attribute{
	{name: "rows", standard: "30"},
	{name: "cols", standard: "80"},
	{name: "mode", standard: "python"},
	{name: "linenumbers", standard: "true"},
	{name: "tabsize", standard: "4"},
}

// inputAttributes are what inputs drawn by more than a field need to know.
var inputAttributes = map[string][]attribute{
	"formulaequationinput": {{name: "size", standard: "20"}},
	"textbox":              editorAttributes,
	"codeinput":            editorAttributes,
	"matlabinput":          editorAttributes,
	"imageinput":           needed("src", "width", "height"),
	"crystallography":      needed("width", "height"),
	"vsepr_input":          needed("width", "height", "molecules", "geometries"),
	"designprotein2dinput": needed("width", "height", "target_shape"),
	"editageneinput":       needed("genex_dna_sequence", "genex_problem_number"),
	"drag_and_drop_input": {
		{name: "img", required: true},
		{name: "target_outline", standard: "False"},
		{name: "one_per_target", standard: "True"},
		{name: "no_labels", standard: "False"},
	},
	"jsinput": {{name: "width", standard: "400"}, {name: "height", standard: "300"}},
}

// secretAttributes tell the right answer.
var secretAttributes = map[string]bool{"correct": true, "correct_answer": true, "rectangle": true, "regions": true}

// readAttributes finds what an input cannot be drawn without.
func (p *Problem) readAttributes(in *input) {
	for _, a := range inputAttributes[in.el.tag] {
		if _, ok := in.el.attr(a.name); a.required && !ok {
			p.note(errorf(Engine, in.el.line, "%s has no %s", in.el.tag, a.name))
		}
	}
	if in.el.tag == "drag_and_drop_input" {
		p.readBoard(in)
	}
}

// attributes are those a page may know, $names put in.
func (in *input) attributes(sc *scope) map[string]string {
	known := inputAttributes[in.el.tag]
	out := make(map[string]string, len(known)+len(in.el.attrs))
	for _, a := range known {
		if a.standard != "" {
			out[a.name] = a.standard
		}
	}
	for _, a := range in.el.attrs {
		if !secretAttributes[a.Name] {
			out[a.Name] = sc.expand(a.Value)
		}
	}
	return out
}

// setUp adds what inputs of some kinds have beside their attributes.
func (d *drawing) setUp(out *InputNode, i *input) {
	sc := d.inputScope()
	switch i.el.tag {
	case "textbox", "codeinput", "matlabinput":
		if text := strip(i.el.text); text != "" && out.Value.empty() {
			out.Value = Text(sc.expand(text)) // what the author put there to begin with
		}
		if i.el.tag == "matlabinput" {
			out.Run = newRun(ParseRun(d.state.InputState[out.ID]), out.Status, d.state.Now)
		}
	case "imageinput":
		text, _ := out.Value.Text()
		if at, ok := parsePoint(text); ok {
			out.Point = &Point{at.x, at.y}
		}
	case "radiotextgroup", "checkboxtextgroup":
		out.Widget = "radio"
		if i.el.tag == "checkboxtextgroup" {
			out.Widget = "checkbox"
		}
		out.TextChoices = i.drawTextChoices(out, sc)
	case "annotationinput":
		out.Annotation = i.drawAnnotation(out.Value, sc)
	case "drag_and_drop_input":
		out.Board = i.drawBoard(sc)
	}
}

func (in *input) drawTextChoices(out *InputNode, sc *scope) []TextChoice {
	given, _ := out.Value.Map()
	choices := make([]TextChoice, len(in.textChoices))
	for k, c := range in.textChoices {
		choice := TextChoice{Name: out.ID + c.name, Parts: []TextPart{{HTML: markupOf(sc, c.el.text)}}}
		_, choice.Selected = given[choice.Name]
		field := 0
		for _, child := range c.el.children {
			switch {
			case field < len(c.fields) && child == c.fields[field]:
				name := out.ID + c.names[field]
				field++
				choice.Parts = append(choice.Parts, TextPart{Field: name, Value: given[name], Tail: markupOf(sc, child.tail)})
			case child.tag == "numtolerance_input", child.tag == "decoy_input":
				choice.Parts = append(choice.Parts, TextPart{Tail: markupOf(sc, child.tail)}) // not asked about
			default:
				choice.Parts = append(choice.Parts, TextPart{HTML: HTML(sc.expand(outer(child))), Tail: markupOf(sc, child.tail)})
			}
		}
		choices[k] = choice
	}
	return choices
}

func markupOf(sc *scope, text string) HTML { return HTML(sc.expand(textEscaper.Replace(text))) }

func (in *input) drawAnnotation(value Answer, sc *scope) *Annotation {
	text := func(tag string) string {
		if el := in.el.find(tag); el != nil {
			return sc.expand(el.text)
		}
		return ""
	}
	out := &Annotation{
		Title: text("title"), Text: text("text"), Comment: text("comment"),
		CommentPrompt: text("comment_prompt"), TagPrompt: text("tag_prompt"),
	}
	written, _ := value.Text()
	given, _ := parseNote(written)
	out.Written = given.Comment
	for k, o := range in.tagOptions() {
		option := TagOption{Index: k, Text: sc.expand(o.text)}
		for n := range given.Options {
			option.Selected = option.Selected || given.option(n) == k
		}
		out.Options = append(out.Options, option)
	}
	return out
}

// readBoard checks that what can be dragged and where it can be dropped is said.
func (p *Problem) readBoard(in *input) {
	check := func(el *node, names ...string) {
		for _, name := range names {
			if _, ok := el.attr(name); !ok {
				p.note(errorf(Engine, el.line, "%s has no %s", el.tag, name))
			}
		}
	}
	targets := in.el.findAll("target")
	for _, d := range in.el.findAll("draggable") {
		check(d, "id")
		targets = append(targets, d.findAll("target")...)
	}
	for _, t := range targets {
		check(t, "id", "x", "y", "w", "h")
	}
}

func (in *input) drawBoard(sc *scope) *Board {
	attrs := in.attributes(sc)
	out := &Board{
		Image: attrs["img"], Outline: attrs["target_outline"], OnePerTarget: attrs["one_per_target"],
		NoLabels: attrs["no_labels"], LabelColor: attrs["label_bg_color"], Targets: drawTargets(in.el, sc),
	}
	for _, d := range in.el.findAll("draggable") {
		out.Draggables = append(out.Draggables, Draggable{
			ID: sc.expand(d.get("id")), Label: sc.expand(d.get("label")), Icon: sc.expand(d.get("icon")),
			Reusable: sc.expand(d.get("can_reuse")), Targets: drawTargets(d, sc),
		})
	}
	return out
}

func drawTargets(el *node, sc *scope) []Target {
	out := []Target{}
	for _, t := range el.findAll("target") {
		out = append(out, Target{
			ID: sc.expand(t.get("id")), X: sc.expand(t.get("x")), Y: sc.expand(t.get("y")),
			W: sc.expand(t.get("w")), H: sc.expand(t.get("h")),
		})
	}
	return out
}

// On tells whether an author's word for yes or no means yes.
func On(word string) bool { return strings.EqualFold(word, "true") }
