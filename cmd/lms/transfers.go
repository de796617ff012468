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
		May: func(ctx context.Context, user int64, key course.Key) error {
			by, err := s.authorNow(ctx, user)
			if err == nil {
				err = by.May(key)
			}
			if fault.Is(err, fault.Forbidden) {
				err = fault.Errorf(fault.Forbidden, "%w", err).Say("studio.forbidden")
			}
			return err
		},
		MayCreate: func(ctx context.Context, user int64, key course.Key) error {
			by, err := s.authorNow(ctx, user)
			switch {
			case err != nil:
			case key.Form == course.FormLibrary && !by.MayCreateLibrary(key.Org):
				err = fault.Forbiddenf("%q may not create libraries of %s", by.Name, key.Org).Say("draft.library.not_creator", key.Org)
			case key.Form != course.FormLibrary && !by.MayCreate(key.Org):
				err = fault.Forbiddenf("%q may not create courses of %s", by.Name, key.Org).Say("draft.course.not_creator", key.Org)
			}
			return err
		},
		Made: func(ctx context.Context, user int64, username string, key course.Key) error {
			return s.welcome(ctx, learner.ID(user), username, key, tracking.Request{})
		},
	}
}

// authorNow says who somebody is, and what they may do now, beside any request. A disabled account may nothing.
func (s *site) authorNow(ctx context.Context, user int64) (draft.Author, error) {
	a, err := s.accounts.ByID(ctx, learner.ID(user))
	if err != nil {
		return draft.Author{}, err
	}
	if a.Disabled {
		return draft.Author{Name: a.Username}, nil
	}
	roles, err := team.Load(ctx, s.stores.pool, user)
	return draft.Author{Name: a.Username, Roles: roles, Everywhere: a.Staff || a.Superuser}, err
}
