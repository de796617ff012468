package problem

import (
	"embed"
	"mime"
	"path"
	"strings"
	"sync"

	"lyceum/component"
	"lyceum/course"
	"lyceum/grading/capa/markdown"
)

// Templates lists what a problem can begin with: one of each kind of question. Those of the common ones are written in the simple
// editor's Markdown. Names that begin with a word of the platform we match are what its clients ask for.
func (*Kind) Templates() []component.Template { return templates() }

// starts are the templates: the file of each below templates/ and the name authors see as the new problem's own.
var starts = []struct {
	name, file, tab, title string
	with                   []string // files below templates/files
}{
	{name: "blank_common.yaml", file: "blank.md", tab: component.TabCommon, title: "Blank Problem"},
	{name: "multiplechoice.yaml", file: "multiplechoice.md", tab: component.TabCommon, title: "Multiple Choice"},
	{name: "checkboxes_response.yaml", file: "checkboxes_response.md", tab: component.TabCommon, title: "Checkboxes"},
	{name: "optionresponse.yaml", file: "optionresponse.md", tab: component.TabCommon, title: "Dropdown"},
	{name: "numericalresponse.yaml", file: "numericalresponse.md", tab: component.TabCommon, title: "Numerical Input"},
	{name: "string_response.yaml", file: "string_response.md", tab: component.TabCommon, title: "Text Input"},
	{name: "multiplechoice_hint.yaml", file: "multiplechoice_hint.md", tab: component.TabCommon, title: "Multiple Choice with Hints and Feedback"},
	{name: "checkboxes_response_hint.yaml", file: "checkboxes_response_hint.md", tab: component.TabCommon, title: "Checkboxes with Hints and Feedback"},
	{name: "optionresponse_hint.yaml", file: "optionresponse_hint.md", tab: component.TabCommon, title: "Dropdown with Hints and Feedback"},
	{name: "numericalresponse_hint.yaml", file: "numericalresponse_hint.md", tab: component.TabCommon, title: "Numerical Input with Hints and Feedback"},
	{name: "string_response_hint.yaml", file: "string_response_hint.md", tab: component.TabCommon, title: "Text Input with Hints and Feedback"},

	{name: "blankadvanced.yaml", file: "blankadvanced.xml", tab: component.TabAdvanced, title: "Blank Advanced Problem"},
	{name: "customgrader.yaml", file: "customgrader.xml", tab: component.TabAdvanced, title: "Answer Checked by Python"},
	{name: "randomized.yaml", file: "randomized.xml", tab: component.TabAdvanced, title: "Random Numbers"},
	{name: "formularesponse.yaml", file: "formularesponse.xml", tab: component.TabAdvanced, title: "Math Expression"},
	{name: "symbolicresponse.yaml", file: "symbolicresponse.xml", tab: component.TabAdvanced, title: "Symbolic Expression"},
	{name: "problem_with_hint.yaml", file: "problem_with_hint.xml", tab: component.TabAdvanced, title: "Hint That Depends on the Answer"},
	{name: "partial_credit.yaml", file: "partial_credit.xml", tab: component.TabAdvanced, title: "Checkboxes with Partial Credit"},
	{name: "truefalseresponse.yaml", file: "truefalse.xml", tab: component.TabAdvanced, title: "True Statements"},
	{name: "choicetextresponse.yaml", file: "choicetext.xml", tab: component.TabAdvanced, title: "Choice with a Number"},
	{name: "imageresponse.yaml", file: "imageresponse.xml", tab: component.TabAdvanced, title: "Place on a Picture", with: []string{"problem-island.svg"}},
	{name: "drag_and_drop.yaml", file: "drag_and_drop.xml", tab: component.TabAdvanced, title: "Drag and Drop", with: []string{"problem-earth.svg"}},
	{name: "annotationresponse.yaml", file: "annotation.xml", tab: component.TabAdvanced, title: "Close Reading"},
	{name: "circuitschematic.yaml", file: "circuitschematic.xml", tab: component.TabAdvanced, title: "Circuit"},
	{name: "latex_problem.yaml", file: "latex_problem.xml", tab: component.TabAdvanced, title: "Mathematics in LaTeX"},
	{name: "chemical_equation.yaml", file: "chemical_equation.xml", tab: component.TabAdvanced, title: "Chemical Equation"},
	{name: "molecule.yaml", file: "molecule.xml", tab: component.TabAdvanced, title: "Molecule"},
	{name: "crystal.yaml", file: "crystal.xml", tab: component.TabAdvanced, title: "Plane in a Crystal"},
	{name: "protein.yaml", file: "protein.xml", tab: component.TabAdvanced, title: "Protein"},
	{name: "gene.yaml", file: "gene.xml", tab: component.TabAdvanced, title: "Gene"},
	{name: "jsinput_response.yaml", file: "jsinput_response.xml", tab: component.TabAdvanced, title: "Page with JavaScript", with: []string{"problem-thermometer.html"}},
	{name: "coderesponse.yaml", file: "coderesponse.xml", tab: component.TabAdvanced, title: "Program for an External Grader"},
	{name: "filesubmission.yaml", file: "filesubmission.xml", tab: component.TabAdvanced, title: "Files for an External Grader"},
}

//go:embed templates
var startFiles embed.FS

// templates makes the list once.
var templates = sync.OnceValue(func() []component.Template {
	out := make([]component.Template, 0, len(starts))
	for _, s := range starts {
		text := startFile(s.file)
		base := strings.TrimSuffix(s.name, ".yaml")
		t := component.Template{Name: s.name, Label: "problem.template." + base, Tab: s.tab, Set: course.Fields{"display_name": course.Text(s.title)}}
		if strings.HasSuffix(s.file, ".md") {
			t.Set["markdown"], t.Body = course.Text(string(text)), FromMarkdown(string(text))
		} else if t.Body = []byte("\n" + string(text)); len(text) == 0 {
			t.Body = nil
		}
		for _, name := range s.with {
			t.Files = append(t.Files, component.TemplateFile{Name: name, Type: mime.TypeByExtension(path.Ext(name)), Body: startFile("files/" + name)})
		}
		out = append(out, t)
	}
	return out
})

// startFile reads a file below templates/.
func startFile(name string) []byte {
	text, err := startFiles.ReadFile("templates/" + name)
	if err != nil {
		panic(err) // of our own table
	}
	return text
}

// FromMarkdown is the body of the problem that a text in the simple editor's Markdown means. It need not parse: prose may hold a bare "<".
func FromMarkdown(text string) []byte {
	whole := strings.TrimPrefix(markdown.Convert(text), "<problem>")
	return []byte(strings.TrimSuffix(whole, "</problem>\n"))
}
