package studio

import (
	"context"
	"net/http"
	"sync"
	"time"

	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/limit"
	"lyceum/learner"
	"lyceum/web/page"
)

// The limits of one author, counted in each process by itself. A page of a unit draws all its questions at once, and its frames ask by
// themselves; an editor tries a problem while it is typed.
var (
	triesRule   = limit.Rule{Name: "tries of questions", Count: 2, Per: time.Second, Burst: 60}
	drawsRule   = limit.Rule{Name: "drawn pages", Count: 10, Per: time.Second, Burst: 200}
	exportsRule = limit.Rule{Name: "exports", Count: 20, Per: time.Hour, Burst: 5}
)

// How much of it runs at once for one author; the others wait for their turn.
const (
	pythonAtOnce  = 4
	exportsAtOnce = 1
)

// Limits bound what costs much of the machine: questions, whose authors' programs run, and archives that are made while somebody waits. A nil
// *Limits allows everything.
type Limits struct {
	tries, draws, exports *limit.Meter[learner.ID]
	python, archives      turns
}

// NewLimits returns the limits of a site.
func NewLimits(c clock.Clock) *Limits {
	return &Limits{
		tries: limit.NewMeter[learner.ID](triesRule, c), draws: limit.NewMeter[learner.ID](drawsRule, c), exports: limit.NewMeter[learner.ID](exportsRule, c),
		python: turns{most: pythonAtOnce}, archives: turns{most: exportsAtOnce},
	}
}

// try takes one try of a question; done ends it.
func (l *Limits) try(r *http.Request) (done func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	return take(r, l.tries, triesRule, &l.python)
}

// export takes one archive that is made while its author waits.
func (l *Limits) export(r *http.Request) (done func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	return take(r, l.exports, exportsRule, &l.archives)
}

func take(r *http.Request, m *limit.Meter[learner.ID], rule limit.Rule, t *turns) (done func(), err error) {
	who := page.Viewer(r).ID
	if wait, ok := m.Take(who); !ok {
		return nil, fault.TooManyf("too many %s", rule.Name).After(wait)
	}
	return t.wait(r.Context(), who)
}

// draw takes one page that draws questions.
func (l *Limits) draw(r *http.Request) (done func(), err error) {
	if l == nil || !page.Viewer(r).SignedIn() {
		return func() {}, nil
	}
	return take(r, l.draws, drawsRule, &l.python)
}

// drawing bounds pages that draw questions.
func (s *Server) drawing(h page.Handler) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		done, err := s.Limits.draw(r)
		if err != nil {
			return err
		}
		defer done()
		return h(w, r)
	}
}

// turns let up to most of one person's requests run at once.
type turns struct {
	most  int
	mu    sync.Mutex
	lines map[learner.ID]*line
}

// line is who runs, in slots, and how many run or wait.
type line struct {
	slots chan struct{}
	all   int
}

// wait waits for a turn; done ends it.
func (t *turns) wait(ctx context.Context, who learner.ID) (done func(), err error) {
	t.mu.Lock()
	l := t.lines[who]
	if l == nil {
		l = &line{slots: make(chan struct{}, t.most)}
		if t.lines == nil {
			t.lines = map[learner.ID]*line{}
		}
		t.lines[who] = l
	}
	l.all++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.all--; l.all == 0 {
			delete(t.lines, who)
		}
	}
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
