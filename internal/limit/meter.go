package limit

import (
	"net/netip"
	"sync"
	"time"

	"lyceum/internal/clock"
)

// Meter counts by one rule in this process alone, for what is asked so often that a way to Redis would cost more than the answer. Where
// n processes serve a site a caller may have up to n times the rule; what guards a secret belongs to a [Limiter]. A nil Meter allows
// everything.
type Meter[K comparable] struct {
	interval, depth time.Duration
	clock           clock.Clock
	start           time.Time // times are kept as distances from it, by the monotonic clock: the day of a leap second bars nobody

	mu sync.Mutex
	// Counters that have not been asked for since the last turn are in old, and are forgotten at the next: by then they are full.
	young, old map[K]bucket
	turned     time.Duration
}

// bucket is one caller's counter.
type bucket struct {
	full time.Duration // when it is full again
	mark uint64        // of what was let through last, see TakeOnce; 0 for none
}

// meterMax is how many counters young and old may hold each; a flood of callers costs precision, not memory.
const meterMax = 1 << 15

// NewMeter returns a meter of rule.
func NewMeter[K comparable](rule Rule, c clock.Clock) *Meter[K] {
	return &Meter[K]{interval: rule.interval(), depth: rule.depth(), clock: c, start: c.Now(), young: make(map[K]bucket)}
}

// Take takes one from the bucket of key. When it is empty, ok is false and wait says when it no longer is.
func (m *Meter[K]) Take(key K) (wait time.Duration, ok bool) {
	wait, _, ok = m.TakeOnce(key, 0)
	return wait, ok
}

// TakeOnce is Take for what may be sent again because its answer did not arrive: what carries the mark of the last that was let through
// is let through again and takes nothing. A mark of 0 is none.
func (m *Meter[K]) TakeOnce(key K, mark uint64) (wait time.Duration, again, ok bool) {
	if m == nil {
		return 0, false, true
	}
	now := m.clock.Now().Sub(m.start)
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.find(key)
	if mark != 0 && b.mark == mark {
		return 0, true, true
	}
	full := max(b.full, now) + m.interval
	if over := full - now - m.depth; over > 0 {
		return over, false, false
	}
	if now-m.turned > m.depth || len(m.young) >= meterMax {
		m.young, m.old, m.turned = make(map[K]bucket), m.young, now
	}
	m.young[key] = bucket{full, mark}
	return 0, false, true
}

// Return gives back what was taken last, for what was let through here and refused elsewhere.
func (m *Meter[K]) Return(key K) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.find(key); b.full > 0 {
		m.young[key] = bucket{full: b.full - m.interval}
	}
}

// find returns a counter; the caller holds the lock.
func (m *Meter[K]) find(key K) bucket {
	if b, ok := m.young[key]; ok {
		return b
	}
	return m.old[key]
}

// Network returns the address under which a client is counted: IPv4 as it is, IPv6 by its /64, which one customer has to himself.
func Network(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	network, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return network.Addr()
}
