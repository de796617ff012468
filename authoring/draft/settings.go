package draft

import (
	"maps"
	"slices"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Settings changes some settings of one block, most often of the course itself. Unlike [Update] it relies on those it names only: what
// somebody else did to other settings of the block meanwhile is no lost race.
type Settings struct {
	Block course.UsageKey
	Set   course.Fields // an explicit null is a value
	Unset []string
}

func (s Settings) touches() []touch {
	var out []touch
	for _, name := range slices.Sorted(maps.Keys(s.Set)) {
		out = append(out, touch{block: s.Block, aspect: setting, field: name})
	}
	for _, name := range s.Unset {
		out = append(out, touch{block: s.Block, aspect: setting, field: name})
	}
	return out
}

func (s Settings) words(b Branches) string { return "Edit " + title(b.Draft, s.Block) }

func (s Settings) apply(w *work) error {
	if err := w.editor.checkFields(s.Block.Type, s.Set); err != nil {
		return err
	}
	return w.update(s.Block, Update{Set: s.Set, Unset: s.Unset}.record)
}

// WritePage gives a page beside the tree (about, course_info, static_tab) its text and settings, and makes it where there is none; a new
// static page gets an entry at the end of the course's tabs. It reaches learners at once.
type WritePage struct {
	Page  course.UsageKey
	Body  *[]byte // nil leaves it
	Set   course.Fields
	Unset []string
}

func (p WritePage) touches() []touch { return []touch{{block: p.Page, aspect: page}} }

func (p WritePage) words(b Branches) string { return "Edit " + title(b.Draft, p.Page) }

func (p WritePage) apply(w *work) error {
	if !pageTypes[p.Page.Type] {
		return fault.Invalidf("%s is no page beside the tree", p.Page)
	}
	if w.Draft.Page(p.Page.Type, p.Page.ID) != nil {
		u := Update{Block: p.Page, Set: p.Set, Unset: p.Unset, Body: p.Body}
		if !u.changesRecord() {
			return nil
		}
		return u.apply(w)
	}
	c := Create{Type: p.Page.Type, ID: p.Page.ID, Set: p.Set}
	if p.Body != nil {
		c.Body = *p.Body
	}
	return c.apply(w)
}
