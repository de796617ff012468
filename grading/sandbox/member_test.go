package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
)

// However close to the end of a run its learner goes away, the next run on the same interpreter is not stopped for it.
func TestLateInterrupt(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 1})
	run(t, r, capa.ScriptJob{Code: "x = 1"})
	for i := range 150 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(rand.IntN(6000))*time.Microsecond, cancel)
		_, err := r.Run(ctx, capa.ScriptJob{Code: "x = 2", Seed: 2*i + 1})
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("a run its learner left: %v", err)
		}
		if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "import time\ntime.sleep(0.002)", Seed: 2*i + 2}); err != nil {
			t.Fatalf("the run after it: %v", err)
		}
		cancel()
	}
}

func TestInterruptKnowsItsRun(t *testing.T) {
	r, _ := newTestRunner(t, Config{Way: Cold})
	m, err := r.startMember(t.Context(), r.state.host, coldMember, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.stop()
	first := &interrupt{member: m}
	if sent, _ := first.end(); sent {
		t.Error("an interrupt nobody sent was sent")
	}
	first.send(failedRun("late"))
	if sent, over := first.end(); sent || over != nil {
		t.Errorf("a run that had ended was interrupted for %v", over)
	}
	second := &interrupt{member: m}
	second.send(failedRun("first"))
	second.send(failedRun("second"))
	if sent, over := second.end(); !sent || over.Message != "first" {
		t.Errorf("got %v, %v, want the first reason", sent, over)
	}
}

// A child that fails before it comes to the author's code says nothing about that.
func TestChildThatCannotBegin(t *testing.T) {
	t.Parallel()
	for _, code := range []int{filterFailed, childFailed} {
		_, err := interpret(reply{Status: "ended", Exit: code << 8}, nil, job{})
		if !errors.Is(err, errLost) {
			t.Errorf("exit code %d: got %v, want a loss", code, err)
		}
	}
	_, err := interpret(reply{Status: "ended", Exit: 3 << 8}, nil, job{})
	if _, ok := errors.AsType[*capa.ScriptError](err); !ok {
		t.Errorf("got %v, want an error of the code", err)
	}
}

// Closing while interpreters start and run ends them all, and nothing panics.
func TestCloseDuringRuns(t *testing.T) {
	for _, way := range []Way{Cold, Pool} {
		t.Run(string(way), func(t *testing.T) {
			r, _ := newTestRunner(t, Config{Way: way, Members: 2})
			var wait sync.WaitGroup
			for i := range 6 {
				wait.Go(func() {
					_, err := r.Run(t.Context(), capa.ScriptJob{Code: "import time\ntime.sleep(60)", Seed: i, Limits: Limits{Wall: time.Minute}})
					if _, failed := errors.AsType[*capa.ScriptError](err); err == nil || failed {
						t.Errorf("got %v, want a failure of the machinery", err)
					}
				})
			}
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			r.Close()
			if left := membersOf(t); len(left) > 0 {
				t.Errorf("%d interpreters are left", len(left))
			}
			wait.Wait()
			if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "x = 1"}); !errors.Is(err, errClosed) {
				t.Errorf("a closed runner: %v", err)
			}
			if report := r.Check(t.Context()); report.Off == "" {
				t.Error("a closed runner checks its layers")
			}
			r.Close()
		})
	}
}

// Where the pool keeps no interpreter, runs get one of their own.
func TestPoolFallsBackToCold(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "sandbox") // whoever becomes the jail must reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	only := filepath.Join(dir, "only-cold")
	script := fmt.Sprintf("#!/bin/sh\ncase \"$2\" in *'\"preload\":null'*) exec %s \"$@\";; esac\nexit 1\n", self)
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(only, []byte(script), 0o755)); err != nil {
		t.Fatal(err)
	}
	r, said := newTestRunner(t, Config{Members: 1, Self: only})
	began := time.Now()
	if got := run(t, r, capa.ScriptJob{Code: "x = 1"}); string(got.Globals) != `{"x": 1}` {
		t.Errorf("got %s", got.Globals)
	}
	if took := time.Since(began); took > waitTime/2 {
		t.Errorf("it took %v", took)
	}
	if !strings.Contains(said.String(), "the pool keeps no interpreter") {
		t.Errorf("nobody was told: %s", said)
	}
}

// A library is sent to an interpreter once, also when it is larger than what an interpreter keeps of several.
func TestKeptFiles(t *testing.T) {
	t.Parallel()
	file := func(digest string, size int) capa.ScriptFile {
		return capa.ScriptFile{Name: capa.PythonLib, Digest: digest, Data: make([]byte, size)}
	}
	m := &member{kept: map[string]bool{}}
	for _, c := range []struct {
		name   string
		file   capa.ScriptFile
		sent   bool
		forget bool
	}{
		{"first", file("a", 20<<20), true, false},
		{"again", file("a", 20<<20), false, false},
		{"another, too much for both", file("b", 20<<20), true, true},
		{"largest", file("c", 48<<20), true, true},
		{"largest again", file("c", 48<<20), false, false},
		{"small", file("d", 1), true, true},
		{"small again", file("d", 1), false, false},
		{"beside it", file("e", 1), true, false},
	} {
		var head request
		data := m.give(&head, []capa.ScriptFile{c.file})
		got := fmt.Sprint(head.Files[0].Sent, head.Forget, len(data))
		if want := fmt.Sprint(c.sent, c.forget, map[bool]int{true: 1}[c.sent]); got != want {
			t.Errorf("%s: got %s, want %s", c.name, got, want)
		}
	}
}

// Everybody waits for one first check; later ones keep nobody waiting.
func TestOneCheckForAll(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	release := make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			asked.Add(1)
			<-release
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer service.Close()
	address, err := url.Parse(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := New(Config{Way: Remote, Service: address})
	defer r.Close()

	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Run(impatient, capa.ScriptJob{Code: "x"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("somebody who does not wait: %v", err)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "x"}); !isUnavailable(err) {
				t.Errorf("got %v, want unavailable", err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	release <- struct{}{}
	wait.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d checks for all", n)
	}

	r.mu.Lock()
	r.checked = time.Now().Add(-time.Hour)
	r.mu.Unlock()
	for range 3 { // the second check hangs; nobody does
		if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "x"}); !isUnavailable(err) {
			t.Errorf("got %v, want unavailable", err)
		}
	}
	close(release)
}

// A service that fails costs no attempt and says when to come back; once it answers, runs go on.
func TestRemoteRecovers(t *testing.T) {
	t.Parallel()
	var well atomic.Bool
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case !well.Load():
			w.WriteHeader(http.StatusInternalServerError)
		case q.Method == http.MethodGet:
			_ = json.NewEncoder(w).Encode(serviceHello{Identity: "i"})
		default:
			_ = json.NewEncoder(w).Encode(serviceResult{Globals: json.RawMessage(`{"x":1}`)})
		}
	}))
	defer service.Close()
	address, err := url.Parse(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := New(Config{Way: Remote, Service: address})
	defer r.Close()
	busy := func(seed int) {
		t.Helper()
		_, err := r.Run(t.Context(), capa.ScriptJob{Code: "x = 1", Seed: seed})
		if f, ok := fault.As(err); !ok || f.Kind != fault.Busy || f.Message != "problem.python_away" || f.RetryAfter == 0 {
			t.Errorf("got %#v, want busy with words for the learner", err)
		}
	}
	if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "x = 1", Seed: 1}); !isUnavailable(err) {
		t.Errorf("a service that never answered: %v", err)
	}
	well.Store(true)
	r.mu.Lock()
	r.checked = time.Now().Add(-time.Minute)
	r.mu.Unlock()
	for { // the check is made behind whoever asks
		report, err := r.ready(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if report.Refusal() == "" {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if got := run(t, r, capa.ScriptJob{Code: "x = 1", Seed: 1}); cmp.Diff(string(got.Globals), `{"x":1}`) != "" {
		t.Errorf("got %s", got.Globals)
	}
	well.Store(false)
	busy(2)
	well.Store(true)
	run(t, r, capa.ScriptJob{Code: "x = 1", Seed: 2})
}
