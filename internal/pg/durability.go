package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// DurabilitySettings are the server settings that decide whether a commit is on disk when it is acknowledged.
type DurabilitySettings struct {
	Fsync             string
	SynchronousCommit string
	FullPageWrites    string
}

// Durability reads the settings as this connection's user sees them.
func Durability(ctx context.Context, q Querier) (DurabilitySettings, error) {
	const query = `
		SELECT current_setting('fsync')              AS fsync,
		       current_setting('synchronous_commit') AS synchronous_commit,
		       current_setting('full_page_writes')   AS full_page_writes`
	rows, err := q.Query(ctx, query)
	if err != nil {
		return DurabilitySettings{}, fmt.Errorf("read durability settings: %w", err)
	}
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DurabilitySettings])
	if err != nil {
		return DurabilitySettings{}, fmt.Errorf("read durability settings: %w", err)
	}
	return got, nil
}

// Weak lists, as "name=value", each setting under which an acknowledged commit can be lost; an empty list means commit means disk.
func (d DurabilitySettings) Weak() []string {
	var weak []string
	if d.Fsync != "on" {
		weak = append(weak, "fsync="+d.Fsync)
	}
	// remote_apply waits for more than on; local and remote_write for less.
	if d.SynchronousCommit != "on" && d.SynchronousCommit != "remote_apply" {
		weak = append(weak, "synchronous_commit="+d.SynchronousCommit)
	}
	if d.FullPageWrites != "on" {
		weak = append(weak, "full_page_writes="+d.FullPageWrites)
	}
	return weak
}
