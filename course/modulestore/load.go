package modulestore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"weak"

	"golang.org/x/sync/errgroup"

	"lyceum/course"
)

// loaded is a version in memory, with the documents its blocks came from.
type loaded struct {
	version course.Version
	content *course.Content
	root    *part
	size    int64
	damaged bool

	once   sync.Once
	known  map[*course.Block]*part
	stored map[hash]struct{}
}

func newLoaded(v course.Version, c *course.Content, root *part) *loaded {
	l := &loaded{version: v, content: c, root: root}
	l.damaged = root.spread()
	root.walk(func(p *part) { l.size += p.size })
	return l
}

// spread marks what holds something damaged as damaged.
func (p *part) spread() bool {
	for _, q := range p.below {
		if q.spread() && !p.damaged { // written once only: parts are shared by versions
			p.damaged = true
		}
	}
	return p.damaged
}

func (p *part) walk(f func(*part)) {
	f(p)
	for _, q := range p.below {
		q.walk(f)
	}
}

// index fills known, the sections and subsections by their block, and stored, the ids of all documents.
func (l *loaded) index() {
	l.once.Do(func() {
		l.known, l.stored = map[*course.Block]*part{}, map[hash]struct{}{}
		l.root.walk(func(p *part) {
			l.stored[p.id] = struct{}{}
			for _, d := range p.defs {
				l.stored[d] = struct{}{}
			}
		})
		for _, p := range l.root.below[:len(l.root.below)-2] {
			p.walk(func(q *part) { l.known[q.roots[0]] = q })
		}
	})
}

// same returns the documents of the pages and the extra files when c has the very same ones as l.
func (l *loaded) same(c *course.Content) (pages, extra *part) {
	if l == nil {
		return nil, nil
	}
	n := len(l.root.below)
	if len(c.Pages) == len(l.content.Pages) && (len(c.Pages) == 0 || &c.Pages[0] == &l.content.Pages[0]) {
		pages = l.root.below[n-2]
	}
	if c.Grading == l.content.Grading && reflect.ValueOf(c.Extra).Pointer() == reflect.ValueOf(l.content.Extra).Pointer() {
		extra = l.root.below[n-1]
	}
	return pages, extra
}

// parts finds documents that are in memory anyway, so that a new version shares with the old what they have in common.
type parts struct{ m sync.Map } // hash -> weak.Pointer[part]

func (t *parts) find(id hash) *part {
	v, ok := t.m.Load(id)
	if !ok {
		return nil
	}
	return v.(weak.Pointer[part]).Value()
}

// add makes p and what is below it findable for as long as somebody holds it. What is damaged is left out, to be read
// again: it may have been mended.
func (t *parts) add(root *part) {
	root.walk(func(p *part) {
		if p.damaged || t.find(p.id) != nil {
			return
		}
		w := weak.Make(p)
		t.m.Store(p.id, w)
		runtime.AddCleanup(p, func(id hash) { t.m.CompareAndDelete(id, w) }, p.id)
	})
}

// load reads a version's content: a few waves of documents, those of one wave side by side.
func (s *Store) load(ctx context.Context, v course.Version) (*loaded, error) {
	rootID, ok := parseHash(v.Root)
	if !ok {
		return nil, fmt.Errorf("version %s has no root", v.ID)
	}
	l := loading{s: s, version: v}
	d, err := s.fetch(ctx, rootID, courseKind)
	if err != nil {
		return nil, fmt.Errorf("load version %s of %s: %w", v.ID, v.Course, err)
	}
	root := &part{id: rootID}
	r := reader{left: d.index}
	r.format()
	l.block(&r, &d, new(int), root, place{into: &root.roots})
	pages, extra, flags := r.hash(), r.hash(), r.bytes(1)
	if err := r.end(); err != nil {
		return nil, fmt.Errorf("load version %s of %s: %w", v.ID, v.Course, err)
	}
	var pagesPart, extraPart *part
	l.wanted = append(l.wanted,
		wanted{id: pages, kind: pagesKind, done: func(p *part) { pagesPart = p }},
		wanted{id: extra, kind: extraKind, done: func(p *part) { extraPart = p }})
	for len(l.wanted) > 0 {
		if err := l.wave(ctx); err != nil {
			return nil, fmt.Errorf("load version %s of %s: %w", v.ID, v.Course, err)
		}
	}
	root.below = append(root.below, pagesPart, extraPart)
	c := &course.Content{Key: v.Course, Root: root.roots[0], Pages: pagesPart.roots}
	if c.Pages == nil && flags[0]&1 == 0 {
		c.Pages = []*course.Block{}
	}
	if flags[0]&2 == 0 {
		c.Extra = map[string][]byte{}
	}
	fromExtra(extraPart.roots, c)
	out := newLoaded(v, c, root)
	s.parts.add(root)
	return out, nil
}

// loading is one run of load. Documents of a wave arrive side by side and are taken in one after the other.
type loading struct {
	s       *Store
	version course.Version
	wanted  []wanted
}

// wanted is a document or definition that is still to be read.
type wanted struct {
	id   hash
	kind kind
	done func(*part) // for documents

	block *course.Block // what the record is for, or what stands for the document when it is damaged
	owner *part         // for definitions
}

type arrival struct {
	doc    document
	record []byte
	cached *part
	err    error
}

func (l *loading) wave(ctx context.Context) error {
	now := l.wanted
	l.wanted = nil
	got := make([]arrival, len(now))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, w := range now {
		if w.kind != definitionKind {
			if got[i].cached = l.s.parts.find(w.id); got[i].cached != nil {
				continue
			}
		}
		group.Go(func() error {
			if w.kind == definitionKind {
				got[i].record, got[i].err = l.s.fetchDefinition(ctx, w.id)
			} else {
				got[i].doc, got[i].err = l.s.fetch(ctx, w.id, w.kind)
			}
			if errors.Is(got[i].err, errDamaged) {
				return nil
			}
			return got[i].err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, w := range now {
		l.take(w, got[i])
	}
	return nil
}

func (l *loading) take(w wanted, a arrival) {
	if a.cached != nil {
		w.done(a.cached)
		return
	}
	if w.kind == definitionKind {
		w.owner.size += int64(len(a.record)) + 600
		if a.err == nil {
			a.err = readRecord(a.record, w.block)
		}
		if a.err != nil {
			l.alarm(w, a.err)
			damage(w.block, tagDefinition, w.id)
			w.owner.damaged = true
		}
		return
	}
	p := &part{id: w.id}
	if a.err == nil {
		a.err = l.document(a.doc, p)
	}
	if a.err != nil {
		l.alarm(w, a.err)
		p.damaged, p.roots, p.below, p.defs = true, nil, nil, nil
		if w.block != nil {
			damage(w.block, tagDocument, w.id)
			p.roots = []*course.Block{w.block}
		}
	}
	w.done(p)
}

func (l *loading) alarm(w wanted, err error) {
	l.s.logger.Error("stored course content is damaged", "course", l.version.Course.String(), "version", string(l.version.ID),
		"kind", string(w.kind), "id", w.id.String(), "error", err)
}

// document reads the blocks of a document that stand side by side in it.
func (l *loading) document(d document, p *part) error {
	before := len(l.wanted)
	r := reader{left: d.index}
	r.format()
	offset := 0
	for len(r.left) > 0 {
		l.block(&r, &d, &offset, p, place{into: &p.roots})
	}
	if err := r.end(); err != nil {
		l.wanted = l.wanted[:before]
		return err
	}
	return nil
}

// place is where a block goes.
type place struct{ into *[]*course.Block }

// block reads one entry and those below it.
func (l *loading) block(r *reader, d *document, offset *int, p *part, at place) {
	tag := r.bytes(1)
	if r.bad {
		return
	}
	b := &course.Block{}
	switch tag[0] {
	case tagInline:
		n := r.count()
		sum := r.hash()
		from := *offset
		*offset += n
		defer l.inline(b, p, d, from, n, sum)
	case tagDefinition:
		l.wanted = append(l.wanted, wanted{id: r.hash(), kind: definitionKind, block: b, owner: p})
		p.defs = append(p.defs, l.wanted[len(l.wanted)-1].id)
	case tagLost:
		h := r.hash()
		defer func() { damage(b, tagLost, h) }()
	case tagDocument:
		l.below(r, d.kind, b, p, at)
		return
	default:
		r.bad = true
		return
	}
	b.Type, b.ID = r.string(), r.string()
	*at.into = append(*at.into, b)
	n := r.count()
	if n == 0 {
		return
	}
	b.Children = make([]*course.Block, 0, min(n-1, len(r.left)))
	for i := 0; i < n-1 && !r.bad; i++ {
		l.block(r, d, offset, p, place{into: &b.Children})
	}
}

// inline reads a record out of its document.
func (l *loading) inline(b *course.Block, p *part, d *document, from, n int, sum hash) {
	p.size += int64(n) + 600
	if from+n <= len(d.data) && n >= 0 {
		record := d.data[from : from+n : from+n]
		if sha256.Sum256(record) == sum && readRecord(record, b) == nil {
			return
		}
	}
	l.alarm(wanted{id: sum, kind: d.kind}, fmt.Errorf("record of %s %s in %s: %w", b.Type, b.ID, d.id, errDamaged))
	damage(b, tagLost, sum)
	p.damaged = true
}

// below asks for a section or subsection; b stands in its place until it comes.
func (l *loading) below(r *reader, above kind, b *course.Block, p *part, at place) {
	id := r.hash()
	b.Type, b.ID = r.string(), r.string()
	if r.bad {
		return
	}
	k := sectionKind
	if above == sectionKind {
		k = subsectionKind
	}
	*at.into = append(*at.into, b)
	slot, n := at.into, len(*at.into)-1
	m := len(p.below)
	p.below = append(p.below, nil)
	l.wanted = append(l.wanted, wanted{id: id, kind: k, block: b, done: func(q *part) {
		(*slot)[n] = q.roots[0]
		p.below[m] = q
	}})
}
