package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"lyceum/authoring/transfer"
	"lyceum/grading/capa"
)

type problemLint struct {
	Paths []string `arg:"" optional:"" help:"Files with problems, directories, course archives; - or nothing reads standard input."`
	JSON  bool     `help:"Print findings as JSON, one a line." name:"json"`
}

// lintFinding is a finding and the file it is in.
type lintFinding struct {
	File string `json:"file"`
	capa.Finding
}

// Run prints what would fail, shut people out or is old, as FILE:LINE: SEVERITY: KIND: TEXT. It fails when there are errors, so that an
// author's own checks can stop there.
func (c *problemLint) Run(env *environment) error {
	paths := c.Paths
	if len(paths) == 0 {
		paths = []string{"-"}
	}
	problems, faults := 0, 0
	for _, p := range paths {
		err := eachSource(env, p, func(file string, source []byte) error {
			n, found := lintFile(env.ctx, file, source, nil)
			problems += n
			for _, f := range found {
				if f.Severity == capa.LintError {
					faults++
				}
				if err := c.print(env.out, f); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	switch {
	case problems == 0:
		return errors.New("no problems there")
	case faults > 0:
		return fmt.Errorf("%d errors in %d problems", faults, problems)
	case !c.JSON:
		fmt.Fprintf(env.err, "%d problems, no errors\n", problems)
	}
	return nil
}

func (c *problemLint) print(w io.Writer, f lintFinding) error {
	if c.JSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(f)
	}
	_, err := fmt.Fprintf(w, "%s:%d: %s: %s: %s\n", f.File, f.Line, f.Severity, f.Kind, printable(f.Text))
	return err
}

// eachSource calls do for a file, or for each XML file of a directory or archive.
func eachSource(env *environment, name string, do func(file string, source []byte) error) error {
	info, err := os.Stat(name)
	if name == "-" || err == nil && !info.IsDir() && path.Ext(name) == ".xml" {
		source, err := readFile(env, name)
		if err != nil {
			return err
		}
		return do(name, source)
	}
	if err != nil {
		return err
	}
	var files fs.FS
	prefix := name
	if info.IsDir() {
		root, err := os.OpenRoot(name) // keeps links from leading out of it
		if err != nil {
			return err
		}
		defer root.Close()
		files = root.FS()
	} else {
		src, err := transfer.OpenSource(name, "")
		if err != nil {
			return err
		}
		defer src.Close()
		files = src.FS
	}
	return fs.WalkDir(files, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".xml" {
			return err
		}
		source, err := fs.ReadFile(files, file)
		if err != nil || !bytes.Contains(source, []byte("<problem")) {
			return err
		}
		return do(path.Join(prefix, file), source)
	})
}

// lintFile looks through every problem of a file; lines are those of the file.
func lintFile(ctx context.Context, file string, source []byte, runner capa.ScriptRunner) (problems int, found []lintFinding) {
	elements, err := problemElements(source)
	for _, e := range elements {
		for _, f := range capa.Lint(ctx, source[e.from:e.to], runner) {
			if f.Line > 0 {
				f.Line += bytes.Count(source[:e.from], []byte("\n"))
			}
			found = append(found, lintFinding{file, f})
		}
	}
	if err != nil {
		line := 0
		if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
			line = syntax.Line
		}
		found = append(found, lintFinding{file, capa.Finding{Line: line, Severity: capa.LintError, Kind: "does_not_load", Text: err.Error()}})
		return max(len(elements), 1), found
	}
	return len(elements), found
}

// span is a part of a file, in bytes.
type span struct{ from, to int }

// problemElements finds the problems of a file, those that only point to a file of their own apart. An error is that of the XML; the
// problems before it are returned all the same.
func problemElements(source []byte) ([]span, error) {
	var out []span
	d := xml.NewDecoder(bytes.NewReader(source))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // only places are looked for
	d.Entity = xml.HTMLEntity
	depth, start := 0, 0
	for {
		at := int(d.InputOffset())
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "problem" && depth == 0 {
				continue
			}
			if depth == 0 {
				start = at
			}
			depth++
		case xml.EndElement:
			if depth == 0 {
				continue
			}
			if depth--; depth > 0 {
				continue
			}
			s := span{start, int(d.InputOffset())}
			if !pointer(source[s.from:s.to]) {
				out = append(out, s)
			}
		}
	}
}

// pointer holds for an empty element that names a file of its own.
func pointer(element []byte) bool {
	text := strings.TrimSpace(string(element))
	return strings.HasSuffix(text, "/>") && strings.Contains(text, "url_name=") && strings.Count(text, "<") == 1
}
