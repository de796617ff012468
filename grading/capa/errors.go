package capa

import (
	"errors"
	"fmt"
)

// Kind says who has to do something about an error.
type Kind int

const (
	// Engine is an unexpected failure: nothing is graded, no attempt is used.
	Engine Kind = iota
	// StudentInput is an answer that cannot be read; the message is for the learner.
	StudentInput
	// ResponseFault is a failure of one response's own rules or code; the message is for the learner.
	ResponseFault
	// ProblemFault is a mistake in the problem's source; the message is for its author.
	ProblemFault
	// Unavailable is a problem this process cannot run: author code without a
	// runner, or an element it does not know how to serve.
	Unavailable
	// Uncheckable is an answer whose check went over its budget of time or size.
	Uncheckable
)

// String names the kind as the grading vocabulary does.
func (k Kind) String() string {
	switch k {
	case StudentInput:
		return "student_input_error"
	case ResponseFault:
		return "response_error"
	case ProblemFault:
		return "problem_error"
	case Unavailable:
		return "unavailable"
	case Uncheckable:
		return "uncheckable"
	default:
		return "engine_error"
	}
}

// Reported tells whether the learner is shown the message in place of a result
// (the request succeeds, no attempt is used); every other kind is a failure.
func (k Kind) Reported() bool {
	return k == StudentInput || k == ResponseFault || k == ProblemFault
}

// Error is every error of this package.
type Error struct {
	Kind    Kind
	Line    int    // line of the problem source, 1-based; 0 when there is none
	Message string // HTML without elements: what a learner or author wrote is escaped in it
	Err     error  // cause, may be nil
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of an error of this package, Engine for any other.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Engine
}

func errorf(kind Kind, line int, format string, args ...any) *Error {
	return &Error{Kind: kind, Line: line, Message: fmt.Sprintf(format, args...)}
}
