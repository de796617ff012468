package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/pgtest"
	"lyceum/sample"
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
			if d.shut() { // the server behind hears nothing of it
				_ = in.Close()
				continue
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

func (d *doorway) shut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state == "gone"
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
			if state == "silent" {
				awaitSilence(t, b)
			}
			for _, path := range open[:4] {
				got := soon(t, path, func() reply { return b.get(path) })
				if got.status != http.StatusOK || strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && !strings.Contains(got.body, mark) {
					t.Errorf("%s while away: %d %.2000s", path, got.status, got.body)
				}
				if strings.Contains(got.body, "learner@example.com") || path != asset(c, "open.txt") && got.header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s while away: Cache-Control %q", path, got.header.Get("Cache-Control"))
				}
				if got := soon(t, path, func() reply { return visitor.get(path) }); got.status != http.StatusOK || strings.Contains(got.body, mark) {
					t.Errorf("%s for a visitor: %d", path, got.status)
				}
			}
			for _, path := range []string{"/dashboard", unit, asset(c, "locked.txt"), "/account/settings"} {
				got := soon(t, path, func() reply { return b.get(path, "Accept", "text/html") })
				if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "Everything that was shown to you as saved is safe") {
					t.Errorf("%s while away: %d, Retry-After %q", path, got.status, got.header.Get("Retry-After"))
				}
			}
			for _, path := range []string{"/login", "/register"} { // of people without a session
				got := soon(t, path, func() reply {
					return visitor.post(path, "email", "nora@example.com", "username", "nora", "name", "Nora", "password", goodPassword, "honor_code", "true")
				})
				if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, `value="nora@example.com"`) {
					t.Errorf("POST %s while away: %d %s", path, got.status, got.body)
				}
			}
			input := "input_" + c.Key.Usage("problem", "p1").HTMLID() + "_2_1"
			check := handler(c, "problem", "p1", "xmodule_handler/problem_check")
			typed := b.do(http.MethodPost, check, form(input, "typed & kept", "submission_id", "1"), "Content-Type", formType, "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
			if typed.status != http.StatusServiceUnavailable || !strings.Contains(typed.body, `name="`+input+`" value="typed &amp; kept"`) || !strings.Contains(typed.body, `name="submission_id" value="1"`) {
				t.Errorf("an answer while away, without scripts: %d %s", typed.status, typed.body)
			}
			d.set("")
			back := time.Now()
			connected := make(chan time.Duration, 1)
			go func() { connected <- connectTime(d.url) }()
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
			took := time.Since(back)
			if busy := <-connected; took > 2*time.Second+2*busy {
				t.Errorf("pages were back after %v, beside a connection in %v", took, busy)
			}
		})
	}
}

// connectTime is how long it takes now to connect to a server: next to nothing, where the machine is not busy.
func connectTime(url string) time.Duration {
	began := time.Now()
	if conn, err := pgx.Connect(context.Background(), url); err == nil {
		_ = conn.Close(context.Background())
	}
	return time.Since(began)
}

// awaitSilence waits until the server knows that PostgreSQL is silent.
func awaitSilence(t *testing.T, b *browser) {
	t.Helper()
	for shut := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		began := time.Now()
		if got := b.get("/heartbeat?ready"); got.status == http.StatusServiceUnavailable && time.Since(began) < 50*time.Millisecond {
			return
		}
		if time.Since(shut) > 10*time.Second {
			t.Fatal("the server does not notice that PostgreSQL is silent")
		}
	}
}

// soon asks for an answer within 250 ms. A busy machine may take longer once and twice; who waits for a store takes as long each time.
func soon(t *testing.T, what string, ask func() reply) reply {
	t.Helper()
	for try := 1; ; try++ {
		began := time.Now()
		got := ask()
		took := time.Since(began)
		if took <= 250*time.Millisecond {
			return got
		}
		if try == 3 {
			t.Errorf("%s took %v", what, took)
			return got
		}
	}
}

// TestPostgresStopped: the private PostgreSQL, with the courses in it, is stopped as a whole: it takes what is sent and never answers.
// What was asked before the server knows is ended; a short stop ends nothing.
func TestPostgresStopped(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("finds the processes of PostgreSQL in /proc")
	}
	dir := dataDir(t)
	p := serve(t, dir)
	key, err := course.ParseKey(sample.Key)
	if err != nil {
		t.Fatal(err)
	}
	b := p.learner("ann", key)
	visitor := p.client()
	home := "/courses/" + sample.Key + "/course/"
	if got := b.get(home); got.status != http.StatusOK {
		t.Fatalf("before: %d %s", got.status, got.body)
	}

	// Shorter than it takes to be sure: whoever waits gets the page.
	resume := p.stopPostgres()
	late := make(chan reply, 1)
	go func() {
		got, err := p.client().send(http.MethodPost, "/login", form("email", "ann@example.com", "password", goodPassword), "Content-Type", formType, "Origin", p.url)
		if err != nil {
			got.body = err.Error()
		}
		late <- got
	}()
	time.Sleep(time.Second) // the stop itself is what is tried
	resume()
	if got := <-late; got.status != http.StatusSeeOther {
		t.Errorf("a stop of a second: %d %.500s", got.status, got.body)
	}

	resume = p.stopPostgres()
	go func() { // asked before anybody knows
		got, err := p.client().send(http.MethodPost, "/login", form("email", "ann@example.com", "password", goodPassword), "Content-Type", formType, "Origin", p.url)
		if err != nil {
			got.body = err.Error()
		}
		late <- got
	}()
	awaitSilence(t, b)
	for _, path := range []string{"/", "/courses", "/courses/" + sample.Key + "/about", "/tos"} {
		for _, who := range []*browser{b, visitor} {
			if got := soon(t, path, func() reply { return who.get(path) }); got.status != http.StatusOK {
				t.Errorf("%s while stopped: %d", path, got.status)
			}
		}
	}
	for _, path := range []string{"/dashboard", home, "/account/settings"} {
		if got := soon(t, path, func() reply { return b.get(path, "Accept", "text/html") }); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%s while stopped: %d", path, got.status)
		}
	}
	select {
	case got := <-late:
		if got.status != http.StatusServiceUnavailable {
			t.Errorf("asked before: %d %.500s", got.status, got.body)
		}
	case <-time.After(10 * time.Second):
		t.Error("who asked before anybody knew still waits")
	}
	back := time.Now()
	resume()
	for b.get(home).status != http.StatusOK {
		if time.Since(back) > 10*time.Second {
			t.Fatal("pages do not come back")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if took := time.Since(back); took > 2*time.Second {
		t.Errorf("pages were back after %v", took)
	}
	if n := strings.Count(p.err.String(), "PostgreSQL does not answer"); n != 1 {
		t.Errorf("the log tells %d times that PostgreSQL does not answer, want once", n)
	}
}

// stopPostgres stops the processes of the private PostgreSQL as they are, and returns what lets them go on.
func (p *program) stopPostgres() (resume func()) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "postgres", "postmaster.pid"))
	if err != nil {
		p.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		p.t.Fatal(err)
	}
	pids := []int{postmaster} // it first: it would make others
	signal := func(s syscall.Signal) {
		for _, pid := range pids {
			if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
				p.t.Errorf("signal %v to %d: %v", s, pid, err)
			}
		}
	}
	signal(syscall.SIGSTOP)
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == first {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	signal(syscall.SIGSTOP)
	var once sync.Once
	resume = func() {
		once.Do(func() {
			slices.Reverse(pids)
			signal(syscall.SIGCONT)
		})
	}
	p.t.Cleanup(resume)
	return resume
}
