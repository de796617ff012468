package limit

// Len returns how many counters are kept.
func (m *Meter[K]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.young) + len(m.old)
}
