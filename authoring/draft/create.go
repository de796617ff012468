package draft

import (
	"slices"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Create makes a block. A page (about, static_tab, course_info) stands beside the tree and has no parent; a static page gets an entry
// at the end of the course's tabs. Sections, subsections and pages are there for learners at once, everything else with the next
// publish.
type Create struct {
	Parent course.UsageKey
	Type   string
	ID     string // "" makes one
	Name   string // display name, "" leaves it unset
	// Set and Body come from the template.
	Set  course.Fields
	Body []byte
	// At is the place among the parent's children, counted from 1; 0 is the end.
	At int
}

func (c Create) touches() []touch {
	if pageTypes[c.Type] {
		return nil
	}
	return []touch{{block: c.Parent, aspect: presence}}
}

func (c Create) words(Branches) string {
	if c.Name == "" {
		return "Add " + Called(c.Type)
	}
	return "Add " + Called(c.Type) + " " + string(course.Text(c.Name))
}

func (c Create) apply(w *work) error {
	b, err := c.block(w)
	if err != nil {
		return err
	}
	u := nameOf(b).in(w.Draft.Key)
	if Block(w.Draft, u) != nil || Block(w.Published, u) != nil {
		return fault.Conflictf("block %s exists", u).Say("draft.exists")
	}
	w.done.Made = append(w.done.Made, u)
	if pageTypes[c.Type] {
		w.pages(func(pages []*course.Block) []*course.Block { return append(slices.Clip(pages), b) })
		if c.Type == "static_tab" {
			return w.tabs(func(list []tab) []tab { return append(list, newTab(b)) })
		}
		return nil
	}
	return w.add(c.Parent, c.At-1, b)
}

func (c Create) block(w *work) (*course.Block, error) {
	if _, ok := w.editor.Schemas[c.Type]; !ok && !course.Containers[c.Type] && !pageTypes[c.Type] || c.Type == "course" || c.Type == "library" {
		return nil, fault.Invalidf("no block can be made of type %q", c.Type).Say("draft.unknown_type")
	}
	if pageTypes[c.Type] && w.Draft.Key.Form == course.FormLibrary {
		return nil, fault.Invalidf("a library has no pages").Say("draft.misplaced", c.Type, "library")
	}
	if len(c.Body) > MaxBody {
		return nil, fault.TooLargef("text of %d bytes", len(c.Body)).Say("draft.too_long")
	}
	if err := w.editor.checkFields(c.Type, c.Set); err != nil {
		return nil, err
	}
	b := &course.Block{Type: c.Type, ID: c.ID, Fields: c.Set.Clone(), Body: c.Body}
	if b.ID == "" {
		b.ID = newID()
	}
	if _, err := course.ParseUsageKey(w.Draft.Key.Usage(b.Type, b.ID).String()); err != nil {
		return nil, fault.Invalidf("block id %q: %w", b.ID, err)
	}
	if c.Name != "" {
		if b.Fields == nil {
			b.Fields = course.Fields{}
		}
		b.Fields["display_name"] = course.Text(c.Name)
	}
	return b, nil
}

// add puts a new block below another: on the draft, and what has no draft for learners too. A place outside means the end.
func (w *work) add(parent course.UsageKey, at int, b *course.Block) error {
	way, err := w.must(parent)
	if err != nil {
		return err
	}
	if err := mayHold(way.last(), b.Type); err != nil {
		return err
	}
	w.place(parent, at, b)
	return nil
}

// place is add where it is known that the parent is there and may hold the block.
func (w *work) place(parent course.UsageKey, at int, b *course.Block) {
	w.Draft = insert(w.Draft, find(w.Draft, parent), at, b)
	if old := find(w.Published, parent); direct[b.Type] && old != nil {
		w.Published = insertAs(w.Published, old, bareOf(b), find(w.Draft, parent).last())
	}
}

// bareOf is what learners get at once of a new section or subsection: everything but the units in it.
func bareOf(b *course.Block) *course.Block {
	c := skeleton(&course.Content{Root: b})
	return c.Root
}
