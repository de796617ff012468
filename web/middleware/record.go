package middleware

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"lyceum/internal/fault"
	"lyceum/web/page"
)

// record is the outermost middleware: it begins the request's record, ends it with its log lines, and recovers from panics.
func record(c Config, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now() // for the duration; Clock says what time of day it is
		client, secure := unproxy(c.Proxies, r)
		id, nonce := newNames()
		r = page.Begin(r, c.Site, page.Facts{
			ID: id, Nonce: nonce, Client: client, Secure: secure, Host: r.Host, Started: c.Clock.Now(),
		})
		rec := &recorder{ResponseWriter: w, conn: connOf(r)}
		rec.Header()["X-Request-Id"] = []string{id}
		defer func() {
			defer end(c, rec, r, started)
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			page.Note(r, slog.String("stack", string(debug.Stack())))
			page.Fail(rec, r, &fault.Error{Err: fmt.Errorf("panic: %v", cause)})
		}()
		next.ServeHTTP(rec, r)
	})
}

// end writes the request's access line, and its record: at level error for our mistakes, info for others', debug without any.
func end(c Config, rec *recorder, r *http.Request, started time.Time) {
	took := time.Since(started)
	if c.Access != nil {
		c.Access.Log(r, rec.status(), rec.bytes)
	}
	notes, err := page.Outcome(r)
	level := slog.LevelDebug
	switch {
	case rec.status() >= http.StatusInternalServerError:
		level = slog.LevelError
	case err != nil:
		level = slog.LevelInfo
	}
	log := c.Site.Log
	if log == nil || !log.Enabled(r.Context(), level) {
		return
	}
	known := page.Known(r)
	attrs := []slog.Attr{
		slog.String("id", known.ID), slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", rec.status()),
		slog.Duration("took", took), slog.String("client", known.Client.String()),
	}
	if who := page.Viewer(r); who.SignedIn() {
		attrs = append(attrs, slog.Int64("user", int64(who.ID)))
	}
	attrs = append(attrs, notes...)
	if err != nil {
		attrs = append(attrs, slog.String("kind", fault.KindOf(err).String()), slog.Any("err", err))
	}
	log.LogAttrs(r.Context(), level, "request", attrs...)
}

// newNames returns a request's id, 16 hex digits, and its nonce.
func newNames() (id, nonce string) {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:8]), base64.RawURLEncoding.EncodeToString(b[8:])
}

// recorder counts what is sent.
type recorder struct {
	http.ResponseWriter
	conn  *strictConn // that holds back what would be sent in two; may be nil
	code  int
	bytes int64
}

// WriteHeader sends the status once; a second one is a mistake of the handler and is passed over.
func (rec *recorder) WriteHeader(code int) {
	if code >= 100 && code < 200 && code != http.StatusSwitchingProtocols {
		rec.ResponseWriter.WriteHeader(code)
		return
	}
	if rec.code != 0 {
		return
	}
	rec.code = code
	rec.ResponseWriter.WriteHeader(code)
}

// Write sends bytes, with status 200 when none was set.
func (rec *recorder) Write(b []byte) (int, error) {
	if rec.code == 0 {
		rec.code = http.StatusOK
	}
	if rec.conn != nil && len(b) > 2*serverBuffer {
		rec.conn.hold()
		defer rec.conn.release()
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// Started reports whether the answer is on its way.
func (rec *recorder) Started() bool { return rec.code != 0 }

func (rec *recorder) status() int {
	if rec.code == 0 {
		return http.StatusOK
	}
	return rec.code
}
