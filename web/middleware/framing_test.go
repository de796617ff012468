package middleware

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTwoLengths speaks to a server over a plain socket: what each request is answered, and whether the connection goes on.
func TestTwoLengths(t *testing.T) {
	t.Parallel()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		_, _ = fmt.Fprintf(w, "%s %s", r.URL.Path, body)
	})}
	go func() { _ = server.Serve(Strict(plain)) }()
	t.Cleanup(func() { _ = server.Close() })

	const bad = "400"
	const chunked, length = "Transfer-Encoding: chunked\r\n", "Content-Length: 4\r\n"
	const chunks = "2\r\nab\r\n0\r\n\r\n"
	request := func(path string, parts ...string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(parts, "")
	}
	after := request("/after", "Content-Length: 2\r\n\r\nok")
	cases := []struct {
		name, send string
		want       []string
	}{
		{"length", request("/a", length, "\r\nbody") + after, []string{"/a body", "/after ok"}},
		{"chunks", request("/a", chunked, "\r\n", chunks) + after, []string{"/a ab", "/after ok"}},
		{"chunks with extension and trailer", request("/a", chunked, "Trailer: X\r\n\r\n", "2;x=1\r\nab\r\n0\r\nX: 1\r\n\r\n") + after, []string{"/a ab", "/after ok"}},
		{"none", request("/a", "\r\n") + after, []string{"/a ", "/after ok"}},
		{"both", request("/a", length, chunked, "\r\n", chunks) + after, []string{bad}},
		{"the other way round", request("/a", chunked, length, "\r\n", chunks) + after, []string{bad}},
		{"others between", request("/a", chunked, "A: b\r\n", "CONTENT-LENGTH:4\r\n", "\r\n", chunks) + after, []string{bad}},
		{"zero length", request("/a", chunked, "Content-Length: 0\r\n\r\n", chunks) + after, []string{bad}},
		{"line feeds alone", strings.ReplaceAll(request("/a", length, chunked, "\r\n"), "\r", "") + chunks, []string{bad}},
		{"second request", after + request("/b", length, chunked, "\r\n", chunks) + after, []string{"/after ok", bad}},
		{"behind chunks", request("/a", chunked, "\r\n", chunks) + request("/b", chunked, length, "\r\n", chunks), []string{"/a ab", bad}},
		{"smuggled", request("/a", "Content-Length: 6\r\n", chunked, "\r\n0\r\n\r\nG") + after, []string{bad}},
		{"folded", request("/a", "Transfer-Encoding:\r\n chunked\r\n", length, "\r\n", chunks), []string{bad}},
		{"HTTP/1.0 with chunks", "POST /a HTTP/1.0\r\nHost: x\r\n" + chunked + "\r\n" + chunks, []string{bad}},
		{"in a body", request("/a", "Content-Length: 46\r\n\r\n", chunked, length[:18], "\r\n") + after, []string{"/a " + chunked + length[:18], "/after ok"}},
		{"in other names", request("/a", "X-Transfer-Encoding: chunked\r\n", length, "\r\nbody") + after, []string{"/a body", "/after ok"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", plain.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.WriteString(conn, c.send); err != nil {
				t.Fatal(err)
			}
			_ = conn.(*net.TCPConn).CloseWrite()
			in := bufio.NewReader(conn)
			var got []string
			for {
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					break // the connection ended
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				if res.StatusCode != http.StatusOK {
					got = append(got, fmt.Sprint(res.StatusCode))
					if !res.Close {
						t.Error("the connection goes on")
					}
				} else {
					got = append(got, string(body))
				}
			}
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("answers (-got +want)\n%s", diff)
			}
		})
	}
}

// TestFramingPasses sends good requests of every framing in pieces: not one byte may change.
func TestFramingPasses(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	evil := "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nGET / HTTP/1.1\r\n"
	var sent bytes.Buffer
	for range 300 {
		body := evil[:dice.IntN(len(evil))] + strings.Repeat("x", dice.IntN(200))
		fmt.Fprintf(&sent, "POST /%d HTTP/1.1\r\nHost: x\r\nX: %s\r\n", dice.IntN(10), strings.Repeat("v", dice.IntN(100)))
		switch dice.IntN(3) {
		case 0:
			fmt.Fprintf(&sent, "Content-Length: %d\r\n\r\n%s", len(body), body)
		case 1:
			sent.WriteString("transfer-encoding: Chunked\r\n\r\n")
			for len(body) > 0 {
				n := 1 + dice.IntN(len(body))
				fmt.Fprintf(&sent, "%X\r\n%s\r\n", n, body[:n])
				body = body[n:]
			}
			sent.WriteString("0\r\nA: b\r\n\r\n")
		default:
			sent.WriteString("\r\n")
		}
	}
	whole := sent.Bytes()
	got := bytes.Clone(whole)
	var f framing
	for rest := got; len(rest) > 0; {
		n := min(len(rest), 1+dice.IntN(60))
		f.pass(rest[:n])
		rest = rest[n:]
	}
	if !bytes.Equal(got, whole) {
		t.Error("bytes of good requests were changed")
	}
	if f.malformed || f.at != inRequestLine {
		t.Errorf("the watch ended at %d, malformed %v", f.at, f.malformed)
	}
}

// FuzzFraming: how the bytes are cut into reads does not matter, at most one byte is changed, and nothing panics.
func FuzzFraming(f *testing.F) {
	for _, seed := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nGET / HTTP/1.0\nTransfer-Encoding: x\n\n",
		"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, sent []byte, step uint8) {
		whole, pieces := bytes.Clone(sent), bytes.Clone(sent)
		var one, many framing
		one.pass(whole)
		for rest := pieces; len(rest) > 0; {
			n := min(len(rest), int(step)+1)
			many.pass(rest[:n])
			rest = rest[n:]
		}
		if !bytes.Equal(whole, pieces) {
			t.Errorf("%q in one piece, %q in pieces of %d", whole, pieces, int(step)+1)
		}
		changed := 0
		for i := range sent {
			if sent[i] != whole[i] {
				changed++
			}
		}
		if changed > 1 {
			t.Errorf("%q became %q", sent, whole)
		}
	})
}

func BenchmarkFraming(b *testing.B) {
	head := []byte("POST /courses/course-v1:A+B+C/xblock/x HTTP/1.1\r\nHost: learn.example.edu\r\nUser-Agent: " + strings.Repeat("Mozilla ", 12) +
		"\r\nAccept: */*\r\nCookie: sessionid=" + strings.Repeat("x", 300) + "\r\nContent-Length: 3\r\n\r\na=b")
	var f framing
	for b.Loop() {
		f.pass(head)
	}
}
