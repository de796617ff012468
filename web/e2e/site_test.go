package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the binary under test, built once a run, or the one LYCEUM_LMS names.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("LYCEUM_LMS"); path != "" {
		return path, nil
	}
	path := filepath.Join(scratch, "lms")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "lyceum/cmd/lms")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// scratch is where the run keeps the program and the sites' data. The account a private PostgreSQL runs under must be able
// to pass through it.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "lyceum-e2e-"); err == nil {
		err = os.Chmod(scratch, 0o711) //nolint:gosec // see scratch
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	return m.Run()
}

// site is the program serving a data directory of its own, as a process of its own.
type site struct {
	t    *testing.T
	data string
	addr string
	url  string
	// studioAddr and studio are the authors' face's.
	studioAddr, studio string

	demo struct {
		Learner, Staff, Author struct{ Email, Username, Password string }
	}
	running *process
}

// process is one run of the program. Its thread lives as long as it does, because its end is tied to that thread's.
type process struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when it has ended
}

// newSite starts a site and ends it with the test.
func newSite(t *testing.T) *site {
	t.Helper()
	data, err := os.MkdirTemp(scratch, "data-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o711); err != nil { //nolint:gosec // see scratch
		t.Fatal(err)
	}
	s := &site{t: t, data: data, addr: freeAddress(t)}
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = net.JoinHostPort("localhost", port) // letters lead to the address as it was given
	s.url = "http://" + s.addr
	if _, port, err = net.SplitHostPort(freeAddress(t)); err != nil {
		t.Fatal(err)
	}
	s.studioAddr = net.JoinHostPort("localhost", port)
	s.studio = "http://" + s.studioAddr
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			s.showLog()
		}
		if err := os.RemoveAll(data); err != nil {
			t.Errorf("remove the site's data: %v", err)
		}
	})
	s.start()
	text, err := os.ReadFile(filepath.Join(data, "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &s.demo); err != nil {
		t.Fatal(err)
	}
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the program and waits until it is ready.
func (s *site) start() {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := os.OpenFile(s.data+".log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &process{cmd: exec.Command(path, "serve", "--demo", "--data", s.data, "--addr", s.addr, "--studio-addr", s.studioAddr), log: out, done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "TZ=UTC")
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(p.cmd.SysProcAttr)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
		}
		_ = out.Close()
		close(p.done)
	}()
	if err := <-started; err != nil {
		s.t.Fatal(err)
	}
	s.running = p
	deadline := time.After(90 * time.Second)
	for !s.ready() {
		select {
		case <-p.done:
			s.showLog()
			s.t.Fatal("the site ended before it was ready")
		case <-deadline:
			s.showLog()
			s.t.Fatal("the site is not ready after 90 s")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *site) ready() bool {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/heartbeat?ready", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// kill ends the program as a crash does: at once, with nothing said to it.
func (s *site) kill() {
	s.t.Helper()
	if err := s.running.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.running.done
	s.running = nil
}

// stop asks the program to end, and ends it when it does not.
func (s *site) stop() {
	if s.running == nil {
		return
	}
	_ = s.running.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.running.done:
	case <-time.After(30 * time.Second):
		s.t.Error("the site does not stop")
		_ = s.running.cmd.Process.Kill()
		<-s.running.done
	}
	s.running = nil
}

// showLog puts the end of what the program said into the test's log, but for what is said in all good times.
func (s *site) showLog() {
	const most = 100
	text, err := os.ReadFile(s.data + ".log")
	if err != nil {
		return // it was never started
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.TrimSpace(line) != "" && !strings.Contains(line, "level=INFO") {
			lines = append(lines, line)
		}
	}
	s.t.Logf("the program said:\n%s", strings.Join(lines[max(0, len(lines)-most):], ""))
}

// command runs a subcommand on the site's data while the site runs.
func (s *site) command(arguments ...string) string {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, append(arguments, "--data", s.data)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("lms %v: %v\n%s", arguments, err, out)
	}
	return string(out)
}

// get fetches an address as a stranger without a browser and returns status and the first bytes.
func (s *site) get(path string) (int, []byte) {
	s.t.Helper()
	client := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var start bytes.Buffer
	if _, err := io.CopyN(&start, resp.Body, 1<<10); err != nil && !errors.Is(err, io.EOF) {
		s.t.Fatal(err)
	}
	return resp.StatusCode, start.Bytes()
}

func itoa(n int) string { return strconv.Itoa(n) }
