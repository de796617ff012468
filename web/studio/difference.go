package studio

import (
	"cmp"
	"context"
	"unicode/utf8"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/course"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// What two versions say differently, side by side: words of settings and texts, the order of blocks, files.

// differenceProps is what two versions say differently.
type differenceProps struct {
	framed
	Name    string
	History string
	Action  string
	Seen    string
	New     versionProps
	Blocks  []differentBlock
	More    int // blocks not shown
	Files   []differentFile
}

type differentBlock struct {
	Name, Kind string
	What       []string
	Moved      string // from where to where
	Fields     []differentField
	Order      []differentRow
	Text       []differentRow
}

type differentField struct {
	Name           string
	OldSet, NewSet bool
	Old, New       []draft.Piece
}

// differentRow is one line of a text side by side, or a stretch that is the same and not shown.
type differentRow struct {
	Old, New *draft.RowSide
	Same     bool
	Skipped  int
}

// differentFile is a file that two versions have differently.
type differentFile struct {
	Name, Title string
	What        string
	Old, New    *fileState
}

// fileState is a file as one version has it.
type fileState struct {
	Size     string
	Uploaded ui.TimeProps
	Locked   bool
}

// Bounds of one page of differences.
const (
	mostDifferent = 200     // blocks
	mostShown     = 2 << 20 // bytes, after which no other block is begun, and no other row of a text
	mostRows      = 2000    // of one text
	rowsAround    = 3
	mostSame      = 600     // bytes of a stretch that is the same; of a longer one both ends are shown
	mostMarked    = 100_000 // bytes of a stretch that is not
)

func newDifferent(ctx context.Context, d draft.Difference, was, now *course.Content) differentBlock {
	out := differentBlock{Name: cmp.Or(d.Name, d.Block.ID), Kind: kindWord(ctx, d.Block.Type)}
	for _, what := range []struct {
		word string
		is   bool
	}{{"added", d.Added}, {"removed", d.Removed}, {"moved", !d.To.IsZero()}, {"reordered", d.Reordered}} {
		if what.is {
			out.What = append(out.What, i18n.T(ctx, "studio.unit.was_"+what.word))
		}
	}
	if !d.To.IsZero() {
		from, to := draft.Block(was, d.From), draft.Block(now, d.To)
		if from != nil && to != nil {
			out.Moved = i18n.T(ctx, "studio.history.moved_from", nameOf(from), nameOf(to))
		}
	}
	for _, f := range d.Fields {
		field := differentField{Name: labelOf(ctx, d.Block.Type, course.Field{Name: f.Name}), OldSet: f.Old.IsSet(), NewSet: f.New.IsSet()}
		field.Old, field.New = draft.CompareWords(valueWords(f.Old), valueWords(f.New))
		for _, side := range [][]draft.Piece{field.Old, field.New} {
			shorten(side)
		}
		out.Fields = append(out.Fields, field)
	}
	if d.Order != nil {
		out.Order = shortened(draft.Rows(d.Order))
	}
	if d.Text {
		out.Text = shortened(draft.Rows(d.Lines()))
	}
	return out
}

// size is about how many bytes of a page a block takes.
func (d differentBlock) size() int {
	n := 0
	add := func(pieces []draft.Piece) {
		for _, p := range pieces {
			n += len(p.Text)
		}
	}
	for _, f := range d.Fields {
		add(f.Old)
		add(f.New)
	}
	for _, rows := range [][]differentRow{d.Order, d.Text} {
		for _, r := range rows {
			n += r.size()
		}
	}
	return n
}

func (r differentRow) size() int {
	n := 100 // its marks and numbers
	for _, side := range []*draft.RowSide{r.Old, r.New} {
		if side != nil {
			for _, p := range side.Pieces {
				n += len(p.Text)
			}
		}
	}
	return n
}

// valueWords is a value as people read it: a text plainly, anything else as JSON, nothing where it is not set.
func valueWords(v course.Value) string {
	if text, ok := v.Text(); ok {
		return text
	}
	return string(v)
}

// shortened leaves out what is the same, but for a few lines around what is not.
func shortened(rows []draft.Row) []differentRow {
	near := make([]bool, len(rows))
	for i, r := range rows {
		if !r.Same() {
			for j := max(0, i-rowsAround); j <= min(len(rows)-1, i+rowsAround); j++ {
				near[j] = true
			}
		}
	}
	var out []differentRow
	size := 0
	for i, r := range rows {
		switch {
		case near[i] && len(out) < mostRows && size < mostShown:
			for _, side := range []*draft.RowSide{r.Old, r.New} {
				if side != nil {
					shorten(side.Pieces)
				}
			}
			one := differentRow{Old: r.Old, New: r.New, Same: r.Same()}
			out, size = append(out, one), size+one.size()
		case len(out) > 0 && out[len(out)-1].Skipped > 0:
			out[len(out)-1].Skipped++
		default:
			out = append(out, differentRow{Skipped: 1})
		}
	}
	return out
}

// shorten takes the middle out of stretches nobody reads: texts of whole pages may stand on one line.
func shorten(pieces []draft.Piece) {
	for i, p := range pieces {
		most := mostSame
		if p.Changed {
			most = mostMarked
		}
		if len(p.Text) <= most {
			continue
		}
		head, tail := most/2, len(p.Text)-most/2
		for head > 0 && !utf8.RuneStart(p.Text[head]) {
			head--
		}
		for tail < len(p.Text) && !utf8.RuneStart(p.Text[tail]) {
			tail++
		}
		pieces[i].Text = p.Text[:head] + " … " + p.Text[tail:]
	}
}

// changedFiles lists the files two versions have differently; in the history of a block those that it names in either. before is "" for the
// first version.
func (s *Server) changedFiles(ctx context.Context, at historyPlace, before, version course.VersionID, was, now *course.Content) ([]files.Difference, error) {
	var old map[string]course.File
	var err error
	if before != "" {
		if old, err = s.Files.At(ctx, at.by, at.key, before); err != nil {
			return nil, err
		}
	}
	fresh, err := s.Files.At(ctx, at.by, at.key, version)
	if err != nil {
		return nil, err
	}
	all := files.Compare(old, fresh)
	if at.block.IsZero() || len(all) == 0 {
		return all, nil
	}
	named, also := files.Named(was, at.of(was)), files.Named(now, at.of(now))
	var out []files.Difference
	for _, d := range all {
		if named[d.Name] || also[d.Name] {
			out = append(out, d)
		}
	}
	return out, nil
}

func newDifferentFile(ctx context.Context, d files.Difference) differentFile {
	out := differentFile{Name: d.Name, Old: newFileState(ctx, d.Old), New: newFileState(ctx, d.New)}
	switch {
	case d.Old == nil:
		out.Title, out.What = d.New.DisplayName, i18n.T(ctx, "studio.unit.was_added")
	case d.New == nil:
		out.Title, out.What = d.Old.DisplayName, i18n.T(ctx, "studio.unit.was_removed")
	default:
		out.Title, out.What = d.New.DisplayName, i18n.T(ctx, "studio.history.replaced")
		if d.Old.Digest == d.New.Digest {
			out.What = i18n.T(ctx, "studio.history.file_settings")
		}
	}
	return out
}

func newFileState(ctx context.Context, f *course.File) *fileState {
	if f == nil {
		return nil
	}
	out := &fileState{Size: size(ctx, f.Size), Locked: f.Locked}
	if !f.Uploaded.IsZero() {
		out.Uploaded = ui.TimeProps{At: f.Uploaded}
	}
	return out
}

// fileInfo is a file that differs as programs read it.
type fileInfo struct {
	Name string `json:"name"` // normalized
	Old  string `json:"old"`  // digest, "" where it is not there
	New  string `json:"new"`
}

func filesInfo(list []files.Difference) []fileInfo {
	out := []fileInfo{}
	for _, d := range list {
		one := fileInfo{Name: d.Name}
		if d.Old != nil {
			one.Old = d.Old.Digest
		}
		if d.New != nil {
			one.New = d.New.Digest
		}
		out = append(out, one)
	}
	return out
}
