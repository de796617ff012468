package olx

import (
	"fmt"
	"strings"

	"lyceum/course"
)

// show is a block that a conditional shows by reference.
type show struct {
	in   *course.Block
	elem *element
	ref  ref
}

// shown lists the blocks a <show sources="KEY; KEY"/> refers to.
func (b *branch) shown(blk *course.Block, e *element) {
	for key := range strings.SplitSeq(e.text("sources"), ";") {
		key = strings.TrimSpace(key)
		kind, id := lastPart(key)
		if kind == "" {
			parts := strings.Split(key, "/")
			if len(parts) < 2 {
				continue
			}
			kind, id = parts[len(parts)-2], cleanID(parts[len(parts)-1])
		}
		b.shows = append(b.shows, show{blk, e, ref{kind, id}})
	}
}

// showBlocks makes the blocks that nothing but a conditional refers to its children, once all others are known.
func (b *branch) showBlocks() {
	for _, s := range b.shows {
		b.refs[s.ref]++
		if b.blocks[s.ref] != nil {
			continue
		}
		file := s.ref.kind + "/" + pathOf(s.ref.id) + ".xml"
		drafted := b.draft && (b.r.exists("drafts/"+file) || b.r.published.blocks[s.ref] != nil)
		if !b.r.exists(file) && !drafted {
			kind := DanglingReference
			if fileOnly(s.ref.kind) {
				kind = MissingFile
			}
			b.r.note(Defect{Kind: kind, File: s.ref.kind + "/" + s.ref.id + ".xml", Block: s.ref.String(), Detail: fmt.Sprintf("referenced by %s, %s line %d", refOf(s.in), s.elem.doc.file, s.elem.line())})
			continue
		}
		b.refs[s.ref]--
		if blk, ok := b.pointer(&element{doc: s.elem.doc, name: s.ref.kind, start: s.elem.start}, s.ref.id, s.in); ok && blk != nil {
			s.in.Children = append(s.in.Children, blk)
		}
	}
}
