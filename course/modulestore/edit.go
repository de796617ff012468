package modulestore

import (
	"context"
	"fmt"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Edit is one act of an author: what it makes of either branch of a course that exists.
type Edit struct {
	Key course.Key
	// Seen is the head the new content was made from. Draft and Published of it must still be in force.
	Seen Head
	// Draft and Published are the new content, made with [Replace] or in its manner; nil leaves the branch as it is.
	Draft, Published *course.Content
	// Files is the list of files the act puts in force, nil leaves the one that is. Then that one, too, must be the one of Seen.
	Files           *string
	Author, Message string
}

// Edit moves both branches and the files of a course at once, or none: learners and authors see the course before the edit or after it.
// What moved since it was seen makes an error that holds a [*Conflict]. Content that is equal to what is in force makes no
// version; each branch that changes gets one of its own, whose parent is the one seen. An act on files alone makes a draft of equal
// content, so that it stands in the history. Returned is the head in force afterwards.
func (s *Store) Edit(ctx context.Context, e Edit) (Head, error) {
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	key := e.Key.Bare()
	now, err := s.current(ctx, key)
	if err != nil {
		return Head{}, err
	}
	still := unmovedEither
	if e.Files != nil {
		still = unmovedAll
	}
	if err := still(key, now, e.Seen); err != nil {
		return Head{}, err
	}
	draft, err := s.branchEdit(ctx, e, course.Draft, now)
	if err != nil {
		return Head{}, err
	}
	published, err := s.branchEdit(ctx, e, course.Published, now)
	if err != nil {
		return Head{}, err
	}
	if draft == nil && e.Files != nil && *e.Files != now.Files {
		if draft, err = s.again(ctx, now, e.Author, e.Message); err != nil {
			return Head{}, fmt.Errorf("files of %s: %w", key, err)
		}
	}
	if draft == nil && published == nil {
		return now.head()
	}
	s.keep(draft, published)
	st, err := s.move(ctx, key, func(now state, ok bool) (state, error) {
		if !ok {
			return state{}, fault.NotFoundf("course %s does not exist", key)
		}
		if err := still(key, now, e.Seen); err != nil {
			return state{}, err
		}
		if e.Files != nil {
			now.Files = *e.Files
		}
		if draft != nil {
			now.Draft = string(draft.version.ID)
		}
		switch {
		case published != nil:
			now.Published, now.Summary = string(published.version.ID), summarize(published.content, published.version.ID)
		case now.Published == "":
			now.Summary = summarize(draft.content, "")
		}
		return now, nil
	})
	if err != nil {
		return Head{}, err
	}
	return st.head()
}

// again makes a version of the draft in force, of equal content.
func (s *Store) again(ctx context.Context, now state, author, message string) (*loaded, error) {
	was, err := s.open(ctx, course.VersionID(now.Draft))
	if err != nil {
		return nil, err
	}
	return s.commit(ctx, tree{was.content, was.root}, was.version.ID, author, message)
}

// branchEdit stores what an edit makes of one branch; nil when that stays as it is.
func (s *Store) branchEdit(ctx context.Context, e Edit, branch course.Branch, now state) (*loaded, error) {
	content, seen := e.Draft, e.Seen.Draft
	if branch == course.Published {
		content, seen = e.Published, e.Seen.Published
	}
	if content == nil {
		return nil, nil //nolint:nilnil // a branch that stays as it is needs no version
	}
	key := e.Key.Bare()
	base := s.baseFor(now, content)
	var also []*loaded
	for _, id := range []string{now.Draft, now.Published} {
		if l := s.kept(course.VersionID(id)); l != nil && l != base {
			l.index()
			also = append(also, l)
		}
	}
	t, err := s.store(ctx, content, key, base, also...)
	if err != nil {
		return nil, fmt.Errorf("store %s of %s: %w", branch, key, err)
	}
	if seen != "" {
		v, err := s.Version(ctx, seen)
		if err != nil {
			return nil, err
		}
		if v.Root == t.root.id.String() {
			return nil, nil //nolint:nilnil // equal content
		}
	}
	return s.commit(ctx, t, seen, e.Author, e.Message)
}

func unmovedEither(key course.Key, now state, seen Head) error {
	if err := unmoved(key, now, course.Draft, seen.Draft); err != nil {
		return err
	}
	return unmoved(key, now, course.Published, seen.Published)
}

// Version returns what is known of a version without reading its content; NotFound when there is none.
func (s *Store) Version(ctx context.Context, id course.VersionID) (course.Version, error) {
	if l := s.kept(id); l != nil {
		return l.version, nil
	}
	return s.readVersion(ctx, id)
}

// Line lists up to limit versions of one branch, newest first: each is the parent of the one before it. It begins at from, or at
// what is in force when from is "". Versions of another course are never given.
func (s *Store) Line(ctx context.Context, key course.Key, branch course.Branch, from course.VersionID, limit int) ([]course.Version, error) {
	now, err := s.current(ctx, key)
	if err != nil {
		return nil, err
	}
	if from == "" {
		from = now.branch(branch)
	}
	var out []course.Version
	for from != "" && len(out) < limit {
		v, err := s.Version(ctx, from)
		if err != nil {
			if fault.Is(err, fault.NotFound) && len(out) > 0 {
				return out, nil // what came before was swept away with a course that was deleted
			}
			return nil, fmt.Errorf("versions of %s: %w", key, err)
		}
		if v.Course != key.Bare() {
			if len(out) > 0 {
				return out, nil
			}
			return nil, fault.NotFoundf("version %s is of another course", from)
		}
		out = append(out, v)
		from = v.Parent
	}
	return out, nil
}

// Written counts the bytes of documents handed to MongoDB by this store since it was opened.
func (s *Store) Written() int64 { return s.written.Load() }
