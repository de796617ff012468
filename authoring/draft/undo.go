package draft

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// Undo takes back one act: what differs between the heads right before and right after it becomes as it was, on both branches, and the
// files it brought go. What others made since stays. Where they changed the very thing the act changed, nothing is taken back: that is
// a Conflict with words for people. What is as it was already is left so, so that an undo may come twice.
//
// Units that learners would get back, and in which something does not load, come back as drafts only; [Done].Withheld lists them.
type Undo struct{ Before, After modulestore.Head }

func (Undo) touches() []touch { return nil } // it looks for itself

func (Undo) words(Branches) string { return "Undo" }

// Undo is [Editor.Apply] of an [Undo], under words that say which act is taken back.
func (e *Editor) Undo(ctx context.Context, by Author, key course.Key, u Undo) (Done, error) {
	if err := by.May(key); err != nil {
		return Done{}, err
	}
	words := "Undo"
	for _, pair := range [][2]course.VersionID{{u.Before.Draft, u.After.Draft}, {u.Before.Published, u.After.Published}} {
		if pair[0] == pair[1] || pair[1] == "" {
			continue
		}
		v, err := e.Courses.Version(ctx, pair[1])
		if err != nil {
			return Done{}, err
		}
		words = "Undo: " + v.Message
		break
	}
	return e.Apply(ctx, Edit{Key: key, By: by, Words: words, Ops: []Op{u}})
}

func (u Undo) apply(w *work) error {
	was, did, err := u.read(w)
	if err != nil {
		return err
	}
	w.takeBack(was, did)
	if err := w.takeBackFiles(u.Before.Files, u.After.Files); err != nil {
		return err
	}
	if len(w.lost) == 0 {
		return nil
	}
	return w.tooLate(u)
}

// takeBack makes both branches as they would be without an act; what others changed of the same is listed as lost.
func (w *work) takeBack(was, did Branches) {
	if was.Draft != did.Draft {
		t := newTaking(was.Draft, did.Draft, w.Draft)
		w.Draft = t.content()
		w.lost = append(w.lost, t.lost...)
	}
	if was.Published != did.Published && w.Published != nil {
		t := newTaking(was.Published, did.Published, w.Published)
		t.fit = w.fit
		w.Published = t.content()
		w.lost = append(w.lost, t.lost...)
	}
	w.follow(was.Draft, did.Draft)
}

// read finds what the act began with and what it left. A branch it did not touch is the same in both.
func (u Undo) read(w *work) (was, did Branches, err error) {
	at := func(id course.VersionID) *course.Content {
		if id == "" || err != nil {
			return nil
		}
		var c *course.Content
		c, err = w.editor.at(w.ctx, w.Draft.Key, id)
		return c
	}
	if u.Before.Draft != u.After.Draft {
		was.Draft, did.Draft = at(u.Before.Draft), at(u.After.Draft)
		if err == nil && (was.Draft == nil || did.Draft == nil) {
			err = fault.Invalidf("undo from no draft")
		}
	}
	if u.Before.Published != u.After.Published {
		was.Published, did.Published = at(u.Before.Published), at(u.After.Published)
		switch {
		case err != nil:
		case did.Published == nil:
			err = fault.Invalidf("undo from no published version")
		case was.Published == nil: // the first unit that was ever published
			was.Published = skeleton(did.Published)
		}
	}
	return was, did, err
}

// tooLate says what others changed, and who changed the course since.
func (w *work) tooLate(u Undo) error {
	slices.Sort(w.lost)
	names := slices.Compact(w.lost)
	if len(names) > 3 {
		names = append(names[:3:3], "…")
	}
	since := u.After.Draft
	if since == "" {
		since = u.Before.Draft
	}
	var who []string
	head, err := w.editor.Courses.Head(w.ctx, w.Draft.Key)
	if err != nil {
		return err
	}
	line, err := w.editor.Courses.Line(w.ctx, w.Draft.Key, course.Draft, head.Draft, 100)
	if err != nil {
		return err
	}
	for _, v := range line {
		if v.ID == since {
			break
		}
		if v.Author != "" && !slices.Contains(who, v.Author) {
			who = append(who, v.Author)
		}
	}
	e := fault.Conflictf("%s changed since %s", strings.Join(names, ", "), since)
	if len(who) == 0 {
		return e.Say("draft.undo_late", strings.Join(names, ", "))
	}
	return e.Say("draft.undo_late_by", strings.Join(names, ", "), strings.Join(who, ", "))
}

// follow makes learners' place of sections, subsections and units what the draft's is again, where an act moved them; the place of these
// has no draft. What the act made, and somebody published since, is not taken away under learners' feet.
func (w *work) follow(was, did *course.Content) {
	if was == nil || was == did || w.Published == nil {
		return
	}
	before := placesOf(was.Root)
	for n, s := range placesOf(did.Root) {
		p := find(w.Published, n.in(w.Draft.Key))
		if len(p) < 2 || !direct[n.typ] && !p.isUnit() {
			continue
		}
		old, known := before[n]
		if known && old.above == s.above {
			continue
		}
		now := find(w.Draft, n.in(w.Draft.Key))
		if now == nil {
			w.lost = append(w.lost, called(s.block))
			continue
		}
		above := nameOf(now.above())
		into := find(w.Published, above.in(w.Draft.Key))
		if above == nameOf(p.above()) || into == nil || slices.Contains(into, p.last()) {
			continue
		}
		b := p.last()
		w.Published = put(w.Published, p, nil)
		w.Published = insertAs(w.Published, find(w.Published, above.in(w.Draft.Key)), b, now.above())
	}
}

// taking takes one act back on one branch: was and did are the branch right before and right after it.
type taking struct {
	was, did, now       *course.Content
	wasAt, didAt, nowAt map[name]standing
	changed             map[name]bool // blocks whose record or list of children the act changed
	fit                 func(*course.Block) *course.Block
	lost                []string
	way                 map[name]bool // blocks being made, from the root down
}

func newTaking(was, did, now *course.Content) *taking {
	t := &taking{was: was, did: did, now: now, changed: map[name]bool{}, way: map[name]bool{}}
	t.wasAt, t.didAt, t.nowAt = placesOf(was.Root), placesOf(did.Root), placesOf(now.Root)
	for n, a := range t.wasAt {
		if b, ok := t.didAt[n]; ok && a.block != b.block && (!sameRecord(a.block, b.block) || !sameChildren(a.block, b.block)) {
			t.changed[n] = true
		}
	}
	return t
}

// content makes the branch without the act.
func (t *taking) content() *course.Content {
	out := *t.now
	out.Root = t.block(t.now.Root)
	out.Pages = t.pages()
	if t.was.Grading != t.did.Grading && t.now.Grading != t.was.Grading {
		if t.now.Grading != t.did.Grading {
			t.lost = append(t.lost, "grading policy")
		}
		out.Grading = t.was.Grading
	}
	for n := range t.changed {
		if _, there := t.nowAt[n]; !there {
			t.lose(t.didAt[n].block)
		}
	}
	return &out
}

func (t *taking) lose(b *course.Block) { t.lost = append(t.lost, called(b)) }

func called(b *course.Block) string {
	if s := nameText(b); s != "" {
		return s
	}
	return b.Type
}

// block makes a block of the present branch without the act, with everything below it; what the act did not touch is shared.
func (t *taking) block(b *course.Block) *course.Block {
	n := nameOf(b)
	if t.way[n] { // it would stand in itself
		t.lose(b)
		return b
	}
	t.way[n] = true
	defer delete(t.way, n)
	out := *b
	children := b.Children
	if t.changed[n] {
		a, d := t.wasAt[n].block, t.didAt[n].block
		t.record(a, d, &out)
		children = t.children(a, d, b)
	}
	out.Children = nil
	for _, child := range children {
		now, there := t.nowAt[nameOf(child)]
		switch {
		case slices.Contains(b.Children, child):
			out.Children = append(out.Children, t.block(child))
		case there: // moved away by the act
			out.Children = append(out.Children, t.block(now.block))
		default:
			back := t.back(child)
			if t.fit != nil {
				back = t.fit(back)
			}
			if back != nil {
				out.Children = append(out.Children, back)
			}
		}
	}
	if identical(out.Children, b.Children) && sameRecord(&out, b) {
		return b
	}
	return &out
}

// back makes a block that the act deleted; what stood in it and stands elsewhere now comes home.
func (t *taking) back(b *course.Block) *course.Block {
	out := *b
	out.Children = nil
	for _, child := range b.Children {
		now, there := t.nowAt[nameOf(child)]
		_, kept := t.didAt[nameOf(child)]
		switch {
		case there != kept: // somebody else brought it back, or deleted it where it went
			t.lose(child)
		case kept:
			out.Children = append(out.Children, t.block(now.block))
		default:
			out.Children = append(out.Children, t.back(child))
		}
	}
	if identical(out.Children, b.Children) {
		return b
	}
	return &out
}

// record sets what the act changed of a block's settings and text back.
func (t *taking) record(was, did, b *course.Block) {
	ok := true
	field := func(was, did, now course.Value) course.Value {
		if was == did || now == was {
			return now
		}
		ok = ok && now == did
		return was
	}
	b.Fields, b.Attrs = b.Fields.Clone(), maps.Clone(b.Attrs)
	for _, name := range keysOf(was.Fields, did.Fields) {
		v := field(was.Fields[name], did.Fields[name], b.Fields[name])
		if v == "" {
			delete(b.Fields, name)
			continue
		}
		if b.Fields == nil {
			b.Fields = course.Fields{}
		}
		b.Fields[name] = v
	}
	for _, name := range keysOf(was.Attrs, did.Attrs) {
		old, had := was.Attrs[name]
		if made, has := did.Attrs[name]; had == has && old == made {
			continue
		}
		is, there := b.Attrs[name]
		made, has := did.Attrs[name]
		ok = ok && (there == has && is == made || there == had && is == old)
		if !had {
			delete(b.Attrs, name)
			continue
		}
		if b.Attrs == nil {
			b.Attrs = map[string]string{}
		}
		b.Attrs[name] = old
	}
	if !bytes.Equal(was.Body, did.Body) && !bytes.Equal(b.Body, was.Body) {
		ok = ok && bytes.Equal(b.Body, did.Body)
		b.Body = was.Body
	}
	if was.Form != did.Form && b.Form != was.Form {
		ok = ok && b.Form == did.Form
		b.Form = was.Form
	}
	if !ok {
		t.lose(did)
	}
}

func keysOf[V any](a, b map[string]V) []string {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// children makes the list of what stands in a block: without what the act put there, with what it took away, in the order of before.
func (t *taking) children(was, did, now *course.Block) []*course.Block {
	n := nameOf(now)
	a, d := namesIn(was), namesIn(did)
	var list []*course.Block
	for _, child := range now.Children {
		c := nameOf(child)
		if d[c] && !a[c] {
			t.leaves(c, child)
		} else {
			list = append(list, child)
		}
	}
	for i, child := range was.Children {
		c := nameOf(child)
		if d[c] || !t.missing(n, c, child) {
			continue
		}
		at := 0
		for _, before := range slices.Backward(was.Children[:i]) {
			if j := slices.IndexFunc(list, func(x *course.Block) bool { return nameOf(x) == nameOf(before) }); j >= 0 {
				at = j + 1
				break
			}
		}
		list = slices.Insert(list, at, child)
	}
	if !sameOrder(was, did) {
		if !sameOrder(did, now) && !sameOrder(was, now) {
			t.lose(did)
		}
		list = orderAs(list, was.Children)
	}
	return list
}

func namesIn(b *course.Block) map[name]bool {
	out := make(map[name]bool, len(b.Children))
	for _, c := range b.Children {
		out[nameOf(c)] = true
	}
	return out
}

// leaves looks whether a child may be taken out of where the act put it. What the act made goes only as the act made it, what it moved
// only where it stood.
func (t *taking) leaves(c name, child *course.Block) {
	if old, moved := t.wasAt[c]; moved {
		if _, there := t.nowAt[old.above]; !there && !t.comesBack(old.above) {
			t.lose(child)
		}
		return
	}
	if !Same(child, t.didAt[c].block) {
		t.lose(child)
	}
}

// comesBack reports whether a block comes back with undoing: the act deleted it.
func (t *taking) comesBack(n name) bool {
	_, kept := t.didAt[n]
	return !kept
}

// missing reports whether a child that the act took away from a block is to be put back there.
func (t *taking) missing(above, c name, child *course.Block) bool {
	now, there := t.nowAt[c]
	if there && now.above == above {
		return false // it is back
	}
	moved, kept := t.didAt[c]
	switch {
	case !kept && there, kept && !there, kept && now.above != moved.above:
		t.lose(child) // somebody else brought it back, deleted it or moved it on
		return false
	}
	return true
}

// pages makes the list of pages beside the tree without the act.
func (t *taking) pages() []*course.Block {
	if slices.EqualFunc(t.was.Pages, t.did.Pages, func(a, b *course.Block) bool { return a == b }) {
		return t.now.Pages
	}
	same := func(a, b *course.Block) bool { return a == b || a != nil && b != nil && sameRecord(a, b) }
	list := slices.Clone(t.now.Pages)
	for _, p := range slices.Concat(t.was.Pages, t.did.Pages) {
		was, did, now := t.was.Page(p.Type, p.ID), t.did.Page(p.Type, p.ID), t.now.Page(p.Type, p.ID)
		if same(was, did) || same(now, was) {
			continue
		}
		if !same(now, did) {
			t.lose(p)
		}
		at := slices.IndexFunc(list, func(x *course.Block) bool { return nameOf(x) == nameOf(p) })
		switch {
		case was == nil && at >= 0:
			list = slices.Delete(list, at, at+1)
		case at >= 0:
			list[at] = was
		case was != nil:
			list = append(list, was)
		}
	}
	return list
}

// IsTooLate reports whether an undo was refused because others changed the same since.
func IsTooLate(err error) bool {
	f, ok := fault.As(err)
	lost := (*Lost)(nil)
	return ok && f.Kind == fault.Conflict && !errors.As(err, &lost) && strings.HasPrefix(f.Message, "draft.undo_late")
}
