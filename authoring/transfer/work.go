package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/olx"
	"lyceum/course/team"
	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/internal/jobs"
	"lyceum/internal/pg"
)

// taskArgs are the job of a task.
type taskArgs struct {
	ID int64 `json:"task"`
}

// Kind names the job.
func (taskArgs) Kind() string { return "transfer" }

const (
	tries    = 6
	longest  = 2 * time.Hour // of one run
	oneAfter = time.Second   // how long one waits before it looks whether another of its course is over
	sayEvery = 300 * time.Millisecond
)

// Job returns how tasks are worked, for jobs.Config.
func (t *Tasks) Job() jobs.Kind { return jobs.Worker[taskArgs](&worker{tasks: t}) }

type worker struct {
	river.WorkerDefaults[taskArgs]
	tasks *Tasks
}

// Timeout bounds one run.
func (w *worker) Timeout(*jobs.Job[taskArgs]) time.Duration { return longest }

// NextRetry is soon: whoever asked is waiting.
func (w *worker) NextRetry(job *jobs.Job[taskArgs]) time.Time {
	return time.Now().Add(time.Duration(job.Attempt*job.Attempt) * 2 * time.Second)
}

// Work does a task. Doing it again after a crash comes to the same.
func (w *worker) Work(ctx context.Context, job *jobs.Job[taskArgs]) error {
	t := w.tasks
	task, ok, err := t.begin(ctx, job.Args.ID)
	if err != nil || !ok {
		return err
	}
	if task.Kind != Export && !task.Course.IsZero() {
		before, err := t.query(ctx, t.DB, `id < $1 AND course_key = $2 AND kind <> 'export' AND state IN ('waiting', 'running') LIMIT 1`, task.ID, task.Course.String())
		if err != nil {
			return err
		}
		if len(before) > 0 { // those of one course come one after the other, as they were asked for
			return river.JobSnooze(oneAfter)
		}
	}
	switch task.Kind {
	case Import:
		err = t.bringIn(ctx, task)
	case Export:
		err = t.takeOut(ctx, task)
	default:
		err = t.runAgain(ctx, task)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	p, final := problemOf(err)
	if !final && job.Attempt < job.MaxAttempts {
		return err
	}
	if failErr := t.fail(ctx, task.ID, p); failErr != nil {
		return errors.Join(err, failErr)
	}
	if final {
		return nil
	}
	return river.JobCancel(err)
}

// problemOf says why a task failed, and whether trying again is of no use.
func problemOf(err error) (p Problem, final bool) {
	if refused, ok := errors.AsType[*olx.RefusedError](err); ok {
		return Problem{Message: "transfer.refused", Detail: refused.Reason, File: refused.File, Line: refused.Line}, true
	}
	f, ok := fault.As(err)
	if !ok {
		return Problem{Message: "transfer.failed"}, false
	}
	p = Problem{Message: f.Message, Args: f.Args}
	switch f.Kind {
	case fault.Invalid, fault.Forbidden, fault.NotFound, fault.Conflict, fault.TooLarge, fault.Closed:
		final = true
	default:
	}
	if p.Message == "" {
		p.Message = "transfer.failed"
	}
	return p, final
}

// teller says how far a task is, not more often than people can read.
func (t *Tasks) teller(ctx context.Context, id int64) func(step, done, all int) {
	var mu sync.Mutex
	var last time.Time
	lastStep := 0
	return func(step, done, all int) {
		mu.Lock()
		defer mu.Unlock()
		if step == lastStep && time.Since(last) < sayEvery {
			return
		}
		last, lastStep = time.Now(), step
		_ = t.step(ctx, id, step, done, all) // the next one says it
	}
}

// bringIn does an import.
func (t *Tasks) bringIn(ctx context.Context, task Task) error {
	tell := t.teller(ctx, task.ID)
	if done, err := t.broughtIn(ctx, task); err != nil || done {
		return err
	}
	if err := t.freshen(ctx, task.parts); err != nil {
		return err
	}
	body, _, err := t.Archive(ctx, task)
	if err != nil {
		return err
	}
	defer body.Close()
	steps := map[string]int{"unpack": StepUnpack, "read": StepVerify, "files": StepUpdate, "store": StepUpdate}
	tell(StepUnpack, 0, 0)
	res, err := t.Importer.Import(ctx, Request{
		Path: task.File, Archive: body, Key: task.Course, Publish: task.Ask.Publish, Author: task.Username, New: task.Ask.New,
		Progress: func(step string, done, all int) {
			if n := steps[step]; n > 0 {
				tell(n, done, all)
			}
		},
		Check: func(key course.Key, report *olx.Report) error {
			if err := t.mayBringIn(ctx, task, key); err != nil {
				return err
			}
			return t.note(ctx, task.ID, key, report)
		},
		Seen: func(head modulestore.Head) error {
			switch {
			case task.Ask.New:
				return nil // there is nothing to go back to
			case head.Draft == "": // what was deleted can be restored as long as nothing takes its place
				return fault.NotFoundf("course %s is gone", task.Course).Say("transfer.course_gone")
			default:
				return t.remember(ctx, task.ID, head)
			}
		},
	})
	if err != nil {
		return err
	}
	return t.made(ctx, task, StepDone, Outcome{Key: res.Key, Draft: res.Draft, Published: res.Published, Files: res.Files, Report: res.Report}, task.Ask.New, course.Key{})
}

// mayBringIn refuses an import whose author may not do it now.
func (t *Tasks) mayBringIn(ctx context.Context, task Task, key course.Key) error {
	if !task.Ask.New {
		return t.May(ctx, task.User, key)
	}
	if err := t.MayCreate(ctx, task.User, key); err != nil {
		return err
	}
	return t.Free(ctx, key)
}

// Free refuses, as a Conflict, a key that a course has, or had before it was deleted and can have again.
func (t *Tasks) Free(ctx context.Context, key course.Key) error {
	if _, err := t.Courses.Head(ctx, key); err == nil {
		return fault.Conflictf("course %s exists", key).Say("course.exists")
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	was, ok, err := t.Courses.FindDeleted(ctx, key)
	if err == nil && ok {
		return fault.Conflictf("course %s was deleted", key).Say("transfer.deleted_key", was.Key.String())
	}
	return err
}

// broughtIn reports whether an earlier run of the task, ended before it could say so, has put the course in force.
func (t *Tasks) broughtIn(ctx context.Context, task Task) (bool, error) {
	if task.Course.IsZero() || task.Before == nil && !task.Ask.New {
		return false, nil
	}
	head, err := t.Courses.Head(ctx, task.Course)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var parent course.VersionID
	if task.Before != nil {
		parent = task.Before.Draft
	}
	line, err := t.Courses.Line(ctx, task.Course, course.Draft, head.Draft, 100)
	if err != nil {
		return false, err
	}
	for _, v := range line {
		if v.Parent != parent || v.Author != task.Username || v.Message != importWords(task.File) || v.Time.Before(task.Created.Add(-time.Minute)) {
			continue
		}
		o := Outcome{Key: task.Course, Draft: v.ID, Published: head.Published, Files: head.Files}
		if noted, err := t.Find(ctx, task.ID); err == nil && noted.Outcome != nil {
			o.Report = noted.Outcome.Report
		}
		return true, t.made(ctx, task, StepDone, o, task.Ask.New, course.Key{})
	}
	return false, nil
}

// made ends a task that may have made a course: roles, the record and the task in one transaction.
func (t *Tasks) made(ctx context.Context, task Task, step int, o Outcome, isNew bool, teamOf course.Key) error {
	by := audit.Source{Actor: task.User}
	action := map[Kind]string{Import: "course.imported", Rerun: "course.rerun"}[task.Kind]
	after := map[string]any{"file": task.File, "version": string(o.Draft), "new": isNew}
	if task.Kind == Rerun {
		after = map[string]any{"source": task.Ask.Source.String(), "shifted": o.Shifted.String()}
	}
	err := pg.InTx(ctx, t.DB, func(tx pgx.Tx) error {
		if isNew {
			grants := []team.Grant{{User: task.User, Role: team.Instructor, Scope: team.In(o.Key)}, {User: task.User, Role: team.Staff, Scope: team.In(o.Key)}}
			if !teamOf.IsZero() {
				members, err := team.Members(ctx, tx, team.In(teamOf))
				if err != nil {
					return err
				}
				for _, m := range members {
					if m.Role == team.Instructor || m.Role == team.Staff {
						grants = append(grants, team.Grant{User: m.User, Role: m.Role, Scope: team.In(o.Key)})
					}
				}
			}
			for _, g := range grants {
				if err := team.AddTx(ctx, tx, g, by); err != nil {
					return err
				}
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Source: by, Action: action, Course: o.Key.String(), After: after}); err != nil {
			return err
		}
		return finish(ctx, tx, task.ID, step, o)
	})
	if err != nil || !isNew || t.Made == nil {
		return err
	}
	// The course is there; that its maker is not enrolled is no reason to make it again.
	_ = t.Made(ctx, task.User, task.Username, o.Key)
	return nil
}

// takeOut does an export.
func (t *Tasks) takeOut(ctx context.Context, task Task) error {
	if err := t.May(ctx, task.User, task.Course); err != nil {
		return err
	}
	tell := t.teller(ctx, task.ID)
	tell(1, 0, 0)
	r, w := io.Pipe()
	defer r.Close()
	var report *olx.Report
	go func() {
		var err error
		e := &Exporter{Courses: t.Courses, Files: t.Files, Progress: func(done, all int) { tell(1, done, all) }}
		report, err = e.Export(ctx, task.Course, w)
		w.CloseWithError(err)
	}()
	var parts []string
	var sizes []int64
	var total int64
	for {
		piece := &pieceReader{r: io.LimitReader(r, partSize)}
		digest, size, err := t.Files.PutBlob(ctx, piece)
		if piece.err != nil {
			return piece.err
		}
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		parts, sizes, total = append(parts, digest), append(sizes, size), total+size
	}
	head, err := t.Courses.Head(ctx, task.Course)
	if err != nil {
		return err
	}
	return pg.InTx(ctx, t.DB, func(tx pgx.Tx) error {
		const query = `UPDATE transfer_task SET parts = $2, sizes = $3, total = $4, received = $4, created_at = $5 WHERE id = $1`
		if _, err := tx.Exec(ctx, query, task.ID, parts, sizes, total, t.Clock()); err != nil {
			return fmt.Errorf("keep export %d: %w", task.ID, err)
		}
		return finish(ctx, tx, task.ID, StepWritten, Outcome{Key: task.Course, Draft: head.Draft, Published: head.Published, Report: report})
	})
}

// Undo puts back what an import replaced: draft, published version and files, as new versions. The course must still be as the import left
// it or, where seen is set, as it was when its [Mark] was that: otherwise it is a Conflict, and nothing changes.
func (t *Tasks) Undo(ctx context.Context, task Task, username, seen string) error {
	if task.Kind != Import || task.State != Done || task.Outcome == nil || task.Before == nil || task.Before.Draft == "" || task.Undone != nil {
		return fault.Conflictf("transfer %d cannot be undone", task.ID).Say("transfer.no_undo")
	}
	key := task.Outcome.Key
	head, err := t.Courses.Head(ctx, key)
	if err != nil {
		return err
	}
	if now := Mark(head); now != task.Outcome.mark() && now != seen {
		return fault.Conflictf("course %s has moved to %s", key, now).Say("transfer.changed_since")
	}
	if _, err := t.Courses.Revert(ctx, key, head, *task.Before, username, "Undo: "+importWords(task.File)); err != nil {
		if moved := (*modulestore.Conflict)(nil); errors.As(err, &moved) {
			return fault.Errorf(fault.Conflict, "%w", err).Say("transfer.changed_since")
		}
		return err
	}
	if _, err := t.DB.Exec(ctx, `UPDATE transfer_task SET undone_at = now() WHERE id = $1`, task.ID); err != nil {
		return fmt.Errorf("note that transfer %d was undone: %w", task.ID, err)
	}
	return nil
}

// Mark names what is in force of a course: draft, published version and files.
func Mark(h modulestore.Head) string {
	return string(h.Draft) + "." + string(h.Published) + "." + h.Files
}

func (o Outcome) mark() string {
	return Mark(modulestore.Head{Draft: o.Draft, Published: o.Published, Files: o.Files})
}

// Untouched reports whether a course still is as an import left it.
func (t Task) Untouched(now modulestore.Head) bool {
	return t.Outcome != nil && Mark(now) == t.Outcome.mark()
}
