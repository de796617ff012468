package draft

import (
	"fmt"
	"slices"
	"strings"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Duplicate copies a block with everything below it, under new ids. Without a parent the copy stands right behind the block.
type Duplicate struct {
	Block  course.UsageKey
	Parent course.UsageKey // zero for the block's own
	Name   string          // of the copy; "" makes "Duplicate of 'X'"
}

func (d Duplicate) touches() []touch { return []touch{{block: d.Block, aspect: presence}} }

func (d Duplicate) words(b Branches) string { return "Duplicate " + title(b.Draft, d.Block) }

func (d Duplicate) apply(w *work) error {
	if p := w.Draft.Page(d.Block.Type, d.Block.ID); p != nil {
		return w.duplicatePage(p, d.Name)
	}
	way, err := w.must(d.Block)
	if err != nil {
		return err
	}
	if way.above() == nil {
		return fault.Invalidf("the course itself cannot be duplicated")
	}
	b := copyOf(way.last(), w.Draft.Key, w.Draft.Key)
	b.Fields["display_name"] = duplicateName(way.last(), d.Name)
	w.done.Made = append(w.done.Made, nameOf(b).in(w.Draft.Key))
	if above := nameOf(way.above()); d.Parent.IsZero() || above == (name{d.Parent.Type, d.Parent.ID}) {
		w.place(above.in(w.Draft.Key), slices.Index(way.above().Children, way.last())+1, b) // what stands in an odd place may have a copy there
		return nil
	}
	return w.add(d.Parent, -1, b)
}

func (w *work) duplicatePage(p *course.Block, as string) error {
	b := copyOf(p, w.Draft.Key, w.Draft.Key)
	b.Fields["display_name"] = duplicateName(p, as)
	w.done.Made = append(w.done.Made, nameOf(b).in(w.Draft.Key))
	w.pages(func(pages []*course.Block) []*course.Block { return append(slices.Clip(pages), b) })
	if b.Type != "static_tab" {
		return nil
	}
	return w.tabs(func(list []tab) []tab { return append(list, newTab(b)) })
}

func duplicateName(b *course.Block, given string) course.Value {
	if given != "" {
		return course.Text(given)
	}
	if s, ok := b.Fields["display_name"].Text(); ok && s != "" {
		return course.Text(fmt.Sprintf("Duplicate of '%s'", s))
	}
	return course.Text("Duplicate of " + b.Type)
}

// Paste copies a block from a course, most often another one, under new ids: what the other course's draft holds, or what a version
// of it held. Links to the other course's files become links to files of the same names here; [Done].Files lists them. Those that are
// missing here come along.
type Paste struct {
	From    course.UsageKey
	Version course.VersionID // "" for the draft in force
	Files   string           // with a version, the list of files the course had then
	Parent  course.UsageKey
	At      int // the place among the parent's children, counted from 1; 0 is the end
}

func (p Paste) touches() []touch { return []touch{{block: p.Parent, aspect: presence}} }

func (p Paste) words(Branches) string {
	return "Paste " + Called(p.From.Type) + " from " + p.From.Course.String()
}

func (p Paste) apply(w *work) error {
	from := p.From.Course.Bare()
	if err := w.by.May(from); err != nil {
		return err
	}
	c, files, err := w.other(from, p)
	if err != nil {
		return err
	}
	source := Block(c, p.From)
	if source == nil || source == c.Root {
		return fault.NotFoundf("block %s is not there to be copied", p.From).Say("draft.gone")
	}
	b := copyOf(source, from, w.Draft.Key)
	if from != w.Draft.Key {
		w.done.Files = append(w.done.Files, filesOf(b)...)
		slices.Sort(w.done.Files)
		w.done.Files = slices.Compact(w.done.Files)
	}
	w.done.Made = append(w.done.Made, nameOf(b).in(w.Draft.Key))
	if err := w.add(p.Parent, p.At-1, b); err != nil {
		return err
	}
	prefix, _ := c.Root.Fields["static_asset_path"].Text()
	return w.bring(b, files, prefix, from != w.Draft.Key)
}

// other reads what is pasted from: the draft of a course with its files, or a version of it.
func (w *work) other(key course.Key, p Paste) (*course.Content, string, error) {
	if p.Version == "" && key == w.Draft.Key {
		return w.Draft, w.Files, nil
	}
	version, files := p.Version, p.Files
	if version == "" {
		head, err := w.editor.Courses.Head(w.ctx, key)
		if err != nil {
			return nil, "", err
		}
		version, files = head.Draft, head.Files
	}
	c, err := w.editor.at(w.ctx, key, version)
	return c, files, err
}

// copyOf copies a block and everything below it under new ids. What the copied blocks say of each other speaks of the copies, and
// links into the course they come from are made to hold in the course they go to.
func copyOf(b *course.Block, from, to course.Key) *course.Block {
	out := b.Clone()
	var renamed []string
	ids, ofLibrary := map[string]string{}, map[string]string{}
	fromLibrary := map[*course.Block]string{} // copies of a library's blocks: what holds each
	out.Walk(func(x *course.Block) bool {
		id := newID()
		if parent, ok := fromLibrary[x]; ok { // the next update from the library knows it by its id
			u, _ := CopiedFrom(x)
			id = derivedID(u.Course, u.ID, parent)
			ofLibrary[x.ID] = id
		}
		for _, child := range x.Children {
			if _, isCopy := CopiedFrom(child); isCopy && (x.Type == "library_content" || fromLibrary[x] != "") {
				fromLibrary[child] = id
			}
		}
		renamed = append(renamed, from.Usage(x.Type, x.ID).String(), to.Usage(x.Type, id).String())
		if old := from.Usage(x.Type, x.ID); from.Form != course.FormSlashes {
			old.Course = course.Key{Org: from.Org, Number: from.Number, Form: course.FormSlashes}
			renamed = append(renamed, old.String(), to.Usage(x.Type, id).String())
		}
		ids[x.ID], x.ID = id, id
		return true
	})
	keys := newReferences(renamed)
	text := func(s string) string {
		if from != to {
			s = portable(jumps(s, ids), from, to)
		} else { // inside one course such links go on to the originals, but from one copy of a library's blocks to another
			s = jumps(s, ofLibrary)
		}
		return keys.text(s)
	}
	out.Walk(func(x *course.Block) bool {
		if x.Fields == nil {
			x.Fields = course.Fields{}
		}
		for n, v := range x.Fields {
			x.Fields[n] = course.Value(text(string(v)))
		}
		for n, v := range x.Attrs {
			x.Attrs[n] = text(v)
		}
		if body := text(string(x.Body)); body != string(x.Body) {
			x.Body = []byte(body)
		}
		if x.Type == "discussion" && x.Fields["discussion_id"].IsSet() { // two topics, not one shown twice
			x.Fields["discussion_id"] = course.Text(newID())
		}
		return true
	})
	return out
}

// references turns keys of blocks into other keys, wherever a whole key stands in a text.
type references struct{ to map[string]string }

func newReferences(pairs []string) references {
	r := references{map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.to[pairs[i]] = pairs[i+1]
	}
	return r
}

func (r references) text(s string) string {
	if !strings.Contains(s, "block-v1:") && !strings.Contains(s, "i4x:/") {
		return s
	}
	return usagePattern.ReplaceAllStringFunc(s, func(u string) string {
		if to, ok := r.to[u]; ok {
			return to
		}
		return u
	})
}
