package capa

import (
	"context"
	"encoding/json"
)

// ScriptRunner runs authors' Python somewhere it can do no harm.
// A nil runner means there is none: problems that need one answer Unavailable.
type ScriptRunner interface {
	Run(ctx context.Context, job ScriptJob) (ScriptResult, error)
}

// ScriptJob is one run in a fresh interpreter. Only JSON crosses.
type ScriptJob struct {
	Code    string          // Python source, unescaped
	Globals json.RawMessage // object: the names Code starts with
	Seed    int             // seeds the interpreter's random module
}

// ScriptResult is what a run left behind.
type ScriptResult struct {
	Globals json.RawMessage // object: every name that JSON can carry, in order of creation
}

// ScriptError is a failure inside the author's code, as opposed to one of the
// machinery around it.
type ScriptError struct {
	Message string // last line of the traceback, such as "ValueError: bad"
}

func (e *ScriptError) Error() string { return e.Message }
