package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// trips counts the round trips to PostgreSQL so far.
func (s *testSite) trips() int64 { return s.stores.pool.Stat().AcquireCount() + s.stores.lanes.Taken() }

// TestDashboardTrips: the dashboard costs two round trips, however many courses one has: which they are, and all about them.
func TestDashboardTrips(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	b := s.person("learner", nil)
	var trips [2][]int64
	for i, n := range []int{1, 6} {
		for k := range n {
			s.enroll(b, s.teach(ownCourse(fmt.Sprintf("Trips%d%d", i, k))))
		}
		if i == 0 { // something to show: a unit seen
			b.get("/courses/course-v1:T+Trips00+1/courseware/open/s1/1/")
		}
		got := b.get("/dashboard")
		for k := range n {
			if name := fmt.Sprintf("Trips%d%d", i, k); got.status != http.StatusOK || !strings.Contains(got.body, name) {
				t.Errorf("the dashboard lacks %s: %d", name, got.status)
			}
		}
		if !strings.Contains(got.body, "Unit 1") {
			t.Error("the dashboard does not go on where the learner was")
		}
		for range 40 {
			before := s.trips()
			b.get("/dashboard")
			trips[i] = append(trips[i], s.trips()-before)
		}
		// See TestRoundTrips for what else is counted.
		if slices.Sort(trips[i]); trips[i][0] != 2 || trips[i][20] != 2 {
			t.Errorf("round trips of dashboards: %v, want 2", trips[i])
		}
	}
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
		before := s.trips()
		if got := b.get(page); got.status != http.StatusOK {
			t.Fatalf("warm unit page: %d %s", got.status, got.body)
		}
		trips = append(trips, s.trips()-before)
	}
	// The pool counts what goes on beside requests too, once a second each, so not every page has the number to itself.
	if slices.Sort(trips); trips[0] != 1 || trips[len(trips)/2] != 1 {
		t.Errorf("round trips of warm unit pages: %v, want 1", trips)
	}
}
