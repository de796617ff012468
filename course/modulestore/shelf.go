package modulestore

import (
	"container/list"
	"sync"
)

// shelf keeps things in memory up to a number of bytes; the one not asked for the longest goes first. The one put last
// always stays.
type shelf[K comparable, V any] struct {
	budget int64

	mu    sync.Mutex
	items map[K]*list.Element
	order list.List // of shelved, newest first
	used  int64
}

type shelved[K comparable, V any] struct {
	key   K
	value V
	size  int64
}

func newShelf[K comparable, V any](budget int64) *shelf[K, V] {
	return &shelf[K, V]{budget: budget, items: map[K]*list.Element{}}
}

func (s *shelf[K, V]) get(k K) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.items[k]
	if !ok {
		return v, false
	}
	s.order.MoveToFront(e)
	return e.Value.(*shelved[K, V]).value, true
}

func (s *shelf[K, V]) put(k K, v V, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(k)
	s.items[k] = s.order.PushFront(&shelved[K, V]{k, v, size})
	s.used += size
	for s.used > s.budget && s.order.Len() > 1 {
		s.drop(s.order.Back().Value.(*shelved[K, V]).key)
	}
}

func (s *shelf[K, V]) remove(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(k)
}

func (s *shelf[K, V]) drop(k K) {
	if e, ok := s.items[k]; ok {
		s.used -= e.Value.(*shelved[K, V]).size
		s.order.Remove(e)
		delete(s.items, k)
	}
}
