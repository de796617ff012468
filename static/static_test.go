package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// answer is a response whose body was read.
type answer struct {
	StatusCode    int
	Header        http.Header
	Body          io.Reader
	ContentLength int64
}

func answerOf(w *httptest.ResponseRecorder) *answer {
	res := w.Result()
	defer func() { _ = res.Body.Close() }()
	return &answer{StatusCode: res.StatusCode, Header: res.Header, Body: w.Body, ContentLength: res.ContentLength}
}

// get asks the handler for a path with header lines "Name: value".
func get(t *testing.T, method, path string, header ...string) *answer {
	t.Helper()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	r := httptest.NewRequest(method, path, nil)
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	Handler(next).ServeHTTP(w, r)
	return answerOf(w)
}

func body(t *testing.T, res *answer) []byte {
	t.Helper()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func unpack(t *testing.T, encoding string, data []byte) []byte {
	t.Helper()
	var from io.Reader = bytes.NewReader(data)
	switch encoding {
	case "br":
		from = brotli.NewReader(from)
	case "gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		from = z
	case "zstd":
		z, err := zstd.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		from = z
	}
	plain, err := io.ReadAll(from)
	if err != nil {
		t.Fatalf("unpack %s: %v", encoding, err)
	}
	return plain
}

func TestManifest(t *testing.T) {
	t.Parallel()
	var m Manifest
	if err := json.Unmarshal(mustRead("manifest.json"), &m); err != nil {
		t.Fatal(err)
	}
	for _, e := range m.Files {
		data := mustRead(e.File)
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:])[:16]; got != e.Hash {
			t.Errorf("%s: hash of the file is %s, want %s of the manifest", e.Name, got, e.Hash)
		}
		if len(data) != e.Size {
			t.Errorf("%s: %d bytes, want %d", e.Name, len(data), e.Size)
		}
		if e.Brotli && !bytes.Equal(unpack(t, "br", mustRead(e.File+".br")), data) {
			t.Errorf("%s.br holds something else", e.Name)
		}
		if strings.Contains(e.Path, "..") || !strings.ContainsAny(e.Path, ".-") {
			t.Errorf("%s: odd path %q", e.Name, e.Path)
		}
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"css/site.css", "js/site.js", "icons.svg", "mathjax/startup.js", "vendor/jquery.min.js", "fonts/inter-latin-wght-normal.woff2"} {
		if url := URL(name); !strings.HasPrefix(url, Prefix) || url == Prefix+name {
			t.Errorf("URL(%q) = %q, want a hashed address", name, url)
		}
	}
	if !strings.HasSuffix(Icon("x"), "#x") {
		t.Errorf("Icon(x) = %q, want a fragment", Icon("x"))
	}
	for name, call := range map[string]func(){"URL": func() { URL("no.css") }, "Icon": func() { Icon("no-such-icon") }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s of an unknown name did not panic", name)
				}
			}()
			call()
		}()
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	want := mustRead("css/site.css")
	cases := []struct{ name, accept, want string }{
		{"none", "", ""},
		{"identity", "identity", ""},
		{"browser", "gzip, deflate, br, zstd", "br"},
		{"no brotli", "gzip, zstd", "zstd"},
		{"gzip", "gzip", "gzip"},
		{"refused", "br;q=0, gzip;q=0.5", "gzip"},
		{"refused in digits", "br;q=0.000, zstd; q=0.0", ""},
		{"unknown", "snappy", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			res := get(t, "GET", URL("css/site.css"), "Accept-Encoding: "+c.accept)
			data := body(t, res)
			if got := res.Header.Get("Content-Encoding"); got != c.want {
				t.Errorf("Content-Encoding = %q, want %q", got, c.want)
			}
			if !bytes.Equal(unpack(t, c.want, data), want) {
				t.Error("content differs")
			}
			if got, want := res.ContentLength, int64(len(data)); got != want {
				t.Errorf("Content-Length = %d, want %d", got, want)
			}
		})
	}
	res := get(t, "GET", URL("fonts/inter-latin-wght-normal.woff2"), "Accept-Encoding: br, gzip")
	if got := res.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a font came with Content-Encoding %q, want none", got)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	got := get(t, "GET", URL("css/site.css"), "Accept-Encoding: br").Header
	for _, volatile := range []string{"Etag", "Content-Length"} {
		if got.Get(volatile) == "" {
			t.Errorf("%s is missing", volatile)
		}
		got.Del(volatile)
	}
	want := http.Header{
		"Accept-Ranges":               {"bytes"},
		"Access-Control-Allow-Origin": {"*"},
		"Cache-Control":               {"public, max-age=31536000, immutable"},
		"Content-Encoding":            {"br"},
		"Content-Type":                {"text/css; charset=utf-8"},
		"Vary":                        {"Accept-Encoding"},
		"X-Content-Type-Options":      {"nosniff"},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("headers (-got +want)\n%s", diff)
	}
}

// TestIcon: the mark is where browsers look without being told, and may change within a day.
func TestIcon(t *testing.T) {
	t.Parallel()
	h := Handler(http.NotFoundHandler())
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/favicon.ico", nil))
		header := w.Result().Header
		if w.Code != http.StatusOK || header.Get("Content-Type") != "image/svg+xml" || header.Get("Cache-Control") != "public, max-age=86400" {
			t.Errorf("%s: %d %v", method, w.Code, header)
		}
		if got := w.Body.String(); (method == "GET") != strings.Contains(got, "<svg") {
			t.Errorf("%s: %q", method, got)
		}
		r := httptest.NewRequest(method, "/favicon.ico", nil)
		r.Header.Set("If-None-Match", header.Get("Etag"))
		w = httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusNotModified {
			t.Errorf("%s again: %d, want 304", method, w.Code)
		}
	}
}

func TestConditional(t *testing.T) {
	t.Parallel()
	url := URL("css/site.css")
	brotliTag := get(t, "GET", url, "Accept-Encoding: br").Header.Get("Etag")
	plainTag := get(t, "GET", url).Header.Get("Etag")
	if brotliTag == plainTag {
		t.Errorf("two encodings share the tag %s", plainTag)
	}
	cases := []struct {
		name, match string
		want        int
	}{
		{"same", brotliTag, http.StatusNotModified},
		{"other encoding", plainTag, http.StatusNotModified},
		{"weak", "W/" + plainTag, http.StatusNotModified},
		{"in a list", `"x", ` + plainTag, http.StatusNotModified},
		{"star", "*", http.StatusNotModified},
		{"other", `"x"`, http.StatusOK},
		{"empty", "", http.StatusOK},
	}
	for _, c := range cases {
		res := get(t, "GET", url, "Accept-Encoding: br", "If-None-Match: "+c.match)
		if res.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", c.name, res.StatusCode, c.want)
		}
		if res.StatusCode == http.StatusNotModified && len(body(t, res)) > 0 {
			t.Errorf("%s: a 304 has a body", c.name)
		}
	}
}

func TestRangesAndMethods(t *testing.T) {
	t.Parallel()
	url := URL("vendor/jquery.min.js")
	whole := mustRead("vendor/jquery.min.js")
	res := get(t, "GET", url, "Range: bytes=10-19", "Accept-Encoding: br")
	if got := body(t, res); res.StatusCode != http.StatusPartialContent || !bytes.Equal(got, whole[10:20]) {
		t.Errorf("range: status %d, %q, want 206 and %q", res.StatusCode, got, whole[10:20])
	}
	if res := get(t, "GET", url, "Range: bytes=99999999-"); res.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("range past the end: status %d, want 416", res.StatusCode)
	}
	res = get(t, "HEAD", url, "Accept-Encoding: br")
	if got := body(t, res); res.StatusCode != http.StatusOK || len(got) != 0 || res.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD: status %d, %d bytes, length %q", res.StatusCode, len(got), res.Header.Get("Content-Length"))
	}
	if res := get(t, "POST", url); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q, want 405", res.StatusCode, res.Header.Get("Allow"))
	}
	for _, other := range []string{"/", "/static/", "/static/css/site.css", "/static/COURSE/a.png", "/staticx", url + "x"} {
		if res := get(t, "GET", other); res.StatusCode != http.StatusTeapot {
			t.Errorf("%s: status %d, want it passed on", other, res.StatusCode)
		}
	}
}

// discard is a ResponseWriter that costs next to nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func BenchmarkServe(b *testing.B) {
	h := Handler(http.NotFoundHandler())
	r := httptest.NewRequest(http.MethodGet, URL("css/site.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	w := discard{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
