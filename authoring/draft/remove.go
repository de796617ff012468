package draft

import (
	"lyceum/course"
	"lyceum/internal/fault"
)

// Delete removes a block with everything below it. Sections, subsections, units and pages go for learners at once, with the tab of
// a static page; a component goes with the next publish of its unit. Every version before keeps it, see [Editor.Restore].
type Delete struct{ Block course.UsageKey }

func (d Delete) touches() []touch { return []touch{{block: d.Block, aspect: everything}} }

func (d Delete) words(b Branches) string { return "Delete " + title(b.Draft, d.Block) }

func (d Delete) apply(w *work) error {
	if w.Draft.Page(d.Block.Type, d.Block.ID) != nil {
		w.pages(func(pages []*course.Block) []*course.Block { return withoutPage(pages, d.Block) })
		if d.Block.Type == "static_tab" {
			return w.tabs(func(list []tab) []tab { return withoutTab(list, d.Block.ID) })
		}
		return nil
	}
	way, err := w.must(d.Block)
	if err != nil {
		return err
	}
	if way.above() == nil {
		return fault.Invalidf("the course itself is no block that can be deleted")
	}
	w.Draft = put(w.Draft, way, nil)
	if direct[d.Block.Type] || way.isUnit() {
		if w.Published != nil {
			w.Published = remove(w.Published, d.Block)
		}
	}
	return nil
}
