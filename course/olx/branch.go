package olx

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lyceum/course"
)

// ref names a block inside one course.
type ref struct{ kind, id string }

func (f ref) String() string { return f.kind + "/" + f.id }

func refOf(b *course.Block) ref { return ref{b.Type, b.ID} }

// branch builds the blocks of one tree. In the draft branch, files under drafts/ go before those of the published tree,
// and blocks that have no file there are copied from the published branch.
type branch struct {
	r       *reader
	draft   bool
	blocks  map[ref]*course.Block
	parents map[ref][]*course.Block // every block that refers to it, in order
	open    map[ref]bool            // being built
	origin  map[*course.Block]origin
	reached map[string]bool   // draft files that are part of something
	nested  map[string][]byte // files that only elements nobody knows refer to
	refs    map[ref]int       // how often each name is defined or referred to
	serial  map[ref]int       // how many elements share a made-up name
	shows   []show
	depth   int
}

// origin is where a block came from, for inspection.
type origin struct {
	elem  *element // its definition
	named bool     // by url_name, slug or name
	raw   string   // the name as it is written
	attrs []attr   // of the definition, with those of the pointing element over them
}

// remember keeps where a block came from when somebody looks; otherwise the parsed file can be given up.
func (b *branch) remember(blk *course.Block, from origin) {
	if b.r.look {
		b.origin[blk] = from
	}
}

func newBranch(r *reader, draft bool) *branch {
	return &branch{
		r: r, draft: draft, blocks: map[ref]*course.Block{}, parents: map[ref][]*course.Block{}, open: map[ref]bool{},
		origin: map[*course.Block]origin{}, reached: map[string]bool{}, nested: map[string][]byte{}, refs: map[ref]int{},
		serial: map[ref]int{},
	}
}

// root builds the course block and everything below it.
func (b *branch) root(e *element) *course.Block {
	kind := strings.TrimSuffix(b.r.rootFile, ".xml")
	id := b.r.target.Run
	if kind == "library" {
		id = "library"
	}
	blk := &course.Block{Type: kind, ID: id}
	f := refOf(blk)
	b.blocks[f], b.open[f] = blk, true
	b.remember(blk, origin{elem: e, named: b.r.run != "" || kind == "library", raw: b.r.run, attrs: e.attrs})
	b.settings(blk, e.attrs, b.r.run)
	b.container(blk, e)
	delete(b.open, f)
	b.showBlocks()
	b.settleParents(blk)
	return blk
}

// maxBlockDepth bounds how deep blocks nest over all files.
const maxBlockDepth = 64

// block builds the block of one element below parent; nil means there is none to be had, which is reported.
func (b *branch) block(e *element, parent *course.Block) *course.Block {
	if b.depth++; b.depth > maxBlockDepth {
		b.depth--
		b.r.note(Defect{Kind: TooDeep, File: e.doc.file, Line: e.line(), Detail: fmt.Sprintf("<%s> is nested deeper than %d blocks", e.name, maxBlockDepth)})
		return nil
	}
	defer func() { b.depth-- }()
	if name, ok := pointerName(e); ok {
		if blk, done := b.pointer(e, name, parent); done {
			return blk
		}
	}
	id, raw, named := elementName(e)
	f := b.freeName(e, id, named)
	if raw != "" && raw != id {
		b.r.note(Defect{Kind: IllegalName, File: e.doc.file, Line: e.line(), Block: f.String(), Detail: fmt.Sprintf("%q cannot be part of a key", raw)})
	}
	if !named && stateful[e.name] {
		b.r.note(Defect{Kind: UnnamedBlock, File: e.doc.file, Line: e.line(), Block: f.String(), Detail: "no url_name: called " + f.id})
	}
	if raw == "" {
		raw = f.id
	}
	return b.define(f, raw, e, e, named, parent)
}

// pointerName is the name an element points to when it is a pointer: no content and no attribute but url_name.
func pointerName(e *element) (string, bool) {
	if len(e.attrs) != 1 || e.attrs[0].name != "url_name" || e.attrs[0].value == "" || !e.isEmpty() {
		return "", false
	}
	return e.attrs[0].value, true
}

// freeName finds the name for an inline element: another element of the same kind may have taken it.
func (b *branch) freeName(e *element, id string, named bool) ref {
	f := ref{e.name, id}
	if named {
		b.refs[f]++
	}
	if b.blocks[f] == nil {
		return f
	}
	if named {
		b.r.note(Defect{Kind: DuplicateURLName, File: f.String(), Detail: fmt.Sprintf("second definition in %s, line %d", e.doc.file, e.line())})
	}
	hash := hashOf(e.source())
	if id != e.name+"_"+hash {
		f.id = e.name + "_" + id + "_" + hash
	}
	hashed := f
	for n := b.serial[hashed]; b.blocks[f] != nil; n++ {
		f.id = fmt.Sprintf("%s_%d", hashed.id, n+2)
		b.serial[hashed] = n + 1
	}
	return f
}

// pointer follows a pointer; done is false when the element is a block written with nothing but its name.
func (b *branch) pointer(e *element, name string, parent *course.Block) (blk *course.Block, done bool) {
	f := ref{e.name, cleanID(name)}
	switch {
	case b.open[f]:
		b.r.note(Defect{Kind: Cycle, File: e.doc.file, Line: e.line(), Block: f.String(), Detail: "the block would be below itself"})
		return nil, true
	case b.blocks[f] != nil:
		b.parents[f] = append(b.parents[f], parent)
		b.refs[f]++
		return b.blocks[f], true
	}
	file := f.kind + "/" + pathOf(name) + ".xml"
	b.refs[f]++
	if b.draft && !b.r.exists("drafts/"+file) {
		if blk := b.copyPublished(f, parent); blk != nil {
			return blk, true
		}
	}
	doc, perr, err := b.document(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !fileOnly(f.kind):
		return nil, false
	case errors.Is(err, fs.ErrNotExist):
		detail := "referred to in " + e.doc.file
		if parent != nil {
			detail = fmt.Sprintf("referenced by %s, %s line %d", refOf(parent), e.doc.file, e.line())
		}
		b.r.note(Defect{Kind: MissingFile, File: f.kind + "/" + name + ".xml", Block: f.String(), Detail: detail})
		return nil, true
	case err != nil:
		b.r.note(Defect{Kind: Unreadable, File: file, Block: f.String(), Detail: err.Error()})
		return nil, true
	case perr != nil:
		return b.brokenFile(f, name, file, doc, perr, parent), true
	}
	def := doc.root
	if def.name != f.kind {
		b.r.note(Defect{Kind: TagMismatch, File: f.kind + "/" + name + ".xml", Line: def.line(), Block: f.String(), Detail: fmt.Sprintf("root <%s>, pointer <%s>", def.name, f.kind)})
	}
	return b.define(f, name, e, def, true, parent), true
}

// document reads a block's file, in the draft branch from drafts/ first.
func (b *branch) document(file string) (*document, *parseError, error) {
	if b.draft && b.r.exists("drafts/"+file) {
		b.reached["drafts/"+file] = true
		return b.r.document("drafts/" + file)
	}
	return b.r.document(file)
}

func (b *branch) enter(f ref, blk, parent *course.Block) {
	b.blocks[f] = blk
	b.parents[f] = append(b.parents[f], parent)
}

// define builds a block from its definition. e is the element that stands in the parent, def the definition it leads
// to, which is e itself for one written in line.
func (b *branch) define(f ref, raw string, e, def *element, named bool, parent *course.Block) *course.Block {
	blk := &course.Block{Type: f.kind, ID: f.id}
	b.enter(f, blk, parent)
	b.open[f] = true
	defer delete(b.open, f)

	attrs := def.attrs
	if f.kind != "html" {
		def, attrs = b.followFilename(f, def, attrs)
	}
	b.remember(blk, origin{elem: def, named: named, raw: raw, attrs: attrs})
	switch {
	case course.Containers[f.kind]:
		b.settings(blk, attrs, raw)
		b.container(blk, def)
	case !known(f.kind):
		b.wholeElement(blk, e, def, raw)
	default:
		b.settings(blk, attrs, raw)
		if f.kind == "html" {
			blk.Body = b.htmlBody(blk, def, raw)
		} else {
			blk.Body = b.innerBody(blk, def)
		}
	}
	return blk
}

// followFilename replaces a definition by the file its filename attribute names; its own attributes go over those in
// the file.
func (b *branch) followFilename(f ref, def *element, attrs []attr) (*element, []attr) {
	name := def.text("filename")
	if name == "" || !known(f.kind) {
		return def, attrs
	}
	files := []string{f.kind + "/" + pathOf(name) + ".xml"}
	if f.kind == "problem" {
		files = append(files, "problems/"+pathOf(name)+".xml", pathOf(name)+".xml")
	}
	for _, file := range files {
		doc, perr, err := b.document(file)
		if err != nil {
			continue
		}
		if perr != nil {
			b.r.note(Defect{Kind: perr.kind, File: file, Line: perr.line, Block: f.String(), Detail: perr.detail})
			return def, attrs
		}
		if doc.root == def {
			return def, attrs // a file that names itself
		}
		if doc.root.name != f.kind {
			b.r.note(Defect{Kind: TagMismatch, File: file, Line: doc.root.line(), Block: f.String(), Detail: fmt.Sprintf("root <%s>, <%s filename>", doc.root.name, f.kind)})
		}
		return doc.root, overlay(doc.root.attrs, attrs)
	}
	if def.isEmpty() {
		b.r.note(Defect{Kind: MissingFile, File: files[0], Block: f.String(), Detail: fmt.Sprintf("referenced by %s line %d", def.doc.file, def.line())})
	}
	return def, attrs
}
