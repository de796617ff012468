package olx

import (
	"strings"
)

// countNested counts the XBlocks right inside an XBlock that holds others.
func countNested(e *element, counts map[string]int) {
	if e == nil {
		return
	}
	for _, c := range e.children() {
		counts[c.name]++
	}
}

// inputs are the elements of problems that learners type into, click or draw on.
var inputs = map[string]bool{
	"choicegroup": true, "checkboxgroup": true, "radiogroup": true, "optioninput": true, "textline": true, "textbox": true,
	"formulaequationinput": true, "jsinput": true, "drag_and_drop_input": true, "schematic": true, "imageinput": true,
	"annotationinput": true, "chemicalequationinput": true, "codeparam": true, "designprotein2dinput": true,
	"editamoleculeinput": true, "editageneinput": true, "filesubmission": true, "crystallography": true, "vsepr_input": true,
	"matlabinput": true, "choicetextgroup": true, "checkboxtextgroup": true, "radiotextgroup": true,
}

func (in *inspector) problem(from origin) (responses map[string]int, python bool) {
	p := &in.out.Problems
	p.Total++
	responses = map[string]int{}
	if from.elem == nil {
		p.WithoutResponse++
		return responses, false
	}
	if s, ok := find(from.attrs, "rerandomize"); ok {
		p.Rerandomize[s]++
	}
	var cfn, js bool
	total := 0
	from.elem.walk(func(e *element) {
		switch {
		case strings.HasSuffix(e.name, "response"):
			responses[e.name]++
			total++
			_, hasCFN := e.attr("cfn")
			cfn = cfn || hasCFN
			if e.name == "customresponse" || e.name == "schematicresponse" {
				for _, c := range e.children() {
					python = python || (c.name == "answer" && c.hasText())
				}
			}
		case inputs[e.name]:
			p.Inputs[e.name]++
		case e.name == "script":
			kind := strings.ToLower(e.text("type"))
			switch {
			case strings.Contains(kind, "javascript"):
				js = true
			case !strings.Contains(kind, "perl"):
				python = true
			}
		}
	})
	for name, n := range responses {
		p.ByResponse[name]++
		p.Responses[name] += n
	}
	count(&p.WithPython, python)
	count(&p.WithCFN, cfn)
	count(&p.WithJS, js)
	count(&p.WithoutResponse, total == 0)
	count(&p.MultiResponse, total > 1)
	return responses, python
}

func count(n *int, when bool) {
	if when {
		*n++
	}
}
