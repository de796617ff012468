package enrollment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/tracking"
)

// Service is the flows of joining and leaving with what they write to.
type Service struct {
	DB      pg.Beginner
	Emitter tracking.Emitter
	Clock   func() time.Time
}

// JoinRequest asks to enroll Viewer.User.
type JoinRequest struct {
	Course  *course.Compiled
	Viewer  *access.Viewer
	Email   string
	Mode    string           // "" takes [DefaultMode], or keeps the mode of an earlier enrollment
	Actor   learner.ID       // who asks; 0 for a command
	Force   bool             // staff or a command: rules of joining are not asked
	Request tracking.Request // for the event
}

// Join enrolls a person, or brings an earlier enrollment back, and reports it in the log. Joining twice is the same as
// once and writes one event. A closed door is a Closed fault whose message id names the reason; an unknown mode Invalid.
func (s *Service) Join(ctx context.Context, r JoinRequest) (Enrollment, error) {
	if r.Mode != "" && !slices.Contains(Modes, r.Mode) {
		return Enrollment{}, fault.Invalidf("enrollment mode %q", r.Mode).Field("mode", "enroll.unknown_mode")
	}
	var before, after Enrollment
	var had bool
	err := pg.InTx(ctx, s.DB, func(tx pgx.Tx) (err error) {
		// One writer a person and course at a time; the row itself may not exist yet.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, $2))`, r.Course.Key.String(), int64(r.Viewer.User)); err != nil {
			return fmt.Errorf("lock enrollment: %w", err)
		}
		before, had, err = Find(ctx, tx, r.Viewer.User, r.Course.Key)
		if err != nil {
			return err
		}
		if had && before.Active && (r.Mode == "" || r.Mode == before.Mode) {
			after = before
			return nil
		}
		mode := r.Mode
		if mode == "" {
			mode = DefaultMode
			if had {
				mode = before.Mode
			}
		}
		staff := r.Viewer.Roles.IsStaff()
		if !had || !before.Active {
			if err := s.takeSeat(ctx, tx, r); err != nil {
				return err
			}
		}
		after, err = write(ctx, tx, r.Viewer.User, r.Course.Key, mode, true, staff, r.Actor)
		return err
	})
	if err != nil {
		return Enrollment{}, err
	}
	switch {
	case !had || !before.Active:
		s.Emitter.Emit(ctx, event(r.Request, tracking.EnrollmentActivated, after))
	case before.Mode != after.Mode:
		s.Emitter.Emit(ctx, event(r.Request, tracking.EnrollmentModeChanged, after))
	}
	return after, nil
}

// takeSeat asks the rules of joining and, in a course with limited seats, takes one under a lock.
func (s *Service) takeSeat(ctx context.Context, tx pgx.Tx, r JoinRequest) error {
	limited := r.Course.Summary.MaxEnrollments > 0
	taken := 0
	if limited {
		const lock = `
			INSERT INTO enrollment_seats (course_key, taken) VALUES ($1, 0)
			ON CONFLICT (course_key) DO UPDATE SET taken = enrollment_seats.taken`
		if _, err := tx.Exec(ctx, lock, r.Course.Key); err != nil {
			return fmt.Errorf("lock seats: %w", err)
		}
		var err error
		if taken, err = Taken(ctx, tx, r.Course.Key); err != nil {
			return err
		}
	}
	if r.Force {
		return nil
	}
	allowed, err := Allowed(ctx, tx, r.Email, r.Course.Key)
	if err != nil {
		return err
	}
	if why := access.Enroll(r.Course, r.Viewer, r.Email, allowed, taken, s.Clock()); why != access.MayEnroll {
		return fault.Closedf("enroll in %s: reason %d", r.Course.Key, why).Say(messages[why])
	}
	return nil
}

// messages are the ids of the sentences that say why a person may not enroll.
var messages = map[access.EnrollReason]string{
	access.InvitationOnly: "enroll.invitation_only",
	access.WrongDomain:    "enroll.wrong_domain",
	access.NotOpenYet:     "enroll.not_open_yet",
	access.WindowClosed:   "enroll.closed",
	access.Full:           "enroll.full",
}

// LeaveRequest asks to end the enrollment of User.
type LeaveRequest struct {
	Course  course.Key
	User    learner.ID
	Actor   learner.ID
	Request tracking.Request
}

// Leave deactivates an enrollment and reports it in the log. Leaving a course one is not in is a Conflict fault.
func (s *Service) Leave(ctx context.Context, r LeaveRequest) error {
	var after Enrollment
	err := pg.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, $2))`, r.Course.String(), int64(r.User)); err != nil {
			return fmt.Errorf("lock enrollment: %w", err)
		}
		e, ok, err := Find(ctx, tx, r.User, r.Course)
		if err != nil {
			return err
		}
		if !ok || !e.Active {
			return fault.Conflictf("user %d is not enrolled in %s", r.User, r.Course).Say("enroll.not_enrolled")
		}
		after, err = write(ctx, tx, r.User, r.Course, e.Mode, false, false, r.Actor)
		return err
	})
	if err != nil {
		return err
	}
	s.Emitter.Emit(ctx, event(r.Request, tracking.EnrollmentDeactivated, after))
	return nil
}

// write stores an enrollment and its line in the history.
func write(ctx context.Context, tx pgx.Tx, user learner.ID, key course.Key, mode string, active, staff bool, actor learner.ID) (Enrollment, error) {
	const upsert = `
		INSERT INTO enrollment AS e (user_id, course_key, mode, is_active, is_staff)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, course_key) DO UPDATE
		SET mode = excluded.mode, is_active = excluded.is_active, is_staff = excluded.is_staff, changed = now()
		RETURNING ` + columns
	e, err := scan(tx.QueryRow(ctx, upsert, user, key, mode, active, staff))
	if err != nil {
		return Enrollment{}, fmt.Errorf("write enrollment: %w", err)
	}
	const history = `INSERT INTO enrollment_history (user_id, course_key, mode, is_active, actor_id) VALUES ($1, $2, $3, $4, $5)`
	if _, err := tx.Exec(ctx, history, user, key, mode, active, actor); err != nil {
		return Enrollment{}, fmt.Errorf("write enrollment history: %w", err)
	}
	return e, nil
}

// Invite puts an address on a course's list of people who may enroll whatever the window says.
func Invite(ctx context.Context, q pg.Querier, email string, key course.Key, autoEnroll bool) error {
	const query = `
		INSERT INTO enrollment_allowed (email, course_key, auto_enroll) VALUES ($1, $2, $3)
		ON CONFLICT (email, course_key) DO UPDATE SET auto_enroll = excluded.auto_enroll`
	if _, err := q.Exec(ctx, query, strings.ToLower(email), key, autoEnroll); err != nil {
		return fmt.Errorf("write invitation: %w", err)
	}
	return nil
}

func event(r tracking.Request, name string, e Enrollment) tracking.Event {
	return tracking.Server(r, name, tracking.Enrollment{CourseID: e.Course.String(), UserID: int64(e.User), Mode: e.Mode}).In(e.Course)
}
