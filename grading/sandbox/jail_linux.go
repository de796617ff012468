package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Places inside a jail.
const (
	jailHome    = "/tmp"
	jailDriver  = "/sandbox/driver.py"
	jailLibrary = "/sandbox/library"
)

// answersFD is the last of a member's descriptors: nothing, nothing, complaints, requests, answers.
const answersFD = 4

// Jail builds a jail around this process and becomes the interpreter. It is
// called first thing in a process that [Runner] started; it returns only by
// ending it.
func Jail(args []string) {
	runtime.LockOSThread() // rights are given up by thread, and this one becomes the interpreter
	layer, err := build(args)
	fmt.Fprintf(os.Stderr, "%s: %v\n", layer, err)
	os.Exit(jailFailed)
}

// build returns the layer that failed and why.
func build(args []string) (layer string, err error) {
	if len(args) != 1 || os.Getpid() != 1 {
		return layerNamespaces, fmt.Errorf("lms jail is started by the server alone")
	}
	var c jailConfig
	if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
		return layerNamespaces, err
	}
	if err := unix.Sethostname([]byte("sandbox")); err != nil {
		return layerNamespaces, fmt.Errorf("host name: %w", err)
	}
	// The kernel ends these first when memory is short. It may be forbidden to ask; the limits hold all the same.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	if err := buildView(c); err != nil {
		return layerView, err
	}
	outer, inner, err := filters()
	if err != nil {
		return layerSeccomp, err
	}
	if err := unix.CloseRange(answersFD+1, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return layerDescriptors, err
	}
	for _, l := range []struct {
		what  int
		value uint64
	}{{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_NOFILE, 256}, {unix.RLIMIT_MEMLOCK, 0}, {unix.RLIMIT_MSGQUEUE, 0}} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.value, Max: l.value}); err != nil {
			return layerLimits, err
		}
	}
	if err := giveUpRights(c.User); err != nil {
		return layerNamespaces, err
	}
	rights, err := restrictFiles(c)
	if err != nil {
		return layerLandlock, err
	}
	told, err := json.Marshal(driverConfig{Home: jailHome, Library: jailLibrary, Filter: hex.EncodeToString(inner), Preload: c.Preload, Landlock: rights, Limits: c.Limits})
	if err != nil {
		return layerLimits, err
	}
	return enter(c, outer, string(told))
}

// buildView puts a file system of its own under the process: the interpreter and
// nothing else.
func buildView(c jailConfig) error {
	// Nothing done here may travel back to the mounts this one was copied from.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts of its own: %w", err)
	}
	const base, old = "/tmp", "/.old"
	if err := unix.Mount("root", base, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755,size=16m,nr_inodes=4096"); err != nil {
		return fmt.Errorf("an empty root: %w", err)
	}
	if err := os.Mkdir(base+old, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(base, base+old); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	for _, path := range append([]string{"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"}, c.Visible...) {
		if err := show(old, path); err != nil {
			return fmt.Errorf("show %s: %w", path, err)
		}
	}
	if err := unpack(filepath.Dir(jailDriver)); err != nil {
		return fmt.Errorf("unpack the driver: %w", err)
	}
	if err := os.Mkdir(jailHome, 0o700); err != nil {
		return err
	}
	options := fmt.Sprintf("mode=700,size=%d,nr_inodes=2048,uid=%d,gid=%d", c.Scratch, c.User, c.User)
	if err := unix.Mount("scratch", jailHome, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, options); err != nil {
		return fmt.Errorf("a directory of its own: %w", err)
	}
	if err := unix.Unmount(old, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the old root: %w", err)
	}
	if err := os.Remove(old); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
		return fmt.Errorf("a root that cannot be written: %w", err)
	}
	return nil
}

// show mounts a path of the old root at the same place of the new one, read-only.
func show(old, path string) error {
	source, err := followOld(old, path)
	if err != nil {
		return err
	}
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	device := info.Mode()&fs.ModeDevice != 0
	if info.IsDir() {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	} else if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o644); err != nil {
		return err
	} else if err := f.Close(); err != nil {
		return err
	}
	// What is mounted below comes along: a process of this namespace may not take it apart.
	if err := unix.Mount(source, path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	attributes := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}
	if !device {
		attributes.Attr_set |= unix.MOUNT_ATTR_NODEV
	}
	return unix.MountSetattr(unix.AT_FDCWD, path, unix.AT_RECURSIVE, &attributes)
}

// followOld resolves links as they were before the root was changed.
func followOld(old, path string) (string, error) {
	resolved := "/"
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for hops := 0; len(parts) > 0; {
		next := filepath.Join(resolved, parts[0])
		parts = parts[1:]
		target, err := os.Readlink(old + next)
		if err != nil {
			resolved = next
			continue
		}
		if hops++; hops > 40 {
			return "", syscall.ELOOP
		}
		if filepath.IsAbs(target) {
			resolved = "/"
		}
		parts = append(strings.Split(strings.Trim(target, "/"), "/"), parts...)
	}
	return old + resolved, nil
}

// giveUpRights makes this thread an ordinary user of its namespace, without any
// capability and without a way to one.
func giveUpRights(user int) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	for c := 0; c <= unix.CAP_LAST_CAP; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil && err != unix.EINVAL {
			return fmt.Errorf("drop capability %d: %w", c, err)
		}
	}
	const noRoot, noRootLocked, noFixup, noFixupLocked = 1, 2, 4, 8
	if err := unix.Prctl(unix.PR_SET_SECUREBITS, noRoot|noRootLocked|noFixup|noFixupLocked, 0, 0, 0); err != nil {
		return fmt.Errorf("user 0 without rights: %w", err)
	}
	if user != 0 {
		// syscall.Setuid would change every thread; this one is all that will be left.
		if _, _, e := syscall.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); e != 0 {
			return fmt.Errorf("no groups: %w", e)
		}
		if _, _, e := syscall.RawSyscall(unix.SYS_SETRESGID, uintptr(user), uintptr(user), uintptr(user)); e != 0 {
			return fmt.Errorf("group %d: %w", user, e)
		}
		if _, _, e := syscall.RawSyscall(unix.SYS_SETRESUID, uintptr(user), uintptr(user), uintptr(user)); e != 0 {
			return fmt.Errorf("user %d: %w", user, e)
		}
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&head, &none[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// enter sets the last limits and becomes the interpreter. Everything is made
// ready before: once address space is limited, this program may not get any.
func enter(c jailConfig, filter []byte, told string) (layer string, err error) {
	path, err := syscall.BytePtrFromString(c.Python)
	if err != nil {
		return layerLimits, err
	}
	argv, err := syscall.SlicePtrFromStrings([]string{c.Python, "-s", "-B", jailDriver, told})
	if err != nil {
		return layerLimits, err
	}
	envv, err := syscall.SlicePtrFromStrings(environ(jailHome))
	if err != nil {
		return layerLimits, err
	}
	program := unix.SockFprog{Len: uint16(len(filter) / 8), Filter: (*unix.SockFilter)(unsafe.Pointer(&filter[0]))} //nolint:gosec // bounded by the kernel's own limit
	memory := unix.Rlimit{Cur: uint64(c.Memory), Max: uint64(c.Memory)}                                             //nolint:gosec // positive

	if _, _, e := syscall.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program))); e != 0 {
		return layerSeccomp, e
	}
	if _, _, e := syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_AS, uintptr(unsafe.Pointer(&memory)), 0, 0, 0); e != 0 {
		return layerLimits, e
	}
	_, _, e := syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envv[0])))
	return layerView, fmt.Errorf("%s: %w", c.Python, e)
}
