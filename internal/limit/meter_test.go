package limit_test

import (
	"net/netip"
	"testing"
	"time"

	"lyceum/internal/clock"
	"lyceum/internal/limit"
)

func TestMeter(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m := limit.NewMeter[int](limit.Rule{Count: 1, Per: 2 * time.Second, Burst: 5}, fake.Now)
	for i := range 5 {
		if wait, ok := m.Take(1); !ok {
			t.Fatalf("take %d is refused for %v", i+1, wait)
		}
	}
	wait, ok := m.Take(1)
	if ok || wait != 2*time.Second {
		t.Errorf("sixth take = %v, %v, want 2s and refused", wait, ok)
	}
	if _, ok := m.Take(2); !ok {
		t.Error("another key is refused")
	}
	fake.Advance(wait)
	if _, ok := m.Take(1); !ok {
		t.Error("refused after the wait it was told")
	}
	if _, ok := m.Take(1); ok {
		t.Error("one interval gave two")
	}
	m.Return(1)
	if _, ok := m.Take(1); !ok {
		t.Error("what was returned cannot be taken")
	}
	fake.Advance(time.Hour)
	for i := range 5 {
		if _, ok := m.Take(1); !ok {
			t.Errorf("take %d after an hour is refused", i+1)
		}
	}
	if _, ok := m.Take(1); ok {
		t.Error("an hour gave more than a burst")
	}
	var none *limit.Meter[int]
	if _, ok := none.Take(1); !ok {
		t.Error("no meter refuses")
	}
}

func TestMeterOnce(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m := limit.NewMeter[int](limit.Rule{Count: 1, Per: time.Second, Burst: 1}, fake.Now)
	if _, again, ok := m.TakeOnce(1, 7); again || !ok {
		t.Fatalf("first = again %v, ok %v", again, ok)
	}
	for range 100 {
		if _, again, ok := m.TakeOnce(1, 7); !again || !ok {
			t.Fatalf("the same again = again %v, ok %v, want both", again, ok)
		}
	}
	if _, _, ok := m.TakeOnce(1, 8); ok {
		t.Error("another is let through at once")
	}
	if _, again, ok := m.TakeOnce(1, 7); !again || !ok {
		t.Error("what was refused took the place of what was let through")
	}
	m.Return(1)
	if _, again, ok := m.TakeOnce(1, 7); again || !ok {
		t.Errorf("after a return = again %v, ok %v, want it counted", again, ok)
	}
}

// TestMeterFlood fills the counters with callers: memory stays, and who is over is let through again at the earliest when two times as
// many as a map holds have come.
func TestMeterFlood(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m := limit.NewMeter[int](limit.Rule{Count: 1, Per: time.Hour, Burst: 1}, fake.Now)
	m.Take(-1)
	for i := range 1 << 15 {
		m.Take(i)
	}
	if _, ok := m.Take(-1); ok {
		t.Error("a caller's counter is forgotten too early")
	}
	for i := range 1 << 17 {
		m.Take(i)
	}
	if got, most := m.Len(), 1<<16; got > most {
		t.Errorf("%d counters are kept, want at most %d", got, most)
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{"192.0.2.7", "192.0.2.7"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
		{"fe80::1%eth0", "fe80::"},
	}
	for _, c := range cases {
		if got := limit.Network(netip.MustParseAddr(c.in)); got != netip.MustParseAddr(c.want) {
			t.Errorf("Network(%s) = %s, want %s", c.in, got, c.want)
		}
	}
	if got := limit.Network(netip.Addr{}); got.IsValid() {
		t.Errorf("Network of none = %s", got)
	}
}

func BenchmarkMeter(b *testing.B) {
	m := limit.NewMeter[int](limit.Rule{Count: 1e9, Per: time.Second}, nil)
	for i := 0; b.Loop(); i++ {
		m.Take(i % 1000)
	}
}
