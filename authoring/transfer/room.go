package transfer

import (
	"context"
	"fmt"
	"time"

	"lyceum/internal/fault"
)

// How many archives' worth of bytes are kept in a day, finished or not. What somebody gives up and begins again stays on disk until course
// files are swept, so it counts as well.
const (
	authorsRoom   = 8
	everyonesRoom = 32
)

// hasRoom refuses more bytes of somebody who has brought as many as are kept in a day, and of anybody once all have.
func (t *Tasks) hasRoom(ctx context.Context, user int64) error {
	if t.Unlimited {
		return nil
	}
	const query = `SELECT coalesce(sum(bytes) FILTER (WHERE user_id = $1), 0)::bigint, coalesce(sum(bytes), 0)::bigint FROM transfer_room WHERE hour > $2`
	var own, all int64
	if err := t.DB.QueryRow(ctx, query, user, t.Clock().Add(-aDay-time.Hour)).Scan(&own, &all); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	switch {
	case own >= authorsRoom*t.MaxArchive():
		return fault.TooManyf("user %d has brought %d bytes since yesterday", user, own).After(time.Hour).Say("transfer.no_room")
	case all >= everyonesRoom*t.MaxArchive():
		return fault.TooManyf("%d bytes were brought since yesterday", all).After(time.Hour).Say("transfer.no_room_for_all")
	}
	return nil
}

// takeRoom notes bytes that are kept now.
func (t *Tasks) takeRoom(ctx context.Context, user, size int64) error {
	const query = `INSERT INTO transfer_room (user_id, hour, bytes) VALUES ($1, $2, $3) ON CONFLICT (user_id, hour) DO UPDATE SET bytes = transfer_room.bytes + $3`
	if _, err := t.DB.Exec(context.WithoutCancel(ctx), query, user, t.Clock().UTC().Truncate(time.Hour), size); err != nil {
		return fmt.Errorf("take room: %w", err)
	}
	return nil
}
