package pg

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestLaneRest: what the server says by itself after an answer may come in parts; the next answer begins where it ends.
func TestLaneRest(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		defer there.Close()
		ready := message('Z', func(b []byte) []byte { return append(b, 'I') })
		said := message('S', func(b []byte) []byte { return append(b, "TimeZone\x00UTC\x00"...) })
		hello := message('C', func(b []byte) []byte { return append(b, "SELECT 1\x00"...) })
		for _, answer := range [][]byte{
			append(append([]byte{}, ready...), said[:7]...),
			append(append(append([]byte{}, said[7:]...), hello...), ready...),
		} {
			if _, err := io.ReadFull(there, make([]byte, len(syncMessage))); err != nil {
				return
			}
			if _, err := there.Write(answer); err != nil {
				return
			}
		}
	}()
	c := &laneConn{net: here, known: map[*statement]bool{}, used: time.Now()}
	if _, err := c.exchange(syncMessage, nil, nil); err != nil {
		t.Fatal(err)
	}
	it := &item{stmts: []*statement{{}}}
	if whole, err := c.exchange(syncMessage, []*item{it}, nil); err != nil || whole != 1 {
		t.Fatalf("%d whole, %v", whole, err)
	}
	r := results{raw: it.raw, stmts: it.stmts}
	r.turn(0)
	if tag, err := r.Exec(); err != nil || tag != pgconn.NewCommandTag("SELECT 1") {
		t.Errorf("got %q, %v", tag, err)
	}
}
