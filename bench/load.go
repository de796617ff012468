package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// figure is what one line of the table measured.
type figure struct {
	rate     float64 // requests a second
	p50, p99 time.Duration
	cpu      time.Duration // processor time of the stack for one request
	bytes    int           // of one answer, headers aside
	n        int
	bad      string // the first answer that was not as it should be
	badCount int
}

// load keeps connections busy for a while, one learner each in turn, and counts the processor time of the given trees. It
// speaks over plain sockets, so that the client costs little.
func load(ctx context.Context, addr string, connections int, length time.Duration, trees []int, request func(connection, n int) []byte) figure {
	var mu sync.Mutex
	var out figure
	var latencies []time.Duration
	var bytes int
	before, began := cpu(trees), time.Now()
	var wg sync.WaitGroup
	for c := range connections {
		wg.Go(func() {
			var own []time.Duration
			var read, bad int
			var first string
			fail := func(why string) {
				if bad++; first == "" {
					first = why
				}
			}
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
			if err != nil {
				fail(err.Error())
			} else {
				defer conn.Close()
				in := bufio.NewReaderSize(conn, 64<<10)
				for n := 0; time.Since(began) < length && ctx.Err() == nil; n++ {
					at := time.Now()
					size, err := exchange(conn, in, request(c, n))
					if err != nil {
						fail(err.Error())
						if !errors.As(err, new(badStatus)) {
							break
						}
						continue
					}
					own = append(own, time.Since(at))
					read += size
				}
			}
			mu.Lock()
			defer mu.Unlock()
			latencies, bytes = append(latencies, own...), bytes+read
			if out.badCount += bad; out.bad == "" {
				out.bad = first
			}
		})
	}
	wg.Wait()
	wall, used := time.Since(began), cpu(trees)-before
	slices.Sort(latencies)
	if out.n = len(latencies); out.n > 0 {
		out.rate, out.cpu, out.bytes = float64(out.n)/wall.Seconds(), used/time.Duration(out.n), bytes/out.n
		out.p50, out.p99 = latencies[out.n/2], latencies[out.n*99/100]
	}
	return out
}

// badStatus is an answer other than 200.
type badStatus struct { //nolint:errname // what it is
	status int
	body   string
}

func (b badStatus) Error() string { return fmt.Sprintf("%d %.200s", b.status, b.body) }

// exchange sends one request and reads its answer, returning the length of the body.
func exchange(conn net.Conn, in *bufio.Reader, request []byte) (int, error) {
	if _, err := conn.Write(request); err != nil {
		return 0, err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(r.Body)
		return 0, badStatus{r.StatusCode, string(text)}
	}
	n, err := io.Copy(io.Discard, r.Body)
	return int(n), err
}
