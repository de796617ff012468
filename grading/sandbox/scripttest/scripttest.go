// Package scripttest runs author code for tests of what is done with its
// results. It is no sandbox: the code runs with all rights of the test, so only
// code that came with this repository or its reference material may.
package scripttest

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"lyceum/grading/capa"
	"lyceum/grading/sandbox/library"
)

//go:embed driver.py
var driver string

// Runner is a Python that runs one piece after the other. It ends with the test.
type Runner struct {
	mu    sync.Mutex
	in    io.Writer
	out   *bufio.Reader
	known map[string]answer // what was run before
	runs  int
}

type answer struct {
	Globals json.RawMessage `json:"globals"`
	Error   string          `json:"error"`
	Trace   string          `json:"trace"`
	Notes   []string        `json:"notes"`
}

// Start starts a runner, or returns nil where there is no Python 3.
func Start(t testing.TB) *Runner {
	t.Helper()
	python := find()
	if python == "" {
		t.Log("no python3: problems with author code are left out")
		return nil
	}
	dir := t.TempDir()
	modules := filepath.Join(dir, "library")
	if err := os.CopyFS(modules, fs.FS(library.Files)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), python, "-I", "-B", "-c", driver, modules)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &Runner{in: in, out: bufio.NewReader(out), known: make(map[string]answer)}
}

// find prefers the system's Python: its packages are the ones the server uses.
func find() string {
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Runs is how many pieces were run, those answered from memory left out.
func (r *Runner) Runs() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.runs
}

// Run implements [capa.ScriptRunner].
func (r *Runner) Run(_ context.Context, job capa.ScriptJob) (capa.ScriptResult, error) {
	frame, err := json.Marshal(map[string]any{"code": job.Code, "globals": job.Globals, "seed": job.Seed, "files": files(job)})
	if err != nil {
		return capa.ScriptResult{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	got, ok := r.known[string(frame)]
	if !ok {
		if got, err = r.run(frame); err != nil {
			return capa.ScriptResult{}, err
		}
		r.known[string(frame)] = got
		r.runs++
	}
	if got.Error != "" {
		return capa.ScriptResult{}, &capa.ScriptError{Message: got.Error, Trace: got.Trace}
	}
	return capa.ScriptResult{Globals: got.Globals, Notes: got.Notes}, nil
}

func files(job capa.ScriptJob) []map[string]any {
	var out []map[string]any
	for _, f := range job.Files {
		out = append(out, map[string]any{"name": f.Name, "data": f.Data})
	}
	return out
}

func (r *Runner) run(frame []byte) (answer, error) {
	var got answer
	if _, err := fmt.Fprintf(r.in, "%d\n%s", len(frame), frame); err != nil {
		return got, err
	}
	var size int
	if _, err := fmt.Fscanf(r.out, "%d\n", &size); err != nil {
		return got, err
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r.out, text); err != nil {
		return got, err
	}
	if size == 0 {
		return got, errors.New("the script's process ended without an answer")
	}
	return got, json.Unmarshal(text, &got)
}
