package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/course/modulestore"
	"lyceum/course/olx"
	"lyceum/internal/fault"
)

// Importer writes courses and libraries to the content stores.
type Importer struct {
	Courses *modulestore.Store
	Files   *contentstore.Store
	TempDir string // for spooling archives; "" is the system's
	Clock   func() time.Time
}

// Request asks to import a course or a content library.
type Request struct {
	Path    string     // an archive (.tar.gz) or a directory
	FS      fs.FS      // the course's files instead, for what the program brings along; Path names them then
	Archive io.Reader  // an archive instead, as it comes; Path names it then
	Key     course.Key // to import to; zero takes the key the files name
	Publish bool       // put the published tree in force for learners; drafts stay drafts
	Author  string     // username, "" for a command
	// Progress hears of steps done, for people who wait; it may be nil.
	Progress func(step string, done, all int)
	// Check is asked once the key and the report are known, before anything is stored; its error ends the import. It may be nil.
	Check func(key course.Key, report *olx.Report) error
	// New refuses, as a Conflict, a key that is taken.
	New bool
	// Seen is told which head the import is about to replace, the zero one for a course that is not there. What is in force then is
	// replaced if it still is that head; otherwise Seen is told anew. It may be nil: then the later of two imports wins.
	Seen func(modulestore.Head) error
}

// Result is what an import came to.
type Result struct {
	Key       course.Key       `json:"course_key"`
	Name      string           `json:"display_name"`
	Draft     course.VersionID `json:"draft"`
	Published course.VersionID `json:"published,omitempty"`
	Files     string           `json:"-"` // manifest in force
	Report    *olx.Report      `json:"report"`
	Took      time.Duration    `json:"-"`
}

// Import brings a course in. An error in whose chain is olx.ErrRefused says why the files are no course; what was there
// before is untouched then and after any other error.
func (i *Importer) Import(ctx context.Context, r Request) (Result, error) {
	began := i.Clock()
	src := &Source{FS: r.FS, Name: r.Path, close: func() error { return nil }}
	if r.FS == nil {
		i.say(r, "unpack", 0, 1)
		var err error
		if r.Archive != nil {
			src, err = ReadArchive(r.Archive, archiveName(r.Path), i.TempDir)
		} else {
			src, err = OpenSource(r.Path, i.TempDir)
		}
		if err != nil {
			return Result{}, err
		}
	}
	defer src.Close()
	i.say(r, "read", 0, 1)
	library := r.Key.Form == course.FormLibrary || r.Key.IsZero() && olx.IsLibrary(src.FS)
	c, report, err := olx.Read(src.FS, olx.Options{Key: r.Key, Name: src.Name, Library: library})
	if err != nil {
		return Result{}, fmt.Errorf("read %s: %w", r.Path, err)
	}
	report.Defects = append(src.Defects, report.Defects...)
	key := r.Key
	if key.IsZero() {
		key = c.Source
	}
	if r.Check != nil {
		if err := r.Check(key, report); err != nil {
			return Result{}, err
		}
	}
	manifest, err := i.storeFiles(ctx, r, c)
	if err != nil {
		return Result{}, err
	}
	i.say(r, "store", 0, 1)
	req := modulestore.ImportRequest{Key: key, Draft: c.Draft, Files: manifest, Author: r.Author, Message: importWords(r.Path), New: r.New}
	if r.Publish && !library { // learners get of a library what courses copy
		req.Published = c.Published
	}
	res, err := i.replace(ctx, r, req)
	if err != nil {
		return Result{}, fmt.Errorf("store %s: %w", key, err)
	}
	i.say(r, "done", 1, 1)
	name, _ := c.Published.Root.Fields["display_name"].Text()
	return Result{Key: key, Name: name, Draft: res.Draft, Published: res.Published, Files: manifest, Report: report, Took: i.Clock().Sub(began)}, nil
}

// importWords is the message of the versions an import makes.
func importWords(path string) string { return "Import of " + filepath.Base(path) }

// replace puts what was read in force, in place of the head the request was told of.
func (i *Importer) replace(ctx context.Context, r Request, req modulestore.ImportRequest) (modulestore.Result, error) {
	if r.Seen == nil {
		return i.Courses.Import(ctx, req)
	}
	for {
		now, err := i.Courses.Head(ctx, req.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return modulestore.Result{}, err
		}
		if err := r.Seen(now); err != nil {
			return modulestore.Result{}, err
		}
		req.Seen = &now
		res, err := i.Courses.Import(ctx, req)
		if moved := (*modulestore.Conflict)(nil); !errors.As(err, &moved) {
			return res, err
		}
	}
}

func (i *Importer) say(r Request, step string, done, all int) {
	if r.Progress != nil {
		r.Progress(step, done, all)
	}
}

// storeFiles puts the bytes of every file and returns the manifest that lists them. A thumbnail that cannot be made is left
// out; a file that cannot be read fails the import.
func (i *Importer) storeFiles(ctx context.Context, r Request, c *olx.Course) (string, error) {
	now := i.Clock().UTC().Truncate(time.Second)
	list := make(map[string]course.File, len(c.Files))
	for n, src := range c.Files {
		i.say(r, "files", n, len(c.Files))
		f := src.File
		digest, size, err := i.put(ctx, src.Open)
		if err != nil {
			return "", fmt.Errorf("file %s: %w", f.ImportPath, err)
		}
		f.Digest, f.Size, f.Uploaded = digest, size, now
		if f.ContentType == "" {
			f.ContentType = contentstore.ContentType(f.Name)
		}
		if name := contentstore.ThumbnailName(f.Name); name != "" {
			if d, err := i.Files.PutThumbnail(ctx, digest); err == nil {
				f.Thumbnail, f.ThumbnailDigest = name, d
			} else if ctx.Err() != nil {
				return "", ctx.Err()
			}
		}
		list[f.Name] = f
	}
	manifest, err := i.Files.PutManifest(ctx, list)
	if err != nil {
		return "", fmt.Errorf("store the list of files: %w", err)
	}
	return manifest, nil
}

func (i *Importer) put(ctx context.Context, open func() (io.ReadCloser, error)) (digest string, size int64, err error) {
	body, err := open()
	if err != nil {
		return "", 0, err
	}
	defer body.Close()
	return i.Files.PutBlob(ctx, body)
}

// Source is an archive or directory opened for reading. Close gives its temporary space back.
type Source struct {
	FS      fs.FS
	Name    string // stands in for a missing course number
	Defects []olx.Defect
	close   func() error
}

// Close ends the use of FS.
func (s *Source) Close() error { return s.close() }

// OpenSource opens an archive, a directory, or a directory inside an archive, which is named as if the archive were a
// directory: courses.tar.gz/physics. Links of a directory that lead out of it are not followed.
func OpenSource(path, tempDir string) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		if archive, inside, ok := insideArchive(path); ok {
			return openInside(archive, inside, tempDir)
		}
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, fmt.Errorf("%s: %w", path, pe.Err)
		}
		return nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			abs = path
		}
		return &Source{FS: root.FS(), Name: filepath.Base(abs), close: root.Close}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer file.Close()
	return ReadArchive(file, archiveName(path), tempDir)
}

// ReadArchive opens an archive from a stream.
func ReadArchive(r io.Reader, name, tempDir string) (*Source, error) {
	spool, err := os.CreateTemp(tempDir, "lyceum-archive-*")
	if err != nil {
		return nil, fmt.Errorf("make room for the archive: %w", err)
	}
	// Without a name while it is open, so that a killed process leaves nothing; where that is refused it is removed at the end.
	unnamed := os.Remove(spool.Name()) == nil
	drop := func() error {
		if err := spool.Close(); unnamed || err != nil {
			return err
		}
		return os.Remove(spool.Name())
	}
	a, err := olx.ReadArchive(r, spool, olx.DefaultLimits)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("archive %s: %w", name, err), drop())
	}
	return &Source{FS: a, Name: name, Defects: a.Defects, close: drop}, nil
}

// insideArchive splits a path that goes on behind a file.
func insideArchive(path string) (archive, inside string, ok bool) {
	path = filepath.Clean(path)
	for at := filepath.Dir(path); at != filepath.Dir(at); at = filepath.Dir(at) {
		if info, err := os.Stat(at); err == nil {
			inside, err = filepath.Rel(at, path)
			return at, filepath.ToSlash(inside), err == nil && info.Mode().IsRegular()
		}
	}
	return "", "", false
}

func openInside(archive, inside, tempDir string) (*Source, error) {
	src, err := OpenSource(archive, tempDir)
	if err != nil {
		return nil, err
	}
	if info, err := fs.Stat(src.FS, inside); err != nil || !info.IsDir() {
		return nil, errors.Join(fmt.Errorf("%s holds no directory %s", archive, inside), src.Close())
	}
	if src.FS, err = fs.Sub(src.FS, inside); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s in %s: %w", inside, archive, err), src.Close())
	}
	src.Name = filepath.Base(inside)
	return src, nil
}

func archiveName(path string) string {
	name := filepath.Base(path)
	for _, ext := range []string{".tar.gz", ".tgz", ".gz", ".tar"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}
