// Package sandbox runs authors' Python where it can do no harm.
//
// A [Runner] answers a job from its cache, or runs it in one of three ways: in a
// pool of jailed interpreters that have their libraries loaded and fork for each
// run; in a jail of its own for each run; or on another machine. Nothing ever
// runs outside a jail, unless [Config.Unsafe] says so.
//
// A jail is this program itself, started once more with the argument "jail" in
// namespaces of its own ([Jail]): it builds a view of the file system with
// nothing in it but the interpreter, gives up every right, and becomes the
// interpreter. driver.py is what that interpreter runs. Layers, any of which
// would do for most attacks:
//
//   - namespaces: own users, processes, mounts, network (empty), IPC, host name
//   - view: a root with the interpreter read-only and one small private directory; no /proc
//   - landlock: the same view once more, as a right of the process
//   - seccomp: a list of allowed system calls, shorter still for the run itself
//   - limits: processor time, memory, file size, processes, wall-clock time
//   - descriptors: none but three to nowhere and the pipe of the answer
//
// [Runner.Check] tries them all from inside and says which hold.
package sandbox
