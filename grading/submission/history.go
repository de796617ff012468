package submission

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"lyceum/internal/jsonscan"
)

// History is a list in a stored state that grows with every submission and is read only where submissions are graded anew. So its entries
// stay the text they are stored as until somebody asks for them: a page or an answer after a hundred others decodes none of those. The
// zero History is empty. Values may be copied; adding to one does not change the other.
type History[T any] struct {
	text []byte // JSON values with commas between them
}

// NewHistory returns the history of the given entries.
func NewHistory[T any](entries []T) (History[T], error) {
	var h History[T]
	for _, e := range entries {
		if err := h.Add(e); err != nil {
			return History[T]{}, err
		}
	}
	return h, nil
}

// Add puts an entry at the end.
func (h *History[T]) Add(entry T) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("add to a history: %w", err)
	}
	if !h.IsEmpty() {
		text = slices.Concat(h.text, []byte{','}, text)
	}
	h.text = text
	return nil
}

// A history in a state holds at most historyBytes; one that has outgrown that is cut to what historyKept holds, so that few have to be cut.
// What it loses is in the history of states (block_state_history), where every answer stands with its marks.
const (
	historyBytes = 32 << 10
	historyKept  = 24 << 10
)

// Trim drops the oldest entries of a history that has grown too large, and says how many. The newest stays however large it is.
func (h *History[T]) Trim() (dropped int, err error) {
	if len(h.text) <= historyBytes {
		return 0, nil
	}
	r := jsonscan.New(h.list())
	var entries [][]byte
	for r.Enter('['); r.Next(']'); {
		entries = append(entries, r.Raw())
	}
	if err := r.End(); err != nil {
		return 0, fmt.Errorf("read a history: %w", err)
	}
	first, size := len(entries)-1, len(entries[len(entries)-1])
	for first > 0 && size+1+len(entries[first-1]) <= historyKept {
		first--
		size += 1 + len(entries[first])
	}
	h.text = bytes.Join(entries[first:], []byte{','})
	return first, nil
}

// IsEmpty reports whether there are no entries.
func (h History[T]) IsEmpty() bool { return len(h.text) == 0 }

// Entries decodes the entries, oldest first.
func (h History[T]) Entries() ([]T, error) {
	var entries []T
	if err := json.Unmarshal(h.list(), &entries); err != nil {
		return nil, fmt.Errorf("read a history: %w", err)
	}
	return entries, nil
}

// MarshalJSON writes the list.
func (h History[T]) MarshalJSON() ([]byte, error) { return h.list(), nil }

// UnmarshalJSON takes a list; what its entries are is seen when they are asked for.
func (h *History[T]) UnmarshalJSON(text []byte) error { return h.take(slices.Clone(text)) }

// take is UnmarshalJSON that keeps the text itself.
func (h *History[T]) take(text []byte) error {
	text = bytes.TrimSpace(text)
	if string(text) == "null" {
		h.text = nil
		return nil
	}
	if len(text) < 2 || text[0] != '[' {
		return errors.New("a history is no list")
	}
	h.text = slices.Clip(bytes.TrimSpace(text[1 : len(text)-1]))
	return nil
}

// appendTo appends the list.
func (h History[T]) appendTo(b []byte) []byte { return append(append(append(b, '['), h.text...), ']') }

func (h History[T]) list() []byte { return slices.Concat([]byte{'['}, h.text, []byte{']'}) }
