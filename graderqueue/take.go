package graderqueue

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Work is an answer handed to a grader.
type Work struct {
	ID    int64
	Key   string // the grader proves with it that it was given the work
	Body  string
	Files map[string]string // name to address
}

// ErrEmpty says that nothing waits.
var ErrEmpty = errors.New("empty")

// take hands out the answer that has waited longest. Others may look at the same moment: each gets another one.
const take = `
	UPDATE grader_submission s
	SET    pulled = $2, pull_key = $3, grader = $4, due = $2 + q.delay
	FROM   grader_queue q
	WHERE  q.name = s.queue AND s.id = (
		SELECT id FROM grader_submission
		WHERE  queue = $1 AND ended IS NULL AND reply IS NULL AND NOT away AND due <= $2
		ORDER  BY arrived, id
		LIMIT  1
		FOR UPDATE SKIP LOCKED)
	RETURNING s.id, s.body, ARRAY(SELECT name FROM grader_file f WHERE f.submission = s.id ORDER BY name)`

// Take gives the oldest answer of a queue to a grader at the given address. ErrEmpty says that there is none.
func (s *Service) Take(ctx context.Context, queue, grader string) (Work, error) {
	w := Work{Key: newKey()}
	var names []string
	err := s.DB.QueryRow(ctx, take, queue, s.now(), w.Key, grader).Scan(&w.ID, &w.Body, &names)
	if errors.Is(err, pgx.ErrNoRows) {
		return Work{}, ErrEmpty
	}
	if err != nil {
		return Work{}, fmt.Errorf("take from queue %q: %w", queue, err)
	}
	w.Files = s.fileURLs(w.ID, names)
	return w, nil
}

// What may be wrong with a grader's result; the texts are the contract's.
var (
	ErrNoSubmission = errors.New("Submission does not exist")
	ErrKey          = errors.New("Incorrect key for submission") //nolint:staticcheck // as graders know it
)

// Return keeps a grader's reply, to be delivered. The key must be the one of the last taking: who took too long has lost the work. The same
// reply again does nothing. may says whether the grader may work at a queue.
func (s *Service) Return(ctx context.Context, id int64, key, reply string, may func(queue string) bool) error {
	const find = `SELECT queue, coalesce(pull_key, '') FROM grader_submission WHERE id = $1 AND NOT away`
	var queue, want string
	err := s.DB.QueryRow(ctx, find, id).Scan(&queue, &want)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !may(queue) {
		return ErrNoSubmission
	}
	if err != nil {
		return fmt.Errorf("find submission %d: %w", id, err)
	}
	if want == "" || subtle.ConstantTimeCompare([]byte(want), []byte(key)) != 1 {
		return ErrKey
	}
	const keep = `
		UPDATE grader_submission SET reply = $3, returned = $4, due = $4
		WHERE  id = $1 AND pull_key = $2 AND reply IS NULL AND ended IS NULL`
	if _, err := s.DB.Exec(ctx, keep, id, key, reply, s.now()); err != nil {
		return fmt.Errorf("keep the reply to submission %d: %w", id, err)
	}
	s.stir()
	return nil
}
