package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lyceum/grading/capa"
	"lyceum/internal/cache"
	"lyceum/internal/fault"
)

// Limits bound one run.
type Limits = capa.ScriptLimits

// DefaultLimits hold where nothing else is said.
var DefaultLimits = Limits{CPU: time.Second, Wall: 3 * time.Second, Memory: 512 << 20, Output: 10 << 20, Processes: 64}

// Way is how code is run.
type Way string

// The ways. The zero value is Pool.
const (
	Pool   Way = "pool"   // interpreters that wait in their jails
	Cold   Way = "cold"   // an interpreter and a jail for each run
	Remote Way = "remote" // another machine
	Off    Way = "off"    // not at all
)

// Config says how to run code. The zero value is a pool of as many members as
// there are processors.
type Config struct {
	Way     Way
	Self    string   // this program, which starts itself for a jail; empty: found out
	Python  string   // the interpreter; empty: the system's, else the first on the path
	Members int      // of the pool, at most
	Limits  Limits   // what is zero is as in DefaultLimits
	Service *url.URL // for Remote
	Token   string   // shown to the service
	Unsafe  bool     // whether code may run without a jail where there can be none: for development alone

	Store Store // keeps results beyond this process; may be nil
	Log   *slog.Logger
}

// Store keeps results by key. It may forget any of them at any time.
type Store interface {
	Get(ctx context.Context, key string) ([]byte, bool)
	Put(ctx context.Context, key string, result []byte)
}

// Runner runs authors' code. It implements [capa.ScriptRunner]. Nothing is
// started before it is needed.
type Runner struct {
	config  Config
	starter *starter
	client  *http.Client // to the service

	mu       sync.Mutex
	state    *Report       // what the last check found; nil before the first
	checked  time.Time     // when
	checking chan struct{} // closed when the check that runs is made; nil when none does
	pools    []*pool       // one for each of kinds
	started  atomic.Int32
	closed   bool

	closing   context.Context // ended by Close
	close     context.CancelFunc
	alone     sync.WaitGroup // interpreters of no pool, see enter
	coldRooms chan struct{}  // one for each that runs a job

	bareOnce sync.Once
	bareDir  string
	bareErr  error

	results  *cache.LRU[string, capa.ScriptResult]
	failures *cache.LRU[string, failure] // limits that were hit not long ago
	compiled *cache.LRU[string, []byte]  // modules of python_lib.zip by its digest
}

// host is what a check found to run code with.
type host struct {
	python python
	bare   bool // without a jail
}

// failure is an error of author code and when it is to be tried again.
type failure struct {
	err   error
	until time.Time
}

// resultBytes bounds the results kept in this process, compiledBytes the modules of courses' libraries: one of the largest fits.
const (
	resultBytes   = 32 << 20
	compiledBytes = largestCompiled + 32<<20
)

// failureTime is how long code that ran into a limit is not run again: each try
// may take seconds of a processor.
const failureTime = 30 * time.Second

// New returns a runner; Close ends its processes.
func New(c Config) *Runner {
	if c.Way == "" {
		c.Way = Pool
	}
	if c.Self == "" {
		c.Self = "/proc/self/exe"
	}
	if c.Members <= 0 {
		c.Members = runtime.GOMAXPROCS(0)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Limits = withDefaults(c.Limits, DefaultLimits)
	closing, end := context.WithCancel(context.Background())
	return &Runner{
		config: c, starter: newStarter(), client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		results: cache.New[string, capa.ScriptResult](resultBytes), failures: cache.New[string, failure](1 << 20),
		compiled: cache.New[string, []byte](compiledBytes), closing: closing, close: end, coldRooms: make(chan struct{}, c.Members),
	}
}

func withDefaults(l, defaults Limits) Limits {
	if l.CPU <= 0 {
		l.CPU = defaults.CPU
	}
	if l.Wall <= 0 {
		l.Wall = defaults.Wall
	}
	if l.Memory <= 0 {
		l.Memory = defaults.Memory
	}
	if l.Output <= 0 {
		l.Output = defaults.Output
	}
	if l.Processes <= 0 {
		l.Processes = defaults.Processes
	}
	return l
}

// Close ends every process. Runs under way fail.
func (r *Runner) Close() {
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	r.mu.Unlock()
	if closed {
		return
	}
	r.close()
	r.alone.Wait() // and with that for a check that would make pools
	for _, p := range r.pools {
		p.close()
	}
	r.starter.close()
	if r.bareDir != "" {
		_ = os.RemoveAll(r.bareDir) // it holds nothing but copies
	}
}

// enter announces an interpreter of no pool, which Close is to wait for. Its
// context ends with ctx and when the runner is closed; leave is called when the
// interpreter is gone.
func (r *Runner) enter(ctx context.Context) (inside context.Context, leave func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nil, errClosed
	}
	r.alone.Add(1)
	inside, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(r.closing, func() { cancel(errClosed) })
	return inside, func() { stop(); cancel(nil); r.alone.Done() }, nil
}

// Run runs a job, or finds what it came to before. Its error is a
// [capa.ScriptError] when the author's code failed or ran into a limit, a
// [capa.Error] of kind Unavailable when nothing may run here, of kind Busy
// ([fault.Busy]) when the machinery failed or is away for a while: the same job
// may be run a moment later.
func (r *Runner) Run(ctx context.Context, job capa.ScriptJob) (capa.ScriptResult, error) {
	report, err := r.ready(ctx)
	if err != nil {
		return capa.ScriptResult{}, err
	}
	if why := report.Refusal(); why != "" {
		return capa.ScriptResult{}, &capa.Error{Kind: capa.Unavailable, Message: "Python problems are off on this server: " + why}
	}
	job.Limits = withDefaults(job.Limits, r.config.Limits)
	job.Files = slices.Clone(job.Files)
	for i, f := range job.Files {
		if f.Digest == "" {
			sum := sha256.Sum256(f.Data)
			job.Files[i].Digest = hex.EncodeToString(sum[:])
		}
	}
	key, err := keyOf(report.Identity, job)
	if err != nil {
		return capa.ScriptResult{}, err
	}
	if f, ok := r.failures.Get(key); ok && time.Now().Before(f.until) {
		return capa.ScriptResult{}, f.err
	}
	return r.results.Load(ctx, key, func(ctx context.Context) (capa.ScriptResult, int64, error) {
		if result, ok := r.recall(ctx, key); ok {
			return result, weigh(result), nil
		}
		result, err := r.execute(ctx, report, job)
		if err != nil {
			if script, ok := errors.AsType[*capa.ScriptError](err); ok {
				r.config.Log.Info("a problem's Python failed", "error", script.Message, "limit", script.Limit)
				if script.Limit {
					r.failures.Add(key, failure{err, time.Now().Add(failureTime)}, int64(len(script.Message)+200))
				}
			}
			return capa.ScriptResult{}, 0, err
		}
		r.keep(ctx, key, result)
		return result, weigh(result), nil
	})
}

func weigh(result capa.ScriptResult) int64 {
	return int64(len(result.Globals) + len(result.Stdout) + 256)
}

// job is a job with what has been made ready for it.
type job struct {
	capa.ScriptJob
	compiled *capa.ScriptFile // modules of its python_lib.zip
	prepare  bool             // its code is such an archive, to be compiled and not run
}

// execute runs a job the configured way. What the machinery failed at says
// nothing about the code: it may be tried again.
func (r *Runner) execute(ctx context.Context, report *Report, script capa.ScriptJob) (capa.ScriptResult, error) {
	result, err := r.executeOnce(ctx, report, script)
	if err == nil || ctx.Err() != nil {
		return result, err
	}
	if _, failed := errors.AsType[*capa.ScriptError](err); failed {
		return result, err
	}
	r.config.Log.Error("the sandbox could not run a problem's Python", "err", err)
	return result, away(err)
}

// retryTime is when those who were told of a failing sandbox may try again.
const retryTime = 30 * time.Second

// away makes an error of the machinery one that learners may try again after.
func away(err error) *fault.Error {
	if f, ok := fault.As(err); ok && f.Kind == fault.Busy {
		if f.Message == "" {
			f.Message = "problem.python_away"
		}
		return f
	}
	return (&fault.Error{Kind: fault.Busy, Err: err}).Say("problem.python_away").After(retryTime)
}

func (r *Runner) executeOnce(ctx context.Context, report *Report, script capa.ScriptJob) (capa.ScriptResult, error) {
	if r.config.Way == Remote {
		return r.ask(ctx, script)
	}
	j := job{ScriptJob: script}
	for _, f := range script.Files {
		if f.Name != capa.PythonLib {
			continue
		}
		compiled, err := r.compile(ctx, report, f)
		if err != nil {
			return capa.ScriptResult{}, err
		}
		j.compiled = compiled
	}
	return r.runLocal(ctx, report, j)
}

// runLocal runs a job in a pool or, while that keeps no interpreter, in one of
// its own.
func (r *Runner) runLocal(ctx context.Context, report *Report, j job) (capa.ScriptResult, error) {
	if r.config.Way == Cold {
		return r.runCold(ctx, report.host, j)
	}
	result, err := r.poolFor(j).run(ctx, j)
	if none, ok := errors.AsType[*noMember](err); ok {
		r.config.Log.Warn("the pool keeps no interpreter: a run gets one of its own", "err", none)
		return r.runCold(ctx, report.host, j)
	}
	return result, err
}

// compileLimits are generous: an archive is compiled once.
var compileLimits = Limits{CPU: 10 * time.Second, Wall: 30 * time.Second, Output: largestCompiled}

// largestCompiled bounds what the modules of an archive may come to, in bytes: an archive may have 32 MiB.
const largestCompiled = 64 << 20

// compile compiles the modules of an archive, once for all runs that import from
// it: that takes longer than most runs may. nil says that it cannot be done; the
// run says why.
func (r *Runner) compile(ctx context.Context, report *Report, archive capa.ScriptFile) (*capa.ScriptFile, error) {
	b, err := r.compiled.Load(ctx, archive.Digest, func(ctx context.Context) ([]byte, int64, error) {
		result, err := r.runLocal(ctx, report, job{ScriptJob: capa.ScriptJob{Code: string(archive.Data), Limits: withDefaults(compileLimits, r.config.Limits)}, prepare: true})
		if _, failed := errors.AsType[*capa.ScriptError](err); failed {
			return []byte{}, 256, nil
		}
		return result.Globals, int64(len(result.Globals) + 256), err
	})
	if err != nil || len(b) == 0 {
		return nil, err
	}
	return &capa.ScriptFile{Data: b, Digest: "compiled " + archive.Digest}, nil
}

// runCold runs a job in an interpreter of its own; only as many at once as a
// pool has members.
func (r *Runner) runCold(ctx context.Context, h host, j job) (capa.ScriptResult, error) {
	none := capa.ScriptResult{}
	inside, leave, err := r.enter(ctx)
	if err != nil {
		return none, err
	}
	defer leave()
	late := time.NewTimer(waitTime)
	defer late.Stop()
	select {
	case r.coldRooms <- struct{}{}:
	case <-late.C:
		return none, busy()
	case <-inside.Done():
		return none, context.Cause(inside)
	}
	defer func() { <-r.coldRooms }()
	m, err := r.startMember(inside, h, coldMember, nil)
	if err != nil {
		return none, fmt.Errorf("start an interpreter: %w", err)
	}
	defer m.stop()
	return m.run(inside, j)
}

// coldMember is the number of those that are of no pool; their users are shared.
const coldMember = 900

// keyOf names what a job comes to: the same key, the same result.
func keyOf(identity string, job capa.ScriptJob) (string, error) {
	globals := map[string]json.RawMessage{}
	if len(job.Globals) > 0 {
		if err := json.Unmarshal(job.Globals, &globals); err != nil {
			return "", fmt.Errorf("globals of a script: %w", err)
		}
	}
	h := sha256.New()
	write := func(b []byte) {
		var length [8]byte
		binary.LittleEndian.PutUint64(length[:], uint64(len(b)))
		h.Write(length[:])
		h.Write(b)
	}
	write([]byte(identity))
	write([]byte(job.Code))
	sorted, err := json.Marshal(globals) // by name
	if err != nil {
		return "", err
	}
	write(sorted)
	for _, f := range job.Files {
		write([]byte(f.Name))
		write([]byte(f.Digest))
	}
	fmt.Fprint(h, job.Seed)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// stored is a result in the store. Globals are a text there, so that they come
// back to the byte.
type stored struct {
	Globals string   `json:"globals"`
	Stdout  string   `json:"stdout,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

func (r *Runner) recall(ctx context.Context, key string) (capa.ScriptResult, bool) {
	if r.config.Store == nil {
		return capa.ScriptResult{}, false
	}
	b, ok := r.config.Store.Get(ctx, key)
	if !ok {
		return capa.ScriptResult{}, false
	}
	var s stored
	if err := json.Unmarshal(b, &s); err != nil || !json.Valid([]byte(s.Globals)) {
		return capa.ScriptResult{}, false
	}
	return capa.ScriptResult{Globals: json.RawMessage(s.Globals), Stdout: s.Stdout, Notes: s.Notes}, true
}

func (r *Runner) keep(ctx context.Context, key string, result capa.ScriptResult) {
	if r.config.Store == nil {
		return
	}
	if b, err := json.Marshal(stored{string(result.Globals), result.Stdout, result.Notes}); err == nil {
		r.config.Store.Put(ctx, key, b)
	}
}
