package state

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/learner"
)

// Position is the place in a container (course, section, subsection) a learner was at last: 1-based, 0 when there is none. It may be
// out of range when the course has changed.
func (r Record) Position() int {
	if rest, ok := bytes.CutPrefix(r.State, []byte(`{"position": `)); ok && r.Version > 0 { // as it is written here
		if digits, ok := bytes.CutSuffix(rest, []byte("}")); ok {
			if n, err := strconv.ParseUint(string(digits), 10, 30); err == nil && digits[0] != '0' {
				return int(n) //nolint:gosec // of 30 bits
			}
		}
	}
	var s struct {
		Position float64 `json:"position"`
	}
	if r.Version == 0 || json.Unmarshal(r.State, &s) != nil || s.Position < 1 || s.Position > 1<<30 {
		return 0
	}
	return int(s.Position)
}

// Place is a position to keep.
type Place struct {
	Container course.UsageKey
	Position  int // 1-based
}

// QueuePositions puts the writes of positions, usually those up the tree from one unit, into b.
func QueuePositions(b *pgx.Batch, user learner.ID, c course.Key, places []Place, now time.Time) {
	for _, p := range places {
		QueueMerge(b, user, c, p.Container, json.RawMessage(fmt.Sprintf(`{"position": %d}`, p.Position)), now)
	}
}

// SetPositions keeps positions.
func (s *Store) SetPositions(ctx context.Context, user learner.ID, c course.Key, places []Place, now time.Time) error {
	var b pgx.Batch
	QueuePositions(&b, user, c, places, now)
	if err := s.db.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("set positions: %w", err)
	}
	return nil
}
