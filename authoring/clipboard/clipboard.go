package clipboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
)

// Bounds of what is copied at once and of how long it is kept. A version outlives its course by as long, see modulestore.Options.
const (
	MaxBlocks = 5000
	MaxBytes  = 64 << 20
	KeptFor   = 30 * 24 * time.Hour
)

// Service keeps one copy for each author. It is safe for concurrent use; the last copy wins.
type Service struct {
	DB     *pgxpool.Pool
	Editor *draft.Editor
	Clock  func() time.Time
}

// Item is what somebody has copied.
type Item struct {
	ID         int64 // of this copy
	User       int64
	Block      course.UsageKey
	Version    course.VersionID
	Files      string // manifest of the course's files then
	Name       string // of the block, "" where it has none
	CourseName string
	Copied     time.Time // UTC
}

// Copy takes a block up, with everything below it, as the draft holds it now. It replaces what the author had copied before. Who may not
// author the course is Forbidden, what is not there NotFound, the course itself and what is too large Invalid and TooLarge.
func (s *Service) Copy(ctx context.Context, by draft.Author, user int64, u course.UsageKey) (Item, error) {
	if err := by.May(u.Course); err != nil {
		return Item{}, err
	}
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return Item{}, err
	}
	way := draft.Way(b.Draft, u)
	switch {
	case way == nil:
		return Item{}, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	case len(way) == 1:
		return Item{}, fault.Invalidf("the course itself cannot be copied").Say("clipboard.whole_course")
	}
	block := way[len(way)-1]
	if err := bound(block); err != nil {
		return Item{}, err
	}
	it := Item{
		User: user, Block: u.Course.Bare().Usage(block.Type, block.ID), Version: head.Draft, Files: head.Files, Name: nameOf(block), CourseName: nameOf(b.Draft.Root),
		Copied: s.Clock().UTC().Truncate(time.Microsecond),
	}
	const query = `
		INSERT INTO clipboard (user_id, usage_key, version, files, name, course_name, copied_at)
		VALUES (@user, @block, @version, @files, @name, @course, @copied)
		ON CONFLICT (user_id) DO UPDATE SET
			id = DEFAULT, usage_key = @block, version = @version, files = @files, name = @name, course_name = @course, copied_at = @copied
		RETURNING id`
	err = s.DB.QueryRow(ctx, query, pgx.StrictNamedArgs{
		"user": user, "block": it.Block.String(), "version": string(it.Version), "files": it.Files, "name": it.Name, "course": it.CourseName, "copied": it.Copied,
	}).Scan(&it.ID)
	if err != nil {
		return Item{}, fmt.Errorf("copy %s: %w", u, err)
	}
	return it, nil
}

// bound refuses what is too large to be pasted in one act.
func bound(b *course.Block) error {
	blocks, bytes := 0, 0
	b.Walk(func(x *course.Block) bool {
		blocks++
		bytes += len(x.Body)
		return true
	})
	if blocks > MaxBlocks || bytes > MaxBytes {
		return fault.TooLargef("copy of %d blocks with %d bytes", blocks, bytes).Say("clipboard.too_large", MaxBlocks, MaxBytes>>20)
	}
	return nil
}

func nameOf(b *course.Block) string {
	s, _ := b.Fields["display_name"].Text()
	return s
}

// Find returns what somebody has copied; ok is false for nothing, for what is too old, and for what is of a course the author may not
// write any more.
func (s *Service) Find(ctx context.Context, by draft.Author, user int64) (it Item, ok bool, err error) {
	const query = `
		SELECT id, user_id, usage_key, version, files, name, course_name, copied_at
		FROM   clipboard
		WHERE  user_id = @user AND copied_at > @since`
	var block, version string
	err = s.DB.QueryRow(ctx, query, pgx.StrictNamedArgs{"user": user, "since": s.Clock().Add(-KeptFor)}).
		Scan(&it.ID, &it.User, &block, &version, &it.Files, &it.Name, &it.CourseName, &it.Copied)
	if errors.Is(err, pgx.ErrNoRows) {
		return Item{}, false, nil
	}
	if err != nil {
		return Item{}, false, fmt.Errorf("read clipboard: %w", err)
	}
	if it.Block, err = course.ParseUsageKey(block); err != nil {
		return Item{}, false, fmt.Errorf("read clipboard: %w", err)
	}
	it.Version, it.Copied = course.VersionID(version), it.Copied.UTC()
	return it, by.May(it.Block.Course) == nil, nil
}

// Content is the block of a copy, with everything below it; shared, not to be changed. What has been swept away with a course that was
// deleted long ago is NotFound.
func (s *Service) Content(ctx context.Context, it Item) (*course.Block, error) {
	c, _, err := s.Editor.Courses.ContentAt(ctx, it.Version)
	if fault.Is(err, fault.NotFound) {
		return nil, gone(it)
	}
	if err != nil {
		return nil, err
	}
	b := draft.Block(c, it.Block)
	if b == nil {
		return nil, gone(it)
	}
	return b, nil
}

func gone(it Item) error {
	return fault.NotFoundf("copy of %s at %s is gone", it.Block, it.Version).Say("clipboard.gone")
}

// Target is where something is pasted.
type Target struct {
	Parent course.UsageKey
	At     int              // the place among the parent's children, counted from 1; 0 is the end
	Seen   course.VersionID // see [draft.Edit]
}

// Paste puts what the author has copied into a course, with the files it shows: one version, whole or not at all. An empty clipboard is
// Invalid.
func (s *Service) Paste(ctx context.Context, by draft.Author, user int64, to Target) (draft.Done, Item, error) {
	if err := by.May(to.Parent.Course); err != nil {
		return draft.Done{}, Item{}, err
	}
	it, ok, err := s.Find(ctx, by, user)
	if err != nil {
		return draft.Done{}, it, err
	}
	if !ok {
		return draft.Done{}, it, fault.Invalidf("nothing is copied").Say("clipboard.empty")
	}
	if _, err := s.Content(ctx, it); err != nil {
		return draft.Done{}, it, err
	}
	words := fmt.Sprintf("Paste %s %q from %s", draft.Called(it.Block.Type), it.Name, it.Block.Course)
	if it.Name == "" {
		words = fmt.Sprintf("Paste %s from %s", draft.Called(it.Block.Type), it.Block.Course)
	}
	op := draft.Paste{From: it.Block, Version: it.Version, Files: it.Files, Parent: to.Parent, At: to.At}
	done, err := s.Editor.Apply(ctx, draft.Edit{Key: to.Parent.Course, By: by, Seen: to.Seen, Words: words, Ops: []draft.Op{op}})
	return done, it, err
}

// Sweep forgets copies that are too old to be pasted.
func (s *Service) Sweep(ctx context.Context) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM clipboard WHERE copied_at <= $1`, s.Clock().Add(-KeptFor))
	if err != nil {
		return fmt.Errorf("sweep clipboard: %w", err)
	}
	return nil
}
