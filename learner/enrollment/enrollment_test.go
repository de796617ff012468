package enrollment

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/tracking"
)

// recorder keeps the names of the events it is given.
type recorder struct {
	mu    sync.Mutex
	names []string
}

func (r *recorder) Emit(_ context.Context, e tracking.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(r.names, e.Name)
}

func compiled(fields course.Fields) *course.Compiled {
	key := course.Key{Org: "O", Number: "C", Run: "R"}
	return course.Compile(&course.Content{Key: key, Root: &course.Block{Type: "course", ID: "R", Fields: fields}}, "v", nil, nil)
}

func join(c *course.Compiled, user learner.ID, mode string) JoinRequest {
	return JoinRequest{Course: c, Viewer: &access.Viewer{User: user}, Email: "a@school.edu", Mode: mode, Actor: user}
}

func TestJoinAndLeave(t *testing.T) {
	t.Parallel()
	ctx, db, log := context.Background(), pgtest.New(t), &recorder{}
	s := &Service{DB: db, Emitter: log, Clock: time.Now}
	c := compiled(nil)

	first, err := s.Join(ctx, join(c, 7, ""))
	if err != nil || !first.Active || first.Mode != DefaultMode {
		t.Fatalf("join = %+v, %v", first, err)
	}
	if _, err := s.Join(ctx, join(c, 7, "")); err != nil {
		t.Fatalf("join again: %v", err)
	}
	if e, err := s.Join(ctx, join(c, 7, "verified")); err != nil || e.Mode != "verified" {
		t.Fatalf("change mode = %+v, %v", e, err)
	}
	if err := s.Leave(ctx, LeaveRequest{Course: c.Key, User: 7}); err != nil {
		t.Fatalf("leave: %v", err)
	}
	if err := s.Leave(ctx, LeaveRequest{Course: c.Key, User: 7}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("leave again: %v, want a conflict", err)
	}
	if list, err := Of(ctx, db, 7); err != nil || len(list) != 0 {
		t.Errorf("after leaving: %v, %v", list, err)
	}
	back, err := s.Join(ctx, join(c, 7, ""))
	if err != nil || back.Mode != "verified" || !back.Created.Equal(first.Created) {
		t.Errorf("coming back = %+v, %v; want mode verified and the first enrollment's time", back, err)
	}
	want := []string{"edx.course.enrollment.activated", "edx.course.enrollment.mode_changed", "edx.course.enrollment.deactivated", "edx.course.enrollment.activated"}
	if !slices.Equal(log.names, want) {
		t.Errorf("events %v, want %v", log.names, want)
	}
	if _, err := s.Join(ctx, join(c, 7, "platinum")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("unknown mode: %v", err)
	}
}

func TestInvitationOnly(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), pgtest.New(t)
	s := &Service{DB: db, Emitter: tracking.Discard{}, Clock: time.Now}
	c := compiled(course.Fields{"invitation_only": "true"})
	_, err := s.Join(ctx, join(c, 1, ""))
	if f, ok := fault.As(err); !ok || f.Kind != fault.Closed || f.Message != "enroll.invitation_only" {
		t.Errorf("without invitation: %v", err)
	}
	if err := Invite(ctx, db, "A@School.edu", c.Key, false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Join(ctx, join(c, 1, "")); err != nil {
		t.Errorf("invited: %v", err)
	}
}

func TestLastSeatIsTakenOnce(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), pgtest.New(t)
	s := &Service{DB: db, Emitter: tracking.Discard{}, Clock: time.Now}
	c := compiled(course.Fields{"max_student_enrollments_allowed": "3"})
	var wg sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.Join(ctx, join(c, learner.ID(i+1), ""))
		})
	}
	wg.Wait()
	in := 0
	for _, err := range errs {
		switch {
		case err == nil:
			in++
		case fault.KindOf(err) != fault.Closed:
			t.Errorf("join: %v", err)
		}
	}
	taken, err := Taken(ctx, db, c.Key)
	if in != 3 || taken != 3 || err != nil {
		t.Errorf("%d got in, %d seats taken, %v; want 3", in, taken, err)
	}
}
