package capa

import (
	"encoding/json"
	"math"
)

// annotationPoints is what the right tag earns.
const annotationPoints = 2

// tags grades the one tag chosen for a passage. The comment is not graded.
type tags struct{ response *response }

func setUpAnnotation(r *response, _ *scope) (checker, error) { return tags{r}, nil }

// readTags checks the tags an annotation offers.
func (p *Problem) readTags(in *input) {
	for _, o := range in.tagOptions() {
		switch choice, ok := o.attr("choice"); Correctness(choice) {
		case Correct, PartiallyCorrect, Incorrect:
		default:
			if !ok {
				p.note(errorf(Engine, o.line, "a tag does not say which choice it is"))
				return
			}
			p.note(errorf(Engine, o.line, "a tag's choice is none of correct, partially-correct, incorrect: %q", choice))
			return
		}
	}
}

func (in *input) tagOptions() []*node {
	var out []*node
	for _, list := range in.el.findAll("options") {
		out = append(out, list.findAll("option")...)
	}
	return out
}

func (t tags) reveal(in *Instance) ([]ShownAnswer, error) {
	i := t.response.inputs[0]
	for _, o := range i.tagOptions() {
		if o.get("choice") == string(Correct) {
			return []ShownAnswer{{ID: in.id(i.id), Text: o.text}}, nil
		}
	}
	return nil, nil
}

func (t tags) grade(s *submission) error {
	i := t.response.inputs[0]
	answer, _ := s.answer(i)
	text, ok := answer.Text()
	if !ok {
		return t.response.fault(Engine, "no annotation was sent")
	}
	note, err := parseNote(text)
	if err != nil {
		return &Error{Kind: Engine, Line: t.response.el.line, Message: "the annotation cannot be read", Err: err}
	}
	options := i.tagOptions()
	if len(note.Options) != 1 || note.option(0) < 0 || note.option(0) >= len(options) {
		s.award(i, Incorrect, 0)
		return nil
	}
	switch mark := Correctness(options[note.option(0)].get("choice")); mark {
	case Correct:
		s.award(i, mark, annotationPoints)
	case PartiallyCorrect:
		s.award(i, mark, annotationPoints/2)
	default:
		s.award(i, mark, 0)
	}
	return nil
}

func (t tags) hint(*submission) error { return nil }

// note is what a learner entered: the numbers of tags, and a comment.
type note struct {
	Options []any  `json:"options"`
	Comment string `json:"comment"`
}

// parseNote reads an annotation; JSON that is no object holds nothing.
func parseNote(text string) (note, error) {
	var n note
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		var other any
		return n, json.Unmarshal([]byte(text), &other)
	}
	// What is no list, or no text, is none.
	if json.Unmarshal(object["options"], &n.Options) != nil {
		n.Options = nil
	}
	if json.Unmarshal(object["comment"], &n.Comment) != nil {
		n.Comment = ""
	}
	return n, nil
}

// option is the index of the k-th tag chosen, or -1 when it is no index.
func (n note) option(k int) int {
	x, ok := n.Options[k].(float64)
	if !ok || x != math.Trunc(x) || x < 0 || x > math.MaxInt32 {
		return -1
	}
	return int(x)
}
