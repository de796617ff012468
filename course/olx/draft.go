package olx

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lyceum/course"
)

// draftFile is one block's file under drafts/.
type draftFile struct {
	file   string // drafts/TYPE/PATH.xml
	ref    ref
	name   string // as a pointer would call it
	parent string // id of the parent, when it says
	kind   string // type of the parent, when it says
	index  int
	rooted bool // it says its place
}

// readDraft lays drafts/ over the published tree. Draft files that say their place are put there in the order of their
// index; others count when something draft refers to them or their block is published.
func (r *reader) readDraft(published *course.Content) *course.Content {
	draft := &course.Content{Key: published.Key, Grading: published.Grading}
	files := r.draftFiles()
	b := newBranch(r, true)
	policy, grading := r.policy, r.grading
	if r.exists("drafts/policies/" + r.run + "/policy.json") {
		r.readPolicies("drafts/")
		draft.Grading = r.grading
	}
	draft.Root = b.draftRoot(published.Root)
	t := draftTree{b: b, root: draft.Root, parents: map[ref]*course.Block{}, blocks: map[ref]*course.Block{}, ids: map[string]*course.Block{}}
	t.enter(draft.Root, nil)
	t.placeAll(files)
	for _, f := range files {
		if !f.rooted && !b.reached[f.file] && f.ref.kind != "course" {
			t.unplaced(f)
		}
	}
	t.unique()
	r.policy, r.grading = policy, grading
	draft.Pages = r.draftPages(published.Pages)
	return draft
}

// draftFiles lists the files under drafts/ that hold blocks: those with a place by index, then the rest by name.
func (r *reader) draftFiles() []draftFile {
	var out []draftFile
	_ = fs.WalkDir(r.fs, "drafts", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || ignored(d.Name()) || !strings.HasSuffix(file, ".xml") {
			return nil //nolint:nilerr // what cannot be walked holds no drafts
		}
		parts := strings.SplitN(strings.TrimSuffix(file, ".xml"), "/", 3)
		if len(parts) != 3 || parts[1] == "policies" || parts[1] == "static" {
			return nil
		}
		f := draftFile{file: file, name: nameOf(parts[2])}
		f.ref = ref{parts[1], cleanID(f.name)}
		doc, perr, err := r.document(file)
		switch {
		case err != nil:
			r.note(Defect{Kind: Unreadable, File: file, Detail: err.Error()})
			return nil //nolint:nilerr // reported as a defect
		case perr != nil:
			// Whoever refers to the file reports it; without a reader the block would go unnoticed.
			out = append(out, f)
			return nil //nolint:nilerr // see above
		}
		parent := doc.root.text("parent_url")
		if parent == "" {
			parent = doc.root.text("parent_sequential_url")
		}
		f.kind, f.parent = lastPart(parent)
		index, hasIndex := doc.root.attr("index_in_children_list")
		n, err := strconv.Atoi(strings.TrimSpace(index))
		f.rooted, f.index = hasIndex && err == nil && f.parent != "", n
		out = append(out, f)
		return nil
	})
	slices.SortStableFunc(out, func(x, y draftFile) int {
		switch {
		case x.rooted != y.rooted:
			return map[bool]int{true: -1, false: 1}[x.rooted]
		case x.rooted && x.index != y.index:
			return x.index - y.index
		}
		return strings.Compare(x.file, y.file)
	})
	return out
}

// lastPart takes type and id out of a usage key, of which only the end is to be trusted.
func lastPart(key string) (kind, id string) {
	if u, err := course.ParseUsageKey(key); err == nil {
		return u.Type, u.ID
	}
	if i := strings.LastIndex(key, "+block@"); i >= 0 {
		return "", key[i+len("+block@"):]
	}
	id, _, _ = strings.Cut(key[strings.LastIndex(key, "/")+1:], "@")
	return "", id
}

// draftRoot is the draft's course block: built from drafts/course/RUN.xml where there is one, else as published.
func (b *branch) draftRoot(published *course.Block) *course.Block {
	file := "drafts/course/" + pathOf(b.r.run) + ".xml"
	if b.r.run == "" || !b.r.exists(file) {
		return b.copyTree(published, nil)
	}
	b.reached[file] = true
	doc, perr, err := b.r.document(file)
	if err != nil || perr != nil {
		if perr != nil {
			b.r.note(Defect{Kind: perr.kind, File: file, Line: perr.line, Detail: perr.detail})
		}
		return b.copyTree(published, nil)
	}
	return b.root(doc.root)
}

// copyPublished makes the draft's copy of a published block that has no file among the drafts.
func (b *branch) copyPublished(f ref, parent *course.Block) *course.Block {
	blk := b.r.published.blocks[f]
	if blk == nil {
		return nil
	}
	return b.copyTree(blk, parent)
}

// copyTree copies a published block and what is below it.
func (b *branch) copyTree(blk, parent *course.Block) *course.Block {
	f := refOf(blk)
	c := *blk
	c.Fields, c.Attrs = maps.Clone(blk.Fields), maps.Clone(blk.Attrs)
	c.Children = nil
	b.enter(f, &c, parent)
	b.remember(&c, b.r.published.origin[blk])
	b.open[f] = true
	defer delete(b.open, f)
	for _, child := range blk.Children {
		cf := refOf(child)
		switch {
		case b.blocks[cf] != nil:
			if !b.open[cf] {
				c.Children = append(c.Children, b.blocks[cf])
			}
		default:
			c.Children = append(c.Children, b.copyTree(child, &c))
		}
	}
	return &c
}

// draftTree is the draft while draft files are put into it.
type draftTree struct {
	b       *branch
	root    *course.Block
	parents map[ref]*course.Block
	blocks  map[ref]*course.Block
	ids     map[string]*course.Block // containers by id alone
}

// enter notes where a block and everything below it is; leave forgets it.
func (t *draftTree) enter(blk, parent *course.Block) {
	t.blocks[refOf(blk)], t.parents[refOf(blk)] = blk, parent
	if course.Containers[blk.Type] && t.ids[blk.ID] == nil {
		t.ids[blk.ID] = blk
	}
	for _, c := range blk.Children {
		t.enter(c, blk)
	}
}

func (t *draftTree) leave(blk *course.Block) {
	if t.blocks[refOf(blk)] == blk {
		delete(t.blocks, refOf(blk))
		delete(t.parents, refOf(blk))
	}
	if t.ids[blk.ID] == blk {
		delete(t.ids, blk.ID)
	}
	for _, c := range blk.Children {
		t.leave(c)
	}
}

// build makes the block of a draft file with everything below it, as the drafts have it.
func (t *draftTree) build(f draftFile) *course.Block {
	b := newBranch(t.b.r, true)
	b.reached, b.nested = t.b.reached, t.b.nested
	b.reached[f.file] = true
	doc, perr, err := t.b.r.document(f.file)
	if err != nil {
		return nil
	}
	var blk *course.Block
	if perr != nil {
		blk = b.brokenFile(f.ref, f.name, f.file, doc, perr, nil)
	} else {
		if doc.root.name != f.ref.kind {
			t.b.r.note(Defect{Kind: TagMismatch, File: f.file, Line: doc.root.line(), Block: f.ref.String(), Detail: fmt.Sprintf("root <%s> in the directory of <%s>", doc.root.name, f.ref.kind)})
		}
		// The element stands for its own pointer, so that an unknown kind counts as one with a file.
		blk = b.define(f.ref, f.name, &element{doc: doc, name: f.ref.kind}, doc.root, true, nil)
	}
	b.settleParents(blk)
	maps.Copy(t.b.origin, b.origin)
	return blk
}

// placeAll puts all draft files that say their place where they belong. One may be the parent of another.
func (t *draftTree) placeAll(files []draftFile) {
	waiting := slices.DeleteFunc(slices.Clone(files), func(f draftFile) bool { return !f.rooted })
	for range maxBlockDepth {
		n := len(waiting)
		waiting = slices.DeleteFunc(waiting, t.place)
		if len(waiting) == n {
			break
		}
	}
	for _, f := range waiting {
		t.b.reached[f.file] = true
		t.b.r.note(Defect{Kind: DraftWithoutParent, File: f.file, Block: f.ref.String(), Detail: "its parent " + f.parent + " is not in the course"})
	}
}

// place puts a draft file that says where it belongs: over the block of that name, or new under its parent. It returns
// false when there is no such parent.
func (t *draftTree) place(f draftFile) bool {
	if f.ref == refOf(t.root) {
		return true
	}
	old := t.blocks[f.ref]
	var parent *course.Block
	if old == nil {
		if parent = t.find(f.kind, f.parent); parent == nil {
			return false
		}
	}
	blk := t.build(f)
	switch {
	case blk == nil:
	case old != nil:
		t.replace(old, blk)
	default:
		at := min(max(f.index, 0), len(parent.Children))
		parent.Children = slices.Insert(parent.Children, at, blk)
		t.enter(blk, parent)
	}
	return true
}

// unplaced uses a draft file without a place when its block is published, and reports it else.
func (t *draftTree) unplaced(f draftFile) {
	old := t.blocks[f.ref]
	if old == nil || f.ref == refOf(t.root) {
		t.b.r.note(Defect{Kind: DraftWithoutPlace, File: f.file, Block: f.ref.String(), Detail: "never published, and nothing says where it belongs"})
		return
	}
	if blk := t.build(f); blk != nil {
		t.replace(old, blk)
	}
}

func (t *draftTree) replace(old, blk *course.Block) {
	parent := t.parents[refOf(old)]
	if parent == nil {
		return
	}
	if i := slices.Index(parent.Children, old); i >= 0 {
		parent.Children[i] = blk
		t.leave(old)
		t.enter(blk, parent)
	}
}

// find looks for a block by id, of the given type when one is given.
func (t *draftTree) find(kind, id string) *course.Block {
	if b := t.blocks[ref{kind, id}]; b != nil {
		return b
	}
	if refOf(t.root).id == id || (kind == "course" && t.root.Type == "course") {
		return t.root
	}
	for _, kind := range []string{"sequential", "vertical", "chapter"} {
		if b := t.blocks[ref{kind, id}]; b != nil {
			return b
		}
	}
	return t.ids[id]
}

// unique leaves every block of the draft in one place, the first.
func (t *draftTree) unique() {
	seen := map[ref]bool{refOf(t.root): true}
	var visit func(*course.Block)
	visit = func(b *course.Block) {
		kids := make([]*course.Block, 0, len(b.Children))
		for _, c := range b.Children {
			if seen[refOf(c)] {
				t.b.r.note(Defect{Kind: DuplicateReference, File: refOf(b).String(), Block: refOf(c).String(), Detail: "twice in the draft, the first place counts"})
				continue
			}
			seen[refOf(c)] = true
			kids = append(kids, c)
			visit(c)
		}
		b.Children = kids
		if len(kids) == 0 {
			b.Children = nil
		}
	}
	visit(t.root)
}

// draftPages lays the pages under drafts/ over the published ones. A list of the draft's pages, where there is one, says
// which exist.
func (r *reader) draftPages(published []*course.Block) []*course.Block {
	var out []*course.Block
	for _, p := range published {
		out = append(out, p.Clone())
	}
	for _, p := range out {
		p.Children = nil
	}
	for _, p := range r.readPages("drafts/") {
		i := slices.IndexFunc(out, func(o *course.Block) bool { return refOf(o) == refOf(p) })
		if i >= 0 {
			out[i] = p
		} else {
			out = append(out, p)
		}
	}
	if src, err := r.readFile(draftPagesFile); err == nil {
		if v, err := r.json(draftPagesFile, src); err == nil {
			var list []string
			if v.Decode(&list) {
				out = slices.DeleteFunc(out, func(p *course.Block) bool { return !slices.Contains(list, refOf(p).String()) })
			}
		}
	}
	sortPages(out)
	return out
}

// draftPagesFile lists the draft's pages as TYPE/ID; export writes it when pages differ.
const draftPagesFile = "drafts/pages.json"

// sortPages puts pages in the order of their directories, then by id.
func sortPages(pages []*course.Block) {
	rank := map[string]int{}
	for i, d := range pageDirs {
		rank[d.kind] = i
	}
	slices.SortStableFunc(pages, func(x, y *course.Block) int {
		if x.Type != y.Type {
			return rank[x.Type] - rank[y.Type]
		}
		return strings.Compare(x.ID, y.ID)
	})
}

// sameOwn reports whether two blocks are equal, what is below them apart.
func sameOwn(x, y *course.Block) bool {
	return x.Type == y.Type && x.ID == y.ID && x.Form == y.Form && bytes.Equal(x.Body, y.Body) && maps.Equal(x.Fields, y.Fields) && maps.Equal(x.Attrs, y.Attrs)
}

// sameTree reports whether two blocks are equal with everything below them.
func sameTree(x, y *course.Block) bool {
	return sameOwn(x, y) && slices.EqualFunc(x.Children, y.Children, sameTree)
}

// countChanged counts the blocks of the draft that are not published as they are.
func countChanged(published, draft *course.Block) int {
	was := map[ref]*course.Block{}
	published.Walk(func(b *course.Block) bool { was[refOf(b)] = b; return true })
	n := 0
	draft.Walk(func(b *course.Block) bool {
		if p := was[refOf(b)]; p == nil || !sameOwn(p, b) {
			n++
		}
		return true
	})
	return n
}
