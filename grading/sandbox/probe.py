# Runs inside a new jail and looks for a way out. It leaves a list of holes for each layer.
import ctypes, errno, os, resource, socket, sys

libc = ctypes.CDLL(None, use_errno=True)
holes = {"namespaces": [], "view": [], "descriptors": [], "seccomp": [], "limits": []}


def refused(layer, what, attempt, *words):
    """The attempt must fail; words narrow down how."""
    try:
        attempt()
    except OSError as failure:
        if not words or failure.errno in words:
            return
        what += " (%s)" % failure
    except Exception:
        return
    holes[layer].append(what)


def forbidden(name, *arguments):
    """The system call must be refused before the kernel looks at its arguments."""
    ctypes.set_errno(0)
    function = getattr(libc, name, None)
    if function is not None and (function(*arguments) != -1 or ctypes.get_errno() != errno.EPERM):
        holes["seccomp"].append(name)


if os.getppid() != 1:
    holes["namespaces"].append("it is not a child of the first process of its own")
if os.uname().nodename != "sandbox":
    holes["namespaces"].append("it has the name of the machine")
if os.getuid() == 0 and open("/sandbox/driver.py").close() is None and os.stat("/sandbox").st_uid != 0:
    holes["namespaces"].append("it is root of the machine")

refused("view", "/proc can be read", lambda: os.listdir("/proc"))
refused("view", "/etc/passwd can be read", lambda: open("/etc/passwd").close())
refused("view", "a device can be made", lambda: os.mknod("/tmp/hole", 0o60600, os.makedev(8, 0)))
for place in ("/", "/usr/lib", "/sandbox", "/dev", "/sandbox/library"):
    refused("view", place + " can be written", lambda: open(os.path.join(place, "hole"), "w").close())
for name in ("proc", "sys", "home", "var", "run", "boot", "mnt", "srv"):
    if os.path.lexists("/" + name) and not any(p.startswith("/%s/" % name) for p in sys.path):
        holes["view"].append("/%s is there" % name)
with open("own", "w") as own:  # a run may write here, and must be able to
    own.write("x")
os.unlink("own")

answers = 0
for descriptor in range(3, 256):
    try:
        kind = os.fstat(descriptor).st_mode & 0o170000
    except OSError:
        continue
    answers += 1
    if kind != 0o010000 or answers > 1:
        holes["descriptors"].append("descriptor %d is open" % descriptor)

refused("seccomp", "socket", lambda: socket.socket(socket.AF_INET), errno.EPERM)
refused("seccomp", "a socket of this machine", lambda: socket.socket(socket.AF_UNIX), errno.EPERM)
refused("seccomp", "another program", lambda: os.execv("/nonexistent", ["x"]), errno.EPERM)
forbidden("ptrace", 16, 1, 0, 0)
forbidden("unshare", 0x10000000)
forbidden("mount", None, None, None, 0, None)
forbidden("setns", -1, 0)
forbidden("shmget", 0, 4096, 0o1600)
forbidden("process_vm_readv", 1, None, 0, None, 0, 0)
forbidden("prlimit64", 1, 7, None, None)
forbidden("setpriority", 0, 1, 5)
forbidden("keyctl", 0)
forbidden("memfd_create", b"x", 0)

for name in ("RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_CORE"):
    if resource.getrlimit(getattr(resource, name))[1] == resource.RLIM_INFINITY:
        holes["limits"].append(name + " is not set")
try:
    bytearray(300 << 20)
    holes["limits"].append("memory is not limited")
except MemoryError:
    pass
children = []
try:
    while len(children) < 40:
        child = os.fork()
        if child == 0:
            import time

            time.sleep(60)
        children.append(child)
    holes["limits"].append("processes are not limited")
except OSError:
    pass
