package middleware

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// net/http sends the head of an answer with what of the body fits beside it in its buffer, and then the rest. The first of the two
// packets wakes the reader for little, and each costs about as much as a small query. So the connection holds the first back while an
// answer is written that will need the second.

// InOneWrite is the ConnContext of a server on the listener of [Strict]: answers that are written at once are also sent at once.
func InOneWrite(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := conn.(*strictConn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

type connKey struct{}

// connOf is the connection of a request, nil where it sends as it likes.
func connOf(r *http.Request) *strictConn {
	c, _ := r.Context().Value(connKey{}).(*strictConn)
	return c
}

// serverBuffer is how much net/http gathers before it writes. What is longer than two of it comes in two writes at least.
const serverBuffer = 4 << 10

// heldPool keeps what holds back, as connections do so for moments only.
var heldPool = sync.Pool{New: func() any { return new([serverBuffer]byte) }}

// hold makes the connection keep the next write back until another follows, or release. Only the goroutine that answers the request may
// call it, and must release.
func (c *strictConn) hold() { c.holding = true }

// release sends what is still held. An error comes back from the next write.
func (c *strictConn) release() {
	c.holding = false
	if c.held != nil {
		_, c.failed = c.sendHeld(nil)
	}
}

// Write sends, or holds back.
func (c *strictConn) Write(p []byte) (int, error) {
	switch {
	case c.failed != nil:
		return 0, c.failed
	case c.held != nil:
		return c.sendHeld(p)
	case c.holding && len(p) <= serverBuffer:
		c.held = heldPool.Get().(*[serverBuffer]byte)
		c.heldLen = copy(c.held[:], p)
		return len(p), nil
	default:
		return c.TCPConn.Write(p)
	}
}

// sendHeld sends what is held and p, and returns how much of p was sent.
func (c *strictConn) sendHeld(p []byte) (int, error) {
	both := net.Buffers{c.held[:c.heldLen], p}
	n, err := both.WriteTo(c.TCPConn)
	heldPool.Put(c.held)
	c.held = nil
	return max(0, int(n)-c.heldLen), err
}
