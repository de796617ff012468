package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// MaxSize is how many bytes a file may have.
const MaxSize = 100 << 20

// Service changes the files of courses. It is safe for concurrent use.
type Service struct {
	Courses *modulestore.Store
	Files   *contentstore.Store
	Clock   func() time.Time

	used   usages
	looked looks // whether files carry scripts, or are no images
}

// Done says what an act came to.
type Done struct {
	Head   modulestore.Head
	Before modulestore.Head // in force right before; its list of files is what undoing goes back to
	Files  []course.File    // those put or taken away, by name
}

// change is what an act makes of a list of files.
type change struct {
	put    []course.File
	remove []string
	words  string // of the version
}

// tries bounds how often an act is made anew because the course moved meanwhile.
const tries = 20

// change makes an act on the files in force, anew when the course moved meanwhile. plan sees each time what is there.
func (s *Service) change(ctx context.Context, by draft.Author, key course.Key, plan func(Library) (change, error)) (Done, error) {
	key = key.Bare()
	if err := by.May(key); err != nil {
		return Done{}, err
	}
	for try := range tries {
		if err := pause(ctx, try); err != nil {
			return Done{}, err
		}
		now, err := s.read(ctx, key)
		if err != nil {
			return Done{}, err
		}
		c, err := plan(now)
		if err != nil {
			return Done{}, err
		}
		done := Done{Head: now.Head, Before: now.Head, Files: c.put}
		for _, name := range c.remove {
			done.Files = append(done.Files, now.Files[name])
		}
		if len(c.put)+len(c.remove) == 0 {
			return done, nil
		}
		manifest, err := s.Files.Change(ctx, now.Head.Files, c.put, c.remove)
		if err != nil {
			return Done{}, stored(err)
		}
		done.Head, err = s.Courses.EditFiles(ctx, modulestore.FilesEdit{Key: key, Seen: now.Head, Files: manifest, Author: by.Name, Message: c.words})
		if moved := (*modulestore.Conflict)(nil); errors.As(err, &moved) {
			continue
		}
		if err != nil {
			return Done{}, fmt.Errorf("files of %s: %w", key, stored(err))
		}
		return done, nil
	}
	return Done{}, fault.Busyf("files of %s change all the time", key)
}

// pause lets those who were first go ahead.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(rand.N(time.Duration(try) * 10 * time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stored tells a full disk from other errors of the stores: people can do something about it.
func stored(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || strings.Contains(err.Error(), "No space left on device") {
		return fault.Busyf("store file: %w", err).Say("files.full")
	}
	return err
}

// Upload is a file somebody brings.
type Upload struct {
	Name string // as the client calls it
	Body io.Reader
	// Replaces says what the author knows of a file of that name: nil asks for no care, the last one wins; "" that there is none; else
	// the digest of the one to be replaced. Where that is not so, the upload is refused with a [*Taken] and nothing is changed.
	Replaces *string
}

// Taken is the cause of an error of kind Conflict: the name of an upload belongs to a file its author did not mean.
type Taken struct { //nolint:errname // it is the cause of an error of kind Conflict
	Name string
	Now  *course.File // nil where the file to be replaced is gone
}

func (t *Taken) Error() string {
	return fmt.Sprintf("file name %q is taken, or what had it is gone", t.Name)
}

// taken refuses an upload whose author knew something else of its name.
func taken(now Library, name string, replaces *string) error {
	if replaces == nil {
		return nil
	}
	f, ok := now.Files[name]
	switch {
	case !ok && *replaces == "", ok && f.Digest == *replaces:
		return nil
	case !ok:
		return (&fault.Error{Kind: fault.Conflict, Err: &Taken{Name: name}}).Say("files.gone", name)
	case *replaces == "":
		return (&fault.Error{Kind: fault.Conflict, Err: &Taken{name, &f}}).Say("files.taken", f.DisplayName)
	default:
		return (&fault.Error{Kind: fault.Conflict, Err: &Taken{name, &f}}).Say("files.changed", f.DisplayName)
	}
}

// Check refuses what [Service.Put] would refuse before it has seen a byte: a name that is none, too many bytes, a name that is taken.
func (s *Service) Check(ctx context.Context, by draft.Author, key course.Key, u Upload, size int64) (name string, err error) {
	if err := by.May(key); err != nil {
		return "", err
	}
	display, name, err := Name(u.Name)
	if err != nil {
		return "", err
	}
	if size > MaxSize {
		return "", tooLarge(display)
	}
	now, err := s.read(ctx, key)
	if err != nil {
		return "", err
	}
	return name, taken(now, name, u.Replaces)
}

func tooLarge(display string) error {
	return fault.TooLargef("file %q has more than %d bytes", display, MaxSize).Say("files.too_large", display, MaxSize>>20)
}

// Put is what an upload came to.
type Put struct {
	Done
	File     course.File
	Replaced bool
	Same     []string // other files with the same bytes, by normalized name
	Notes    []Note
}

// Put stores a file and puts it in force. One of the same normalized name is replaced: what names it shows the new one, and its lock and
// its place in an export stay. It is in force, whole, when Put returns; after an error nothing has changed.
func (s *Service) Put(ctx context.Context, by draft.Author, key course.Key, u Upload) (Put, error) {
	if err := by.May(key); err != nil {
		return Put{}, err
	}
	display, _, err := Name(u.Name)
	if err != nil {
		return Put{}, err
	}
	body := &io.LimitedReader{R: u.Body, N: MaxSize + 1}
	digest, size, err := s.Files.PutBlob(ctx, body)
	if err != nil {
		return Put{}, stored(err)
	}
	if size > MaxSize {
		return Put{}, tooLarge(display)
	}
	return s.take(ctx, by, key, u, digest, size)
}

// take puts bytes that are stored in force as a file.
func (s *Service) take(ctx context.Context, by draft.Author, key course.Key, u Upload, digest string, size int64) (Put, error) {
	display, name, err := Name(u.Name)
	if err != nil {
		return Put{}, err
	}
	fresh := course.File{
		Name: name, DisplayName: display, ContentType: contentstore.ContentType(name), Digest: digest, Size: size,
		Uploaded: s.Clock().UTC().Truncate(time.Second),
	}
	if thumb := contentstore.ThumbnailName(name); thumb != "" {
		if fresh.ThumbnailDigest, err = s.Files.PutThumbnail(ctx, digest); err == nil {
			fresh.Thumbnail = thumb
		} else if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.TooLarge {
			return Put{}, stored(err)
		}
	}
	var out Put
	out.Done, err = s.change(ctx, by, key, func(now Library) (change, error) {
		f := fresh
		old, ok := now.Files[name]
		if !ok || old.Digest != digest { // what is there already is no other's
			if err := taken(now, name, u.Replaces); err != nil {
				return change{}, err
			}
		}
		out.Replaced, out.Same = ok, now.Same(f)
		words := "Upload " + display
		if ok {
			words = "Replace " + old.DisplayName
			f.DisplayName, f.ImportPath, f.Locked, f.Attrs = old.DisplayName, old.ImportPath, old.Locked, old.Attrs
		}
		out.File = f
		if ok && old.Digest == f.Digest && old.ContentType == f.ContentType && old.ThumbnailDigest == f.ThumbnailDigest {
			out.File = old
			return change{}, nil
		}
		return change{put: []course.File{f}, words: words}, nil
	})
	if err != nil {
		return Put{}, err
	}
	out.Notes = s.Notes(ctx, out.File)
	return out, nil
}

// Lock says of files, by normalized name, whether only people in the course may open them. Those that are as asked stay; a file that is
// not there is NotFound, and then none is changed.
func (s *Service) Lock(ctx context.Context, by draft.Author, key course.Key, names []string, locked bool) (Done, error) {
	return s.change(ctx, by, key, func(now Library) (change, error) {
		if err := now.must(names); err != nil {
			return change{}, err
		}
		var c change
		for _, name := range names {
			if f := now.Files[name]; f.Locked != locked {
				f.Locked = locked
				c.put = append(c.put, f)
			}
		}
		c.words = wordsOf("Unlock", c.put)
		if locked {
			c.words = wordsOf("Lock", c.put)
		}
		return c, nil
	})
}

// Delete takes files away, by normalized name; one that is not there is NotFound, and then none is. [Service.PutBack] is the way back.
func (s *Service) Delete(ctx context.Context, by draft.Author, key course.Key, names []string) (Done, error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	return s.change(ctx, by, key, func(now Library) (change, error) {
		if err := now.must(names); err != nil {
			return change{}, err
		}
		c := change{remove: names}
		var gone []course.File
		for _, name := range names {
			gone = append(gone, now.Files[name])
		}
		c.words = wordsOf("Delete", gone)
		return c, nil
	})
}

// TakeBack takes away what uploads put in force, for a form that was refused behind them. What was there before stays, and so does what
// somebody made of it since.
func (s *Service) TakeBack(ctx context.Context, by draft.Author, key course.Key, puts []Put) error {
	if len(puts) == 0 {
		return nil
	}
	_, err := s.change(ctx, by, key, func(now Library) (change, error) {
		var c change
		var gone []course.File
		for _, p := range puts {
			if f, ok := now.Files[p.File.Name]; ok && f.Digest == p.File.Digest && !p.Replaced && p.Head != p.Before {
				c.remove, gone = append(c.remove, f.Name), append(gone, f)
			}
		}
		c.words = wordsOf("Delete", gone)
		return c, nil
	})
	return err
}

// PutBack undoes an act that took files away or replaced them: what the list was has and the list then, which the act made, has not or has
// otherwise. Both must have been the course's files at some time. A file that is no longer as the act left it is a Conflict, and then
// nothing is put back.
func (s *Service) PutBack(ctx context.Context, by draft.Author, key course.Key, was, then string) (Done, error) {
	if err := by.May(key); err != nil {
		return Done{}, err
	}
	var lists [2]map[string]course.File
	for i, id := range []string{was, then} {
		had, err := s.Courses.HadFiles(ctx, key.Bare(), id)
		if err != nil {
			return Done{}, err
		}
		if !had {
			return Done{}, fault.NotFoundf("%s never had the files %q", key, id)
		}
		if lists[i], err = s.Files.Manifest(ctx, id); err != nil {
			return Done{}, err
		}
	}
	return s.change(ctx, by, key, func(now Library) (change, error) {
		var c change
		for _, name := range slices.Sorted(maps.Keys(lists[0])) {
			f, left := lists[0][name], lists[1][name]
			if f.Digest == left.Digest {
				continue
			}
			is := now.Files[name]
			switch is.Digest {
			case f.Digest: // back already
			case left.Digest:
				c.put = append(c.put, f)
			default:
				return change{}, (&fault.Error{Kind: fault.Conflict, Err: &Taken{name, &is}}).Say("files.taken", f.DisplayName)
			}
		}
		c.words = wordsOf("Put back", c.put)
		return c, nil
	})
}

// must refuses names the library does not have.
func (l Library) must(names []string) error {
	for _, name := range names {
		if _, ok := l.Files[name]; !ok {
			return fault.NotFoundf("no file %q", name).Say("files.none", name)
		}
	}
	return nil
}

// wordsOf describes an act on files in a version's message.
func wordsOf(act string, list []course.File) string {
	names := map[string]bool{}
	for _, f := range list {
		names[f.DisplayName] = true
	}
	all := slices.Sorted(maps.Keys(names))
	if len(all) > 3 {
		return fmt.Sprintf("%s %d files: %s, …", act, len(list), strings.Join(all[:2], ", "))
	}
	return act + " " + strings.Join(all, ", ")
}
