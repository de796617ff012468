package main

import "lyceum/grading/sandbox"

// jailCommand is how the server starts itself for a jail around an author's Python; nobody types it.
type jailCommand struct {
	Config string `arg:""`
}

// Run becomes the interpreter; see package sandbox.
func (c jailCommand) Run() error {
	sandbox.Jail([]string{c.Config})
	return errReported
}
