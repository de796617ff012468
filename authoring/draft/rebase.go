package draft

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// aspect is what of a block an operation relies on.
type aspect uint8

const (
	presence   aspect = iota // that it is there
	record                   // its settings and text
	order                    // which blocks stand in it, in which order
	place                    // where it stands
	everything               // all of it and what is below
	grading                  // of the course: its grading policy
	setting                  // one of its settings
	page                     // a page beside the tree, also that there is none
)

type touch struct {
	block  course.UsageKey
	aspect aspect
	field  string // the name of a setting
}

// Lost is the cause of an error of kind Conflict when somebody else changed what an edit touches since the author looked. It holds
// both sides, so that the author can choose; nothing of either is stored over the other.
type Lost struct { //nolint:errname // it is the cause of an error of kind Conflict
	Key       course.Key
	Seen, Now course.VersionID
	Author    string    // of the version Now
	Time      time.Time // of the version Now, UTC
	Clashes   []Clash
}

// Clash is one block two authors changed at once. Each side is nil where the block is not there.
type Clash struct {
	Block  course.UsageKey // of the grading policy, the course itself
	Fields []string        // the settings both changed; none means the block as a whole
	Base   *course.Block   // as the author saw it
	Mine   *course.Block   // as the author wants it; nil too when it cannot be made any more
	Theirs *course.Block   // as it is now
}

func (l *Lost) Error() string {
	return fmt.Sprintf("%d blocks of %s have changed between version %s and %s", len(l.Clashes), l.Key, l.Seen, l.Now)
}

// rebase refuses an edit that touches what somebody else changed since the version the author saw.
func (e *Editor) rebase(ctx context.Context, edit Edit, head modulestore.Head, now Branches) error {
	seen, err := e.at(ctx, edit.Key, edit.Seen)
	if err != nil {
		return err
	}
	var lost []Clash
	for _, op := range edit.Ops {
		touches, err := e.touchesOf(ctx, op, now.Draft)
		if err != nil {
			return err
		}
		for _, t := range touches {
			if clash(seen, now.Draft, t) {
				lost = addClash(lost, t, seen, now.Draft)
			}
		}
	}
	if len(lost) == 0 {
		return nil
	}
	if mine, _, err := e.make(ctx, edit, Branches{Draft: seen}); err == nil {
		for i := range lost {
			lost[i].Mine = lost[i].sideIn(mine.Draft)
		}
	}
	v, err := e.Courses.Version(ctx, head.Draft)
	if err != nil {
		return err
	}
	return (&fault.Error{Kind: fault.Conflict, Err: &Lost{
		Key: edit.Key, Seen: edit.Seen, Now: head.Draft, Author: v.Author, Time: v.Time, Clashes: lost,
	}}).Say("draft.lost_race", v.Author)
}

// touchesOf are the touches of an operation. What a restored block held, and stands elsewhere now, comes home: that is known from its version only.
func (e *Editor) touchesOf(ctx context.Context, op Op, now *course.Content) ([]touch, error) {
	out := op.touches()
	r, ok := op.(Restore)
	if !ok || r.Block.IsZero() {
		return out, nil
	}
	old, err := e.at(ctx, now.Key, r.Version)
	if err != nil {
		return nil, err
	}
	was, is := Block(old, r.Block), Block(now, r.Block)
	if was == nil {
		return out, nil // the operation itself says so
	}
	inside := map[name]bool{nameOf(was): true}
	if is != nil {
		is.Walk(func(x *course.Block) bool { inside[nameOf(x)] = true; return true })
	}
	was.Walk(func(x *course.Block) bool {
		u := nameOf(x).in(now.Key)
		if inside[nameOf(x)] || Block(now, u) == nil {
			return true
		}
		out = append(out, touch{block: u, aspect: everything})
		return false
	})
	return out, nil
}

// policyField names the grading policy among the settings of a clash.
const policyField = "grading_policy"

// addClash adds what a touch lost; settings of one block come together.
func addClash(lost []Clash, t touch, seen, now *course.Content) []Clash {
	c := Clash{Block: t.block}
	switch t.aspect {
	case grading:
		c.Block, c.Fields = nameOf(now.Root).in(now.Key), []string{policyField}
	case setting:
		c.Fields = []string{t.field}
		if c.Block.Type == now.Root.Type {
			c.Block = nameOf(now.Root).in(now.Key)
		}
	default: // the block names all of it
	}

	for i := range lost {
		if lost[i].Block == c.Block && len(lost[i].Fields) > 0 && c.Fields != nil {
			lost[i].Fields = append(lost[i].Fields, c.Fields...)
			lost[i].Base, lost[i].Theirs = lost[i].sideIn(seen), lost[i].sideIn(now)
			return lost
		}
	}
	c.Base, c.Theirs = c.sideIn(seen), c.sideIn(now)
	return append(lost, c)
}

// sideIn is what clashes as a version has it. The grading policy stands among the settings of the course.
func (c Clash) sideIn(v *course.Content) *course.Block {
	b := Block(v, c.Block)
	if b == nil || !slices.Contains(c.Fields, policyField) {
		return b
	}
	out := *b
	out.Fields = b.Fields.Clone()
	if out.Fields == nil {
		out.Fields = course.Fields{}
	}
	out.Fields[policyField] = v.Grading
	return &out
}

// clash reports whether what is touched differs between what the author saw and what is now.
func clash(seen, now *course.Content, t touch) bool {
	if t.aspect == grading {
		return seen.Grading != now.Grading
	}
	was, is := Block(seen, t.block), Block(now, t.block)
	if t.aspect == page {
		return (was == nil) != (is == nil) || was != nil && !sameRecord(was, is)
	}
	if was == nil || is == nil {
		return was != nil // what the author never saw is refused by the operation itself
	}
	switch t.aspect {
	case record:
		return !sameRecord(was, is)
	case setting:
		return was.Fields[t.field] != is.Fields[t.field] || was.Attrs[t.field] != is.Attrs[t.field]
	case order:
		return !sameChildren(was, is)
	case everything:
		return !Same(was, is)
	case place:
		above, holds := Above(seen, t.block), Above(now, t.block)
		return (above == nil) != (holds == nil) || above != nil && nameOf(above) != nameOf(holds)
	default:
		return false
	}
}

// at reads a version of a course; NotFound when it is of another one.
func (e *Editor) at(ctx context.Context, key course.Key, id course.VersionID) (*course.Content, error) {
	c, v, err := e.Courses.ContentAt(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.Course != key.Bare() {
		return nil, fault.NotFoundf("version %s is not of %s", id, key)
	}
	return c, nil
}
