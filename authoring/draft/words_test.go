package draft

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// marked writes pieces with what changed in brackets.
func marked(list []Piece) string {
	var out strings.Builder
	for _, p := range list {
		if p.Changed {
			fmt.Fprintf(&out, "[%s]", p.Text)
		} else {
			out.WriteString(p.Text)
		}
	}
	return out.String()
}

func TestCompareWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ from, to, old, now string }{
		{"<p>two</p>", "<p>three</p>", "<p>[two]</p>", "<p>[three]</p>"},
		{"a b c", "a c", "a [b ]c", "a c"},
		{"one two three", "1 2 three", "[one two] three", "[1 2] three"},
		{"same", "same", "same", "same"},
		{"", "new", "", "[new]"},
		{"naïve café", "naïve cafés", "naïve [café]", "naïve [cafés]"},
		{"\xff\xfe", "\xff", "\xff[\xfe]", "\xff"},
		{"x  y", "x   y", "x[  ]y", "x[   ]y"},
	} {
		old, now := CompareWords(tc.from, tc.to)
		if marked(old) != tc.old || marked(now) != tc.now {
			t.Errorf("%q to %q: %s and %s, want %s and %s", tc.from, tc.to, marked(old), marked(now), tc.old, tc.now)
		}
	}
	long := strings.Repeat("word, ", 20_000)
	old, now := CompareWords(long+"old, "+long, long+"new, "+long)
	if len(old) != 3 || old[1] != (Piece{"old", true}) || len(now) != 3 || now[1] != (Piece{"new", true}) {
		t.Errorf("a long line: %d and %d pieces", len(old), len(now))
	}
	if old, now := CompareWords(strings.Repeat("a b ", 9000), strings.Repeat("c d ", 9000)); len(old) != 1 || !old[0].Changed || len(now) != 1 {
		t.Errorf("two long lines: %d and %d pieces", len(old), len(now))
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	rows := func(from, to string) (out []string) {
		for _, r := range Rows(CompareText(from, to)) {
			side := func(s *RowSide) string {
				if s == nil {
					return "-"
				}
				return fmt.Sprintf("%d %s", s.Number, marked(s.Pieces))
			}
			out = append(out, side(r.Old)+" | "+side(r.New))
		}
		return out
	}
	got := rows("head\nthe quick fox\nthe lazy dog\ntail\n", "head\nsomething else entirely\nthe quick brown fox\ntail\nmore\n")
	want := []string{"1 head | 1 head", "- | 2 [something else entirely]", "2 the quick fox | 3 the quick [brown ]fox", "3 [the lazy dog] | -", "4 tail | 4 tail", "- | 5 [more]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestRowsHoldBothTexts: read down either side, rows are the text, whatever changed.
func TestRowsHoldBothTexts(t *testing.T) {
	t.Parallel()
	line := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", " ", ".", "word", "é", "<p>"}), 0, 6)
	text := rapid.Custom(func(t *rapid.T) string {
		var lines []string
		for _, l := range rapid.SliceOfN(line, 0, 8).Draw(t, "lines") {
			lines = append(lines, strings.Join(l, ""))
		}
		return strings.Join(lines, "\n") + "\n"
	})
	rapid.Check(t, func(t *rapid.T) {
		from, to := text.Draw(t, "from"), text.Draw(t, "to")
		read := func(side func(Row) *RowSide) string {
			var out []string
			for _, r := range Rows(CompareText(from, to)) {
				if s := side(r); s != nil {
					text := ""
					for _, p := range s.Pieces {
						text += p.Text
					}
					if out = append(out, text); s.Number != len(out) {
						t.Fatalf("line %d stands at %d", s.Number, len(out))
					}
				}
			}
			return strings.Join(out, "\n") + "\n"
		}
		if got := read(func(r Row) *RowSide { return r.Old }); got != from {
			t.Fatalf("old side: %q, want %q", got, from)
		}
		if got := read(func(r Row) *RowSide { return r.New }); got != to {
			t.Fatalf("new side: %q, want %q", got, to)
		}
	})
}
