package draft

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/team"
	"lyceum/internal/fault"
)

// Editor is the door through which authors change courses.
type Editor struct {
	Courses *modulestore.Store
	// Schemas are the fields of each kind of block, by type. A kind that is not listed keeps its fields unchecked.
	Schemas map[string]course.Schema
	// Loads says why a block would not load for learners, such as XML that does not parse: one line each, none when it loads. Such
	// a block is kept and shown to authors, and its unit is not published. It may be nil.
	Loads func(*course.Block) []string
	// Answers says in which ways a problem asks, by the tags of its responses. It may be nil; then no problem has any.
	Answers func(*course.Block) []string
	// Files keeps the lists of courses' files; the content store is one. nil: what is pasted brings none along.
	Files Files
}

// Author is who edits.
type Author struct {
	Name  string // username, "" for a command
	Roles team.Roles
	// Everywhere says that the person is staff of the whole site, or that a command acts.
	Everywhere bool
}

// May refuses, as Forbidden, whoever may not author a course.
func (a Author) May(key course.Key) error {
	if a.Everywhere || a.Roles.In(key).MayAuthor() {
		return nil
	}
	return fault.Forbiddenf("%q may not author %s", a.Name, key)
}

// Op is one operation on a course: [Create], [Update], [Move], [Duplicate], [Delete], [Reorder], [RenamePage], [Tabs], [Paste],
// [Grading], [Settings], [WritePage], [Textbooks], [Sync], [Partitions], [FillExperiment], [Undo].
type Op interface {
	// apply makes the change in w, or refuses with an error of kind Invalid, NotFound or Conflict.
	apply(w *work) error
	// touches says what the author must have seen as it still is for the operation to be meant as it stands.
	touches() []touch
	// words describes the operation in a version's message.
	words(b Branches) string
}

// Edit is one act of an author: operations made in order, all or none.
type Edit struct {
	Key course.Key
	By  Author
	// Seen is the draft the author worked on. When it is no longer in force the edit is made on the present draft if nobody else
	// changed what it touches, and refused with a [*Lost] otherwise. "" asks for no such care: the last one wins.
	Seen course.VersionID
	// Words is the message of the version; "" makes one from the operations.
	Words string
	Ops   []Op
	// Files makes, of what is in force and of what the edit makes of the branches, the list of files the edit puts in force with them. It
	// may run more than once; nil leaves the files as they are.
	Files func(ctx context.Context, now modulestore.Head, next Branches) (manifest string, err error)
}

// Done says what an edit came to.
type Done struct {
	Head   modulestore.Head
	Before modulestore.Head // in force right before the edit; what it took away can be read there
	// Made are the new blocks in the order of the operations that made them, without what stands below.
	Made []course.UsageKey
	// Files are the normalized names of the files that pasted blocks show; they are in the course the blocks came from.
	Files []string
	// Brought are the files that came along with what was pasted or copied out of a library, Clashing those whose name belongs to another
	// file here, which stays.
	Brought, Clashing []string
	// Published are the units the edit published along with the draft, see [Update].
	Published []course.UsageKey
	// Withheld are the blocks that came back to authors but not to learners, because they do not load, see [Restore].
	Withheld []course.UsageKey
	Rebased  bool // the draft had moved since Seen
}

// work is an edit under way.
type work struct {
	Branches
	ctx     context.Context //nolint:containedctx // a work lives no longer than the call that makes it
	editor  *Editor
	by      Author
	done    Done
	publish []course.UsageKey // units to publish once all operations are made
	lost    []string          // what cannot be taken back, because others changed it
}

// tries bounds how often an edit is made anew because the course moved meanwhile.
const tries = 20

// Apply makes an edit. It is durable when Apply returns, and made whole or not at all.
func (e *Editor) Apply(ctx context.Context, edit Edit) (Done, error) {
	return e.Change(ctx, edit, func(w Branches) (Branches, Done, error) { return e.make(ctx, edit, w) })
}

// Change is the way every act of an author takes: permission, the branches in force, the change, compare-and-set, anew when the
// course moved meanwhile. The operations of the edit say only what it touches; make makes it, may run more than once, and gets
// branches it must not change in place.
func (e *Editor) Change(ctx context.Context, edit Edit, apply func(Branches) (Branches, Done, error)) (Done, error) {
	edit.Key = edit.Key.Bare()
	if err := edit.By.May(edit.Key); err != nil {
		return Done{}, err
	}
	for try := range tries {
		if err := pause(ctx, try); err != nil {
			return Done{}, err
		}
		head, now, err := e.Read(ctx, edit.Key)
		if err != nil {
			return Done{}, err
		}
		rebased := edit.Seen != "" && edit.Seen != head.Draft
		if rebased {
			if err := e.rebase(ctx, edit, head, now); err != nil {
				return Done{}, err
			}
		}
		next, done, err := apply(now)
		if err != nil {
			return Done{}, err
		}
		done.Rebased, done.Before = rebased, head
		r := request(edit, head, now, next)
		if edit.Files != nil {
			manifest, err := edit.Files(ctx, head, next)
			if err != nil {
				return Done{}, err
			}
			r.Files = &manifest
		}
		done.Head, err = e.Courses.Edit(ctx, r)
		if moved := (*modulestore.Conflict)(nil); errors.As(err, &moved) {
			continue
		}
		if err != nil {
			return Done{}, fmt.Errorf("edit %s: %w", edit.Key, err)
		}
		return done, nil
	}
	return Done{}, fault.Busyf("%s moves all the time", edit.Key)
}

// pause lets those who were first go ahead.
func pause(ctx context.Context, try int) error {
	if try < 2 {
		return ctx.Err()
	}
	timer := time.NewTimer(rand.N(time.Duration(try) * 5 * time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Read returns what is in force of a course on both branches.
func (e *Editor) Read(ctx context.Context, key course.Key) (modulestore.Head, Branches, error) {
	head, err := e.Courses.Head(ctx, key)
	if err != nil {
		return head, Branches{}, err
	}
	b := Branches{Files: head.Files}
	if b.Draft, _, err = e.Courses.ContentAt(ctx, head.Draft); err != nil {
		return head, b, err
	}
	if head.Published != "" {
		b.Published, _, err = e.Courses.ContentAt(ctx, head.Published)
	}
	return head, b, err
}

func request(edit Edit, head modulestore.Head, now, next Branches) modulestore.Edit {
	r := modulestore.Edit{Key: edit.Key, Seen: head, Author: edit.By.Name, Message: edit.Words}
	if r.Message == "" {
		r.Message = wordsOf(edit.Ops, now)
	}
	if next.Draft != now.Draft {
		r.Draft = next.Draft
	}
	if next.Published != now.Published {
		r.Published = next.Published
	}
	if next.Files != now.Files {
		r.Files = &next.Files
	}
	return r
}

func wordsOf(ops []Op, b Branches) string {
	var all []string
	for i, op := range ops {
		if i == 3 {
			all = append(all, fmt.Sprintf("and %d more", len(ops)-i))
			break
		}
		all = append(all, op.words(b))
	}
	return strings.Join(all, "; ")
}

// make runs the operations over branches.
func (e *Editor) make(ctx context.Context, edit Edit, b Branches) (Branches, Done, error) {
	w := &work{Branches: b, ctx: ctx, editor: e, by: edit.By}
	for _, op := range edit.Ops {
		if err := op.apply(w); err != nil {
			return b, Done{}, err
		}
	}
	for _, unit := range w.publish {
		if err := w.republish(unit); err != nil {
			return b, Done{}, err
		}
	}
	return w.Branches, w.done, nil
}

// title names a block in a version's message.
func title(c *course.Content, u course.UsageKey) string {
	if b := Block(c, u); b != nil {
		if s, ok := b.Fields["display_name"].Text(); ok && s != "" {
			return fmt.Sprintf("%s %q", Called(u.Type), s)
		}
	}
	if u.Type == "course_info" {
		return u.ID // updates, handouts
	}
	return Called(u.Type) + " " + u.ID
}

// Called is what authors call a kind of block in a version's message, which is in English.
func Called(kind string) string {
	switch kind {
	case "chapter":
		return "section"
	case "sequential":
		return "subsection"
	case "vertical":
		return "unit"
	case "html":
		return "text"
	case "static_tab":
		return "page"
	case "library_content":
		return "problems from a library"
	case "split_test":
		return "experiment"
	}
	return strings.ReplaceAll(kind, "_", " ")
}
