package main

import (
	"bufio"
	"context"
	"iter"
	"time"

	"lyceum/course"
	"lyceum/grading/gradebook"
	"lyceum/internal/clock"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/account"
	"lyceum/learner/courseware"
	"lyceum/learner/enrollment"
	"lyceum/learner/state"
)

// gradeCommand is about grades of a whole course.
type gradeCommand struct {
	Report gradeReport `cmd:"" help:"Write the grade report of a course as CSV to standard output."`
}

type gradeReport struct {
	Key string `arg:"" help:"Course key."`
}

// Run writes one line for everybody who is or was enrolled.
func (c *gradeReport) Run(env *environment) error {
	key, err := courseKey(c.Key)
	if err != nil {
		return err
	}
	s, people, err := accountService(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	compiled, err := s.courses.Compiled(env.ctx, key)
	if err != nil {
		return noCourse(err)
	}
	db, err := pg.OpenWith(env.ctx, s.pgURL, pg.Reports)
	if err != nil {
		return err
	}
	defer db.Close()
	out := bufio.NewWriter(env.out)
	book := gradebook.New(db, clock.System, nil)
	if err := book.Report(env.ctx, db, out, compiled, reported(env.ctx, db, people, compiled), nil); err != nil {
		return err
	}
	return out.Flush()
}

// reported walks everybody who was ever enrolled, in the order of ids, some hundreds at a time.
func reported(ctx context.Context, db pg.Querier, people *account.Service, c *course.Compiled) iter.Seq2[gradebook.Person, error] {
	return func(yield func(gradebook.Person, error) bool) {
		now := time.Now()
		for after := learner.ID(0); ; {
			list, err := enrollment.Ever(ctx, db, c.Key, after, 500)
			if err != nil {
				yield(gradebook.Person{}, err)
				return
			}
			if len(list) == 0 {
				return
			}
			ids := make([]learner.ID, len(list))
			for i, e := range list {
				ids[i] = e.User
			}
			known, err := people.ByIDs(ctx, ids)
			if err != nil {
				yield(gradebook.Person{}, err)
				return
			}
			for _, e := range list {
				a := known[e.User]
				viewer := &access.Viewer{User: e.User, Enrolled: e.Active, Mode: e.Mode, Since: &e.Created}
				if keys := courseware.ChooserKeys(c); len(keys) > 0 {
					states, err := state.New(db).Load(ctx, e.User, c.Key, keys...)
					if err != nil {
						yield(gradebook.Person{}, err)
						return
					}
					viewer.Chosen = courseware.ChosenBy(c, states)
				}
				may := gradebook.Visible(access.Visible(c, viewer, now))
				if !yield(gradebook.Person{ID: e.User, Email: a.Email, Username: a.Username, Mode: e.Mode, Active: e.Active, May: may}, nil) {
					return
				}
				after = e.User
			}
		}
	}
}
