package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lyceum/internal/embedded"
)

// asProgram makes this test program the program under test, so that tests run, stop and kill real processes.
const asProgram = "LYCEUM_TEST_RUN_LMS"

func TestMain(m *testing.M) {
	if told := os.Getenv(asWatcher); told != "" {
		var w watcher
		if err := json.Unmarshal([]byte(told), &w); err != nil {
			w.stop(err)
		}
		w.run()
	}
	if os.Getenv(asProgram) != "" {
		os.Unsetenv(asProgram)
		main()
	}
	code := m.Run()
	if made.parent != "" {
		os.RemoveAll(made.parent)
	}
	os.Exit(code)
}

// answer is what a command came to.
type answer struct {
	code     int
	out, err string
}

// line runs one command line in this process. vars are NAME=VALUE pairs of the environment, which holds nothing else.
func line(t testing.TB, vars []string, in io.Reader, args ...string) answer {
	t.Helper()
	var out, errs lockedBuffer
	code := run(t.Context(), args, getenvOf(vars), streams{in, &out, &errs})
	return answer{code, out.String(), errs.String()}
}

// must is line for commands that have to work; it returns what they print.
func must(t testing.TB, vars []string, args ...string) string {
	t.Helper()
	a := line(t, vars, strings.NewReader(""), args...)
	if a.code != exitDone {
		t.Fatalf("lms %s: exit %d\n%s", strings.Join(args, " "), a.code, a.err)
	}
	return a.out
}

func getenvOf(vars []string) func(string) string {
	return func(name string) string {
		for _, pair := range slices.Backward(vars) {
			if v, ok := strings.CutPrefix(pair, name+"="); ok {
				return v
			}
		}
		return ""
	}
}

// lockedBuffer takes the output of a command whose goroutines may write beside each other.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// made is a data directory with a demonstration in it, made once and copied for every test that needs a server's.
var made struct {
	once   sync.Once
	parent string
	dir    string
	err    error
}

// shortTemp makes a temporary directory whose path is short enough for sockets and open to the account PostgreSQL runs as.
func shortTemp(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "lms-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL of another account passes through it
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// dataDir returns a data directory of the test's own in which the demonstration has been prepared and stopped.
func dataDir(t testing.TB) string {
	t.Helper()
	made.once.Do(func() {
		if made.parent, made.err = os.MkdirTemp("/tmp", "lms-made-"); made.err != nil {
			return
		}
		made.err = os.Chmod(made.parent, 0o711) //nolint:gosec // PostgreSQL of another account passes through it
		made.dir = filepath.Join(made.parent, "data")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var out, errs lockedBuffer
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, []string{"serve", "--demo", "--addr", "127.0.0.1:0", "--data", made.dir}, getenvOf(nil), streams{strings.NewReader(""), &out, &errs})
		}()
		for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(out.String(), "Stop with"); time.Sleep(20 * time.Millisecond) {
			select {
			case code := <-ended:
				made.err = fmt.Errorf("prepare a demonstration: exit %d: %s", code, errs.String())
				return
			default:
			}
			if time.Now().After(deadline) {
				made.err = fmt.Errorf("prepare a demonstration: not ready: %s", errs.String())
				return
			}
		}
		cancel()
		if code := <-ended; code != exitDone {
			made.err = fmt.Errorf("end a demonstration: exit %d: %s", code, errs.String())
		}
	})
	if made.err != nil {
		t.Fatal(made.err)
	}
	dir := filepath.Join(shortTemp(t), "d")
	if text, err := exec.CommandContext(t.Context(), "cp", "-a", made.dir, dir).CombinedOutput(); err != nil {
		t.Fatalf("copy the data directory: %v: %s", err, text)
	}
	return dir
}

// openDir runs the stores of a directory for the length of a test, so that its commands need not start them each time.
func openDir(t testing.TB, dir string) {
	t.Helper()
	s, err := embedded.Start(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Errorf("stop the stores: %v", err)
		}
	})
}
