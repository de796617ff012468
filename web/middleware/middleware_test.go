package middleware

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/web/page"
)

var noon = clock.NewFake(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))

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

// serve sends one request through the whole stack.
func serve(c Config, h http.Handler, r *http.Request) *answer {
	if c.Site == nil {
		c.Site = &page.Site{Name: "Lyceum"}
	}
	c.Clock = noon.Now
	w := httptest.NewRecorder()
	Stack(c, h).ServeHTTP(w, r)
	return answerOf(w)
}

func request(method, target string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "learn.example.edu"
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return r
}

var (
	ours = Config{Hosts: []string{"learn.example.edu"}, Trusted: []string{"https://trusted.example"}}
	ok   = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
)

// TestOrigins is the matrix of security section 3.
func TestOrigins(t *testing.T) {
	t.Parallel()
	const cookie, token = "Cookie: csrftoken=0123456789abcdef0123456789abcdef; sessionid=x", "X-CSRFToken: 0123456789abcdef0123456789abcdef"
	cases := []struct {
		name   string
		method string
		header []string
		want   int
	}{
		{"get from anywhere", "GET", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example", cookie}, 200},
		{"own page", "POST", []string{"Sec-Fetch-Site: same-origin", "Origin: http://learn.example.edu", cookie}, 200},
		{"own page, token wrong", "POST", []string{"Sec-Fetch-Site: same-origin", "X-CSRFToken: wrong", cookie}, 200},
		{"own origin alone", "POST", []string{"Origin: http://learn.example.edu", cookie}, 200},
		{"own origin, other case", "PUT", []string{"Origin: HTTP://Learn.Example.edu", cookie}, 200},
		{"same site: the authors' face", "POST", []string{"Sec-Fetch-Site: same-site", "Origin: http://studio.example.edu", cookie}, 403},
		{"same host, other port", "POST", []string{"Sec-Fetch-Site: same-site", "Origin: http://learn.example.edu:8001", cookie}, 403},
		{"same host, other scheme", "POST", []string{"Origin: https://learn.example.edu", cookie}, 403},
		{"cross site", "POST", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example", cookie}, 403},
		{"cross site with the token", "POST", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example", cookie, token}, 403},
		{"cross site without a cookie", "POST", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403},
		{"look-alike", "POST", []string{"Origin: http://learn.example.edu.evil.example", cookie}, 403},
		{"null, a frame of ours", "POST", []string{"Origin: null", cookie}, 403},
		{"null and same-site", "POST", []string{"Origin: null", "Sec-Fetch-Site: cross-site", cookie, token}, 403},
		{"by hand", "POST", []string{"Sec-Fetch-Site: none", cookie}, 403},
		{"by hand, own origin", "POST", []string{"Sec-Fetch-Site: none", "Origin: http://learn.example.edu", cookie}, 200},
		{"two origins", "POST", []string{"Origin: http://learn.example.edu", "Origin: https://evil.example", cookie}, 403},
		{"trusted origin", "POST", []string{"Sec-Fetch-Site: cross-site", "Origin: https://trusted.example", cookie}, 200},
		{"script without cookie", "POST", nil, 200},
		{"script with token", "POST", []string{cookie, token}, 200},
		{"script with token and own referer", "DELETE", []string{cookie, token, "Referer: http://learn.example.edu/x"}, 200},
		{"script with token and foreign referer", "POST", []string{cookie, token, "Referer: https://evil.example/http://learn.example.edu"}, 403},
		{"script without token", "POST", []string{cookie}, 403},
		{"script with wrong token", "POST", []string{cookie, "X-CSRFToken: 1123456789abcdef0123456789abcdef"}, 403},
		{"script with short token", "POST", []string{"Cookie: csrftoken=x", "X-CSRFToken: x"}, 403},
		{"script with empty token", "POST", []string{"Cookie: csrftoken=", "X-CSRFToken: "}, 403},
		{"bearer", "POST", []string{"Authorization: Bearer abc", "Sec-Fetch-Site: cross-site", cookie}, 200},
		{"jwt", "PATCH", []string{"Authorization: JWT a.b.c", cookie}, 200},
		{"basic is no exemption", "POST", []string{"Authorization: Basic YTpi", "Sec-Fetch-Site: cross-site", cookie}, 403},
		{"text that looks like JSON", "POST", []string{"Sec-Fetch-Site: same-origin", "Content-Type: text/plain;charset=UTF-8", cookie}, 415},
		{"preflight", "OPTIONS", []string{"Origin: https://host.evil.example", "Access-Control-Request-Method: POST"}, 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			res := serve(ours, ok, request(c.method, "/x", c.header...))
			if res.StatusCode != c.want {
				t.Errorf("status %d, want %d", res.StatusCode, c.want)
			}
			for name := range res.Header {
				if strings.HasPrefix(name, "Access-Control") {
					t.Errorf("header %s: CORS is off", name)
				}
			}
		})
	}
	form := httptest.NewRequest("POST", "/x", strings.NewReader("csrfmiddlewaretoken=0123456789abcdef0123456789abcdef&a=1"))
	form.Host = "learn.example.edu"
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	form.Header.Set("Cookie", "csrftoken=0123456789abcdef0123456789abcdef")
	var a string
	res := serve(ours, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { a = r.PostFormValue("a") }), form)
	if res.StatusCode != 200 || a != "1" {
		t.Errorf("token in the form: status %d, a = %q", res.StatusCode, a)
	}
	exempt := ours
	exempt.Exempt = func(r *http.Request) bool { return r.URL.Path == "/xqueue/submit/" }
	if res := serve(exempt, ok, request("POST", "/xqueue/submit/", "Sec-Fetch-Site: cross-site")); res.StatusCode != 200 {
		t.Errorf("exempt route: status %d, want 200", res.StatusCode)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		hosts []string
		host  string
		want  int
	}{
		{"configured", []string{"learn.example.edu"}, "learn.example.edu", 200},
		{"with port", []string{"learn.example.edu"}, "Learn.Example.EDU:8000", 200},
		{"with dot", []string{"learn.example.edu:443"}, "learn.example.edu.", 200},
		{"other", []string{"learn.example.edu"}, "evil.example", 421},
		{"longer", []string{"learn.example.edu"}, "learn.example.edu.evil.example", 421},
		{"address when names are set", []string{"learn.example.edu"}, "127.0.0.1", 421},
		{"localhost by default", nil, "localhost:8000", 200},
		{"loopback by default", nil, "127.0.0.1:8000", 200},
		{"IPv6 by default", nil, "[::1]:8000", 200},
		{"address by default", nil, "192.168.1.5", 200},
		{"the machine's name", nil, name + ":8000", 200},
		{"rebinding", nil, "evil.example:8000", 421},
		{"none", nil, "", 421},
	}
	for _, c := range cases {
		r := request("GET", "/", "Host: "+c.host)
		if res := serve(Config{Hosts: c.hosts}, ok, r); res.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", c.name, res.StatusCode, c.want)
		}
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	listed := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	cases := []struct {
		name, peer   string
		header       []string
		client, host string
		secure       bool
	}{
		{"direct", "203.0.113.9:1", nil, "203.0.113.9", "learn.example.edu", false},
		{
			"a stranger's headers", "203.0.113.9:1",
			[]string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"},
			"203.0.113.9", "learn.example.edu", false,
		},
		{"listed", "10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https"}, "198.51.100.7", "learn.example.edu", true},
		{"last hop wins", "10.0.0.1:1", []string{"X-Forwarded-For: 6.6.6.6, 198.51.100.7"}, "198.51.100.7", "learn.example.edu", false},
		{"two lines", "10.0.0.1:1", []string{"X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 198.51.100.7"}, "198.51.100.7", "learn.example.edu", false},
		{"through two of ours", "10.0.0.1:1", []string{"X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.0.0.2"}, "198.51.100.7", "learn.example.edu", false},
		{"proto of the last", "10.0.0.1:1", []string{"X-Forwarded-Proto: https, http"}, "10.0.0.1", "learn.example.edu", false},
		{"host of the proxy", "[::1]:1", []string{"X-Forwarded-Host: other.example.edu"}, "::1", "other.example.edu", false},
		{"nonsense", "10.0.0.1:1", []string{"X-Forwarded-For: unknown"}, "10.0.0.1", "learn.example.edu", false},
		{"with port", "10.0.0.1:1", []string{"X-Forwarded-For: [2001:db8::1]:443"}, "2001:db8::1", "learn.example.edu", false},
		{"mapped", "[::ffff:10.0.0.1]:1", []string{"X-Forwarded-For: ::ffff:198.51.100.7"}, "198.51.100.7", "learn.example.edu", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := request("GET", "/", c.header...)
			r.RemoteAddr = c.peer
			var got page.Facts
			var left string
			serve(Config{Proxies: listed, Hosts: []string{"learn.example.edu", "other.example.edu"}}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, left = page.Known(r), r.Header.Get("X-Forwarded-For")
			}), r)
			if got.Client.String() != c.client || got.Host != c.host || got.Secure != c.secure {
				t.Errorf("client %s, host %s, secure %v, want %s, %s, %v", got.Client, got.Host, got.Secure, c.client, c.host, c.secure)
			}
			if c.name == "a stranger's headers" && left != "" {
				t.Error("a stranger's header is passed on")
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	res := serve(ours, ok, request("GET", "/"))
	for name, want := range map[string]string{
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "strict-origin-when-cross-origin",
		"Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	first := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(first, "script-src 'nonce-") || res.Header.Get("Permissions-Policy") == "" || len(res.Header.Get("X-Request-Id")) != 16 {
		t.Errorf("headers %v", res.Header)
	}
	if res.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS without TLS")
	}
	second := serve(ours, ok, request("GET", "/"))
	if second.Header.Get("Content-Security-Policy") == first || second.Header.Get("X-Request-Id") == res.Header.Get("X-Request-Id") {
		t.Error("nonce or id came twice")
	}
	r := request("GET", "/")
	r.TLS = &tls.ConnectionState{}
	if got := serve(ours, ok, r).Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("HSTS under TLS = %q", got)
	}
}

func TestMethodsAndLength(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{"TRACE": 405, "CONNECT": 405, "BREW": 405, "PROPFIND": 405, "HEAD": 200, "OPTIONS": 200} {
		if res := serve(ours, ok, request(method, "/")); res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", method, res.StatusCode, want)
		}
	}
	if res := serve(ours, ok, request("GET", "/?"+strings.Repeat("x", 9000))); res.StatusCode != http.StatusRequestURITooLong {
		t.Errorf("long address: status %d, want 414", res.StatusCode)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := ours
	c.Site = &page.Site{Name: "Lyceum", Log: slog.New(slog.NewTextHandler(&log, nil))}
	res := serve(c, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret cause") }), request("GET", "/x"))
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 500 || bytes.Contains(body, []byte("secret")) || bytes.Contains(body, []byte(".go:")) {
		t.Errorf("status %d, body %s", res.StatusCode, body)
	}
	if !strings.Contains(log.String(), "secret cause") || !strings.Contains(log.String(), "middleware_test.go") || strings.Count(log.String(), "level=ERROR") != 1 {
		t.Errorf("log %q, want one record with cause and stack", log.String())
	}
}

func TestLogRecord(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := ours
	c.Site = &page.Site{Name: "Lyceum", Log: slog.New(slog.NewTextHandler(&log, nil))}
	serve(c, page.Handler(func(_ http.ResponseWriter, r *http.Request) error {
		page.Note(r, slog.String("course", "course-v1:A+B+C"))
		return fault.NotFoundf("no unit u7")
	}), request("GET", "/x"))
	for _, want := range []string{"level=INFO", "status=404", "kind=not_found", `err="no unit u7"`, "course=course-v1:A+B+C", "path=/x"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log %q lacks %s", log.String(), want)
		}
	}
	if strings.Count(log.String(), "\n") != 1 {
		t.Errorf("log %q, want one record", log.String())
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	c := Config{Limit: func(r *http.Request) int64 {
		switch r.URL.Path {
		case "/small":
			return 10
		case "/any":
			return -1
		}
		return 0
	}}
	read := page.Handler(func(w http.ResponseWriter, r *http.Request) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(w, len(b))
		return err
	})
	c.Site = &page.Site{Name: "Lyceum"}
	srv := httptest.NewServer(Stack(c, read))
	t.Cleanup(srv.Close)
	cases := []struct {
		path   string
		bytes  int
		length bool // announced
		want   int
	}{
		{"/small", 10, true, 200},
		{"/small", 11, true, 413},
		{"/small", 11, false, 413},
		{"/", DefaultLimit, true, 200},
		{"/", DefaultLimit + 1, true, 413},
		{"/any", DefaultLimit + 1, false, 200},
	}
	for _, tc := range cases {
		var body io.Reader = bytes.NewReader(make([]byte, tc.bytes))
		if !tc.length {
			body = io.MultiReader(body) // no length known: chunked
		}
		res, err := http.Post(srv.URL+tc.path, "application/octet-stream", body)
		if err != nil {
			t.Errorf("%s, %d bytes: %v", tc.path, tc.bytes, err)
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode != tc.want {
			t.Errorf("%s, %d bytes, announced %v: status %d, want %d", tc.path, tc.bytes, tc.length, res.StatusCode, tc.want)
		}
	}
}

// deadlines remembers the read deadlines set on a connection.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

func TestPacedBody(t *testing.T) {
	t.Parallel()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	start := time.Now()
	b := &pacedBody{ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, 64<<10))), conn: http.NewResponseController(w), started: start}
	if n, err := io.Copy(io.Discard, b); err != nil || n != 64<<10 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if got, want := w.set[0].Sub(start), slowStart; got != want {
		t.Errorf("first deadline after %v, want %v", got, want)
	}
	last := w.set[len(w.set)-1]
	if before := w.set[len(w.set)-2].Sub(start); !last.IsZero() || before != slowStart+4*time.Second {
		t.Errorf("deadlines end with %v and %v, want 4 s more for 64 KiB, then none", before, last)
	}
}

func TestCompress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("All people by nature desire to know. ", 100)
	answer := func(kind, text string, header ...string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Length", fmt.Sprint(len(text)))
			for _, h := range header {
				name, value, _ := strings.Cut(h, ": ")
				w.Header().Set(name, value)
			}
			_, _ = io.WriteString(w, text)
		})
	}
	cases := []struct {
		name, accept string
		h            http.Handler
		want         string
	}{
		{"zstd", "gzip, br, zstd", answer("text/html; charset=utf-8", long), "zstd"},
		{"gzip", "gzip", answer("text/html", long), "gzip"},
		{"refused", "gzip;q=0, zstd;q=0.0", answer("text/html", long), ""},
		{"none", "", answer("text/html", long), ""},
		{"short", "gzip", answer("text/html", "short"), ""},
		{"picture", "gzip", answer("image/png", long), ""},
		{"packed", "gzip", answer("text/html", long, "Content-Encoding: br"), "br"},
		{"json", "zstd", answer("application/json", long, `Etag: "x"`), "zstd"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			res := serve(ours, c.h, request("GET", "/", "Accept-Encoding: "+c.accept))
			if got := res.Header.Get("Content-Encoding"); got != c.want {
				t.Fatalf("Content-Encoding %q, want %q", got, c.want)
			}
			from := res.Body
			switch c.want {
			case "gzip":
				z, err := gzip.NewReader(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				from = z
			case "zstd":
				z, err := zstd.NewReader(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				defer z.Close()
				from = z
			}
			got, err := io.ReadAll(from)
			if err != nil || string(got) != long && string(got) != "short" {
				t.Errorf("content of %d bytes, %v", len(got), err)
			}
			if c.want == "zstd" || c.want == "gzip" {
				if res.Header.Get("Vary") != "Accept-Encoding" || res.ContentLength == int64(len(long)) {
					t.Errorf("Vary %q, length %d", res.Header.Get("Vary"), res.ContentLength)
				}
			}
			if c.name == "json" && res.Header.Get("Etag") != `W/"x"` {
				t.Errorf("Etag %q, want a weak one", res.Header.Get("Etag"))
			}
		})
	}
}

// TestStream checks that pieces arrive as they are flushed, also when packed.
func TestStream(t *testing.T) {
	t.Parallel()
	more := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "first")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-more
		_, _ = io.WriteString(w, "second")
	})
	srv := httptest.NewServer(Stack(Config{Site: &page.Site{Name: "Lyceum"}}, h))
	t.Cleanup(srv.Close)
	res, err := http.Get(srv.URL) // asks for gzip and unpacks
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "first" {
		t.Fatalf("%q, %v", first, err)
	}
	close(more)
	rest, err := io.ReadAll(res.Body)
	if err != nil || string(rest) != "second" {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestSmuggling(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(Stack(Config{Site: &page.Site{Name: "Lyceum"}}, ok))
	t.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
	answer, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 501")) && !bytes.HasPrefix(answer, []byte("HTTP/1.1 400")) {
		t.Errorf("answer %q, %v, want a refusal and an end", answer, err)
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.log")
	a, err := OpenAccessLog(path, noon.Now)
	if err != nil {
		t.Fatal(err)
	}
	c := ours
	c.Access = a
	r := request("GET", "/courses/?q=%22a", `User-Agent: Mozilla/5.0 "x`+"\n[fake]", "Referer: http://learn.example.edu/")
	r.RemoteAddr = "203.0.113.9:4711"
	serve(c, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.Enter(r, page.Person{ID: 3, Username: "ada"})
		_, _ = io.WriteString(w, "12345")
	}), r)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := a.Reopen(); err != nil {
		t.Fatal(err)
	}
	a.Mask = func(uri string) string { return strings.Replace(uri, "secret", "***", 1) }
	serve(c, page.Handler(func(http.ResponseWriter, *http.Request) error { return fault.NotFoundf("x") }), request("HEAD", "/none?secret"))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path + ".1")
	if err != nil {
		t.Fatal(err)
	}
	want := `203.0.113.9 - ada [02/Mar/2026:12:00:00 +0000] "GET /courses/?q=%22a HTTP/1.1" 200 5 "http://learn.example.edu/" "Mozilla/5.0 \"x\x0A[fake]"` + "\n"
	if string(old) != want {
		t.Errorf("got  %swant %s", old, want)
	}
	now, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(now), `"HEAD /none?*** HTTP/1.1" 404 0 "-" "-"`) || strings.Count(string(now), "\n") != 1 {
		t.Errorf("after reopening: %q", now)
	}
}

func BenchmarkStack(b *testing.B) {
	c := ours
	c.Site = &page.Site{Name: "Lyceum"}
	h := Stack(c, ok)
	r := request("GET", "/", "Accept-Encoding: gzip, deflate, br, zstd", "Sec-Fetch-Site: same-origin")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
