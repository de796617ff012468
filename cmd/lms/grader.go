package main

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"lyceum/graderqueue"
	"lyceum/internal/clock"
)

// graderCommand is about the queues of external graders and the programs that may use them.
type graderCommand struct {
	Queue  graderQueue  `cmd:"" help:"Make a queue, change it, or remove it."`
	User   graderUser   `cmd:"" help:"Let a program use queues: a grader, or another site."`
	List   graderList   `cmd:"" help:"List queues and programs."`
	Retire graderRetire `cmd:"" help:"Take everything out of a queue; learners are told that nobody grades it."`
}

// graderRoom opens the queues for a command.
func graderRoom(env *environment) (*stores, *graderqueue.Service, error) {
	s, err := openStores(env, toUse)
	if err != nil {
		return nil, nil, err
	}
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		s.close(env)
		return nil, nil, err
	}
	return s, graderqueue.New(graderqueue.Config{DB: s.pool, Clock: clock.System, Log: env.log}), nil
}

type graderQueue struct {
	Name   string        `arg:"" help:"Name of the queue, as problems have it in queuename; ORG-COURSE for problems that name none."`
	Push   string        `help:"Address of a grader that is sent its work; without it graders come for work." placeholder:"URL"`
	Delay  time.Duration `help:"After which work a grader has taken is given to another." default:"5m"`
	Expiry time.Duration `help:"After which work nobody has done is given up." default:"720h"`
	Remove bool          `help:"Remove the queue; those who wait are told."`
}

// Run makes, changes or removes a queue.
func (c *graderQueue) Run(env *environment) error {
	s, room, err := graderRoom(env)
	if err != nil {
		return err
	}
	defer s.close(env)
	if c.Remove {
		return room.RemoveQueue(env.ctx, c.Name)
	}
	return room.SetQueue(env.ctx, graderqueue.Queue{Name: c.Name, Push: c.Push, Delay: c.Delay, Expiry: c.Expiry})
}

type graderUser struct {
	Name     string   `arg:"" help:"Name of the program."`
	Queue    []string `help:"A queue it may use, once for each; without it all."`
	Password bool     `help:"Read its password from the terminal or standard input; without it one is made and printed."`
	Remove   bool     `help:"Remove the program."`
}

// Run makes, changes or removes a program.
func (c *graderUser) Run(env *environment) error {
	password := rand.Text()
	if c.Password && !c.Remove {
		var err error
		if password, err = readPassword(env); err != nil {
			return err
		}
	}
	s, room, err := graderRoom(env)
	if err != nil {
		return err
	}
	defer s.close(env)
	if c.Remove {
		return room.RemoveUser(env.ctx, c.Name)
	}
	if err := room.SetUser(env.ctx, graderqueue.User{Name: c.Name, Queues: c.Queue}, password); err != nil {
		return err
	}
	if !c.Password {
		fmt.Fprintln(env.out, password)
	}
	return nil
}

type graderList struct{}

// Run lists queues and programs.
func (graderList) Run(env *environment) error {
	s, room, err := graderRoom(env)
	if err != nil {
		return err
	}
	defer s.close(env)
	states, err := room.States(env.ctx)
	if err != nil {
		return err
	}
	users, err := room.Users(env.ctx)
	if err != nil {
		return err
	}
	for _, q := range states {
		fmt.Fprintf(env.out, "queue %s: %d waiting, %d being graded, %d replies to deliver, %d to send elsewhere; last 24 hours: %d graded, %d failed\n",
			printable(q.Name), q.Waiting, q.Taken, q.Returned, q.Away, q.Done, q.Failed)
	}
	for _, u := range users {
		may := "all queues"
		if u.Queues != nil {
			may = strings.Join(u.Queues, ", ")
		}
		fmt.Fprintf(env.out, "program %s: %s\n", printable(u.Name), printable(may))
	}
	return nil
}

type graderRetire struct {
	Queue string `arg:"" help:"Name of the queue."`
}

// Run empties a queue.
func (c *graderRetire) Run(env *environment) error {
	s, room, err := graderRoom(env)
	if err != nil {
		return err
	}
	defer s.close(env)
	n, err := room.Retire(env.ctx, c.Queue)
	if err == nil {
		fmt.Fprintf(env.out, "%d answers were taken out of %s\n", n, printable(c.Queue))
	}
	return err
}
