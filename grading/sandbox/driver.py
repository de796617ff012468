"""Runs inside the jail, once a member of the pool: waits for a request, forks,
and lets the child run it.

This process never runs author code itself. A child runs one piece, and was made
while nothing else was to be done. What a child says is read from a
pipe of its own and handed on as bytes: nothing of it is interpreted here.

A message is a line of JSON with the sizes of what follows it. Requests come in
on descriptor 3, answers go out on descriptor 4; children have neither.
"""

import ctypes
import gc
import json
import os
import random
import resource
import select
import signal
import struct
import sys
import time

REQUESTS, ANSWERS = 3, 4
CONFIG = json.loads(sys.argv[1])
HOME = CONFIG["home"]  # the run's own directory, empty before and after each run

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22


class Stopped(Exception):
    """The server wants the run to end."""


collecting = False


def interrupted(*_):
    global collecting
    if collecting:
        collecting = False
        raise Stopped


def prepare():
    """Loads what authors use, so that a run need not."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    # A signal without a handler does not reach the first process of its namespace.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGUSR1, interrupted)
    sys.argv[1:] = []
    sys.path[0] = CONFIG["library"]
    os.chdir(HOME)
    import prolog

    loaded = []
    for name in CONFIG["preload"] or []:
        try:
            __import__(name)
            loaded.append(name)
        except Exception:
            sys.modules.pop(name, None)
    # A rehearsal with code of ours: what is made on first use is made once, here.
    rehearsal = prolog.run("x = [random.random(), math.sqrt(2)]", prolog.decode('{"seed": 1}'), 1)
    assert not rehearsal["error"], rehearsal
    prolog.encode(rehearsal["globals"])
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    gc.collect()
    gc.freeze()  # pages with these objects stay shared with the children
    return prolog, loaded


def filter_program(encoded):
    """The system call filter as the kernel wants it."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]

    code = bytes.fromhex(encoded)
    return Program(len(code) // 8, code) if code else None


def read_exactly(source, size):
    parts = []
    while size:
        part = os.read(source, min(size, 1 << 20))
        if not part:
            os._exit(0)  # the server is gone
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_message(source):
    head = json.loads(read_exactly(source, struct.unpack("<I", read_exactly(source, 4))[0]))
    head["blobs"] = [read_exactly(source, size) for size in head["sizes"]]
    return head


kept = {}  # course files by digest, so that python_lib.zip is sent once


def read_job():
    job = read_message(REQUESTS)
    if job["forget"]:
        kept.clear()
    sent = iter(job["blobs"][2:])
    for file in job["files"]:
        if file["sent"]:
            kept[file["digest"]] = next(sent)
    return job


def write_all(descriptor, content):
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view):]


def write_message(out, head, blobs=()):
    text = json.dumps(dict(head, sizes=[len(b) for b in blobs])).encode()
    write_all(out, b"".join([struct.pack("<I", len(text)), text, *blobs]))


class Output:
    """What the code prints: kept up to a limit, then an error."""

    encoding, errors = "utf-8", "replace"
    closed = False

    def __init__(self, limit):
        self.parts, self.left, self.buffer = [], limit, self
        self.limit = limit

    def write(self, text):
        data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else bytes(text)
        if len(data) > self.left:
            self.left = 0
            raise OSError("the code printed more than %d bytes" % self.limit)
        self.left -= len(data)
        self.parts.append(data)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def readable(self):
        return False

    def writable(self):
        return True

    def seekable(self):
        return False

    def close(self):
        pass

    def text(self):
        return b"".join(self.parts).decode("utf-8", "replace").encode("utf-8", "replace")


def tighten(limits, program):
    """Gives up what a child has left to give up."""
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    os.close(REQUESTS)
    os.close(ANSWERS)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    if CONFIG["alone"]:
        os.setsid()
    seconds = max(1, -(-limits["cpu"] // 1000000000))
    for what, value, more in (
        (resource.RLIMIT_CPU, seconds, 1),
        (resource.RLIMIT_FSIZE, limits["output"], 0),
        (resource.RLIMIT_NPROC, limits["processes"], 0),
        (resource.RLIMIT_NOFILE, 128, 0),
        (resource.RLIMIT_AS, limits["memory"], 0),
    ):
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            value, more = min(value, hard), min(more, hard - min(value, hard))
        resource.setrlimit(what, (value, value + more))
    if program is not None and libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0) != 0:
        os._exit(70)


def run(prolog, job, code, globals, out):
    """Runs the code and writes down what came of it. Never returns."""
    limits = job["limits"]
    printed = Output(limits["output"])
    random.seed(job["seed"])  # libraries loaded before have hold of this one
    try:
        if job["prepare"]:
            compiled = prolog.prepare(code)
            write_all(out, struct.pack("<5I", len(compiled), 0, 0, 0, 2) + compiled + b"[]")
            os._exit(0)
        files = {file["name"]: kept[file["digest"]] for file in job["files"] if file["name"]}
        result = prolog.run(code.decode(), prolog.decode(globals), job["seed"], files, printed, kept.get(job["compiled"]))
        left, error, trace = b"", result["error"], result["trace"]
        if not error:
            left = prolog.encode(result["globals"]).encode()
        if len(left) > limits["output"]:
            raise OSError("the code left more than %d bytes behind" % limits["output"])
        notes = json.dumps(result["notes"])
    except BaseException as failure:  # out of memory, say, while the result was written down
        left, error, trace, notes = b"", type(failure).__name__ + ": " + str(failure), "", "[]"
    answer = [left, printed.text()] + [s.encode("utf-8", "replace") for s in (error, trace, notes)]
    write_all(out, struct.pack("<5I", *map(len, answer)) + b"".join(answer))
    os._exit(0)


class Child:
    """A process for one run. It is made before there is one, and waits: then the
    run need not wait for it."""

    def __init__(self, prolog, program, limits):
        self.limits = limits
        jobs, self.jobs = os.pipe()
        self.answer, out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            failed = 71
            try:
                os.close(self.jobs)
                os.close(self.answer)
                tighten(limits, program)
                job = read_message(jobs)
                os.close(jobs)
                failed = 73  # from here on it may be the code's doing
                run(prolog, job, *job["blobs"], out)
            finally:
                os._exit(failed)
        os.close(jobs)
        os.close(out)

    def take(self, job):
        """Hands the job over."""
        try:
            write_message(self.jobs, job, job.pop("blobs")[:2])
        except OSError:
            pass  # it has ended; whoever waits for the answer will notice
        os.close(self.jobs)

    def discard(self):
        os.close(self.jobs)
        os.close(self.answer)
        end(self.pid)


HEAD = struct.calcsize("<5I")


def complete(data):
    return len(data) >= HEAD and len(data) >= HEAD + sum(struct.unpack_from("<5I", data))


def collect(pid, source, limits):
    """What the child answers, or why it does not: (status, answer)."""
    deadline = time.monotonic() + limits["wall"] / 1e9
    most = 2 * limits["output"] + (1 << 20)
    data = bytearray()
    watch = select.poll()
    watch.register(source, select.POLLIN)
    ended = os.pidfd_open(pid)
    watch.register(ended, select.POLLIN)
    try:
        while True:
            left = deadline - time.monotonic()
            ready = dict(watch.poll(max(0, left * 1000))) if left > 0 else {}
            if source in ready:
                part = os.read(source, 1 << 20)
                data += part
                if complete(data):
                    return "done", bytes(data)
                if len(data) > most:
                    return "output", b""
                if not part:
                    watch.unregister(source)
                continue
            if ended in ready:
                return "ended", b""
            if not ready:
                return "wall", b""
    finally:
        os.close(ended)


def end(pid):
    """Ends the child and every process it left behind; returns its status and use."""
    if CONFIG["alone"]:
        for kill in (os.kill, os.killpg):
            try:
                kill(pid, signal.SIGKILL)
            except OSError:
                pass
    else:
        try:
            os.kill(-1, signal.SIGKILL)  # everything in this namespace but its first process
        except ProcessLookupError:
            pass
    _, status, used = os.wait4(pid, 0)
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return status, used


def clean():
    """Empties the run's directory. Nothing else can be using it any more."""
    os.chmod(HOME, 0o700)
    moved = 0
    while names := os.listdir(HOME):
        for name in names:
            path = os.path.join(HOME, name)
            if os.path.islink(path) or not os.path.isdir(path):
                os.unlink(path)
                continue
            # What is in a directory is moved up, so that depth does not matter.
            os.chmod(path, 0o700)
            for name in os.listdir(path):
                moved += 1
                inner = os.path.join(path, name)
                if not os.path.islink(inner):
                    os.chmod(inner, 0o700)  # a directory must be writable to be moved
                os.rename(inner, os.path.join(HOME, "%d.moved" % moved))
            os.rmdir(path)


def usage():
    state = os.statvfs(HOME)
    return state.f_bfree, state.f_ffree


def main():
    global collecting
    started = time.monotonic()
    if not CONFIG["alone"] and os.getpid() != 1:
        sys.exit("not the first process of its namespace")
    prolog, loaded = prepare()
    program = filter_program(CONFIG["filter"])
    empty = usage()
    waiting = Child(prolog, program, CONFIG["limits"])
    hello = {"ready": True, "version": sys.version, "loaded": loaded, "landlock": CONFIG["landlock"]}
    write_message(ANSWERS, dict(hello, seconds=time.monotonic() - started))
    while True:
        job = read_job()
        if job["limits"] != waiting.limits or any(file["sent"] for file in job["files"]) or job["forget"]:
            waiting.discard()
            waiting = Child(prolog, program, job["limits"])
        limits = job["limits"]
        waiting.take(job)
        try:
            collecting = True
            status, answer = collect(waiting.pid, waiting.answer, limits)
        except Stopped:
            status, answer = "stopped", b""
        collecting = False
        os.close(waiting.answer)
        job, head = None, {"status": status}
        if status == "done":
            write_message(ANSWERS, head, [answer])  # what is left to do is nothing the answer waits for
        ended, used = end(waiting.pid)
        if status != "done":
            write_message(ANSWERS, dict(head, exit=ended, cpu=used.ru_utime + used.ru_stime), [answer])
        answer = None
        os.chmod(HOME, 0o700)
        if CONFIG["alone"] or usage() != empty:
            try:
                clean()
            except OSError as failure:
                print("cannot clean up:", failure, file=sys.stderr)
                os._exit(72)  # and another member takes its place
            if not CONFIG["alone"] and usage() != empty:
                print("not clean:", usage(), "was", empty, file=sys.stderr)
                os._exit(72)
        waiting = Child(prolog, program, CONFIG["limits"])


main()
