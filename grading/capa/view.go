package capa

import (
	"encoding/json"
	"time"
)

// ViewState is what the page knows about the learner's work when it draws.
type ViewState struct {
	Answers         Answers
	CorrectMap      CorrectMap
	OverallMessage  string // HTML from the last check, not stored
	Done            bool   // answered at least once since the last reset
	HasSaved        bool   // saved since the last check: marks and messages are kept back
	KeepNames       bool   // leave $names inside inputs as written, for comparing engines
	HideCorrectness bool   // results are hidden: status is "submitted", no message, no hint

	InputState map[string]json.RawMessage // by input id, see RunState
	Now        time.Time                  // for what has a time limit
}

// View is a problem ready to be drawn: author markup and places for inputs, in order.
type View struct {
	Nodes []Node
}

// Node is one of HTML, Withheld, *Element, *ResponseNode, *InputNode,
// *SolutionNode, *FeedbackNode, *ClarificationNode.
type Node interface{ node() }

// HTML is balanced markup an author wrote, not yet sanitized.
type HTML string

// Withheld is markup that holds hints: part of the problem, not of the page.
type Withheld string

// Element is an author's element around nodes that are not only markup. Its
// name and attributes are the author's and must pass the same sanitizer as HTML.
type Element struct {
	Name     string
	Attrs    []Attr
	Children []Node
}

// Attr is one attribute of an author's element.
type Attr struct{ Name, Value string }

// ResponseNode is the focusable group around one response, "Question n".
type ResponseNode struct {
	ID             string // PREFIX_n
	Number         int    // n
	Inline         bool
	Group          bool // several inputs: a labeled group inside
	GroupLabelID   string
	DescriptionIDs []string
	Message        HTML // overall message of the last check; the same for every response
	Children       []Node
}

// SolutionNode is the empty place a solution is shown in by "show answer".
type SolutionNode struct {
	ID string // PREFIX_solution_n; empty for one without
}

// FeedbackNode is feedback for the choice the learner made.
type FeedbackNode struct {
	InputID  string // the choice group it speaks of
	Correct  bool   // the chosen choice is a right one
	Children []Node
}

// ClarificationNode is an aside shown on demand.
type ClarificationNode struct{ HTML HTML }

// InputNode is one input, to be drawn by its Kind.
type InputNode struct {
	ID           string // PREFIX_m_k; form field input_ID
	Kind         string // element: choicegroup, checkboxgroup, optioninput, textline, ...
	ResponseID   string
	ResponseType string // element: multiplechoiceresponse, ...
	Label        HTML   // empty when the author gave none
	GroupLabel   HTML
	Descriptions []Description
	MaxPoints    int

	Value    Answer // zero when nothing was entered
	Status   Status
	Waiting  string // of a queued answer: what the queue said, as a rule how many wait
	Message  HTML   // feedback of the last check
	Hint     HTML
	HintMode string // "always", "on_request" or empty

	Widget  string   // radio or checkbox, for choice groups
	Choices []Choice // in displayed order, for choice groups
	Options []Option // for dropdowns

	TextChoices []TextChoice // for groups of choices with fields inside
	Point       *Point       // where a picture was clicked; nil for nowhere
	Annotation  *Annotation
	Board       *Board // for drag and drop
	Run         *Run   // for programs that can be run

	Size         string // as written; empty for none
	Inline       bool
	Hidden       bool
	TrailingText string
	Attrs        map[string]string // every attribute the author wrote that tells no answer, substituted; those of the kind by default
}

// Status is how the page marks an input.
type Status string

// The statuses an input can have; author code may give others.
const (
	Unsubmitted Status = "unsubmitted"
	Submitted   Status = "submitted" // graded, result hidden
	Queued      Status = "queued"
)

// Description is explanatory markup with the id that aria-describedby names.
type Description struct {
	ID   string
	HTML HTML
}

// Choice is one choice of a group.
type Choice struct {
	Name     string // submitted value
	HTML     HTML   // without hint elements
	Selected bool
}

// Option is one line of a dropdown; its text is its submitted value.
type Option struct {
	Text     string
	Selected bool
}

func (HTML) node()               {}
func (Withheld) node()           {}
func (*ClarificationNode) node() {}
func (*Element) node()           {}
func (*ResponseNode) node()      {}
func (*SolutionNode) node()      {}
func (*FeedbackNode) node()      {}
func (*InputNode) node()         {}
