package modulestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Deleted is a course that was deleted and can be restored.
type Deleted struct {
	course.Summary           // as it was
	By             string    // username, "" for a command
	At             time.Time // UTC
	Until          time.Time // UTC; a sweep after that takes what it held
}

// Delete removes a course from every list at once. Until a sweep after Options.KeepDeleted takes its documents, [Store.Restore]
// brings it back. by is the username, "" for a command.
func (s *Store) Delete(ctx context.Context, key course.Key, by string) error {
	_, err := s.move(ctx, key.Bare(), func(now state, ok bool) (state, error) {
		if !ok {
			return state{}, fault.NotFoundf("course %s does not exist", key)
		}
		now.Draft, now.Published, now.Files, now.Deleted, now.DeletedBy = "", "", "", true, by
		return now, nil
	})
	return err
}

// Restore brings a deleted course back as it was: draft, published version and files. NotFound when there is none or its time is over,
// Conflict when another course has taken its key.
func (s *Store) Restore(ctx context.Context, key course.Key) error {
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	key = key.Bare()
	_, err := s.move(ctx, key, func(now state, ok bool) (state, error) {
		if ok {
			return state{}, fault.Conflictf("course %s exists", key).Say("course.exists")
		}
		if !now.Deleted || now.Course != key.String() {
			return state{}, fault.NotFoundf("no deleted course %s", key)
		}
		was, err := s.beforeDeletion(ctx, now)
		if err != nil {
			return state{}, err
		}
		if _, err := s.readVersion(ctx, course.VersionID(was.Draft)); err != nil {
			return state{}, err
		}
		was.Summary = now.Summary // if it is of another form it is made anew
		return was, nil
	})
	return err
}

// FindDeleted is [Deleted] of one key, in whatever letters of case; ok is false when there is none.
func (s *Store) FindDeleted(ctx context.Context, key course.Key) (d Deleted, ok bool, err error) {
	st, ok, err := s.readHead(ctx, fold(key))
	if err != nil || !ok || !st.Deleted {
		return Deleted{}, false, err
	}
	return s.deleted(ctx, st)
}

// ListDeleted lists the courses that can be restored, those deleted last first.
func (s *Store) ListDeleted(ctx context.Context) ([]Deleted, error) {
	all := s.allKnown()
	if !s.watching.Load() {
		var err error
		if all, err = s.readHeads(ctx); err != nil {
			return nil, err
		}
	}
	var out []Deleted
	for _, st := range all {
		if !st.Deleted || s.until(st).Before(s.clock.Now()) {
			continue
		}
		d, ok, err := s.deleted(ctx, st)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Deleted) int { return b.At.Compare(a.At) })
	return out, nil
}

// deleted tells of a deleted course, if what it held is still known.
func (s *Store) deleted(ctx context.Context, st state) (Deleted, bool, error) {
	out := Deleted{By: st.DeletedBy, At: st.At.UTC(), Until: s.until(st).UTC()}
	if out.Until.Before(s.clock.Now()) {
		return Deleted{}, false, nil
	}
	if sum, ok := parseSummary(st.Summary); ok {
		out.Summary = sum
		return out, true, nil
	}
	was, err := s.beforeDeletion(ctx, st)
	if fault.Is(err, fault.NotFound) {
		return Deleted{}, false, nil
	}
	if err != nil {
		return Deleted{}, false, err
	}
	out.Summary, err = s.remakeSummary(ctx, was)
	return out, err == nil, err
}

// beforeDeletion reads the head that a deletion replaced; NotFound when a sweep has taken it.
func (s *Store) beforeDeletion(ctx context.Context, now state) (was state, err error) {
	err = s.pasts.FindOne(ctx, bson.D{{Key: "head", Value: now.ID}}, options.FindOne().SetSort(bson.D{{Key: "rev", Value: -1}})).Decode(&was)
	if errors.Is(err, mongo.ErrNoDocuments) || err == nil && (was.Deleted || was.Draft == "") {
		return state{}, fault.NotFoundf("what %s held is gone", now.Course)
	}
	if err != nil {
		return state{}, failed(err, "read what %s held", now.Course)
	}
	was.ID, was.Head = now.ID, ""
	return was, nil
}

func (s *Store) until(st state) time.Time { return st.At.Add(s.keptFor) }

// deletedBefore is since when a course must have been deleted for a sweep to take what it held.
func (s *Store) deletedBefore(before time.Time) time.Time {
	if kept := s.clock.Now().Add(-s.keptFor); s.keptFor > 0 && kept.Before(before) {
		return kept
	}
	return before
}

// Revert puts in force what the head to held: draft, published version and files at once, as new versions that keep the line of the present
// ones. The head seen must still be in force; otherwise the error holds a [*Conflict], and nothing changes.
func (s *Store) Revert(ctx context.Context, key course.Key, seen, to Head, author, message string) (Head, error) {
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	key = key.Bare()
	open := func(id course.VersionID) (*loaded, error) {
		if id == "" {
			return nil, nil //nolint:nilnil // nothing was published
		}
		l, err := s.open(ctx, id)
		if err == nil && l.version.Course != key {
			err = fault.NotFoundf("version %s is of another course", id)
		}
		if err != nil {
			return nil, fmt.Errorf("revert %s: %w", key, err)
		}
		return l, nil
	}
	draft, err := open(to.Draft)
	if err != nil {
		return Head{}, err
	}
	published, err := open(to.Published)
	if err != nil {
		return Head{}, err
	}
	if draft == nil {
		return Head{}, fault.Invalidf("revert %s to no draft", key)
	}
	var made []*loaded
	st, err := s.move(ctx, key, func(now state, ok bool) (state, error) {
		if !ok {
			return state{}, fault.NotFoundf("course %s does not exist", key)
		}
		if err := unmovedAll(key, now, seen); err != nil {
			return state{}, err
		}
		made = made[:0]
		d, err := s.commit(ctx, tree{draft.content, draft.root}, course.VersionID(now.Draft), author, message)
		if err != nil {
			return state{}, err
		}
		made = append(made, d)
		next := now
		next.Draft, next.Published, next.Files = string(d.version.ID), "", to.Files
		next.Summary = summarize(draft.content, "")
		if published != nil {
			p := d
			if published.root.id != draft.root.id {
				if p, err = s.commit(ctx, tree{published.content, published.root}, course.VersionID(now.Published), author, message); err != nil {
					return state{}, err
				}
				made = append(made, p)
			}
			next.Published, next.Summary = string(p.version.ID), summarize(published.content, p.version.ID)
		}
		s.keep(made...)
		return next, nil
	})
	if err != nil {
		return Head{}, err
	}
	return st.head()
}

// unmovedAll refuses a head of which anything has moved since it was seen.
func unmovedAll(key course.Key, now state, seen Head) error {
	if err := unmovedEither(key, now, seen); err != nil {
		return err
	}
	if now.Files != seen.Files {
		return &fault.Error{Kind: fault.Conflict, Err: fmt.Errorf("files: %w", &Conflict{Key: key, Branch: "files", Seen: course.VersionID(seen.Files), Other: course.VersionID(now.Files)})}
	}
	return nil
}

// KeepsDeleted is how long deleted courses can be restored.
func (s *Store) KeepsDeleted() time.Duration { return s.keptFor }
