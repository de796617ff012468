package studio

import (
	"fmt"
	"strings"
	"testing"

	"lyceum/authoring/draft"
	"lyceum/course"
)

// Of a text with more rows than a page shows, those it shows are whole, and the others are counted.
func TestLongDifference(t *testing.T) {
	t.Parallel()
	const n = mostRows + 500
	var text strings.Builder
	for i := range n {
		fmt.Fprintln(&text, i)
	}
	rows := shortened(draft.Rows(draft.CompareText("", text.String())))
	if last := rows[len(rows)-1]; len(rows) != mostRows+1 || last.Skipped != n-mostRows || last.New != nil || rows[mostRows-1].New == nil || rows[mostRows-1].Skipped != 0 {
		t.Errorf("%d rows, of the last %d are skipped", len(rows), last.Skipped)
	}
}

// A page of differences has a size: blocks behind it are counted.
func TestDifferenceSize(t *testing.T) {
	t.Parallel()
	long := []byte(strings.Repeat("<p>"+strings.Repeat("word ", 100)+"</p>\n", 300))
	d := draft.Difference{Block: course.UsageKey{Type: "html", ID: "x"}, Added: true, Text: true, NewText: long}
	if got := newDifferent(t.Context(), d, &course.Content{}, &course.Content{}).size(); got < len(long)*9/10 || got > len(long)+300*200 {
		t.Errorf("%d bytes of a text are counted as %d", len(long), got)
	}
}

// One text does not make a page longer than many do, however long its lines are.
func TestWideDifference(t *testing.T) {
	t.Parallel()
	const n = mostRows
	line := strings.Repeat("x", mostShown/100)
	rows := shortened(draft.Rows(draft.CompareText("", strings.Repeat(line+"\n", n))))
	size, last := differentBlock{Text: rows}.size(), rows[len(rows)-1]
	if size < mostShown || size > mostShown*3/2 || last.Skipped != n-len(rows)+1 {
		t.Errorf("%d rows, %d bytes, of the last %d are skipped", len(rows), size, last.Skipped)
	}
}
