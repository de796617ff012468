package modulestore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"

	"lyceum/course"
)

// hash names a document or a record by its content.
type hash [sha256.Size]byte

func (h hash) String() string { return hex.EncodeToString(h[:]) }

func parseHash(s string) (hash, bool) {
	var h hash
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return hash{}, false
	}
	return hash(b), true
}

// format is the first byte of every index and record. Another value means a newer program wrote it.
const format = 1

var errCut = errors.New("stored text ends early or is of another format")

// A record holds what an author wrote in one block, without type, id and children, which stand in the index of the
// document: format, form, fields, attributes, body. Strings are their length and bytes; counts of what may be nil are
// one more than the count, and 0 is nil. Equal blocks give equal bytes.

func appendRecord(dst []byte, b *course.Block) []byte {
	dst = append(dst, format)
	dst = appendString(dst, b.Form)
	dst = appendMap(dst, b.Fields)
	dst = appendMap(dst, b.Attrs)
	if b.Body == nil {
		return binary.AppendUvarint(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.Body))+1)
	return append(dst, b.Body...)
}

// readRecord fills b from a record. The body stays a part of data.
func readRecord(data []byte, b *course.Block) error {
	r := reader{left: data}
	r.format()
	b.Form = r.string()
	b.Fields = readMap[course.Fields](&r)
	b.Attrs = readMap[map[string]string](&r)
	if n := r.count(); n > 0 {
		b.Body = r.bytes(n - 1)
	}
	return r.end()
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendMap[V ~string](dst []byte, m map[string]V) []byte {
	if m == nil {
		return binary.AppendUvarint(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(m))+1)
	var few [16]string
	names := few[:0]
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		dst = appendString(dst, k)
		dst = appendString(dst, string(m[k]))
	}
	return dst
}

func readMap[M ~map[string]V, V ~string](r *reader) M {
	n := r.count()
	if n == 0 {
		return nil
	}
	m := make(M, min(n-1, len(r.left)/2))
	for range n - 1 {
		k := r.string()
		m[k] = V(r.string())
		if r.bad {
			return nil
		}
	}
	return m
}

// reader takes values from stored bytes; after the first that does not fit, everything is empty and end tells.
type reader struct {
	left []byte
	bad  bool
}

func (r *reader) format() {
	if b := r.bytes(1); !r.bad && b[0] != format {
		r.bad = true
	}
}

func (r *reader) count() int {
	n, size := binary.Uvarint(r.left)
	if size <= 0 || n > 1<<40 {
		r.bad, r.left = true, nil
		return 0
	}
	r.left = r.left[size:]
	return int(n)
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.left) {
		r.bad, r.left = true, nil
		return nil
	}
	out := r.left[:n:n]
	r.left = r.left[n:]
	return out
}

func (r *reader) string() string { return string(r.bytes(r.count())) }

func (r *reader) hash() (h hash) {
	copy(h[:], r.bytes(len(h)))
	return h
}

func (r *reader) end() error {
	if r.bad || len(r.left) > 0 {
		return errCut
	}
	return nil
}
