package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/course/modulestore"
	"lyceum/course/olx"
	"lyceum/internal/fault"
	"lyceum/internal/jobs"
	"lyceum/internal/pg"
)

// Kind is what a task does.
type Kind string

// The kinds of tasks.
const (
	Import Kind = "import"
	Export Kind = "export"
	Rerun  Kind = "rerun"
)

// State is how far a task is.
type State string

// The states of a task. An upload that is complete waits; a task that runs when its process is killed runs again.
const (
	Uploading State = "uploading"
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
)

// The steps of an import, by the numbers clients know. An export has the first and the last of its own: 1 writing, 3 done.
const (
	StepUnpack = 1
	StepVerify = 2
	StepUpdate = 3
	StepDone   = 4

	StepWritten = 3 // of an export, and of a re-run
)

// Ask is what somebody wants done.
type Ask struct {
	New     bool `json:"new,omitempty"`     // make a course; a key that is taken fails the import
	Publish bool `json:"publish,omitempty"` // put in force for learners what the archive says is published

	// Of a re-run:
	Source course.Key `json:"source,omitzero"`
	Name   string     `json:"name,omitempty"`
	Start  *time.Time `json:"start,omitempty"` // nil leaves the new run unscheduled
	Shift  bool       `json:"shift,omitempty"` // move every date by as much as the start
	Team   bool       `json:"team,omitempty"`  // bring the team along
}

// Problem says why a task failed, as fault.Error says it.
type Problem struct {
	Message string `json:"message"` // id of the sentence
	Args    []any  `json:"args,omitempty"`
	Detail  string `json:"detail,omitempty"` // what is wrong with the archive, in words
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
}

// Outcome is what a task came to.
type Outcome struct {
	Key       course.Key       `json:"course_key"`
	Name      string           `json:"display_name,omitempty"`
	Draft     course.VersionID `json:"draft,omitempty"`
	Published course.VersionID `json:"published,omitempty"`
	Files     string           `json:"files,omitempty"`
	Report    *olx.Report      `json:"report,omitempty"`
	Shifted   time.Duration    `json:"shifted,omitempty"`
}

// Task is one import, export or re-run.
type Task struct {
	ID              int64
	Kind            Kind
	Course          course.Key // zero while an archive has not been asked what it is called
	User            int64
	Username        string
	File            string
	Ask             Ask
	State           State
	Total, Received int64 // bytes of the archive
	Step            int
	Done, All       int      // within the step
	Problem         *Problem // of one that failed
	Outcome         *Outcome // of one that is done
	Before          *modulestore.Head
	Created         time.Time // UTC
	Changed         time.Time // UTC
	Undone          *time.Time
	parts           []string
	sizes           []int64
}

// Active reports whether the task is still worked on.
func (t Task) Active() bool { return t.State == Waiting || t.State == Running }

// Expires is when the archive of an export, or what arrived of an upload, is thrown away.
func (t Task) Expires() time.Time { return t.Created.Add(keepArchives) }

const (
	// keepArchives is how long archives stay. What they are made of is stored among course files, where a sweep leaves what is younger
	// than a day.
	keepArchives = 23 * time.Hour

	keepRecords  = 90 * 24 * time.Hour
	aDay         = 24 * time.Hour
	dailyOf      = 20 // imports, and exports, of one course or, where none is named, of one person
	openUploads  = 3  // of one person; the oldest makes room
	partSize     = 8 << 20
	defaultLimit = 2 << 30
)

// Tasks does imports, exports and re-runs beside requests. The wiring sets all fields.
type Tasks struct {
	DB       *pgxpool.Pool
	Courses  *modulestore.Store
	Files    *contentstore.Store
	Schemas  map[string]course.Schema // whose dates a re-run moves
	Importer *Importer
	// May refuses, as Forbidden, whoever may not author a course. What somebody asked for is not done once they may not ask for it any more.
	May func(ctx context.Context, user int64, key course.Key) error
	// MayCreate refuses, as Forbidden, whoever may not make a course of a key.
	MayCreate func(ctx context.Context, user int64, key course.Key) error
	// Made is told of each course that was made, by whom; the person is on its team by then. It may be told twice.
	Made func(ctx context.Context, user int64, username string, key course.Key) error
	// Limit is how many bytes an archive may have; 0 means 2 GiB.
	Limit int64
	// Unlimited takes any number of imports and exports a day, and any number of bytes.
	Unlimited bool
	Clock     func() time.Time
	queue     *jobs.Queue
}

// UseJobs says which queue works the tasks.
func (t *Tasks) UseJobs(queue *jobs.Queue) { t.queue = queue }

// MaxArchive is how many bytes an archive may have.
func (t *Tasks) MaxArchive() int64 {
	if t.Limit > 0 {
		return t.Limit
	}
	return defaultLimit
}

const taskColumns = `id, kind, course_key, user_id, username, file, ask, state, total, received, parts, sizes, step, done, of_all, problem, before, created_at, changed_at, undone_at`

func scanTask(row pgx.CollectableRow, more ...any) (Task, error) {
	var t Task
	var ask, problem, before []byte
	err := row.Scan(append([]any{
		&t.ID, &t.Kind, &t.Course, &t.User, &t.Username, &t.File, &ask, &t.State, &t.Total, &t.Received, &t.parts, &t.sizes, &t.Step, &t.Done, &t.All,
		&problem, &before, &t.Created, &t.Changed, &t.Undone,
	}, more...)...)
	if err != nil {
		return t, err
	}
	t.Created, t.Changed = t.Created.UTC(), t.Changed.UTC()
	if err := json.Unmarshal(ask, &t.Ask); err != nil {
		return t, fmt.Errorf("task %d: %w", t.ID, err)
	}
	if problem != nil {
		if err := json.Unmarshal(problem, &t.Problem); err != nil {
			return t, fmt.Errorf("task %d: %w", t.ID, err)
		}
	}
	if before != nil {
		if err := json.Unmarshal(before, &t.Before); err != nil {
			return t, fmt.Errorf("task %d: %w", t.ID, err)
		}
	}
	return t, nil
}

func (t *Tasks) query(ctx context.Context, q pg.Querier, where string, args ...any) ([]Task, error) {
	rows, err := q.Query(ctx, `SELECT `+taskColumns+` FROM transfer_task WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read transfers: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Task, error) { return scanTask(row) })
	if err != nil {
		return nil, fmt.Errorf("read transfers: %w", err)
	}
	return out, nil
}

func first(tasks []Task, err error) (Task, bool, error) {
	if err != nil || len(tasks) == 0 {
		return Task{}, false, err
	}
	return tasks[0], true, nil
}

// Find reads a task with its outcome; NotFound when there is none.
func (t *Tasks) Find(ctx context.Context, id int64) (Task, error) {
	rows, err := t.DB.Query(ctx, `SELECT `+taskColumns+`, outcome FROM transfer_task WHERE id = $1`, id)
	if err != nil {
		return Task{}, fmt.Errorf("read transfer %d: %w", id, err)
	}
	var outcome []byte
	task, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Task, error) { return scanTask(row, &outcome) })
	if errors.Is(err, pgx.ErrNoRows) {
		return Task{}, fault.NotFoundf("transfer %d does not exist", id)
	}
	if err != nil {
		return Task{}, fmt.Errorf("read transfer %d: %w", id, err)
	}
	if outcome != nil {
		if err := json.Unmarshal(outcome, &task.Outcome); err != nil {
			return Task{}, fmt.Errorf("transfer %d: %w", id, err)
		}
	}
	return task, nil
}

// List lists up to limit tasks of a kind about a course, newest first, without their outcomes.
func (t *Tasks) List(ctx context.Context, kind Kind, key course.Key, limit int) ([]Task, error) {
	return t.query(ctx, t.DB, `kind = $1 AND course_key = $2 AND state <> 'uploading' ORDER BY id DESC LIMIT $3`, kind, key.Bare().String(), limit)
}

// Upload finds the upload of a person that goes on, of an archive to a course, the zero key being one the archive names.
func (t *Tasks) Upload(ctx context.Context, user int64, key course.Key, file string) (Task, bool, error) {
	return first(t.query(ctx, t.DB, `user_id = $1 AND kind = 'import' AND state = 'uploading' AND course_key = $2 AND file = $3 AND created_at > $4 ORDER BY id DESC LIMIT 1`,
		user, key.Bare().String(), file, t.Clock().Add(-keepArchives)))
}

// Named finds the latest import of an archive into a course, whoever brought it; user is not 0 where the course is one the archive names.
func (t *Tasks) Named(ctx context.Context, key course.Key, file string) (Task, bool, error) {
	return first(t.query(ctx, t.DB, `kind = 'import' AND course_key = $1 AND file = $2 AND state <> 'uploading' ORDER BY id DESC LIMIT 1`, key.Bare().String(), file))
}

// Making lists what makes courses and is not dismissed: re-runs, and imports to new courses, of one person or, with user 0, of all.
func (t *Tasks) Making(ctx context.Context, user int64) ([]Task, error) {
	return t.query(ctx, t.DB, `(user_id = $1 OR $1 = 0) AND kind IN ('import', 'rerun') AND (kind = 'rerun' OR ask->'new' = 'true') AND dismissed_at IS NULL
		AND (state IN ('waiting', 'running') OR state = 'failed' AND created_at > $2) ORDER BY id DESC LIMIT 20`, user, t.Clock().Add(-keepRecords))
}

// Dismiss takes a task that failed from the lists.
func (t *Tasks) Dismiss(ctx context.Context, id int64) error {
	_, err := t.DB.Exec(ctx, `UPDATE transfer_task SET dismissed_at = now() WHERE id = $1 AND state = 'failed'`, id)
	if err != nil {
		return fmt.Errorf("dismiss transfer %d: %w", id, err)
	}
	return nil
}

// BeingMade reports whether a task is about to make a course of that key.
func (t *Tasks) BeingMade(ctx context.Context, key course.Key) (bool, error) {
	tasks, err := t.query(ctx, t.DB, `lower(course_key) = lower($1) AND state IN ('waiting', 'running') AND (kind = 'rerun' OR ask->'new' = 'true') LIMIT 1`, key.Bare().String())
	return len(tasks) > 0, err
}

// Start begins an export or a re-run.
func (t *Tasks) Start(ctx context.Context, kind Kind, key course.Key, user int64, username string, ask Ask) (id int64, err error) {
	err = pg.InTx(ctx, t.DB, func(tx pgx.Tx) error {
		if err := t.bound(ctx, tx, kind, key, user); err != nil {
			return err
		}
		const query = `INSERT INTO transfer_task (kind, course_key, user_id, username, ask, state) VALUES ($1, $2, $3, $4, $5, 'waiting') RETURNING id`
		text, err := json.Marshal(ask)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, query, kind, key.Bare().String(), user, username, text).Scan(&id); err != nil {
			return fmt.Errorf("begin %s of %s: %w", kind, key, err)
		}
		return t.enqueue(ctx, tx, id)
	})
	return id, err
}

// bound refuses what would be too much in a day, of one course or, for courses that are not there yet, of one person.
func (t *Tasks) bound(ctx context.Context, tx pgx.Tx, kind Kind, key course.Key, user int64) error {
	// Two who begin at once are counted one after the other.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('transfer'), hashtext($1))`, key.Bare().String()); err != nil {
		return fmt.Errorf("begin %s: %w", kind, err)
	}
	var today, twin int
	const query = `
		SELECT count(*) FILTER (WHERE kind = $1 AND created_at > $4 AND state <> 'uploading' AND CASE WHEN $5 THEN user_id = $3 ELSE course_key = $2 END),
		       count(*) FILTER (WHERE kind = 'rerun' AND $1 = 'rerun' AND course_key = $2 AND state IN ('waiting', 'running'))
		FROM   transfer_task
		WHERE  course_key = $2 OR user_id = $3`
	ofPerson := kind == Rerun || key.IsZero()
	if err := tx.QueryRow(ctx, query, kind, key.Bare().String(), user, t.Clock().Add(-aDay), ofPerson).Scan(&today, &twin); err != nil {
		return fmt.Errorf("count transfers: %w", err)
	}
	switch {
	case twin > 0:
		return fault.Conflictf("course %s is being made", key).Say("course.exists")
	case today >= dailyOf && !t.Unlimited:
		return fault.TooManyf("%d of kind %s of %s since yesterday", today, kind, key).Say("transfer.too_many", dailyOf)
	}
	return nil
}

func (t *Tasks) enqueue(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := t.queue.InsertTx(ctx, tx, taskArgs{ID: id}, &jobs.InsertOpts{MaxAttempts: tries})
	return err
}

// begin takes a task up, or anew; ok is false when it is over.
func (t *Tasks) begin(ctx context.Context, id int64) (task Task, ok bool, err error) {
	return first(t.query(ctx, t.DB, `id IN (SELECT id FROM transfer_task WHERE id = $1 AND state IN ('waiting', 'running'))`, id))
}

func (t *Tasks) step(ctx context.Context, id int64, step, done, all int) error {
	_, err := t.DB.Exec(ctx, `UPDATE transfer_task SET state = 'running', step = $2, done = $3, of_all = $4, changed_at = now() WHERE id = $1 AND state IN ('waiting', 'running')`, id, step, done, all)
	if err != nil {
		return fmt.Errorf("note progress of transfer %d: %w", id, err)
	}
	return nil
}

// note keeps what an archive turned out to be, before it is put in force.
func (t *Tasks) note(ctx context.Context, id int64, key course.Key, report *olx.Report) error {
	text, err := json.Marshal(Outcome{Key: key, Report: report})
	if err != nil {
		return err
	}
	if _, err := t.DB.Exec(ctx, `UPDATE transfer_task SET course_key = $2, outcome = $3 WHERE id = $1`, id, key.Bare().String(), text); err != nil {
		return fmt.Errorf("note the report of transfer %d: %w", id, err)
	}
	return nil
}

func (t *Tasks) remember(ctx context.Context, id int64, before modulestore.Head) error {
	text, err := json.Marshal(before)
	if err != nil {
		return err
	}
	if _, err := t.DB.Exec(ctx, `UPDATE transfer_task SET before = $2 WHERE id = $1`, id, text); err != nil {
		return fmt.Errorf("note what transfer %d replaces: %w", id, err)
	}
	return nil
}

func (t *Tasks) fail(ctx context.Context, id int64, p Problem) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if _, err := t.DB.Exec(ctx, `UPDATE transfer_task SET state = 'failed', problem = $2, changed_at = now() WHERE id = $1 AND state IN ('waiting', 'running')`, id, text); err != nil {
		return fmt.Errorf("note that transfer %d failed: %w", id, err)
	}
	return nil
}

func finish(ctx context.Context, q pg.Querier, id int64, step int, o Outcome) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	const query = `
		UPDATE transfer_task SET state = 'done', step = $2, outcome = $3, course_key = $4, done = 0, of_all = 0, changed_at = now()
		WHERE  id = $1 AND state IN ('waiting', 'running')`
	if _, err := q.Exec(ctx, query, id, step, text, o.Key.Bare().String()); err != nil {
		return fmt.Errorf("note that transfer %d is done: %w", id, err)
	}
	return nil
}

// Sweep forgets archives and records that are old.
func (t *Tasks) Sweep(ctx context.Context) error {
	now := t.Clock()
	for _, q := range []struct {
		query string
		age   time.Duration
	}{
		// Whose job ended without a word: it was killed, or panicked, once too often. Others of its course wait for it.
		{`UPDATE transfer_task SET state = 'failed', problem = '{"message": "transfer.failed"}', changed_at = now() WHERE changed_at < $1 AND state IN ('waiting', 'running')`, aDay},
		{`DELETE FROM transfer_task WHERE created_at < $1 AND (state = 'uploading' OR kind = 'export' AND state IN ('done', 'failed'))`, keepArchives},
		{`UPDATE transfer_task SET parts = '{}', sizes = '{}' WHERE created_at < $1 AND state IN ('done', 'failed') AND parts <> '{}'`, keepArchives},
		{`DELETE FROM transfer_task WHERE created_at < $1 AND state IN ('done', 'failed')`, keepRecords},
		{`DELETE FROM transfer_room WHERE hour < $1`, 2 * aDay},
	} {
		if _, err := t.DB.Exec(ctx, q.query, now.Add(-q.age)); err != nil {
			return fmt.Errorf("sweep transfers: %w", err)
		}
	}
	return nil
}

// Uploads lists the uploads of a person into a course that can go on, newest first.
func (t *Tasks) Uploads(ctx context.Context, user int64, key course.Key) ([]Task, error) {
	return t.query(ctx, t.DB, `user_id = $1 AND kind = 'import' AND state = 'uploading' AND course_key = $2 AND received > 0 AND created_at > $3 ORDER BY id DESC`,
		user, key.Bare().String(), t.Clock().Add(-keepArchives))
}

// Latest finds the latest task of a kind about a course, whatever came of it.
func (t *Tasks) Latest(ctx context.Context, kind Kind, key course.Key) (Task, bool, error) {
	list, err := t.List(ctx, kind, key, 1)
	if err != nil || len(list) == 0 {
		return Task{}, false, err
	}
	out, err := t.Find(ctx, list[0].ID)
	return out, err == nil, err
}
