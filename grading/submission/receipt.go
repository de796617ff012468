package submission

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
	"lyceum/internal/jsonappend"
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
func requestHash(a *Asked, sent Answer) ([]byte, error) {
	text := make([]byte, 0, 512)
	text = append(text, "submit "...)
	text = append(text, a.Node.Usage...)
	text = append(text, ' ')
	text, err := appendAnswers(text, sent.Answers)
	if err != nil {
		return nil, err
	}
	for _, f := range sent.Files {
		content := sha256.Sum256(f.Content)
		text = append(text, content[:]...)
	}
	sum := sha256.Sum256(text)
	return sum[:16], nil
}

// appendAnswers appends answers as encoding/json writes them.
func appendAnswers(b []byte, answers capa.Answers) ([]byte, error) {
	if answers == nil {
		return append(b, "null"...), nil
	}
	var room [16]string
	b = append(b, '{')
	for i, id := range sortedKeys(room[:0], answers) {
		b = jsonappend.Name(b, i, id)
		var err error
		if b, err = appendStored(b, answers[id]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// appendStored appends an answer as it is stored.
func appendStored(b []byte, a capa.Answer) ([]byte, error) {
	if s, ok := a.Text(); ok {
		return jsonappend.String(b, s), nil
	}
	if list, ok := a.List(); ok {
		return jsonappend.Strings(b, list), nil
	}
	text, err := json.Marshal(a)
	return append(b, text...), err
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
