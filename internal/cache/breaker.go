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

// succeed closes the breaker and reports whether it was open.
func (b *breaker) succeed() (closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	closed = b.open
	b.open, b.failures = false, 0
	return closed
}

// fail counts a failure and reports whether it opened the breaker, because there were too many at once.
func (b *breaker) fail(now time.Time) (opened bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		b.probe = now.Add(breakerProbe)
		return false
	}
	if b.failures == 0 || now.Sub(b.first) > breakerWindow {
		b.failures, b.first = 0, now
	}
	b.failures++
	if b.failures >= breakerFailures {
		b.open, b.probe = true, now.Add(breakerProbe)
	}
	return b.open
}

// forget gives a probe back that ended without an answer either way.
func (b *breaker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probe = time.Time{}
}
