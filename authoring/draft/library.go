package draft

import (
	"context"
	"crypto/sha1" //nolint:gosec // makes ids as the platform we match does; protects nothing
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/team"
	"lyceum/internal/fault"
)

// A library is kept like a course that is never published: one line of drafts, of which courses take copies.

// MayRead refuses, as Forbidden, whoever may neither author a course or library nor, of a library, use what is in it.
func (a Author) MayRead(key course.Key) error {
	if key.Form == course.FormLibrary && a.Roles.In(key).LibraryUser {
		return nil
	}
	return a.May(key)
}

// MayCreateLibrary reports whether the author may make libraries of an organization: who may make courses of it, and who is on a team
// in it.
func (a Author) MayCreateLibrary(org string) bool {
	return a.MayCreate(org) || slices.ContainsFunc(a.Roles.Grants, func(g team.Grant) bool { return onTeam(g) && (g.Org == org || g.Course.Org == org) && org != "" })
}

// MayCreateAnyLibrary reports whether there is an organization of which the author may make libraries.
func (a Author) MayCreateAnyLibrary() bool {
	return a.MayCreateAny() || slices.ContainsFunc(a.Roles.Grants, onTeam)
}

func onTeam(g team.Grant) bool { return g.Role == team.Instructor || g.Role == team.Staff }

// NewLibrary is a library to be made.
type NewLibrary struct {
	Org, Number string
	Name        string // as authors see it
	By          Author
}

// Key checks the parts of the new library's key, each beside its field: org, library, display_name.
func (n NewLibrary) Key() (course.Key, error) {
	bad := fault.Invalidf("new library %q %q %q", n.Org, n.Number, n.Name)
	for _, part := range []struct{ field, text string }{{"org", n.Org}, {"library", n.Number}} {
		if part.text == "" {
			bad.Field(part.field, "draft.course.missing")
			continue
		}
		if _, err := course.ParseKey("library-v1:" + part.text + "+x"); err != nil || strings.Contains(part.text, "+") {
			bad.Field(part.field, "draft.course.letters")
		}
	}
	if strings.TrimSpace(n.Name) == "" {
		bad.Field("display_name", "draft.course.missing")
	}
	if len(bad.Fields) == 0 && len([]rune(n.Org+n.Number)) > MaxKey {
		bad.Field("library", "draft.library.long")
	}
	if len(bad.Fields) > 0 {
		return course.Key{}, bad
	}
	return course.Key{Org: n.Org, Number: n.Number, Form: course.FormLibrary}, nil
}

// CreateLibrary makes an empty library. A key that is taken, also in other letters of case, is refused as a Conflict. Roles are given by
// the caller.
func (e *Editor) CreateLibrary(ctx context.Context, n NewLibrary) (modulestore.Head, error) {
	n.Org, n.Number, n.Name = strings.TrimSpace(n.Org), strings.TrimSpace(n.Number), strings.TrimSpace(n.Name)
	key, err := n.Key()
	if err != nil {
		return modulestore.Head{}, err
	}
	if !n.By.MayCreateLibrary(key.Org) {
		return modulestore.Head{}, fault.Forbiddenf("%q may not create libraries of %s", n.By.Name, key.Org).Say("draft.library.not_creator", key.Org)
	}
	c := &course.Content{Key: key, Root: &course.Block{Type: "library", ID: "library", Fields: course.Fields{"display_name": course.Text(n.Name)}}}
	if _, err := e.Courses.Import(ctx, modulestore.ImportRequest{Key: key, Draft: c, Author: n.By.Name, Message: "Create the library", New: true}); err != nil {
		return modulestore.Head{}, err
	}
	return e.Courses.Head(ctx, key)
}

// notInLibraries are kinds that mean something in courses alone.
var notInLibraries = map[string]bool{
	"discussion": true, "library_content": true, "library_sourced": true, "itembank": true, "openassessment": true, "drag-and-drop-v2": true,
}

// FitsLibrary reports whether authors may add blocks of a type to libraries. What an archive brings stays, whatever it is.
func FitsLibrary(blockType string) bool {
	return !notInLibraries[blockType] && !direct[blockType] && !pageTypes[blockType] && blockType != "library"
}

// Fields by which a block of a course takes content from a library, and by which a copy tells what it is one of.
const (
	sourceLibrary = "source_library_id"
	sourceVersion = "source_library_version"
	capaType      = "capa_type"
	copiedFrom    = "copied_from_block"
)

// SourceLibrary is the library a block takes its content from; ok is false for one that names none.
func SourceLibrary(b *course.Block) (course.Key, bool) {
	if b == nil || b.Type != "library_content" {
		return course.Key{}, false
	}
	text, _ := b.Fields[sourceLibrary].Text()
	key, err := course.ParseURLKey(strings.TrimSpace(text))
	return key.Bare(), err == nil && key.Form == course.FormLibrary
}

// SourceVersion is the version of the library a block holds copies of, "" for none that is known.
func SourceVersion(b *course.Block) course.VersionID {
	text, _ := b.Fields[sourceVersion].Text()
	return course.VersionID(text)
}

// CopiedFrom is the block of a library that b is a copy of; ok is false for what is none.
func CopiedFrom(b *course.Block) (course.UsageKey, bool) {
	text, ok := b.Fields[copiedFrom].Text()
	if !ok {
		return course.UsageKey{}, false
	}
	u, err := course.ParseUsageKey(text)
	return u, err == nil && u.Course.Form == course.FormLibrary
}

// derivedID is the id of the copy of a library's block in a block of a course. It is that of the platform we match, to the letter: what
// learners have answered belongs to it, and courses come from there with such ids.
func derivedID(library course.Key, id, parent string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "b'%s+branch@library':%s:%s", library.Bare(), id, parent)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])[:20]
}

// Sync brings what a block has of its library up to a version of it: blocks that are new there are copied, those that are gone go, and
// what was changed there is changed here. The copies keep their ids, and the settings that were given them here. Files they show come
// along, see [Done].
type Sync struct{ Block course.UsageKey }

func (s Sync) touches() []touch { return []touch{{block: s.Block, aspect: presence}} }

func (s Sync) words(b Branches) string {
	return "Update " + title(b.Draft, s.Block) + " from its library"
}

func (s Sync) apply(w *work) error {
	way, err := w.must(s.Block)
	if err != nil {
		return err
	}
	b := way.last()
	key, ok := SourceLibrary(b)
	if !ok {
		return fault.Invalidf("%s names no library", s.Block).Say("draft.library.none")
	}
	if err := w.by.MayRead(key); err != nil {
		return fault.Errorf(fault.Forbidden, "%w", err).Say("draft.library.forbidden", key.String())
	}
	head, err := w.editor.Courses.Head(w.ctx, key)
	if fault.Is(err, fault.NotFound) {
		return fault.Errorf(fault.NotFound, "%w", err).Say("draft.library.gone", key.String())
	}
	if err != nil {
		return err
	}
	library, err := w.editor.at(w.ctx, key, head.Draft)
	if err != nil {
		return err
	}
	children := w.editor.copies(library, b)
	base, err := w.editor.baseOf(w.ctx, b)
	if err != nil {
		return err
	}
	old := map[name]*course.Block{}
	b.Walk(func(x *course.Block) bool { old[nameOf(x)] = x; return true })
	for _, child := range children {
		child.Walk(func(x *course.Block) bool { w.editor.merge(x, old[nameOf(x)], base[nameOf(x)]); return true })
	}
	if err := w.bring(&course.Block{Children: children}, head.Files, "", true); err != nil {
		return err
	}
	for i, child := range children { // what says the same stays the same, and is not stored anew
		if was := old[nameOf(child)]; was != nil && Same(was, child) {
			children[i] = was
		}
	}
	w.Draft = change(w.Draft, way, func(b *course.Block) {
		b.Children = children
		b.Fields = b.Fields.Clone()
		b.Fields[sourceVersion] = course.Text(string(head.Draft))
	})
	return nil
}

// copies are the blocks of a library as a block of a course holds them: with ids of their own, links that hold there, and their origin.
func (e *Editor) copies(library *course.Content, into *course.Block) []*course.Block {
	wanted, _ := into.Fields[capaType].Text()
	c := copying{library: library.Key.Bare(), ids: map[string]string{}}
	var out []*course.Block
	for _, b := range library.Root.Children {
		if wanted != "" && wanted != "any" && (b.Type != "problem" || e.Answers == nil || !slices.Contains(e.Answers(b), wanted)) {
			continue
		}
		out = append(out, c.block(b, into.ID))
	}
	c.settle(out)
	return out
}

// copying is the making of copies out of a library.
type copying struct {
	library course.Key
	ids     map[string]string
}

func (c *copying) block(b *course.Block, parent string) *course.Block {
	out := *b
	out.ID = derivedID(c.library, b.ID, parent)
	from := c.library.Usage(b.Type, b.ID).String()
	c.ids[b.ID] = out.ID
	out.Attrs = maps.Clone(b.Attrs)
	if out.Fields = b.Fields.Clone(); out.Fields == nil {
		out.Fields = course.Fields{}
	}
	out.Fields[copiedFrom] = course.Text(from)
	out.Children = nil
	for _, child := range b.Children {
		out.Children = append(out.Children, c.block(child, out.ID))
	}
	return &out
}

// settle makes what the copies say of files and of each other hold where they are.
func (c *copying) settle(blocks []*course.Block) {
	text := func(s string) string { return portable(jumps(s, c.ids), c.library, course.Key{}) }
	for _, b := range blocks {
		b.Walk(func(x *course.Block) bool {
			for n, v := range x.Fields {
				if n != copiedFrom {
					x.Fields[n] = course.Value(text(string(v)))
				}
			}
			for n, v := range x.Attrs {
				x.Attrs[n] = text(v)
			}
			if body := text(string(x.Body)); body != string(x.Body) {
				x.Body = []byte(body)
			}
			return true
		})
	}
}

// baseOf is what the library had of a block's copies when they were made, by the names of the copies; nil where nobody knows any more.
func (e *Editor) baseOf(ctx context.Context, b *course.Block) (map[name]*course.Block, error) {
	key, ok := SourceLibrary(b)
	version := SourceVersion(b)
	for _, child := range b.Children { // the library may have been changed for another, and then nothing is left of the first
		if u, ok := CopiedFrom(child); ok && u.Course != key {
			key = u.Course
		}
	}
	if !ok || version == "" {
		return nil, nil //nolint:nilnil // nobody knows
	}
	library, err := e.at(ctx, key, version)
	if fault.Is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // it came from another site, or was swept away with its library
	}
	if err != nil {
		return nil, err
	}
	out := map[name]*course.Block{}
	c := copying{library: key, ids: map[string]string{}}
	var all []*course.Block
	for _, x := range library.Root.Children {
		all = append(all, c.block(x, b.ID))
	}
	c.settle(all)
	for _, x := range all {
		x.Walk(func(y *course.Block) bool { out[nameOf(y)] = y; return true })
	}
	return out, nil
}

// merge gives a fresh copy the settings its author gave the one before it. Text is the library's always. Without a base everything that
// is set on the old copy counts as given here: that is what copies from other sites are like.
func (e *Editor) merge(fresh, old, base *course.Block) {
	if old == nil {
		return
	}
	schema := e.Schemas[fresh.Type]
	for n, mine := range old.Fields {
		f, known := schema.Field(n)
		if n == copiedFrom || n == "markdown" || known && f.Scope == course.ScopeContent {
			continue
		}
		if base == nil || base.Fields[n] != mine {
			fresh.Fields[n] = mine
		}
	}
	for n, mine := range old.Attrs {
		if base == nil {
			continue // an attribute no field claims belongs to the text
		}
		if was, ok := base.Attrs[n]; !ok || was != mine {
			if fresh.Attrs == nil {
				fresh.Attrs = map[string]string{}
			}
			fresh.Attrs[n] = mine
		}
	}
}

// Original is what the library has of a copy, as the copy would be without any setting of its own: the version it was made of. It is nil
// where nobody knows.
func (e *Editor) Original(ctx context.Context, c *course.Content, u course.UsageKey) (*course.Block, error) {
	way := find(c, u)
	if way == nil {
		return nil, nil //nolint:nilnil // it is no copy
	}
	if _, ok := CopiedFrom(way.last()); !ok {
		return nil, nil //nolint:nilnil // it is no copy
	}
	for i := len(way) - 2; i >= 0; i-- {
		if way[i].Type != "library_content" {
			continue
		}
		base, err := e.baseOf(ctx, way[i])
		return base[nameOf(way.last())], err
	}
	return nil, nil //nolint:nilnil // it was moved out
}

// fromLibrary says of settings that are taken off a copy what the library says: without its own, a copy has those of its original.
func (w *work) fromLibrary(u Update) (Update, error) {
	if len(u.Unset) == 0 {
		return u, nil
	}
	from, err := w.editor.Original(w.ctx, w.Draft, u.Block)
	if err != nil || from == nil {
		return u, err
	}
	out := u
	out.Set, out.Unset = u.Set.Clone(), nil
	for _, n := range u.Unset {
		if v, ok := from.Fields[n]; ok {
			out.set(n, v)
		} else {
			out.Unset = append(out.Unset, n)
		}
	}
	return out, nil
}

// resync fetches the blocks of a library when the choice of them was changed. Another library must be there and open to the author; where
// only the choice among its blocks changed and it is not there any more, the copies stay.
func (w *work) resync(u Update, was *course.Block) error {
	now := Block(w.Draft, u.Block)
	if now == nil || now.Type != "library_content" || was == nil {
		return nil
	}
	chosen := now.Fields[sourceLibrary] != was.Fields[sourceLibrary]
	if !chosen && now.Fields[capaType] == was.Fields[capaType] {
		return nil
	}
	if text, _ := now.Fields[sourceLibrary].Text(); strings.TrimSpace(text) == "" {
		return nil // what it has stays until another library is chosen
	}
	if _, ok := SourceLibrary(now); !ok {
		return fault.Invalidf("%s: no key of a library", u.Block).Field(sourceLibrary, "draft.library.bad_key").Say("draft.library.bad_key")
	}
	err := Sync{Block: u.Block}.apply(w)
	f, ok := fault.As(err)
	switch {
	case err == nil || !ok || f.Kind != fault.NotFound && f.Kind != fault.Forbidden:
		return err
	case !chosen:
		return nil
	case f.Kind == fault.Forbidden:
		return err
	default:
		return fault.Invalidf("%w", err).Field(sourceLibrary, f.Message).Say(f.Message, f.Args...)
	}
}
