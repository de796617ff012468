"""Authors' code in Python 2."""


def compiled(source, names, notes):
    """The code object of an author's piece that will run with names."""
    return compile(source, "<string>", "exec", dont_inherit=True)


def converted(source, path, notes):
    """The code object of Python 2 source, or None when it is not that either."""
    return None
