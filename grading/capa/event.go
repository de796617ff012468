package capa

// FeedbackDisplayed is the name of the event a shown hint publishes.
const FeedbackDisplayed = "edx.problem.hint.feedback_displayed"

// Event is something a check makes known, in order.
type Event struct {
	Name string   `json:"name"`
	Data Feedback `json:"data"`
}

// Feedback is the payload of a FeedbackDisplayed event.
type Feedback struct {
	ModuleID      string         `json:"module_id,omitempty"`
	ProblemPartID string         `json:"problem_part_id"` // the response's id
	TriggerType   string         `json:"trigger_type"`    // single or compound
	HintLabel     string         `json:"hint_label"`
	Hints         []FeedbackHint `json:"hints"`
	Correctness   bool           `json:"correctness"`
	StudentAnswer []string       `json:"student_answer"`
	QuestionType  string         `json:"question_type"`
	ChoiceAll     []string       `json:"choice_all,omitempty"`
}

// FeedbackHint is one text of a feedback.
type FeedbackHint struct {
	Text    string    `json:"text"`
	Trigger []Trigger `json:"trigger,omitempty"`
}

// Trigger is the state of a box that made a hint show.
type Trigger struct {
	Choice   string `json:"choice"`
	Selected bool   `json:"selected"`
}
