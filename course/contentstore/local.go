package contentstore

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// local is a directory of copies of files named by their digest. Several processes may share it: a copy appears whole,
// by renaming, and whoever has one open can read it to its end after it is removed. Everything in it can be lost.
type local struct {
	dir    string
	budget int64
	logger *slog.Logger

	mu      sync.Mutex
	used    int64
	counted bool
	checked map[string]checked // copies whose digest was found right, and as what
}

// checked recognizes a copy that has not been written to since its digest was computed.
type checked struct {
	size     int64
	modified time.Time
}

func (l *local) path(digest string) string { return filepath.Join(l.dir, digest[:2], digest) }

// open opens a copy. Each process computes its digest once before it trusts it; a copy that is wrong is removed.
func (l *local) open(digest string) (*os.File, int64, bool) {
	f, err := os.Open(l.path(digest))
	if err != nil {
		return nil, 0, false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, 0, false
	}
	is := checked{info.Size(), info.ModTime()}
	l.mu.Lock()
	trusted := l.checked[digest] == is
	l.mu.Unlock()
	if !trusted {
		sum := sha256.New()
		_, err := io.Copy(sum, f)
		if err == nil && hex.EncodeToString(sum.Sum(nil)) != digest {
			l.logger.Error("local copy of a course file is damaged", "path", f.Name())
			l.remove(f.Name(), info.Size())
			f.Close()
			return nil, 0, false
		}
		if _, seekErr := f.Seek(0, io.SeekStart); err != nil || seekErr != nil {
			f.Close()
			return nil, 0, false
		}
		l.trust(digest, is)
	}
	return f, is.size, true
}

func (l *local) trust(digest string, is checked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.checked == nil || len(l.checked) > 100_000 {
		l.checked = map[string]checked{}
	}
	l.checked[digest] = is
}

func (l *local) remove(path string, size int64) {
	if os.Remove(path) == nil {
		l.mu.Lock()
		l.used -= size
		l.mu.Unlock()
	}
}

// scratch makes a file nobody else knows; without the directory, among the system's temporary files.
func (l *local) scratch() (*os.File, error) {
	if err := os.MkdirAll(l.dir, 0o700); err == nil {
		if f, err := os.CreateTemp(l.dir, "new-*"); err == nil {
			return f, nil
		}
	}
	return os.CreateTemp("", "lyceum-file-*")
}

// discard closes and removes a scratch file.
func discard(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}

// keep gives a scratch file its place. Where that fails the file is only unnamed: it stays open for who asked.
func (l *local) keep(f *os.File, digest string, size int64) {
	info, err := f.Stat()
	if err == nil && size <= l.budget && filepath.Dir(f.Name()) == filepath.Clean(l.dir) {
		if err = os.MkdirAll(filepath.Dir(l.path(digest)), 0o700); err == nil {
			err = os.Rename(f.Name(), l.path(digest))
		}
		if err == nil {
			l.trust(digest, checked{info.Size(), info.ModTime()})
			l.grow(size)
			return
		}
		l.logger.Warn("no local copy of a course file", "digest", digest, "error", err)
	}
	os.Remove(f.Name())
}

// grow counts a new copy and, past the budget, removes the oldest until a tenth is free.
func (l *local) grow(size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used += size
	if l.counted && l.used <= l.budget {
		return
	}
	type copied struct {
		path string
		info fs.FileInfo
	}
	var all []copied
	l.used, l.counted = 0, true
	// What cannot be read is not counted; the next call tries again.
	_ = filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // others remove files at the same time
		}
		info, err := d.Info()
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		if strings.HasPrefix(d.Name(), "new-") {
			if time.Since(info.ModTime()) > 24*time.Hour { // of a process that died
				os.Remove(path)
			}
			return nil
		}
		all = append(all, copied{path, info})
		l.used += info.Size()
		return nil
	})
	if l.used <= l.budget {
		return
	}
	slices.SortFunc(all, func(a, b copied) int { return a.info.ModTime().Compare(b.info.ModTime()) })
	for _, c := range all {
		if l.used <= l.budget*9/10 {
			break
		}
		if os.Remove(c.path) == nil {
			l.used -= c.info.Size()
		}
	}
}
