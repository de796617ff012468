package main

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"lyceum/course"
)

// memoryOnly finds courses under a context that has ended, with which no store can be asked.
type memoryOnly struct {
	courses interface {
		Compiled(ctx context.Context, key course.Key) (*course.Compiled, error)
		List(ctx context.Context) ([]course.Summary, error)
	}
}

func (m memoryOnly) Compiled(ctx context.Context, key course.Key) (*course.Compiled, error) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return m.courses.Compiled(ctx, key)
}

func (m memoryOnly) List(ctx context.Context) ([]course.Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return m.courses.List(ctx)
}

// TestRoundTrips: a unit page somebody comes back to costs one round trip to PostgreSQL and none to MongoDB.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Trips"))
	b := s.person("learner", nil)
	s.enroll(b, c)
	page := "/courses/" + c.Key.String() + "/courseware/open/s1/1/"
	if got := b.get(page); got.status != http.StatusOK {
		t.Fatalf("unit page: %d %s", got.status, got.body)
	}
	s.lms.Courses, s.lms.Files = memoryOnly{s.lms.Courses}, nil // whoever asks MongoDB fails
	var trips []int64
	for range 40 {
		before := s.stores.pool.Stat().AcquireCount()
		if got := b.get(page); got.status != http.StatusOK {
			t.Fatalf("warm unit page: %d %s", got.status, got.body)
		}
		trips = append(trips, s.stores.pool.Stat().AcquireCount()-before)
	}
	// The pool counts what goes on beside requests too, once a second each, so not every page has the number to itself.
	if slices.Sort(trips); trips[0] != 1 || trips[len(trips)/2] != 1 {
		t.Errorf("round trips of warm unit pages: %v, want 1", trips)
	}
}
