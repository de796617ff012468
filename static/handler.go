package static

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// asset is one file with its encodings. The content is read when it is first asked for: most processes never serve most of MathJax.
type asset struct {
	Entry

	plain  variant
	brotli variant
	gzip   variant
	zstd   variant
}

// variant is the content in one encoding, with headers ready to be shared by all answers.
type variant struct {
	once sync.Once
	body []byte

	contentType, contentEncoding, contentLength, etag []string // header values
}

// Header values that are the same for every file. They are shared and never written to.
var (
	cacheForever = []string{"public, max-age=31536000, immutable"}
	anyOrigin    = []string{"*"} // authors' frames have no origin, and their fonts and scripts come from here
	nosniff      = []string{"nosniff"}
	vary         = []string{"Accept-Encoding"}
	acceptBytes  = []string{"bytes"}
)

// smallest is the size from which compression is worth a header.
const smallest = 512

// icon is where browsers, and whatever shows a bookmark, look for a site's mark without being told.
const icon = "/favicon.ico"

// cacheDay is for what has no hash in its name.
var cacheDay = []string{"public, max-age=86400"}

// Handler serves the files of dist, and the mark at /favicon.ico, and passes every other request on to next. Old addresses of a file that has changed since are
// answered by next too, with 404 most likely: pages that name them are older than this process.
func Handler(next http.Handler) http.Handler {
	files := loaded().byPath
	mark := files[URL("images/mark.svg")]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, Prefix) {
			if a, ok := files[r.URL.Path]; ok {
				a.serve(w, r, cacheForever)
				return
			}
		}
		if r.URL.Path == icon {
			mark.serve(w, r, cacheDay)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request, cache []string) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	ranged := r.Header["Range"] != nil
	v := &a.plain
	if !ranged {
		v = a.pick(r.Header["Accept-Encoding"])
	}
	v.once.Do(func() { a.make(v) })
	h["Cache-Control"] = cache
	h["Access-Control-Allow-Origin"] = anyOrigin
	h["X-Content-Type-Options"] = nosniff
	h["Vary"] = vary
	h["Etag"] = v.etag
	if ranged {
		h["Content-Type"] = v.contentType
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(v.body))
		return
	}
	if match := r.Header["If-None-Match"]; match != nil && matches(match[0], a.Hash) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"] = v.contentType
	h["Content-Length"] = v.contentLength
	h["Accept-Ranges"] = acceptBytes
	if v.contentEncoding != nil {
		h["Content-Encoding"] = v.contentEncoding
	}
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(v.body) // the reader went away: nobody is left to be told
}

// pick chooses the smallest encoding the reader takes.
func (a *asset) pick(accept []string) *variant {
	if len(accept) == 0 || a.Size < smallest {
		return &a.plain
	}
	br, zs, gz := encodings(accept)
	switch {
	case br && a.Brotli:
		return &a.brotli
	case zs && a.Brotli: // brotli in dist says that compressing is worth it
		return &a.zstd
	case gz && a.Brotli:
		return &a.gzip
	}
	return &a.plain
}

// encodings reads Accept-Encoding. Only q=0 is heeded among the weights: of what a reader takes, we choose.
func encodings(accept []string) (br, zs, gz bool) {
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(part, ";")
			ok := !refused(weight)
			switch strings.TrimSpace(name) {
			case "br":
				br = ok
			case "zstd":
				zs = ok
			case "gzip", "x-gzip":
				gz = ok
			}
		}
	}
	return br, zs, gz
}

// refused reports whether the parameter is q=0, q=0.0, ...
func refused(weight string) bool {
	q, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
	return ok && strings.Trim(q, "0.") == "" && q != ""
}

// matches reports whether an If-None-Match value names this content in any encoding. One content has the same meaning in every encoding,
// so a reader that changed its encodings still gets its 304.
func matches(header, hash string) bool {
	if header == "*" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		tag := strings.Trim(strings.TrimPrefix(strings.TrimSpace(part), "W/"), `"`)
		if bare, _, _ := strings.Cut(tag, "-"); bare == hash {
			return true
		}
	}
	return false
}

// make reads or compresses the content of v and prepares its headers.
func (a *asset) make(v *variant) {
	var encoding string
	switch v {
	case &a.plain:
		v.body = mustRead(a.File)
	case &a.brotli:
		encoding, v.body = "br", mustRead(a.File+".br")
	case &a.gzip:
		encoding, v.body = "gzip", gzipped(mustRead(a.File))
	case &a.zstd:
		encoding, v.body = "zstd", zstandard(mustRead(a.File))
	}
	v.contentType = []string{a.Type}
	v.contentLength = []string{strconv.Itoa(len(v.body))}
	v.etag = []string{`"` + a.Hash + `"`}
	if encoding != "" {
		v.contentEncoding = []string{encoding}
		v.etag = []string{`"` + a.Hash + "-" + encoding + `"`}
	}
}

// mustRead returns a file of dist; the manifest and the files are embedded together, so a missing one is a broken build.
func mustRead(file string) []byte {
	data, err := dist.ReadFile("dist/" + file)
	if err != nil {
		panic(fmt.Sprintf("static: %v; run: go run ./static/build", err))
	}
	return data
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = z.Write(data)                                  // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func zstandard(data []byte) []byte {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // only for wrong options
	}
	defer func() { _ = z.Close() }()
	return z.EncodeAll(data, nil)
}
