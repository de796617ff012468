package olx

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// memFS is a read-only tree of files that lie in memory or in sections of a spool.
type memFS struct {
	files map[string]memFile
	dirs  map[string][]string // names in each directory, sorted by finish
}

type memFile struct {
	data  []byte
	spool io.ReaderAt // when set, the file is [start, start+size) of it
	start int64
	size  int64
}

func newMemFS() *memFS {
	return &memFS{files: map[string]memFile{}, dirs: map[string][]string{".": nil}}
}

func (m *memFS) has(name string) bool { _, ok := m.files[name]; return ok }

func (m *memFS) addBytes(name string, data []byte) {
	m.files[name] = memFile{data: data, size: int64(len(data))}
}

func (m *memFS) addSection(name string, spool io.ReaderAt, start, size int64) {
	m.files[name] = memFile{spool: spool, start: start, size: size}
}

func (m *memFS) alias(name, target string) { m.files[name] = m.files[target] }
func (m *memFS) remove(name string)        { delete(m.files, name) }

func (m *memFS) mkdir(name string) {
	if _, ok := m.dirs[name]; !ok {
		m.dirs[name] = nil
	}
}

// below lists the files under a directory.
func (m *memFS) below(dir string) []string {
	var out []string
	for name := range m.files {
		if strings.HasPrefix(name, dir+"/") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// finish makes the directories. A file that stands where a directory must be gives way.
func (m *memFS) finish() {
	explicit := m.dirs
	m.dirs = map[string][]string{".": nil}
	seen := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		if name == "." || seen[name] {
			return
		}
		seen[name] = true
		dir := path.Dir(name)
		m.dirs[dir] = append(m.dirs[dir], path.Base(name))
		add(dir)
	}
	for name := range explicit {
		if _, isFile := m.files[name]; !isFile && name != "." {
			add(name)
			m.mkdir(name)
		}
	}
	for name := range m.files {
		add(name)
	}
	for dir := range m.dirs {
		delete(m.files, dir)
		slices.Sort(m.dirs[dir])
	}
}

func (m *memFS) stat(op, name string) (memInfo, error) {
	if !fs.ValidPath(name) {
		return memInfo{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if f, ok := m.files[name]; ok {
		return memInfo{path.Base(name), f.size, false}, nil
	}
	if _, ok := m.dirs[name]; ok {
		return memInfo{path.Base(name), 0, true}, nil
	}
	return memInfo{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

// Open opens a file or directory.
func (m *memFS) Open(name string) (fs.File, error) {
	info, err := m.stat("open", name)
	if err != nil {
		return nil, err
	}
	if info.dir {
		return &openDir{fs: m, name: name, info: info}, nil
	}
	f := m.files[name]
	if f.spool != nil {
		return &openFile{Reader: io.NewSectionReader(f.spool, f.start, f.size), info: info}, nil
	}
	return &openFile{Reader: bytes.NewReader(f.data), info: info}, nil
}

// Stat describes a file or directory.
func (m *memFS) Stat(name string) (fs.FileInfo, error) {
	info, err := m.stat("stat", name)
	if err != nil {
		return nil, err
	}
	return info, nil
}

// ReadFile returns a copy of a file's content.
func (m *memFS) ReadFile(name string) ([]byte, error) {
	info, err := m.stat("read", name)
	if err != nil {
		return nil, err
	}
	if info.dir {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	f := m.files[name]
	if f.spool == nil {
		return append([]byte{}, f.data...), nil
	}
	b := make([]byte, f.size)
	if _, err := f.spool.ReadAt(b, f.start); err != nil && err != io.EOF {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return b, nil
}

// ReadDir lists a directory, sorted by name.
func (m *memFS) ReadDir(name string) ([]fs.DirEntry, error) {
	info, err := m.stat("readdir", name)
	if err != nil {
		return nil, err
	}
	if !info.dir {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	out := make([]fs.DirEntry, 0, len(m.dirs[name]))
	for _, base := range m.dirs[name] {
		if entry, err := m.stat("readdir", path.Join(name, base)); err == nil {
			out = append(out, fs.FileInfoToDirEntry(entry))
		}
	}
	return out, nil
}

type memInfo struct {
	name string
	size int64
	dir  bool
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }

// Mode says file or directory, readable by all.
func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type openFile struct {
	io.Reader
	info memInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	fs   *memFS
	name string
	info memInfo
	at   int
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	all, err := d.fs.ReadDir(d.name)
	if err != nil {
		return nil, err
	}
	rest := all[min(d.at, len(all)):]
	if n > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	if n > 0 && n < len(rest) {
		rest = rest[:n]
	}
	d.at += len(rest)
	return rest, nil
}
