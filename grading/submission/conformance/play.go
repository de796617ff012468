package conformance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/capa/conformance"
	"lyceum/grading/submission"
)

// Case is one flow case.
type Case struct {
	ID         string                     `json:"id"`
	ProblemXML string                     `json:"problem_xml"`
	Settings   map[string]json.RawMessage `json:"settings"`
	UserID     int64                      `json:"user_id"`
	Staff      bool                       `json:"is_staff"`
	Entropy    []int32                    `json:"entropy"`           // what seeds are drawn from, in turn
	Sent       *conformance.SendResult    `json:"queue_send_result"` // what the queue says of a request
	Steps      []Step                     `json:"steps"`
}

// Step is one act of a case.
type Step struct {
	Action       string       `json:"action"`
	At           float64      `json:"at"` // seconds after the start
	Answers      capa.Answers `json:"answers"`
	OnlyIfHigher bool         `json:"only_if_higher"`
	ProblemXML   string       `json:"problem_xml"` // the problem from here on
	HintIndex    int          `json:"hint_index"`
	Index        int          `json:"index"` // the same under its short name
	Staff        *bool        `json:"staff"`

	Sent  *conformance.SendResult `json:"queue_send_result"`
	Reply string                  `json:"reply"`     // of an external grader
	Key   string                  `json:"reply_key"` // right or wrong
}

// Result is what happened.
type Result struct {
	ID    string    `json:"id"`
	Steps []Outcome `json:"steps"`
}

// Outcome is what one step gave.
type Outcome struct {
	Result    any                `json:"result,omitempty"`
	Error     *Error             `json:"error,omitempty"`
	Events    []submission.Event `json:"events"`
	View      *View              `json:"view,omitempty"`
	ViewError string             `json:"view_error,omitempty"`
	State     submission.State   `json:"state"`
}

// Error is a step that gave no reply. Kind is not_allowed, problem_error or server_error.
type Error struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// View is what the page offers after a step.
type View struct {
	Submit       bool       `json:"submit_enabled"`
	Reset        bool       `json:"reset_shown"`
	Save         bool       `json:"save_shown"`
	Answer       bool       `json:"answer_available"`
	Correctness  bool       `json:"correctness_available"`
	Closed       bool       `json:"closed"`
	Score        [2]any     `json:"display_score"`
	Notification [2]*string `json:"notification"`
}

// start is when the clock of every case starts.
var start = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// queueWait is how long learners wait while a grader has not answered.
const queueWait = 5 * time.Second

// blockID stands for the block in events; blockKey is what seeds are drawn from.
const (
	blockID  = "BLOCK"
	blockKey = "block-v1:Org+C1+R1+type@problem+block@aa11"
)

// Play plays one case. Its error is about the case itself.
func Play(ctx context.Context, source json.RawMessage, runner capa.ScriptRunner) (any, error) {
	var c Case
	if err := json.Unmarshal(source, &c); err != nil {
		return nil, fmt.Errorf("decode flow case: %w", err)
	}
	p := player{c: c, runner: runner, xml: c.ProblemXML}
	result := Result{ID: c.ID, Steps: []Outcome{}}
	for i, step := range c.Steps {
		out, err := p.step(ctx, step)
		if err != nil {
			return nil, fmt.Errorf("case %s, step %d: %w", c.ID, i+1, err)
		}
		result.Steps = append(result.Steps, out)
	}
	return result, nil
}

type player struct {
	c      Case
	runner capa.ScriptRunner
	xml    string
	state  []byte // as stored
	drawn  int    // of the case's entropy
	keys   int    // made for requests to graders
}

func (p *player) step(ctx context.Context, step Step) (Outcome, error) {
	if step.ProblemXML != "" {
		p.xml = step.ProblemXML
	}
	state, err := submission.ParseState(p.state)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Events: []submission.Event{}}
	m, err := p.open(ctx, step, state)
	if err != nil {
		text := "cannot create LoncapaProblem " + blockID + ": " + capa.AsError(err).Message
		out.Error, out.ViewError, out.State = &Error{"problem_error", text}, text, m.State
	} else {
		out.Result, out.Error = act(ctx, m, step)
		if m.Events != nil {
			out.Events = named(m.Events)
		}
		out.State, out.View = m.State, view(m.Buttons())
	}
	if p.state, err = json.Marshal(out.State); err != nil {
		return Outcome{}, err
	}
	return out, nil
}

func (p *player) open(ctx context.Context, step Step, state submission.State) (*submission.Machine, error) {
	now := start.Add(time.Duration(step.At * float64(time.Second)))
	setup := submission.Setup{
		Settings: p.c.settings(), ModuleID: blockKey, User: p.c.UserID, AnonymousID: "student", Staff: p.c.Staff, Now: now,
		Close: p.c.closes(), Seeds: p.draw, Runner: p.runner,
	}
	setup.Queue = &submission.Queue{
		Name: "default-queue", Wait: queueWait, Key: func() string { p.keys++; return fmt.Sprintf("%032x", p.keys) },
		Note: cmp.Or(step.Sent, p.c.Sent, &conformance.SendResult{Message: "2"}).Note,
	}
	if step.Staff != nil {
		setup.Staff = *step.Staff
	}
	problem, err := capa.Parse([]byte(p.xml))
	if err != nil {
		// Even a problem nobody can read leaves the learner with a seed.
		empty, emptyErr := capa.Parse([]byte("<problem/>"))
		if emptyErr != nil {
			return nil, emptyErr
		}
		setup.Problem = empty
		m, openErr := submission.Open(ctx, setup, state, false)
		if openErr != nil {
			return m, openErr
		}
		state.Seed = m.State.Seed
		m.State = state
		return m, err
	}
	setup.Problem = problem
	return submission.Open(ctx, setup, state, step.Action == "submit")
}

// draw gives the case's seeds in turn.
func (p *player) draw() int32 {
	if p.drawn >= len(p.c.Entropy) {
		return 0
	}
	p.drawn++
	return p.c.Entropy[p.drawn-1]
}

func act(ctx context.Context, m *submission.Machine, step Step) (any, *Error) {
	var reply submission.Reply
	var err error
	switch step.Action {
	case "view":
		return struct{}{}, nil
	case "submit":
		reply, err = m.Submit(ctx, step.Answers)
	case "save":
		reply = m.Save(step.Answers)
	case "reset":
		reply, err = m.Reset(ctx)
	case "show_answer":
		reply, err = m.ShowAnswer()
		reply.Answers = reduced(reply.Answers)
	case "hint":
		reply, err = m.Hint(max(step.HintIndex, step.Index))
		reply.Msg = conformance.Reduce(reply.Msg)
	case "queue_reply":
		reply, err = m.TakeReply(conformance.ReplyKey(m.State.CorrectMap, step.Key), step.Reply)
	case "rescore":
		_, err = m.Rescore(ctx, step.OnlyIfHigher)
		if err == nil {
			return struct{}{}, nil
		}
	default:
		return nil, &Error{"server_error", fmt.Sprintf("no such action: %q", step.Action)}
	}
	if err == nil {
		return reply, nil
	}
	var refused *submission.Refusal
	switch {
	case errors.As(err, &refused) && step.Action == "hint":
		return nil, &Error{"server_error", submission.FailureMessage}
	case errors.As(err, &refused):
		return nil, &Error{"not_allowed", submission.RefusalMessage}
	case step.Action == "rescore" && capa.KindOf(err).Reported():
		return nil, &Error{capa.KindOf(err).String(), capa.AsError(err).Message}
	default:
		return nil, &Error{"server_error", submission.FailureMessage}
	}
}

// reduced is what "show answer" reveals, markup reduced to text and lists sorted.
func reduced(answers map[string]any) map[string]any {
	out := make(map[string]any, len(answers))
	for id, v := range answers {
		switch v := v.(type) {
		case string:
			out[id] = conformance.Reduce(v)
		case []string:
			out[id] = slices.Sorted(slices.Values(v))
		default:
			out[id] = v
		}
	}
	return out
}

// named writes the block's own id as the cases do, and the texts of hints without markup.
func named(events []submission.Event) []submission.Event {
	out := make([]submission.Event, len(events))
	for i, e := range events {
		data := make(map[string]any, len(e.Data))
		for name, v := range e.Data {
			switch v := v.(type) {
			case string:
				if v == blockKey {
					data[name] = blockID
					continue
				}
			case []capa.FeedbackHint:
				hints := slices.Clone(v)
				for k := range hints {
					hints[k].Text = conformance.Reduce(hints[k].Text)
				}
				data[name] = hints
				continue
			}
			data[name] = v
		}
		out[i] = submission.Event{Name: e.Name, Data: data}
	}
	return out
}

func view(b submission.Buttons) *View {
	v := View{
		Submit: b.Submit, Reset: b.Reset, Save: b.Save, Answer: b.Answer, Correctness: b.CorrectnessAvailable, Closed: b.Closed,
		Score: [2]any{b.Earned, b.Possible},
	}
	if b.Verdict != "" {
		v.Notification[0] = &b.Verdict
		if b.Message != "" {
			v.Notification[1] = &b.Message
		}
	}
	return &v
}

// settings reads the block settings of a case through the rules courses are read by.
func (c *Case) settings() submission.Settings {
	fields := course.Fields{}
	for name, raw := range c.Settings {
		fields[name] = course.Value(raw)
	}
	problem := &course.Block{Type: "problem", ID: "aa11", Fields: fields}
	root := &course.Block{Type: "course", ID: "course", Children: []*course.Block{problem}}
	compiled := course.Compile(&course.Content{Key: course.Key{Org: "Org", Number: "C1", Run: "R1"}, Root: root}, "", nil, nil)
	return submission.SettingsOf(&compiled.Nodes[1])
}

// closes is when the case's problem closes; nil is never.
func (c *Case) closes() *time.Time {
	due, ok := course.Value(c.Settings["due_offset"]).Float()
	if !ok {
		return nil
	}
	grace, _ := course.Value(c.Settings["graceperiod"]).Float()
	at := start.Add(time.Duration((due + grace) * float64(time.Second)))
	return &at
}
