package modulestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/course"
	"lyceum/internal/fault"
)

// storedVersion is a [course.Version] in MongoDB.
type storedVersion struct {
	ID      string    `bson:"_id"`
	Course  string    `bson:"course"`
	Root    string    `bson:"root"`
	Parent  string    `bson:"parent"`
	Author  string    `bson:"author"`
	Time    time.Time `bson:"time"`
	Message string    `bson:"message"`
}

func (v storedVersion) version() (course.Version, error) {
	k, err := course.ParseKey(v.Course)
	if err != nil {
		return course.Version{}, fmt.Errorf("stored version %s: %w", v.ID, err)
	}
	return course.Version{
		ID: course.VersionID(v.ID), Course: k, Root: v.Root, Parent: course.VersionID(v.Parent), Author: v.Author,
		Time: v.Time.UTC(), Message: v.Message,
	}, nil
}

// readVersion reads what is known of a version; NotFound when there is none.
func (s *Store) readVersion(ctx context.Context, id course.VersionID) (course.Version, error) {
	var v storedVersion
	err := s.versions.FindOne(ctx, bson.D{{Key: "_id", Value: string(id)}}).Decode(&v)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return course.Version{}, fault.NotFoundf("version %s does not exist", id)
	}
	if err != nil {
		return course.Version{}, failed(err, "read version %s", id)
	}
	return v.version()
}

// tree is content whose documents are stored.
type tree struct {
	content *course.Content
	root    *part
}

// store writes the documents of content that neither base nor more have. Blocks that are those of base are not even
// looked at.
func (s *Store) store(ctx context.Context, c *course.Content, key course.Key, base *loaded, more ...*loaded) (tree, error) {
	if c == nil || c.Root == nil {
		return tree{}, fault.Invalidf("course %s has no root block", key)
	}
	if c.Key.Bare() != key {
		copied := *c
		copied.Key = key
		c = &copied
	}
	e := encoder{}
	var docs []document
	seen := map[hash]struct{}{}
	if base != nil {
		base.index()
		e.known = base.known
		more = append(more, base)
	}
	e.has = func(id hash) bool {
		for _, l := range more {
			if _, ok := l.stored[id]; ok {
				return true
			}
		}
		return false
	}
	e.put = func(d document) {
		if e.has(d.id) {
			return
		}
		if _, ok := seen[d.id]; !ok {
			seen[d.id] = struct{}{}
			docs = append(docs, d)
		}
	}
	t := tree{content: c, root: e.content(c, base)}
	if err := s.at(ctx, "documents"); err != nil {
		return tree{}, err
	}
	return t, s.insert(ctx, docs)
}

// commit writes a version of a stored tree. It is in force only once a head names it.
func (s *Store) commit(ctx context.Context, t tree, parent course.VersionID, author, message string) (*loaded, error) {
	v := course.Version{
		ID: course.VersionID(bson.NewObjectIDFromTimestamp(s.clock.Now()).Hex()), Course: t.content.Key.Bare(), Root: t.root.id.String(),
		Parent: parent, Author: author, Time: s.clock.Now().Truncate(time.Millisecond), Message: message,
	}
	if err := s.at(ctx, "version"); err != nil {
		return nil, err
	}
	_, err := s.versions.InsertOne(ctx, storedVersion{
		ID: string(v.ID), Course: v.Course.String(), Root: v.Root, Parent: string(parent), Author: author, Time: v.Time, Message: message,
	})
	if err != nil {
		return nil, failed(err, "store version of %s", v.Course)
	}
	return newLoaded(v, t.content, t.root), nil
}

// Import stores content and moves draft, published and files at once. Of two imports at the same time the later wins.
// A key that differs only in case from an existing one is refused as a Conflict.
func (s *Store) Import(ctx context.Context, r ImportRequest) (Result, error) {
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	key := r.Key.Bare()
	if r.Draft == nil {
		return Result{}, fault.Invalidf("import of %s without a draft", key)
	}
	old, err := s.replaced(ctx, key)
	if err != nil {
		return Result{}, err
	}
	draft, err := s.store(ctx, r.Draft, key, nil, old...)
	if err != nil {
		return Result{}, fmt.Errorf("import %s: %w", key, err)
	}
	published := draft
	if r.Published != nil && r.Published != r.Draft {
		base := newLoaded(course.Version{}, draft.content, draft.root)
		if published, err = s.store(ctx, r.Published, key, base, old...); err != nil {
			return Result{}, fmt.Errorf("import %s: %w", key, err)
		}
	}
	var made []*loaded
	st, err := s.move(ctx, key, func(now state, ok bool) (state, error) {
		if ok && r.New {
			return state{}, fault.Conflictf("course %s exists", key).Say("course.exists")
		}
		if !ok {
			now.Draft, now.Published, now.Files, now.Summary, now.Deleted, now.DeletedBy = "", "", "", "", false, ""
		}
		if r.Seen != nil {
			if err := unmovedAll(key, now, *r.Seen); err != nil {
				return state{}, err
			}
		}
		made = made[:0]
		next := now
		d, err := s.commit(ctx, draft, course.VersionID(now.Draft), r.Author, r.Message)
		if err != nil {
			return state{}, err
		}
		made = append(made, d)
		next.Draft = string(d.version.ID)
		if r.Published != nil {
			p := d
			if published.root.id != draft.root.id {
				if p, err = s.commit(ctx, published, course.VersionID(now.Published), r.Author, r.Message); err != nil {
					return state{}, err
				}
				made = append(made, p)
			}
			next.Published = string(p.version.ID)
		}
		next.Files = r.Files
		if next.Published != now.Published {
			next.Summary = summarize(published.content, course.VersionID(next.Published))
		} else if next.Published == "" {
			next.Summary = summarize(draft.content, "")
		}
		s.keep(made...)
		return next, nil
	})
	if err != nil {
		return Result{}, fmt.Errorf("import %s: %w", key, err)
	}
	return Result{course.VersionID(st.Draft), course.VersionID(st.Published)}, nil
}

// replaced returns what an import replaces, so that what stays is not written again, and refuses early what move would
// refuse. A version that cannot be loaded only makes the import write more.
func (s *Store) replaced(ctx context.Context, key course.Key) ([]*loaded, error) {
	now, ok, err := s.readHead(ctx, fold(key))
	if err != nil || !ok || now.Deleted {
		return nil, err
	}
	if now.Course != key.String() {
		return nil, fault.Conflictf("course %s exists, and %s differs only in case", now.Course, key).Say("course.twin", now.Course)
	}
	var out []*loaded
	for _, id := range []string{now.Draft, now.Published} {
		if id == "" || len(out) > 0 && string(out[0].version.ID) == id {
			continue
		}
		if l, err := s.open(ctx, course.VersionID(id)); err == nil && !l.damaged {
			l.index()
			out = append(out, l)
		}
	}
	return out, ctx.Err()
}

// SetDraft makes content the draft if the draft still is the version seen; otherwise the error holds a [*Conflict].
// Content that is equal to the draft makes no version.
func (s *Store) SetDraft(ctx context.Context, key course.Key, seen course.VersionID, content *course.Content, author, message string) (course.Version, error) {
	return s.set(ctx, key, course.Draft, seen, content, author, message)
}

// SetPublished makes content the learners' if the published version still is the one seen ("" for none).
func (s *Store) SetPublished(ctx context.Context, key course.Key, seen course.VersionID, content *course.Content, author, message string) (course.Version, error) {
	return s.set(ctx, key, course.Published, seen, content, author, message)
}

func (s *Store) set(ctx context.Context, key course.Key, branch course.Branch, seen course.VersionID, content *course.Content, author, message string) (course.Version, error) {
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	key = key.Bare()
	now, err := s.current(ctx, key)
	if err != nil {
		return course.Version{}, err
	}
	if err := unmoved(key, now, branch, seen); err != nil {
		return course.Version{}, err
	}
	base := s.baseFor(now, content)
	t, err := s.store(ctx, content, key, base)
	if err != nil {
		return course.Version{}, fmt.Errorf("store %s of %s: %w", branch, key, err)
	}
	if base != nil && base.root.id == t.root.id && base.version.ID == seen {
		return base.version, nil
	}
	l, err := s.commit(ctx, t, seen, author, message)
	if err != nil {
		return course.Version{}, err
	}
	summary := ""
	if branch == course.Published {
		summary = summarize(t.content, l.version.ID)
	}
	s.keep(l)
	_, err = s.move(ctx, key, func(now state, ok bool) (state, error) {
		if !ok {
			return state{}, fault.NotFoundf("course %s does not exist", key)
		}
		if err := unmoved(key, now, branch, seen); err != nil {
			return state{}, err
		}
		if branch == course.Published {
			now.Published, now.Summary = string(l.version.ID), summary
			return now, nil
		}
		now.Draft = string(l.version.ID)
		if now.Published == "" {
			now.Summary = summarize(t.content, "")
		}
		return now, nil
	})
	if err != nil {
		return course.Version{}, err
	}
	return l.version, nil
}

// baseFor finds the content in memory that new content was made from: of the two in force, the one it shares more
// with. Only speed depends on it.
func (s *Store) baseFor(now state, c *course.Content) *loaded {
	draft, published := s.kept(course.VersionID(now.Draft)), s.kept(course.VersionID(now.Published))
	if draft == nil || draft == published {
		return published
	}
	if published == nil || c == nil || c.Root == nil {
		return draft
	}
	shared := func(l *loaded) (n int) {
		l.index()
		for _, b := range c.Root.Children {
			if _, ok := l.known[b]; ok {
				n++
			}
		}
		return n
	}
	if shared(published) > shared(draft) {
		return published
	}
	return draft
}

func unmoved(key course.Key, now state, branch course.Branch, seen course.VersionID) error {
	if other := now.branch(branch); other != seen {
		return &fault.Error{Kind: fault.Conflict, Err: &Conflict{Key: key, Branch: branch, Seen: seen, Other: other}}
	}
	return nil
}

// Publish makes an existing version, such as the draft's, the learners' if the published version still is the one seen.
// Together with ContentAt it is also the way back to an older version.
func (s *Store) Publish(ctx context.Context, key course.Key, seen, version course.VersionID) error {
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	key = key.Bare()
	l, err := s.open(ctx, version)
	if err != nil {
		return fmt.Errorf("publish %s: %w", key, err)
	}
	if l.version.Course != key {
		return fault.NotFoundf("publish %s: version %s is of another course", key, version)
	}
	summary := summarize(l.content, version)
	_, err = s.move(ctx, key, func(now state, ok bool) (state, error) {
		if !ok {
			return state{}, fault.NotFoundf("course %s does not exist", key)
		}
		if err := unmoved(key, now, course.Published, seen); err != nil {
			return state{}, err
		}
		if now.Published != string(version) {
			now.Published, now.Summary = string(version), summary
		}
		return now, nil
	})
	return err
}

// SetFiles makes manifest the list of the course's files if the list in force still is the one seen.
func (s *Store) SetFiles(ctx context.Context, key course.Key, seen, manifest string) error {
	_, err := s.move(ctx, key.Bare(), func(now state, ok bool) (state, error) {
		switch {
		case !ok:
			return state{}, fault.NotFoundf("course %s does not exist", key)
		case now.Files != seen:
			return state{}, fault.Conflictf("files of %s are at %s, not %s", key, now.Files, seen)
		}
		now.Files = manifest
		return now, nil
	})
	return err
}
