package sink

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ready sees that there is a file to write, that it is still the one at the path, and that it is not due for rotation. The caller has the token.
func (l *Log) ready() error {
	now := l.opt.Now()
	if l.out == nil {
		return l.reopen()
	}
	if d := now.Sub(l.out.checked); d >= identityTime || d < 0 {
		l.out.checked = now
		st, err := os.Stat(l.path())
		if err != nil || !os.SameFile(st, l.out.info) {
			if err := l.reopen(); err != nil {
				l.opt.Logger.Error("tracking log was moved away and cannot be made anew", "error", err)
			}
			return nil // at worst the moved file is still ours to write
		}
		l.out.size = st.Size() // others write it as well
	}
	if !l.due(now) {
		return nil
	}
	if err := l.rotate(now); err != nil {
		l.out.tried = now
		if !errors.Is(err, errTaken) {
			l.opt.Logger.Error("tracking log cannot be rotated", "error", err)
		}
	}
	return nil
}

func (l *Log) due(now time.Time) bool {
	o := l.out
	if o.size == 0 {
		o.period = l.periodOf(now)
		return false
	}
	if now.Unix() == l.rotatedAt || (!o.tried.IsZero() && now.Sub(o.tried) < time.Second) {
		return false
	}
	return (l.opt.MaxSize > 0 && o.size >= l.opt.MaxSize) || (l.opt.RotateEvery > 0 && l.periodOf(now).After(o.period))
}

func (l *Log) periodOf(t time.Time) time.Time {
	if l.opt.RotateEvery <= 0 {
		return time.Time{}
	}
	return t.UTC().Truncate(l.opt.RotateEvery)
}

// rotate gives the file its dated name and begins a new one. The caller has the token.
func (l *Log) rotate(now time.Time) error {
	unlock, err := l.lockDir(".rotate.lock", syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer unlock()
	if !isFile(l.path(), l.out.info) {
		return l.reopen() // another process was faster
	}
	l.out.dirty.Store(true)
	if err := l.out.sync(); err != nil {
		return err
	}
	name, err := l.freeName(now)
	if err != nil {
		return err
	}
	if err := os.Rename(l.path(), name); err != nil {
		return fmt.Errorf("rotate tracking log: %w", err)
	}
	if err := syncDir(l.opt.Dir); err != nil {
		return err
	}
	if err := l.reopen(); err != nil {
		return err
	}
	l.mu.Lock()
	l.stats.Rotations++
	l.rotatedAt = now.Unix()
	l.mu.Unlock()
	wake(l.pack)
	return nil
}

// errTaken means that another file was rotated in the same second.
var errTaken = errors.New("name is taken")

// freeName is the name of a file rotated now. A second has one name; the next one in the same second is refused and comes later.
func (l *Log) freeName(now time.Time) (string, error) {
	stamp := fmt.Sprintf("%s-%d", now.UTC().Format("20060102"), now.Unix())
	for _, name := range []string{l.rotated(stamp), l.rotated(stamp) + ".gz", l.hidden(stamp, spentExt), l.hidden(stamp, partExt)} {
		if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("rotate tracking log to %s: %w", filepath.Base(name), errTaken)
		}
	}
	return l.rotated(stamp), nil
}

func (l *Log) rotated(stamp string) string { return l.path() + "-" + stamp }

// hidden is a name that readers, who take everything with the log's name in it, do not see.
func (l *Log) hidden(stamp, ext string) string {
	return filepath.Join(l.opt.Dir, "."+strings.TrimSuffix(l.opt.Name, ".log")+"-"+stamp+ext)
}

// reopen replaces the file by the one at the path. The caller has the token.
func (l *Log) reopen() error {
	out, err := l.openOutput()
	if err != nil {
		return err
	}
	l.mu.Lock()
	old := l.out
	l.out = out
	l.mu.Unlock()
	if err := old.close(); err != nil {
		l.opt.Logger.Error("close tracking log", "error", err)
	}
	return nil
}

// Reopen opens the file at the path anew, after something else has moved it away.
func (l *Log) Reopen() error {
	l.acquire()
	defer l.release()
	return l.reopen()
}

// Rotate rotates the file now, unless it is empty.
func (l *Log) Rotate() error {
	l.acquire()
	defer l.release()
	if l.out == nil || l.out.size == 0 {
		return nil
	}
	return l.rotate(l.opt.Now())
}

// lockDir locks a file of the directory that stands for a piece of work in it.
func (l *Log) lockDir(name string, how int) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(l.opt.Dir, name), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("lock directory of the tracking log: %w", err)
	}
	if err := flock(f, how); err != nil {
		return nil, errors.Join(fmt.Errorf("lock directory of the tracking log: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing unlocks
}
