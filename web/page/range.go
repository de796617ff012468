package page

import (
	"fmt"
	"strconv"
	"strings"
)

// ContentRange says which bytes of a whole a request brings.
type ContentRange struct {
	From, To int64 // To is the first byte behind; both 0 where it brings none
	Size     int64 // bytes of the whole
	None     bool  // "bytes */SIZE": nothing is brought, the whole shall be finished
}

// ParseContentRange reads the header Content-Range of a request: bytes FROM-LAST/SIZE, counted from 0, or bytes */SIZE.
func ParseContentRange(header string) (ContentRange, error) {
	bad := fmt.Errorf("Content-Range %.100q", header)
	unit, rest, ok := strings.Cut(strings.TrimSpace(header), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return ContentRange{}, bad
	}
	span, whole, ok := strings.Cut(strings.TrimSpace(rest), "/")
	size, okSize := Digits(whole)
	if !ok || !okSize {
		return ContentRange{}, bad
	}
	if span == "*" {
		return ContentRange{Size: size, None: true}, nil
	}
	first, last, ok := strings.Cut(span, "-")
	from, okFrom := Digits(first)
	end, okEnd := Digits(last)
	if !ok || !okFrom || !okEnd || from > end || end >= size {
		return ContentRange{}, bad
	}
	return ContentRange{From: from, To: end + 1, Size: size}, nil
}

// Digits reads a number without sign or spaces, of up to 15 digits.
func Digits(text string) (int64, bool) {
	if text == "" || len(text) > 15 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
