package modulestore

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"lyceum/course"
)

// List returns a summary of every course by key, those without a published version too. While [Store.Watch] runs it
// comes from memory and is at most its interval old.
func (s *Store) List(ctx context.Context) ([]course.Summary, error) {
	all := s.allKnown()
	if !s.watching.Load() {
		var err error
		if all, err = s.readHeads(ctx); err != nil {
			return nil, err
		}
	}
	all = slices.DeleteFunc(all, func(st state) bool { return st.Deleted })
	out := make([]course.Summary, len(all))
	group, groupCtx := errgroup.WithContext(ctx) // ends with Wait, while ctx goes on to the files below
	group.SetLimit(parallel)
	for i, st := range all {
		if sum, ok := s.summaryOf(st); ok {
			out[i] = sum
			continue
		}
		group.Go(func() (err error) {
			out[i], err = s.remakeSummary(groupCtx, st)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, st := range all {
		out[i].HasImage = s.hasFile(ctx, st.Files, out[i].Image)
	}
	slices.SortFunc(out, func(a, b course.Summary) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	return out, nil
}

// hasFile looks a name up in a manifest, which the store of files keeps in memory. A manifest that cannot be read now has no
// files: a list of courses goes on without a picture.
func (s *Store) hasFile(ctx context.Context, manifest, name string) bool {
	if manifest == "" || s.files == nil {
		return false
	}
	files, err := s.files(ctx, manifest)
	if err != nil {
		if ctx.Err() == nil { // else nobody waits for the list any more
			s.logger.Warn("list of course files cannot be read", "manifest", manifest, "err", err)
		}
		return false
	}
	_, ok := files[name]
	return ok
}

func (s *Store) allKnown() []state {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]state, 0, len(s.states))
	for _, st := range s.states {
		all = append(all, st)
	}
	return all
}

// summaryOf reads the summary of a head; each text is parsed once.
func (s *Store) summaryOf(st state) (course.Summary, bool) {
	if sum, ok := s.summaries.get(st.Summary); ok && sum.Version == course.VersionID(st.Published) {
		return sum, true
	}
	sum, ok := parseSummary(st.Summary)
	if ok {
		s.summaries.put(st.Summary, sum, int64(len(st.Summary))*3)
	}
	return sum, ok
}

// remakeSummary serves heads written by a program with another form of summaries.
func (s *Store) remakeSummary(ctx context.Context, st state) (course.Summary, error) {
	id := st.branch(course.Published)
	if id == "" {
		id = st.branch(course.Draft)
	}
	l, err := s.open(ctx, id)
	if err != nil {
		return course.Summary{}, err
	}
	sum, _ := parseSummary(summarize(l.content, course.VersionID(st.Published)))
	if sum.Key.IsZero() {
		sum = course.Summary{Key: l.version.Course, Version: course.VersionID(st.Published), Name: l.version.Course.String()}
	}
	return sum, nil
}
