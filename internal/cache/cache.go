// Package cache keeps what is expensive to build in memory, within a budget of bytes.
//
// The least recently used goes first. Many who ask for what is missing at once wait for one build. A cache holds only what can be built
// again, under keys that name a version, so that nothing needs to be told that it is old.
package cache

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// LRU maps keys to values of known size. It is safe for concurrent use; values are shared and must not be changed.
type LRU[K comparable, V any] struct {
	budget int64

	mu     sync.Mutex
	used   int64
	order  *list.List // of *entry[K, V], most recently used first
	byKey  map[K]*list.Element
	builds map[K]*build[V]

	hits, misses, evicted uint64
}

type entry[K comparable, V any] struct {
	key   K
	value V
	size  int64
}

// build is one running build of a value that others wait for.
type build[V any] struct {
	done    chan struct{} // closed when value and err are set
	value   V
	err     error
	waiting int // those who still want it; guarded by LRU.mu
	cancel  context.CancelFunc
	stale   bool // removed while being built; guarded by LRU.mu
}

// New returns an empty cache for values of at most budget bytes together.
func New[K comparable, V any](budget int64) *LRU[K, V] {
	return &LRU[K, V]{budget: budget, order: list.New(), byKey: make(map[K]*list.Element), builds: make(map[K]*build[V])}
}

// Get returns the value of a key and marks it used.
func (c *LRU[K, V]) Get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(key)
}

func (c *LRU[K, V]) get(key K) (V, bool) {
	if e, ok := c.byKey[key]; ok {
		c.hits++
		c.order.MoveToFront(e)
		return e.Value.(*entry[K, V]).value, true
	}
	c.misses++
	var none V
	return none, false
}

// Add keeps a value of size bytes in place of an older one. One larger than the budget is not kept.
func (c *LRU[K, V]) Add(key K, value V, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(key, value, size)
}

func (c *LRU[K, V]) add(key K, value V, size int64) {
	c.remove(key)
	if size > c.budget {
		return
	}
	c.byKey[key] = c.order.PushFront(&entry[K, V]{key: key, value: value, size: size})
	c.used += size
	for c.used > c.budget {
		c.remove(c.order.Back().Value.(*entry[K, V]).key)
		c.evicted++
	}
}

// Remove forgets a key. A build of it that runs is handed to those who wait and not kept.
func (c *LRU[K, V]) Remove(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
	if b, ok := c.builds[key]; ok {
		b.stale = true
		delete(c.builds, key)
	}
}

func (c *LRU[K, V]) remove(key K) {
	e, ok := c.byKey[key]
	if !ok {
		return
	}
	c.order.Remove(e)
	delete(c.byKey, key)
	c.used -= e.Value.(*entry[K, V]).size
}

// Load returns the value of a key, and makes it with do when it is missing: once, however many ask. do returns the value and its size
// in bytes; its context is that of the first who asked without its end, and ends when nobody waits any more. An error goes to all who wait
// and is not kept. A panic in do becomes such an error.
func (c *LRU[K, V]) Load(ctx context.Context, key K, do func(context.Context) (V, int64, error)) (V, error) {
	c.mu.Lock()
	if v, ok := c.get(key); ok {
		c.mu.Unlock()
		return v, nil
	}
	b, ok := c.builds[key]
	if !ok {
		buildCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		b = &build[V]{done: make(chan struct{}), cancel: cancel}
		c.builds[key] = b
		go c.run(buildCtx, key, b, do)
	}
	b.waiting++
	c.mu.Unlock()

	select {
	case <-b.done:
		return b.value, b.err
	case <-ctx.Done():
		c.giveUp(key, b)
		var none V
		return none, ctx.Err()
	}
}

// giveUp ends a build nobody waits for. Who asks from now on starts another.
func (c *LRU[K, V]) giveUp(key K, b *build[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.waiting--; b.waiting > 0 {
		return
	}
	b.cancel()
	b.stale = true
	if c.builds[key] == b {
		delete(c.builds, key)
	}
}

func (c *LRU[K, V]) run(ctx context.Context, key K, b *build[V], do func(context.Context) (V, int64, error)) {
	defer b.cancel()
	var size int64
	b.value, size, b.err = guarded(ctx, do)

	c.mu.Lock()
	if b.err == nil && !b.stale {
		c.add(key, b.value, size)
	}
	if c.builds[key] == b {
		delete(c.builds, key)
	}
	c.mu.Unlock()
	close(b.done)
}

// ErrPanic is in the error of a build that panicked; the text holds the stack.
var ErrPanic = errors.New("panic while building a cached value")

// guarded turns a panic into an error: the build runs on a goroutine of its own, where nobody would recover it.
func guarded[V any](ctx context.Context, do func(context.Context) (V, int64, error)) (value V, size int64, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", ErrPanic, r, debug.Stack())
		}
	}()
	return do(ctx)
}

// Stats are counts since the start.
type Stats struct {
	Entries, Used, Budget int64 // now; bytes
	Hits, Misses, Evicted uint64
}

// Stats returns the cache's counts.
func (c *LRU[K, V]) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Entries: int64(c.order.Len()), Used: c.used, Budget: c.budget,
		Hits: c.hits, Misses: c.misses, Evicted: c.evicted,
	}
}
