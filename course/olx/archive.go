package olx

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits bound what an archive may hold. They are counted while it is read.
type Limits struct {
	Entries   int   // files, directories and links
	Unpacked  int64 // bytes of all files together
	Ratio     int64 // unpacked to packed, past the first RatioFree bytes
	RatioFree int64
	Path      int // bytes of a name
	Depth     int // directories in a name
	Memory    int64
}

// DefaultLimits are the limits of a server that takes archives from strangers.
var DefaultLimits = Limits{
	Entries: 200_000, Unpacked: 20 << 30, Ratio: 200, RatioFree: 100 << 20, Path: 1024, Depth: 32, Memory: 48 << 20,
}

// Spool is where an archive's files are kept while it is open, all in one: an *os.File made for it will do. What is
// written is appended; what was written can be read at any offset.
type Spool interface {
	io.Writer
	io.ReaderAt
}

// Archive is an unpacked archive as a read-only file system. It holds files in memory up to Limits.Memory and the rest
// in the spool, so it is good only as long as the spool is.
type Archive struct {
	*memFS
	Defects []Defect // what was refused, replaced or odd, by name
}

// ReadArchive unpacks a .tar.gz. Names of the archive become names of the returned file system and nothing else. It
// reads to the end, over several gzip members. An archive that is broken, breaks a limit or holds a name or link that
// leads out of it is refused with a [RefusedError] that names the entry. Without a spool everything must fit into
// Limits.Memory.
func ReadArchive(r io.Reader, spool Spool, limits Limits) (*Archive, error) {
	packed := &countingReader{r: r}
	zr, err := gzip.NewReader(packed)
	if errors.Is(err, gzip.ErrHeader) {
		return nil, &RefusedError{Reason: "not a .tar.gz archive"}
	}
	if err != nil {
		return nil, brokenArchive(packed, err)
	}
	u := &unpacker{
		limits: limits, spool: spool, packed: packed,
		fs: newMemFS(), links: map[string]string{}, lower: map[string]string{},
	}
	u.tar = tar.NewReader(&ratioReader{u: u, r: zr})
	for {
		h, err := u.tar.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, u.broken(err)
		}
		if err := u.entry(h); err != nil {
			return nil, err
		}
	}
	if len(u.refused) > 0 {
		return nil, &RefusedError{Reason: "unsafe names in the archive: " + strings.Join(u.refused, "; ")}
	}
	if err := u.drain(zr); err != nil {
		return nil, err
	}
	u.follow()
	u.fs.finish()
	return &Archive{memFS: u.fs, Defects: u.defects}, nil
}

type unpacker struct {
	limits   Limits
	spool    Spool
	packed   *countingReader
	tar      *tar.Reader
	fs       *memFS
	entries  int
	unpacked int64
	inMemory int64
	spooled  int64
	links    map[string]string // link name -> target, both clean
	lower    map[string]string // lower-case name -> first name seen
	defects  []Defect
	refused  []string
}

// ratioReader counts what comes out of the decompressor, tar headers included, and stops a bomb.
type ratioReader struct {
	u *unpacker
	r io.Reader
	n int64
}

func (r *ratioReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.n += int64(n)
	l := r.u.limits
	if r.n > l.RatioFree && r.n > l.Ratio*r.u.packed.n {
		return n, &RefusedError{Reason: fmt.Sprintf("the archive unpacks to more than %d times its size", l.Ratio)}
	}
	return n, err
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// broken tells a damaged archive from a reader that failed.
func (u *unpacker) broken(err error) error { return brokenArchive(u.packed, err) }

func brokenArchive(packed *countingReader, err error) error {
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &RefusedError{Reason: fmt.Sprintf("the archive is cut off after %d bytes", packed.n)}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, tar.ErrHeader), isCorrupt(err):
		return &RefusedError{Reason: fmt.Sprintf("the archive is damaged near byte %d: %v", packed.n, err)}
	}
	return fmt.Errorf("read archive: %w", err)
}

// isCorrupt recognizes the errors compress/flate and archive/tar make for bad data; the former have a type each.
func isCorrupt(err error) bool {
	s := err.Error()
	return strings.HasPrefix(s, "flate: ") || strings.HasPrefix(s, "archive/tar: ") || strings.HasPrefix(s, "gzip: ")
}

func (u *unpacker) note(kind, name, detail string) {
	u.defects = append(u.defects, Defect{Kind: kind, File: name, Detail: detail})
}

// refuse remembers an unsafe entry; the first ten are told.
func (u *unpacker) refuse(name, why string) {
	if len(u.refused) < 10 {
		u.refused = append(u.refused, fmt.Sprintf("%q %s", name, why))
	}
}

func (u *unpacker) entry(h *tar.Header) error {
	u.entries++
	if u.entries > u.limits.Entries {
		return &RefusedError{Reason: fmt.Sprintf("more than %d entries", u.limits.Entries)}
	}
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name, why := safeName(h.Name)
	if why != "" {
		u.refuse(h.Name, why)
		return nil
	}
	if err := u.checkShape(name); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		if name != "." {
			u.fs.mkdir(name)
		}
	case tar.TypeReg, '\x00', tar.TypeGNUSparse, tar.TypeCont:
		if name == "." {
			return nil
		}
		u.claim(name)
		return u.store(name)
	case tar.TypeSymlink:
		target := h.Linkname
		if clean, why := safeName(path.Join(path.Dir(name), strings.ReplaceAll(target, `\`, "/"))); why != "" || strings.HasPrefix(target, "/") {
			u.refuse(h.Name, "links out of the archive to "+fmt.Sprintf("%q", target))
		} else {
			u.claim(name)
			u.links[name] = clean
		}
	case tar.TypeLink:
		if clean, why := safeName(h.Linkname); why != "" {
			u.refuse(h.Name, "links out of the archive to "+fmt.Sprintf("%q", h.Linkname))
		} else {
			u.claim(name)
			u.links[name] = clean
		}
	default:
		u.refuse(h.Name, "is a device or pipe")
	}
	return nil
}

func (u *unpacker) checkShape(name string) error {
	switch {
	case len(name) > u.limits.Path:
		return &RefusedError{File: name[:64] + "...", Reason: fmt.Sprintf("a name longer than %d bytes", u.limits.Path)}
	case strings.Count(name, "/") >= u.limits.Depth:
		return &RefusedError{File: name, Reason: fmt.Sprintf("deeper than %d directories", u.limits.Depth)}
	}
	return nil
}

// safeName cleans a name of an archive to one of fs.FS, or says why it cannot be one.
func safeName(name string) (clean, why string) {
	switch {
	case strings.ContainsRune(name, 0):
		return "", "holds a NUL"
	case len(name) >= 3 && name[1] == ':' && (name[2] == '\\' || name[2] == '/'):
		return "", "is an absolute name"
	}
	name = strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(name, "/") {
		return "", "is an absolute name"
	}
	if slices.Contains(strings.Split(name, "/"), "..") && strings.HasPrefix(path.Clean(name), "..") {
		return "", "leads out of the archive"
	}
	if !utf8.ValidString(name) {
		// Old tools wrote names in the encoding of the machine; a stable name is better than none.
		name = strings.ToValidUTF8(name, "\uFFFD")
	}
	return path.Clean(name), ""
}

// claim says what is odd about a file's name and makes room for it: of two files of one name the last wins.
func (u *unpacker) claim(name string) {
	if u.fs.has(name) || u.links[name] != "" {
		u.note(DuplicateEntry, name, "twice in the archive, the last one counts")
		u.fs.remove(name)
		delete(u.links, name)
		return
	}
	low := strings.ToLower(name)
	if first, twin := u.lower[low]; twin && first != name {
		u.note(CaseTwin, name, "differs from "+first+" only in case")
		return
	}
	u.lower[low] = name
}

// store takes over the content of the current entry. Small files go to memory while there is room, everything else to
// the spool; sizes are believed only as far as bytes arrive.
func (u *unpacker) store(name string) error {
	const small = 256 << 10
	var head bytes.Buffer
	n, err := io.Copy(&head, io.LimitReader(u.tar, small))
	if err != nil {
		return u.broken(fmt.Errorf("%s: %w", name, err))
	}
	if u.unpacked += n; u.unpacked > u.limits.Unpacked {
		return u.tooBig()
	}
	if n < small && u.inMemory+n <= u.limits.Memory {
		u.inMemory += n
		u.fs.addBytes(name, head.Bytes())
		return nil
	}
	if u.spool == nil {
		return u.withoutSpool(name, head)
	}
	start := u.spooled
	body := io.MultiReader(&head, &limitedBody{u: u})
	size, err := io.Copy(u.spool, body)
	u.spooled += size
	if err != nil {
		return u.broken(fmt.Errorf("%s: %w", name, err))
	}
	u.fs.addSection(name, u.spool, start, size)
	return nil
}

func (u *unpacker) withoutSpool(name string, head bytes.Buffer) error {
	room := u.limits.Memory - u.inMemory - int64(head.Len())
	n, err := io.Copy(&head, io.LimitReader(&limitedBody{u: u}, max(room, 0)+1))
	if err != nil {
		return u.broken(fmt.Errorf("%s: %w", name, err))
	}
	if n > room {
		return &RefusedError{File: name, Reason: fmt.Sprintf("the archive needs more than %d bytes of memory", u.limits.Memory)}
	}
	u.inMemory += int64(head.Len())
	u.fs.addBytes(name, head.Bytes())
	return nil
}

func (u *unpacker) tooBig() error {
	return &RefusedError{Reason: fmt.Sprintf("the archive unpacks to more than %d bytes", u.limits.Unpacked)}
}

// limitedBody is the rest of the current entry, counted against the limit of the whole.
type limitedBody struct{ u *unpacker }

func (l *limitedBody) Read(b []byte) (int, error) {
	n, err := l.u.tar.Read(b)
	if l.u.unpacked += int64(n); l.u.unpacked > l.u.limits.Unpacked {
		return n, l.u.tooBig()
	}
	return n, err
}

// drain reads what follows the tar, so that the checksum of the last member is verified.
func (u *unpacker) drain(zr io.Reader) error {
	_, err := io.Copy(io.Discard, &ratioReader{u: u, r: zr})
	if errors.Is(err, gzip.ErrHeader) {
		u.note(TrailingData, "", "bytes after the end of the archive are ignored")
		return nil
	}
	if err != nil {
		return u.broken(err)
	}
	return nil
}

// follow replaces links by what they lead to. A link to a directory becomes a copy of it, without the links inside, so
// that no loop can arise; a file copied shares its bytes.
func (u *unpacker) follow() {
	names := make([]string, 0, len(u.links))
	for name := range u.links {
		names = append(names, name)
	}
	slices.Sort(names)
	budget := u.limits.Entries - u.entries
	copied := map[string][]string{}
	for _, name := range names {
		target, hops := u.links[name], 0
		for u.links[target] != "" && hops < 16 {
			target, hops = u.links[target], hops+1
		}
		switch {
		case u.fs.has(target):
			copied[name] = []string{target}
		case target == "." || strings.HasPrefix(name, target+"/"):
			u.note(DanglingLink, name, "links to a directory it is in")
		default:
			files := u.fs.below(target)
			if len(files) == 0 {
				u.note(DanglingLink, name, "links to "+target+", which is not there")
			}
			copied[name] = files
		}
		if budget -= len(copied[name]); budget < 0 {
			u.note(DanglingLink, name, "too many linked files")
			return
		}
		for _, file := range copied[name] {
			if to := name + strings.TrimPrefix(file, target); len(to) <= u.limits.Path && !u.fs.has(to) {
				u.fs.alias(to, file)
			}
		}
	}
}

var _ fs.ReadFileFS = (*memFS)(nil)
