package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rights by file, in the order they came to the kernel.
const (
	landlockRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	landlockWrite = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	landlockFirst = landlockRead | landlockWrite |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK
)

// landlockRuleset is struct landlock_ruleset_attr up to version 6.
type landlockRuleset struct {
	files, network, scoped uint64
}

// restrictFiles allows this thread, and what becomes of it, to read what the
// jail shows and to write its own directory; every other right is gone, even if
// the view should have a hole. It returns the version of Landlock, or "" where
// the kernel has none.
//
// The system calls are made directly, by this thread alone: changing all threads,
// as libraries do, ends a cgo build that is the first process of its namespace.
func restrictFiles(c jailConfig) (version string, err error) {
	v, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e == unix.ENOSYS || e == unix.EOPNOTSUPP {
		return "", nil
	}
	if e != 0 {
		return "", e
	}
	attributes := landlockRuleset{files: landlockFirst}
	size, write := uintptr(8), uint64(landlockWrite)
	if v >= 2 {
		attributes.files |= unix.LANDLOCK_ACCESS_FS_REFER
		write |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if v >= 3 {
		attributes.files |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		write |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if v >= 4 {
		attributes.network, size = unix.LANDLOCK_ACCESS_NET_BIND_TCP|unix.LANDLOCK_ACCESS_NET_CONNECT_TCP, 16
	}
	if v >= 5 {
		attributes.files |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if v >= 6 {
		attributes.scoped, size = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET|unix.LANDLOCK_SCOPE_SIGNAL, 24
	}
	ruleset, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attributes)), size, 0)
	if e != 0 {
		return "", fmt.Errorf("ruleset: %w", e)
	}
	allow := func(path string, rights uint64) error {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if !info.IsDir() {
			rights &= unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
		}
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		beneath := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)} //nolint:gosec // a descriptor is small
		if _, _, e := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, ruleset, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&beneath)), 0, 0, 0); e != 0 {
			return e
		}
		return nil
	}
	for _, path := range append([]string{filepath.Dir(jailDriver)}, c.Visible...) {
		if err := allow(path, landlockRead); err != nil {
			return "", fmt.Errorf("allow %s: %w", path, err)
		}
	}
	if err := allow("/dev", unix.LANDLOCK_ACCESS_FS_READ_FILE|unix.LANDLOCK_ACCESS_FS_WRITE_FILE|unix.LANDLOCK_ACCESS_FS_READ_DIR); err != nil {
		return "", err
	}
	if err := allow(jailHome, write|unix.LANDLOCK_ACCESS_FS_READ_FILE|unix.LANDLOCK_ACCESS_FS_READ_DIR); err != nil {
		return "", err
	}
	if _, _, e := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0, 0); e != 0 {
		return "", e
	}
	return strconv.Itoa(int(v)), unix.Close(int(ruleset))
}
