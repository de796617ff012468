package submission

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/state"
)

func (s *Service) findReceipt(ctx context.Context, user learner.ID, id string) (*state.Receipt, error) {
	var b pgx.Batch
	var found *state.Receipt
	state.QueueReceipt(&b, user, id, func(r *state.Receipt) { found = r })
	if err := s.DB.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("find receipt: %w", err)
	}
	return found, nil
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
	sum := sha256.Sum256(slices.Concat([]byte("submit "), []byte(a.Node.Usage), []byte(" "), text))
	return sum[:16], nil
}

// newID is a random name in the form of a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := make([]byte, 0, 36)
	for i, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}
