package olx

import (
	"slices"
	"strconv"

	"lyceum/course"
)

// drafts writes what the draft has otherwise than the published tree. As other tools do, the top block of each changed
// part becomes a file under drafts/ that says its place; what only differs below the course element itself, which no
// other tool keeps as a draft, goes to drafts/course.
func (w *exporter) drafts() {
	draft := w.c.Draft
	root := draft.Root
	published := w.published
	if w.key.Form == course.FormLibrary {
		if !sameTree(root, published.Root) {
			w.leaveOut("library.xml", "", "the format has no drafts of libraries: the published form is written")
		}
		return
	}
	switch {
	case !sameOwn(root, published.Root) || !w.onlyInserted(root, published.Root):
		w.draftTree(root, nil)
		w.policies(draft, "drafts/")
	default:
		w.draftsBelow(root)
		if draft.Grading != published.Grading {
			w.policies(draft, "drafts/")
		}
	}
	w.draftPages(draft.Pages)
}

// draftsBelow writes the changed blocks below d, which itself is as published.
func (w *exporter) draftsBelow(d *course.Block) {
	for i, c := range d.Children {
		was := w.blocks[refOf(c)]
		if was == nil || !w.unchanged(c, was) {
			w.draftTree(c, w.place(d, i))
			continue
		}
		w.draftsBelow(c)
	}
}

// unchanged reports whether a draft block needs no file: its own settings and what is written inside it are as
// published, and its children are the published ones in order, new ones between them apart.
func (w *exporter) unchanged(d, p *course.Block) bool {
	return sameOwn(d, p) && w.onlyInserted(d, p)
}

// onlyInserted reports whether the draft's children are the published ones in order with new ones between them, all of
// which can be written to files that say their place.
func (w *exporter) onlyInserted(d, p *course.Block) bool {
	kept := make([]*course.Block, 0, len(p.Children))
	for _, c := range d.Children {
		was := w.blocks[refOf(c)]
		switch {
		case was == nil && !w.placeable(c):
			return false
		case was == nil:
			continue
		case !w.placeable(c) && !sameTree(c, was), c.Form != was.Form, w.hasFile(c) != w.hasFile(was):
			return false
		}
		kept = append(kept, c)
	}
	return slices.EqualFunc(kept, p.Children, func(x, y *course.Block) bool { return refOf(x) == refOf(y) })
}

// placeable reports whether a block's file can carry the attributes of its place.
func (w *exporter) placeable(b *course.Block) bool {
	return w.hasFile(b) && (b.Form == "" || b.Form == FormGroups) && (course.Containers[b.Type] || wellFormed(b))
}

func (w *exporter) place(parent *course.Block, index int) map[string]string {
	return map[string]string{
		"parent_url": w.key.Usage(parent.Type, parent.ID).String(), "index_in_children_list": strconv.Itoa(index),
	}
}

// draftTree writes a block and what is below it under drafts/; blocks that are as published are only pointed to.
func (w *exporter) draftTree(b *course.Block, place map[string]string) {
	w.definition(b, "drafts/", place)
	for _, c := range b.Children {
		w.draftChild(c)
	}
}

func (w *exporter) draftChild(c *course.Block) {
	if was := w.blocks[refOf(c)]; was != nil && sameTree(c, was) && w.hasFile(was) {
		return
	}
	if w.hasFile(c) {
		w.draftTree(c, nil)
		return
	}
	for _, cc := range c.Children {
		w.draftChild(cc)
	}
}

// draftPages writes the draft's pages where they differ, and a list of them all.
func (w *exporter) draftPages(pages []*course.Block) {
	if slices.EqualFunc(pages, w.published.Pages, sameTree) {
		return
	}
	var changed []*course.Block
	list := make([]string, 0, len(pages))
	for _, p := range pages {
		list = append(list, refOf(p).String())
		was := w.published.Page(p.Type, p.ID)
		if was == nil || !sameTree(p, was) {
			changed = append(changed, p)
		}
	}
	w.pages(changed, "drafts/")
	w.files[draftPagesFile] = indentJSON(course.JSON(list))
}
