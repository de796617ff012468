package transfer

import (
	"strconv"
	"strings"

	"lyceum/internal/fault"
)

// Range is the stretch of an archive that one request brings.
type Range struct {
	From, To int64 // To is behind the last byte
	Total    int64 // bytes of the whole archive
}

// ParseRange reads a Content-Range: "bytes FIRST-LAST/TOTAL", FIRST counted from 0. ok is false for no header: the request brings the
// whole. What is no such range is Invalid.
func ParseRange(header string) (r Range, ok bool, err error) {
	if header == "" {
		return Range{}, false, nil
	}
	bad := func() (Range, bool, error) {
		return Range{}, false, fault.Invalidf("Content-Range %.100q", header).Say("transfer.bad_range")
	}
	unit, rest, found := strings.Cut(strings.TrimSpace(header), " ")
	if !found || !strings.EqualFold(unit, "bytes") {
		return bad()
	}
	stretch, total, found := strings.Cut(strings.TrimSpace(rest), "/")
	first, last, found2 := strings.Cut(stretch, "-")
	if !found || !found2 {
		return bad()
	}
	var n [3]int64
	for i, text := range []string{first, last, total} {
		if text == "" || len(text) > 15 || strings.Trim(text, "0123456789") != "" {
			return bad()
		}
		if n[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return bad()
		}
	}
	if r = (Range{n[0], n[1] + 1, n[2]}); r.From >= r.To || r.To > r.Total {
		return bad()
	}
	return r, true, nil
}
