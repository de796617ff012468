package middleware

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"lyceum/internal/clock"
	"lyceum/web/page"
)

// AccessLog writes one line a request in the combined format. Lines are written at the latest a second after the request.
type AccessLog struct {
	path  string
	clock clock.Clock
	// Mask makes of a request's address what the log may say of it, where it holds a secret; nil hides nothing.
	Mask func(uri string) string

	mu      sync.Mutex
	file    *os.File
	buf     *bufio.Writer
	pending bool // a flush is scheduled
	line    []byte
}

// OpenAccessLog opens or makes the file, readable by its owner and group.
func OpenAccessLog(path string, c clock.Clock) (*AccessLog, error) {
	a := &AccessLog{path: path, clock: c}
	if err := a.Reopen(); err != nil {
		return nil, err
	}
	return a, nil
}

// Reopen starts a new file after the old one was moved away.
func (a *AccessLog) Reopen() error {
	file, err := os.OpenFile(a.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return fmt.Errorf("open access log: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	old, buf := a.file, a.buf
	a.file, a.buf = file, bufio.NewWriterSize(file, 64<<10)
	if old == nil {
		return nil
	}
	if err := buf.Flush(); err != nil {
		_ = old.Close()
		return fmt.Errorf("finish old access log: %w", err)
	}
	return old.Close()
}

// Close writes what is left.
func (a *AccessLog) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.buf.Flush()
	if closeErr := a.file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// Log adds the line of an answered request. A full disk loses lines, never requests.
func (a *AccessLog) Log(r *http.Request, status int, bytes int64) {
	known, uri := page.Known(r), r.RequestURI
	if a.Mask != nil {
		uri = a.Mask(uri)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.line[:0]
	if known.Client.IsValid() {
		b = known.Client.AppendTo(b)
	} else {
		b = append(b, '-')
	}
	b = append(b, " - "...)
	if who := page.Viewer(r); who.Username != "" {
		b = appendSafe(b, who.Username)
	} else {
		b = append(b, '-')
	}
	b = a.clock.Now().AppendFormat(append(b, " ["...), "02/Jan/2006:15:04:05 -0700")
	b = appendSafe(append(b, `] "`...), r.Method)
	b = appendSafe(append(b, ' '), uri)
	b = appendSafe(append(b, ' '), r.Proto)
	b = strconv.AppendInt(append(b, `" `...), int64(status), 10)
	b = strconv.AppendInt(append(b, ' '), bytes, 10)
	b = appendSafe(append(b, ` "`...), orDash(r.Referer()))
	b = appendSafe(append(b, `" "`...), orDash(r.UserAgent()))
	b = append(b, "\"\n"...)
	a.line = b
	_, _ = a.buf.Write(b)
	if !a.pending {
		a.pending = true
		time.AfterFunc(time.Second, a.flush)
	}
}

func (a *AccessLog) flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = false
	_ = a.buf.Flush() // after Close, or on a full disk
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// appendSafe appends a client's text so that it can neither end the line nor the quotes; 4 KiB are enough of it.
func appendSafe(b []byte, s string) []byte {
	for _, c := range []byte(s[:min(len(s), 4096)]) {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c >= 0x7f:
			b = fmt.Appendf(b, `\x%02X`, c)
		default:
			b = append(b, c)
		}
	}
	return b
}
