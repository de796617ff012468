package problem

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lyceum/grading/capa"
)

// Some inputs are drawn as several fields: the two coordinates of a place in a picture, a choice and the numbers inside it, a tag and a
// comment, the places of things that were dragged. So they work without scripts, are kept while they are typed and come back like any other
// field. Their names are input_ID{PART}; here the parts become the one value that graders know.

// A part of a value, and what was sent for it, in order.
type fieldPart struct {
	name   string
	values []string
}

func (p fieldPart) last() string {
	if len(p.values) == 0 {
		return ""
	}
	return p.values[len(p.values)-1]
}

// gather puts the parts of values together. Fields that are no parts stay as they are; a value that was sent whole wins over its parts.
func gather(form url.Values, problem *capa.Problem, prefix string) url.Values {
	parts := map[string][]fieldPart{}
	out := make(url.Values, len(form))
	for name, values := range form {
		field, rest, ok := strings.Cut(name, "{")
		part, closed := strings.CutSuffix(rest, "}")
		if !ok || !closed || part == "" {
			out[name] = values
			continue
		}
		parts[field] = append(parts[field], fieldPart{part, values})
	}
	for field, list := range parts {
		slices.SortFunc(list, func(a, b fieldPart) int { return strings.Compare(a.name, b.name) })
		name, value, ok := "", "", false
		switch kindOf(problem, prefix, field) {
		case "imageinput":
			name, value, ok = field, point(list), true
		case "annotationinput":
			name, value, ok = field, annotation(list), true
		case "drag_and_drop_input":
			name, value, ok = field, dragged(list), true
		case "radiotextgroup", "checkboxtextgroup":
			name, value, ok = field+"{}", chosenFields(list), true
		}
		if !ok {
			for _, p := range list {
				out[field+"{"+p.name+"}"] = p.values // no input of ours: it will be refused by its name
			}
			continue
		}
		if _, whole := out[name]; !whole {
			out[name] = []string{value}
		}
	}
	return out
}

// kindOf is the element of the input a field belongs to, "" for none.
func kindOf(problem *capa.Problem, prefix, field string) string {
	for _, r := range problem.Responses() {
		for _, in := range r.Inputs {
			if field == "input_"+prefix+"_"+in.ID {
				return in.Type
			}
		}
	}
	return ""
}

// point is [x,y] in whole pixels, "" unless both are there.
func point(parts []fieldPart) string {
	x, y := "", ""
	for _, p := range parts {
		switch p.name {
		case "x":
			x = wholeNumber(p.last())
		case "y":
			y = wholeNumber(p.last())
		}
	}
	if x == "" || y == "" {
		return ""
	}
	return "[" + x + "," + y + "]"
}

// wholeNumber is a typed coordinate in whole pixels, "" for none.
func wholeNumber(text string) string {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(f >= 0 && f < 1e6) {
		return ""
	}
	return strconv.Itoa(int(f + 0.5))
}

// annotation is a tag and a comment as JSON, "" for neither.
func annotation(parts []fieldPart) string {
	note := struct {
		Options []int  `json:"options"`
		Comment string `json:"comment"`
	}{Options: []int{}}
	for _, p := range parts {
		switch p.name {
		case "option":
			if k, err := strconv.Atoi(p.last()); err == nil {
				note.Options = append(note.Options, k)
			}
		case "comment":
			note.Comment = p.last()
		}
	}
	return asJSON(note)
}

// chosenFields is the map of a group of choices with fields inside: chosen ones by their name, and every field with what it holds.
func chosenFields(parts []fieldPart) string {
	given := map[string]string{}
	for _, p := range parts {
		if p.name != chosenPart {
			given[p.name] = p.last()
			continue
		}
		for _, name := range p.values {
			given[name] = name
		}
	}
	return asJSON(given)
}

// chosenPart is the part that names the chosen choices of a group.
const chosenPart = "choice"

// asJSON writes what cannot fail to be written, with the characters people wrote.
func asJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// setValue puts an answer into an input of a freshly drawn tree.
func setValue(n *capa.InputNode, a capa.Answer) {
	n.Value = a
	chosen := map[string]bool{text(a): true}
	if names, ok := a.List(); ok {
		chosen = map[string]bool{}
		for _, name := range names {
			chosen[name] = true
		}
	}
	for i := range n.Choices {
		n.Choices[i].Selected = chosen[n.Choices[i].Name]
	}
	for i := range n.Options {
		n.Options[i].Selected = chosen[n.Options[i].Text]
	}
	fields, _ := a.Map()
	for i := range n.TextChoices {
		c := &n.TextChoices[i]
		_, c.Selected = fields[c.Name]
		for k := range c.Parts {
			if c.Parts[k].Field != "" {
				c.Parts[k].Value = fields[c.Parts[k].Field]
			}
		}
	}
	if n.Kind == "imageinput" {
		n.Point = pointOf(text(a))
	}
	if n.Annotation != nil {
		setAnnotation(n.Annotation, text(a))
	}
}

func pointOf(text string) *capa.Point {
	var xy []float64
	if json.Unmarshal([]byte(text), &xy) != nil || len(xy) != 2 {
		return nil
	}
	return &capa.Point{X: xy[0], Y: xy[1]}
}

func setAnnotation(n *capa.Annotation, text string) {
	var note struct {
		Options []int  `json:"options"`
		Comment string `json:"comment"`
	}
	_ = json.Unmarshal([]byte(text), &note) // what cannot be read holds nothing
	n.Written = note.Comment
	for i := range n.Options {
		n.Options[i].Selected = slices.Contains(note.Options, n.Options[i].Index)
	}
}
