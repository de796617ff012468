package sandbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"lyceum/grading/capa"
)

// pool holds the members. Each has a keeper that starts it, offers it to whoever
// waits, takes it back, and replaces it when it is gone.
type pool struct {
	runner *Runner
	free   chan *member // unbuffered: a member is offered as long as it lives
	done   chan struct{}

	mu      sync.Mutex
	keepers int
	wait    sync.WaitGroup
	failed  error // why the last start failed; nil when it did not
}

func newPool(r *Runner) *pool {
	return &pool{runner: r, free: make(chan *member), done: make(chan struct{})}
}

func (p *pool) close() {
	close(p.done)
	p.wait.Wait()
}

// grow starts another member unless there are enough.
func (p *pool) grow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	if p.keepers >= p.runner.config.Members {
		return
	}
	p.keepers++
	n := p.keepers
	p.wait.Go(func() { p.keep(n) })
}

// keep is the life of keeper n.
func (p *pool) keep(n int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	pause := time.Second
	for {
		m, err := p.runner.startMember(ctx, n, preload)
		p.mu.Lock()
		p.failed = err
		p.mu.Unlock()
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			p.runner.config.Log.Error("a member of the sandbox does not start", "member", n, "err", err)
			select {
			case <-time.After(pause):
				pause = min(2*pause, time.Minute)
				continue
			case <-p.done:
				return
			}
		}
		pause = time.Second
		logMember(p.runner.config.Log, m)
		if !p.offer(m) {
			return
		}
	}
}

// offer lends a member out again and again until it is gone. It returns false
// when the pool closes.
func (p *pool) offer(m *member) bool {
	for {
		free := p.free
		select {
		case <-m.ended:
			free = nil // not offered once more: the select below might
		default:
		}
		select {
		case free <- m:
			select {
			case <-m.back:
			case <-p.done: // whoever has it fails
				m.stop()
				return false
			}
		case <-m.ended:
			m.stop()
			p.runner.config.Log.Warn("a member of the sandbox is gone and is replaced", "member", m.n, "how", m.cmd.ProcessState, "said", m.said.String())
			return true
		case <-p.done:
			m.stop()
			return false
		}
	}
}

// take waits for a free member.
func (p *pool) take(ctx context.Context) (*member, error) {
	select {
	case m := <-p.free:
		return m, nil
	default:
	}
	p.grow()
	for {
		select {
		case m := <-p.free:
			return m, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.done:
			return nil, errClosed
		}
	}
}

var errClosed = errors.New("the sandbox is closed")

// run runs a job on a member. A member that is lost says nothing about the job:
// it gets a second one.
func (p *pool) run(ctx context.Context, job capa.ScriptJob) (capa.ScriptResult, error) {
	for try := 1; ; try++ {
		m, err := p.take(ctx)
		if err != nil {
			return capa.ScriptResult{}, err
		}
		result, err := m.run(ctx, job, job.Limits)
		m.back <- struct{}{}
		if try < 2 && errors.Is(err, errLost) && ctx.Err() == nil {
			p.runner.config.Log.Warn("the sandbox lost a run and tries again", "err", err)
			continue
		}
		return result, err
	}
}

// preload are the modules a member has loaded before its first run.
var preload = []string{
	"math", "cmath", "random", "re", "json", "fractions", "decimal", "itertools", "string", "datetime", "collections", "functools", "operator", "copy",
	"numpy", "numpy.linalg", "numpy.random", "numpy.fft", "scipy", "sympy",
}
