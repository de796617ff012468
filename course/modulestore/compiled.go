package modulestore

import (
	"context"
	"fmt"

	"lyceum/course"
	"lyceum/internal/fault"
)

// ready is a published course made ready, and what it was made from.
type ready struct {
	compiled *course.Compiled
	files    string
	from     *loaded // keeps its documents findable for the next version
}

func (r *ready) of(st state) bool {
	return string(r.compiled.Version) == st.Published && r.files == st.Files
}

// Compiled returns the published course ready for readers, from memory when it is there; NotFound when the course does
// not exist or nothing is published. While [Store.Watch] runs, a course in memory costs no call to the store; when the
// store is away, the last version that was built is served.
func (s *Store) Compiled(ctx context.Context, key course.Key) (*course.Compiled, error) {
	key = key.Bare()
	old, warm := s.compiled.get(key)
	st, err := s.inForce(ctx, key)
	if err != nil {
		if warm && fault.Is(err, fault.Busy) && ctx.Err() == nil {
			return old.compiled, nil
		}
		return nil, err
	}
	if st.Published == "" {
		return nil, fault.NotFoundf("course %s is not published", key)
	}
	if warm && old.of(st) {
		return old.compiled, nil
	}
	r, err := s.build(ctx, key, st)
	if err != nil {
		if warm && ctx.Err() == nil && !fault.Is(err, fault.NotFound) {
			s.logger.Error("serving an older version of a course: the new one cannot be built", "course", key.String(),
				"old", string(old.compiled.Version), "new", st.Published, "error", err)
			return old.compiled, nil
		}
		return nil, err
	}
	return r.compiled, nil
}

// build compiles what a head publishes, once for all who wait.
func (s *Store) build(ctx context.Context, key course.Key, st state) (*ready, error) {
	return once(ctx, &s.builds, st.Published+"/"+st.Files, func(ctx context.Context) (*ready, error) {
		old, warm := s.compiled.get(key)
		if warm && old.of(st) {
			return old, nil
		}
		l, err := s.open(ctx, course.VersionID(st.Published))
		if err != nil {
			return nil, fmt.Errorf("compile %s: %w", key, err)
		}
		var files map[string]course.File
		if st.Files != "" && s.files != nil {
			if files, err = s.files(ctx, st.Files); err != nil {
				return nil, fmt.Errorf("compile %s: %w", key, err)
			}
		}
		var before *course.Compiled
		if warm && old.from.content.Key == l.content.Key {
			before = old.compiled
		}
		r := &ready{compiled: course.Recompile(before, l.content, l.version.ID, files, s.describe), files: st.Files, from: l}
		r.compiled.Edited = l.version.Time
		s.compiled.put(key, r, r.compiled.Size)
		return r, nil
	})
}

// inForce returns the head of a course: from memory while it is kept up to date, from the store otherwise.
func (s *Store) inForce(ctx context.Context, key course.Key) (state, error) {
	if !s.watching.Load() {
		return s.current(ctx, key)
	}
	st, ok := s.known(key)
	if !ok {
		// Perhaps another process made it just now. Strangers may ask for anything, so this looks at most every so often.
		if err := s.lookAgain(ctx); err != nil {
			return state{}, err
		}
		if st, ok = s.known(key); !ok {
			return state{}, fault.NotFoundf("course %s does not exist", key)
		}
	}
	return st, nil
}
