package capa

import "slices"

// responseType says what a response element may hold and how it is graded.
type responseType struct {
	name     string
	inputs   []string // input elements it may have
	single   bool     // exactly one input
	required []string // attributes that may not be empty
	python   bool     // grading runs author code
	points   int      // what its inputs are worth; 0: what the author says
	// setUp works out the answers for one learner; nil where no grader is built in.
	setUp func(*response, *scope) (checker, error)
}

var customInputs = []string{
	"textline", "textbox", "crystallography", "chemicalequationinput", "vsepr_input",
	"drag_and_drop_input", "designprotein2dinput", "editageneinput", "annotationinput", "jsinput",
	"formulaequationinput",
}

// responseTypes is every response element there is.
var responseTypes = []responseType{
	{name: "multiplechoiceresponse", inputs: []string{"choicegroup"}, single: true, setUp: setUpMultipleChoice},
	{name: "truefalseresponse", inputs: []string{"choicegroup"}, single: true, setUp: setUpTrueFalse},
	{name: "choiceresponse", inputs: []string{"checkboxgroup", "radiogroup"}, single: true, setUp: setUpChoice},
	{name: "optionresponse", inputs: []string{"optioninput"}, setUp: setUpOption},
	{name: "numericalresponse", inputs: []string{"textline", "formulaequationinput"}, single: true, required: []string{"answer"}, setUp: setUpNumerical},
	{name: "formularesponse", inputs: []string{"textline", "formulaequationinput"}, single: true, required: []string{"answer", "samples"}, setUp: setUpFormula},
	{name: "stringresponse", inputs: []string{"textline"}, single: true, required: []string{"answer"}, setUp: setUpString},
	{name: "customresponse", inputs: customInputs, python: true, setUp: setUpCustom},
	{name: "symbolicresponse", inputs: customInputs, single: true, python: true, setUp: setUpSymbolic},
	{name: "schematicresponse", inputs: []string{"schematic"}, python: true, setUp: setUpSchematic},
	{name: "imageresponse", inputs: []string{"imageinput"}, setUp: setUpImage},
	{name: "choicetextresponse", inputs: []string{"radiotextgroup", "checkboxtextgroup"}, single: true, setUp: setUpChoiceText},
	{name: "annotationresponse", inputs: []string{"annotationinput"}, single: true, points: annotationPoints, setUp: setUpAnnotation},
	{name: "coderesponse", inputs: []string{"textbox", "filesubmission", "matlabinput"}, single: true, setUp: setUpCode},
	{name: "externalresponse", inputs: []string{"textline", "textbox"}},
}

func findResponseType(name string) *responseType {
	for i := range responseTypes {
		if responseTypes[i].name == name {
			return &responseTypes[i]
		}
	}
	return nil
}

// inputTypes is every input element there is.
var inputTypes = map[string]bool{
	"optioninput": true, "choicegroup": true, "radiogroup": true, "checkboxgroup": true,
	"jsinput": true, "textline": true, "filesubmission": true, "textbox": true, "codeinput": true,
	"matlabinput": true, "schematic": true, "imageinput": true, "crystallography": true,
	"vsepr_input": true, "chemicalequationinput": true, "formulaequationinput": true,
	"drag_and_drop_input": true, "editageneinput": true, "designprotein2dinput": true,
	"annotationinput": true, "radiotextgroup": true, "checkboxtextgroup": true,
}

// accessibleInputs carry their label themselves: it is taken out of the prose.
var accessibleInputs = map[string]bool{
	"checkboxgroup": true, "radiogroup": true, "choicegroup": true, "optioninput": true,
	"textline": true, "formulaequationinput": true, "textbox": true,
}

// response is one response element, as parsed.
type response struct {
	kind   *responseType
	number int
	el     *node
	inputs []*input
	parsed *patternCache
}

// input is one input element, as parsed.
type input struct {
	id           string // without prefix: 2_1
	el           *node
	response     *response
	points       int
	label        string // markup
	groupLabel   string // markup
	descriptions []string
	options      []string // of a dropdown, as written
	choices      []*node  // of a choice group, in the order written
	textChoices  []textChoice
}

// checker grades one response for one learner.
type checker interface {
	// reveal adds the right answers.
	reveal(*Instance) ([]ShownAnswer, error)
	// grade marks every input of the response.
	grade(*submission) error
	// hint adds the hints written beside the answers to the messages.
	hint(*submission) error
}

// rearranger is a checker that changes what is shown once everything is set up.
type rearranger interface {
	rearrange(*Instance) error
}

// hintMatcher is a checker whose old hint group holds conditions of its own.
type hintMatcher interface {
	hintTag() string
	// matches tells whether a condition element applies to the submission.
	matches(*submission, *node) (bool, error)
}

func (r *response) fault(kind Kind, format string, args ...any) *Error {
	return errorf(kind, r.el.line, format, args...)
}

// credit is the partial credit schemes an author asked for, and whether any.
func (r *response) credit() ([]string, bool) {
	value := lower(r.el.get("partial_credit"))
	if value == "" || strip(value) == "false" {
		return nil, false
	}
	words := splitTrim(value)
	return words, true
}

func (r *response) allows(tag string) bool { return slices.Contains(r.kind.inputs, tag) }
