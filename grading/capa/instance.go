package capa

import "context"

// Options fix what differs between learners.
type Options struct {
	Seed        int
	IDPrefix    string // ids become PREFIX_2_1; empty: 2_1
	AnonymousID string
	Attempt     int    // when grading: attempts so far + 1; 0 when showing
	ModuleID    string // the block's usage key, for events
	Runner      ScriptRunner
}

// Instance is a problem for one learner: one seed, one set of ids.
type Instance struct {
	problem *Problem
	options Options
}

// Instantiate runs scripts, works out answers and orders choices. Its errors
// are those that make loading fail.
func (p *Problem) Instantiate(ctx context.Context, o Options) (*Instance, error) {
	return &Instance{problem: p, options: o}, nil
}

// View draws the problem for a learner's state.
func (in *Instance) View(state ViewState) (View, error) { return View{}, nil }

// Result is what a check found.
type Result struct {
	CorrectMap     CorrectMap // an entry for every input
	Score          float64
	MaxScore       int
	OverallMessage string // HTML
	Events         []Event
}

// Check grades a submission. old is the map of the previous check, which old
// hints may look at. Inputs nobody asked about are ignored.
func (in *Instance) Check(ctx context.Context, answers Answers, old CorrectMap) (Result, error) {
	return Result{}, errorf(Engine, 0, "checking is not ready")
}

// ShownAnswer is what "show answer" reveals for one id.
type ShownAnswer struct {
	ID       string
	Text     string   // the answer of a field, plain text
	Choices  []string // the names of right choices, when List is set
	List     bool
	Solution HTML // the solution element, for solution ids
	Null     bool // there is an entry, but no answer
}

// Answers reveals the right answers and the solutions, in document order.
func (in *Instance) Answers() []ShownAnswer { return nil }

// Permutation is the order of choices an input was shown in.
type Permutation struct {
	Kind  string   // shuffle or answerpool
	Names []string // in displayed order
}

// Permutations returns the order of every shuffled or pooled input by id.
func (in *Instance) Permutations() map[string]Permutation { return nil }

// Submission describes one answer for the problem_check event.
type Submission struct {
	Question     string `json:"question"`
	Answer       any    `json:"answer"` // text, or list of texts; choices by their text
	ResponseType string `json:"response_type"`
	InputType    string `json:"input_type"`
	Correct      any    `json:"correct"` // bool, or "" when not graded
	Variant      any    `json:"variant"` // seed, or ""
	GroupLabel   string `json:"group_label"`
}

// Submissions describes the answers given, by input id. variant is the seed
// where problems are randomized, else "".
func (in *Instance) Submissions(answers Answers, graded CorrectMap, variant any) map[string]Submission {
	return nil
}
