package limit

import (
	"sync"
	"time"
)

// localMax bounds the memory of the counters kept here; when it is reached those that no longer count are dropped, and if none are,
// all: a flood of addresses while Redis is away then costs precision, not memory.
const localMax = 100_000

// local counts in this process. The zero value is ready.
type local struct {
	mu     sync.Mutex
	counts map[string]count
}

type count struct {
	n       int
	next    time.Time // bucket: full again; delay: next attempt allowed
	expires time.Time
}

func (l *local) take(id string, rule Rule, n int, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.counts[id].next
	if full.Before(now) {
		full = now
	}
	full = full.Add(rule.interval())
	if over := full.Sub(now) - rule.depth(); over > 0 {
		return over
	}
	if n > 0 {
		l.put(id, count{next: full, expires: full}, now)
	}
	return 0
}

func (l *local) attempt(id string, d Delay, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counts[id]
	if !now.Before(c.expires) {
		c = count{}
	}
	if c.next.After(now) {
		return c.next.Sub(now)
	}
	c.n++
	c.next = now.Add(d.after(c.n))
	c.expires = now.Add(d.Forget)
	l.put(id, c, now)
	return 0
}

func (l *local) clear(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.counts, id)
}

// put stores a counter; the caller holds the lock.
func (l *local) put(id string, c count, now time.Time) {
	if l.counts == nil {
		l.counts = make(map[string]count)
	}
	if len(l.counts) >= localMax {
		for k, old := range l.counts {
			if old.expires.Before(now) {
				delete(l.counts, k)
			}
		}
		if len(l.counts) >= localMax {
			clear(l.counts)
		}
	}
	l.counts[id] = c
}
