package main

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"lyceum/internal/jobs"
)

// sweepArgs is the nightly clean-up: what nothing refers to any more, expired sessions and tokens.
type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "sweep" }

// jobKinds lists what this process works beside requests.
func jobKinds(env *environment, s *stores, out *site) []jobs.Kind {
	return []jobs.Kind{
		jobs.Work(func(ctx context.Context, _ *jobs.Job[sweepArgs]) error {
			if _, err := out.accounts.Sweep(ctx); err != nil {
				return err
			}
			if _, err := out.outbox.Sweep(ctx, time.Now().Add(-30*24*time.Hour)); err != nil {
				return err
			}
			if err := out.graders.Sweep(ctx); err != nil {
				return err
			}
			if err := out.transfers.Sweep(ctx); err != nil {
				return err
			}
			if err := out.clipboard.Sweep(ctx); err != nil {
				return err
			}
			if _, err := s.courses.Sweep(ctx, 24*time.Hour); err != nil {
				return err
			}
			if _, err := s.files.SweepUploads(ctx); err != nil {
				return err
			}
			inForce, err := s.courses.Manifests(ctx)
			if err != nil {
				return err
			}
			swept, err := s.files.Sweep(ctx, inForce, 24*time.Hour)
			env.log.Info("swept", "files", swept.Blobs, "lists", swept.Manifests)
			return err
		}),
		out.transfers.Job(),
	}
}

// periodic lists the jobs the clock inserts, by one process of all.
func periodic() []*jobs.Periodic {
	return []*jobs.Periodic{
		river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour), func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{}, nil }, nil),
	}
}
