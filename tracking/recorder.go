package tracking

import (
	"context"
	"slices"
	"sync"
)

// Recorder is an Emitter that keeps events in memory, for the tests of those who emit. The zero value is empty.
type Recorder struct {
	mu     sync.Mutex
	events []Event
}

// Emit implements Emitter.
func (r *Recorder) Emit(_ context.Context, e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// Events returns what was emitted so far, in order.
func (r *Recorder) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Lines returns the records of what was emitted so far.
func (r *Recorder) Lines() []string {
	events := r.Events()
	lines := make([]string, len(events))
	for i, e := range events {
		lines[i] = string(e.AppendJSON(nil))
	}
	return lines
}
