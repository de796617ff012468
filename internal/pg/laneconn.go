package pg

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// laneConn is a connection that is spoken to in PostgreSQL's own messages. The driver opens it and speaks for itself no more: it would ask
// for the columns of each statement each time, and watch each batch's context by itself.
type laneConn struct {
	net    net.Conn
	pid    uint32
	known  map[*statement]bool // prepared there
	used   time.Time
	writes bool
	broken bool // nothing more can be said on it

	out  []byte
	last int    // length of the longest answer lately
	rest []byte // what came after the last answer, of a message the server sends by itself
}

// dialLane opens a connection with the settings of the pool's.
func dialLane(ctx context.Context, pool *pgxpool.Pool, writes bool) (*laneConn, error) {
	config := pool.Config().ConnConfig.Copy()
	config.Tracer = nil
	params := config.RuntimeParams
	params["application_name"] = cmp.Or(params["application_name"], "lyceum") + " lane"
	params["lock_timeout"], params["statement_timeout"] = milliseconds(laneLock), milliseconds(laneWrite)
	if writes {
		maps.Copy(params, joinOne)
	} else {
		params["statement_timeout"], params["default_transaction_read_only"] = milliseconds(laneRead), "on"
	}
	ctx, cancel := context.WithTimeout(ctx, config.ConnectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := conn.PgConn().SyncConn(ctx); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	h, err := conn.PgConn().Hijack()
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return &laneConn{net: h.Conn, pid: h.PID, known: map[*statement]bool{}, used: time.Now(), writes: writes}, nil
}

// close says goodbye.
func (c *laneConn) close() {
	if !c.broken {
		_ = c.net.SetDeadline(time.Now().Add(time.Second))
		_, _ = c.net.Write([]byte{'X', 0, 0, 0, 4})
	}
	_ = c.net.Close()
}

// idleFor is how long a connection may have been idle to be trusted without asking, as the pool has it.
const idleFor = time.Second

var syncMessage = []byte{'S', 0, 0, 0, 4}

// alive asks the server for a sign of life when the connection has not been used for a while.
func (c *laneConn) alive() bool {
	if time.Since(c.used) < idleFor {
		return true
	}
	_, err := c.exchange(syncMessage, nil, nil)
	return err == nil
}

// run sends a group as one transaction and gives each item what was answered to it. whole is how many, from the first, were answered
// completely. An error means that nothing was committed, unless the connection is broken: then nobody knows.
func (c *laneConn) run(group []*item) (whole int, err error) {
	out := c.out[:0]
	var parsed []*statement
	for _, it := range group {
		for _, s := range it.stmts {
			if !c.known[s] {
				c.known[s] = true
				parsed = append(parsed, s)
				out = append(out, s.parse...)
			}
		}
		out = append(out, it.bind...)
	}
	out = append(out, syncMessage...)
	c.out = out
	return c.exchange(out, group, parsed)
}

// exchange sends messages that end in a Sync and reads what is answered up to the end of the transaction. parsed are the statements the
// messages prepare, in their order; those that were not are unknown again.
func (c *laneConn) exchange(out []byte, group []*item, parsed []*statement) (whole int, err error) {
	defer func() {
		c.used = time.Now()
		for _, s := range parsed {
			delete(c.known, s)
		}
	}()
	lost := func(err error) error {
		c.broken = true
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("lane to PostgreSQL: %w", err)
	}
	_ = c.net.SetDeadline(time.Now().Add(3 * Normal.Statement))
	if _, err := c.net.Write(out); err != nil {
		return 0, lost(err)
	}
	in := append(make([]byte, 0, max(c.last, 512, 2*len(c.rest))), c.rest...) // parts of it are given away
	c.rest = nil
	defer func() { c.last = max(len(in), c.last-c.last/16) }()
	at := 0                    // of the message that comes next
	var ends [groupBatches]int // of the items' answers
	nth := 0                   // statement of the item under way
	var failed *pgconn.PgError
	var prepared *statement // last
	changed := false        // some statement has other columns than it had
	for {
		for len(in)-at < 5 || len(in)-at < 1+int(binary.BigEndian.Uint32(in[at+1:])) {
			if len(in) == cap(in) {
				in = append(in, make([]byte, cap(in))...)[:len(in)]
			}
			n, err := c.net.Read(in[len(in):cap(in)])
			if n == 0 && err != nil {
				if failed != nil {
					c.broken = true
					return 0, failed // the server said why it hung up
				}
				return 0, lost(err)
			}
			in = in[:len(in)+n]
		}
		kind, size := in[at], 1+int(binary.BigEndian.Uint32(in[at+1:]))
		if size < 5 || size > 1<<30 {
			return 0, lost(fmt.Errorf("message %q of %d bytes", kind, size))
		}
		body := in[at+5 : at+size]
		at += size
		switch kind {
		case '1': // ParseComplete
			if len(parsed) > 0 {
				prepared, parsed = parsed[0], parsed[1:]
			}
		case 'T', 'n': // RowDescription, NoData
			if prepared != nil && (kind == 'T' && !prepared.describedAs(body) || kind == 'n' && len(prepared.fields) > 0) {
				changed = true
			}
		case 'C', 'I': // CommandComplete, EmptyQueryResponse
			if nth++; whole < len(group) && nth == len(group[whole].stmts) {
				ends[whole], nth = at, 0
				whole++
			}
		case 'E':
			if failed == nil {
				failed = readError(body)
			}
		case 'Z': // ReadyForQuery: with failed nil, committed
			c.rest = bytes.Clone(in[at:])
			if changed && !c.writes { // what was read is read again; what was written stays, and its results are of constants
				return 0, errChanged
			}
			if failed != nil {
				give(group[:whole], in, ends[:])
				return whole, failed
			}
			if whole != len(group) || len(body) != 1 || body[0] != 'I' {
				return 0, lost(errors.New("the answers are not those of the questions"))
			}
			give(group, in, ends[:])
			return whole, nil
		}
	}
}

// give gives items their parts of what was answered.
func give(group []*item, in []byte, ends []int) {
	start := 0
	for i, it := range group {
		it.raw = in[start:ends[i]:ends[i]]
		for _, part := range it.of {
			part.raw = it.raw
		}
		start = ends[i]
	}
}

func readError(body []byte) *pgconn.PgError {
	var m pgproto3.ErrorResponse
	if err := m.Decode(body); err != nil {
		return &pgconn.PgError{Code: "08P01", Message: err.Error()}
	}
	return pgconn.ErrorResponseToPgError(&m)
}
