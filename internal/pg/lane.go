package pg

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Lanes run the batches of many callers over a few connections of their own. A lane takes everything that waits and sends it as one
// pipeline: one message each way, one wake-up of the server, one transaction, and for writes one commit. What came while it was under way
// goes with the next; nobody waits for others to come. A server process that is always the same one has what it needs at hand, which is
// worth more than all else: the sixteen of a pool push each other out of the processor's caches.
//
// A caller sees what it would see alone. What a lane cannot take, and what shared a transaction that failed, runs alone on the pool
// afterwards, and that is the only place errors of statements come from.
//
// Batches may hold single statements that read or write rows, prepared as any other. Those that change how a transaction runs have no
// place here: they would change it for others. Lanes start with the first batch.
type Lanes struct {
	pool       *pgxpool.Pool
	off        bool // connections of the pool do not use named prepared statements
	line       *line
	statements statements
	start      sync.Once
	reads      queue
	writes     queue
	stop       context.CancelFunc
	ended      sync.WaitGroup
	taken      atomic.Int64
}

// Bounds of groups. What is sent at once must fit into a socket's buffer: while one side waits for room the other may do the same.
const (
	groupBatches = 32
	groupBytes   = 64 << 10
	queueLength  = 1024
)

// patience is how long a batch waits in a lane before it goes its own way: something is slow there.
const patience = 200 * time.Millisecond

// Bounds of what goes on in a group, where others wait along. Alone a batch has the limits of the pool.
const (
	laneLock  = 100 * time.Millisecond // one lock
	laneRead  = 300 * time.Millisecond // one statement
	laneWrite = time.Second            // one statement
)

// readLanes is how many lanes there are for reads. One writes: what waits while it commits is the next group, and the larger groups are, the
// less an answer costs. It would take thousands a second to keep one processor of the server busy.
func readLanes() int { return min(max(runtime.GOMAXPROCS(0), 2), 8) }

// NewLanes returns lanes to the server of pool, on which goes what they do not take. The caller closes them before the pool.
func NewLanes(pool *pgxpool.Pool) *Lanes {
	config := pool.Config().ConnConfig
	off := config.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement
	return &Lanes{
		pool: pool, off: off, line: lineOf(config),
		reads: queue{in: make(chan *item, queueLength)}, writes: queue{in: make(chan *item, queueLength)},
	}
}

// Close ends the lanes. Nothing may be under way.
func (l *Lanes) Close() {
	l.start.Do(func() {})
	if l.stop != nil {
		l.stop()
	}
	l.ended.Wait()
}

// Taken counts the batches lanes have run, for tests that count round trips.
func (l *Lanes) Taken() int64 { return l.taken.Load() }

// Read runs a batch that only reads, and calls the functions queued in it. It may share a transaction with others, of which each
// statement sees what was committed when it begins.
func (l *Lanes) Read(ctx context.Context, b *pgx.Batch) error {
	if it := l.item(ctx, b, 0); it != nil {
		switch err := l.reads.read(ctx, it); {
		case err == nil:
			l.taken.Add(1)
			it.recycle()
			return it.deliver(b)
		case !errors.Is(err, errAlone):
			return err
		}
	}
	return l.pool.SendBatch(ctx, b).Close()
}

// Write runs a batch of one user in one transaction, and calls the functions queued in it when it is committed. The batches of one user
// do not overtake each other. backend is the server's process that was given the transaction last: where the line broke, its end tells
// that what became of the transaction is settled. When ctx ends while the transaction is under way the call waits for how it ends.
func (l *Lanes) Write(ctx context.Context, user int64, b *pgx.Batch) (backend uint32, err error) {
	if it := l.item(ctx, b, user); it != nil {
		switch err := l.writes.write(ctx, it); {
		case err == nil:
			l.taken.Add(1)
			it.recycle()
			return it.backend, it.deliver(b)
		case !errors.Is(err, errAlone):
			return it.backend, err
		}
	}
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	return conn.Conn().PgConn().PID(), conn.SendBatch(ctx, b).Close()
}

// errAlone tells a caller to run its batch alone.
var errAlone = errors.New("not taken by a lane")

// item is a batch on its way.
type item struct {
	user  int64
	stmts []*statement
	bind  []byte // Bind and Execute of each
	room  *[]byte
	state atomic.Int32
	done  chan struct{}
	of    []*item // what was merged into this one

	// Set before done is closed.
	raw     []byte // what the server sent, from the first statement's answer to the last one's
	err     error
	backend uint32
}

// States of an item.
const (
	waiting int32 = iota
	taken         // by a lane, which closes done
	left          // by its caller
)

func (it *item) finish(err error) {
	it.err = err
	close(it.done)
}

// binds are buffers of items nobody needs any more.
var binds = sync.Pool{New: func() any { return new([]byte) }}

// recycle gives an item's buffer to others. A lane has finished with it.
func (it *item) recycle() {
	if cap(it.bind) <= groupBytes {
		*it.room = it.bind
		binds.Put(it.room)
	}
	it.bind = nil
}

// item prepares a batch for a lane; nil when it cannot go there.
func (l *Lanes) item(ctx context.Context, b *pgx.Batch, user int64) *item {
	if l.off || b.Len() == 0 || l.line.silent.Load() {
		return nil
	}
	l.start.Do(l.run)
	it := &item{user: user, stmts: make([]*statement, b.Len()), done: make(chan struct{})}
	size := 0
	for i, q := range b.QueuedQueries {
		if it.stmts[i] = l.statements.find(ctx, l.pool, q.SQL); it.stmts[i] == nil {
			return nil
		}
		size += it.stmts[i].size(q.Arguments)
	}
	it.room = binds.Get().(*[]byte)
	if it.bind = (*it.room)[:0]; cap(it.bind) < size {
		it.bind = make([]byte, 0, size)
	}
	for i, q := range b.QueuedQueries {
		var ok bool
		if it.bind, ok = it.stmts[i].append(it.bind, q.Arguments); !ok {
			return nil
		}
	}
	if len(it.bind) > groupBytes {
		return nil
	}
	return it
}

// run starts the lanes.
func (l *Lanes) run() {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	for range readLanes() {
		l.ended.Go(func() { newLane(l, &l.reads, false).serve(ctx) })
	}
	l.ended.Go(func() { newLane(l, &l.writes, true).serve(ctx) })
}

// queue is where batches wait for a lane.
type queue struct {
	in chan *item
	up atomic.Int32 // lanes that are connected
}

// put brings an item to the lanes; the error is why not.
func (q *queue) put(ctx context.Context, it *item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if q.up.Load() == 0 {
		return errAlone
	}
	select {
	case q.in <- it:
		return nil
	default:
		return errAlone
	}
}

// read waits for a lane's answer, but not for ever: reading again does no harm.
func (q *queue) read(ctx context.Context, it *item) error {
	if err := q.put(ctx, it); err != nil {
		return err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for late := false; ; late = true {
		select {
		case <-it.done:
			return it.err
		case <-ctx.Done():
			it.state.CompareAndSwap(waiting, left)
			return ctx.Err()
		case <-timer.C:
			// What is under way is nearly done, unless something is wrong there; to run it a second time would be the more work the more there is.
			if it.state.CompareAndSwap(waiting, left) || late {
				return errAlone
			}
			timer.Reset(2 * laneRead)
		}
	}
}

// write waits for a lane's answer; what a lane has taken is waited for to the end.
func (q *queue) write(ctx context.Context, it *item) error {
	if err := q.put(ctx, it); err != nil {
		return err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var why error
	select {
	case <-it.done:
		return it.err
	case <-ctx.Done():
		why = ctx.Err()
	case <-timer.C:
		why = errAlone
	}
	if it.state.CompareAndSwap(waiting, left) {
		return why
	}
	<-it.done
	return it.err
}

// lane is one connection and who serves it.
type lane struct {
	of     *Lanes
	from   *queue
	writes bool
	conn   *laneConn // nil while there is none
	held   []*item   // of users who are in the group under way
}

func newLane(l *Lanes, from *queue, writes bool) *lane {
	return &lane{of: l, from: from, writes: writes}
}

// serve runs groups until ctx ends.
func (n *lane) serve(ctx context.Context) {
	defer n.hangUp()
	for n.connect(ctx) {
		group := n.next(ctx)
		if group == nil {
			return
		}
		n.send(group)
	}
}

// again is how long a lane waits before it tries to connect again.
const again = time.Second

// connect sees to it that there is a connection; it returns false when ctx has ended.
func (n *lane) connect(ctx context.Context) bool {
	for n.conn == nil {
		conn, err := dialLane(ctx, n.of.pool, n.writes)
		if err == nil {
			n.conn = conn
			n.from.up.Add(1)
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(again):
		}
	}
	return ctx.Err() == nil
}

func (n *lane) hangUp() {
	if n.conn != nil {
		n.from.up.Add(-1)
		n.conn.close()
		n.conn = nil
	}
	for _, it := range n.held {
		it.finish(errAlone)
	}
	n.held = nil
}

// next waits for a batch and returns it with all that wait beside it.
func (n *lane) next(ctx context.Context) []*item {
	group, held := make([]*item, 0, 8), n.held
	size := 0
	n.held = nil
	add := func(it *item) {
		if n.writes {
			for _, other := range group {
				if other.user == it.user {
					n.held = append(n.held, it)
					return
				}
			}
		}
		group = append(group, it)
		size += len(it.bind)
	}
	for _, it := range held {
		add(it)
	}
	for len(group) == 0 {
		select {
		case it := <-n.from.in:
			if it.state.CompareAndSwap(waiting, taken) {
				add(it)
			}
		case <-ctx.Done():
			return nil
		}
	}
	runtime.Gosched() // who is about to bring something brings it now
	for len(group)+len(n.held) < groupBatches && size < groupBytes {
		select {
		case it := <-n.from.in:
			if it.state.CompareAndSwap(waiting, taken) {
				add(it)
			}
		default:
			return group
		}
	}
	return group
}

// send runs a group and tells each of it.
func (n *lane) send(group []*item) {
	if n.writes {
		// In the same order everywhere: two groups, of two processes, that hold what the other waits for end no sooner than a deadlock is found.
		slices.SortFunc(group, func(a, b *item) int { return cmp.Compare(a.user, b.user) })
		if !n.conn.alive() { // nothing was sent
			n.hangUp()
			finish(group, errAlone)
			return
		}
	}
	sent := group
	if n.writes {
		sent = merge(group)
	}
	whole, failed := n.conn.run(sent)
	if failed == nil {
		finish(group, nil)
		return
	}
	broken, pid := n.conn.broken, n.conn.pid
	if stale(failed) {
		n.of.statements.forget()
	}
	if broken || stale(failed) {
		n.hangUp()
	}
	if !n.writes {
		finish(group[:whole], nil)
		finish(group[whole:], errAlone)
		return
	}
	if !broken {
		finish(group, errAlone) // rolled back: each again, alone
		return
	}
	for _, it := range group {
		it.backend = pid
		it.finish(failed) // perhaps it was committed
	}
}

func finish(group []*item, err error) {
	for _, it := range group {
		it.finish(err)
	}
}

// stale reports that the server does not know a prepared statement as we do: the schema has changed, or somebody forgot it.
func stale(err error) bool {
	code := Code(err)
	return code == "0A000" || code == "26000" || errors.Is(err, errChanged)
}

// errChanged: a statement that was prepared anew returns other columns than it did.
var errChanged = errors.New("the columns of a statement have changed")
