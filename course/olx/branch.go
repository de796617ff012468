package olx

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
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

func newBranch(r *reader, draft bool) *branch {
	return &branch{
		r: r, draft: draft, blocks: map[ref]*course.Block{}, parents: map[ref][]*course.Block{}, open: map[ref]bool{},
		origin: map[*course.Block]origin{}, reached: map[string]bool{}, nested: map[string][]byte{}, refs: map[ref]int{},
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
	b.origin[blk] = origin{elem: e, named: b.r.run != "" || kind == "library", raw: b.r.run, attrs: e.attrs}
	b.settings(blk, e.attrs, b.r.run)
	b.container(blk, e)
	delete(b.open, f)
	b.showBlocks()
	b.settleParents(blk)
	return blk
}

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
		if !b.r.exists(file) && !(b.draft && (b.r.exists("drafts/"+file) || b.r.published.blocks[s.ref] != nil)) {
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
	hashed := f.id
	for n := 2; b.blocks[f] != nil; n++ {
		f.id = fmt.Sprintf("%s_%d", hashed, n)
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

// brokenFile keeps a block whose file is no XML: its name stands in the tree and its text goes where it came from.
func (b *branch) brokenFile(f ref, name, file string, doc *document, perr *parseError, parent *course.Block) *course.Block {
	b.r.note(Defect{Kind: perr.kind, File: file, Line: perr.line, Block: f.String(), Detail: perr.detail})
	blk := &course.Block{Type: f.kind, ID: f.id, Form: FormRaw}
	b.enter(f, blk, parent)
	var attrs []attr
	if doc != nil {
		blk.Body = bytes.Clone(doc.src)
		if e, inner, ok := outerTags(doc, f.kind); ok && !course.Containers[f.kind] && known(f.kind) {
			blk.Form, blk.Body, attrs = "", bytes.Clone(inner), e.attrs
		}
	}
	nulls := b.takeNulls(blk)
	if len(blk.Body) == 0 {
		blk.Body = nil
		if blk.Form == FormRaw && fileOnly(f.kind) {
			blk.Form = ""
		}
	}
	b.origin[blk] = origin{named: true, raw: name, attrs: attrs}
	if blk.Form != FormRaw { // a file kept as it is has no place for settings; policy.json keeps them
		b.settings(blk, attrs, name)
	}
	for _, field := range nulls {
		if blk.Fields == nil {
			blk.Fields = course.Fields{}
		}
		blk.Fields[field] = course.Null
	}
	return blk
}

var nullElement = regexp.MustCompile(`^<option:(\w+) xmlns:option="http://code\.edx\.org/xblock/option" none="true"/>`)

// takeNulls cuts the elements that export puts in front of a body for explicit nulls, where the body is no XML.
func (b *branch) takeNulls(blk *course.Block) []string {
	var out []string
	for m := nullElement.FindSubmatch(blk.Body); m != nil && blk.Form == ""; m = nullElement.FindSubmatch(blk.Body) {
		out = append(out, string(m[1]))
		blk.Body = blk.Body[len(m[0]):]
	}
	return out
}

// outerTags finds the start and end tag of a file that is broken between them.
func outerTags(d *document, kind string) (e *element, inner []byte, ok bool) {
	start := bytes.Index(d.src, []byte("<"+kind))
	end := bytes.LastIndex(d.src, []byte("</"+kind+">"))
	if start < 0 || end < start || len(bytes.TrimSpace(d.src[end+len(kind)+3:])) > 0 {
		return nil, nil, false
	}
	p := parser{d: &document{file: d.file, src: d.src}, src: d.src, pos: start, note: func(Defect) {}}
	e, closed, err := p.startTag()
	if err != nil || closed || e.name != kind || e.inner > end {
		return nil, nil, false
	}
	return e, d.src[e.inner:end], true
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
	b.origin[blk] = origin{elem: def, named: named, raw: raw, attrs: attrs}
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

func overlay(below, above []attr) []attr {
	out := slices.Clone(below)
	for _, a := range above {
		if i := slices.IndexFunc(out, func(x attr) bool { return x.name == a.name }); i >= 0 {
			out[i].value = a.value
		} else {
			out = append(out, a)
		}
	}
	return out
}

// settings sorts attributes into fields and side map, and lays policy.json over them.
func (b *branch) settings(blk *course.Block, attrs []attr, raw string) {
	schema := course.Schemas[blk.Type]
	pure := inlineKinds[blk.Type] || !known(blk.Type)
	isCourse := blk.Type == "course" || blk.Type == "library"
	fields, others := sortAttrs(schema, blk.Type, pure, attrs)
	key := blk.Type + "/" + raw
	if policy, ok := b.r.policy[key]; ok {
		b.r.policyUsed[key] = true
		for name, v := range policy {
			switch f, ok := schema.Field(name); {
			case ok:
				fields[name] = fromPolicy(f, v, pure)
			case isCourse:
				fields[name] = v
				delete(others, name)
			default:
				s, isText := textOf(v)
				if !isText {
					s = string(v)
				}
				others[name] = s
			}
		}
	}
	if len(fields) > 0 {
		blk.Fields = fields
	}
	if len(others) > 0 {
		blk.Attrs = others
	}
}

// sortAttrs tells the attributes that are fields from those nobody claims.
func sortAttrs(schema course.Schema, kind string, pure bool, attrs []attr) (fields course.Fields, others map[string]string) {
	isCourse := kind == "course" || kind == "library"
	fields, others = course.Fields{}, map[string]string{}
	_, titled := find(attrs, "display_name")
	for _, a := range attrs {
		if neverFields[a.name] || (isCourse && neverCourseFields[a.name]) || (a.name == "xblock-family" && a.value == "xblock.v1") {
			continue
		}
		name := a.name
		if name == "name" && !pure && !titled {
			name = "display_name"
		}
		if f, ok := schema.Field(name); ok {
			fields[name] = readAttr(f, a.value, pure)
		} else {
			others[name] = a.value
		}
	}
	return fields, others
}

func find(attrs []attr, name string) (string, bool) {
	for _, a := range attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// container builds the children of a container. Elements that are no blocks, and text that should not be there, are
// kept in the body.
func (b *branch) container(blk *course.Block, def *element) {
	var kept [][]byte
	for _, n := range def.nodes {
		switch {
		case n.kind == textNode || n.kind == cdataNode:
			if s := bytes.TrimSpace(def.doc.src[n.start:n.end]); len(s) > 0 {
				b.r.note(Defect{Kind: StrayText, File: def.doc.file, Line: def.doc.line(n.start), Block: refOf(blk).String(), Detail: fmt.Sprintf("text between blocks: %.60q", s)})
				kept = append(kept, s)
			}
		case n.kind != elementNode: // comments and instructions have no place in a block
		case plainElements[n.elem.name]:
			kept = append(kept, n.elem.source())
			if n.elem.name == "show" && blk.Type == "conditional" {
				b.shown(blk, n.elem)
			}
		case blk.Type == "abtest" && (n.elem.name == "group" || n.elem.name == "default"):
			kept = append(kept, b.group(blk, n.elem))
			blk.Form = FormGroups
		default:
			if child := b.block(n.elem, blk); child != nil {
				blk.Children = append(blk.Children, child)
			}
		}
	}
	if len(kept) > 0 {
		blk.Body = bytes.Join(kept, []byte("\n"))
	}
}

// group builds the children in one group of an abtest and returns the group with pointers in their place.
func (b *branch) group(blk *course.Block, e *element) []byte {
	var out bytes.Buffer
	out.Write(bytes.TrimSuffix(bytes.TrimRight(e.doc.src[e.start:e.inner], "> \n\t"), []byte("/")))
	out.WriteByte('>')
	for _, child := range e.children() {
		if c := b.block(child, blk); c != nil {
			blk.Children = append(blk.Children, c)
			out.WriteString("<" + c.Type + ` url_name="`)
			escapeAttr(&out, c.ID)
			out.WriteString(`"/>`)
		}
	}
	out.WriteString("</" + e.name + ">")
	return out.Bytes()
}

// innerBody is what stands between an element's tags, without children that only set fields.
func (b *branch) innerBody(blk *course.Block, def *element) []byte {
	body, at := []byte(nil), def.inner
	for _, e := range def.children() {
		name, ok := strings.CutPrefix(e.name, "option:")
		if !ok {
			continue
		}
		schema := course.Schemas[blk.Type]
		f, known := schema.Field(name)
		if !known {
			continue
		}
		if blk.Fields == nil {
			blk.Fields = course.Fields{}
		}
		blk.Fields[name] = readAttr(f, unescape(e.body(), false), true)
		if e.text("none") == "true" {
			blk.Fields[name] = course.Null
		}
		body = append(body, def.doc.src[at:e.start]...)
		at = e.end
	}
	body = append(body, def.doc.src[at:def.innerEnd]...)
	if len(body) == 0 {
		return nil
	}
	return body
}

// wholeElement keeps an element of a kind nobody knows as it stands, with the name it has here.
func (b *branch) wholeElement(blk *course.Block, e, def *element, raw string) {
	b.settings(blk, def.attrs, raw)
	blk.Form = FormElement
	if e != def {
		blk.Form = FormElementFile
	}
	blk.Body = bytes.Clone(def.source())
	if !describes(blk.Body, blk) {
		blk.Body = rebuild(def, blk)
	}
	b.keepNested(def)
}

// keepNested takes along the files that pointers inside an unknown element lead to.
func (b *branch) keepNested(def *element) {
	def.walk(func(e *element) {
		name, ok := pointerName(e)
		if !ok {
			return
		}
		file := e.name + "/" + pathOf(name) + ".xml"
		if b.nested[file] != nil || b.r.seen[file] {
			return
		}
		doc, perr, err := b.r.document(file)
		if err != nil || perr != nil {
			return
		}
		b.nested[file] = doc.src
		if body := path.Join(path.Dir(file), doc.root.text("filename")+".html"); doc.root.name == "html" && doc.root.text("filename") != "" {
			if src, err := b.r.readFile(body); err == nil {
				b.nested[body] = src
			}
		}
		b.keepNested(doc.root)
	})
}

// settleParents leaves every block under one parent: of several, the one whose key is smallest.
func (b *branch) settleParents(root *course.Block) {
	keep := map[ref]*course.Block{}
	for f, parents := range b.parents {
		if len(parents) < 2 {
			continue
		}
		slices.SortStableFunc(parents, func(x, y *course.Block) int {
			return strings.Compare(b.r.target.Usage(x.Type, x.ID).String(), b.r.target.Usage(y.Type, y.ID).String())
		})
		keep[f] = parents[0]
	}
	if len(keep) == 0 {
		return
	}
	done := map[ref]bool{}
	visited := map[*course.Block]bool{}
	var prune func(*course.Block)
	prune = func(blk *course.Block) {
		if visited[blk] {
			return
		}
		visited[blk] = true
		kids := blk.Children[:0]
		for _, c := range blk.Children {
			parent, several := keep[refOf(c)]
			if several && (parent != blk || done[refOf(c)]) {
				b.r.note(Defect{Kind: DuplicateReference, File: refOf(blk).String(), Block: refOf(c).String(), Detail: "the block has its place in " + refOf(parent).String()})
				prune(c)
				continue
			}
			if several {
				done[refOf(c)] = true
			}
			kids = append(kids, c)
			prune(c)
		}
		blk.Children = kids
		if len(kids) == 0 {
			blk.Children = nil
		}
	}
	prune(root)
}
