package middleware

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// handshakeTime is how long a client may take to agree on TLS.
const handshakeTime = 10 * time.Second

// StrictTLS is [Strict] for a listener whose connections are to speak TLS. Only the handshake tells whether a connection speaks HTTP/2,
// which has frames instead of lengths and for which net/http wants the TLS connection itself; so handshakes are done here, beside each
// other, before a connection is handed out. The server's TLSConfig is to be config.
func StrictTLS(l net.Listener, config *tls.Config) net.Listener {
	out := &tlsListener{Listener: l, config: config, conns: make(chan accepted), closed: make(chan struct{})}
	go out.run()
	return out
}

type tlsListener struct {
	net.Listener
	config *tls.Config
	conns  chan accepted
	closed chan struct{}
	once   sync.Once
}

type accepted struct {
	conn net.Conn
	err  error
}

// run accepts until the listener is closed.
func (l *tlsListener) run() {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			// Those that pass are waited for by whoever calls Accept, who is not given another meanwhile.
			if !l.give(accepted{err: err}) {
				return
			}
			continue
		}
		go l.agree(conn)
	}
}

// agree does one handshake. One that fails is left to net/http to say so in its way.
func (l *tlsListener) agree(conn net.Conn) {
	secure := tls.Server(conn, l.config)
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	defer cancel()
	out := net.Conn(secure)
	if err := secure.HandshakeContext(ctx); err == nil && secure.ConnectionState().NegotiatedProtocol != "h2" {
		out = &strictTLSConn{Conn: secure}
	}
	if !l.give(accepted{conn: out}) {
		_ = conn.Close()
	}
}

func (l *tlsListener) give(a accepted) bool {
	select {
	case l.conns <- a:
		return true
	case <-l.closed:
		return false
	}
}

// Accept returns the next connection that has agreed on TLS.
func (l *tlsListener) Accept() (net.Conn, error) {
	select {
	case a := <-l.conns:
		return a.conn, a.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept, and drops the connections that have not agreed yet.
func (l *tlsListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// strictTLSConn speaks HTTP/1; its ConnectionState is how net/http knows of the TLS.
type strictTLSConn struct {
	*tls.Conn
	framing framing
}

// Read reads and watches.
func (c *strictTLSConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.framing.pass(p[:n])
	return n, err
}
