package sandbox

import (
	"encoding/binary"
	"fmt"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// runCalls are the system calls a run may make. Everything else answers "not
// permitted": no sockets, no new programs, no tracing, no mounts, no namespaces,
// no shared memory that outlives a run, no way to touch another process but
// signals inside its own namespace. Names an architecture does not have are left
// out.
var runCalls = []string{
	"access", "alarm", "arch_prctl", "brk", "chdir", "chmod", "clock_getres", "clock_gettime", "clock_nanosleep", "close", "close_range", "copy_file_range",
	"dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2", "exit", "exit_group", "faccessat", "faccessat2",
	"fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fcntl", "fdatasync", "flock", "fork", "fstat", "fstatfs", "fsync", "ftruncate", "futex", "getcpu",
	"getcwd", "getdents", "getdents64", "getegid", "geteuid", "getgid", "getgroups", "getitimer", "getpgid", "getpgrp", "getpid", "getppid", "getpriority",
	"getrandom", "getresgid", "getresuid", "getrlimit", "getrusage", "getsid", "gettid", "gettimeofday", "getuid", "kill", "link", "linkat", "lseek", "lstat",
	"madvise", "membarrier", "mincore", "mkdir", "mkdirat", "mmap", "mprotect", "mremap", "munmap", "nanosleep", "newfstatat", "open", "openat", "pause",
	"pidfd_open", "pipe", "pipe2", "poll", "ppoll", "pread64", "preadv", "preadv2", "pselect6", "pwrite64", "pwritev", "pwritev2", "read", "readlink",
	"readlinkat", "readv", "rename", "renameat", "renameat2", "restart_syscall", "rmdir", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
	"rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
	"sched_get_priority_max", "sched_get_priority_min", "sched_yield", "select", "sendfile", "set_robust_list", "set_tid_address", "setitimer", "setpgid", "setrlimit",
	"setsid", "sigaltstack", "splice", "stat", "statfs", "statx", "symlink", "symlinkat", "sync_file_range", "sysinfo", "tee", "tgkill", "time", "timer_create", "timer_delete",
	"timer_getoverrun", "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime", "timerfd_settime", "times", "tkill", "truncate", "umask", "uname",
	"unlink", "unlinkat", "utime", "utimensat", "utimes", "vfork", "wait4", "waitid", "write", "writev",
}

// newNamespaces are the flags of clone that make some.
const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWTIME

// Requests of ioctl that x/sys/unix has no names for; the same on every architecture here.
const fionbio, fioclex, fionclex = 0x5421, 0x5451, 0x5450

// filters returns the programs for the interpreter, which may still set up its
// children, and for the children.
func filters() (outer, inner []byte, err error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, nil, err
	}
	known := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, ok := info.SyscallNames[name]; return !ok })
	}
	arg := func(at uint32, is seccomp.Operation, value uint64) seccomp.ArgumentConditions {
		return seccomp.ArgumentConditions{{Argument: at, Operation: is, Value: value}}
	}
	when := func(name string, either ...seccomp.ArgumentConditions) []seccomp.NameWithConditions {
		var list []seccomp.NameWithConditions
		for _, c := range either {
			list = append(list, seccomp.NameWithConditions{Name: name, Conditions: c})
		}
		return list
	}
	conditional := slices.Concat(
		when("clone", arg(0, seccomp.BitsNotSet, newNamespaces)),
		when("prlimit64", arg(0, seccomp.Equal, 0)), // its own limits, nobody else's
		when("prctl", arg(0, seccomp.Equal, unix.PR_SET_NAME), arg(0, seccomp.Equal, unix.PR_GET_NAME)),
		when("ioctl", arg(1, seccomp.Equal, unix.TCGETS), arg(1, seccomp.Equal, unix.TIOCGWINSZ), arg(1, seccomp.Equal, unix.TIOCINQ),
			arg(1, seccomp.Equal, fionbio), arg(1, seccomp.Equal, fioclex), arg(1, seccomp.Equal, fionclex)),
		when("sched_setaffinity", arg(0, seccomp.Equal, 0)),
	)
	setUp := []seccomp.ArgumentConditions{
		arg(0, seccomp.Equal, unix.PR_SET_SECCOMP), arg(0, seccomp.Equal, unix.PR_SET_PDEATHSIG), arg(0, seccomp.Equal, unix.PR_SET_DUMPABLE),
	}
	outer, err = assemble(seccomp.Policy{
		DefaultAction: seccomp.ActionErrno, // "not permitted"
		Syscalls: []seccomp.SyscallGroup{
			{Action: seccomp.ActionAllow, Names: known(append([]string{"execve"}, runCalls...)), NamesWithCondtions: slices.Concat(conditional, when("prctl", setUp...))},
			// Its flags lie in memory, where a filter cannot look: the C library falls back to clone.
			{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: known([]string{"clone3", "openat2"})},
		},
	})
	if err != nil {
		return nil, nil, err
	}
	// Both filters hold for a child, so this one only takes away. It is installed for every run: the kernel looks at the
	// whole of a filter then, and a long one takes longer than many a run.
	inner, err = assemble(seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls:      []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, Names: []string{"execve"}, NamesWithCondtions: when("prctl", setUp...)}},
	})
	return outer, inner, err
}

func assemble(policy seccomp.Policy) ([]byte, error) {
	instructions, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	raw, err := bpf.Assemble(instructions)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	var out []byte
	for _, r := range raw {
		out = binary.NativeEndian.AppendUint16(out, r.Op)
		out = append(out, r.Jt, r.Jf)
		out = binary.NativeEndian.AppendUint32(out, r.K)
	}
	return out, nil
}
