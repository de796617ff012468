package lms

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/tracking"
	"lyceum/web/middleware"
	"lyceum/web/page"
)

var midnight = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// wait is how long an error asks to wait, 0 for no error.
func wait(t *testing.T, err error) time.Duration {
	t.Helper()
	if err == nil {
		return 0
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.TooMany || f.RetryAfter <= 0 {
		t.Errorf("refused with %v, want TooMany and when to come back", err)
	}
	return f.RetryAfter
}

// TestAnswerLimit: one answer in 2 s to a problem with five at once, 60 a minute to all.
func TestAnswerLimit(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(midnight)
	l := NewLimits(fake.Now)
	key, err := course.ParseKey("course-v1:A+B+C")
	if err != nil {
		t.Fatal(err)
	}
	problem := func(n int) string { return key.Usage("problem", fmt.Sprint(n)).String() }
	for i := range 5 {
		if err := l.answer(1, problem(0), fmt.Sprint("t", i)); err != nil {
			t.Fatalf("answer %d: %v", i+1, err)
		}
	}
	if got := wait(t, l.answer(1, problem(0), "t5")); got != 2*time.Second {
		t.Errorf("sixth answer at once waits %v, want 2s", got)
	}
	for range 50 { // a click and its repeats over a bad line are one answer
		if err := l.answer(1, problem(0), "t4"); err != nil {
			t.Fatalf("the same answer again: %v", err)
		}
	}
	if err := l.answer(2, problem(0), "x"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	for i := range 55 {
		if err := l.answer(1, problem(1+i), ""); err != nil {
			t.Fatalf("answer %d to another problem: %v", i, err)
		}
	}
	if got := wait(t, l.answer(1, problem(100), "late")); got != time.Second {
		t.Errorf("61st answer of a minute waits %v, want 1s", got)
	}
	fake.Advance(time.Second)
	if err := l.answer(1, problem(100), "late"); err != nil {
		t.Errorf("what was refused, sent again after the wait: %v", err)
	}
	if got := wait(t, l.answer(1, problem(101), "")); got != time.Second {
		t.Errorf("one second gave more than one answer: waits %v", got)
	}
	if err := (*Limits)(nil).answer(1, problem(0), ""); err != nil {
		t.Errorf("no limits refuse: %v", err)
	}
}

// client is who sends a request of the tests below.
type client struct {
	peer    string
	forward string // X-Forwarded-For
	user    learner.ID
}

// ask sends a request through the stack with one listed proxy.
func (c client) ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	stack := middleware.Stack(middleware.Config{
		Site: &page.Site{Name: "Lyceum"}, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}, Hosts: []string{"learn.example.edu"},
		Exempt: func(*http.Request) bool { return true },
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, page.Enter(r, page.Person{ID: c.user, Username: "u"}))
	}))
	r := httptest.NewRequest(method, path, strings.NewReader(url.Values{"event_type": {"x"}, "event": {"{}"}, "page": {"p"}}.Encode()))
	r.Host, r.RemoteAddr = "learn.example.edu", c.peer
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.forward != "" {
		r.Header.Set("X-Forwarded-For", c.forward)
	}
	w := httptest.NewRecorder()
	stack.ServeHTTP(w, r)
	return w
}

var done = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })

// TestReadLimits: 10 a second with 50 at once for an account, 200 for an address.
func TestReadLimits(t *testing.T) {
	t.Parallel()
	const away = "203.0.113.9:1"
	cases := []struct {
		name    string
		allowed int
		ask     func(i int) (client, string)
	}{
		{"account, catalog", 50, func(i int) (client, string) { return client{peer: fmt.Sprintf("192.0.2.%d:1", i), user: 7}, "/courses" }},
		{"account, search", 50, func(int) (client, string) { return client{peer: away, user: 7}, "/courses/?search_query=x" }},
		{"account, about", 50, func(int) (client, string) { return client{peer: away, user: 7}, "/courses/course-v1:A+B+C/about" }},
		{"account, interfaces", 50, func(int) (client, string) { return client{peer: away, user: 7}, "/api/bookmarks/v1/bookmarks/" }},
		{"address", 200, func(int) (client, string) { return client{peer: away}, "/courses" }},
		{"address, many accounts", 200, func(i int) (client, string) { return client{peer: away, user: learner.ID(i + 1)}, "/courses" }},
		{"IPv6, one /64", 200, func(i int) (client, string) { return client{peer: fmt.Sprintf("[2001:db8:1:2::%x]:1", i)}, "/courses" }},
		{"spoofed, unlisted peer", 200, func(i int) (client, string) {
			return client{peer: away, forward: fmt.Sprintf("198.51.100.%d", i)}, "/courses"
		}},
		{"listed proxy", 400, func(i int) (client, string) {
			return client{peer: "10.0.0.1:1", forward: fmt.Sprintf("198.51.100.%d", i%2)}, "/courses"
		}},
		{"unit page", 1000, func(int) (client, string) { return client{peer: away, user: 7}, "/courses/course-v1:A+B+C/courseware/" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := NewLimits(clock.NewFake(midnight).Now).Guard(done)
			for i := range 1000 {
				who, path := c.ask(i)
				got := who.ask(h, "GET", path)
				if want := i < c.allowed; (got.Code == http.StatusOK) != want {
					t.Fatalf("request %d: %d", i+1, got.Code)
				}
				if got.Code != http.StatusOK {
					if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") == "" {
						t.Fatalf("refused with %d, Retry-After %q", got.Code, got.Header().Get("Retry-After"))
					}
					return
				}
			}
		})
	}
}

// TestEventLimit: 50 events a second with 500 at once; then 204, dropped and counted.
func TestEventLimit(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(midnight)
	var kept tracking.Recorder
	var log strings.Builder
	s := &Server{
		Limits: NewLimits(fake.Now), Clock: fake.Now, Emitter: &kept, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Track: func(*http.Request) tracking.Request { return tracking.Request{} },
	}
	who := client{peer: "203.0.113.9:1", user: 7}
	send := func() int { return who.ask(page.Handler(s.takeEvent), "POST", "/event").Code }
	for i := range 500 {
		if got := send(); got != http.StatusOK {
			t.Fatalf("event %d: %d", i+1, got)
		}
	}
	for range 20 {
		if got := send(); got != http.StatusNoContent {
			t.Fatalf("event over the limit: %d, want 204", got)
		}
	}
	fake.Advance(time.Minute)
	for range 500 {
		send()
	}
	send()
	if got := len(kept.Events()); got != 1000 {
		t.Errorf("%d events are kept, want 1000", got)
	}
	if got := log.String(); strings.Count(got, "dropped") != 2 || !strings.Contains(got, "events=1 ") && !strings.Contains(got, "events=1\n") || !strings.Contains(got, "events=20") {
		t.Errorf("log %q, want the first dropped one and then the 20 that followed", got)
	}
}
