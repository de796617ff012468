package sink

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/pg"
)

// Outbox keeps lines while the log cannot be written.
type Outbox interface {
	// Put keeps whole lines, of which there are so many.
	Put(ctx context.Context, lines []byte, events int) error
	// Next calls write with the oldest lines nobody else is writing, and forgets them when it returns nil. more is false when there were none.
	Next(ctx context.Context, write func(lines []byte) error) (more bool, err error)
}

// ErrOutboxFull is in the chain of the error for lines past the limit of an outbox.
var ErrOutboxFull = errors.New("outbox is full")

// Postgres is the Outbox in the table tracking_outbox.
type Postgres struct {
	DB    pg.Beginner
	Limit int64 // bytes; 0 means 1 GiB
}

// Put implements Outbox.
func (p Postgres) Put(ctx context.Context, lines []byte, events int) error {
	limit := p.Limit
	if limit == 0 {
		limit = 1 << 30
	}
	const query = `
		INSERT INTO tracking_outbox (lines, events)
		SELECT @lines, @events
		WHERE  (SELECT coalesce(sum(octet_length(lines)), 0) FROM tracking_outbox) + octet_length(@lines::bytea) <= @limit`
	return pgx.BeginFunc(ctx, p.DB, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, query, pgx.StrictNamedArgs{"lines": lines, "events": events, "limit": limit})
		if err != nil {
			return fmt.Errorf("insert %d events into the outbox: %w", events, err)
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("insert %d events: %w", events, ErrOutboxFull)
		}
		return nil
	})
}

// Next implements Outbox. The row stays locked while it is written, so that no other process writes it as well.
func (p Postgres) Next(ctx context.Context, write func(lines []byte) error) (more bool, err error) {
	err = pgx.BeginFunc(ctx, p.DB, func(tx pgx.Tx) error {
		var id int64
		var lines []byte
		const oldest = `
			SELECT id, lines
			FROM   tracking_outbox
			ORDER  BY id
			LIMIT  1
			FOR    UPDATE SKIP LOCKED`
		err := tx.QueryRow(ctx, oldest).Scan(&id, &lines)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("select from the outbox: %w", err)
		}
		if err := write(lines); err != nil {
			return fmt.Errorf("write lines of the outbox: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM tracking_outbox WHERE id = @id`, pgx.StrictNamedArgs{"id": id}); err != nil {
			return fmt.Errorf("delete from the outbox: %w", err)
		}
		more = true
		return nil
	})
	if err != nil {
		return false, err
	}
	return more, nil
}
