"""Runs pieces of author code one after the other, each in a process of its own.

Frames on standard input and output: a line with a length, then that many bytes
of JSON. It keeps nothing from the code it runs: only tests may use it.
"""

import base64
import gc
import json
import os
import resource
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
import prolog  # noqa: E402

for name in ("numpy", "sympy"):
    try:
        __import__(name)
    except ImportError:
        pass
gc.freeze()  # pages with these objects stay shared with the children


def answer(job):
    files = {f["name"]: base64.b64decode(f["data"]) for f in job["files"] or []}
    globals = prolog.decode(json.dumps(job["globals"]))
    return prolog.encode(prolog.run(job["code"], globals, job["seed"], files))


def frames(source):
    while line := source.readline():
        yield json.loads(source.read(int(line)))


def main():
    out = sys.stdout.buffer
    for job in frames(sys.stdin.buffer):
        reader, writer = os.pipe()
        if os.fork() == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
            os.close(reader)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            with tempfile.TemporaryDirectory() as place:
                os.chdir(place)
                text = answer(job)
            with os.fdopen(writer, "w") as result:
                result.write(text)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as result:
            text = result.read()
        os.wait()
        out.write(b"%d\n%s" % (len(text), text))
        out.flush()


main()
