package middleware

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"lyceum/web/page"
)

// DefaultLimit is how many bytes of a body are read where a route says nothing else.
const DefaultLimit = 1 << 20

// A body may take as long as slowStart and then one second for every slowest bytes.
const (
	slowStart = 10 * time.Second
	slowest   = 16 << 10
)

// limitBody refuses bodies that are too large, at once when the length is announced, else when it is reached, and ends those that come
// too slowly.
func limitBody(c Config, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		limit := int64(DefaultLimit)
		if c.Limit != nil {
			if n := c.Limit(r); n != 0 {
				limit = n
			}
		}
		if limit > 0 && r.ContentLength > limit {
			w.Header().Set("Connection", "close") // the rest of the body is not read
			page.Fail(w, r, page.TooLarge(limit, fmt.Errorf("body of %d bytes, limit %d", r.ContentLength, limit)))
			return
		}
		r.Body = &pacedBody{ReadCloser: r.Body, conn: http.NewResponseController(w), started: time.Now()}
		if limit > 0 {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}
		next.ServeHTTP(w, r)
	})
}

// pacedBody moves the connection's read deadline on as bytes arrive.
type pacedBody struct {
	io.ReadCloser
	conn    *http.ResponseController
	started time.Time
	read    int64
	stopped bool
}

// Read reads under a deadline that depends on how much has come so far.
func (b *pacedBody) Read(p []byte) (int, error) {
	if !b.stopped {
		allowed := slowStart + time.Duration(b.read)*time.Second/slowest
		_ = b.conn.SetReadDeadline(b.started.Add(allowed)) // not every connection has one
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err != nil && !b.stopped {
		// The server goes on reading to notice that the client leaves; the deadline must not end the handler.
		b.stopped = true
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}
