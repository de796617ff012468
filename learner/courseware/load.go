package courseware

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/clock"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/completion"
	"lyceum/learner/enrollment"
	"lyceum/learner/schedule"
	"lyceum/learner/state"
)

// Loader reads what pages of the courseware need about one learner.
type Loader struct {
	DB    pg.Querier
	Lanes *pg.Lanes // pages share round trips there; nil: each has its own
	// Roles finds a person's powers everywhere; ReadRole says what one row of it means in a course.
	Roles    pg.Small
	ReadRole func(row *pg.Row, key course.Key) (access.Roles, error)
	// QueuePassed adds the query for the courses a person has passed, of those named.
	QueuePassed func(b *pgx.Batch, user learner.ID, keys []course.Key, use func(map[course.Key]bool))
	// QueueReached adds the query for what a person has reached in some subsections of a course; courses with gates need it.
	QueueReached func(b *pgx.Batch, user learner.ID, c *course.Compiled, subsections []*course.Node, use func(Reached))
	Clock        clock.Clock

	sizes completion.Sizes

	prepare             sync.Once
	place, placeOfMarks *pg.Union // who somebody is in a course; with bookmarks
}

// Ask says whose data and which of it a page needs.
type Ask struct {
	Course      *course.Compiled
	User        learner.ID // 0 for a visitor: nothing is loaded
	GlobalStaff bool       // as the session says

	States     []string       // keys, as text, of blocks whose state is needed
	Positions  []*course.Node // blocks whose stored position is needed
	Complete   []string       // keys, as text, of blocks whose completion is needed; that of others may be found, too
	AllOfThem  bool           // what is complete in the whole course
	Bookmarks  bool
	LastViewed int // how many blocks completed last, newest first
	// Also adds further queries to the round trip, of rooms this one may not know; it may be nil.
	Also func(*pgx.Batch)
}

// Learner is one person in one course, as far as it was asked for.
type Learner struct {
	Viewer     access.Viewer
	Enrollment enrollment.Enrollment // zero when there never was one
	States     state.Records
	Choices    state.Records // of the blocks that show each learner some of their children
	Positions  Positions
	Marks      completion.Marks
	Bookmarks  map[course.UsageKey]time.Time
	Last       []completion.Last
	Gates      Gates // what is closed until something else is done; nil for none

	settle []func() // what follows from the answers
}

// Load reads everything in one round trip.
func (l *Loader) Load(ctx context.Context, a Ask) (*Learner, error) {
	out := &Learner{Viewer: access.Viewer{User: a.User, Roles: access.Roles{GlobalStaff: a.GlobalStaff}}}
	if a.User == 0 {
		out.gate(a.Course, nil, nil, l.Clock.Now())
		return out, nil
	}
	var b pgx.Batch
	l.queue(&b, a, out)
	if err := l.read(ctx, &b); err != nil {
		return nil, fmt.Errorf("load learner %d in %s: %w", a.User, a.Course.Key, err)
	}
	out.settled()
	return out, nil
}

// settled works out what follows from the answers.
func (l *Learner) settled() {
	for _, f := range l.settle {
		f()
	}
	l.settle = nil
}

func (l *Loader) read(ctx context.Context, b *pgx.Batch) error {
	if l.Lanes != nil {
		return l.Lanes.Read(ctx, b)
	}
	return l.DB.SendBatch(ctx, b).Close()
}

// queuePlace asks for enrollment, roles and extensions, and for bookmarks where they are wanted.
func (l *Loader) queuePlace(b *pgx.Batch, a Ask, out *Learner) {
	l.prepare.Do(func() {
		l.place = pg.Together(enrollment.Small, l.Roles, schedule.Small)
		l.placeOfMarks = pg.Together(enrollment.Small, l.Roles, schedule.Small, smallBookmarks)
	})
	key := a.Course.Key
	readers := [4]func(*pg.Row) error{
		func(row *pg.Row) (err error) {
			out.Enrollment, err = enrollment.ReadSmall(row, a.User, key)
			e := &out.Enrollment
			out.Viewer.Enrolled, out.Viewer.Mode, out.Viewer.Since = e.Active, e.Mode, &e.Created
			return err
		},
		func(row *pg.Row) error {
			in, err := l.ReadRole(row, key)
			out.Viewer.Roles = out.Viewer.Roles.And(in)
			return err
		},
		func(row *pg.Row) error { return (*schedule.Extensions)(&out.Viewer.Extensions).ReadSmall(row, key) },
		func(row *pg.Row) error {
			m, err := readBookmark(row, key)
			if out.Bookmarks == nil {
				out.Bookmarks = map[course.UsageKey]time.Time{}
			}
			out.Bookmarks[m.Block] = m.Created
			return err
		},
	}
	statement := l.place
	if a.Bookmarks {
		statement = l.placeOfMarks
	}
	statement.Queue(b, int64(a.User), key.String(), readers[:]...)
}

func (l *Loader) queue(b *pgx.Batch, a Ask, out *Learner) {
	key := a.Course.Key
	l.queuePlace(b, a, out)
	if before := access.Prerequisites(a.Course); len(before) > 0 {
		l.QueuePassed(b, a.User, before, func(p map[course.Key]bool) { out.Viewer.Passed = p })
	}
	if len(a.Course.Gates) > 0 {
		out.settle = append(out.settle, l.queueGates(b, a, out))
	}
	if len(a.States)+len(a.Positions) > 0 {
		keys := slices.Clip(a.States)
		for _, n := range a.Positions {
			keys = append(keys, n.Usage)
		}
		state.QueueLoad(b, a.User, key, keys, func(r state.Records) {
			out.States, out.Positions = r, positionsIn(r, a.Positions)
		})
	}
	if keys := ChooserKeys(a.Course); len(keys) > 0 {
		usages := make([]string, len(keys))
		for i, k := range keys {
			usages[i] = k.String()
		}
		state.QueueLoad(b, a.User, key, usages, func(r state.Records) {
			out.Choices, out.Viewer.Chosen = r, ChosenBy(a.Course, r)
		})
	}
	marks := func(m completion.Marks) { out.Marks = m }
	switch {
	case a.AllOfThem:
		completion.QueueMarks(b, a.User, a.Course, marks)
	case len(a.Complete) > 0:
		l.sizes.QueueMarksOf(b, a.User, a.Course, a.Complete, marks)
	}
	if a.Also != nil {
		a.Also(b)
	}
	if a.LastViewed > 0 {
		completion.QueueLast(b, a.User, key, a.LastViewed, func(last []completion.Last) { out.Last = last })
	}
}

// positionsIn reads the positions out of states.
func positionsIn(r state.Records, nodes []*course.Node) Positions {
	out := Positions{}
	for _, n := range nodes {
		if p := r[n.Key].Position(); p > 0 {
			out[n.Key] = p
		}
	}
	return out
}

// StorePositions remembers where a learner is. It is one round trip, and none when nothing changes. Positions are a
// convenience: the call does not wait for the disk.
func (l *Loader) StorePositions(ctx context.Context, user learner.ID, key course.Key, was, is Positions, now time.Time) error {
	var places []state.Place
	for k, p := range is {
		if was[k] != p {
			places = append(places, state.Place{Container: k, Position: p})
		}
	}
	if len(places) == 0 {
		return nil
	}
	var b pgx.Batch
	b.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
	state.QueuePositions(&b, user, key, places, now)
	if err := l.DB.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("store positions: %w", err)
	}
	return nil
}
