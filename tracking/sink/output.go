package sink

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// file is what the log asks of an open file.
type file interface {
	io.ReaderAt
	io.Writer
	Fd() uintptr
	Stat() (os.FileInfo, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// output is the file being written.
type output struct {
	f       file
	info    os.FileInfo
	size    int64
	dirty   atomic.Bool
	torn    bool      // the file does not end with a line break
	period  time.Time // the file holds events of the rotation period that begins here
	checked time.Time // when the path was last seen to be this file
	tried   time.Time // when a rotation failed last
}

func (l *Log) path() string { return filepath.Join(l.opt.Dir, l.opt.Name) }

// openOutput opens the file at the log's path, with a shared lock on it, and mends its end.
func (l *Log) openOutput() (*output, error) {
	for range 200 {
		out, err := l.tryOpen()
		if err != nil || out != nil {
			return out, err
		}
		time.Sleep(5 * time.Millisecond) // another process has it alone for a moment, or has just rotated it
	}
	return nil, fmt.Errorf("open %s: another process keeps it locked", l.path())
}

func (l *Log) tryOpen() (_ *output, err error) {
	f, err := os.OpenFile(l.path(), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open tracking log: %w", err)
	}
	keep := false
	defer func() {
		if !keep {
			_ = f.Close() // nothing was written to it
		}
	}()
	alone := flock(f, syscall.LOCK_EX|syscall.LOCK_NB) == nil
	if !alone && flock(f, syscall.LOCK_SH|syscall.LOCK_NB) != nil {
		return nil, nil
	}
	out := &output{f: l.opt.wrap(f), checked: l.opt.Now()}
	if out.info, err = f.Stat(); err != nil {
		return nil, fmt.Errorf("open tracking log: %w", err)
	}
	if !isFile(l.path(), out.info) {
		return nil, nil
	}
	if err := out.mend(alone); err != nil {
		return nil, err
	}
	if alone {
		if err := flock(f, syscall.LOCK_SH); err != nil {
			return nil, fmt.Errorf("lock tracking log: %w", err)
		}
	}
	out.period = l.periodOf(l.opt.Now())
	if out.size > 0 {
		out.period = l.periodOf(out.info.ModTime())
	} else if err := syncDir(l.opt.Dir); err != nil {
		return nil, err
	}
	keep = true
	return out, nil
}

// mend removes the torn line a killed process may have left at the end. Who is not alone may be looking at a write in progress, and only closes the line.
func (o *output) mend(alone bool) error {
	for try := 0; ; try++ {
		st, err := o.f.Stat()
		if err != nil {
			return fmt.Errorf("read end of tracking log: %w", err)
		}
		o.size = st.Size()
		end, err := o.lastLineEnd()
		if err != nil {
			return fmt.Errorf("read end of tracking log: %w", err)
		}
		switch {
		case end == o.size:
			return nil
		case alone:
			if err := o.f.Truncate(end); err != nil {
				return fmt.Errorf("cut torn line of tracking log: %w", err)
			}
			o.size = end
			return nil
		case try == 3:
			o.torn = true
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// lastLineEnd is the offset behind the last line break.
func (o *output) lastLineEnd() (int64, error) {
	buf := make([]byte, 64<<10)
	for end := o.size; end > 0; {
		from := max(0, end-int64(len(buf)))
		part := buf[:end-from]
		if _, err := o.f.ReadAt(part, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// overlap is how many bytes of lines, whole lines, the file already ends with.
func (o *output) overlap(lines []byte) int {
	st, err := o.f.Stat()
	if err != nil {
		return 0
	}
	tail := make([]byte, min(int64(len(lines)), st.Size()))
	if _, err := o.f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		return 0
	}
	for end := len(tail); end > 0; end = bytes.LastIndexByte(lines[:end-1], '\n') + 1 {
		if lines[end-1] == '\n' && bytes.HasSuffix(tail, lines[:end]) {
			return end
		}
	}
	return 0
}

// write writes lines and returns how many bytes of whole lines are in the file. The caller has the token.
func (l *Log) write(data []byte) (n, writes int, err error) {
	if err := l.ready(); err != nil {
		return 0, 0, err
	}
	for len(data) > 0 {
		part := wholeLines(data, writeBytes)
		did, err := l.out.append(part)
		n += did
		writes++
		if err != nil {
			return n, writes, fmt.Errorf("write tracking log: %w", err)
		}
		data = data[len(part):]
	}
	return n, writes, nil
}

// append writes whole lines with one system call. When only a part fits, the torn line is taken back, unless another process has written behind it.
func (o *output) append(lines []byte) (int, error) {
	if o.torn {
		if _, err := o.f.Write(newline); err != nil {
			return 0, err
		}
		o.torn = false
		o.size++
	}
	n, err := o.f.Write(lines)
	if n > 0 {
		o.dirty.Store(true)
	}
	o.size += int64(n)
	if n == len(lines) {
		return n, nil
	}
	if err == nil {
		err = io.ErrShortWrite
	}
	whole := bytes.LastIndexByte(lines[:n], '\n') + 1
	if rest := int64(n - whole); rest > 0 {
		o.torn = true
		if st, serr := o.f.Stat(); serr == nil && o.endsWith(lines[whole:n], st.Size()) && o.f.Truncate(st.Size()-rest) == nil {
			o.torn = false
			o.size -= rest
		}
	}
	return whole, err
}

// endsWith reports whether the file's last bytes, at size, are these.
func (o *output) endsWith(b []byte, size int64) bool {
	tail := make([]byte, len(b))
	_, err := o.f.ReadAt(tail, size-int64(len(b)))
	return err == nil && bytes.Equal(tail, b)
}

// sync forces what was written to disk. It may run beside writes; a file that was closed in the meantime has been synced.
func (o *output) sync() error {
	if o == nil || !o.dirty.Swap(false) {
		return nil
	}
	if err := o.f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		o.dirty.Store(true)
		return fmt.Errorf("sync tracking log: %w", err)
	}
	return nil
}

func (o *output) close() error {
	if o == nil {
		return nil
	}
	err := o.sync()
	return errors.Join(err, o.f.Close())
}

func flock(f interface{ Fd() uintptr }, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// isFile reports whether path is the file with that info.
func isFile(path string, info os.FileInfo) bool {
	st, err := os.Stat(path)
	return err == nil && os.SameFile(st, info)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

// noSpace holds for errors that time, or an operator, may mend while the server runs.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EROFS)
}
