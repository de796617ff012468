package cache

import (
	"sync"
	"time"
)

const (
	breakerFailures = 5           // so many failures ...
	breakerWindow   = time.Second // ... within this time open it
	breakerProbe    = time.Second // open: one call goes through each
)

// breaker stops calls to something that fails. The zero value is closed.
type breaker struct {
	mu       sync.Mutex
	failures int
	first    time.Time // of the failures counted
	open     bool
	probe    time.Time // when the next call goes through
}

// allow reports whether a call may be made now; while open, it lets one through each probe interval.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return true
	}
	if now.Before(b.probe) {
		return false
	}
	b.probe = now.Add(breakerProbe)
	return true
}

// succeed closes the breaker.
func (b *breaker) succeed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open, b.failures = false, 0
}

// fail counts a failure and opens the breaker when there were too many at once.
func (b *breaker) fail(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		b.probe = now.Add(breakerProbe)
		return
	}
	if b.failures == 0 || now.Sub(b.first) > breakerWindow {
		b.failures, b.first = 0, now
	}
	b.failures++
	if b.failures >= breakerFailures {
		b.open, b.probe = true, now.Add(breakerProbe)
	}
}

// forget gives a probe back that ended without an answer either way.
func (b *breaker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probe = time.Time{}
}
