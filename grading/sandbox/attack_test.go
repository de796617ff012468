package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lyceum/grading/capa"
)

// attack is code that tries what it must not, and what it comes to.
type attack struct {
	name   string
	code   string
	files  []capa.ScriptFile
	limits Limits
	error  string // pattern of the author's error; "" where the code ends well
	want   string // the globals then
}

var quick = Limits{CPU: time.Second, Wall: 1500 * time.Millisecond}

func attacks(t *testing.T) []attack {
	return []attack{
		{name: "fork bomb", code: "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", limits: quick, error: "^(TimeoutError|MemoryError): "},
		{name: "processes", code: "import os, time\nfor _ in range(100):\n  if os.fork() == 0: time.sleep(60)", error: "^BlockingIOError: "},
		{name: "threads", code: "import threading, time\nfor _ in range(100): threading.Thread(target=time.sleep, args=(60,)).start()", error: "^RuntimeError: can't start new thread"},
		{name: "endless loop", code: "while True: pass", limits: Limits{Wall: 30 * time.Second}, error: "^TimeoutError: the code used more than 1s of processor time"},
		{name: "endless loop that defends itself", code: `
import signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while True:
  try:
    while True: pass
  except BaseException: pass`, limits: Limits{Wall: 30 * time.Second}, error: "^TimeoutError: the code used more than 1s of processor time"},
		{name: "exploding pattern", code: "import re\nre.match('(a+)+$', 'a' * 40 + 'b')", limits: Limits{Wall: 30 * time.Second}, error: "^TimeoutError: "},
		{name: "4 GiB", code: "x = bytearray(4 << 30)", error: "^MemoryError"},
		{name: "4 GiB in steps", code: "x = []\nwhile True: x.append(bytearray(1 << 20))", limits: Limits{Wall: 30 * time.Second, CPU: 10 * time.Second}, error: "^MemoryError"},
		{name: "4 GiB in many processes", code: `
import os, time
for _ in range(16):
  if os.fork() == 0:
    x = bytearray(b"x") * (200 << 20)
    time.sleep(60)
time.sleep(60)`, limits: Limits{CPU: 5 * time.Second, Wall: 20 * time.Second, Memory: 512 << 20}, error: "^MemoryError: the code used more than 512 MiB of memory"},
		{name: "4 GiB in many processes of a thread", code: `
import os, threading, time
def start():
  for _ in range(16):
    if os.fork() == 0:
      x = bytearray(b"x") * (200 << 20)
      time.sleep(60)
  time.sleep(60)
threading.Thread(target=start).start()
time.sleep(60)`, limits: Limits{CPU: 5 * time.Second, Wall: 20 * time.Second, Memory: 512 << 20}, error: "^MemoryError: the code used more than 512 MiB of memory"},
		{name: "1 GiB printed", code: "for _ in range(1024): print('x' * (1 << 20))", error: "^OSError: the code printed more than 10485760 bytes"},
		{name: "1 GiB to the descriptor", code: "import os\nfor _ in range(1024): os.write(1, b'x' * (1 << 20))", want: `{"_": 1023}`},
		{name: "64 MiB left behind", code: "x = ['y' * (1 << 20)] * 64", limits: Limits{Memory: 2 << 30, Wall: 10 * time.Second, CPU: 5 * time.Second}, error: "^OSError: the code left more than"},
		{name: "1 GiB in a file", code: "f = open('x', 'wb')\nfor _ in range(1024): f.write(b'x' * (1 << 20))", error: "^OSError: .*File too large"},
		{name: "1 GiB in many files", code: "for n in range(1024):\n  with open('x%d' % n, 'wb') as f: f.write(b'x' * (1 << 20))", error: "^OSError: .*No space left on device"},
		{name: "a million files", code: "for n in range(1000000): open('x%d' % n, 'w').close()", error: "^OSError: .*No space left on device"},
		{name: "sleep", code: "import time\ntime.sleep(60)", limits: quick, error: "^TimeoutError: the code took longer than 1.5s"},
		{name: "kill everything", code: `
import os
try: os.kill(-1, 9)
except ProcessLookupError: pass
for pid in range(1, 70000):
  if pid != os.getpid():
    try: os.kill(pid, 9)
    except OSError: pass
done = 1`, limits: Limits{CPU: 3 * time.Second}, want: `{"pid": 69999, "done": 1}`},
		{name: "stop the first process", code: "import os, signal\nfor s in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV, signal.SIGALRM, signal.SIGCHLD): os.kill(1, s)\ns = 0", want: `{"s": 0}`},
		{name: "interrupt the first process", code: "import os, signal\nwhile True: os.kill(1, signal.SIGUSR1)", limits: quick, error: "^(RuntimeError|TimeoutError): "},
		{name: "kill itself", code: "import os\nos.kill(os.getpid(), 9)", error: "^MemoryError: the code was ended"},
		{name: "write outside", code: writes("/etc/x", "/usr/lib/x", "/lib/x", "../x", "../../x", "/x", "/sandbox/driver.py", "/sandbox/library/prolog.py", "/dev/x", "/dev/shm/x", "/var/tmp/x"), want: `{"through": []}`},
		{name: "write the server's files", code: writes(writableFile(t)), want: `{"through": []}`},
		{name: "links out", code: reads(true, "/etc/shadow", "/etc/passwd", "/proc/self/environ", "/"), want: `{"through": []}`},
		{name: "read outside", code: reads(false, "/etc/shadow", "/etc/passwd", "/proc/1/environ", "/proc/self/environ", "/proc/self/mem", "/proc/version", "/sys/kernel", "/root", "/home", "/var/log", "/dev/mem", "/dev/kmsg", "../../etc/passwd", "/tmp/../etc/shadow"), want: `{"through": []}`},
		{name: "mount", code: system("mount(b'proc', b'/tmp', b'proc', 0, None)", "umount2(b'/tmp', 2)", "pivot_root(b'/tmp', b'/tmp')", "chroot(b'/tmp')", "unshare(0x10000000)", "setns(0, 0)"), want: `{"through": []}`},
		{name: "become somebody", code: system("setuid(0)", "setresuid(0, 0, 0)", "setgid(0)", "setgroups(0, None)", "prctl(38, 0, 0, 0, 0)", "capset(None, None)"), want: `{"through": []}`},
		{name: "trace", code: system("ptrace(16, 1, 0, 0)", "ptrace(16, os.getppid(), 0, 0)", "process_vm_readv(1, None, 0, None, 0, 0)", "process_vm_writev(1, None, 0, None, 0, 0)", "prlimit(1, 0, None, None)", "syscall(438, 3, 1, 0)"), want: `{"through": []}`},
		{name: "shared memory", code: system("shmget(0, 4096, 0o1777)", "semget(0, 1, 0o1777)", "msgget(0, 0o1777)", "memfd_create(b'x', 0)", "mq_open(b'/x', 66, 0o600, None)"), want: `{"through": []}`},
		{name: "reboot", code: system("reboot(0x1234567)", "sethostname(b'x', 1)", "swapon(b'/tmp', 0)", "syscall(175, None, 0, None)", "syscall(321, 0, None, 0)", "syscall(425, 1, None)"), want: `{"through": []}`},
		{name: "other programs", code: "import subprocess\nsubprocess.run(['/bin/sh', '-c', 'id'])", error: "^(PermissionError|FileNotFoundError): "},
		{name: "programs of its own", code: "import os\nopen('x', 'w').write('#!/usr/bin/python3')\nos.chmod('x', 0o755)\nos.execv('./x', ['x'])", error: "^PermissionError: "},
		{name: "raise limits", code: "import resource\nresource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)", error: "^ValueError: "},
		{name: "leave a process", code: `
import os, time
if os.fork() == 0:
  os.setsid()
  if os.fork() == 0:
    while True: time.sleep(1)
  os._exit(0)
done = 1`, want: `{"done": 1}`},
		{name: "change modules", code: "import math, json, builtins, sys, os\nmath.sqrt = lambda x: 42\njson.dumps = None\nbuiltins.len = None\nsys.path[:] = []\nos.environ['X'] = 'y'\nsys.modules['random'] = 'no'\nimport __main__\n__main__.write_message = None", error: "."},
		{name: "change math", code: "import math\nmath.sqrt = lambda x: 42\nx = math.sqrt(4)", want: `{"x": 42}`},
		{name: "spoil the answer", code: "import os\nfor d in range(3, 200):\n  try: os.write(d, b'\\0' * 20 + b'{\"ready\": true}')\n  except OSError: pass", error: "^RuntimeError: the code spoiled its own answer"},
		{name: "a false answer", code: "import os, struct, time\nfor d in range(3, 200):\n  try: os.write(d, struct.pack('<5I', 2**31, 0, 0, 0, 0))\n  except OSError: pass", error: "^(RuntimeError|OSError|TimeoutError): "},
		{name: "end the interpreter", code: "import os\nos._exit(0)", error: "^RuntimeError: the code ended its own process"},
		{name: "exit", code: "import sys\nsys.exit('bye')", error: "^SystemExit: bye"},
		{name: "crash", code: "import ctypes\nctypes.string_at(0)", error: "^RuntimeError: the interpreter crashed"},
		{name: "recursion", code: "def f(): return f()\nf()", error: "^RecursionError: "},
		{name: "deep recursion", code: "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return [f(x)]\nf(1)", error: "^(RuntimeError|MemoryError|TimeoutError|RecursionError)"},
		{name: "deep expression", code: "x = " + strings.Repeat("(", 10000) + "1" + strings.Repeat(")", 10000), error: "^(SyntaxError|MemoryError|RecursionError|RuntimeError)"},
		{name: "not UTF-8", code: "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe\\0')\nprint('\\ud800')\nx = '\\ud800'\ny = b'\\xff'", want: `{"x": "\ud800", "y": ""}`},
		{name: "no JSON", code: "import math as m\na = {1, 2}\nb = object()\nc = lambda: 0\nd = 1j\ne = []\ne.append(e)\nf = 10 ** 5000\nfor _ in range(5000): e = [e]\ng = 7", want: `{"_": 4999, "g": 7}`},
		{name: "not a number", code: "x = float('nan')\ny = [float('inf'), -float('inf')]", want: `{"x": {"__float__": "nan"}, "y": [{"__float__": "inf"}, {"__float__": "-inf"}]}`},
		{name: "directories without end", code: "import os\nfor _ in range(1500):\n  os.mkdir('d')\n  os.chdir('d')\nos.chmod('.', 0)\nos.chmod('/tmp', 0)\ndone = 1", want: `{"_": 1499, "done": 1}`},
		{name: "lib: outside", code: "import evil", files: lib(t, "../evil.py", "x = 1", 0), error: "^Refused: python_lib.zip holds a file outside itself"},
		{name: "lib: absolute", code: "import evil", files: lib(t, "/evil.py", "x = 1", 0), error: "^Refused: python_lib.zip holds a file outside itself"},
		{name: "lib: link", code: "import evil", files: lib(t, "evil.py", "/etc/passwd", fs.ModeSymlink|0o777), error: "^Refused: python_lib.zip holds a link"},
		{name: "lib: bomb", code: "import evil", files: lib(t, "evil.py", "#"+strings.Repeat("x", 200<<20), 0), error: "^Refused: python_lib.zip unpacks to more"},
		{name: "lib: no archive", code: "import evil", files: []capa.ScriptFile{{Name: capa.PythonLib, Data: []byte("PK nonsense")}}, error: "^Refused: "},
		{name: "file with a path", code: "x = 1", files: []capa.ScriptFile{{Name: "../x", Data: []byte("x")}}, error: "^Refused: course file '../x' has a path for a name"},
		{name: "lib: honest", code: "import evil\nx = evil.x\ndel evil", files: lib(t, "evil.py", "x = 1", 0), want: `{"x": 1}`},
	}
}

// writes is code that lists the paths it can write to.
func writes(paths ...string) string {
	return fmt.Sprintf("through = []\nfor p in %s:\n  try: open(p, 'a').close(); through.append(p)\n  except OSError: pass\ndel p", pythonList(paths))
}

// reads is code that lists the paths it can read, or list; through links of its own, if asked.
func reads(linked bool, paths ...string) string {
	link := ""
	if linked {
		link = "os.symlink(p, 'l%d' % n); p = 'l%d' % n; "
	}
	return fmt.Sprintf(`
import os
through = []
n = 0
for p in %s:
  n += 1
  %sq = p
  for attempt in (lambda: open(q, "rb").read(1), lambda: os.listdir(q)):
    try:
      attempt()
      through.append(p)
    except OSError: pass
del p, q, n`, pythonList(paths), link)
}

// system is code that lists the calls of the C library that did not fail with "not permitted".
func system(calls ...string) string {
	return fmt.Sprintf(`
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
through = []
for c in %s:
  try:
    if eval("libc." + c) != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS): through.append(c)
  except AttributeError: pass
del c`, pythonList(calls))
}

func pythonList(items []string) string {
	b, err := json.Marshal(items) // a list of texts is the same in both languages
	if err != nil {
		panic(err)
	}
	return string(b)
}

// writableFile is a file everybody may write.
func writableFile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "writable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "file")
	if err := errors.Join(os.WriteFile(path, nil, 0o666), os.Chmod(path, 0o666), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	return path
}

func lib(t *testing.T, name, content string, mode fs.FileMode) []capa.ScriptFile {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(mode | 0o644)
	f, err := w.CreateHeader(h)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return []capa.ScriptFile{{Name: capa.PythonLib, Data: b.Bytes()}}
}

// notes collects what a runner logs.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) logger() *slog.Logger { return slog.New(slog.NewTextHandler(n, nil)) }

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// newTestRunner returns a runner whose jail holds, or skips the test and says why.
func newTestRunner(t testing.TB, c Config) (*Runner, *notes) {
	t.Helper()
	said := &notes{}
	c.Log = said.logger()
	r := New(c)
	t.Cleanup(r.Close)
	report, err := r.ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if why := report.Refusal(); why != "" {
		if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "x = 1"}); !isUnavailable(err) {
			t.Fatalf("a jail that does not hold (%s) ran code: %v", why, err)
		}
		t.Skipf("the jail does not hold here, and code is refused: %s", why)
	}
	return r, said
}

func isUnavailable(err error) bool {
	refused, ok := errors.AsType[*capa.Error](err)
	return ok && refused.Kind == capa.Unavailable
}

func TestAttacks(t *testing.T) {
	t.Setenv("LMS_SECRET", "the server's secret")
	r, said := newTestRunner(t, Config{Members: 1})
	for _, a := range attacks(t) {
		t.Run(a.name, func(t *testing.T) {
			attackOnce(t, r, said, a)
			nextIsClean(t, r)
		})
	}
	if strings.Contains(said.String(), "is gone and is replaced") {
		t.Errorf("an attack cost a member:\n%s", said)
	}
}

// The same as somebody who is not root: root lends the jail rights nobody else has.
func TestAttacksAsOrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("this test runs as an ordinary user already")
	}
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("no setpriv to become an ordinary user with")
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "ordinary")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "test")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(program, self, 0o755), os.Chmod(program, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), setpriv, "--reuid=64321", "--regid=64321", "--clear-groups", program,
		"-test.v", "-test.run", "^(TestAttacks|TestNoNetwork|TestMemberKilled)$")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("as an ordinary user: %v\n%s", err, out)
	}
	if why := regexp.MustCompile("the jail does not hold here.*").Find(out); why != nil {
		t.Skipf("an ordinary user has no jail here: %s", why)
	}
}

func TestAttacksCold(t *testing.T) {
	r, said := newTestRunner(t, Config{Way: Cold})
	for _, a := range attacks(t) {
		switch a.name {
		case "fork bomb", "endless loop", "4 GiB", "1 GiB printed", "sleep", "kill everything", "read outside", "write outside", "leave a process":
			t.Run(a.name, func(t *testing.T) { attackOnce(t, r, said, a) })
		}
	}
}

func attackOnce(t *testing.T, r *Runner, said *notes, a attack) {
	t.Helper()
	began := time.Now()
	got, err := r.Run(t.Context(), capa.ScriptJob{Code: a.code, Files: a.files, Limits: a.limits, Seed: 1})
	t.Logf("%v %v", time.Since(began).Round(time.Millisecond), err)
	script, failed := errors.AsType[*capa.ScriptError](err)
	switch {
	case err != nil && !failed:
		t.Fatalf("the machinery failed: %v", err)
	case failed && (a.error == "" || !regexp.MustCompile(a.error).MatchString(script.Message)):
		t.Errorf("got %q, want %q\n%s", script.Message, a.error, script.Trace)
	case failed && !strings.Contains(said.String(), strings.SplitN(script.Message, "\n", 2)[0][:10]):
		t.Errorf("nothing is in the log of %q", script.Message)
	case !failed && a.error != "":
		t.Errorf("got %.200s, want %q", got.Globals, a.error)
	case !failed && string(got.Globals) != a.want:
		t.Errorf("got %.500s, want %s", got.Globals, a.want)
	}
}

// nextIsClean runs what notices anything the run before left behind.
func nextIsClean(t *testing.T, r *Runner) {
	t.Helper()
	got, err := r.Run(t.Context(), capa.ScriptJob{Code: `
import math, json, os, random, sys
made = os.listdir("/tmp")
alone = []
for pid in range(2, 300):
  if pid != os.getpid():
    try:
      os.kill(pid, 0)
      alone.append(pid)
    except OSError: pass
root = math.sqrt(4)
draw = random.randint(1, 10**9)
mode = os.stat("/tmp").st_mode & 0o777
environment = sorted(n for n in os.environ if "LMS" in n or n == "X")
secret = "secret" in repr(dict(os.environ))
del pid, math, json, os, random, sys
`, Seed: int(time.Now().UnixNano())})
	if err != nil {
		t.Fatalf("the next request: %v", err)
	}
	var left struct {
		Made, Alone, Environment []any
		Root                     float64
		Mode                     int
		Secret                   bool
	}
	if err := json.Unmarshal(got.Globals, &left); err != nil {
		t.Fatal(err)
	}
	// The library makes one directory for itself.
	if len(left.Made) > 1 || len(left.Alone) > 0 || len(left.Environment) > 0 || left.Root != 2 || left.Mode != 0o700 || left.Secret {
		t.Errorf("the run before left something: %s", got.Globals)
	}
}

// Nobody answers: there is no network, and no socket of this machine.
func TestNoNetwork(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 1})
	tcp, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	dir, err := os.MkdirTemp("", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	database := filepath.Join(dir, ".s.PGSQL.5432")
	unix, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", database)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close()
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(database, 0o777)); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{
		fmt.Sprintf("import socket\nsocket.create_connection(('127.0.0.1', %d))", tcp.Addr().(*net.TCPAddr).Port),
		fmt.Sprintf("import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect(%q)", database),
		"import socket\nsocket.socket(socket.AF_UNIX).connect('\\0abstract')",
		"import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))",
		"import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
		"import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')",
		"import socket\nsocket.socketpair()",
	} {
		_, err := r.Run(t.Context(), capa.ScriptJob{Code: code})
		if script, ok := errors.AsType[*capa.ScriptError](err); !ok || !strings.Contains(script.Message, "not permitted") {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

// A member that is killed from outside costs nobody anything.
func TestMemberKilled(t *testing.T) {
	r, said := newTestRunner(t, Config{Members: 1})
	run(t, r, capa.ScriptJob{Code: "x = 1"})
	m, err := r.pools[0].take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.back <- struct{}{}

	m.kill()
	run(t, r, capa.ScriptJob{Code: "x = 2"})

	done := make(chan error)
	go func() {
		_, err := r.Run(context.WithoutCancel(t.Context()), capa.ScriptJob{Code: "import time\ntime.sleep(1)\nx = 3"})
		done <- err
	}()
	time.Sleep(300 * time.Millisecond) // while it runs
	for _, name := range membersOf(t) {
		_ = exec.CommandContext(t.Context(), "kill", "-9", name).Run()
	}
	if err := <-done; err != nil {
		t.Errorf("a run whose member was killed: %v\n%s", err, said)
	}
}

// membersOf lists the processes started by this one.
func membersOf(t testing.TB) []string {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, task := range tasks {
		b, err := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		if err == nil {
			out = append(out, strings.Fields(string(b))...)
		}
	}
	return out
}
