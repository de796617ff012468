"""The modules a course brings along: its python_lib.zip."""

import io
import os
import stat
import sys
import zipfile
import zipimport

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
        with open(name, "wb") as out:
            out.write(content)
    if NAME in files:
        check(files[NAME])
        place = os.path.join(os.getcwd(), NAME)
        sys.path_hooks.insert(0, lambda path: Importer.at(path, place, notes))
        sys.path.append(place)


def check(content):
    """Raises Refused unless the archive is harmless to import from.

    Nothing is ever unpacked to disk, so it is only about names that mislead and
    sizes that would eat the memory.
    """
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as failure:
        raise Refused("%s cannot be read: %s" % (NAME, failure)) from None
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


class Importer(zipimport.zipimporter):
    """Imports from the archive, Python 2 too."""

    @classmethod
    def at(cls, path, place, notes):
        if path != place and not path.startswith(place + os.sep):
            raise ImportError(path)
        made = cls(path)
        made.notes, made.python2 = notes, set()
        return made

    def get_code(self, fullname):
        try:
            return super().get_code(fullname)
        except SyntaxError as failure:
            path = self.get_filename(fullname)
            converted = py2.converted(self.get_source(fullname), path, self.notes)
            if converted is None:
                raise failure
            self.python2.add(fullname)
            return converted

    def exec_module(self, module):
        code = self.get_code(module.__name__)
        if module.__name__ in self.python2:
            module.__dict__["__builtins__"] = py2names.builtins()
        exec(code, module.__dict__)
