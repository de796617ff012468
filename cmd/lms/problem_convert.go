package main

import (
	"io"
	"os"

	"lyceum/grading/capa/markdown"
)

type problemConvert struct {
	File string `arg:"" optional:"" default:"-" help:"File with Markdown; - or nothing reads standard input."`
}

// Run writes the problem XML of a Markdown text.
func (c *problemConvert) Run(env *environment) error {
	text, err := readFile(env, c.File)
	if err != nil {
		return err
	}
	_, err = io.WriteString(env.out, markdown.Convert(string(text)))
	return err
}

// readFile reads a file somebody named, "-" being standard input.
func readFile(env *environment, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(env.in)
	}
	return os.ReadFile(name)
}
