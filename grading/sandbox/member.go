package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"lyceum/grading/capa"
)

// member is one interpreter in its jail. It runs one job at a time.
type member struct {
	n        int
	cmd      *exec.Cmd
	requests *os.File
	answers  *os.File
	said     *tail // on standard error
	hello    reply

	kept     map[string]bool // digests of the files it has
	keptSize int

	back  chan struct{} // whoever borrowed it has done
	ended chan struct{} // closed when the process is gone
}

// keptFiles bounds the course files a member keeps, in bytes. Those of one job
// are kept however large they are: they are the only ones then.
const keptFiles = 32 << 20

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if extra := len(t.last) - 4096; extra > 0 {
		t.last = t.last[extra:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.last))
}

// starter starts processes on a thread of its own that lives as long as they
// may: the kernel ends them with the thread that started them.
type starter struct {
	orders chan func()
	done   chan struct{}
}

func newStarter() *starter {
	s := &starter{orders: make(chan func()), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for {
			select {
			case order := <-s.orders:
				order()
			case <-s.done:
				return
			}
		}
	}()
	return s
}

// close ends the thread and with it what it has started. It is called once.
func (s *starter) close() { close(s.done) }

func (s *starter) start(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	select {
	case s.orders <- func() { started <- cmd.Start() }:
		return <-started
	case <-s.done:
		return errClosed
	}
}

// startMember starts an interpreter and waits until it is ready.
func (r *Runner) startMember(ctx context.Context, h host, n int, preload []string) (*member, error) {
	m := &member{n: n, said: &tail{}, kept: map[string]bool{}, back: make(chan struct{}, 1), ended: make(chan struct{})}
	cmd, err := r.command(h, n, preload)
	if err != nil {
		return nil, &LayerError{Layer: layerNamespaces, Err: err}
	}
	requestsRead, requestsWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answersRead, answersWrite, err := os.Pipe()
	if err != nil {
		requestsRead.Close()
		requestsWrite.Close()
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{requestsRead, answersWrite}
	cmd.Stderr = m.said
	cmd.WaitDelay = time.Second
	m.cmd, m.requests, m.answers = cmd, requestsWrite, answersRead
	err = r.starter.start(cmd)
	requestsRead.Close()
	answersWrite.Close()
	if err != nil {
		m.requests.Close()
		m.answers.Close()
		return nil, &LayerError{Layer: layerNamespaces, Err: err}
	}
	go func() {
		_ = cmd.Wait() // how it ended is told by who talked to it
		close(m.ended)
	}()
	stop := context.AfterFunc(ctx, m.kill)
	defer stop()
	slow := time.AfterFunc(startTime, m.kill)
	defer slow.Stop()
	if m.hello, _, err = readReply(m.answers, 0); err != nil || !m.hello.Ready {
		m.stop()
		return nil, m.whyDead(ctx, err)
	}
	return m, nil
}

// startTime is how long an interpreter may take to load its libraries.
const startTime = 60 * time.Second

// whyDead turns the end of a process that never got ready into the layer that failed.
func (m *member) whyDead(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	said := m.said.String()
	if m.cmd.ProcessState != nil && m.cmd.ProcessState.ExitCode() == jailFailed {
		if layer, why, ok := strings.Cut(said, ": "); ok {
			return &LayerError{Layer: layer, Err: errors.New(why)}
		}
	}
	return &LayerError{Layer: layerInterpreter, Err: fmt.Errorf("it ended before it was ready: %w (%v) %s", err, m.cmd.ProcessState, said)}
}

func (m *member) kill() {
	if m.cmd.Process != nil {
		_ = m.cmd.Process.Kill() // an error says that it is gone already
	}
}

// stop ends the process and everything in its jail, and waits for that.
func (m *member) stop() {
	m.kill()
	m.requests.Close()
	m.answers.Close()
	<-m.ended
}

// errLost says that a member ended while it had a job.
var errLost = errors.New("the interpreter was lost")

// run runs one job. After any error but one of the author's code the member is
// of no more use.
func (m *member) run(ctx context.Context, job job) (capa.ScriptResult, error) {
	limits := job.Limits
	head := request{Seed: job.Seed, Files: []requestFile{}, Prepare: job.prepare, Limits: limitsOf(limits)}
	globals := []byte(job.Globals)
	if len(globals) == 0 {
		globals = []byte("{}")
	}
	files := job.Files
	if job.compiled != nil {
		head.Compiled = job.compiled.Digest
		files = append(slices.Clone(files), *job.compiled)
	}
	pieces := append([][]byte{[]byte(job.Code), globals}, m.give(&head, files)...)
	i := &interrupt{member: m}
	stop := context.AfterFunc(ctx, func() { i.send(nil) })
	defer stop()
	// The member keeps time itself; this is for one that does not.
	late := time.AfterFunc(limits.Wall+graceTime, m.kill)
	defer late.Stop()
	watched := m.watch(limits, i)
	defer watched()
	if err := writeRequest(m.requests, head, pieces...); err != nil {
		return capa.ScriptResult{}, m.lost(ctx, err)
	}
	got, body, err := readReply(m.answers, 2*limits.Output+4<<20)
	if err != nil {
		return capa.ScriptResult{}, m.lost(ctx, err)
	}
	sent, over := i.end()
	switch {
	case sent && got.Status != "stopped":
		// The run was over when the signal came: nobody knows whether it is heard in the next.
		m.stop()
	case sent && over != nil:
		return capa.ScriptResult{}, over
	case sent:
		return capa.ScriptResult{}, context.Cause(ctx)
	}
	return interpret(got, body, job)
}

// give says in head which files a job has, and returns those the member lacks.
func (m *member) give(head *request, files []capa.ScriptFile) (lacking [][]byte) {
	missing := 0
	for _, f := range files {
		if !m.kept[f.Digest] {
			missing += len(f.Data)
		}
	}
	if missing > 0 && m.keptSize > 0 && m.keptSize+missing > keptFiles {
		head.Forget, m.keptSize = true, 0
		clear(m.kept)
	}
	for _, f := range files {
		sent := !m.kept[f.Digest]
		head.Files = append(head.Files, requestFile{Name: f.Name, Digest: f.Digest, Sent: sent})
		if sent {
			lacking = append(lacking, f.Data)
			m.kept[f.Digest] = true
			m.keptSize += len(f.Data)
		}
	}
	return lacking
}

// interrupt ends one run, not the member and no later run.
type interrupt struct {
	member *member

	mu   sync.Mutex
	sent bool
	over *capa.ScriptError // why; nil when nobody waits for the run any more
	done bool              // the run has ended
}

// send interrupts the run, unless it has ended or has been interrupted. over is
// what the run then came to.
func (i *interrupt) send(over *capa.ScriptError) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.done || i.sent {
		return
	}
	i.sent, i.over = true, over
	_ = i.member.cmd.Process.Signal(syscall.SIGUSR1) // an error says that it is gone already
}

// end says that the run has ended: from now on nothing is sent.
func (i *interrupt) end() (sent bool, over *capa.ScriptError) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.done = true
	return i.sent, i.over
}

// graceTime is what a member may need beyond the time of the run.
const graceTime = 5 * time.Second

func (m *member) lost(ctx context.Context, err error) error {
	m.stop()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w (%v) %s", errLost, err, m.cmd.ProcessState, m.said.String())
}

// interpret turns what a member says of a run into its result.
func interpret(got reply, body []byte, job job) (capa.ScriptResult, error) {
	limits := job.Limits
	none := capa.ScriptResult{}
	switch got.Status {
	case "done":
		a, err := parseAnswer(body, job.prepare)
		if err != nil {
			return none, &capa.ScriptError{Message: "RuntimeError: " + err.Error()}
		}
		if a.failure != "" {
			return none, &capa.ScriptError{Message: a.failure, Trace: a.traceback}
		}
		return capa.ScriptResult{Globals: a.globals, Stdout: string(a.stdout), Notes: a.notes}, nil
	case "wall":
		return none, failedRun("TimeoutError: the code took longer than %v", limits.Wall)
	case "stopped":
		return none, failedRun("RuntimeError: the code stopped its own run")
	case "output":
		return none, failedRun("OSError: the code left more than %s behind", size(limits.Output))
	}
	status := syscall.WaitStatus(got.Exit) //nolint:gosec // a wait status is small
	switch {
	case status.Signaled() && (status.Signal() == syscall.SIGXCPU || got.CPU >= limits.CPU.Seconds()):
		return none, failedRun("TimeoutError: the code used more than %v of processor time", limits.CPU)
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		return none, failedRun("MemoryError: the code was ended, for want of memory or by itself")
	case status.Signaled():
		return none, failedRun("RuntimeError: the interpreter crashed (%v)", status.Signal())
	case status.ExitStatus() == childFailed || status.ExitStatus() == filterFailed:
		return none, fmt.Errorf("%w: its child could not begin (exit code %d)", errLost, status.ExitStatus())
	default:
		return none, failedRun("RuntimeError: the code ended its own process (exit code %d)", status.ExitStatus())
	}
}

// How driver.py ends a child that never came to the author's code.
const (
	filterFailed = 70
	childFailed  = 71
)

// failedRun is the error of code that was ended from outside.
func failedRun(format string, args ...any) *capa.ScriptError {
	return &capa.ScriptError{Message: fmt.Sprintf(format, args...), Limit: true}
}

// size prints bytes.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// command is the command line of member n.
func (r *Runner) command(h host, n int, preload []string) (*exec.Cmd, error) {
	if h.bare {
		return r.bareCommand(h, preload)
	}
	attributes, user, err := isolation(n)
	if err != nil {
		return nil, err
	}
	told, err := json.Marshal(jailConfig{
		Python: h.python.Executable, Visible: h.python.visible(), User: user, Scratch: scratchSize,
		Memory: max(2<<30, 2*r.config.Limits.Memory), Preload: preload, Limits: limitsOf(r.config.Limits),
	})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(r.config.Self, "jail", string(told)) //nolint:noctx // it outlives the request it is started in
	cmd.SysProcAttr, cmd.Env, cmd.Dir = attributes, []string{"GOMAXPROCS=2"}, "/"
	return cmd, nil
}

// scratchSize is what a run may write to its own directory, in bytes.
const scratchSize = 64 << 20

// bareCommand starts the interpreter without any jail.
func (r *Runner) bareCommand(h host, preload []string) (*exec.Cmd, error) {
	r.bareOnce.Do(func() {
		if r.bareDir, r.bareErr = os.MkdirTemp("", "lms-unsafe-python-"); r.bareErr == nil {
			r.bareErr = unpack(r.bareDir)
		}
	})
	if r.bareErr != nil {
		return nil, r.bareErr
	}
	home, err := os.MkdirTemp(r.bareDir, "run-")
	if err != nil {
		return nil, err
	}
	told, err := json.Marshal(driverConfig{Home: home, Library: r.bareDir + "/library", Preload: preload, Alone: true, Limits: limitsOf(r.config.Limits)})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(h.python.Executable, "-s", "-B", r.bareDir+"/driver.py", string(told)) //nolint:noctx // it outlives the request it is started in
	cmd.Env, cmd.Dir = environ(home), home
	return cmd, nil
}

func logMember(log *slog.Logger, m *member) {
	log.Debug("a member of the sandbox is ready", "member", m.n, "python", firstLine(m.hello.Version), "loaded", m.hello.Loaded, "seconds", m.hello.Seconds)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
