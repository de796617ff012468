"""The modules a course brings along: its python_lib.zip."""

import importlib.abc
import importlib.util
import io
import marshal
import os
import stat
import sys
import zipfile

import py2
import py2names

NAME = "python_lib.zip"
MOST_FILES = 2000
MOST_BYTES = 32 << 20  # unpacked


class Refused(ImportError):
    """The archive is not one to import from."""


def offer(files, compiled, notes):
    """Lays the files into the working directory and lets modules be imported from the archive.

    compiled is what prepare gave for the archive, or None.
    """
    for name, content in files.items():
        if os.path.basename(name) != name or name in ("", ".", ".."):
            raise Refused("course file %r has a path for a name" % name)
    archive = Archive(files[NAME], compiled, notes) if NAME in files else None
    for name, content in files.items():
        with open(name, "wb") as out:
            out.write(content)
    if archive:
        sys.path_hooks.insert(0, lambda path: Folder(archive, path))
        sys.path.append(archive.place)


def prepare(content):
    """Compiles all modules of an archive, so that runs need not.

    Nothing of them is executed. The answer is bytes for run: it is to be kept
    with the archive and read by nobody who does not run its code anyway.
    """
    archive = Archive(content, None, [])
    compiled = {}
    for name in archive.names:
        if name.endswith(".py"):
            notes = archive.notes = []
            try:
                compiled[name] = *archive.code(name), notes
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                pass  # said again by the run that imports it
    return marshal.dumps(compiled)


def opened(content):
    """The archive. Raises Refused unless it is harmless to import from.

    Nothing is ever unpacked to disk, so it is only about names that mislead and
    sizes that would eat the memory.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as failure:
        raise Refused("%s cannot be read: %s" % (NAME, failure)) from None
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise Refused("%s holds more than %d files" % (NAME, MOST_FILES))
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise Refused("%s unpacks to more than %d MiB" % (NAME, MOST_BYTES >> 20))
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise Refused("%s holds a file outside itself: %r" % (NAME, entry.filename))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused("%s holds a link: %r" % (NAME, entry.filename))
        if entry.flag_bits & 1:
            raise Refused("%s is encrypted" % NAME)
    return archive


class Archive:
    """A course's modules. Names within it have slashes, as in the archive."""

    def __init__(self, content, compiled, notes):
        self.files, self.notes = opened(content), notes
        self.names = self.files.NameToInfo
        self.place = os.path.join(os.getcwd(), NAME)
        self.compiled = marshal.loads(compiled) if compiled else {}

    def path(self, name):
        return os.path.join(self.place, *name.split("/"))

    def code(self, name):
        """The code object of a module, and whether it is Python 2."""
        if name in self.compiled:
            code, python2, notes = self.compiled[name]
            self.notes += notes
            return code, python2
        source = self.files.read(name)
        try:
            return compile(source, self.path(name), "exec", dont_inherit=True), False
        except SyntaxError as failure:
            code = py2.converted(importlib.util.decode_source(source), self.path(name), self.notes)
            if code is None:
                raise failure
            return code, True


class Folder(importlib.abc.PathEntryFinder):
    """Finds modules in a folder of the archive.

    Python's own importer of archives would do but for Python 2, and for its
    compiling everything twice.
    """

    def __init__(self, archive, path):
        if path != archive.place and not path.startswith(archive.place + os.sep):
            raise ImportError(path)
        self.archive = archive
        self.inside = path[len(archive.place) + 1 :].replace(os.sep, "/")

    def find_spec(self, fullname, target=None):
        name = (self.inside + "/" if self.inside else "") + fullname.rpartition(".")[2]
        names = self.archive.names
        if name + "/__init__.py" in names:
            return self._spec(fullname, name + "/__init__.py", [self.archive.path(name)])
        if name + ".py" in names:
            return self._spec(fullname, name + ".py", None)
        if any(other.startswith(name + "/") for other in names):
            spec = importlib.util.spec_from_loader(fullname, None, is_package=True)
            spec.submodule_search_locations = [self.archive.path(name)]
            return spec
        return None

    def _spec(self, fullname, name, folders):
        return importlib.util.spec_from_file_location(
            fullname, self.archive.path(name), loader=Module(self.archive, name), submodule_search_locations=folders
        )


class Module(importlib.abc.InspectLoader):
    """Loads a module of the archive."""

    def __init__(self, archive, name):
        self.archive, self.name = archive, name

    def is_package(self, fullname):
        return self.name.endswith("/__init__.py")

    def get_source(self, fullname):
        return importlib.util.decode_source(self.archive.files.read(self.name))

    def get_data(self, path):
        try:
            return self.archive.files.read(os.path.relpath(path, self.archive.place).replace(os.sep, "/"))
        except KeyError:
            raise OSError("%s holds no %s" % (NAME, path)) from None

    def exec_module(self, module):
        code, python2 = self.archive.code(self.name)
        if python2:
            py2names.install()
            module.__dict__["__builtins__"] = py2names.builtins()
        exec(code, module.__dict__)
