package tracking

import "encoding/json"

// Answers are what a learner sent: part of the problem -> string, or list of strings.
type Answers map[string]any

// Reasons why the server refused to check, save or reset.
const (
	FailureClosed  = "closed"   // past due or no attempts left
	FailureUnreset = "unreset"  // done, and not reset since
	FailureDone    = "done"     // saving after the last check
	FailureNotDone = "not_done" // resetting what has no answer
)

// ProblemState is the state of a problem as events show it.
type ProblemState struct {
	Seed           int64
	StudentAnswers Answers
	Done           *bool // nil until there is an answer
	CorrectMap     CorrectMap
	InputState     map[string]any // part -> what its input keeps; the parts' keys matter to readers, mostly with {} behind
}

// AppendPayload implements Payload.
func (p ProblemState) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Int("seed", p.Seed)
	o.key("student_answers")
	o.b = appendMap(o.b, p.StudentAnswers)
	if p.Done == nil {
		o.Null("done")
	} else {
		o.Bool("done", *p.Done)
	}
	o.key("correct_map")
	o.b = p.CorrectMap.AppendPayload(o.b)
	o.key("input_state")
	o.b = appendMap(o.b, p.InputState)
	return o.End()
}

// PartResult is what grading says of one part.
type PartResult struct {
	Correctness    string   // correct, incorrect, partially-correct
	Points         *float64 // nil: by correctness
	Message        string
	Hint, HintMode string
	QueueState     json.RawMessage // nil unless an outside grader has the answer
	AnswerVariable *string         // nil leaves the field out
}

// CorrectMap is part -> result.
type CorrectMap map[string]PartResult

// AppendPayload implements Payload.
func (m CorrectMap) AppendPayload(b []byte) []byte {
	o := Begin(b)
	for _, part := range sortedKeys(m) {
		o.textKey(part)
		o.b = m[part].AppendPayload(o.b)
	}
	return o.End()
}

// AppendPayload implements Payload.
func (p PartResult) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("correctness", p.Correctness)
	if p.Points == nil {
		o.Null("npoints")
	} else {
		o.Num("npoints", *p.Points)
	}
	o.Str("msg", p.Message)
	o.Str("hint", p.Hint)
	o.StrOrNull("hintmode", p.HintMode)
	if p.QueueState == nil {
		o.Null("queuestate")
	} else {
		o.Value("queuestate", p.QueueState)
	}
	if p.AnswerVariable != nil {
		o.Str("answervariable", *p.AnswerVariable)
	}
	return o.End()
}

// PartSubmission explains one part of an answer in words.
type PartSubmission struct {
	Question     string // label of the part
	Answer       any    // what the learner chose or typed, as shown to them: string or list of strings
	ResponseType string // multiplechoiceresponse, ...
	InputType    string // choicegroup, ...
	Correct      *bool  // nil when grading did not say; written as ""
	Variant      *int64 // seed of a randomized problem; nil is written as ""
	GroupLabel   string // "" leaves the field out
}

// AppendPayload implements Payload.
func (p PartSubmission) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("question", p.Question)
	o.Value("answer", p.Answer)
	o.Str("response_type", p.ResponseType)
	o.Str("input_type", p.InputType)
	if p.Correct == nil {
		o.Str("correct", "")
	} else {
		o.Bool("correct", *p.Correct)
	}
	if p.Variant == nil {
		o.Str("variant", "")
	} else {
		o.Int("variant", *p.Variant)
	}
	o.OptStr("group_label", p.GroupLabel)
	return o.End()
}

// ProblemCheck is the payload of ProblemChecked.
type ProblemCheck struct {
	ProblemID       string
	Answers         Answers
	Submission      map[string]PartSubmission
	CorrectMap      CorrectMap
	Grade, MaxGrade float64
	Attempts        int
	Correct         bool         // the whole problem
	State           ProblemState // before the check
}

// AppendPayload implements Payload.
func (p ProblemCheck) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("problem_id", p.ProblemID)
	o.key("answers")
	o.b = appendMap(o.b, p.Answers)
	o.key("submission")
	sub := Begin(o.b)
	for _, part := range sortedKeys(p.Submission) {
		sub.textKey(part)
		sub.b = p.Submission[part].AppendPayload(sub.b)
	}
	o.b = sub.End()
	o.key("correct_map")
	o.b = p.CorrectMap.AppendPayload(o.b)
	o.Num("grade", p.Grade)
	o.Num("max_grade", p.MaxGrade)
	o.Int("attempts", int64(p.Attempts))
	o.Str("success", success(p.Correct))
	o.key("state")
	o.b = p.State.AppendPayload(o.b)
	return o.End()
}

func success(correct bool) string {
	if correct {
		return "correct"
	}
	return "incorrect"
}

// ProblemAnswers is the payload of ProblemCheckFailed, ProblemSaved and ProblemSaveFailed.
type ProblemAnswers struct {
	ProblemID string
	Answers   Answers
	Failure   string // "" leaves the field out
	State     ProblemState
}

// AppendPayload implements Payload.
func (p ProblemAnswers) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("problem_id", p.ProblemID)
	o.key("answers")
	o.b = appendMap(o.b, p.Answers)
	o.OptStr("failure", p.Failure)
	o.key("state")
	o.b = p.State.AppendPayload(o.b)
	return o.End()
}

// Reset is the payload of ProblemReset and ProblemResetFailed.
type Reset struct {
	ProblemID string
	Old       ProblemState
	New       *ProblemState // nil when it failed
	Failure   string        // "" when it did not
}

// AppendPayload implements Payload.
func (p Reset) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("problem_id", p.ProblemID)
	o.Payload("old_state", p.Old)
	if p.New != nil {
		o.Payload("new_state", *p.New)
	}
	o.OptStr("failure", p.Failure)
	return o.End()
}

// AnswerShown is the payload of ProblemAnswerShown.
type AnswerShown struct{ ProblemID string }

// AppendPayload implements Payload.
func (p AnswerShown) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("problem_id", p.ProblemID)
	return o.End()
}

// Rescore is the payload of ProblemRescored. TaskID is "" when staff rescored one learner while they waited.
type Rescore struct {
	ProblemID          string
	Student            string // username
	Correct            bool
	Attempts           int
	OrigScore, OrigMax float64
	NewScore, NewMax   float64
	CorrectMap         CorrectMap
	State              ProblemState
	TaskID             string
}

// AppendPayload implements Payload.
func (p Rescore) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("problem_id", p.ProblemID)
	o.Str("student", p.Student)
	o.Str("success", success(p.Correct))
	o.Int("attempts", int64(p.Attempts))
	o.Num("orig_score", p.OrigScore)
	o.Num("orig_total", p.OrigMax)
	o.Num("new_score", p.NewScore)
	o.Num("new_total", p.NewMax)
	o.key("correct_map")
	o.b = p.CorrectMap.AppendPayload(o.b)
	o.key("state")
	o.b = p.State.AppendPayload(o.b)
	o.OptStr("task_id", p.TaskID)
	return o.End()
}

// RescoreFailure is the payload of ProblemRescoreFailed; Failure is unsupported, unanswered, input_error or unexpected.
type RescoreFailure struct {
	ProblemID, Student, Failure string
	State                       ProblemState
	TaskID                      string
}

// AppendPayload implements Payload.
func (p RescoreFailure) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("problem_id", p.ProblemID)
	o.Str("student", p.Student)
	o.Str("failure", p.Failure)
	o.key("state")
	o.b = p.State.AppendPayload(o.b)
	o.OptStr("task_id", p.TaskID)
	return o.End()
}

// DemandHint is the payload of ProblemDemandHint. Index counts from zero.
type DemandHint struct {
	ModuleID   string
	Index, Len int
	Text       string
}

// AppendPayload implements Payload.
func (p DemandHint) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("module_id", p.ModuleID)
	o.Int("hint_index", int64(p.Index))
	o.Int("hint_len", int64(p.Len))
	o.Str("hint_text", p.Text)
	return o.End()
}

// Hint is one text of a Feedback. Trigger are the choices it was for; nil leaves them out.
type Hint struct {
	Text    string
	Trigger []any
}

// Feedback is the payload of ProblemFeedbackDisplayed.
type Feedback struct {
	ModuleID      string
	PartID        string
	TriggerType   string // single, compound
	Correct       bool
	StudentAnswer []string
	QuestionType  string   // response type
	Choices       []string // nil leaves the field out
	Hints         []Hint
	Label         string
}

// AppendPayload implements Payload.
func (p Feedback) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("module_id", p.ModuleID)
	o.Str("problem_part_id", p.PartID)
	o.Str("trigger_type", p.TriggerType)
	o.Bool("correctness", p.Correct)
	o.Value("student_answer", p.StudentAnswer)
	o.Str("question_type", p.QuestionType)
	if p.Choices != nil {
		o.Value("choice_all", p.Choices)
	}
	hints := make([]any, len(p.Hints))
	for i, h := range p.Hints {
		hints[i] = h
	}
	o.Value("hints", hints)
	o.Str("hint_label", p.Label)
	return o.End()
}

// AppendPayload implements Payload.
func (h Hint) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("text", h.Text)
	if h.Trigger != nil {
		o.Value("trigger", h.Trigger)
	}
	return o.End()
}

// Completed is the payload of ProblemCompleted.
type Completed struct{ ModuleID string }

// AppendPayload implements Payload.
func (p Completed) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("module_id", p.ModuleID)
	return o.End()
}
