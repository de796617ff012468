package sink

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	partExt  = ".part"  // a compressed file being made
	spentExt = ".spent" // a rotated file whose compressed form is complete
	packTime = time.Minute
)

var errBusy = errors.New("still being written")

// packer compresses rotated files, beside everything else.
func (l *Log) packer() {
	defer l.done.Done()
	if l.opt.MaxSize < 0 && l.opt.RotateEvery < 0 {
		return // whoever rotates the files compresses them
	}
	again := time.NewTicker(packTime)
	defer again.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-l.pack:
		case <-again.C:
		}
		if err := l.packAll(); err != nil {
			l.opt.Logger.Error("compress rotated tracking logs", "error", err)
		}
	}
}

// mendPacks finishes what a crash interrupted, before anything is written: until then readers miss the file.
func (l *Log) mendPacks() error {
	unlock, err := l.lockDir(".pack.lock", syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil // another process is at it
	}
	if err != nil {
		return err
	}
	defer unlock()
	return l.recoverPacks()
}

// packAll compresses what is rotated, after finishing what a crash interrupted. One process does it at a time.
func (l *Log) packAll() error {
	unlock, err := l.lockDir(".pack.lock", syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil
		}
		return err
	}
	defer unlock()
	if err := l.recoverPacks(); err != nil { // another process may have been killed while this one ran
		return err
	}
	stamps, err := l.stamps(filepath.Base(l.path())+"-", "")
	if err != nil {
		return err
	}
	for _, stamp := range stamps {
		select {
		case <-l.stop:
			return nil
		default:
		}
		if err := l.packOne(stamp); err != nil && !errors.Is(err, errBusy) {
			return err
		}
	}
	return nil
}

// packOne turns tracking.log-STAMP into tracking.log-STAMP.gz. Readers never see both, and a crash at any step is finished by recoverPacks:
//
//  1. the compressed file is made under a hidden name and synced
//  2. the plain file is hidden: from here on the compressed one counts
//  3. the compressed file gets its name
//  4. the hidden plain file is removed
func (l *Log) packOne(stamp string) (err error) {
	plain, err := os.Open(l.rotated(stamp))
	if err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	defer func() { _ = plain.Close() }() // it was read only
	if flock(plain, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return errBusy
	}
	part := l.hidden(stamp, partExt)
	if err := compress(part, plain); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := syncDir(l.opt.Dir); err != nil {
		return err
	}
	if err := os.Rename(l.rotated(stamp), l.hidden(stamp, spentExt)); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	return l.finishPack(stamp, true)
}

// finishPack does the last two steps.
func (l *Log) finishPack(stamp string, part bool) error {
	if err := syncDir(l.opt.Dir); err != nil {
		return err
	}
	if part {
		if err := os.Rename(l.hidden(stamp, partExt), l.rotated(stamp)+".gz"); err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		if err := syncDir(l.opt.Dir); err != nil {
			return err
		}
	}
	if err := os.Remove(l.hidden(stamp, spentExt)); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	return syncDir(l.opt.Dir)
}

// recoverPacks finishes interrupted packOnes. Beside a hidden plain file, a hidden compressed one is complete and has not been shown; alone it is not complete.
func (l *Log) recoverPacks() error {
	hidden := "." + strings.TrimSuffix(l.opt.Name, ".log") + "-"
	spent, err := l.stamps(hidden, spentExt)
	if err != nil {
		return err
	}
	parts, err := l.stamps(hidden, partExt)
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for _, stamp := range parts {
		left[stamp] = true
	}
	for _, stamp := range spent {
		if err := l.finishPack(stamp, left[stamp]); err != nil {
			return err
		}
		delete(left, stamp)
	}
	for stamp := range left {
		if err := os.Remove(l.hidden(stamp, partExt)); err != nil {
			return fmt.Errorf("remove half-made compressed file: %w", err)
		}
	}
	return nil
}

var stampForm = regexp.MustCompile(`^\d{8}-\d+$`)

// stamps lists the files named prefix, stamp, suffix, oldest first, by their stamps.
func (l *Log) stamps(prefix, suffix string) ([]string, error) {
	entries, err := os.ReadDir(l.opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("list tracking logs: %w", err)
	}
	var list []string
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok {
			continue
		}
		if name, ok = strings.CutSuffix(name, suffix); ok && stampForm.MatchString(name) {
			list = append(list, name)
		}
	}
	return list, nil
}

// compress writes the gzip of r to a new file at path and syncs it.
func compress(path string, r io.Reader) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := gzip.NewWriter(f)
	if _, err := io.Copy(z, r); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	return nil
}
