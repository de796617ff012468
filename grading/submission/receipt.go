package submission

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
	"lyceum/learner"
)

// receipt is a stored submission.
type receipt struct {
	id           string
	hash         []byte
	reply        Reply
	stateVersion int64
	gradeVersion *int64
	created      time.Time
}

const insertSubmission = `
	INSERT INTO submission (user_id, submission_id, course_key, usage_key, request_hash, result, state_version, grade_version, created)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

const selectSubmission = `
	SELECT submission_id, request_hash, result, state_version, grade_version, created
	FROM   submission
	WHERE  user_id = $1 AND submission_id = $2`

const deleteSubmissions = `DELETE FROM submission WHERE created < $1`

func (r *receipt) queue(b *pgx.Batch, a *Asked) {
	text, err := json.Marshal(r.reply)
	if err != nil {
		panic(err) // numbers were checked to be finite, the rest is text
	}
	b.Queue(insertSubmission, int64(a.User), r.id, a.Course.Key.String(), a.Node.Key.String(), r.hash, string(text),
		r.stateVersion, r.gradeVersion, r.created)
}

func queueReceipt(b *pgx.Batch, user learner.ID, id string, use func(*receipt)) {
	b.Queue(selectSubmission, int64(user), id).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			var r receipt
			var text []byte
			if err := rows.Scan(&r.id, &r.hash, &text, &r.stateVersion, &r.gradeVersion, &r.created); err != nil {
				return fmt.Errorf("read submission: %w", err)
			}
			if err := json.Unmarshal(text, &r.reply); err != nil {
				return fmt.Errorf("read submission %s: %w", r.id, err)
			}
			r.created = r.created.UTC()
			use(&r)
		}
		return rows.Err()
	})
}

func (s *Service) findReceipt(ctx context.Context, user learner.ID, id string) (*receipt, error) {
	var b pgx.Batch
	var found *receipt
	queueReceipt(&b, user, id, func(r *receipt) { found = r })
	if err := s.DB.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	return found, nil
}

// Sweep forgets submissions older than before, whose tokens nobody sends again; states and grades are not touched. It returns how many.
func (s *Service) Sweep(ctx context.Context, before time.Time) (int64, error) {
	tag, err := s.DB.Exec(ctx, deleteSubmissions, before.UTC())
	if err != nil {
		return 0, fmt.Errorf("sweep submissions: %w", err)
	}
	return tag.RowsAffected(), nil
}

// maxToken is the longest token a page may send, in bytes.
const maxToken = 64

// checkToken refuses tokens that are none of ours.
func checkToken(token string) error {
	if len(token) > maxToken {
		return fault.Invalidf("submission token of %d bytes", len(token))
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c > '~' {
			return fault.Invalidf("submission token %q", token)
		}
	}
	return nil
}

// requestHash tells equal answers from different ones.
func requestHash(a *Asked, answers capa.Answers) ([]byte, error) {
	text, err := json.Marshal(answers)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte("submit "+a.Node.Key.String()+" "), text...))
	return sum[:16], nil
}

// newID is a random name in the form of a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
