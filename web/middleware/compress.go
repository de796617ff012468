package middleware

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// smallest is the length from which compressing an answer pays.
const smallest = 1024

// compress packs pages and data on the way out. Our pages hold no secret beside text a stranger chose (there is no token in forms, and the
// nonce is new each time), so their length tells nothing.
func compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		encoding := wanted(r.Header["Accept-Encoding"])
		if encoding == "" || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		p := &packer{ResponseWriter: w, encoding: encoding}
		defer p.close()
		next.ServeHTTP(p, r)
	})
}

// wanted picks zstd before gzip: it costs us a third.
func wanted(accept []string) string {
	best := ""
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(part, ";")
			if q, ok := strings.CutPrefix(strings.TrimSpace(weight), "q="); ok && q != "" && strings.Trim(q, "0.") == "" {
				continue
			}
			switch strings.TrimSpace(name) {
			case "zstd":
				return "zstd"
			case "gzip":
				best = "gzip"
			}
		}
	}
	return best
}

// encoder is what gzip and zstd writers have in common.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

var encoders = map[string]*sync.Pool{
	"gzip": {New: func() any {
		z, err := gzip.NewWriterLevel(nil, 4)
		if err != nil {
			panic(err) // only for a wrong level
		}
		return z
	}},
	"zstd": {New: func() any {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(128<<10))
		if err != nil {
			panic(err) // only for wrong options
		}
		return zstdEncoder{z}
	}},
}

// zstdEncoder makes Reset and Close answer as encoder wants.
type zstdEncoder struct{ *zstd.Encoder }

// packer decides at the first byte whether the answer is packed.
type packer struct {
	http.ResponseWriter
	encoding string
	out      encoder // nil: passed on as it is
	decided  bool
}

// WriteHeader decides by status and headers.
func (p *packer) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		p.ResponseWriter.WriteHeader(status)
		return
	}
	if !p.decided {
		p.decided = true
		p.decide(status)
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *packer) decide(status int) {
	h := p.Header()
	if !packable(h.Get("Content-Type")) || h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" {
		return
	}
	h.Add("Vary", "Accept-Encoding")
	if status == http.StatusNoContent || status == http.StatusNotModified || status == http.StatusPartialContent {
		return
	}
	if n, err := strconv.Atoi(h.Get("Content-Length")); err == nil && n < smallest {
		return
	}
	h.Del("Content-Length")
	h.Set("Content-Encoding", p.encoding)
	if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) {
		h.Set("Etag", "W/"+tag)
	}
	p.out = encoders[p.encoding].Get().(encoder)
	p.out.Reset(p.ResponseWriter)
}

// Write packs or passes on.
func (p *packer) Write(b []byte) (int, error) {
	if !p.decided {
		if p.Header().Get("Content-Type") == "" {
			p.Header().Set("Content-Type", http.DetectContentType(b))
		}
		p.WriteHeader(http.StatusOK)
	}
	if p.out == nil {
		return p.ResponseWriter.Write(b)
	}
	return p.out.Write(b)
}

// Flush sends what there is, for answers that come in pieces.
func (p *packer) Flush() {
	if p.out != nil {
		_ = p.out.Flush() // the reader went away
	}
	_ = http.NewResponseController(p.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (p *packer) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Started reports whether the answer is on its way.
func (p *packer) Started() bool {
	s, ok := p.ResponseWriter.(interface{ Started() bool })
	return p.decided || ok && s.Started()
}

func (p *packer) close() {
	if p.out == nil {
		return
	}
	_ = p.out.Close() // the reader went away
	p.out.Reset(nil)
	encoders[p.encoding].Put(p.out)
	p.out = nil
}

func packable(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.TrimSpace(kind) {
	case "text/html", "text/plain", "text/css", "text/csv", "text/vtt", "text/xml", "text/javascript", "text/markdown",
		"application/json", "application/xml", "application/javascript", "application/atom+xml", "application/rss+xml", "image/svg+xml":
		return true
	}
	return false
}
