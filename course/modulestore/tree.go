package modulestore

import (
	"crypto/sha256"
	"encoding/binary"

	"lyceum/course"
)

// kind says what a document holds.
type kind string

const (
	courseKind     kind = "course"     // the course block, and where sections, pages and extra files are
	sectionKind    kind = "section"    // a child of the course block, and where its children are
	subsectionKind kind = "subsection" // a grandchild with everything below it
	pagesKind      kind = "pages"      // blocks outside the tree
	extraKind      kind = "extra"      // grading policy and further files
	definitionKind kind = "definition" // the record of one large block
	partKind       kind = "part"       // a stretch of a definition too long for one document
)

// Sizes: a record above inline gets a definition document of its own, so that small changes beside it do not write it
// again; so does every record once the records of a document reach full, because MongoDB takes 16 MB a document.
var inline = map[kind]int{courseKind: 2 << 10, sectionKind: 4 << 10, subsectionKind: 16 << 10, pagesKind: 4 << 10, extraKind: 4 << 10}

const (
	full       = 4 << 20
	partLength = 8 << 20
)

// document is one immutable document. Its hash is that of kind and index; the index holds the hashes of everything
// else, so that damage is found where it is and no more is lost than one record.
type document struct {
	id    hash
	kind  kind
	index []byte
	data  []byte // the inline records one after the other
}

// part is a document in memory: a section or subsection, or the pages or extra files, and the documents below it.
type part struct {
	id      hash
	roots   []*course.Block
	below   []*part
	defs    []hash // definitions the document itself refers to
	size    int64  // memory, bytes, without below
	damaged bool
}

// The tags of index entries.
const (
	tagInline     = 'i' // length and hash of the record in data
	tagDefinition = 'd' // hash of the definition
	tagDocument   = 'o' // hash of the document that holds the block and all below it
	tagLost       = 'l' // hash of a record that was damaged when the block was moved on
)

// Damaged is the form of a block whose stored text fails its digest. Its body is empty; Attrs[Damaged] names what was
// lost. It shows a notice and is stored again as a reference to what was lost, never as content.
const Damaged = "damaged"

// encoder turns content into documents. What is in known was stored before and is neither encoded nor handed to put.
type encoder struct {
	known map[*course.Block]*part
	has   func(hash) bool // whether a document is stored, as far as is known without asking; may be nil
	put   func(document)
}

// tree encodes a block of level 0 (course), 1 or 2 with everything below it.
func (e *encoder) tree(k kind, b *course.Block) *part {
	if p, ok := e.known[b]; ok {
		return p
	}
	if tag, lost, ok := lostOf(b); ok && tag == tagDocument {
		return &part{id: lost, roots: []*course.Block{b}, damaged: true}
	}
	w := e.begin(k)
	w.block(b)
	return w.finish()
}

// list encodes blocks that stand side by side.
func (e *encoder) list(k kind, blocks []*course.Block) *part {
	w := e.begin(k)
	for _, b := range blocks {
		w.block(b)
	}
	return w.finish()
}

func (e *encoder) begin(k kind) *writer {
	return &writer{e: e, kind: k, index: []byte{format}, part: &part{}}
}

// writer builds one document.
type writer struct {
	e           *encoder
	kind        kind
	part        *part
	index, data []byte
	scratch     []byte
}

func (w *writer) block(b *course.Block) {
	w.part.roots = append(w.part.roots, b)
	w.entry(b)
}

func (w *writer) entry(b *course.Block) {
	w.record(b)
	if b.Children == nil {
		w.index = binary.AppendUvarint(w.index, 0)
		return
	}
	w.index = binary.AppendUvarint(w.index, uint64(len(b.Children))+1)
	for _, child := range b.Children {
		below, own := w.below(child)
		if !own {
			w.entry(child)
			continue
		}
		p := w.e.tree(below, child)
		w.part.below = append(w.part.below, p)
		w.index = append(w.index, tagDocument)
		w.index = append(w.index, p.id[:]...)
		w.index = appendString(w.index, child.Type)
		w.index = appendString(w.index, child.ID)
	}
}

// below says whether a child gets a document of its own: children and grandchildren of the course do, but for leaves.
func (w *writer) below(b *course.Block) (kind, bool) {
	tag, _, lost := lostOf(b)
	if len(b.Children) == 0 && !course.Containers[b.Type] && (!lost || tag != tagDocument) {
		return "", false
	}
	switch w.kind {
	case courseKind:
		return sectionKind, true
	case sectionKind:
		return subsectionKind, true
	default:
		return "", false
	}
}

func (w *writer) record(b *course.Block) {
	if tag, lost, ok := lostOf(b); ok {
		w.index = append(append(w.index, tag), lost[:]...)
		if tag == tagDefinition {
			w.part.defs = append(w.part.defs, lost)
		}
	} else {
		w.scratch = appendRecord(w.scratch[:0], b)
		w.part.size += int64(len(w.scratch)) + 600
		if len(w.scratch) <= inline[w.kind] && len(w.data)+len(w.scratch) <= full {
			sum := sha256.Sum256(w.scratch)
			w.index = binary.AppendUvarint(append(w.index, tagInline), uint64(len(w.scratch)))
			w.index = append(w.index, sum[:]...)
			w.data = append(w.data, w.scratch...)
		} else {
			id := w.e.definition(w.scratch)
			w.part.defs = append(w.part.defs, id)
			w.index = append(append(w.index, tagDefinition), id[:]...)
		}
	}
	w.index = appendString(w.index, b.Type)
	w.index = appendString(w.index, b.ID)
}

func (w *writer) finish() *part {
	d := document{kind: w.kind, index: w.index, data: w.data, id: idOf(w.kind, w.index)}
	w.part.id = d.id
	w.e.put(d)
	return w.part
}

func idOf(k kind, index []byte) hash {
	h := sha256.New()
	h.Write([]byte(k))
	h.Write([]byte{0})
	h.Write(index)
	return hash(h.Sum(nil))
}

// definition stores one record in a document of its own, or several when it is long. The index lists length and hash
// of each stretch; a single stretch is the document's data.
func (e *encoder) definition(record []byte) hash {
	index := []byte{format}
	var stretches [][]byte
	for rest := record; ; {
		n := min(len(rest), partLength)
		sum := sha256.Sum256(rest[:n])
		index = binary.AppendUvarint(index, uint64(n))
		index = append(index, sum[:]...)
		stretches = append(stretches, rest[:n])
		if rest = rest[n:]; len(rest) == 0 {
			break
		}
	}
	d := document{kind: definitionKind, index: index, id: idOf(definitionKind, index)}
	if e.has != nil && e.has(d.id) { // then its stretches are stored too
		return d.id
	}
	if len(stretches) == 1 {
		d.data = append([]byte(nil), record...)
	} else {
		for _, s := range stretches {
			e.put(document{kind: partKind, id: sha256.Sum256(s), data: append([]byte(nil), s...)})
		}
	}
	e.put(d)
	return d.id
}

// content encodes a course. The course document's index goes on after its tree: the hashes of pages and extra, and a
// byte that says which of them were nil.
func (e *encoder) content(c *course.Content, base *loaded) *part {
	pages, extra := base.same(c)
	if pages == nil {
		pages = e.list(pagesKind, c.Pages)
	}
	if extra == nil {
		extra = e.list(extraKind, extraBlocks(c))
	}
	w := e.begin(courseKind)
	w.block(c.Root)
	w.index = append(w.index, pages.id[:]...)
	w.index = append(w.index, extra.id[:]...)
	w.index = append(w.index, flag(c.Pages == nil)|flag(c.Extra == nil)<<1)
	w.part.below = append(w.part.below, pages, extra)
	return w.finish()
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// lostOf reads what a damaged block refers to.
func lostOf(b *course.Block) (tag byte, h hash, ok bool) {
	if b.Form != Damaged {
		return 0, hash{}, false
	}
	s := b.Attrs[Damaged]
	if len(s) < 2 {
		return 0, hash{}, false
	}
	h, ok = parseHash(s[1:])
	return s[0], h, ok
}

// damage empties b and makes it a reference to what was lost. A block with others below it is closed to learners,
// because the dates and groups that guarded them are lost with it.
func damage(b *course.Block, tag byte, lost hash) {
	b.Form, b.Body, b.Fields = Damaged, nil, nil
	b.Attrs = map[string]string{Damaged: string(tag) + lost.String()}
	if len(b.Children) > 0 {
		b.Fields = course.Fields{"visible_to_staff_only": "true"}
	}
}
