package draft

import (
	"maps"
	"slices"
	"strings"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// MaxBody is how long the text of one block may be, in bytes.
const MaxBody = 48 << 20

// Update changes one block: a block of the tree, a page, or the course itself.
//
// A block that takes content from a library gets it anew where the update chooses another library or other blocks of it, see [Sync]. A
// setting taken off a copy is the library's again.
//
// A split_test whose user_partition_id is set gets a unit for each group that has none, see [FillExperiment]. Groups in group_access, and that
// partition, must be of the course, or the update is refused as Invalid; what the block named before may stay.
//
// Setting or clearing the lock "visible to staff only" of a unit that learners have publishes the unit at once, other changes of its
// draft included: [Done].Published says so.
type Update struct {
	Block course.UsageKey
	Set   course.Fields // an explicit null is a value
	Unset []string      // inherit, or fall back to the default, again
	Body  *[]byte       // nil leaves it
	// Attrs, when not nil, replaces all attributes that no field claims.
	Attrs map[string]string
	// Children, when not nil, is the new order of all the block's children. Blocks that stand elsewhere are moved here; a list that
	// leaves a child out, or names a block without a parent, is refused as a Conflict: somebody else has changed the list.
	Children []course.UsageKey
}

// Metadata adds settings in the form clients send: null means unset, and to store a null the setting is named in nullout.
func (u *Update) Metadata(values course.Fields, nullout []string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v := values[name]; v.IsNull() {
			u.Unset = append(u.Unset, name)
		} else {
			u.set(name, v)
		}
	}
	for _, name := range nullout {
		u.Unset = slices.DeleteFunc(u.Unset, func(s string) bool { return s == name })
		u.set(name, course.Null)
	}
}

// Grader puts a subsection under an assignment type; "" and "notgraded" mean that it is not graded.
func (u *Update) Grader(assignment string) {
	if assignment == "" || strings.EqualFold(assignment, "notgraded") {
		u.Unset = append(u.Unset, "graded", "format")
		return
	}
	u.set("graded", "true")
	u.set("format", course.Text(assignment))
}

func (u *Update) set(name string, v course.Value) {
	if u.Set == nil {
		u.Set = course.Fields{}
	}
	u.Set[name] = v
}

func (u Update) changesRecord() bool {
	return len(u.Set) > 0 || len(u.Unset) > 0 || u.Body != nil || u.Attrs != nil
}

func (u Update) touches() []touch {
	var out []touch
	if u.changesRecord() {
		out = append(out, touch{block: u.Block, aspect: record})
	}
	if u.Children != nil {
		out = append(out, touch{block: u.Block, aspect: order})
	}
	return out
}

func (u Update) words(b Branches) string { return "Edit " + title(b.Draft, u.Block) }

func (u Update) apply(w *work) error {
	if u.changesRecord() {
		if err := u.check(w); err != nil {
			return err
		}
		if err := u.checkGroups(w); err != nil {
			return err
		}
		chosen, err := u.choosePartition(w)
		if err != nil {
			return err
		}
		op, err := w.fromLibrary(u)
		if err != nil {
			return err
		}
		was := Block(w.Draft, u.Block)
		if err := w.update(u.Block, op.record); err != nil {
			return err
		}
		if err := w.resync(u, was); err != nil {
			return err
		}
		if chosen {
			w.fill(find(w.Draft, u.Block))
		}
	}
	if u.Children != nil {
		return w.arrange(u.Block, u.Children)
	}
	return nil
}

// check refuses values that do not fit their fields.
func (u Update) check(w *work) error {
	if u.Body != nil && len(*u.Body) > MaxBody {
		return fault.TooLargef("text of %d bytes", len(*u.Body)).Say("draft.too_long")
	}
	return w.editor.checkFields(u.Block.Type, u.Set)
}

// checkFields refuses values that do not fit their fields, each beside its field. Names no field of the kind claims are kept as they
// are.
func (e *Editor) checkFields(blockType string, set course.Fields) error {
	schema, known := e.Schemas[blockType]
	bad := fault.Invalidf("settings of a %s do not fit", blockType)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		f, ok := schema.Field(name)
		if known && ok && !fits(f, set[name]) {
			bad.Field(name, "draft.bad_value")
		}
		if name == "" || !set[name].IsSet() {
			bad.Field(name, "draft.bad_value")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func fits(f course.Field, v course.Value) bool {
	if v.IsNull() {
		return true
	}
	if len(f.Options) > 0 && !f.Open {
		return slices.ContainsFunc(f.Options, func(o course.Option) bool { return o.Value == v })
	}
	var ok bool
	switch f.Type {
	case course.TypeBool:
		_, ok = v.Bool()
	case course.TypeInt:
		_, ok = v.Int()
	case course.TypeFloat:
		_, ok = v.Float()
	case course.TypeDate:
		_, ok = v.Time()
	case course.TypeTimedelta:
		_, ok = v.Duration()
	case course.TypeRelativeTime, course.TypeText, course.TypeReference:
		_, ok = v.Text()
	case course.TypeList, course.TypeReferenceList:
		ok = strings.HasPrefix(string(v), "[")
	case course.TypeMap, course.TypeReferenceMap:
		ok = strings.HasPrefix(string(v), "{")
	default:
		ok = true
	}
	return ok
}

// record changes one block in place.
func (u Update) record(b *course.Block) {
	b.Fields = b.Fields.Clone()
	b.Attrs = maps.Clone(b.Attrs)
	if u.Attrs != nil {
		b.Attrs = maps.Clone(u.Attrs)
	}
	for name, v := range u.Set {
		text, isText := v.Text()
		if _, ok := b.Attrs[name]; ok && isText { // an attribute no field claims stays one
			b.Attrs[name] = text
			continue
		}
		if b.Fields == nil {
			b.Fields = course.Fields{}
		}
		b.Fields[name] = v
	}
	for _, name := range u.Unset {
		delete(b.Fields, name)
		delete(b.Attrs, name)
	}
	if u.Body != nil {
		b.Body = slices.Clone(*u.Body)
		if b.Form == modulestore.Damaged { // what was lost is written anew
			b.Form = ""
			delete(b.Attrs, modulestore.Damaged)
		}
	}
}

// update runs f over a copy of a block: on the draft, and for what has no draft on what learners have too.
func (w *work) update(u course.UsageKey, f func(*course.Block)) error {
	if p := w.Draft.Page(u.Type, u.ID); p != nil {
		w.pages(func(pages []*course.Block) []*course.Block { return changePage(pages, u, f) })
		if now := w.Draft.Page(u.Type, u.ID); now.Fields["display_name"] != p.Fields["display_name"] {
			return w.nameTab(now)
		}
		return nil
	}
	way, err := w.must(u)
	if err != nil {
		return err
	}
	was := way.last()
	w.Draft = change(w.Draft, way, f)
	if direct[u.Type] {
		if old := find(w.Published, u); old != nil {
			w.Published = change(w.Published, old, f)
		}
		return nil
	}
	if way.isUnit() && find(w.Published, u) != nil && locked(was) != locked(find(w.Draft, u).last()) {
		w.publish = append(w.publish, nameOf(was).in(w.Draft.Key))
	}
	return nil
}

// republish publishes a unit whose lock has changed. When something in it does not load, learners get the lock alone.
func (w *work) republish(unit course.UsageKey) (err error) {
	now := find(w.Draft, unit)
	if w.loads(now.last()) {
		w.Branches, err = w.Publish(unit)
		w.done.Published = append(w.done.Published, unit)
		return err
	}
	const lock = "visible_to_staff_only"
	only := Update{Unset: []string{lock}}
	if v := now.last().Fields[lock]; v.IsSet() {
		only = Update{Set: course.Fields{lock: v}}
	}
	w.Published = change(w.Published, find(w.Published, unit), only.record)
	return nil
}

// loads reports whether a block, with everything in it, may reach learners.
func (w *work) loads(b *course.Block) bool {
	ok := true
	b.Walk(func(x *course.Block) bool {
		ok = ok && (w.editor.Loads == nil || len(w.editor.Loads(x)) == 0)
		return ok
	})
	return ok
}

func locked(b *course.Block) bool {
	v, _ := b.Fields["visible_to_staff_only"].Bool()
	return v
}

// Grading replaces the grading policy of a course; an unset value removes it. It reaches learners at once.
type Grading struct {
	Policy course.Value
	// Renamed are assignment types that go by another name now: subsections that count as the old one count as the new one.
	Renamed map[string]string
}

func (Grading) touches() []touch { return []touch{{aspect: grading}} }

func (Grading) words(Branches) string { return "Edit the grading policy" }

func (g Grading) apply(w *work) error {
	if g.Policy != "" && !strings.HasPrefix(string(g.Policy), "{") {
		return fault.Invalidf("a grading policy is a map")
	}
	for _, c := range []**course.Content{&w.Draft, &w.Published} {
		if *c == nil {
			continue
		}
		root := renamed((*c).Root, g.Renamed)
		if (*c).Grading != g.Policy || root != (*c).Root {
			out := **c
			out.Grading, out.Root = g.Policy, root
			*c = &out
		}
	}
	return nil
}

// renamed returns a section, a subsection or the course with new names of assignment types at and below it; what has none of the old
// names is shared.
func renamed(b *course.Block, names map[string]string) *course.Block {
	if len(names) == 0 || !direct[b.Type] {
		return b
	}
	children := b.Children
	for i, child := range b.Children {
		if with := renamed(child, names); with != child {
			if &children[0] == &b.Children[0] {
				children = slices.Clone(children)
			}
			children[i] = with
		}
	}
	was, _ := b.Fields["format"].Text()
	if names[was] == "" && (len(children) == 0 || &children[0] == &b.Children[0]) {
		return b
	}
	out := *b
	out.Children = children
	if names[was] != "" {
		out.Fields = b.Fields.Clone()
		out.Fields["format"] = course.Text(names[was])
	}
	return &out
}
