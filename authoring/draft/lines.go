package draft

import (
	"slices"
	"strings"
)

// Line is one line of a text, as two versions have it.
type Line struct {
	Text string
	// Old and New are its numbers in the two texts, counted from 1; 0 where a text does not have it.
	Old, New int
}

// maxEdits bounds the work of a comparison of lines.
const maxEdits = 1000

// CompareText lists the lines of both texts in order, those in common once, with as few differences as can be.
func CompareText(from, to string) []Line {
	a, b := splitLines(from), splitLines(to)
	head, tail := commonEnds(a, b)
	out := make([]Line, 0, len(b)+8)
	for i := range head {
		out = append(out, Line{a[i], i + 1, i + 1})
	}
	for _, l := range script(a[head:len(a)-tail], b[head:len(b)-tail], maxEdits) {
		if l.Old > 0 {
			l.Old += head
		}
		if l.New > 0 {
			l.New += head
		}
		out = append(out, l)
	}
	for i := range tail {
		out = append(out, Line{a[len(a)-tail+i], len(a) - tail + i + 1, len(b) - tail + i + 1})
	}
	return out
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// script finds a shortest way from a to b by Myers' algorithm: furthest reaching paths by number of differences.
// Texts more than most differences apart are shown as one whole instead of another.
func script(a, b []string, most int) []Line {
	if len(a) == 0 || len(b) == 0 {
		return whole(a, b)
	}
	reach := []int{0, 0, 0}
	var trace [][]int // of each number of differences, the furthest place in a by diagonal -d-1 .. d+1
	for d := 0; d <= min(len(a)+len(b), most); d++ {
		next := make([]int, 2*d+5)
		for k := -d; k <= d; k += 2 {
			at := func(k int) int { return reach[k+d] } // reach covers diagonals -d .. d
			x := 0
			switch {
			case d == 0:
			case k == -d || k != d && at(k-1) < at(k+1):
				x = at(k + 1)
			default:
				x = at(k-1) + 1
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			next[k+d+1] = x
			if x >= len(a) && x-k >= len(b) {
				return back(append(trace, next), a, b)
			}
		}
		trace = append(trace, next)
		reach = next
	}
	return whole(a, b)
}

// back walks the recorded paths from the end to the beginning.
func back(trace [][]int, a, b []string) []Line {
	var out []Line
	x, y := len(a), len(b)
	for d := range slices.Backward(trace) {
		fromX, fromY := 0, 0
		if d > 0 {
			at := func(k int) int { return trace[d-1][k+d] }
			k := x - y
			if k == -d || k != d && at(k-1) < at(k+1) {
				k++
			} else {
				k--
			}
			fromX = at(k)
			fromY = fromX - k
		}
		for x > fromX && y > fromY {
			out = append(out, Line{a[x-1], x, y})
			x, y = x-1, y-1
		}
		switch {
		case x > fromX:
			out = append(out, Line{a[x-1], x, 0})
			x--
		case y > fromY:
			out = append(out, Line{b[y-1], 0, y})
			y--
		}
	}
	slices.Reverse(out)
	return out
}

func whole(a, b []string) []Line {
	var out []Line
	for i, s := range a {
		out = append(out, Line{s, i + 1, 0})
	}
	for i, s := range b {
		out = append(out, Line{s, 0, i + 1})
	}
	return out
}
