package draft

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lyceum/course"
)

// Piece is a stretch of a text. Changed says that the text it is compared with has something else there, or nothing.
type Piece struct {
	Text    string
	Changed bool
}

// Row is a line of two texts side by side. Old or New is nil where that text has no such line.
type Row struct{ Old, New *RowSide }

// RowSide is a line of one of the texts.
type RowSide struct {
	Number int // counted from 1
	Pieces []Piece
}

// Same reports whether both texts have the line as it is.
func (r Row) Same() bool {
	changed := func(p Piece) bool { return p.Changed }
	return r.Old != nil && r.New != nil && !slices.ContainsFunc(r.Old.Pieces, changed) && !slices.ContainsFunc(r.New.Pieces, changed)
}

// Bounds of the work of comparing words. What is larger is marked as changed in one piece.
const (
	mostCompared  = 1 << 18 // bytes of two texts together, without what both begin and end with
	mostWords     = 4000    // of them
	mostWordEdits = 400
	mostPairs     = 2500 // of lines of one place
	similarEnough = 0.4  // of the words of two lines, to show them as one line that changed
	lineEnds      = 1600 // bytes of each end of a long line that tell whether it is like another
)

// CompareWords marks what differs between two texts, word by word.
func CompareWords(from, to string) (old, now []Piece) {
	head, tail := alike(from, to)
	old, now = []Piece{{Text: from[:head]}}, []Piece{{Text: to[:head]}}
	mid, with := from[head:len(from)-tail], to[head:len(to)-tail]
	var a, b []string
	if len(mid)+len(with) <= mostCompared {
		a, b = splitWords(mid), splitWords(with)
	}
	if len(a)+len(b) == 0 || len(a)+len(b) > mostWords {
		a, b = []string{mid}, []string{with}
	}
	for _, w := range script(a, b, mostWordEdits) {
		if w.Old > 0 {
			old = append(old, Piece{w.Text, w.New == 0})
		}
		if w.New > 0 {
			now = append(now, Piece{w.Text, w.Old == 0})
		}
	}
	end := Piece{Text: from[len(from)-tail:]}
	return joined(append(old, end)), joined(append(now, end))
}

// alike counts the bytes two texts begin and end with alike, in whole words and whole stretches of space.
func alike(a, b string) (head, tail int) {
	most := min(len(a), len(b))
	for head < most && a[head] == b[head] {
		head++
	}
	for head > 0 && ties(a[head-1]) {
		head--
	}
	for tail < most-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for tail > 0 && ties(a[len(a)-tail]) {
		tail--
	}
	return head, tail
}

// ties reports whether a byte may belong to a word, a stretch of space or a character with others beside it.
func ties(c byte) bool {
	return c >= utf8.RuneSelf || c == '_' || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) || unicode.IsSpace(rune(c))
}

// commonEnds counts what two lists begin and end with alike.
func commonEnds(a, b []string) (head, tail int) {
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return head, tail
}

// splitWords cuts a text into words, stretches of space, and other characters one by one.
func splitWords(s string) []string {
	kind := func(r rune) int {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_':
			return 1
		case unicode.IsSpace(r):
			return 2
		default:
			return 0
		}
	}
	var out []string
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		for k := kind(r); k != 0 && n < len(s); {
			next, size := utf8.DecodeRuneInString(s[n:])
			if kind(next) != k {
				break
			}
			n += size
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// joined puts together what is marked alike. Space between two changes belongs to them: one mark reads better than many.
func joined(list []Piece) []Piece {
	var out []Piece
	for i, p := range list {
		if p.Text == "" {
			continue
		}
		last := len(out) - 1
		if !p.Changed && strings.TrimSpace(p.Text) == "" && last >= 0 && out[last].Changed && i+1 < len(list) && list[i+1].Changed {
			p.Changed = true
		}
		if last >= 0 && out[last].Changed == p.Changed {
			out[last].Text += p.Text
		} else {
			out = append(out, p)
		}
	}
	return out
}

// Rows puts the lines of [CompareText] side by side. A line that changed stands beside what it became, with its words marked; lines that have
// nothing to do with each other stand in rows of their own.
func Rows(lines []Line) []Row {
	var out []Row
	for i := 0; i < len(lines); {
		if l := lines[i]; l.Old > 0 && l.New > 0 {
			out = append(out, Row{plainSide(l.Old, l.Text), plainSide(l.New, l.Text)})
			i++
			continue
		}
		var gone, came []Line
		for ; i < len(lines) && (lines[i].Old == 0 || lines[i].New == 0); i++ {
			if lines[i].Old > 0 {
				gone = append(gone, lines[i])
			} else {
				came = append(came, lines[i])
			}
		}
		out = append(out, beside(gone, came)...)
	}
	return out
}

func plainSide(number int, text string) *RowSide { return &RowSide{number, []Piece{{Text: text}}} }

// beside pairs the lines that went from one place with those that came there, in order, so that as much as can be stays the same.
func beside(gone, came []Line) []Row {
	var out []Row
	alone := func(l Line) {
		side := &RowSide{max(l.Old, l.New), []Piece{{l.Text, true}}}
		if l.Old > 0 {
			out = append(out, Row{Old: side})
		} else {
			out = append(out, Row{New: side})
		}
	}
	i, j := 0, 0
	for _, p := range pairs(gone, came) {
		for ; i < p[0]; i++ {
			alone(gone[i])
		}
		for ; j < p[1]; j++ {
			alone(came[j])
		}
		old, now := CompareWords(gone[i].Text, came[j].Text)
		out = append(out, Row{&RowSide{gone[i].Old, old}, &RowSide{came[j].New, now}})
		i, j = i+1, j+1
	}
	for ; i < len(gone); i++ {
		alone(gone[i])
	}
	for ; j < len(came); j++ {
		alone(came[j])
	}
	return out
}

// pairs finds, in rising order, the pairs of lines that are most alike together.
func pairs(gone, came []Line) [][2]int {
	if len(gone)*len(came) > mostPairs {
		return nil
	}
	words := func(list []Line) []map[string]int {
		out := make([]map[string]int, len(list))
		for i, l := range list {
			out[i] = counted(l.Text)
		}
		return out
	}
	a, b := words(gone), words(came)
	best := make([][]float64, len(a)+1) // of the first i and the first j
	for i := range best {
		best[i] = make([]float64, len(b)+1)
	}
	value := func(i, j int) float64 {
		if s := similarity(a[i-1], b[j-1]); s >= similarEnough {
			return s
		}
		return -1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			best[i][j] = max(best[i-1][j], best[i][j-1])
			if s := value(i, j); s >= 0 {
				best[i][j] = max(best[i][j], best[i-1][j-1]+s)
			}
		}
	}
	var out [][2]int
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch best[i][j] {
		case best[i-1][j]:
			i--
		case best[i][j-1]:
			j--
		default:
			out = append(out, [2]int{i - 1, j - 1})
			i, j = i-1, j-1
		}
	}
	slices.Reverse(out)
	return out
}

// counted is how often each word stands in a line; of a very long one in its beginning and its end.
func counted(text string) map[string]int {
	if len(text) > 2*lineEnds {
		text = text[:lineEnds] + text[len(text)-lineEnds:]
	}
	out := map[string]int{}
	for _, w := range splitWords(text) {
		if strings.TrimSpace(w) != "" {
			out[w]++
		}
	}
	return out
}

// similarity is which part of the words two lines have in common, 0 to 1.
func similarity(a, b map[string]int) float64 {
	common, all := 0, 0
	for w, n := range a {
		common += min(n, b[w])
		all += n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 0
	}
	return 2 * float64(common) / float64(all)
}

// CompareOrder lists the names of the blocks that stand in a block before and after, in the manner of [CompareText]: what stands elsewhere now
// is there twice.
func CompareOrder(from, to []*course.Block) []Line {
	called := map[string]string{}
	keys := func(list []*course.Block) []string {
		out := make([]string, len(list))
		for i, b := range list {
			out[i] = b.Type + " " + b.ID
			if called[out[i]] = nameText(b); called[out[i]] == "" {
				called[out[i]] = b.ID
			}
		}
		return out
	}
	a, b := keys(from), keys(to)
	out := script(a, b, maxEdits)
	for i := range out {
		out[i].Text = called[out[i].Text]
	}
	return out
}
