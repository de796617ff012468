package publish

import (
	"context"
	"fmt"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
)

// Publisher gives learners what authors have made ready.
type Publisher struct{ Editor *draft.Editor }

// Request names what to publish, discard or withdraw.
type Request struct {
	Block course.UsageKey
	// Also are further blocks of the course, taken in the same act.
	Also []course.UsageKey
	By   draft.Author
	// Seen is the draft the author looked at. When units in question have changed since, the request is refused with a [*draft.Lost];
	// "" takes them as they are now.
	Seen  course.VersionID
	Words string // message of the version, "" makes one
}

// Result says what came of a request.
type Result struct {
	draft.Done
	Units   []course.UsageKey // that changed for learners, or were discarded
	Refused []Finding         // of units that stay drafts because they do not load
}

// Publish publishes the unit a block belongs to, or every changed unit of a section, a subsection or the course, at once. Units that do not
// load stay drafts and are listed; when there is nothing else to publish the request is refused as Invalid, with a [*Refused] inside.
func (p *Publisher) Publish(ctx context.Context, r Request) (Result, error) {
	return p.act(ctx, r, "Publish", func(b draft.Branches, unit *course.Block, u course.UsageKey) (draft.Branches, []Finding, error) {
		if !b.Changed(unit) {
			return b, nil, nil
		}
		if bad := p.refuses(u, unit); len(bad) > 0 {
			return b, bad, nil
		}
		next, err := b.Publish(u)
		return next, nil, err
	})
}

// Discard takes the drafts at and below a block back to what learners have. What was never published is left as it is; a single unit
// of that kind is refused as Invalid.
func (p *Publisher) Discard(ctx context.Context, r Request) (Result, error) {
	return p.act(ctx, r, "Discard changes of", func(b draft.Branches, unit *course.Block, u course.UsageKey) (draft.Branches, []Finding, error) {
		if b.Published == nil || draft.Block(b.Published, u) == nil {
			if r.Block.Type == u.Type && r.Block.ID == u.ID {
				return b, nil, fault.Invalidf("%s was never published", u).Say("draft.never_published")
			}
			return b, nil, nil
		}
		if !b.Changed(unit) {
			return b, nil, nil
		}
		next, err := b.Discard(u)
		return next, nil, err
	})
}

// Unpublish takes the units at and below a block from learners; authors keep them as drafts that were never published.
func (p *Publisher) Unpublish(ctx context.Context, r Request) (Result, error) {
	return p.act(ctx, r, "Unpublish", func(b draft.Branches, _ *course.Block, u course.UsageKey) (draft.Branches, []Finding, error) {
		if b.Published == nil || draft.Block(b.Published, u) == nil {
			return b, nil, nil
		}
		next, err := b.Withdraw(u)
		return next, nil, err
	})
}

// Hide locks or unlocks a unit, a subsection or a section: only staff see what is locked. A unit that learners have is published at
// once, other changes of its draft included.
func (p *Publisher) Hide(ctx context.Context, r Request, hidden bool) (Result, error) {
	u := draft.Update{Block: r.Block, Unset: []string{"visible_to_staff_only"}}
	if hidden {
		u = draft.Update{Block: r.Block, Set: course.Fields{"visible_to_staff_only": "true"}}
	}
	done, err := p.Editor.Apply(ctx, draft.Edit{Key: r.Block.Course, By: r.By, Seen: r.Seen, Words: r.Words, Ops: []draft.Op{u}})
	return Result{Done: done, Units: done.Published}, err
}

// Refused is the cause of an error when nothing could be published.
type Refused struct{ Findings []Finding } //nolint:errname // it is the cause of an error of kind Invalid

func (r *Refused) Error() string {
	return fmt.Sprintf("%d blocks do not load for learners", len(r.Findings))
}

// step does something to one unit, or tells why not.
type step func(b draft.Branches, unit *course.Block, u course.UsageKey) (draft.Branches, []Finding, error)

// act takes every unit at and below a block through a step and puts the outcome in force at once.
func (p *Publisher) act(ctx context.Context, r Request, verb string, do step) (Result, error) {
	var out Result
	edit := draft.Edit{Key: r.Block.Course, By: r.By, Seen: r.Seen, Words: r.Words}
	blocks := append([]course.UsageKey{r.Block}, r.Also...)
	for _, u := range blocks {
		edit.Ops = append(edit.Ops, draft.Whole{Block: u, Verb: verb})
	}
	done, err := p.Editor.Change(ctx, edit, func(b draft.Branches) (draft.Branches, draft.Done, error) {
		out = Result{}
		var units []*course.Block
		for _, u := range blocks {
			more, err := b.Units(u)
			if err != nil {
				return b, draft.Done{}, err
			}
			units = append(units, more...)
		}
		taken := map[*course.Block]bool{}
		for _, unit := range units {
			if taken[unit] { // it was named, and so was what holds it
				continue
			}
			taken[unit] = true
			u := b.Draft.Key.Usage(unit.Type, unit.ID)
			next, refused, err := do(b, unit, u)
			if err != nil {
				return b, draft.Done{}, err
			}
			out.Refused = append(out.Refused, refused...)
			if next != b {
				out.Units = append(out.Units, u)
			}
			b = next
		}
		if len(out.Refused) > 0 && len(out.Units) == 0 {
			return b, draft.Done{}, (&fault.Error{Kind: fault.Invalid, Err: &Refused{out.Refused}}).Say("publish.refused")
		}
		return b, draft.Done{}, nil
	})
	out.Done = done
	return out, err
}

// refuses lists what of a unit does not load.
func (p *Publisher) refuses(u course.UsageKey, unit *course.Block) []Finding {
	if p.Editor.Loads == nil {
		return nil
	}
	var out []Finding
	unit.Walk(func(b *course.Block) bool {
		for _, why := range p.Editor.Loads(b) {
			line, words := Placed(why)
			name, _ := b.Fields["display_name"].Text()
			out = append(out, Finding{Kind: DoesNotLoad, Block: u.Course.Usage(b.Type, b.ID), Unit: u, Name: name, Line: line, Detail: words})
		}
		return true
	})
	return out
}
