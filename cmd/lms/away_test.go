package main

import (
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/pgtest"
)

// doorway stands between the site and PostgreSQL, and can be shut.
type doorway struct {
	url string

	mu    sync.Mutex
	moved *sync.Cond
	state string // "": open; "gone": connections are cut; "silent": taken, and nothing comes through
	conns map[net.Conn]bool
}

// newDoorway stands before a fresh database.
func newDoorway(t *testing.T) *doorway {
	t.Helper()
	config, err := pgx.ParseConfig(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconnAddress(config.Host, config.Port)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &doorway{conns: map[net.Conn]bool{}}
	d.moved = sync.NewCond(&d.mu)
	d.url = (&url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: l.Addr().String(), Path: config.Database, RawQuery: "sslmode=disable"}).String()
	t.Cleanup(func() {
		_ = l.Close()
		d.set("gone")
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial(network, address)
			if err != nil || !d.add(in, out) {
				_ = in.Close()
				continue
			}
			go d.carry(in, out)
			go d.carry(out, in)
		}
	}()
	return d
}

// pgconnAddress is where a server listens, by the way PostgreSQL's clients name it.
func pgconnAddress(host string, port uint16) (network, address string) {
	if strings.HasPrefix(host, "/") {
		return "unix", filepath.Join(host, ".s.PGSQL."+strconv.Itoa(int(port)))
	}
	return "tcp", net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// add takes two ends, unless there is no way through.
func (d *doorway) add(in, out net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == "gone" {
		_ = out.Close()
		return false
	}
	d.conns[in], d.conns[out] = true, true
	return true
}

func (d *doorway) carry(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		d.mu.Lock()
		for d.state == "silent" {
			d.moved.Wait()
		}
		d.mu.Unlock()
		if _, writeErr := to.Write(buf[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// set opens or shuts the way.
func (d *doorway) set(state string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state = state
	if state == "gone" {
		for c := range d.conns {
			_ = c.Close()
		}
		clear(d.conns)
	}
	d.moved.Broadcast()
}

// TestPostgresAway: while PostgreSQL is away, what is open to strangers goes on for everybody, marked; the rest says soon that it
// does not; and all is well within two seconds of its return.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"gone", "silent"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			d := newDoorway(t)
			s := newTestSite(t, "LMS_POSTGRES_URL="+d.url)
			c := s.teach(ownCourse("Away"))
			b := s.person("learner", nil)
			s.enroll(b, c)
			visitor := s.visitor()
			about := "/courses/" + c.Key.String() + "/about"
			open := []string{"/", "/courses", about, asset(c, "open.txt"), "/heartbeat?ready"}
			unit := "/courses/" + c.Key.String() + "/courseware/open/s1/1/"
			for _, path := range append(open, unit, asset(c, "locked.txt")) {
				if got := b.get(path); got.status != http.StatusOK {
					t.Fatalf("%s before: %d %s", path, got.status, got.body)
				}
			}
			const mark = "Your account cannot be reached"
			d.set(state)
			defer d.set("")
			shut := time.Now()
			for { // until it is noticed that sessions cannot be known any more
				got := b.get("/courses")
				if got.status != http.StatusOK {
					t.Fatalf("catalog %v after: %d %s", time.Since(shut), got.status, got.body)
				}
				if strings.Contains(got.body, mark) {
					break
				}
				if time.Since(shut) > 10*time.Second {
					t.Fatal("the catalog is not marked")
				}
				time.Sleep(50 * time.Millisecond)
			}
			for _, path := range open[:4] {
				began := time.Now()
				got := b.get(path)
				if got.status != http.StatusOK || strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && !strings.Contains(got.body, mark) {
					t.Errorf("%s while away: %d %.2000s", path, got.status, got.body)
				}
				if strings.Contains(got.body, "learner@example.com") || path != asset(c, "open.txt") && got.header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s while away: Cache-Control %q", path, got.header.Get("Cache-Control"))
				}
				soon(t, path, began)
				if got := visitor.get(path); got.status != http.StatusOK || strings.Contains(got.body, mark) {
					t.Errorf("%s for a visitor: %d", path, got.status)
				}
			}
			for _, path := range []string{"/dashboard", unit, asset(c, "locked.txt"), "/account/settings"} {
				began := time.Now()
				got := b.get(path, "Accept", "text/html")
				if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
					t.Errorf("%s while away: %d, Retry-After %q", path, got.status, got.header.Get("Retry-After"))
				}
				soon(t, path, began)
			}
			input := "input_" + c.Key.Usage("problem", "p1").HTMLID() + "_2_1"
			check := handler(c, "problem", "p1", "xmodule_handler/problem_check")
			typed := b.do(http.MethodPost, check, form(input, "typed & kept", "submission_id", "1"), "Content-Type", formType, "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
			if typed.status != http.StatusServiceUnavailable || !strings.Contains(typed.body, `name="`+input+`" value="typed &amp; kept"`) || !strings.Contains(typed.body, `name="submission_id" value="1"`) {
				t.Errorf("an answer while away, without scripts: %d %s", typed.status, typed.body)
			}
			d.set("")
			back := time.Now()
			for {
				got := b.get(unit)
				if got.status == http.StatusOK {
					break
				}
				if time.Since(back) > 10*time.Second {
					t.Fatalf("unit page %v after the return: %d", time.Since(back), got.status)
				}
				time.Sleep(20 * time.Millisecond)
			}
			if took := time.Since(back); took > 4*time.Second { // 2 s on a machine that does nothing else
				t.Errorf("pages were back after %v", took)
			}
		})
	}
}

// soon: an answer within 250 ms, and what a busy machine adds to it.
func soon(t *testing.T, path string, began time.Time) {
	t.Helper()
	if took := time.Since(began); took > time.Second {
		t.Errorf("%s took %v", path, took)
	}
}
