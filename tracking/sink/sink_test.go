package sink

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/internal/pgtest"
	"lyceum/tracking"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("TRACKING_SINK_VICTIM"); dir != "" {
		victim(dir)
	}
	os.Exit(m.Run())
}

func event(who, n int) tracking.Event {
	return tracking.Server(tracking.Request{Username: "w" + strconv.Itoa(who)}, "test", tracking.Map{"n": n})
}

func page(who, n int) tracking.Event {
	e := event(who, n)
	e.Source, e.Name = tracking.FromBrowser, ""
	return e
}

func open(t testing.TB, opt Options) *Log {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = t.TempDir()
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	l, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(context.Background()) })
	return l
}

// readerPattern is what the readers of the logs take.
var readerPattern = regexp.MustCompile(`.*tracking.log.*`)

// lines reads the directory as readers do and returns the event numbers of each writer, in order of files and lines. Every line must be whole.
func lines(t testing.TB, dir string) map[string][]int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	current := false
	for _, e := range entries { // dated names sort by time; the file being written is newest
		if e.Name() == "tracking.log" {
			current = true
		} else if readerPattern.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if current {
		names = append(names, "tracking.log")
	}
	got := map[string][]int{}
	for _, name := range names {
		for _, line := range fileLines(t, filepath.Join(dir, name)) {
			var r struct {
				Username string
				Name     string
				Event    struct{ N, Lost int }
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%s: %v in %q", name, err, line)
			}
			if r.Name == GapName {
				got[GapName] = append(got[GapName], r.Event.Lost)
				continue
			}
			got[r.Username] = append(got[r.Username], r.Event.N)
		}
	}
	return got
}

func fileLines(t testing.TB, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(z); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	if len(raw) > 0 && raw[len(raw)-1] != '\n' {
		t.Fatalf("%s does not end a line", path)
	}
	return strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")[:bytes.Count(raw, newline)]
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func TestServerEventIsInTheFileAtOnce(t *testing.T) {
	t.Parallel()
	l := open(t, Options{Batch: time.Hour})
	l.Emit(t.Context(), page(1, 0))
	l.Emit(t.Context(), page(1, 1))
	if got := lines(t, l.opt.Dir); len(got) != 0 {
		t.Errorf("browser events were not batched: %v", got)
	}
	l.Emit(t.Context(), event(1, 2))
	if diff := cmp.Diff(map[string][]int{"w1": upTo(3)}, lines(t, l.opt.Dir)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if s := l.Stats(); s.Writes != 1 || s.Emitted != 3 || s.Lost != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestEventsOfOneActShareAWrite(t *testing.T) {
	t.Parallel()
	l := open(t, Options{Batch: time.Hour})
	l.EmitAll(t.Context(), nil)
	before := l.Stats()
	for i := range 10 {
		tracking.EmitAll(t.Context(), l, []tracking.Event{event(1, 3*i), page(1, 3*i+1), event(1, 3*i+2)})
		if got := len(lines(t, l.opt.Dir)["w1"]); got != 3*i+3 {
			t.Fatalf("%d lines after %d events", got, 3*i+3)
		}
	}
	if diff := cmp.Diff(map[string][]int{"w1": upTo(30)}, lines(t, l.opt.Dir)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if s := l.Stats(); s.Emitted != 30 || s.Writes-before.Writes != 10 {
		t.Errorf("stats %+v", s)
	}
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	l.EmitAll(t.Context(), []tracking.Event{event(1, 0), event(1, 1)})
	if s := l.Stats(); s.Lost != 2 {
		t.Errorf("after Close: %+v", s)
	}
}

func TestBrowserEventsComeInBatches(t *testing.T) {
	t.Parallel()
	l := open(t, Options{Batch: time.Millisecond})
	for i := range 1000 {
		l.Emit(t.Context(), page(1, i))
	}
	eventually(t, "browser events written", func() bool { return l.Stats().Queued == 0 })
	if diff := cmp.Diff(map[string][]int{"w1": upTo(1000)}, lines(t, l.opt.Dir)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// clock moves on by a second each few calls, so that many rotations fit into a test.
type clock struct{ calls atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(c.calls.Add(1)) * 200 * time.Millisecond)
}

// Writers of two logs on one file, as of two processes, while it is rotated and compressed.
func TestRotationUnderWriters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const writers, each = 8, 2000
	var c clock
	logs := []*Log{
		open(t, Options{Dir: dir, MaxSize: 64 << 10, Now: c.now, Batch: time.Millisecond}),
		open(t, Options{Dir: dir, MaxSize: 64 << 10, Now: c.now, Batch: time.Millisecond}),
	}
	want := map[string][]int{}
	var wg sync.WaitGroup
	for w := range writers {
		want["w"+strconv.Itoa(w)] = upTo(each)
		wg.Go(func() {
			for i := range each {
				if i%3 == 0 {
					logs[w%2].Emit(context.Background(), page(w, i))
				} else {
					logs[w%2].Emit(context.Background(), event(w, i))
				}
			}
		})
	}
	wg.Wait()
	rotations := logs[0].Stats().Rotations + logs[1].Stats().Rotations
	for _, l := range logs {
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if rotations < 5 {
		t.Errorf("%d rotations", rotations)
	}
	if diff := cmp.Diff(want, lines(t, dir)); diff != "" {
		t.Errorf("-want +got\n%.2000s", diff)
	}
	l := open(t, Options{Dir: dir, MaxSize: 64 << 10, Now: c.now})
	eventually(t, "all compressed", func() bool {
		plain, err := l.stamps("tracking.log-", "")
		packed, err2 := l.stamps("tracking.log-", ".gz")
		return err == nil && err2 == nil && len(plain) == 0 && len(packed) == int(rotations)
	})
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, lines(t, dir)); diff != "" {
		t.Errorf("compressed: -want +got\n%.2000s", diff)
	}
	hidden, err := filepath.Glob(filepath.Join(dir, ".tracking-*"))
	if err != nil || len(hidden) != 0 {
		t.Errorf("left over: %v %v", hidden, err)
	}
}

func TestRotationByTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := time.Date(2015, 3, 1, 23, 59, 50, 0, time.UTC)
	var mu sync.Mutex
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	set := func(v time.Time) { mu.Lock(); defer mu.Unlock(); at = v }
	l := open(t, Options{Dir: dir, Now: now})
	l.Emit(t.Context(), event(1, 0))
	set(time.Date(2015, 3, 2, 0, 0, 1, 0, time.UTC))
	l.Emit(t.Context(), event(1, 1))
	name := filepath.Join(dir, "tracking.log-20150302-1425254401.gz")
	eventually(t, name, func() bool { _, err := os.Stat(name); return err == nil })
	if got := len(fileLines(t, name)); got != 1 {
		t.Errorf("%d lines in the rotated file", got)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A file left from another day is rotated when writing goes on.
	if err := os.Chtimes(filepath.Join(dir, "tracking.log"), at, at); err != nil {
		t.Fatal(err)
	}
	set(time.Date(2015, 3, 4, 10, 0, 0, 0, time.UTC))
	l = open(t, Options{Dir: dir, Now: now})
	l.Emit(t.Context(), event(1, 2))
	if got := len(fileLines(t, filepath.Join(dir, "tracking.log"))); got != 1 {
		t.Errorf("%d lines in the new file", got)
	}
	name = filepath.Join(dir, "tracking.log-20150304-1425463200.gz") // else its plain form goes away while it is read
	eventually(t, name, func() bool { _, err := os.Stat(name); return err == nil })
	if diff := cmp.Diff([]int{0, 1, 2}, lines(t, dir)["w1"]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	l := open(t, Options{MaxSize: -1, RotateEvery: -1})
	path := filepath.Join(l.opt.Dir, "tracking.log")
	l.Emit(t.Context(), event(1, 0))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	l.Emit(t.Context(), event(1, 1))
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	l.Emit(t.Context(), event(1, 2))
	if got, want := []int{len(fileLines(t, path+".1")), len(fileLines(t, path))}, []int{2, 1}; !cmp.Equal(got, want) {
		t.Errorf("got %v lines, want %v", got, want)
	}
}

func TestTornEndIsMended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "tracking.log")
	torn := string(event(1, 0).AppendJSON(nil)) + "\n" + `{"username": "to`
	if err := os.WriteFile(path, []byte(torn), 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, Options{Dir: dir})
	l.Emit(t.Context(), event(1, 1))
	if diff := cmp.Diff([]int{0, 1}, lines(t, dir)["w1"]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// disk is a file whose disk can be full, after some more bytes, or slow.
type disk struct {
	*os.File
	state *diskState
}

type diskState struct {
	left   atomic.Int64 // bytes that fit; negative: any number
	stall  atomic.Bool
	resume chan struct{}
}

func newDisk() *diskState {
	d := &diskState{resume: make(chan struct{})}
	d.left.Store(-1)
	return d
}

func (d *diskState) wrap(f *os.File) file { return &disk{f, d} }

func (d *disk) Write(b []byte) (int, error) {
	if d.state.stall.Load() {
		<-d.state.resume
	}
	left := d.state.left.Load()
	if left < 0 || left >= int64(len(b)) {
		if left >= 0 {
			d.state.left.Add(-int64(len(b)))
		}
		return d.File.Write(b)
	}
	d.state.left.Store(0)
	n, err := d.File.Write(b[:left])
	if err != nil {
		return n, err
	}
	return n, syscall.ENOSPC
}

func TestDiskFullQueues(t *testing.T) {
	t.Parallel()
	d := newDisk()
	l := open(t, Options{wrap: d.wrap, Batch: time.Millisecond})
	for i := range 2000 {
		if i == 100 {
			d.left.Store(1000) // ends in the middle of a line
		}
		if i%5 == 0 && i < 1995 {
			l.EmitAll(t.Context(), []tracking.Event{event(1, i), event(1, i+1), event(1, i+2), event(1, i+3)})
		} else if i%5 == 4 || i >= 1995 {
			l.Emit(t.Context(), event(1, i))
		}
	}
	if s := l.Stats(); !s.Degraded || s.Lost != 0 {
		t.Errorf("stats %+v", s)
	}
	got := lines(t, l.opt.Dir)["w1"] // whole lines, also now
	if len(got) < 100 || len(got) > 110 {
		t.Errorf("%d lines while the disk is full", len(got))
	}
	d.left.Store(-1)
	eventually(t, "written again", func() bool { s := l.Stats(); return s.Queued == 0 && !s.Degraded })
	if diff := cmp.Diff(map[string][]int{"w1": upTo(2000)}, lines(t, l.opt.Dir)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestGapIsCounted(t *testing.T) {
	t.Parallel()
	d := newDisk()
	l := open(t, Options{wrap: d.wrap, Queue: 64 << 10, Batch: time.Millisecond})
	d.left.Store(0)
	const all = 2000
	for i := range all {
		l.Emit(t.Context(), event(1, i))
	}
	s := l.Stats()
	if s.Lost == 0 || s.Queued > 64<<10 {
		t.Fatalf("stats %+v", s)
	}
	d.left.Store(-1)
	eventually(t, "written again", func() bool { s := l.Stats(); return s.Queued == 0 && !s.Degraded })
	l.Emit(t.Context(), event(1, all))
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	got := lines(t, l.opt.Dir)
	if diff := cmp.Diff([]int{int(s.Lost)}, got[GapName]); diff != "" {
		t.Errorf("gap: -want +got\n%s", diff)
	}
	if n := len(got["w1"]); n != all+1-int(s.Lost) {
		t.Errorf("%d lines, %d lost of %d", n, s.Lost, all+1)
	}
}

func TestSlowDiskHoldsNobody(t *testing.T) {
	t.Parallel()
	d := newDisk()
	l := open(t, Options{wrap: d.wrap, Wait: 20 * time.Millisecond, Batch: time.Millisecond})
	d.stall.Store(true)
	held := make(chan struct{})
	go func() { l.Emit(context.Background(), event(0, 0)); close(held) }() // the one that finds out
	eventually(t, "someone writes", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.writing })
	start := time.Now()
	for i := range 1000 {
		l.Emit(t.Context(), event(1, i))
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("1,000 events took %v", took)
	}
	if s := l.Stats(); !s.Degraded || s.Slow == 0 {
		t.Errorf("stats %+v", s)
	}
	d.stall.Store(false)
	close(d.resume)
	<-held
	eventually(t, "written", func() bool { s := l.Stats(); return s.Queued == 0 && !s.Degraded })
	if diff := cmp.Diff(map[string][]int{"w0": upTo(1), "w1": upTo(1000)}, lines(t, l.opt.Dir)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	d := newDisk()
	opt := Options{Dir: t.TempDir(), wrap: d.wrap, Queue: 256 << 10, Batch: time.Millisecond, Outbox: Postgres{DB: pool}}
	l := open(t, opt)
	d.left.Store(100)
	const all = 5000
	for i := range all {
		if i%100 == 0 {
			eventually(t, "room in the queue", func() bool { return l.Stats().Queued < 200<<10 })
		}
		l.Emit(t.Context(), event(1, i))
	}
	if s := l.Stats(); s.Lost != 0 || s.Spilled == 0 {
		t.Fatalf("stats %+v", s)
	}
	// A graceful stop leaves all of it in the outbox, and the next start finds it there.
	if err := l.Close(t.Context()); err != nil && !errors.Is(err, syscall.ENOSPC) { // nil if all had been moved already
		t.Errorf("close: %v", err)
	}
	if n := l.Stats().Queued; n != 0 {
		t.Errorf("%d bytes left behind", n)
	}
	// As if the process had died after writing the first row and before removing it.
	var first []byte
	if err := pool.QueryRow(t.Context(), `SELECT lines FROM tracking_outbox ORDER BY id LIMIT 1`).Scan(&first); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(opt.Dir, "tracking.log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(first[:len(first)-10]); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	d.left.Store(-1)
	l = open(t, opt)
	l.Emit(t.Context(), event(1, all))
	if diff := cmp.Diff(map[string][]int{"w1": upTo(all + 1)}, lines(t, opt.Dir)); diff != "" {
		t.Errorf("-want +got\n%.1000s", diff)
	}
	var rows int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM tracking_outbox`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows left, %v", rows, err)
	}
}

func TestOutboxDrainsWhileRunning(t *testing.T) {
	t.Parallel()
	d := newDisk()
	l := open(t, Options{wrap: d.wrap, Queue: 128 << 10, Batch: time.Millisecond, Outbox: Postgres{DB: pgtest.New(t)}})
	d.left.Store(0)
	const all = 2000
	for i := range all {
		if i%50 == 0 {
			eventually(t, "room in the queue", func() bool { return l.Stats().Queued < 100<<10 })
		}
		l.Emit(t.Context(), event(1, i))
	}
	d.left.Store(-1)
	eventually(t, "written again", func() bool {
		s := l.Stats()
		return s.Queued == 0 && !s.Degraded && s.Drained == s.Spilled
	})
	if diff := cmp.Diff(map[string][]int{"w1": upTo(all)}, lines(t, l.opt.Dir)); diff != "" {
		t.Errorf("-want +got\n%.1000s", diff)
	}
}

func TestOutboxLimit(t *testing.T) {
	t.Parallel()
	p := Postgres{DB: pgtest.New(t), Limit: 100}
	if err := p.Put(t.Context(), make([]byte, 100), 1); err != nil {
		t.Fatal(err)
	}
	if err := p.Put(t.Context(), []byte("x"), 1); !errors.Is(err, ErrOutboxFull) {
		t.Errorf("got %v", err)
	}
}

// A crash between any two steps of compressing leaves each line in exactly one file that readers see, after the next start.
func TestInterruptedCompression(t *testing.T) {
	t.Parallel()
	const stamp = "20260302-1772409600"
	line := string(event(1, 0).AppendJSON(nil)) + "\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(line))
	_ = z.Close()
	for name, files := range map[string]map[string]string{
		"not begun":         {"tracking.log-" + stamp: line},
		"half made":         {"tracking.log-" + stamp: line, ".tracking-" + stamp + ".part": "\x1f\x8bjunk"},
		"plain hidden":      {".tracking-" + stamp + ".spent": line, ".tracking-" + stamp + ".part": packed.String()},
		"named":             {".tracking-" + stamp + ".spent": line, "tracking.log-" + stamp + ".gz": packed.String()},
		"named and fetched": {".tracking-" + stamp + ".spent": line},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for f, text := range files {
				if err := os.WriteFile(filepath.Join(dir, f), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			open(t, Options{Dir: dir})
			eventually(t, "finished", func() bool {
				left, err := filepath.Glob(filepath.Join(dir, ".tracking-*"))
				plain, err2 := filepath.Glob(filepath.Join(dir, "tracking.log-*[0-9]"))
				return err == nil && err2 == nil && len(left)+len(plain) == 0
			})
			want := 1
			if name == "named and fetched" {
				want = 0
			}
			if got := len(lines(t, dir)["w1"]); got != want {
				t.Errorf("read %d times, want %d", got, want)
			}
		})
	}
}

// victim emits events of four writers, numbered from the environment's, says which are acknowledged, and waits to be killed.
func victim(dir string) {
	opt := Options{Dir: dir, MaxSize: 256 << 10, Now: new(clock).now, Wait: time.Minute} // a busy machine is no slow disk
	first, other := 0, os.Getenv("TRACKING_SINK_WRITER")
	if other != "" { // beside another process: names by the real clock
		first, _ = strconv.Atoi(other)
		opt.Now, opt.MaxSize = nil, 64<<10
	}
	l, err := Open(context.Background(), opt)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var mu sync.Mutex
	for w := first; w < first+4; w++ {
		go func() {
			for i := 0; ; i++ {
				if w%2 == 0 {
					l.Emit(context.Background(), event(w, i))
				} else {
					l.EmitAll(context.Background(), []tracking.Event{event(w, i), event(w, i+1), event(w, i+2)})
					i += 2
				}
				mu.Lock()
				fmt.Printf("%d %d\n", w, i)
				mu.Unlock()
				if other != "" {
					time.Sleep(time.Millisecond)
				}
			}
		}()
	}
	select {}
}

// runVictim starts a victim, kills it when stop says so, and returns how many events of each writer it saw acknowledged.
func runVictim(t *testing.T, dir, writer string, stop func(n int) bool) map[string]int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "TRACKING_SINK_VICTIM="+dir, "TRACKING_SINK_WRITER="+writer)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked := map[string]int{}
	s := bufio.NewScanner(out)
	killed := false
	for n := 0; s.Scan(); n++ {
		if w, i, ok := strings.Cut(s.Text(), " "); ok {
			if num, err := strconv.Atoi(i); err == nil && num >= acked["w"+w] { // the last may be cut short
				acked["w"+w] = num + 1
			}
		}
		if !killed && stop(n) {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	return acked
}

// checkAcknowledged mends the log in dir and looks for every acknowledged event, once and in order.
func checkAcknowledged(t *testing.T, dir string, acked map[string]int) {
	t.Helper()
	if err := open(t, Options{Dir: dir}).Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := lines(t, dir)
	for w, n := range acked {
		if len(got[w]) < n {
			t.Errorf("%s: %d of %d acknowledged events", w, len(got[w]), n)
		}
		if diff := cmp.Diff(upTo(len(got[w])), got[w]); diff != "" {
			t.Errorf("%s: -want +got\n%.1000s", w, diff)
		}
	}
}

func TestKilledWriterLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	for round := range 4 {
		dir := t.TempDir()
		acked := runVictim(t, dir, "", func(n int) bool { return n == 3000+700*round })
		if len(acked) == 0 {
			t.Error("nothing was acknowledged")
		}
		checkAcknowledged(t, dir, acked)
	}
}

// Two processes write and rotate one file; one is killed, and later the other.
func TestTwoProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds: a file is rotated once a second at most")
	}
	t.Parallel()
	dir := t.TempDir()
	start := time.Now()
	var acked [2]map[string]int
	var wg sync.WaitGroup
	for i := range acked {
		wg.Go(func() {
			end := start.Add(time.Duration(15+10*i) * 100 * time.Millisecond)
			acked[i] = runVictim(t, dir, strconv.Itoa(1+4*i), func(int) bool { return time.Now().After(end) })
		})
	}
	wg.Wait()
	maps.Copy(acked[0], acked[1])
	if len(acked[0]) != 8 {
		t.Errorf("acknowledged: %v", acked[0])
	}
	checkAcknowledged(t, dir, acked[0])
	rotated, err := filepath.Glob(filepath.Join(dir, "tracking.log-*"))
	if err != nil || len(rotated) < 2 {
		t.Errorf("rotated: %v, %v", rotated, err)
	}
}

func TestEmitAfterClose(t *testing.T) {
	t.Parallel()
	l := open(t, Options{})
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Emit(t.Context(), event(1, 0))
	if s := l.Stats(); s.Lost != 1 {
		t.Errorf("stats %+v", s)
	}
}

func BenchmarkEmit(b *testing.B) {
	r := tracking.Request{
		Username: "mira", UserID: 417, Session: "6f1c2d3e4f506172839a4b5c6d7e8f90", IP: "203.0.113.7", Host: "learn.example.edu",
		Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:37.0) Gecko/20100101 Firefox/37.0", AcceptLanguage: "en-GB,en;q=0.7", Path: "/change_enrollment",
	}
	server := tracking.Server(r, tracking.EnrollmentActivated, tracking.Enrollment{CourseID: "course-v1:HillU+BIO2x+2015_T1", UserID: 417, Mode: "honor"})
	form := url.Values{
		"event_type": {"play_video"}, "event": {`{"id": "9a8b7c6d5e4f40318f0a", "code": "html5", "currentTime": 0}`},
		"page": {"https://learn.example.edu/courses/course-v1:HillU+BIO2x+2015_T1/courseware/wk1/wk1a/"},
	}
	for _, bc := range []struct {
		name string
		make func() tracking.Event
	}{
		{"server", func() tracking.Event { return server }},
		{"browser", func() tracking.Event { e, _ := tracking.ParseBrowserEvent(form, r); return e }},
	} {
		for _, parallel := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/%d", bc.name, parallel), func(b *testing.B) {
				l := open(b, Options{Sync: time.Hour})
				b.ReportAllocs()
				before := cpu(b)
				b.SetParallelism(parallel)
				b.ResetTimer()
				if parallel == 1 {
					for range b.N {
						l.Emit(context.Background(), bc.make())
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							l.Emit(context.Background(), bc.make())
						}
					})
				}
				l.acquire()
				if err := l.flush(); err != nil {
					b.Fatal(err)
				}
				l.release()
				b.StopTimer()
				s := l.Stats()
				b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
				b.ReportMetric(float64(b.N)/float64(max(1, s.Writes)), "events/write")
				if s.Lost > 0 {
					b.ReportMetric(float64(s.Lost), "lost")
				}
			})
		}
	}
}

// BenchmarkEmitAll is four events of the server at once, as an answer has them: the budget is 3 us of processor time each, and 200,000 a
// second.
func BenchmarkEmitAll(b *testing.B) {
	r := tracking.Request{
		Username: "mira", UserID: 417, Session: "6f1c2d3e4f506172839a4b5c6d7e8f90", IP: "203.0.113.7", Host: "learn.example.edu",
		Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:37.0) Gecko/20100101 Firefox/37.0", AcceptLanguage: "en-GB,en;q=0.7", Path: "/courses/course-v1:HillU+BIO2x+2015_T1/xblock/p/handler/xmodule_handler/problem_check",
	}
	cause := tracking.GradeCause{CourseID: "course-v1:HillU+BIO2x+2015_T1", UserID: 417, TransactionID: "0d3c9d4e-2f51-4f3e-9a53-1c2f0d7f1b11", TransactionType: tracking.GradesProblemSubmitted}
	events := make([]tracking.Event, 4)
	for i := range events {
		events[i] = tracking.Server(r, tracking.GradesProblemSubmitted, tracking.ProblemScored{GradeCause: cause, ProblemID: "block-v1:HillU+BIO2x+2015_T1+type@problem+block@5c1d0f0e", Earned: 1, Possible: 1})
	}
	l := open(b, Options{Sync: time.Hour})
	b.ReportAllocs()
	before := cpu(b)
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.EmitAll(context.Background(), events)
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(cpu(b)-before)/float64(4*b.N), "cpu-ns/event")
	b.ReportMetric(float64(4*b.N)/b.Elapsed().Seconds(), "events/s")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
