package cache

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

	var b breaker
	for i := range 4 {
		b.fail(at(i))
	}
	if !b.allow(at(10)) {
		t.Error("four failures opened the breaker")
	}
	b.fail(at(1500)) // the first four are out of the window
	if !b.allow(at(1500)) {
		t.Error("failures more than a second apart opened the breaker")
	}
	for i := range 4 {
		b.fail(at(1600 + i))
	}
	if b.allow(at(1700)) {
		t.Error("five failures within a second left the breaker closed")
	}
	if !b.allow(at(2700)) {
		t.Error("no probe after a second")
	}
	if b.allow(at(2701)) {
		t.Error("a second probe within the same second")
	}
	b.succeed()
	if !b.allow(at(2702)) {
		t.Error("open after a success")
	}
}
