package capa

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
)

// Options fix what differs between learners.
type Options struct {
	Files []ScriptFile // of the course, for its scripts: python_lib.zip

	Seed        int
	IDPrefix    string // ids become PREFIX_2_1; empty: 2_1
	AnonymousID string
	Attempt     int    // when grading: attempts so far + 1; 0 when showing
	ModuleID    string // the block's usage key, for events
	Runner      ScriptRunner
	Queue       *Queue // nil: nobody takes answers for external graders
}

// Instance is a problem for one learner: one seed, one set of ids. It is safe
// for concurrent use.
type Instance struct {
	*work
	problem *Problem
	options Options
	scope   *scope
}

// work is what is worked out of a problem once for all learners with one seed
// and one set of ids. It does not change once it is done.
type work struct {
	checkers []checker // by response
	revealed []ShownAnswer
	initial  Answers                // what authors have put into the fields, nil for nothing
	hidden   map[*node]bool         // solutions an answer pool did not pick
	shown    map[*input]arrangement // inputs whose choices were rearranged
	random   *stream                // shared by the responses, only while rearranging
}

// arrangement is the order of one group's choices.
type arrangement struct {
	kind    string
	choices []*node
}

// workshop keeps work. Problems that run code or name the learner have none.
type workshop struct {
	mu   sync.Mutex
	done map[workKey]*work
}

type workKey struct {
	seed   int
	prefix string
}

// maxWorks bounds what a problem keeps: the 20 variants of one that differs
// between learners, and some more.
const maxWorks = 24

func (s *workshop) find(o Options) *work {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done[workKey{o.Seed, o.IDPrefix}]
}

func (s *workshop) keep(o Options, w *work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil || len(s.done) >= maxWorks {
		s.done = make(map[workKey]*work)
	}
	s.done[workKey{o.Seed, o.IDPrefix}] = w
}

// Instantiate runs scripts, works out answers and orders choices. Its errors
// are those that make loading fail.
func (p *Problem) Instantiate(ctx context.Context, o Options) (*Instance, error) {
	if err := p.Unavailable(); err != nil {
		return nil, err
	}
	if p.python != nil && o.Runner == nil {
		return nil, p.python
	}
	return p.instantiate(ctx, o)
}

func (p *Problem) instantiate(ctx context.Context, o Options) (*Instance, error) {
	sc, err := newScope(ctx, p, o)
	if err != nil {
		return nil, err
	}
	in := &Instance{problem: p, options: o, scope: sc}
	if p.works != nil {
		if in.work = p.works.find(o); in.work != nil {
			return in, nil
		}
	}
	if err := in.workOut(); err != nil {
		return nil, err
	}
	if p.works != nil {
		p.works.keep(o, in.work)
	}
	return in, nil
}

func (in *Instance) workOut() (err error) {
	p := in.problem
	in.work = &work{checkers: make([]checker, len(p.responses))}
	for i, r := range p.responses {
		if in.checkers[i], err = r.kind.setUp(r, in.scope); err != nil {
			return err
		}
	}
	for _, c := range in.checkers {
		answers, err := c.reveal(in)
		if err != nil {
			return err
		}
		in.revealed = append(in.revealed, answers...)
	}
	for _, c := range in.checkers {
		if r, ok := c.(rearranger); ok {
			if err := r.rearrange(in); err != nil {
				return err
			}
		}
	}
	in.random, in.initial = nil, in.initialAnswers()
	if p.defect != nil {
		return p.defect
	}
	return nil
}

// Problem is what the instance was made of.
func (in *Instance) Problem() *Problem { return in.problem }

// Notes are what the run of the problem's script said to the course team.
func (in *Instance) Notes() []string { return in.scope.notes }

// id puts the prefix in front of an id of the source.
func (in *Instance) id(short string) string {
	if in.options.IDPrefix == "" || short == "" {
		return short
	}
	return in.options.IDPrefix + "_" + short
}

// stream is the generator all responses share, made on first use.
func (in *Instance) stream() *stream {
	if in.random == nil {
		in.random = newStream(in.scope.seed)
	}
	return in.random
}

// order is a group's choices as displayed.
func (in *Instance) order(i *input) []*node {
	if a, ok := in.shown[i]; ok {
		return a.choices
	}
	return i.choices
}

// Answers reveals the right answers and the solutions, in document order.
func (in *Instance) Answers() []ShownAnswer {
	out := slices.Clip(in.revealed)
	for _, s := range in.problem.root.descendants("solution") {
		if !in.hidden[s] {
			out = append(out, ShownAnswer{ID: in.id(s.id), Solution: HTML(in.scope.expand(outer(s)))})
		}
	}
	return out
}

// ShownAnswer is what "show answer" reveals for one id.
type ShownAnswer struct {
	ID       string
	Text     string   // the answer of a field, plain text
	Choices  []string // the names of right choices, when List is set
	List     bool
	Solution HTML         // the solution element, for solution ids
	Image    *ImageAnswer // where to click, for pictures
	Null     bool         // there is an entry, but no answer
}

// Permutation is the order of choices an input was shown in.
type Permutation struct {
	Kind  string   // shuffle or answerpool
	Names []string // in displayed order
}

// MarshalJSON writes the pair events carry: ["shuffle", ["choice_2", ...]].
func (p Permutation) MarshalJSON() ([]byte, error) { return json.Marshal([]any{p.Kind, p.Names}) }

// Permutations returns the order of every shuffled or pooled input by id.
func (in *Instance) Permutations() map[string]Permutation {
	var out map[string]Permutation
	for i, a := range in.shown {
		names := make([]string, len(a.choices))
		for k, c := range a.choices {
			names[k] = c.get("name")
		}
		if out == nil {
			out = make(map[string]Permutation, len(in.shown))
		}
		out[in.id(i.id)] = Permutation{a.kind, names}
	}
	return out
}

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
// where problems are randomized, else "". It is empty when an answer names a
// choice there is none of: such a submission is logged without description.
func (in *Instance) Submissions(answers Answers, graded CorrectMap, variant any) map[string]Submission {
	out := make(map[string]Submission, len(answers))
	for id, answer := range answers {
		s := Submission{Answer: answer.value, Correct: "", Variant: variant}
		if e, ok := graded[id]; ok {
			s.Correct = e.Right()
		}
		if i := in.input(id); i != nil {
			s.Question, s.GroupLabel = i.label, i.groupLabel
			s.ResponseType, s.InputType = i.response.kind.name, i.el.tag
			visible, ok := in.visible(i, answer)
			if !ok {
				return map[string]Submission{}
			}
			s.Answer = visible
		}
		out[id] = s
	}
	return out
}

func (in *Instance) input(id string) *input {
	for _, r := range in.problem.responses {
		for _, i := range r.inputs {
			if in.id(i.id) == id {
				return i
			}
		}
	}
	return nil
}

// visible is the answer as the learner saw it: the leading text of choices in
// place of their names.
func (in *Instance) visible(i *input, answer Answer) (any, bool) {
	if i.choices == nil {
		return answer.value, true
	}
	texts := make(map[string]any, len(i.choices))
	for _, c := range in.order(i) {
		texts[c.get("name")] = nil // a choice that starts with markup has none
		if c.text != "" {
			texts[c.get("name")] = c.text
		}
	}
	if name, ok := answer.Text(); ok {
		text, known := texts[name]
		return text, known
	}
	names, ok := answer.List()
	out := make([]any, len(names))
	for k, name := range names {
		text, known := texts[name]
		ok = ok && known
		out[k] = text
	}
	return out, ok
}

// AsError returns the error of this package that err is or wraps, or makes an
// Engine one of it.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Engine, Message: err.Error(), Err: err}
}
