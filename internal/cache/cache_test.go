package cache_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"lyceum/internal/cache"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](10)
	c.Add("a", 1, 4)
	c.Add("b", 2, 4)
	c.Get("a")
	c.Add("c", 3, 4) // b is the least recently used
	c.Add("huge", 4, 11)
	got := map[string]bool{}
	for _, key := range []string{"a", "b", "c", "huge"} {
		_, got[key] = c.Get(key)
	}
	if diff := cmp.Diff(got, map[string]bool{"a": true, "b": false, "c": true, "huge": false}); diff != "" {
		t.Errorf("kept (-got +want):\n%s", diff)
	}
	c.Add("a", 5, 10) // replaces itself and pushes c out
	want := cache.Stats{Entries: 1, Used: 10, Budget: 10, Hits: 3, Misses: 2, Evicted: 2}
	if diff := cmp.Diff(c.Stats(), want); diff != "" {
		t.Errorf("Stats (-got +want):\n%s", diff)
	}
	c.Remove("a")
	if got := c.Stats(); got.Used != 0 || got.Entries != 0 {
		t.Errorf("after Remove: %+v, want nothing", got)
	}
}

func TestLoadBuildsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cache.New[string, int](10)
		release := make(chan struct{})
		var builds atomic.Int32
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				got, err := c.Load(t.Context(), "a", func(context.Context) (int, int64, error) {
					builds.Add(1)
					<-release
					return 7, 1, nil
				})
				if got != 7 || err != nil {
					t.Errorf("Load = %d, %v, want 7", got, err)
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if n := builds.Load(); n != 1 {
			t.Errorf("%d builds, want 1", n)
		}
		if got, ok := c.Get("a"); !ok || got != 7 {
			t.Errorf("Get = %d, %v, want 7", got, ok)
		}
	})
}

func TestLoadErrorIsNotKept(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](10)
	broken := errors.New("broken")
	_, err := c.Load(t.Context(), "a", func(context.Context) (int, int64, error) { return 0, 0, broken })
	if !errors.Is(err, broken) {
		t.Errorf("Load = %v, want broken", err)
	}
	_, err = c.Load(t.Context(), "a", func(context.Context) (int, int64, error) { panic("oh") })
	if !errors.Is(err, cache.ErrPanic) {
		t.Errorf("Load = %v, want ErrPanic", err)
	}
	got, err := c.Load(t.Context(), "a", func(context.Context) (int, int64, error) { return 1, 1, nil })
	if got != 1 || err != nil {
		t.Errorf("Load = %d, %v, want 1", got, err)
	}
}

// TestLoadOutlivesTheFirst: the one who started a build may leave; the build goes on for those who stay, and ends when all have left.
func TestLoadOutlivesTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := cache.New[string, int](10)
		release := make(chan struct{})
		build := func(ctx context.Context) (int, int64, error) {
			select {
			case <-release:
				return 7, 1, nil
			case <-ctx.Done():
				return 0, 0, ctx.Err()
			}
		}
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Load(first, "a", build); !errors.Is(err, context.Canceled) {
				t.Errorf("first: %v, want canceled", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			got, err := c.Load(t.Context(), "a", func(context.Context) (int, int64, error) { return 0, 0, errors.New("second build") })
			if got != 7 || err != nil {
				t.Errorf("second: %d, %v, want 7", got, err)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		close(release)
		wg.Wait()

		alone, leave := context.WithCancel(t.Context())
		wg.Go(func() {
			_, _ = c.Load(alone, "b", func(ctx context.Context) (int, int64, error) {
				<-ctx.Done() // synctest reports it when this never ends
				return 0, 0, ctx.Err()
			})
		})
		synctest.Wait()
		leave()
		wg.Wait()
	})
}

func TestRemoveDuringBuild(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](10)
	got, err := c.Load(t.Context(), "a", func(context.Context) (int, int64, error) {
		c.Remove("a")
		return 7, 1, nil
	})
	if got != 7 || err != nil {
		t.Errorf("Load = %d, %v, want 7", got, err)
	}
	if _, ok := c.Get("a"); ok {
		t.Error("a value removed while it was built is kept")
	}
}

// TestConcurrent is for the race detector and for the budget.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	c := cache.New[int, int](100)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				key := rand.IntN(50)
				got, err := c.Load(t.Context(), key, func(context.Context) (int, int64, error) { return key, int64(key), nil })
				if got != key || err != nil {
					t.Errorf("Load(%d) = %d, %v", key, got, err)
				}
				if key%10 == 0 {
					c.Remove(key)
				}
			}
		})
	}
	wg.Wait()
	if s := c.Stats(); s.Used > s.Budget || s.Used < 0 {
		t.Errorf("%d bytes used of %d", s.Used, s.Budget)
	}
}
