package limit_test

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"lyceum/internal/cache"
	"lyceum/internal/clock"
	"lyceum/internal/limit"
)

// limiters returns one that counts in Redis and one whose Redis is away; every test holds for both.
func limiters(t *testing.T, c clock.Clock) map[string]*limit.Limiter {
	t.Helper()
	server := miniredis.RunT(t)
	redis, err := cache.Open("redis://" + server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { redis.Close() })
	return map[string]*limit.Limiter{"redis": limit.New(redis, c), "alone": limit.New(nil, c)}
}

func TestTake(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	rule := limit.Rule{Name: "reset", Count: 5, Per: time.Hour}
	for name, l := range limiters(t, fake.Now) {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				if _, ok := l.Look(t.Context(), rule, "ann"); !ok {
					t.Fatal("looking took from the bucket")
				}
			}
			for i := range 5 {
				if wait, ok := l.Take(t.Context(), rule, "ann"); !ok {
					t.Fatalf("take %d is refused for %v", i+1, wait)
				}
			}
			wait, ok := l.Take(t.Context(), rule, "ann")
			if ok || wait != 12*time.Minute {
				t.Errorf("sixth take = %v, %v, want 12m and refused", wait, ok)
			}
			if _, ok := l.Take(t.Context(), rule, "bob"); !ok {
				t.Error("another key is refused")
			}
			fake.Advance(wait)
			if _, ok := l.Take(t.Context(), rule, "ann"); !ok {
				t.Error("refused after the wait it was told")
			}
		})
	}
}

func TestAttempt(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	delay := limit.Delay{Name: "signin", Free: 5, Max: 5 * time.Minute, Forget: time.Hour}
	for name, l := range limiters(t, fake.Now) {
		t.Run(name, func(t *testing.T) {
			for i := range 5 {
				if wait, ok := l.Attempt(t.Context(), delay, "ann"); !ok {
					t.Fatalf("attempt %d is refused for %v", i+1, wait)
				}
			}
			for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
				want *= time.Second
				if wait, ok := l.Attempt(t.Context(), delay, "ann"); ok || wait != want {
					t.Fatalf("after %d failures wait = %v, %v, want %v", i+5, wait, ok, want)
				}
				fake.Advance(want)
				if _, ok := l.Attempt(t.Context(), delay, "ann"); !ok {
					t.Fatalf("refused after waiting %v", want)
				}
			}
			l.Clear(t.Context(), delay, "ann")
			if _, ok := l.Attempt(t.Context(), delay, "ann"); !ok {
				t.Error("refused after a success cleared the failures")
			}
		})
	}
}

// TestAttemptAtOnce makes many attempts at the same moment: no more than the free ones may pass.
func TestAttemptAtOnce(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	delay := limit.Delay{Name: "signin", Free: 5, Max: time.Minute, Forget: time.Hour}
	for name, l := range limiters(t, fake.Now) {
		t.Run(name, func(t *testing.T) {
			// A first call, so that the script is loaded and no connection has to be made within the bound.
			l.Clear(t.Context(), delay, "ann")
			var passed atomic.Int64
			var group sync.WaitGroup
			for range 30 {
				group.Go(func() {
					if _, ok := l.Attempt(t.Context(), delay, "ann"); ok {
						passed.Add(1)
					}
				})
			}
			group.Wait()
			// A call over its 50 ms is counted here instead of there, so a loaded machine may let each count five.
			if got := passed.Load(); got < 5 || got > 10 {
				t.Errorf("%d attempts passed at once, want 5", got)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{"192.0.2.7", "192.0.2.7"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"},
		{"fe80::1%eth0", "fe80::/64"},
	}
	for _, c := range cases {
		if got := limit.Address(netip.MustParseAddr(c.in)); got != c.want {
			t.Errorf("Address(%s) = %s, want %s", c.in, got, c.want)
		}
	}
}
