package capa

import "context"

// Result is what a check found.
type Result struct {
	CorrectMap     CorrectMap // an entry for every input
	Score          float64
	MaxScore       int
	OverallMessage string // HTML
	Events         []Event
	Requests       []QueueRequest // to external graders; the map says that their answers are awaited
}

// submission is one check of one response.
type submission struct {
	ctx      context.Context
	in       *Instance
	response *response
	answers  Answers
	old      CorrectMap
	result   *Result

	additional int // which additional answer was given, 1-based; 0: none
}

// Check grades a submission. old is the map of the previous check, which old
// hints may look at. Inputs nobody asked about are ignored. One response that
// cannot be graded fails the whole check.
func (in *Instance) Check(ctx context.Context, answers Answers, old CorrectMap) (Result, error) {
	result := Result{CorrectMap: make(CorrectMap), MaxScore: in.problem.maxScore}
	for i, r := range in.problem.responses {
		result.OverallMessage = "" // the last response's counts, as it always did
		s := &submission{ctx: ctx, in: in, response: r, answers: answers, old: old, result: &result}
		if err := in.checkers[i].grade(s); err != nil {
			return Result{}, err
		}
		if err := s.hints(in.checkers[i]); err != nil {
			return Result{}, err
		}
	}
	result.Score = result.CorrectMap.Score()
	return result, nil
}

// answer is what was sent for an input.
func (s *submission) answer(i *input) (Answer, bool) {
	a, ok := s.answers[s.in.id(i.id)]
	return a, ok
}

// mark sets an input's result; it earns what its mark is worth.
func (s *submission) mark(i *input, c Correctness) {
	s.result.CorrectMap[s.in.id(i.id)] = Entry{Correctness: c}
}

// award sets an input's result and its points.
func (s *submission) award(i *input, c Correctness, points float64) {
	s.result.CorrectMap[s.in.id(i.id)] = Entry{Correctness: c, NPoints: &points}
}

func (s *submission) markIf(i *input, right bool) {
	if right {
		s.mark(i, Correct)
	} else {
		s.mark(i, Incorrect)
	}
}

func (s *submission) isCorrect(i *input) bool {
	return s.result.CorrectMap[s.in.id(i.id)].Correctness == Correct
}

// change edits an input's result.
func (s *submission) change(i *input, edit func(*Entry)) {
	id := s.in.id(i.id)
	e := s.result.CorrectMap[id]
	edit(&e)
	s.result.CorrectMap[id] = e
}
