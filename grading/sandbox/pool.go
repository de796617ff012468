package sandbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
)

// pool holds the members. Each has a keeper that starts it, offers it to whoever
// waits, takes it back, and replaces it when it is gone.
type pool struct {
	runner  *Runner
	host    host
	modules []string       // loaded before the first run
	free    chan *member   // unbuffered: a member is offered as long as it lives
	none    chan *noMember // unbuffered: told by a keeper that waits before it tries again
	done    chan struct{}

	mu      sync.Mutex
	keepers int
	wait    sync.WaitGroup
}

func newPool(r *Runner, h host, modules []string) *pool {
	return &pool{runner: r, host: h, modules: modules, free: make(chan *member), none: make(chan *noMember), done: make(chan struct{})}
}

// noMember says that a pool keeps no interpreter at the moment, and why.
type noMember struct{ err error } //nolint:errname // the word of this room

func (n *noMember) Error() string { return "no interpreter stays: " + n.err.Error() }

// Unwrap returns why.
func (n *noMember) Unwrap() error { return n.err }

func (p *pool) close() {
	p.mu.Lock()
	close(p.done) // from now on nothing grows
	p.mu.Unlock()
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
	n := int(p.runner.started.Add(1)) % coldMember
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
	pause, short := time.Second, 0
	for {
		m, err := p.runner.startMember(ctx, p.host, n, p.modules)
		if err == nil {
			logMember(p.runner.config.Log, m)
			began := time.Now()
			if !p.offer(m) {
				p.mu.Lock()
				p.keepers--
				p.mu.Unlock()
				return
			}
			if time.Since(began) >= shortLife {
				pause, short = time.Second, 0
				continue
			}
			if short++; short < shortLives {
				continue
			}
			err = fmt.Errorf("%d in a row ended within %v", short, shortLife)
		}
		if ctx.Err() != nil {
			return
		}
		p.runner.config.Log.Error("a member of the sandbox does not start or stay", "member", n, "err", err)
		if !p.refuse(&noMember{err}, pause) {
			return
		}
		pause = min(2*pause, time.Minute)
	}
}

// A pool whose members end within shortLife, shortLives times in a row, keeps none.
const (
	shortLife  = 2 * time.Second
	shortLives = 3
)

// refuse tells those who come meanwhile that there is no member, for a while.
// It returns false when the pool closes.
func (p *pool) refuse(why *noMember, while time.Duration) bool {
	over := time.NewTimer(while)
	defer over.Stop()
	for {
		select {
		case p.none <- why:
		case <-over.C:
			return true
		case <-p.done:
			return false
		}
	}
}

// idleTime is how long a member waits for work before it ends.
const idleTime = 15 * time.Minute

// offer lends a member out again and again until it is gone. It returns false
// when nobody has wanted it for long, or the pool closes.
func (p *pool) offer(m *member) bool {
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	for {
		idle.Reset(idleTime)
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
		case <-idle.C:
			m.stop()
			return false
		case <-p.done:
			m.stop()
			return false
		}
	}
}

// take waits for a free member. Its error is a *noMember when none can be kept.
func (p *pool) take(ctx context.Context) (*member, error) {
	select {
	case m := <-p.free:
		return m, nil
	default:
	}
	p.grow()
	late := time.NewTimer(waitTime)
	defer late.Stop()
	select {
	case m := <-p.free:
		return m, nil
	case why := <-p.none:
		return nil, why
	case <-late.C:
		return nil, busy()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.done:
		return nil, errClosed
	}
}

// waitTime is how long a job waits for a member.
const waitTime = 20 * time.Second

// busy is what a job is told that has waited in vain.
func busy() *fault.Error {
	return fault.Errorf(fault.Busy, "every interpreter has been busy for %v", waitTime).After(waitTime)
}

var errClosed = errors.New("the sandbox is closed")

// run runs a job on a member. A member that is lost says nothing about the job:
// it gets a second one.
func (p *pool) run(ctx context.Context, j job) (capa.ScriptResult, error) {
	for try := 1; ; try++ {
		m, err := p.take(ctx)
		if err != nil {
			return capa.ScriptResult{}, err
		}
		result, err := m.run(ctx, j)
		m.back <- struct{}{}
		if try < 2 && errors.Is(err, errLost) && ctx.Err() == nil {
			p.runner.config.Log.Warn("the sandbox lost a run and tries again", "err", err)
			continue
		}
		return result, err
	}
}

// kinds are the kinds of members, by what they have loaded before their first
// run. Each page of memory that takes is paid for by every run; loading it in the
// run may take longer than that may. Code is run by the last kind whose words
// are in it; the first has no words and takes what is left.
var kinds = func() []kind {
	common := []string{
		"math", "cmath", "random", "re", "json", "fractions", "decimal", "itertools", "string", "datetime", "collections", "functools", "operator", "copy",
	}
	numbers := append(slices.Clone(common), "numpy")
	return []kind{
		{modules: common},
		{regexp.MustCompile(`\bnumpy\b`), numbers},
		{regexp.MustCompile(`\b(scipy|sympy|symmath|pyparsing|lxml|networkx|matplotlib|nltk|calc|eia|chem|chemcalc|chemtools|miller|verifiers|draganddrop)\b`), append(
			slices.Clone(numbers),
			"scipy", "scipy.constants", "scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats",
			"sympy", "pyparsing", "lxml.etree", "networkx",
			"calc", "eia", "chem.chemcalc", "chem.chemtools", "chem.miller", "verifiers.draganddrop",
		)},
	}
}()

type kind struct {
	words   *regexp.Regexp
	modules []string
}

// poolFor is the pool of the kind a job needs. What a python_lib.zip imports is
// not known.
func (r *Runner) poolFor(j job) *pool {
	last := len(kinds) - 1
	if j.prepare || j.compiled != nil {
		return r.pools[last]
	}
	for i := last; i > 0; i-- {
		if kinds[i].words.MatchString(j.Code) {
			return r.pools[i]
		}
	}
	return r.pools[0]
}
