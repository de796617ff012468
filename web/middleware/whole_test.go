package middleware

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lyceum/internal/clock"
	"lyceum/web/page"
)

// TestOneWrite: a write that is held goes out with the next, or when it is let go.
func TestOneWrite(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := Strict(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	c := accepted.(*strictConn)
	write := func(text string) {
		t.Helper()
		if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("write %q: %d, %v", text, n, err)
		}
	}
	arrives := func(want string) {
		t.Helper()
		got := make([]byte, 100)
		if err := client.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, _ := client.Read(got)
		if string(got[:n]) != want {
			t.Fatalf("got %q, want %q", got[:n], want)
		}
	}
	write("a")
	arrives("a")
	c.hold()
	write("b")
	arrives("")
	write("c")
	arrives("bc")
	c.release()
	c.hold()
	write("d")
	arrives("")
	c.release()
	arrives("d")
	write("e")
	arrives("e")
	c.hold()
	write("f")
	_ = client.Close()
	_ = c.CloseWrite()
	c.release()
	if _, err := c.Write([]byte("g")); err == nil {
		t.Error("what was held could not be sent, and nobody was told")
	}
}

// TestWholeAnswers: however an answer is written, and whatever follows on the connection, every byte arrives once and in order.
func TestWholeAnswers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	length := true
	text := bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuvwxyz\n"), 4000)
	handler := Stack(Config{Site: &page.Site{}, Clock: clock.System}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		total := 0
		for _, n := range sizes {
			total += n
		}
		if length {
			w.Header().Set("Content-Length", strconv.Itoa(total))
		}
		at := 0
		for _, n := range sizes {
			if _, err := w.Write(text[at : at+n]); err != nil {
				t.Error(err)
			}
			at += n
		}
	}))
	server := &http.Server{Handler: handler, ConnContext: InOneWrite, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(Strict(l)) }()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	rapid.Check(t, func(t *rapid.T) {
		sizes = rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 700, 2048, 3000, 4095, 4096, 4097, 8191, 8192, 8193, 12000, 40000}), 0, 3).Draw(t, "sizes")
		length = rapid.Bool().Draw(t, "length")
		r, err := client.Get("http://" + l.Addr().String() + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		got, err := io.ReadAll(r.Body)
		total := 0
		for _, n := range sizes {
			total += n
		}
		if err != nil || !bytes.Equal(got, text[:total]) {
			t.Fatalf("sizes %v: %d bytes, %v", sizes, len(got), err)
		}
	})
}
