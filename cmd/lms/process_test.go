package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"lyceum/course"
	"lyceum/grading/gradebook"
	"lyceum/internal/clock"
	"lyceum/learner"
	"lyceum/learner/access"
	accounts "lyceum/learner/account"
)

// program is a real process of the program under test.
type program struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  lockedBuffer
	err  lockedBuffer
	done chan struct{} // closed when it has ended
	url  string        // of a server
	dir  string
}

// start runs the program; it is killed at the end of the test where it still runs.
func start(t testing.TB, vars []string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: exec.CommandContext(context.WithoutCancel(t.Context()), self, args...), done: make(chan struct{})}
	p.cmd.Env = append([]string{
		asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir(),
		"LMS_RATE_LIMITS=no", // writers answer as fast as they can
	}, vars...)
	p.cmd.Dir = "/"
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("lms %s said:\n%s%.4000s", strings.Join(args, " "), &p.out, p.err.String())
		}
	})
	return p
}

// kill is kill -9; it returns when the process is gone.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// exit waits for the end and returns the exit code.
func (p *program) exit(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		p.t.Fatalf("still running after %v", within)
	}
	return p.cmd.ProcessState.ExitCode()
}

// serve starts a server on the directory and waits until it is ready.
func serve(t testing.TB, dir string, vars ...string) *program {
	t.Helper()
	addr := freeAddr(t)
	p := start(t, vars, "serve", "--data", dir, "--addr", addr)
	p.url, p.dir = "http://"+addr, dir
	p.ready(time.Minute)
	return p
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ready waits until the server can serve learners.
func (p *program) ready(within time.Duration) {
	p.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		res, err := http.Get(p.url + "/heartbeat?ready")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.done:
			p.t.Fatalf("the server ended:\n%s", &p.err)
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not ready within %v: %v\n%s", within, err, &p.err)
		}
	}
}

// client is a browser of a server process.
func (p *program) client() *browser {
	return newBrowser(p.t, p.url, &http.Client{Transport: &http.Transport{}})
}

// learner registers somebody and enrolls them.
func (p *program) learner(username string, c course.Key) *browser {
	p.t.Helper()
	b := p.client()
	b.account = accounts.Account{Username: username, Email: username + "@example.com"}
	if got := b.post("/register", "email", b.account.Email, "username", username, "name", username, "password", goodPassword, "honor_code", "true"); got.status != http.StatusSeeOther {
		p.t.Fatalf("register %s: %d %.500s", username, got.status, got.body)
	}
	if got := b.post("/change_enrollment", "course_id", c.String(), "enrollment_action", "enroll"); got.status != http.StatusOK {
		p.t.Fatalf("enroll %s: %d %.500s", username, got.status, got.body)
	}
	return b
}

// write puts files below a new directory.
func write(t testing.TB, files fs.FS) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "course")
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	return dir
}

// marked is ownCourse with a version's mark in two blocks of one page.
func marked(name, mark string) fstest.MapFS {
	files := ownCourse(name)
	files["html/text.html"] = &fstest.MapFile{Data: []byte("<p>first MARK-" + mark + "-</p>"), Mode: 0o644}
	files["html/text2.html"] = &fstest.MapFile{Data: []byte("<p>second MARK-" + mark + "-</p>"), Mode: 0o644}
	files["vertical/u1.xml"] = &fstest.MapFile{Data: []byte(`<vertical display_name="Unit"><html url_name="text"/><problem url_name="p1"/><problem url_name="p2"/><html url_name="text2"/></vertical>`), Mode: 0o644}
	delete(files, "html/active.xml")
	files["vertical/u2.xml"] = &fstest.MapFile{Data: []byte(`<vertical display_name="Unit 2"><video url_name="v1"/></vertical>`), Mode: 0o644}
	files["vertical/u4.xml"] = &fstest.MapFile{Data: []byte(`<vertical display_name="Unit 4"><problem url_name="p4"/></vertical>`), Mode: 0o644}
	delete(files, "html/active4.xml")
	return files
}

// writer answers one problem again and again, and remembers what it was told is kept.
type writer struct {
	*browser
	problem string // its handler
	sent    int
	acked   int
	last    string // the answer acknowledged last
	open    string // sent after it, outcome unknown
	refused []reply
}

// answer sends the next answer. Every third is right.
func (w *writer) answer(input string) {
	w.sent++
	w.open = fmt.Sprintf("no %d", w.sent)
	if w.sent%3 == 0 {
		w.open = "yes1"
	}
	got, err := w.send(http.MethodPost, w.problem+"problem_check", form(input, w.open, "submission_id", fmt.Sprintf("%s-%d", w.account.Username, w.sent)), "Content-Type", formType)
	if err != nil {
		return // the line broke: unknown
	}
	if got.status != http.StatusOK {
		w.refused = append(w.refused, got)
		return
	}
	w.acked, w.last, w.open = w.acked+1, w.open, ""
}

// check compares what the server shows with what was acknowledged.
func (w *writer) check(t testing.TB, input string) {
	t.Helper()
	got := w.get(w.problem + "problem_get")
	var state struct {
		HTML     string `json:"html"`
		Attempts int    `json:"attempts_used"`
	}
	if err := json.Unmarshal([]byte(got.body), &state); got.status != http.StatusOK || err != nil {
		t.Errorf("%s: problem_get: %d, %v, %.300s", w.account.Username, got.status, err, got.body)
		return
	}
	// Before the first acknowledged answer the input is empty, as w.last is.
	value := func(answer string) bool { return strings.Contains(state.HTML, `value="`+answer+`"`) }
	if !value(w.last) && (w.open == "" || !value(w.open)) {
		t.Errorf("%s: neither the acknowledged answer %q nor the last one %q of %s is there: %s", w.account.Username, w.last, w.open, input, state.HTML)
	}
	if state.Attempts < w.acked || state.Attempts > w.sent {
		t.Errorf("%s: %d attempts counted, %d acknowledged, %d sent", w.account.Username, state.Attempts, w.acked, w.sent)
	}
}

// checkGrades compares states, scores and grades of everybody in a course.
func checkGrades(t testing.TB, dir string, key course.Key, users int) {
	t.Helper()
	env := &environment{ctx: t.Context(), getenv: getenvOf(nil), data: dir, log: slog.New(slog.DiscardHandler), streams: streams{strings.NewReader(""), io.Discard, io.Discard}}
	s, err := openStores(env, toUse)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close(env)
	if err := s.prepare(env, false); err != nil {
		t.Fatal(err)
	}
	c, err := s.courses.Compiled(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	book := gradebook.New(s.pool, clock.System, nil)
	rows, err := s.pool.Query(t.Context(), `SELECT user_id FROM enrollment WHERE course_key = $1 ORDER BY user_id`, key)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []learner.ID
	for rows.Next() {
		var id learner.ID
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if len(ids) != users {
		t.Errorf("%d people are enrolled, want %d: %v", len(ids), users, rows.Err())
	}
	for _, id := range ids {
		may := gradebook.Visible(access.Visible(c, &access.Viewer{User: id, Enrolled: true}, time.Now()))
		diffs, err := book.Verify(t.Context(), c, id, may)
		if err != nil || len(diffs) > 0 {
			t.Errorf("grades of %d: %v, %v", id, diffs, err)
		}
	}
}

// postgresPID is the process of the directory's PostgreSQL.
func postgresPID(t testing.TB, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		t.Fatalf("postmaster.pid: %q", first)
	}
	return pid
}

// signal sends the process a signal.
func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}
