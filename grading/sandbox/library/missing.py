"""What newer versions of Python and its libraries lack, and courses ask for."""

import builtins
import collections
import collections.abc
import fractions
import math
import sys
import time

# New names of numpy by the old ones.
NUMPY = {
    "NaN": "nan",
    "Inf": "inf",
    "Infinity": "inf",
    "infty": "inf",
    "float_": "float64",
    "complex_": "complex128",
    "unicode_": "str_",
    "string_": "bytes_",
    "product": "prod",
    "cumproduct": "cumprod",
    "alltrue": "all",
    "sometrue": "any",
    "trapz": "trapezoid",
    "row_stack": "vstack",
    "in1d": "isin",
}


def restore():
    """Puts the names back, into modules loaded later too."""
    if AfterImport in sys.meta_path:
        return  # done before this process was forked
    sys.meta_path.insert(0, AfterImport)
    for name in collections.abc.__all__:
        _keep(collections, name, getattr(collections.abc, name))
    _keep(fractions, "gcd", math.gcd)
    _keep(time, "clock", time.process_time)
    change("numpy", _numpy)
    change("inspect", _inspect)


def change(name, how):
    """Has a module changed, now or when it is loaded."""
    AfterImport.changes[name] = how
    if name in sys.modules:
        how(sys.modules[name])


def _keep(module, name, value):
    if name not in vars(module):
        setattr(module, name, value)


def _numpy(numpy):
    for name in ("bool", "int", "float", "complex", "object", "str"):
        _keep(numpy, name, getattr(builtins, name))
    for old, new in NUMPY.items():
        if new in vars(numpy):
            _keep(numpy, old, vars(numpy)[new])


def _inspect(inspect):
    specification = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
    _keep(inspect, "getargspec", lambda function: specification(*inspect.getfullargspec(function)[:4]))


class AfterImport:
    """Changes modules as they are loaded."""

    changes = {}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        change = cls.changes.get(name)
        if change is None:
            return None
        for finder in sys.meta_path:
            if finder is cls or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                execute = spec.loader.exec_module

                def exec_module(module):
                    execute(module)
                    change(module)

                spec.loader.exec_module = exec_module
                return spec
        return None
