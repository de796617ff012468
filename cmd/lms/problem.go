package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"lyceum/grading/capa/conformance"
	flow "lyceum/grading/submission/conformance"
)

// problemCommand is for authors of problems and for those who compare engines.
type problemCommand struct {
	Grade   problemGrade   `cmd:"" help:"Grade cases: a JSON list or one case a line in, one result a line out."`
	Convert problemConvert `cmd:"" help:"Turn the simple editor's Markdown into problem XML."`
	Lint    problemLint    `cmd:"" help:"Say what of problems would fail, what shuts people out, and what is old."`
}

type problemGrade struct {
	File string `arg:"" optional:"" default:"-" help:"File with cases; - or nothing reads standard input."`
}

// Run grades every case in order and writes each result as soon as it is there.
func (g *problemGrade) Run(env *environment) error {
	in := env.in
	if g.File != "-" {
		f, err := os.Open(g.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	var wrong error
	c := sandboxConfig(env.getenv, func(name, format string, args ...any) {
		wrong = fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	})
	if wrong != nil {
		return wrong
	}
	c.Members = 1 // one case after the other
	python := newRunner(c, slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: slog.LevelWarn})), nil)
	defer python.Close()
	out := bufio.NewWriter(env.out)
	return eachCase(in, func(source json.RawMessage) error {
		line, err := conformance.Run(env.ctx, source, conformance.Options{
			Runner: python,
			Flow:   func(ctx context.Context, source json.RawMessage) (any, error) { return flow.Play(ctx, source, python) },
		})
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
		return out.Flush()
	})
}

// eachCase calls do for every case: the elements of one JSON list, or one JSON object after another.
func eachCase(in io.Reader, do func(json.RawMessage) error) error {
	r := bufio.NewReader(in)
	list := false
	for {
		b, err := r.Peek(1)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytes.ContainsAny(b, " \t\r\n") {
			if _, err := r.Discard(1); err != nil {
				return err
			}
			continue
		}
		list = b[0] == '['
		break
	}
	d := json.NewDecoder(r)
	if list {
		if _, err := d.Token(); err != nil {
			return fmt.Errorf("cases: %w", err)
		}
	}
	for n := 1; d.More(); n++ {
		var source json.RawMessage
		if err := d.Decode(&source); err != nil {
			return fmt.Errorf("case %d: %w", n, err)
		}
		if err := do(source); err != nil {
			return fmt.Errorf("case %d: %w", n, err)
		}
	}
	return nil
}
