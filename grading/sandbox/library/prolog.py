"""What stands around an author's code while it runs.

run() is called once, in a process that ends with it: it changes modules,
sys.path and the environment and puts nothing back.
"""

import os

# Read by the libraries when they are loaded, so this comes before any import of
# them. One process is one thread's worth of machine.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["MPLBACKEND"] = "Agg"

import copy
import importlib
import io
import json
import math
import sys
import traceback
import types

import courselibrary
import missing
import py2
import python2random

_random = python2random.module(0)

# Names an author need not import, and the modules behind them.
ASSUMED = {
    "numpy": "numpy",
    "math": "math",
    "scipy": "scipy",
    "calc": "calc",
    "eia": "eia",
    "chemcalc": "chem.chemcalc",
    "chemtools": "chem.chemtools",
    "miller": "chem.miller",
    "draganddrop": "verifiers.draganddrop",
}


def run(code, globals, seed, files=None, output=None, compiled=None):
    """Runs author code and says what it left behind.

    code is Python source. globals is a dict: the names the code starts with.
    seed is a whole number. files maps names to the bytes of course files; they
    are laid into the working directory, which must be private, and writable when
    there are any. What is printed goes to output, a file object, or nowhere.
    compiled is what prepare gave for python_lib.zip among the files, or None.

    The answer is a dict of plain values: globals, error, trace, notes (see the
    package's Go documentation).
    """
    notes = []
    sys.stdout = sys.stderr = output or _Nowhere()
    try:
        _private_directory()
        missing.restore()
        courselibrary.offer(files or {}, compiled, notes)
        try:
            left = _execute(py2.compiled, code, globals, seed, notes)
        except Exception as failure:
            if not py2.remembers(failure):
                raise
            left = _execute(py2.as_python2, code, globals, seed, notes)
    except BaseException as failure:  # exit() too ends only the author's code
        return {"globals": {}, "error": last_line(failure), "trace": _trace(failure), "notes": _once(notes)}
    return {"globals": portable(left), "error": "", "trace": "", "notes": _once(notes)}


def _once(notes):
    return list(dict.fromkeys(notes))


prepare = courselibrary.prepare


def _execute(compiled, code, globals, seed, notes):
    names = copy.deepcopy(globals)
    names.update(_assumed())
    names["random"] = _chance(seed)
    exec(compiled(code, names, notes), names)
    return names


def _trace(failure):
    """The traceback from the author's own lines on."""
    inside = failure.__traceback__
    while inside is not None and inside.tb_frame.f_code.co_filename != "<string>":
        inside = inside.tb_next
    try:
        return "".join(traceback.format_exception(type(failure), failure, inside))
    except Exception:
        return last_line(failure)


def last_line(failure):
    """The last line of a failure's traceback, without the module of its class."""
    try:
        text = str(failure)
    except Exception:
        text = ""
    name = type(failure).__name__
    lines = (name + ": " + text if text else name).splitlines()
    return next((line for line in reversed(lines) if line.strip()), name)


def portable(names):
    """The names whose values JSON can carry, with these values.

    A container is carried whole or not at all.
    """
    carried = {}
    for name, value in names.items():
        if name == "__builtins__" or not isinstance(name, str):
            continue
        try:
            carried[name] = _plain(value, 0)
        except (TypeError, ValueError, RecursionError):
            pass
    return carried


DEEPEST = 100  # levels of lists in lists


def _plain(value, depth):
    """The value without the classes derived from those of JSON."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        int.__str__(int(value))  # too many digits to print is no value either
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "ignore")
    if depth == DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in list(value)]
    if isinstance(value, dict):
        return {_key(key): _plain(item, depth + 1) for key, item in list(dict.items(value))}
    raise TypeError("JSON has no such value")


_WORDS = {"True": "true", "False": "false", "None": "null", "nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _key(key):
    """A key as JSON writes it."""
    if isinstance(key, bytes):
        return key.decode("utf-8", "ignore")
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, (int, float)):
        return _WORDS.get(str(key), str(key))
    raise TypeError("JSON has no such key")


def encode(value):
    """JSON text of a value made of plain parts.

    JSON has no words for three floats; they are written as {"__float__": "nan"},
    "inf" and "-inf".
    """
    return json.dumps(_finite(value), allow_nan=False)


def decode(text):
    """The value of a JSON text that encode wrote."""
    return json.loads(text, object_hook=_special)


def _finite(value):
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": repr(value)}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value


def _special(found):
    if len(found) == 1 and found.get("__float__") in ("nan", "inf", "-inf"):
        return float(found["__float__"])
    return found


class _Nowhere(io.TextIOBase):
    """Where printing goes."""

    encoding = "utf-8"

    def writable(self):
        return True

    def write(self, text):
        return len(text)


def _private_directory():
    """What libraries write goes to the working directory."""
    for name in ("TMPDIR", "MPLCONFIGDIR", "HOME"):
        os.environ[name] = os.getcwd()
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None


def _chance(seed):
    """Every source of chance starts over from the seed; returns the module random."""
    sys.modules["random"] = _random
    _random.seed(seed)
    missing.change("numpy.random", lambda module: module.seed(seed & 0xFFFFFFFF))
    return _random


class Lazy(types.ModuleType):
    """Stands for a module that is loaded when something of it is asked for."""

    def __init__(self, name):
        super().__init__(name)
        self.__dict__["_name"] = name

    def __getattr__(self, name):
        module = importlib.import_module(self._name)
        self.__dict__.update(vars(module))
        return getattr(module, name)


def _assumed():
    return {name: sys.modules.get(module) or Lazy(module) for name, module in ASSUMED.items()} | {
        "xrange": range
    }
