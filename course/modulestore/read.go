package modulestore

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Content returns what is in force on a branch. The content is shared: see the package comment.
func (s *Store) Content(ctx context.Context, key course.Key, branch course.Branch) (*course.Content, course.Version, error) {
	st, err := s.current(ctx, key)
	if err != nil {
		return nil, course.Version{}, err
	}
	id := st.branch(branch)
	if id == "" {
		return nil, course.Version{}, fault.NotFoundf("course %s has no %s version", key, branch)
	}
	return s.ContentAt(ctx, id)
}

// ContentAt returns the content of any version, in force or not.
func (s *Store) ContentAt(ctx context.Context, id course.VersionID) (*course.Content, course.Version, error) {
	l, err := s.open(ctx, id)
	if err != nil {
		return nil, course.Version{}, err
	}
	return l.content, l.version, nil
}

// Look shows the contents of versions one after the other, to who compares a few of them. What one has in common with the one before it is not
// read again, nothing is read of one that says the same, and none takes the place of what others keep in memory.
func (s *Store) Look(ctx context.Context, versions []course.Version, see func(i int, c *course.Content)) error {
	var before *loaded // holds what the next may have in common with it
	for i, v := range versions {
		l := s.kept(v.ID)
		if l == nil && before != nil && before.version.Root == v.Root && v.Root != "" {
			l = before
		}
		if l == nil {
			var err error
			if l, err = s.load(ctx, v); err != nil {
				return err
			}
		}
		see(i, l.content)
		runtime.KeepAlive(before)
		before = l
	}
	return nil
}

// buildTime bounds one load; it does not end with the request that happened to ask first.
const buildTime = 30 * time.Second

// open returns a version from memory, or loads it once for everybody who waits.
func (s *Store) open(ctx context.Context, id course.VersionID) (*loaded, error) {
	if l := s.kept(id); l != nil {
		return l, nil
	}
	return once(ctx, &s.loads, string(id), func(ctx context.Context) (*loaded, error) {
		if l := s.kept(id); l != nil {
			return l, nil
		}
		v, err := s.readVersion(ctx, id)
		if err != nil {
			return nil, err
		}
		l, err := s.load(ctx, v)
		if err != nil {
			return nil, err
		}
		s.keep(l)
		return l, nil
	})
}

// once runs do one time for all who ask for the same key meanwhile. Each waits no longer than its own context.
func once[T any](ctx context.Context, g *singleflight.Group, key string, do func(context.Context) (T, error)) (T, error) {
	done := g.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), buildTime)
		defer cancel()
		return do(ctx)
	})
	var zero T
	select {
	case r := <-done:
		if r.Err != nil {
			return zero, r.Err
		}
		return r.Val.(T), nil
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

func (s *Store) kept(id course.VersionID) *loaded {
	l, _ := s.content.get(id)
	return l
}

// keep holds versions in memory; nil ones are passed over. What is about to come in force is kept before, so that who is told of the
// move finds it.
func (s *Store) keep(versions ...*loaded) {
	for _, l := range versions {
		if l == nil {
			continue
		}
		s.parts.add(l.root)
		s.content.put(l.version.ID, l, l.size)
	}
}

// Versions lists up to limit versions of a course that are or were in force on either branch, newest first.
func (s *Store) Versions(ctx context.Context, key course.Key, limit int) ([]course.Version, error) {
	now, err := s.current(ctx, key)
	if err != nil {
		return nil, err
	}
	past, err := s.history(ctx, now, limit)
	if err != nil {
		return nil, err
	}
	var ids []course.VersionID
	seen := map[string]bool{"": true}
	for _, st := range append([]state{now}, past...) {
		for _, id := range []string{st.Draft, st.Published} {
			if !seen[id] && len(ids) < limit {
				seen[id] = true
				ids = append(ids, course.VersionID(id))
			}
		}
	}
	out := make([]course.Version, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, id := range ids {
		group.Go(func() (err error) {
			out[i], err = s.readVersion(ctx, id)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("versions of %s: %w", key, err)
	}
	sortNewest(out)
	return out, nil
}
