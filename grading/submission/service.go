package submission

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/completion"
	"lyceum/learner/state"
	"lyceum/tracking"
)

// Config is what a service stands on. DB, Book and Events are required.
type Config struct {
	DB     *pgxpool.Pool
	Lanes  *pg.Lanes // acts of many learners share commits there; nil: each has its own
	Book   *gradebook.Book
	Events tracking.Emitter
	Clock  clock.Clock
	Runner capa.ScriptRunner // nil: problems with author code cannot be checked
	Seeds  func() int32      // nil: from the system

	Graders Graders // nil: problems for external graders cannot be answered

	// Also puts further statements, such as jobs that follow, into the transaction that stores a graded act. It may be nil.
	Also func(*pgx.Batch, Graded)
}

// Graded is a graded act about to be stored.
type Graded struct {
	Asked  *Asked
	Points Points            // raw, as stored
	Update *gradebook.Update // nil for problems outside of any subsection
}

// Service is the durable flow around the machine. It is safe for concurrent use, in many processes at once.
type Service struct {
	Config
	states *state.Store

	reached func(step string) // tests stop here; nil otherwise
}

// New returns a service.
func New(c Config) *Service { return &Service{Config: c, states: state.New(c.DB)} }

// Asked is one learner at one problem. Whether the learner may be there has been decided.
type Asked struct {
	Course  *course.Compiled
	Node    *course.Node
	Problem *capa.Problem

	User        learner.ID
	Username    string
	AnonymousID string
	Staff       bool              // staff of the course, not looking at it as a learner
	May         gradebook.Visible // what the learner sees of the course
	Close       *time.Time        // UTC; due or end, extension and grace included; nil: never
	Arrived     time.Time         // when the last byte of the request arrived; zero: now
	Files       []capa.ScriptFile // of the course, for author code: python_lib.zip

	Read *Read // what the act begins with, from Service.QueueRead; nil: it is loaded

	Request tracking.Request
	Tags    map[string]string // course tags of the learner, for events
}

// signedIn refuses visitors, of whom nothing is kept.
func (a *Asked) signedIn() error {
	if a.User <= 0 {
		return fault.Unauthenticatedf("%s: a visitor's answer", a.Node.Key)
	}
	return nil
}

func (s *Service) now(a *Asked) time.Time {
	if a.Arrived.IsZero() {
		return s.Clock.Now().UTC()
	}
	return a.Arrived.UTC()
}

func (s *Service) setup(a *Asked) Setup {
	return Setup{
		Problem: a.Problem, Settings: SettingsOf(a.Node), ModuleID: a.Node.Key.String(), IDPrefix: a.Node.Key.HTMLID(),
		User: int64(a.User), AnonymousID: a.AnonymousID, Staff: a.Staff, Now: s.now(a), Close: a.Close, Seeds: s.Seeds, Runner: s.Runner,
		Files: a.Files,
		Queue: s.queueOf(a),
	}
}

// open makes the machine of a record. A state nobody can read is an error for staff to see, and changes nothing.
func (s *Service) open(ctx context.Context, a *Asked, r state.Record, grading bool) (*Machine, error) {
	kept, err := ParseState(r.State)
	if err != nil {
		return nil, fmt.Errorf("%s of learner %d: %w", a.Node.Key, a.User, err)
	}
	m, err := Open(ctx, s.setup(a), kept, grading)
	if err != nil {
		return nil, failure(err)
	}
	m.Version = r.Version
	return m, nil
}

// failure gives an error of the engine the kind its caller can act on.
func failure(err error) error {
	switch capa.KindOf(err) {
	case capa.Unavailable:
		// Nothing a page could try again for: an interpreter that is only busy says so itself, see grading/sandbox.
		return (&fault.Error{Kind: fault.Closed, Err: err}).Say("problem.unavailable")
	case capa.Uncheckable:
		return (&fault.Error{Kind: fault.Invalid, Err: err}).Say("problem.uncheckable")
	default:
		return err
	}
}

// Read is what an act begins with: the learner's state of the problem and, where grades may follow, what they are made of. It is filled
// when the batch it was queued in has been read.
type Read struct {
	record state.Record
	sheet  *gradebook.Sheet // nil when no grades are involved
	sub    *gradebook.Subsection
	prior  *state.Receipt // the submission that was asked for, nil when there is none
	grades bool           // whether sheet was asked for
}

// manyScores is from how many blocks of a subsection on an act does without their scores, where the sums that are kept tell what follows: a
// few more rows cost less than another round trip where they do not.
const manyScores = 9

// QueueRead puts what an act of one learner at problem n begins with into b, for callers who load more in the same round trip: see
// Asked.Read. grades is set for acts that may change points.
func (s *Service) QueueRead(b *pgx.Batch, user learner.ID, c *course.Compiled, n *course.Node, grades bool) *Read {
	r := &Read{grades: grades}
	if grades {
		plan := s.Book.Plan(c)
		r.sub = plan.Subsection(n)
		if r.sub != nil && len(r.sub.Blocks) < manyScores {
			r.sheet = s.Book.QueueSheet(b, user, plan, nil)
			state.QueueLoadOne(b, user, c, n, r.sub.Usages(), func(record state.Record, scores map[course.UsageKey]state.Score) {
				r.record, r.sheet.Scores = record, scores
			})
			return r
		}
		if r.sub != nil {
			r.sheet = s.Book.QueueSums(b, user, plan, r.sub)
		}
	}
	state.QueueLoadRecord(b, user, c.Key, n.Usage, func(record state.Record) {
		r.record = record
		if r.sheet != nil && record.Version > 0 {
			r.sheet.Scores = map[course.UsageKey]state.Score{n.Key: record.Score()}
		}
	})
	return r
}

// first is what an act begins with: what came with the question who asks, else a round trip.
func (s *Service) first(ctx context.Context, a *Asked, grades bool) (*Read, error) {
	if r := a.Read; r != nil && (r.grades || !grades) {
		return r, nil
	}
	return s.read(ctx, a, grades, "")
}

// read loads what an act begins with, and the submission with the given id.
func (s *Service) read(ctx context.Context, a *Asked, grades bool, id string) (*Read, error) {
	var b pgx.Batch
	r := s.QueueRead(&b, a.User, a.Course, a.Node, grades)
	if id != "" {
		state.QueueReceipt(&b, a.User, id, func(got *state.Receipt) { r.prior = got })
	}
	if err := s.load(ctx, &b); err != nil {
		return nil, fmt.Errorf("read state of %s: %w", a.Node.Key, err)
	}
	return r, nil
}

// write is an act ready to be stored.
type write struct {
	asked   *Asked
	read    *Read
	machine *Machine
	cause   string
	act     gradebook.Act  // of staff; zero for the learner's own
	receipt *state.Receipt // nil for acts without one
	files   []File         // sent with the answer
	update  *gradebook.Update
	backend uint32 // process of the store that was given the transaction
}

// points are the points to store and whether they are new: with OnlyIfHigher lower ones are not.
func (w *write) points() (earned, possible *float64, changed bool) {
	r := w.read.record
	if w.cause == deleted {
		return nil, nil, true
	}
	p := w.machine.Published
	if p == nil {
		return r.Grade, r.MaxGrade, false
	}
	if p.OnlyIfHigher && r.Grade != nil && r.MaxGrade != nil && !Higher(p.Points, Points{*r.Grade, *r.MaxGrade}) {
		return r.Grade, r.MaxGrade, false
	}
	return &p.Points.Earned, &p.Points.Possible, true
}

// storeBoth stores the grades that follow from an act, and the act, where both were there before: a statement less.
var storeBoth = pg.Changes(gradebook.Again, state.Changed)

// queue puts everything that belongs to the act into b. Grades come first: their row is where writers of one learner's grades queue up.
func (s *Service) queue(b *pgx.Batch, w *write, now time.Time) error {
	a, r := w.asked, w.read.record
	text, err := w.machine.State.MarshalJSON()
	if err != nil {
		return err
	}
	earned, possible, graded := w.points()
	var grades []any // of a statement for both, where there is one
	if graded && w.read.sheet != nil {
		w.update = s.Book.Regrade(w.scored(now), w.read.sub, a.May, now)
		if r.Version > 0 {
			grades, _ = w.update.Again(b)
		}
		if grades == nil {
			w.update.Queue(b)
		}
	}
	submission := r.SubmissionID
	if w.receipt != nil {
		submission = w.receipt.ID
		if w.update != nil {
			w.receipt.GradeVersion = &w.update.Course.Version
		}
	}
	change := state.Change{
		User: a.User, Course: a.Course.Key, Key: a.Node.Key, Seen: r.Version, State: text, Grade: earned, MaxGrade: possible,
		SubmissionID: submission, Time: now, Cause: w.cause, Actor: w.act.Actor, Receipt: w.receipt,
	}
	if grades != nil {
		b.Queue(storeBoth.Of(int64(a.User)), change.Args(grades)...)
	} else {
		state.QueueChange(b, change)
	}
	if w.cause == deleted && r.Version > 0 {
		completion.QueueSet(b, a.User, a.Course.Key, a.Node.Key, 0, now)
	}
	// Points make a block complete. It has been since the first ones; deleting them undoes both.
	if w.cause == "submit" && r.Grade == nil && a.Node.Facts.Completion == course.Completable {
		completion.QueueSet(b, a.User, a.Course.Key, a.Node.Key, 1, now)
	}
	if w.act.Cause != "" && w.update != nil {
		w.update.QueueHistory(b, a.Node.Key, w.act, pointsJSON(r.Grade, r.MaxGrade), pointsJSON(earned, possible))
	}
	s.queueRequests(b, w)
	if w.cause == replied || w.cause == ran {
		queueKeepDraft(b, a, r.Version)
	}
	if graded && s.Also != nil {
		g := Graded{Asked: a, Update: w.update}
		if earned != nil {
			g.Points = Points{*earned, *possible}
		}
		s.Also(b, g)
	}
	return nil
}

// scored is the sheet with the act's score.
func (w *write) scored(now time.Time) *gradebook.Sheet {
	created := w.read.record.Created
	if w.read.record.Version == 0 {
		created = now
	}
	earned, possible, _ := w.points()
	return w.read.sheet.WithScore(w.asked.Node.Key, state.Score{Grade: earned, MaxGrade: possible, Created: created})
}

// fill loads the other scores of the subsection where the grades that follow cannot be told without.
func (s *Service) fill(ctx context.Context, w *write, now time.Time) error {
	if _, _, graded := w.points(); !graded || w.read.sheet == nil || w.scored(now).Suffices(w.read.sub, w.asked.May) {
		return nil
	}
	s.reach("fill")
	var b pgx.Batch
	w.read.sheet.Fill(&b, w.read.sub)
	if err := s.load(ctx, &b); err != nil {
		return fmt.Errorf("read scores beside %s: %w", w.asked.Node.Key, err)
	}
	return nil
}

// load reads a batch.
func (s *Service) load(ctx context.Context, b *pgx.Batch) error {
	if s.Lanes != nil {
		return s.Lanes.Read(ctx, b)
	}
	return s.DB.SendBatch(ctx, b).Close()
}

func pointsJSON(earned, possible *float64) map[string]*float64 {
	return map[string]*float64{"earned": earned, "possible": possible}
}

// errLost: somebody changed the learner's state, or submitted, since it was read.
var errLost = errors.New("the state has changed since it was read")

// gradeTries bounds how often one act is stored again because other problems' answers were first. Each time somebody else made progress.
const gradeTries = 50

// store keeps an act. When only other grades of the learner came first, it takes them in and stores again: the answer need not be checked
// again for that. errLost says that the problem's own state has changed; nothing was kept then, and w.read is what there is now.
func (s *Service) store(ctx context.Context, w *write) error {
	now := s.Clock.Now().UTC().Truncate(time.Microsecond)
	seen := w.read.record.Version
	for range gradeTries {
		if err := s.fill(ctx, w, now); err != nil {
			return err
		}
		var b pgx.Batch
		if err := s.queue(&b, w, now); err != nil {
			return err
		}
		s.reach("store")
		err := s.send(ctx, w, &b)
		if err == nil {
			s.reach("stored")
			if w.update != nil {
				w.update.Stored()
			}
			return nil
		}
		if !state.Lost(err) {
			return fmt.Errorf("store %s of %s: %w", w.cause, w.asked.Node.Key, err)
		}
		id := ""
		if w.receipt != nil {
			id = w.receipt.ID
		}
		again, err := s.read(ctx, w.asked, w.read.sheet != nil, id)
		if err != nil {
			return err
		}
		w.read, w.update = again, nil
		if again.record.Version != seen || again.prior != nil {
			return errLost
		}
	}
	return fault.Busyf("store %s of %s: others came first %d times", w.cause, w.asked.Node.Key, gradeTries)
}

// send runs a batch as one transaction and notes who runs it: when the line breaks, that tells when its fate is sealed.
func (s *Service) send(ctx context.Context, w *write, b *pgx.Batch) error {
	if s.Lanes != nil {
		var err error
		w.backend, err = s.Lanes.Write(ctx, int64(w.asked.User), b)
		return err
	}
	conn, err := s.DB.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	w.backend = conn.Conn().PgConn().PID()
	return conn.SendBatch(ctx, b).Close()
}

func (s *Service) reach(step string) {
	if s.reached != nil {
		s.reached(step)
	}
}

// tell emits the events of a stored act. It goes on when the request has ended: what was kept is told.
func (s *Service) tell(ctx context.Context, w *write) {
	a := w.asked
	cause := w.gradeCause(newID())
	events := make([]tracking.Event, 0, len(w.machine.Events)+4)
	grades := func(name string, p tracking.Payload) {
		events = append(events, tracking.Server(a.Request, name, p).In(a.Course.Key))
	}
	for _, e := range w.machine.Events {
		if e.Name != GradeEvent {
			events = append(events, a.event(e))
			continue
		}
		if _, _, changed := w.points(); changed {
			grades(w.gradeEvent(), w.scoredEvent(cause))
		}
	}
	if w.cause == deleted {
		grades(w.gradeEvent(), tracking.ProblemStateDeleted{GradeCause: cause, ProblemID: a.Node.Usage, InstructorID: fmt.Sprint(w.act.Actor)})
	}
	if w.update != nil {
		for _, e := range w.update.Events(cause) {
			grades(e.Name, e.Payload)
		}
	}
	tracking.EmitAll(context.WithoutCancel(ctx), s.Events, events) // one write of the log for all
}

// gradeEvent is the event that begins the chain of changes of grades.
func (w *write) gradeEvent() string {
	switch w.cause {
	case "rescore":
		return tracking.GradesProblemRescored
	case deleted:
		return tracking.GradesProblemStateDeleted
	default:
		return tracking.GradesProblemSubmitted
	}
}

// gradeCause is what the events of one chain share.
func (w *write) gradeCause(transaction string) tracking.GradeCause {
	a := w.asked
	return tracking.GradeCause{CourseID: a.Course.Key.String(), UserID: int64(a.User), TransactionID: transaction, TransactionType: w.gradeEvent()}
}

// scoredEvent is the payload of the event that points were given.
func (w *write) scoredEvent(cause tracking.GradeCause) tracking.Payload {
	earned, possible := w.weighted()
	if w.cause == "rescore" {
		return tracking.ProblemRegraded{
			GradeCause: cause, ProblemID: w.asked.Node.Usage, Earned: earned, Possible: possible,
			OnlyIfHigher: w.machine.Published.OnlyIfHigher, InstructorID: fmt.Sprint(w.act.Actor),
		}
	}
	return tracking.ProblemScored{GradeCause: cause, ProblemID: w.asked.Node.Usage, Earned: earned, Possible: possible}
}

func (s *Service) emit(ctx context.Context, a *Asked, e Event) { s.Events.Emit(ctx, a.event(e)) }

// event is the record of what an act makes known.
func (a *Asked) event(e Event) tracking.Event {
	module := tracking.Module{DisplayName: a.Node.Name, UsageKey: a.Node.Usage}
	module.OriginalKey, module.OriginalVersion = a.Course.Origin(a.Node)
	return tracking.Component(a.Request, e.Name, module, a.Tags, e.Payload()).In(a.Course.Key)
}
