package clock_test

import (
	"testing"
	"time"

	"lyceum/internal/clock"
)

func TestFake(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	fake := clock.NewFake(start)
	var c clock.Clock = fake.Now

	if got := c.Now(); !got.Equal(start) || got.Location() != time.UTC {
		t.Errorf("Now() = %v, want %v in UTC", got, start.UTC())
	}
	if got, want := fake.Advance(time.Hour), start.Add(time.Hour); !got.Equal(want) {
		t.Errorf("Advance = %v, want %v", got, want)
	}
	fake.Set(start)
	if got := c(); !got.Equal(start) {
		t.Errorf("after Set: %v, want %v", got, start)
	}
}

func TestNilClockIsTheSystems(t *testing.T) {
	t.Parallel()
	before := time.Now()
	got := clock.Clock(nil).Now()
	if got.Before(before.Add(-time.Second)) || got.After(time.Now().Add(time.Second)) || got.Location() != time.UTC {
		t.Errorf("Now() = %v, want the present in UTC", got)
	}
}
