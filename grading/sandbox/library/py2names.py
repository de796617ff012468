"""What Python 2 knew by name: builtins, methods, modules."""

import builtins as modern
import decimal
import functools
import importlib
import itertools
import math
import os
import string
import sys
import types

# Methods whose answer was a list.
LISTED = {"keys", "values", "items"}

# Methods that are called through a function here.
METHODS = {"has_key", "iteritems", "iterkeys", "itervalues", "next", "sort", "decode", "encode"}

GONE_ATTRIBUTES = {
    "has_key", "iteritems", "iterkeys", "itervalues", "next", "decode",
    "letters", "lowercase", "uppercase", "maketrans", "maxint",
    "izip", "imap", "ifilter", "izip_longest", "getcwdu", "urlencode", "quote", "unquote",
}  # fmt: skip
GONE_NAMES = {
    "unicode", "long", "basestring", "unichr", "raw_input", "reduce", "cmp", "xrange",
    "apply", "buffer", "execfile", "file", "coerce", "intern", "reload",
}  # fmt: skip

MOVED = {
    "StringIO": "io",
    "cStringIO": "io",
    "cPickle": "pickle",
    "Queue": "queue",
    "HTMLParser": "html.parser",
    "ConfigParser": "configparser",
    "urlparse": "urllib.parse",
    "urllib2": "urllib.request",
    "__builtin__": "builtins",
    "htmlentitydefs": "html.entities",
    "copy_reg": "copyreg",
    "sets": "py2names",
}

Set, ImmutableSet = set, frozenset  # the module sets


def install():
    """Puts Python 2's names back into the modules of this process."""
    string.letters, string.lowercase, string.uppercase = (
        string.ascii_letters,
        string.ascii_lowercase,
        string.ascii_uppercase,
    )
    string.maketrans = str.maketrans
    for name in ("atoi", "atol"):
        setattr(string, name, int)
    string.atof = float
    string.join = lambda words, between=" ": between.join(words)
    for name in ("split", "replace", "strip", "lstrip", "rstrip", "upper", "lower", "find", "count", "zfill"):
        setattr(string, name, getattr(str, name))
    sys.maxint = sys.maxsize
    itertools.izip, itertools.imap, itertools.ifilter = zip, map, filter
    itertools.izip_longest = itertools.zip_longest
    os.getcwdu = os.getcwd
    for old, new in MOVED.items():
        if old not in sys.modules:
            sys.modules[old] = _Moved(old, new)


class _Moved(types.ModuleType):
    """A module under its old name."""

    def __init__(self, old, new):
        super().__init__(old)
        self.__dict__["_new"] = new

    def __getattr__(self, name):
        module = importlib.import_module(self._new)
        if name == "__all__":
            return [word for word in dir(module) if not word.startswith("_")]
        return getattr(module, name)


def builtins():
    """The builtins converted code runs with."""
    names = dict(vars(modern))
    names.update(
        unicode=str,
        basestring=str,
        long=int,
        unichr=chr,
        xrange=modern.range,
        raw_input=modern.input,
        reduce=functools.reduce,
        intern=sys.intern,
        reload=importlib.reload,
        file=modern.open,
    )
    names.update((made.__name__.removeprefix("_as_"), made) for made in _BUILTINS)
    names.update(("_py2" + made.__name__, made) for made in _CALLED)
    return names


def _as_range(*bounds):
    return list(modern.range(*bounds))


def _as_map(function, first, *rest):
    if not rest:
        return list(first) if function is None else [function(item) for item in first]
    rows = itertools.zip_longest(first, *rest)
    return list(rows) if function is None else [function(*row) for row in rows]


def _as_filter(function, items):
    kept = [item for item in items if (item if function is None else function(item))]
    if isinstance(items, str):
        return "".join(kept)
    return tuple(kept) if isinstance(items, tuple) else kept


def _as_zip(*lists):
    return list(modern.zip(*lists))


def _as_round(number, digits=0):
    """Halves go away from zero, and the answer is a float."""
    number = float(number)
    if not math.isfinite(number):
        return number
    last = decimal.Decimal((0, (1,), -digits))
    wide = decimal.Context(prec=1100)  # no float has more digits
    return float(decimal.Decimal(number).quantize(last, decimal.ROUND_HALF_UP, wide))


def _as_cmp(a, b):
    return (a > b) - (a < b)


def _as_sorted(items, cmp=None, key=None, reverse=False):
    return modern.sorted(items, key=_order(cmp, key), reverse=reverse)


def _as_apply(function, args=(), keywords=None):
    return function(*args, **(keywords or {}))


_BUILTINS = (_as_range, _as_map, _as_filter, _as_zip, _as_round, _as_cmp, _as_sorted, _as_apply)


def _order(cmp, key):
    if cmp is None:
        return key
    by = functools.cmp_to_key(cmp)
    return by if key is None else lambda item: by(key(item))


def _divide(a, b):
    """Whole numbers divide to whole numbers."""
    return a // b if _is_whole(a) and _is_whole(b) else a / b


def _is_whole(number):
    if isinstance(number, int):
        return True
    kind = getattr(getattr(number, "dtype", None), "kind", "")
    return kind != "" and kind in "iub"


def _listed(owner, name):
    answer = getattr(owner, name)()
    views = (type({}.keys()), type({}.values()), type({}.items()))
    return list(answer) if isinstance(answer, views) else answer


def _method(old, instead):
    """Calls owner.old where there still is one, else does what it did."""

    def call(owner, *args, **keywords):
        if hasattr(owner, old):
            return getattr(owner, old)(*args, **keywords)
        return instead(owner, *args, **keywords)

    call.__name__ = "_" + old
    return call


def _sort(owner, *args, **keywords):
    if isinstance(owner, list):
        cmp = args[0] if args else keywords.get("cmp")
        key = args[1] if len(args) > 1 else keywords.get("key")
        return owner.sort(key=_order(cmp, key), reverse=keywords.get("reverse", False))
    return owner.sort(*args, **keywords)


def _decode(owner, *args, **keywords):
    if isinstance(owner, str):  # texts and bytes were nearly one
        return owner
    return owner.decode(*args, **keywords)


def _encode(owner, *args, **keywords):
    if isinstance(owner, str):
        encoded = owner.encode(*args, **keywords)
        encoding = args[0] if args else keywords.get("encoding", "utf-8")
        return encoded.decode(encoding, "ignore")
    return owner.encode(*args, **keywords)


_CALLED = (
    _divide,
    _listed,
    _sort,
    _decode,
    _encode,
    _method("has_key", lambda owner, key: key in owner),
    _method("iteritems", lambda owner: iter(owner.items())),
    _method("iterkeys", lambda owner: iter(owner.keys())),
    _method("itervalues", lambda owner: iter(owner.values())),
    _method("next", lambda owner: next(owner)),
)
