package sink

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"lyceum/tracking"
)

// Options say where and how events are kept. The zero value of each but Dir has a default.
type Options struct {
	Dir         string        // made if absent
	Name        string        // of the file; tracking.log
	MaxSize     int64         // rotate when larger, bytes; 512 MiB; negative: never
	RotateEvery time.Duration // rotate at each multiple of it, UTC; 24 h; negative: never
	Queue       int           // bytes kept in memory when the file cannot be written; 64 MiB
	Batch       time.Duration // how long a browser event may wait; 200 ms
	Wait        time.Duration // how long a server event waits for a slow disk; 250 ms
	Sync        time.Duration // how often data is forced to disk; 1 s
	Outbox      Outbox        // where events go when the queue is half full; nil: nowhere
	Logger      *slog.Logger  // slog.Default()
	Now         func() time.Time

	wrap func(*os.File) file // tests make disks fail with it
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&o.RotateEvery, 24*time.Hour)
	set(&o.Batch, 200*time.Millisecond)
	set(&o.Wait, 250*time.Millisecond)
	set(&o.Sync, time.Second)
	if o.Name == "" {
		o.Name = "tracking.log"
	}
	if o.MaxSize == 0 {
		o.MaxSize = 512 << 20
	}
	if o.Queue == 0 {
		o.Queue = 64 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.wrap == nil {
		o.wrap = func(f *os.File) file { return f }
	}
	return o
}

// Stats count since Open.
type Stats struct {
	Emitted   int64 // events taken
	Written   int64 // bytes written
	Writes    int64 // system calls they took
	Lost      int64 // events dropped because queue and outbox were full
	Spilled   int64 // bytes moved to the outbox
	Drained   int64 // bytes that came back from it
	Errors    int64 // failed writes
	Slow      int64 // server events that gave up waiting
	Rotations int64
	Queued    int  // bytes in memory now
	Degraded  bool // the file cannot be written, or is slow
}

// Log is an Emitter that writes files. Its methods may be called by many at once.
type Log struct {
	opt  Options
	kick chan struct{} // wakes the writer
	pack chan struct{} // wakes the packer
	stop chan struct{}
	done sync.WaitGroup
	bufs sync.Pool

	mu       sync.Mutex
	free     *sync.Cond    // signaled when the write token is given back
	writing  bool          // somebody has the write token
	waiting  int           // how many wait in acquire
	pending  []byte        // whole lines, newest last
	spare    []byte        // the buffer that pending is exchanged with
	stuck    []byte        // lines taken for writing that could not be written; older than pending
	stuckIn  []byte        // the buffer stuck is part of
	waiters  chan struct{} // closed when what is pending now was written, or has failed; nil if nobody waits
	flight   chan struct{} // the same for what is being written
	appended uint64        // number of the newest event in pending
	taken    uint64        // of the newest that was taken from it
	settled  atomic.Uint64 // of the newest that was written, or whose write failed
	trouble  bool          // nobody waits for the file
	failing  bool          // the last write failed
	spilled  bool          // the outbox may have lines
	closed   bool
	gap      gap
	stats    Stats

	out       *output           // of whoever has the write token; read under mu by the syncer
	wrote     [sha256.Size]byte // digest of the last row of the outbox that is in the file
	started   bool              // the outbox was read since Open
	rotatedAt int64             // second of the last rotation
}

var _ tracking.Emitter = (*Log)(nil)

// Open opens the log in opt.Dir. It mends what a crash left behind: the torn end of the file, half-made compressed files, lines in the outbox.
func Open(ctx context.Context, opt Options) (*Log, error) {
	opt = opt.withDefaults()
	if err := os.MkdirAll(opt.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("make directory of the tracking log: %w", err)
	}
	l := &Log{
		opt:     opt,
		kick:    make(chan struct{}, 1),
		pack:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		spilled: opt.Outbox != nil,
	}
	l.free = sync.NewCond(&l.mu)
	l.bufs.New = func() any { return new([]byte) }
	if err := l.mendPacks(); err != nil {
		opt.Logger.Error("finish compressing tracking logs", "error", err)
	}
	out, err := l.openOutput()
	switch {
	case err == nil:
		l.out = out
	case noSpace(err): // a full disk keeps nobody from learning
		l.trouble, l.failing = true, true
		opt.Logger.Error("tracking log cannot be opened, events are queued", "error", err)
	default:
		return nil, err
	}
	if l.out != nil && l.spilled {
		l.writing = true
		_, _ = l.drain(ctx) // what stays in the outbox is tried again by the writer
		l.release()
	}
	l.done.Add(2)
	go l.writer()
	go l.packer()
	wake(l.pack)
	return l, nil
}

// Emit implements tracking.Emitter.
func (l *Log) Emit(_ context.Context, e tracking.Event) {
	if e.Time.IsZero() {
		e.Time = l.opt.Now()
	}
	buf := l.bufs.Get().(*[]byte)
	line := append(e.AppendJSON((*buf)[:0]), '\n')
	l.put(line, 1, e.Source == tracking.FromBrowser)
	l.giveBack(buf, line)
}

// EmitAll is Emit for several events, see [tracking.EmitAll]. Their lines stand next to each other in the file.
func (l *Log) EmitAll(_ context.Context, events []tracking.Event) {
	if len(events) == 0 {
		return
	}
	buf := l.bufs.Get().(*[]byte)
	lines := (*buf)[:0]
	mayWait := true
	now := l.opt.Now()
	for i := range events {
		e := events[i]
		if e.Time.IsZero() {
			e.Time = now
		}
		lines = append(e.AppendJSON(lines), '\n')
		mayWait = mayWait && e.Source == tracking.FromBrowser
	}
	l.put(lines, len(events), mayWait)
	l.giveBack(buf, lines)
}

// giveBack keeps a buffer for the next event, unless it has grown large.
func (l *Log) giveBack(buf *[]byte, used []byte) {
	if cap(used) > 256<<10 {
		return
	}
	*buf = used
	l.bufs.Put(buf)
}

// put queues the lines of n events and, unless they may wait or there is trouble, sees them written: by itself, or by who is writing now.
func (l *Log) put(lines []byte, n int, mayWait bool) {
	l.mu.Lock()
	l.stats.Emitted += int64(n)
	limit := l.opt.Queue
	if mayWait {
		limit -= limit / 8 // the last room is for what people did, not for what pages report
	}
	if l.closed || l.queued()+len(lines) > limit {
		l.gap.add(n, l.opt.Now())
		l.stats.Lost += int64(n)
		l.mu.Unlock()
		wake(l.kick)
		return
	}
	l.pending = append(l.pending, lines...)
	l.appended += uint64(n) //nolint:gosec // a length
	switch {
	case l.trouble, mayWait && (l.writing || len(l.pending) < batchBytes):
		l.mu.Unlock()
	case l.writing:
		l.follow(l.appended)
	default:
		l.writing = true
		// Answers are committed in groups, so others are about to bring theirs: one write for all costs as much as one for each.
		l.mu.Unlock()
		runtime.Gosched()
		l.mu.Lock()
		l.lead(leadRounds)
	}
}

const (
	batchBytes = 64 << 10 // browser events are written when there are this many bytes of them
	yields     = 2        // how often a caller lets others run before it sleeps
	leadRounds = 4        // how many batches one caller writes for others before it hands over to the writer
	writeBytes = 4 << 20  // longest single write
)

// follow waits until event number n is settled, which another caller who is writing will see to, or else this one. The caller has mu, which is unlocked on return.
func (l *Log) follow(n uint64) {
	for range yields { // a write is shorter than going to sleep
		l.mu.Unlock()
		runtime.Gosched()
		if l.settled.Load() >= n {
			return
		}
		l.mu.Lock()
	}
	switch {
	case l.trouble || l.settled.Load() >= n:
		l.mu.Unlock()
	case !l.writing:
		l.writing = true
		l.lead(leadRounds)
	default:
		if l.waiters == nil {
			l.waiters = make(chan struct{})
		}
		ch := l.waiters
		if l.taken >= n {
			if l.flight == nil {
				l.flight = make(chan struct{})
			}
			ch = l.flight
		}
		l.mu.Unlock()
		l.await(ch)
	}
}

// await waits until the batch is settled, or declares the file slow.
func (l *Log) await(ch <-chan struct{}) {
	t := time.NewTimer(l.opt.Wait)
	defer t.Stop()
	select {
	case <-ch:
	case <-t.C:
		l.mu.Lock()
		l.stats.Slow++
		first := !l.trouble
		l.trouble = true
		l.mu.Unlock()
		if first {
			l.opt.Logger.Warn("tracking log is slow, events are queued")
		}
	}
}

// queued is how many bytes are in memory. The caller holds mu.
func (l *Log) queued() int { return len(l.pending) + len(l.stuck) }

// lead writes batches while somebody waits for them, at most rounds of them, and gives the write token back. The caller has the token and mu, which is
// unlocked on return.
func (l *Log) lead(rounds int) {
	for {
		data := l.take()
		l.mu.Unlock()
		n, writes, err := l.write(data)
		rounds--

		l.mu.Lock()
		l.settle(data, n, writes, err)
		again := err == nil && rounds > 0 && (l.waiters != nil || len(l.stuck) > 0 || len(l.pending) >= batchBytes)
		more := l.waiters != nil || l.failing || l.gap.lost > 0 || l.queued() > batchBytes
		if again {
			continue
		}
		l.releaseLocked()
		l.mu.Unlock()
		if more {
			wake(l.kick)
		}
		return
	}
}

// take returns the oldest lines for writing. The caller has the token and mu.
func (l *Log) take() []byte {
	if len(l.stuck) == 0 {
		l.stuck, l.stuckIn = l.pending, l.pending
		l.pending, l.spare = l.spare[:0], nil
		l.flight, l.waiters = l.waiters, nil
		l.taken = l.appended
	}
	return l.stuck
}

// settle notes what became of data, of which n bytes were written. The caller has the token and mu.
func (l *Log) settle(data []byte, n, writes int, err error) {
	l.stats.Written += int64(n)
	l.stats.Writes += int64(writes)
	l.stuck = data[n:]
	if len(l.stuck) == 0 {
		l.recycle()
	}
	l.land()
	if err != nil {
		l.stats.Errors++
		if l.waiters != nil {
			close(l.waiters)
			l.waiters = nil
		}
		if !l.failing {
			l.opt.Logger.Error("tracking log cannot be written, events are queued", "error", err)
		}
		l.failing, l.trouble = true, true
		return
	}
	if l.failing {
		l.opt.Logger.Info("tracking log is written again")
	}
	l.failing = false
	// After a bad time nobody waits again before what has piled up is written.
	l.trouble = l.trouble && (len(l.stuck) > 0 || len(l.pending) > batchBytes)
	if !l.trouble && l.gap.lost > 0 {
		l.pending = l.gap.appendLine(l.pending)
		l.gap = gap{}
	}
}

// land lets go those who wait for what was taken. The caller has the token and mu.
func (l *Log) land() {
	l.settled.Store(l.taken)
	if l.flight != nil {
		close(l.flight)
		l.flight = nil
	}
}

// recycle keeps the written buffer for the next exchange, unless a bad time made it large.
func (l *Log) recycle() {
	if cap(l.stuckIn) <= 4<<20 {
		l.spare = l.stuckIn[:0]
	}
	l.stuck, l.stuckIn = nil, nil
}

// acquire waits for the write token.
func (l *Log) acquire() {
	l.mu.Lock()
	l.waiting++
	for l.writing {
		l.free.Wait()
	}
	l.waiting--
	l.writing = true
	l.mu.Unlock()
}

func (l *Log) release() {
	l.mu.Lock()
	l.releaseLocked()
	l.mu.Unlock()
}

func (l *Log) releaseLocked() {
	l.writing = false
	if l.waiting > 0 {
		l.free.Signal()
	}
}

// Stats returns the counters of now.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Queued, s.Degraded = l.queued(), l.trouble
	return s
}

// Flush writes what is queued and forces it to disk.
func (l *Log) Flush() error {
	l.acquire()
	err := l.flush()
	l.release()
	return err
}

// flush writes all that is queued. The caller has the token.
func (l *Log) flush() error {
	for {
		l.mu.Lock()
		data := l.take()
		l.mu.Unlock()
		if len(data) == 0 {
			return l.out.sync()
		}
		n, writes, err := l.write(data)
		l.mu.Lock()
		l.settle(data, n, writes, err)
		l.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// Close writes what is queued, or hands it to the outbox, and closes the file. Events emitted later are counted as lost.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	l.done.Wait()
	l.acquire()
	defer l.release()
	err := l.flush()
	if err != nil {
		err = errors.Join(err, l.spillAll(ctx))
	}
	l.mu.Lock()
	out, left := l.out, l.queued()
	l.out = nil
	l.mu.Unlock()
	if left > 0 {
		err = errors.Join(err, fmt.Errorf("%d bytes of tracking events were not written", left))
	}
	return errors.Join(err, out.close())
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
