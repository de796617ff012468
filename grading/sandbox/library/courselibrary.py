"""The modules a course brings along: its python_lib.zip."""

import importlib.abc
import importlib.util
import io
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


def offer(files, notes):
    """Lays the files into the working directory and lets modules be imported from the archive."""
    for name, content in files.items():
        if os.path.basename(name) != name or name in ("", ".", ".."):
            raise Refused("course file %r has a path for a name" % name)
        if name == NAME:
            sys.meta_path.append(Importer(content, notes))  # after everything else
            continue
        with open(name, "wb") as out:
            out.write(content)


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


class Importer(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports from the archive, Python 2 too."""

    def __init__(self, content, notes):
        self.archive, self.notes = opened(content), notes
        self.names = set(self.archive.namelist())
        self.place = os.path.join(os.getcwd(), NAME)  # where it would be; nothing lies there
        self.python2 = set()

    def find_spec(self, fullname, path=None, target=None):
        folder = fullname.replace(".", "/")
        if self._file(fullname):
            inside = [os.path.join(self.place, folder)] if self.is_package(fullname) else None
            return importlib.util.spec_from_file_location(
                fullname, self.get_filename(fullname), loader=self, submodule_search_locations=inside
            )
        if any(name.startswith(folder + "/") for name in self.names):
            spec = importlib.util.spec_from_loader(fullname, None, is_package=True)
            spec.submodule_search_locations = [os.path.join(self.place, folder)]
            return spec
        return None

    def _file(self, fullname):
        folder = fullname.replace(".", "/")
        return next((name for name in (folder + "/__init__.py", folder + ".py") if name in self.names), None)

    def is_package(self, fullname):
        return self._file(fullname).endswith("/__init__.py")

    def get_filename(self, fullname):
        return os.path.join(self.place, self._file(fullname))

    def get_data(self, path):
        try:
            return self.archive.read(os.path.relpath(path, self.place))
        except KeyError:
            raise OSError("%s holds no %s" % (NAME, path)) from None

    def get_source(self, fullname):
        return importlib.util.decode_source(self.archive.read(self._file(fullname)))

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        try:
            return compile(self.archive.read(self._file(fullname)), path, "exec", dont_inherit=True)
        except SyntaxError as failure:
            code = py2.converted(self.get_source(fullname), path, self.notes)
            if code is None:
                raise failure
            self.python2.add(fullname)
            return code

    def exec_module(self, module):
        code = self.get_code(module.__name__)
        if module.__name__ in self.python2:
            module.__dict__["__builtins__"] = py2names.builtins()
        exec(code, module.__dict__)
