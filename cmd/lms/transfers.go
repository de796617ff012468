package main

import (
	"context"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/tracking"
)

// newTransfers puts together what brings courses in and takes them out beside requests.
func newTransfers(s *site) *transfer.Tasks {
	return &transfer.Tasks{
		DB: s.stores.pool, Courses: s.stores.courses, Files: s.stores.files, Schemas: schemas(s.lms.Kinds), Importer: s.stores.importer(),
		Limit: s.stores.config.ImportLimit, Unlimited: s.stores.config.Unlimited, Clock: time.Now,
		MayCreate: func(ctx context.Context, user int64, key course.Key) error {
			a, err := s.accounts.ByID(ctx, learner.ID(user))
			if err != nil {
				return err
			}
			roles, err := team.Load(ctx, s.stores.pool, user)
			if err != nil {
				return err
			}
			by := draft.Author{Name: a.Username, Roles: roles, Everywhere: a.Staff || a.Superuser}
			if a.Disabled || !by.MayCreate(key.Org) {
				return fault.Forbiddenf("%q may not create courses of %s", a.Username, key.Org).Say("draft.course.not_creator", key.Org)
			}
			return nil
		},
		Made: func(ctx context.Context, user int64, username string, key course.Key) error {
			return s.welcome(ctx, learner.ID(user), username, key, tracking.Request{})
		},
	}
}
