package studio

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurns: no more than so many of one person's requests run at once, whoever else asks; who gives up waits no longer.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := turns{most: 2}
		var now, most atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				done, err := turns.wait(t.Context(), 1)
				if err != nil {
					t.Error(err)
					return
				}
				defer done()
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				now.Add(-1)
			})
		}
		synctest.Wait()
		if done, err := turns.wait(t.Context(), 2); err != nil {
			t.Error(err)
		} else {
			done()
		}
		gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := turns.wait(gone, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up: %v", err)
		}
		all.Wait()
		if most.Load() != 2 || len(turns.lines) != 0 {
			t.Errorf("%d at once, %d lines are left", most.Load(), len(turns.lines))
		}
	})
}
