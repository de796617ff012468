package lms

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/limit"
	"lyceum/learner"
	"lyceum/web/page"
)

// The limits of use. A school of a thousand sits behind one address, so those of addresses are wide. They are counted in each process
// by itself: a request costs next to nothing more, and a site of n processes allows up to n times as much.
var (
	answersToProblem = limit.Rule{Name: "answers to one problem", Count: 1, Per: 2 * time.Second, Burst: 5}
	answersToAll     = limit.Rule{Name: "answers", Count: 60, Per: time.Minute}
	// callsRule bounds what blocks are asked besides answers, and answers that are sent again: a page's script stays far below it.
	callsRule        = limit.Rule{Name: "calls of handlers", Count: 20, Per: time.Second, Burst: 200}
	readsRule        = limit.Rule{Name: "reads", Count: 10, Per: time.Second, Burst: 50}
	readsFromAddress = limit.Rule{Name: "reads from an address", Count: 200, Per: time.Second}
	eventsRule       = limit.Rule{Name: "events", Count: 50, Per: time.Second, Burst: 500}
	eventsOfAddress  = limit.Rule{Name: "events from an address", Count: 5000, Per: time.Second}
)

// Limits bound how often one account, or one address, may answer, search and report. A nil *Limits allows everything.
type Limits struct {
	toProblem   *limit.Meter[toProblem]
	answers     *limit.Meter[learner.ID]
	calls       *limit.Meter[learner.ID]
	reads       *limit.Meter[learner.ID]
	readsFrom   *limit.Meter[netip.Addr]
	events      *limit.Meter[learner.ID]
	eventsFrom  *limit.Meter[netip.Addr]
	seed        maphash.Seed
	eventsOver  atomic.Int64 // browser events that were dropped
	eventsNoted atomic.Int64 // when that was said last, Unix seconds
}

// toProblem names somebody's answers to one problem.
type toProblem struct {
	user learner.ID
	at   string // the problem's key
}

// NewLimits returns the limits of a site.
func NewLimits(c clock.Clock) *Limits {
	return &Limits{
		toProblem: limit.NewMeter[toProblem](answersToProblem, c), answers: limit.NewMeter[learner.ID](answersToAll, c),
		calls: limit.NewMeter[learner.ID](callsRule, c),
		reads: limit.NewMeter[learner.ID](readsRule, c), readsFrom: limit.NewMeter[netip.Addr](readsFromAddress, c),
		events: limit.NewMeter[learner.ID](eventsRule, c), eventsFrom: limit.NewMeter[netip.Addr](eventsOfAddress, c),
		seed: maphash.MakeSeed(),
	}
}

// call takes one call of a handler.
func (l *Limits) call(who learner.ID) error {
	if l == nil {
		return nil
	}
	if wait, ok := l.calls.Take(who); !ok {
		return tooOften(callsRule, wait)
	}
	return nil
}

// answer takes one answer to the problem with a key. The one that was let through last may come again under its token as often as a broken line
// asks for it: the flow answers it with what came of the first.
func (l *Limits) answer(who learner.ID, at, token string) error {
	if l == nil {
		return nil
	}
	var mark uint64
	if token != "" {
		mark = maphash.String(l.seed, token)
	}
	key := toProblem{who, at}
	wait, again, ok := l.toProblem.TakeOnce(key, mark)
	if !ok {
		return tooOften(answersToProblem, wait)
	}
	if again {
		return nil
	}
	if wait, ok := l.answers.Take(who); !ok {
		l.toProblem.Return(key)
		return tooOften(answersToAll, wait)
	}
	return nil
}

// event takes one report of a browser; what is over is dropped and counted.
func (l *Limits) event(r *http.Request) bool {
	if l == nil {
		return true
	}
	_, ok := l.eventsFrom.Take(limit.Network(page.Known(r).Client))
	if who := page.Viewer(r); ok && who.SignedIn() {
		_, ok = l.events.Take(who.ID)
	}
	if !ok {
		l.eventsOver.Add(1)
	}
	return ok
}

// overEvents returns how many events were dropped since it was asked last, at most once a minute; 0 means nothing to say.
func (l *Limits) overEvents(now time.Time) int64 {
	if l == nil || l.eventsOver.Load() == 0 {
		return 0
	}
	last := l.eventsNoted.Load()
	if now.Unix()-last < 60 || !l.eventsNoted.CompareAndSwap(last, now.Unix()) {
		return 0
	}
	return l.eventsOver.Swap(0)
}

// Guard bounds searching, listing and reading by programs, in front of all routes, so that a new one of them has its limit from the
// first day.
func (l *Limits) Guard(next http.Handler) http.Handler {
	if l == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isRead(r) {
			wait, ok := l.readsFrom.Take(limit.Network(page.Known(r).Client))
			if !ok {
				page.Fail(w, r, tooOften(readsFromAddress, wait))
				return
			}
			if who := page.Viewer(r); who.SignedIn() {
				if wait, ok := l.reads.Take(who.ID); !ok {
					page.Fail(w, r, tooOften(readsRule, wait))
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// isRead reports whether a request searches, lists or reads: the catalog, pages that present courses, interfaces for programs.
func isRead(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	p := r.URL.Path
	return strings.HasPrefix(p, "/api/") || strings.HasPrefix(p, "/user_api/") || isCatalog(p)
}

// tooOften says when to come back.
func tooOften(rule limit.Rule, wait time.Duration) error {
	return fault.TooManyf("too many %s", rule.Name).After(wait)
}
