package pg

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A server that is stopped, or behind a line that lets nothing through, takes statements and never answers; what waits for it would wait for
// ever. [Watch] notices, and from then on whoever wants a connection is refused at once, until the server answers again.
const (
	quiet  = 750 * time.Millisecond // after nothing was heard for so long, the server is asked
	hush   = time.Second            // after which a question without an answer means silence
	look   = 250 * time.Millisecond // how often that is thought about
	redial = 5 * time.Second        // after which a question over a network is asked on a new connection
	hello  = 3 * hush / 2           // within which a network's other end takes a connection, or answers on an old one
)

// line is the way of a pool to its server, and what is heard on it.
type line struct {
	reads  atomic.Uint64 // how often something came
	silent atomic.Bool

	mu    sync.Mutex
	conns map[*heard]struct{} // open
}

// lineOf finds the line of a pool's connections; where nothing bounds their waits nobody listens, and it is a line of its own.
func lineOf(config *pgx.ConnConfig) *line {
	if wait, ok := config.Tracer.(*waitLimit); ok {
		return &wait.line
	}
	return new(line)
}

// dial wraps a pool's dialer.
func (l *line) dial(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		h := &heard{Conn: conn, line: l}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.conns == nil {
			l.conns = make(map[*heard]struct{})
		}
		l.conns[h] = struct{}{}
		return h, nil
	}
}

// cut ends every connection, so that whoever waits on one is told.
func (l *line) cut() {
	l.mu.Lock()
	open := make([]*heard, 0, len(l.conns))
	for h := range l.conns {
		open = append(open, h)
	}
	l.mu.Unlock()
	for _, h := range open {
		_ = h.Close() // its user gets the error
	}
}

// heard is a connection that tells when something came.
type heard struct {
	net.Conn
	line *line
}

// Read reads and tells.
func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if n > 0 {
		h.line.reads.Add(1)
	}
	return n, err
}

// Close closes.
func (h *heard) Close() error {
	h.line.mu.Lock()
	delete(h.line.conns, h)
	h.line.mu.Unlock()
	return h.Conn.Close()
}

// Watch refuses connections of a pool that [Open] or [OpenWith] made while its server is silent: statements then fail at once, with an error
// of kind Busy. Those that wait already are ended when the silence is longer than a statement may take. changed is told when silence begins
// and when it ends; it may be nil. Watch keeps one connection of its own and returns when ctx ends.
func Watch(ctx context.Context, pool *pgxpool.Pool, changed func(silent bool)) {
	config := pool.Config()
	w := watcher{line: lineOf(config.ConnConfig), config: config.ConnConfig, answers: make(chan error)}
	w.config.Tracer, w.config.ConnectTimeout = nil, 0
	w.config.DialFunc = (&net.Dialer{Timeout: hello}).DialContext
	network, _ := pgconn.NetworkAddress(w.config.Host, w.config.Port)
	w.local = network == "unix"
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		w.asking.Wait()
		w.hangUp()
		w.line.silent.Store(false)
	}()

	ticker := time.NewTicker(look)
	defer ticker.Stop()
	var (
		last  = time.Now() // something was heard
		asked time.Time    // a question that is open; zero for none
		reads = w.line.reads.Load()
		ended bool // those that waited were told
	)
	answered := func() {
		last = time.Now()
		if ended {
			ended = false
			pool.Reset() // what was ended is of no use any more
		}
		if w.line.silent.CompareAndSwap(true, false) && changed != nil {
			changed(false)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case err := <-w.answers:
			asked = time.Time{}
			if err == nil {
				answered()
			}
		case <-ticker.C:
		}
		if now := w.line.reads.Load(); now != reads {
			reads = now
			answered()
		}
		since := time.Since(last)
		if since < quiet {
			continue
		}
		if asked.IsZero() {
			asked = time.Now()
			w.asking.Go(func() { w.ask(ctx) })
		}
		// Where nobody takes connections, questions have no answer at once, and so have statements.
		if time.Since(asked) >= hush && w.line.silent.CompareAndSwap(false, true) && changed != nil {
			changed(true)
		}
		if since >= Normal.Statement && w.line.silent.Load() && !ended {
			ended = true
			w.line.cut()
		}
	}
}

// watcher asks a server whether it answers, one question at a time.
type watcher struct {
	line    *line
	config  *pgx.ConnConfig
	local   bool // nothing is lost on the way, so a question is answered some day
	answers chan error
	asking  sync.WaitGroup
	conn    *pgx.Conn // of the question; nil when there is none
}

func (w *watcher) ask(ctx context.Context) {
	err := w.question(ctx)
	if told, ok := errors.AsType[*pgconn.PgError](err); ok && !strings.HasPrefix(told.Code, "57") {
		err = nil // no room for one more, perhaps: it answers
	}
	select {
	case w.answers <- err:
	case <-ctx.Done():
	}
}

func (w *watcher) question(ctx context.Context) (err error) {
	within := redial
	if w.conn != nil {
		within = hello
	}
	if !w.local {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	if w.conn == nil {
		if w.conn, err = pgx.ConnectConfig(ctx, w.config); err != nil {
			w.conn = nil
			return err
		}
	}
	if err = w.conn.Ping(ctx); err != nil {
		w.hangUp()
	}
	return err
}

func (w *watcher) hangUp() {
	if w.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), look)
	defer cancel()
	_ = w.conn.Close(ctx) // it is given up either way
	w.conn = nil
}
