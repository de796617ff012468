// Package library holds the Python that authors' problem code finds: the
// program around their code (prolog.py), the generator they draw random numbers
// from, the conversion of Python 2, and the helper modules the courses import.
// Nothing here runs anything; grading/sandbox lays the files out where its
// interpreter looks for modules.
//
// prolog.run(code, globals, seed, files) runs one piece in a process that is
// not used again, and returns a dict:
//
//	globals  what JSON can carry of the names the code left behind, in order of creation
//	error    last line of the traceback, such as "ValueError: bad"; empty when all went well
//	trace    the traceback, for the course team
//	notes    words for the course team, such as that Python 2 was converted
//
// Most of what importing from a course's python_lib.zip costs is compiling it.
// prolog.prepare(content) does that once, in a process that runs nothing of it,
// and run takes the bytes it gives as compiled=.
//
// prolog.encode and prolog.decode turn such values into JSON and back. JSON has
// no words for three floats, so they travel as {"__float__": "nan"}, "inf" and
// "-inf".
package library

import "embed"

// Files are the Python files, laid out as the interpreter imports them: their
// root belongs on sys.path, before anything of a course, and the working
// directory of a run must be a private one.
//
//go:embed *.py */*.py
var Files embed.FS
