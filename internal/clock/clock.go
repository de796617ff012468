// Package clock is the seam through which rooms ask for the time.
//
// A flow that decides by time (a due date, a session's end) takes a Clock, so that a test can stand at the close of an exam. Waits and
// durations are measured with the monotonic clock of package time and do not come through here. A nil Clock is the system's clock.
package clock

import (
	"sync"
	"time"
)

// Clock returns the present time in UTC.
type Clock func() time.Time

// System is the machine's clock.
func System() time.Time { return time.Now().UTC() }

// Now returns the time of c, or of the system when c is nil.
func (c Clock) Now() time.Time {
	if c == nil {
		return System()
	}
	return c()
}

// Fake is a clock that stands still until it is moved. It is safe for concurrent use.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake returns a clock standing at t.
func NewFake(t time.Time) *Fake { return &Fake{now: t.UTC()} }

// Now returns the time the clock stands at. The method value f.Now is a Clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Set moves the clock to t, back or forth.
func (f *Fake) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = t.UTC()
}

// Advance moves the clock by d and returns the new time.
func (f *Fake) Advance(d time.Duration) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	return f.now
}
