package graderqueue

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
)

// Submission is an answer to be graded.
type Submission struct {
	Queue    string
	Callback string // where the reply goes: an absolute address, or a path of this site
	Header   string // goes back with the reply, unread
	Body     string // for the grader, unread
	Files    []File
}

// File is a file sent with an answer.
type File struct {
	Name    string
	Content []byte
}

// send retires what the answer supersedes and keeps it, in one statement: $1 queue, $2 requester, $3 callback, $4 header, $5 body,
// $6 away, $7 now, $8 names and $9 contents of files. Callbacks are compared whole: the old service looks at
// their first 128 characters, in which two problems of one learner can be the same.
const send = `
	WITH old AS (
		UPDATE grader_submission SET ended = $7, ending = 'superseded'
		WHERE  callback = $3 AND requester IS NOT DISTINCT FROM $2 AND ended IS NULL),
	new AS (
		INSERT INTO grader_submission (queue, requester, callback, header, body, away, arrived, due)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id)
	INSERT INTO grader_file (submission, name, content)
	SELECT new.id, f.name, f.content
	FROM   new, unnest($8::text[], $9::bytea[]) f (name, content)`

func sendArgs(sub Submission, requester *string, away bool, now time.Time) []any {
	names, contents := make([]string, len(sub.Files)), make([][]byte, len(sub.Files))
	for i, f := range sub.Files {
		names[i], contents[i] = f.Name, append([]byte{}, f.Content...) // nil would be NULL
	}
	return []any{sub.Queue, requester, sub.Callback, sub.Header, sub.Body, away, now, names, contents}
}

// QueueSend puts what sends an answer of this site into b. It is on its way when the transaction is kept.
func (s *Service) QueueSend(b *pgx.Batch, sub Submission) {
	b.Queue(send, sendArgs(sub, nil, s.Away != nil, s.now())...)
	s.stir()
}

// ErrNoQueue is a queue there is none of, or none for who asks. Its text is the contract's.
type ErrNoQueue string //nolint:errname // the name of the queue

func (e ErrNoQueue) Error() string { return "Queue '" + string(e) + "' not found" }

// Waiting says how many answers wait in a queue for a grader, with the one about to be sent; "" when that is not known here. The error is
// an ErrNoQueue when nobody takes answers there.
func (s *Service) Waiting(ctx context.Context, queue string) (string, error) {
	if s.Away != nil {
		return "", nil
	}
	n, err := s.Length(ctx, queue)
	return strconv.Itoa(n + 1), err
}

// Length is how many answers wait in a queue. The error is an ErrNoQueue for a queue there is none of.
func (s *Service) Length(ctx context.Context, queue string) (int, error) {
	const query = `
		SELECT (SELECT count(*) FROM grader_submission s
		        WHERE s.queue = q.name AND ended IS NULL AND reply IS NULL AND NOT away AND due <= $2)
		FROM   grader_queue q WHERE name = $1`
	rows, err := s.DB.Query(ctx, query, queue, s.now())
	if err != nil {
		return 0, fmt.Errorf("length of queue %q: %w", queue, err)
	}
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	switch {
	case err == pgx.ErrNoRows: //nolint:errorlint // as CollectExactlyOneRow returns it
		return 0, ErrNoQueue(queue)
	case err != nil:
		return 0, fmt.Errorf("length of queue %q: %w", queue, err)
	}
	return n, nil
}

// Send keeps an answer of another site, whose program is called requester, and returns how many wait in the queue now.
func (s *Service) Send(ctx context.Context, requester string, sub Submission) (int, error) {
	if sub.Callback == "" || sub.Callback[0] == '/' {
		return 0, fault.Invalidf("callback %q", sub.Callback)
	}
	if _, err := s.Length(ctx, sub.Queue); err != nil {
		return 0, err
	}
	if _, err := s.DB.Exec(ctx, send, sendArgs(sub, &requester, false, s.now())...); err != nil {
		return 0, fmt.Errorf("keep an answer for queue %q: %w", sub.Queue, err)
	}
	s.stir()
	return s.Length(ctx, sub.Queue)
}
