package submission

import (
	"encoding/json"
	"maps"

	"lyceum/grading/capa"
	"lyceum/internal/jsonappend"
)

// Reply is what an act answers the page, in the shape the handlers of existing clients have. Absent members are left out.
type Reply struct {
	// Success is a word or a sentence for a check ("correct", "incorrect", "submitted", an error text) and true or false for the others.
	Success any
	Msg     string // a sentence; for hints the list of hints as HTML
	Error   string // why a reset was refused

	Answers map[string]any // by id: text, list of texts, or HTML of a solution

	Hint           bool // whether the next two are part of the reply
	HintIndex      int
	HintsFollowing bool // there is another hint

	ProgressChanged bool
	Earned          *float64 // weight applied; nil: withheld
	Possible        float64
	Attempts        int

	Receipt *Receipt // for answers that were taken
}

// Receipt is what a learner keeps of an answer.
type Receipt struct {
	ID   string `json:"submission_id"`
	Time string `json:"time"` // UTC, RFC 3339
}

// replyJSON is the layout of a stored reply.
type replyJSON struct {
	Success         any            `json:"success,omitempty"`
	Msg             string         `json:"msg,omitempty"`
	Error           string         `json:"error,omitempty"`
	Answers         map[string]any `json:"answers,omitempty"`
	HintIndex       *int           `json:"hint_index,omitempty"`
	HintsFollowing  *bool          `json:"should_enable_next_hint,omitempty"`
	ProgressChanged bool           `json:"progress_changed"`
	CurrentScore    *float64       `json:"current_score"`
	TotalPossible   float64        `json:"total_possible"`
	AttemptsUsed    int            `json:"attempts_used"`
	Receipt         *Receipt       `json:"receipt,omitempty"`
}

// MarshalJSON writes the reply as clients read it, without drawn markup.
func (r Reply) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 256), '{')
	more := 0
	var failed error
	member := func(name string, v any) {
		b = jsonappend.Name(b, more, name)
		more++
		var err error
		if b, err = jsonappend.Value(b, v); err != nil && failed == nil {
			failed = err
		}
	}
	if r.Success != nil {
		member("success", r.Success)
	}
	if r.Msg != "" {
		member("msg", r.Msg)
	}
	if r.Error != "" {
		member("error", r.Error)
	}
	if len(r.Answers) > 0 {
		member("answers", r.Answers)
	}
	if r.Hint {
		member("hint_index", r.HintIndex)
		member("should_enable_next_hint", r.HintsFollowing)
	}
	member("progress_changed", r.ProgressChanged)
	member("current_score", orNil(r.Earned))
	member("total_possible", r.Possible)
	member("attempts_used", r.Attempts)
	if r.Receipt != nil {
		b = append(b, `,"receipt":{"submission_id":`...)
		b = append(jsonappend.String(b, r.Receipt.ID), `,"time":`...)
		b = append(jsonappend.String(b, r.Receipt.Time), '}')
	}
	return append(b, '}'), failed
}

// Members are the reply as clients read it, for who has members to add. The map is the caller's, that of the answers included.
func (r Reply) Members() map[string]any {
	m := map[string]any{
		"progress_changed": r.ProgressChanged, "current_score": orNil(r.Earned), "total_possible": r.Possible, "attempts_used": r.Attempts,
	}
	if r.Success != nil {
		m["success"] = r.Success
	}
	if r.Msg != "" {
		m["msg"] = r.Msg
	}
	if r.Error != "" {
		m["error"] = r.Error
	}
	if len(r.Answers) > 0 {
		m["answers"] = maps.Clone(r.Answers)
	}
	if r.Hint {
		m["hint_index"], m["should_enable_next_hint"] = r.HintIndex, r.HintsFollowing
	}
	if r.Receipt != nil {
		m["receipt"] = map[string]any{"submission_id": r.Receipt.ID, "time": r.Receipt.Time}
	}
	return m
}

func orNil(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

// UnmarshalJSON reads a stored reply.
func (r *Reply) UnmarshalJSON(text []byte) error {
	var in replyJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*r = Reply{
		Success: in.Success, Msg: in.Msg, Error: in.Error, Answers: in.Answers, ProgressChanged: in.ProgressChanged,
		Earned: in.CurrentScore, Possible: in.TotalPossible, Attempts: in.AttemptsUsed, Receipt: in.Receipt,
	}
	if in.HintIndex != nil && in.HintsFollowing != nil {
		r.Hint, r.HintIndex, r.HintsFollowing = true, *in.HintIndex, *in.HintsFollowing
	}
	return nil
}

// Refusal is an act the problem's rules do not allow now. Nothing was done but what the state says.
type Refusal struct { //nolint:errname // the word of the field
	Why string // closed, unreset, no_answer, unanswered, unsupported, no_hints
}

// RefusalMessage is what clients show of a refusal: to them the page is out of date.
const RefusalMessage = "The state of this problem has changed since you loaded this page. Please refresh your page."

// FailureMessage is what clients show when an act failed for a reason that is not the learner's.
const FailureMessage = "We're sorry, there was an error with processing your request. Please try reloading your page and trying again."

func (r *Refusal) Error() string { return "refused: " + r.Why }

// watch notes the progress before an act; the function it returns completes the act's reply.
func (m *Machine) watch() func(Reply) Reply {
	before, had := m.progress()
	attempts := m.State.Attempts
	return func(r Reply) Reply {
		after, has := m.progress()
		r.ProgressChanged = before != after || had != has || attempts != m.State.Attempts
		r.Earned, r.Possible = m.displayed()
		r.Attempts = m.State.Attempts
		return r
	}
}

// answersForLog are answers as events carry them.
func answersForLog(a capa.Answers) map[string]any {
	out := make(map[string]any, len(a))
	for id, answer := range a {
		out[id] = answer
	}
	return out
}
