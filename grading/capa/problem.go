package capa

// Problem is a parsed source: independent of learner and seed, immutable, and
// safe for concurrent use.
type Problem struct {
	maxScore  int
	hints     []string
	responses []ResponseInfo
	scripts   bool
}

// ResponseInfo summarizes one response.
type ResponseInfo struct {
	Number      int    // 1-based, document order
	Type        string // element name
	Line        int
	Inputs      []InputInfo
	NeedsPython bool // grading it runs author code
	Unsupported bool // no grader for its type is built in
}

// InputInfo summarizes one input.
type InputInfo struct {
	ID     string // without prefix: 2_1
	Type   string // element name
	Points int
	Line   int
}

// Parse reads a problem's source. It fails on what is not XML or has no
// meaning for any learner, with a line; mistakes that only showing the problem
// would meet are kept and returned by [Problem.Instantiate] and [Problem.Defects].
func Parse(source []byte) (*Problem, error) {
	return nil, errorf(Engine, 1, "parsing is not ready")
}

// MaxScore is the sum of the inputs' points, without weight; it needs no script.
func (p *Problem) MaxScore() int { return p.maxScore }

// DemandHints returns the hints shown on request, as HTML, before substitution.
func (p *Problem) DemandHints() []string { return p.hints }

// Responses summarizes the responses in document order.
func (p *Problem) Responses() []ResponseInfo { return p.responses }

// HasScripts tells whether author Python runs before the problem is shown.
func (p *Problem) HasScripts() bool { return p.scripts }

// Defects lists what stops the problem from being shown, in document order.
func (p *Problem) Defects() []*Error { return nil }

// Unavailable says why this build cannot serve the problem to a learner when
// there is no script runner: nil when it can.
func (p *Problem) Unavailable() *Error { return nil }
