package files

import (
	"context"
	"maps"
	"slices"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// Difference is a file that two lists have differently. Old or New is nil where a list has none of that name.
type Difference struct {
	Name     string // normalized
	Old, New *course.File
}

// Compare lists what differs between two lists of files, by name.
func Compare(from, to map[string]course.File) []Difference {
	var out []Difference
	all := maps.Clone(to)
	if all == nil {
		all = map[string]course.File{}
	}
	maps.Copy(all, from)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		d := Difference{Name: name}
		if f, ok := from[name]; ok {
			d.Old = &f
		}
		if f, ok := to[name]; ok {
			d.New = &f
		}
		if d.Old == nil || d.New == nil || !d.Old.Same(*d.New) {
			out = append(out, d)
		}
	}
	return out
}

// At returns the files a course had when a version was its draft; the map is shared and must not be changed. What deleted and replaced
// files held is kept as long as the versions that had them.
func (s *Service) At(ctx context.Context, by draft.Author, key course.Key, version course.VersionID) (map[string]course.File, error) {
	if err := by.May(key); err != nil {
		return nil, err
	}
	return s.at(ctx, key, version)
}

func (s *Service) at(ctx context.Context, key course.Key, version course.VersionID) (map[string]course.File, error) {
	manifest, err := s.Courses.FilesAt(ctx, key.Bare(), version)
	if err != nil {
		return nil, err
	}
	return s.Files.Manifest(ctx, manifest)
}

// Named are the normalized names of the files that a block, and what is below it, names; b may be nil. A link that more than one name
// could be meant by counts for all of them.
func Named(c *course.Content, b *course.Block) map[string]bool {
	out := map[string]bool{}
	if b == nil {
		return out
	}
	w := usageWalk{key: c.Key}
	w.prefix, _ = c.Root.Fields["static_asset_path"].Text()
	b.Walk(func(x *course.Block) bool {
		for _, name := range w.names(x) {
			out[name] = true
		}
		return true
	})
	return out
}

// Missing lists the files a block of a version names that are gone since or have become others: Old as that version had them, New as
// they are now.
func (s *Service) Missing(ctx context.Context, by draft.Author, version course.VersionID, block course.UsageKey) ([]Difference, error) {
	key := block.Course.Bare()
	was, err := s.At(ctx, by, key, version)
	if err != nil {
		return nil, err
	}
	now, err := s.read(ctx, key)
	if err != nil {
		return nil, err
	}
	c, _, err := s.Courses.ContentAt(ctx, version)
	if err != nil {
		return nil, err
	}
	named := Named(c, draft.Block(c, block))
	return slices.DeleteFunc(Compare(was, now.Files), func(d Difference) bool {
		return d.Old == nil || !named[d.Name] || d.New != nil && d.New.Digest == d.Old.Digest
	}), nil
}

// Restored is which files of an older version an edit brings back with its content.
type Restored struct {
	Key     course.Key
	Version course.VersionID
	// Seen is the draft whose files the author knew. Files that somebody else changed since make an error that holds a [*draft.Lost]. ""
	// asks for no such care.
	Seen course.VersionID
	// Names are the files that come back, normalized; nil means all: the course then has the files that version had, and of those that came
	// since the ones learners see in what is published.
	Names []string
}

// Restoring makes the list of files for [draft.Edit].Files.
func (s *Service) Restoring(b Restored) func(context.Context, modulestore.Head, draft.Branches) (string, error) {
	return func(ctx context.Context, now modulestore.Head, next draft.Branches) (string, error) {
		manifest, err := s.Courses.FilesAt(ctx, b.Key.Bare(), b.Version)
		if err != nil {
			return "", err
		}
		var was, is map[string]course.File
		if was, err = s.Files.Manifest(ctx, manifest); err != nil {
			return "", err
		}
		if is, err = s.Files.Manifest(ctx, now.Files); err != nil {
			return "", err
		}
		if err := s.unseen(ctx, b, now, is); err != nil {
			return "", err
		}
		if b.Names == nil {
			kept := shown(is, was, next.Published)
			for _, name := range slices.Sorted(maps.Keys(was)) {
				if f := stillLocked(was[name], is); f.Locked != was[name].Locked {
					kept = append(kept, f)
				}
			}
			if len(kept) == 0 {
				return manifest, nil
			}
			return s.Files.Change(ctx, manifest, kept, nil)
		}
		var put []course.File
		for _, name := range b.Names {
			f, ok := was[name]
			if !ok {
				return "", fault.NotFoundf("version %s has no file %q", b.Version, name).Say("files.none", name)
			}
			f = stillLocked(f, is)
			if other, ok := is[name]; !ok || !f.Same(other) {
				put = append(put, f)
			}
		}
		if len(put) == 0 {
			return now.Files, nil
		}
		return s.Files.Change(ctx, now.Files, put, nil)
	}
}

// stillLocked is an older file as it comes back: one that only the enrolled may read now is not opened to everybody by that.
func stillLocked(f course.File, is map[string]course.File) course.File {
	f.Locked = f.Locked || is[f.Name].Locked
	return f
}

// unseen refuses to change files that somebody else changed since the author looked.
func (s *Service) unseen(ctx context.Context, b Restored, now modulestore.Head, is map[string]course.File) error {
	if b.Seen == "" || b.Seen == now.Draft {
		return nil
	}
	seen, err := s.at(ctx, b.Key, b.Seen)
	if err != nil {
		return err
	}
	lost := slices.DeleteFunc(Compare(seen, is), func(d Difference) bool { return b.Names != nil && !slices.Contains(b.Names, d.Name) })
	if len(lost) == 0 {
		return nil
	}
	v, err := s.Courses.Version(ctx, now.Draft)
	if err != nil {
		return err
	}
	return (&fault.Error{Kind: fault.Conflict, Err: &draft.Lost{
		Key: b.Key.Bare(), Seen: b.Seen, Now: now.Draft, Author: v.Author, Time: v.Time,
	}}).Say("draft.lost_race", v.Author)
}

// shown lists the files that were no part of an older list and that learners see: their units stay as they are published, so they keep
// their pictures.
func shown(is, was map[string]course.File, published *course.Content) []course.File {
	var fresh []course.File
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[name]; !ok {
			fresh = append(fresh, is[name])
		}
	}
	if len(fresh) == 0 || published == nil {
		return nil
	}
	named := Named(published, published.Root)
	for _, p := range published.Pages {
		maps.Copy(named, Named(published, p))
	}
	return slices.DeleteFunc(fresh, func(f course.File) bool { return !named[f.Name] })
}
