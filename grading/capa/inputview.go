package capa

// TextChoice is one choice with fields inside it. The answer of its input is a
// map: the choice's name for one that is chosen, and each field's name with
// what was entered.
type TextChoice struct {
	Name     string
	Selected bool
	Parts    []TextPart // in order
}

// TextPart is markup, or a field when Field is set, and the text after it.
type TextPart struct {
	HTML  HTML
	Field string // name in the answer
	Value string // what was entered
	Tail  HTML
}

// Point is a place in a picture, in pixels from its upper left corner.
type Point struct{ X, Y float64 }

// Annotation is a passage to be tagged and commented on. The answer is JSON:
// {"options": [index], "comment": "..."}. Texts the author left out are empty.
type Annotation struct {
	Title, Text, Comment     string
	CommentPrompt, TagPrompt string
	Options                  []TagOption
	Written                  string // the learner's comment
}

// TagOption is one tag.
type TagOption struct {
	Index    int
	Text     string
	Selected bool
}

// Board is a picture things are dragged onto. Its words are as the author wrote
// them; [On] reads those that mean yes or no.
type Board struct {
	Image        string      `json:"base_image"`
	Outline      string      `json:"target_outline"` // show where things may be dropped
	OnePerTarget string      `json:"one_per_target"`
	NoLabels     string      `json:"-"`
	LabelColor   string      `json:"label_bg_color,omitempty"`
	Draggables   []Draggable `json:"draggables"`
	Targets      []Target    `json:"targets"` // none: anywhere
}

// Draggable is a thing that can be dragged, with places on it for others.
type Draggable struct {
	ID       string   `json:"id"`
	Label    string   `json:"label"`
	Icon     string   `json:"icon"`      // address of a picture
	Reusable string   `json:"can_reuse"` // any number of it may be used
	Targets  []Target `json:"target_fields"`
}

// Target is a place things are dropped at, in pixels of the picture.
type Target struct {
	ID string `json:"id"`
	X  string `json:"x"`
	Y  string `json:"y"`
	W  string `json:"w"`
	H  string `json:"h"`
}
