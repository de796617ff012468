package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"lyceum/grading/capa"
)

// Case is one case: a problem and submissions that each meet it fresh, or the
// steps of a block's life.
type Case struct {
	ID           string          `json:"id"`
	ResponseType string          `json:"response_type"`
	Tags         []string        `json:"tags"`
	ProblemXML   string          `json:"problem_xml"`
	Seed         int             `json:"seed"`
	Submissions  []Submission    `json:"submissions"`
	Steps        json.RawMessage `json:"steps"`
	Queue        bool            `json:"queue_configured"`
	PythonLib    []byte          `json:"python_lib_zip_base64"`
}

// options are what the problem of a case is instantiated with.
func (c Case) options(o Options) capa.Options {
	out := capa.Options{Seed: c.Seed, AnonymousID: anonymous, Runner: o.Runner}
	if c.PythonLib != nil {
		out.Files = []capa.ScriptFile{{Name: capa.PythonLib, Data: c.PythonLib}}
	}
	return out
}

// Submission is what a learner sent, and what became of it outside.
type Submission struct {
	Answers capa.Answers `json:"answers"`
	Sent    *SendResult  `json:"queue_send_result"`
	Reply   *string      `json:"reply"`
	Key     string       `json:"reply_key"` // right or wrong
}

// Options are what a case may need beside itself.
type Options struct {
	Runner capa.ScriptRunner
	// Flow plays a case with steps and returns its result, to be written as JSON.
	Flow func(ctx context.Context, source json.RawMessage) (any, error)
}

// Result is what the engine found.
type Result struct {
	ID          string    `json:"id"`
	LoadError   *Fault    `json:"load_error,omitempty"`
	Render      *Render   `json:"render,omitempty"`
	Submissions []Outcome `json:"submissions,omitempty"`
}

// Fault is an error in the vocabulary of the cases.
type Fault struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Outcome is a grade, or an error. Where an external grader has answered, the grade is what it said.
type Outcome struct {
	Request        *QueueRequest    `json:"queue_request,omitempty"`
	Queued         *Outcome         `json:"queued,omitempty"` // right after sending
	Error          *Fault           `json:"error,omitempty"`
	Inputs         map[string]Input `json:"inputs,omitempty"`
	Score          *float64         `json:"score,omitempty"`
	MaxScore       *int             `json:"max_score,omitempty"`
	OverallMessage string           `json:"overall_message,omitempty"`
	Events         []Event          `json:"events,omitempty"`
	TextAfter      *string          `json:"text_after,omitempty"`
}

// Input is the result of one input, markup reduced to text.
type Input struct {
	Correctness    capa.Correctness `json:"correctness"`
	NPoints        float64          `json:"npoints"`
	Msg            string           `json:"msg,omitempty"`
	Hint           string           `json:"hint,omitempty"`
	HintMode       string           `json:"hintmode,omitempty"`
	AnswerVariable string           `json:"answervariable,omitempty"`
	Queued         bool             `json:"queued,omitempty"`
}

// Event is a tracking event, markup reduced to text.
type Event struct {
	Name string        `json:"name"`
	Data capa.Feedback `json:"data"`
}

// Run grades one case and returns its result as a line of JSON without the
// newline. Its error is about the case itself: no JSON, no way to play it.
func Run(ctx context.Context, source json.RawMessage, o Options) ([]byte, error) {
	var c Case
	if err := json.Unmarshal(source, &c); err != nil {
		return nil, fmt.Errorf("decode case: %w", err)
	}
	if c.Steps == nil {
		return json.Marshal(Grade(ctx, c, o))
	}
	if o.Flow == nil {
		return nil, fmt.Errorf("case %s: nothing here plays steps", c.ID)
	}
	result, err := o.Flow(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.ID, err)
	}
	return json.Marshal(result)
}

// anonymous is who answers in every case.
const anonymous = "student"

// Grade renders the problem of a case and grades each of its submissions.
func Grade(ctx context.Context, c Case, o Options) Result {
	result := Result{ID: c.ID}
	problem, err := capa.Parse([]byte(c.ProblemXML))
	if err != nil {
		result.LoadError = NewFault(err)
		return result
	}
	instance, err := problem.Instantiate(ctx, c.options(o))
	if err != nil {
		result.LoadError = NewFault(err)
		return result
	}
	render := newRender(instance)
	result.Render = &render
	for _, s := range c.Submissions {
		result.Submissions = append(result.Submissions, submit(ctx, problem, c, s, o))
	}
	return result
}

// NewFault words an error. What only this engine tells apart counts as a failure.
func NewFault(err error) *Fault {
	kind := capa.KindOf(err)
	if !kind.Reported() {
		kind = capa.Engine
	}
	message := err.Error()
	if e := capa.AsError(err); e != nil {
		message = e.Message
	}
	if script, ok := errors.AsType[*capa.ScriptError](err); ok && kind == capa.ResponseFault {
		message = script.Message // with the exception's class, which learners are not told
	}
	return &Fault{Kind: kind.String(), Message: message}
}

func submit(ctx context.Context, problem *capa.Problem, c Case, s Submission, o Options) Outcome {
	options := c.options(o)
	options.Attempt = 1
	if c.Queue {
		options.Queue = NewQueue()
	}
	instance, err := problem.Instantiate(ctx, options)
	if err != nil {
		return Outcome{Error: NewFault(err)}
	}
	graded, err := instance.Check(ctx, s.Answers, nil)
	if err != nil {
		return Outcome{Error: NewFault(err)}
	}
	if math.IsNaN(graded.Score) || math.IsInf(graded.Score, 0) {
		return Outcome{Error: &Fault{capa.Engine.String(), fmt.Sprintf("the check gave %v points", graded.Score)}}
	}
	s.Sent.Note(graded)
	out := newOutcome(graded)
	if len(graded.Requests) > 0 {
		queued := out
		out.Queued, out.Request = &queued, newQueueRequest(graded.Requests[0])
		if s.Reply != nil {
			if graded.CorrectMap, err = instance.TakeReply(graded.CorrectMap, ReplyKey(graded.CorrectMap, s.Key), *s.Reply); err != nil {
				return Outcome{Request: out.Request, Queued: &queued, Error: NewFault(err)}
			}
			graded.Score = graded.CorrectMap.Score()
			after := newOutcome(graded)
			after.Request, after.Queued = out.Request, out.Queued
			out = after
		}
	}
	if problem.HasTargetedFeedback() {
		text, _ := prose(instance.View(capa.ViewState{Answers: s.Answers, CorrectMap: graded.CorrectMap, Done: true}))
		out.TextAfter = &text
	}
	return out
}

func newOutcome(graded capa.Result) Outcome {
	return Outcome{
		Inputs: NewInputs(graded.CorrectMap), Score: &graded.Score, MaxScore: &graded.MaxScore,
		OverallMessage: Reduce(graded.OverallMessage), Events: NewEvents(graded.Events),
	}
}

// NewInputs words a correct map.
func NewInputs(m capa.CorrectMap) map[string]Input {
	out := make(map[string]Input, len(m))
	for id, e := range m {
		in := Input{Correctness: e.Correctness, NPoints: e.Points(), Msg: Reduce(e.Msg), Hint: Reduce(e.Hint), Queued: e.QueueState != nil}
		if e.HintMode != nil && in.Hint != "" {
			in.HintMode = *e.HintMode
		}
		if e.AnswerVariable != nil {
			in.AnswerVariable = *e.AnswerVariable
		}
		out[id] = in
	}
	return out
}

// NewEvents words events, their texts reduced.
func NewEvents(events []capa.Event) []Event {
	out := make([]Event, len(events))
	for i, e := range events {
		e.Data.Hints = slices.Clone(e.Data.Hints)
		for k := range e.Data.Hints {
			e.Data.Hints[k].Text = Reduce(e.Data.Hints[k].Text)
		}
		out[i] = Event{e.Name, e.Data}
	}
	return out
}
