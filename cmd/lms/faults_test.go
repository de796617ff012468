package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"lyceum/course"
	"lyceum/internal/sharedtest"
	"lyceum/sample"
)

var faultKey = course.Key{Org: "T", Number: "Fault", Run: "1"}

// inputName is the field of the problem p1's one question.
const inputName = "input_p1_2_1"

func newWriter(b *browser) *writer {
	return &writer{browser: b, problem: "/courses/" + faultKey.String() + "/xblock/" + usage(faultKey, "problem", "p1") + "/handler/xmodule_handler/"}
}

// faultDir is a data directory with the course of these tests in it.
func faultDir(t testing.TB) string {
	t.Helper()
	dir := dataDir(t)
	must(t, nil, "course", "import", write(t, marked("Fault", "1")), "--publish", "--data", dir)
	return dir
}

// writers lets people answer beside each other until stop is called, which returns when the last has had its answer.
func writers(all []*writer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, w := range all {
		wg.Go(func() {
			for ctx.Err() == nil {
				w.answer(inputName)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func acked(all []*writer) int {
	n := 0
	for _, w := range all {
		n += w.acked
	}
	return n
}

// TestServerKilled kills the server while people answer: what they were told is kept is there after the next start.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	dir := faultDir(t)
	p := serve(t, dir)
	var all []*writer
	for i := range 4 {
		all = append(all, newWriter(p.learner(fmt.Sprintf("writer%d", i), faultKey)))
	}
	for round := range 2 {
		for _, w := range all {
			w.base = p.url
		}
		before := acked(all)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for _, w := range all {
			wg.Go(func() {
				for ctx.Err() == nil {
					if w.answer(inputName); w.open != "" {
						return // the first broken line: what came of this answer is not known
					}
				}
			})
		}
		time.Sleep(300*time.Millisecond + rand.N(700*time.Millisecond)) // the moment of the kill is what is varied
		p.kill()
		cancel()
		wg.Wait()
		if acked(all) == before {
			t.Errorf("round %d: nothing was acknowledged before the kill", round)
		}
		p = serve(t, dir)
		if !strings.Contains(p.err.String(), "did not end cleanly") {
			t.Errorf("round %d: the start does not say that it recovered:\n%s", round, &p.err)
		}
		for _, w := range all {
			w.base = p.url
			w.check(t, inputName)
			w.open, w.sent = "", w.sent+1 // whichever of the two it was, the next one counts on
		}
		checkGrades(t, dir, faultKey, len(all))
	}
	t.Logf("%d answers were acknowledged", acked(all))
}

// TestPostgresKilled kills the private PostgreSQL while people answer: they are told so in words, and it goes on by itself.
func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	dir := faultDir(t)
	p := serve(t, dir)
	var all []*writer
	for i := range 3 {
		all = append(all, newWriter(p.learner(fmt.Sprintf("writer%d", i), faultKey)))
	}
	page := "/courses/" + faultKey.String() + "/courseware/open/s1/1"
	stop := writers(all)
	time.Sleep(300 * time.Millisecond)
	if err := syscall.Kill(postgresPID(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	away := time.Now()
	refused, back := 0, time.Duration(0)
	reader := newWriter(all[0].browser).browser
	reader = &browser{t: t, base: reader.base, client: reader.client, cookies: map[string]string{"sessionid": all[0].cookies["sessionid"]}}
	for time.Since(away) < 30*time.Second {
		began := time.Now()
		got, err := reader.send("GET", page, "", "Accept", "text/html")
		if err != nil {
			t.Fatalf("the server is gone: %v", err)
		}
		if got.status == http.StatusOK && refused > 0 {
			back = time.Since(away)
			break
		}
		if got.status != http.StatusOK {
			refused++
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "<h1") {
				t.Errorf("while away: %d, Retry-After %q, %.200s", got.status, got.header.Get("Retry-After"), got.body)
			}
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("while away a page took %v", took)
		}
		if time.Since(away) > 5*time.Second && refused == 0 {
			break // it came back between two requests
		}
	}
	p.ready(20 * time.Second)
	time.Sleep(300 * time.Millisecond)
	stop()
	for _, w := range all {
		if w.acked == 0 {
			t.Errorf("%s: nothing was acknowledged", w.account.Username)
		}
		for _, r := range w.refused {
			if r.status != http.StatusServiceUnavailable {
				t.Errorf("an answer while away: %d %.300s", r.status, r.body)
			}
		}
		w.check(t, inputName)
	}
	checkGrades(t, dir, faultKey, len(all))
	t.Logf("%d pages were refused, pages were back after %v, %d answers were acknowledged", refused, back.Round(time.Millisecond), acked(all))
	if back > 15*time.Second {
		t.Errorf("pages were back after %v", back)
	}
}

// TestSecondServer: one data directory, one server.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	p := serve(t, dir)
	second := start(t, nil, "serve", "--data", dir, "--addr", freeAddr(t))
	if code := second.exit(20 * time.Second); code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
	said := second.err.String()
	if want := fmt.Sprintf("in use by process %d", p.cmd.Process.Pid); !strings.Contains(said, want) || strings.Count(said, "\n") != 1 {
		t.Errorf("says %q, want one line with %q", said, want)
	}
	taken := start(t, nil, "serve", "--data", dataDir(t), "--addr", strings.TrimPrefix(p.url, "http://"))
	if code := taken.exit(time.Minute); code != exitFailed || !strings.Contains(taken.err.String(), "another program listens on") {
		t.Errorf("an address in use: exit %d, %q", code, &taken.err)
	}
	p.ready(time.Second)
}

var marks = regexp.MustCompile(`MARK-(\d+)-`)

// TestImportWhileServing brings new versions in while people read: they see one version whole or the next, soon.
func TestImportWhileServing(t *testing.T) {
	t.Parallel()
	dir := faultDir(t)
	p := serve(t, dir)
	b := p.learner("reader", faultKey)
	page := "/courses/" + faultKey.String() + "/courseware/open/s1/1"
	seen := func(got reply) string {
		found := marks.FindAllStringSubmatch(got.body, -1)
		if got.status != http.StatusOK || len(found) != 2 || found[0][1] != found[1][1] {
			t.Errorf("page of no one version: %d, %v", got.status, found)
			return ""
		}
		return found[0][1]
	}
	if got := seen(b.get(page)); got != "1" {
		t.Fatalf("the page shows version %q", got)
	}
	for v := 2; v <= 3; v++ {
		src := write(t, marked("Fault", fmt.Sprint(v)))
		imported := make(chan answer, 1)
		go func() { imported <- line(t, nil, nil, "course", "import", src, "--publish", "--data", dir) }()
		var done time.Time
		for deadline := time.Now().Add(30 * time.Second); ; {
			got := seen(b.get(page))
			select {
			case a := <-imported:
				if a.code != exitDone {
					t.Fatalf("import: %s", a.err)
				}
				done = time.Now()
			default:
			}
			if got == fmt.Sprint(v) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("version %d is not shown", v)
			}
		}
		if !done.IsZero() && time.Since(done) > 3*time.Second { // a second, and a loaded machine
			t.Errorf("version %d was shown %v after its import", v, time.Since(done))
		}
		if done.IsZero() {
			if a := <-imported; a.code != exitDone {
				t.Fatalf("import: %s", a.err)
			}
		}
	}

	// Two at once: both are whole, one of them is in force.
	four, five := write(t, marked("Fault", "4")), write(t, marked("Fault", "5"))
	var wg sync.WaitGroup
	results := make([]answer, 2)
	for i, src := range []string{four, five} {
		wg.Go(func() { results[i] = line(t, nil, nil, "course", "import", src, "--publish", "--data", dir) })
	}
	wg.Wait()
	for _, r := range results {
		if r.code != exitDone {
			t.Errorf("one of two imports: exit %d, %s", r.code, r.err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		got := seen(b.get(page))
		if got == "4" || got == "5" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after two imports at once version %q is shown", got)
		}
	}
}

// TestImportKilled kills imports midway: the course is the old one or the new one, whole.
func TestImportKilled(t *testing.T) {
	t.Parallel()
	archive := sharedtest.File(t, "courses/harvardx-studio-advanced.tar.gz")
	dir := dataDir(t)
	openDir(t, dir)
	vars := []string{"LMS_DATA=" + dir}
	before := must(t, vars, "course", "export", sample.Key)
	must(t, vars, "course", "import", archive, "--publish", "--key", "course-v1:T+New+1")
	whole := 0
	for i := range 4 {
		p := start(t, vars, "course", "import", archive, "--publish", "--key", sample.Key)
		time.Sleep(time.Duration(100+400*i) * time.Millisecond) // how far it comes is what is varied
		p.kill()
		after := must(t, vars, "course", "export", sample.Key)
		if after == before {
			continue
		}
		whole++
		must(t, vars, "course", "import", archive, "--publish", "--key", sample.Key)
		if again := must(t, vars, "course", "export", sample.Key); again != after {
			t.Errorf("kill %d left a course that is neither the old nor the new one", i)
		}
		before = after
	}
	t.Logf("%d of 4 imports had come to their end", whole)
}

// TestStop: a stop lets requests under way end, and then ends well.
func TestStop(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	p := serve(t, dir)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := form("email", "nobody@example.com", "password", "wrong password")
	fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", formType, len(body), body[:5])
	time.Sleep(100 * time.Millisecond) // the server has begun to read
	p.signal(syscall.SIGTERM)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://")); err != nil {
			break // it takes no new connections
		} else if c.Close(); time.Now().After(deadline) {
			t.Fatal("connections are still taken")
		}
	}
	fmt.Fprint(conn, body[5:])
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the request under way: %v", err)
	}
	text, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(text), "</html>") {
		t.Errorf("the request under way: %d, %v", res.StatusCode, err)
	}
	if code := p.exit(40 * time.Second); code != exitDone {
		t.Errorf("exit %d, want %d: %s", code, exitDone, &p.err)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("PostgreSQL still runs: %v", err)
	}
}

// TestStoppedWhileStarting: a first start that is stopped in the middle ends as it was asked to, in one line, and the next one finishes.
func TestStoppedWhileStarting(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	addr := freeAddr(t)
	p := start(t, nil, "serve", "--demo", "--data", dir, "--addr", addr)
	p.url, p.dir = "http://"+addr, dir
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) { // it listens while it imports the sample course
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing listens")
		}
	}
	p.signal(syscall.SIGINT)
	if code := p.exit(40 * time.Second); code != exitDone {
		t.Errorf("exit %d, want %d: %s", code, exitDone, &p.err)
	}
	if said := p.err.String(); strings.Contains(said, "context canceled") || strings.Contains(said, "level=ERROR") {
		t.Errorf("what it said of the stop: %s", said)
	}
	next := start(t, nil, "serve", "--demo", "--data", dir, "--addr", addr)
	next.url, next.dir = "http://"+addr, dir
	next.ready(time.Minute)
	if got := next.client().get("/courses"); !strings.Contains(got.body, "Lyceum") {
		t.Errorf("the sample course is not there: %d", got.status)
	}
}

// TestDrainDelay: a stopping server tells balancers first and goes on meanwhile; who asks twice wants it to end now.
func TestDrainDelay(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	p := serve(t, dir, "LMS_DRAIN_DELAY=1m")
	b := p.client()
	p.signal(syscall.SIGTERM)
	for deadline := time.Now().Add(10 * time.Second); b.get("/heartbeat?ready").status != http.StatusServiceUnavailable; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still ready after a stop was asked for")
		}
	}
	if got := b.get("/courses"); got.status != http.StatusOK {
		t.Errorf("a page while draining: %d", got.status)
	}
	p.signal(syscall.SIGTERM)
	p.exit(10 * time.Second)
	serve(t, dir) // nothing is in the way of the next start
}

// TestLogsReopened: logs moved away and reopened under requests lose no line.
func TestLogsReopened(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	p := serve(t, dir)
	access := filepath.Join(dir, "log", "access.log")
	var wg sync.WaitGroup
	const each, people = 60, 3
	for i := range people {
		b := p.client()
		wg.Go(func() {
			for n := range each {
				b.get(fmt.Sprintf("/courses?q=line-%d-%d-", i, n))
			}
		})
	}
	for i := range 3 {
		time.Sleep(50 * time.Millisecond)
		if err := os.Rename(access, fmt.Sprintf("%s.%d", access, i)); err != nil {
			t.Error(err)
		}
		p.signal(syscall.SIGUSR1)
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(access); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the log was not opened anew")
			}
		}
	}
	wg.Wait()
	p.signal(syscall.SIGTERM)
	if code := p.exit(40 * time.Second); code != exitDone {
		t.Errorf("exit %d", code)
	}
	seen := map[string]int{}
	for _, pattern := range []string{"access.log*", filepath.Join("tracking", "*")} {
		paths, err := filepath.Glob(filepath.Join(dir, "log", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`line-\d+-\d+-`).FindAllString(string(text), -1) {
				seen[pattern+m]++
			}
		}
	}
	if len(seen) != 2*each*people {
		t.Errorf("%d lines in both logs, want %d", len(seen), 2*each*people)
	}
}

// TestRedisGone: without Redis pages go on and nobody is signed out.
func TestRedisGone(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server on the PATH")
	}
	temp := shortTemp(t)
	socket := filepath.Join(temp, "redis")
	server := exec.CommandContext(t.Context(), program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", temp)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	gone := sync.OnceFunc(func() { _ = server.Process.Kill(); _ = server.Wait() })
	defer gone()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	defer client.Close()
	for deadline := time.Now().Add(10 * time.Second); client.Ping(t.Context()).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Redis does not start")
		}
	}
	p := serve(t, faultDir(t), "LMS_REDIS_URL=unix://"+socket)
	w := newWriter(p.learner("ann", faultKey))
	w.answer(inputName)
	if n, err := client.DBSize(t.Context()).Result(); err != nil || n == 0 {
		t.Errorf("Redis holds %d keys, %v: it is not used", n, err)
	}
	gone()
	slow := 0
	for i := range 20 {
		began := time.Now()
		for _, path := range []string{"/dashboard", "/courses/" + faultKey.String() + "/courseware/open/s1/1", "/courses/" + faultKey.String() + "/progress"} {
			if got := w.get(path); got.status != http.StatusOK {
				t.Fatalf("%s without Redis, try %d: %d to %q", path, i, got.status, got.location())
			}
		}
		w.answer(inputName)
		if time.Since(began) > 2*time.Second {
			slow++
		}
	}
	if w.acked != w.sent {
		t.Errorf("%d of %d answers were acknowledged: %v", w.acked, w.sent, w.refused)
	}
	if said := p.err.String(); strings.Count(said, "Redis is away") > 1 || strings.Contains(said, "pool.go") {
		t.Errorf("the server says:\n%s", said)
	}
	if slow > 3 {
		t.Errorf("%d of 20 rounds were slow", slow)
	}
	in := p.client()
	in.account = w.account
	in.signIn()
	p.learner("bob", faultKey)
	if got := w.get("/heartbeat"); got.status != http.StatusOK || !strings.Contains(got.body, `"cache":{"message":"away","status":false}`) {
		t.Errorf("heartbeat: %d %s", got.status, got.body)
	}
	if got := w.post("/logout"); got.status >= 400 || w.get("/dashboard").status != http.StatusFound {
		t.Errorf("signing out without Redis: %d", got.status)
	}
}

// TestDiskFull fills the disk below the logs, then the one below everything: answers are kept or refused in words, and
// when there is room again it goes on by itself.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("making a small disk needs root")
	}
	disk := func(t *testing.T, dir, size string) {
		t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0711,size="+size); err != nil {
			t.Skipf("making a small disk: %v", err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	}
	fill := func(t *testing.T, dir string) (free func()) {
		t.Helper()
		path := filepath.Join(dir, "filler")
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		block := make([]byte, 64<<10)
		for size := len(block); size > 0; size /= 2 {
			for err = nil; err == nil; {
				_, err = f.Write(block[:size])
			}
		}
		f.Close()
		return func() { os.Remove(path) }
	}

	t.Run("logs", func(t *testing.T) {
		t.Parallel()
		dir := faultDir(t)
		logs := filepath.Join(dir, "log")
		disk(t, logs, "4m")
		p := serve(t, dir)
		w := newWriter(p.learner("ann", faultKey))
		w.answer(inputName)
		free := fill(t, logs)
		for range 20 {
			w.answer(inputName)
		}
		if w.acked != w.sent {
			t.Errorf("%d of %d answers were acknowledged with a full log disk: %+v", w.acked, w.sent, w.refused)
		}
		free()
		for range 3 {
			w.answer(inputName)
		}
		w.check(t, inputName)
		p.signal(syscall.SIGTERM)
		if code := p.exit(40 * time.Second); code != exitDone {
			t.Errorf("exit %d", code)
		}
		checked := 0
		for _, e := range trackingLines(t, dir) {
			if e["event_type"] == "problem_check" && e["event_source"] == "server" {
				checked++
			}
		}
		if checked != w.acked {
			t.Errorf("%d answers in the tracking log, %d acknowledged", checked, w.acked)
		}
	})

	t.Run("data", func(t *testing.T) {
		t.Parallel()
		from := faultDir(t)
		mount := filepath.Join(shortTemp(t), "m")
		if err := os.Mkdir(mount, 0o711); err != nil { //nolint:gosec // PostgreSQL of another account passes through it
			t.Fatal(err)
		}
		disk(t, mount, "200m")
		dir := filepath.Join(mount, "d")
		if text, err := exec.CommandContext(t.Context(), "cp", "-a", from, dir).CombinedOutput(); err != nil {
			t.Fatalf("copy: %v: %s", err, text)
		}
		p := serve(t, dir)
		w := newWriter(p.learner("ann", faultKey))
		for range 3 {
			w.answer(inputName)
		}
		free := fill(t, dir)
		if got := line(t, nil, nil, "course", "import", write(t, marked("Fault", "2")), "--data", dir); got.code != exitFailed || !strings.Contains(got.err, "make room first") {
			t.Errorf("import on a full disk: exit %d, %q", got.code, got.err)
		}
		if got := line(t, nil, nil, "doctor", "--data", dir); got.code != exitFailed || !strings.Contains(got.out, "make room") {
			t.Errorf("doctor on a full disk: exit %d\n%s", got.code, got.out)
		}
		for i := 0; i < 400 && len(w.refused) < 5; i++ {
			w.answer(inputName)
		}
		for _, r := range w.refused {
			if r.status != http.StatusServiceUnavailable {
				t.Errorf("an answer on a full disk: %d %.300s", r.status, r.body)
			}
		}
		t.Logf("full: %d sent, %d acknowledged, %d refused", w.sent, w.acked, len(w.refused))
		free()
		before, deadline := w.acked, time.Now().Add(30*time.Second)
		for w.acked == before && time.Now().Before(deadline) {
			w.answer(inputName)
		}
		if w.acked == before {
			t.Fatalf("no answer is taken though there is room again: %+v", w.refused[len(w.refused)-1])
		}
		w.check(t, inputName)
		checkGrades(t, dir, faultKey, 1)
	})
}
