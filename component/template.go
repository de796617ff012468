package component

import "lyceum/course"

// Templated is a kind that offers contents to begin with. A kind without begins with what its defaults say.
type Templated interface {
	// Templates lists them in the order authors are offered them, the blank one first.
	Templates() []Template
}

// Template is the content of a new block. Whoever makes a block of it copies Set and Body, which are shared.
type Template struct {
	Name  string // what clients call it ("boilerplate"), such as "multiplechoice.yaml"; "" for blank where the kind has no name for that
	Label string // text id of what authors read
	Tab   string // the group it is offered in: TabCommon or TabAdvanced
	Set   course.Fields
	Body  []byte
	// Files are files of the course that the content names. One whose name the course already has is not put in: its team may have changed it.
	Files []TemplateFile
}

// TemplateFile is a file that comes with a template.
type TemplateFile struct {
	Name string // of the course's file, normalized
	Type string // media type
	Body []byte
}

// The groups of templates.
const (
	TabCommon   = "common"
	TabAdvanced = "advanced"
)

// FindTemplate finds a template of a kind by its name; clients may leave the ending ".yaml" out.
func FindTemplate(kind Kind, name string) (Template, bool) {
	t, ok := kind.(Templated)
	if !ok {
		return Template{}, false
	}
	for _, one := range t.Templates() {
		if one.Name == name || one.Name == name+".yaml" {
			return one, true
		}
	}
	return Template{}, false
}
