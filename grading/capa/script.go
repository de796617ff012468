package capa

import (
	"context"
	"encoding/json"
	"time"
)

// ScriptRunner runs authors' Python somewhere it can do no harm.
// A nil runner means there is none: problems that need one answer Unavailable.
type ScriptRunner interface {
	Run(ctx context.Context, job ScriptJob) (ScriptResult, error)
}

// ScriptJob is one run in a fresh interpreter. Only JSON crosses. The three
// floats JSON has no words for are {"__float__": "nan"}, "inf" and "-inf".
type ScriptJob struct {
	Code    string          // Python source, unescaped
	Globals json.RawMessage // object: the names Code starts with
	Seed    int             // seeds the interpreter's random module
	Files   []ScriptFile    // what lies beside the script
	Limits  ScriptLimits
}

// ScriptLimits bound one run. What is zero is as the runner has it.
type ScriptLimits struct {
	CPU       time.Duration // of processor time, in steps of a second
	Wall      time.Duration // from beginning to end
	Memory    int64         // bytes of address space
	Output    int64         // bytes printed, and bytes of variables left behind
	Processes int           // at once, threads too
}

// PythonLib is the file of a course its scripts import modules from.
const PythonLib = "python_lib.zip"

// ScriptFile is a file a script may read, or import from: see PythonLib.
type ScriptFile struct {
	Name   string // without folders
	Data   []byte // must not be changed
	Digest string // SHA-256 of Data, hexadecimal; empty where nobody has worked it out
}

// ScriptResult is what a run left behind.
type ScriptResult struct {
	Globals json.RawMessage // object: every name that JSON can carry, in order of creation
	Stdout  string          // what it printed
	Notes   []string        // for the course team, such as that old Python was converted
}

// ScriptError is a failure inside the author's code, as opposed to one of the
// machinery around it. A limit the code ran into is such a failure too.
type ScriptError struct {
	Message string // last line of the traceback, such as "ValueError: bad"
	Trace   string // the whole traceback, for course staff; may be empty
	Limit   bool   // whether it is a limit it ran into
}

func (e *ScriptError) Error() string { return e.Message }
