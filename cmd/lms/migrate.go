package main

import (
	"errors"
	"fmt"
	"time"

	"lyceum/migrations"
)

// migrateCommand brings the schema up to date, or shows where it stands.
type migrateCommand struct {
	Action string `arg:"" optional:"" enum:"up,status,down" default:"up" help:"up (default), status; down is refused: steps only go forward."`
}

// Run applies or lists the steps.
func (c *migrateCommand) Run(env *environment) error {
	if c.Action == "down" {
		return errors.New("migrations only go forward; to go back, run the older release: it works on this schema, or restore a backup")
	}
	to := toUse
	if c.Action == "up" {
		to = toMake
	}
	s, err := openStores(env, to)
	if err != nil {
		return err
	}
	defer s.close(env)
	if c.Action == "up" {
		done, err := migrations.Up(env.ctx, s.pgURL, env.log)
		if err != nil {
			return err
		}
		if len(done) == 0 {
			fmt.Fprintln(env.out, "the schema is up to date")
		}
		for _, name := range done {
			fmt.Fprintln(env.out, "applied", name)
		}
		return nil
	}
	steps, err := migrations.Status(env.ctx, s.pgURL)
	if err != nil {
		return err
	}
	for _, step := range steps {
		when := "pending"
		if step.Applied != nil {
			when = step.Applied.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(env.out, "%-32s %s\n", step.Name, when)
	}
	return nil
}
