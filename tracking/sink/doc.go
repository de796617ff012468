// Package sink keeps tracking events: JSON lines in a file that is rotated and compressed.
//
// A server event is in the file (write(2) has returned) when [Log.Emit] returns; a browser event follows within a fraction of a second, in the order both were
// emitted. Data reaches the disk itself each second and at each rotation. When the file cannot be written, or is slow, nobody waits for it: events are queued in
// memory, past half of the queue they move to an [Outbox], and past both they are counted, and a line in the log tells of the gap when it is back.
//
// Several processes may write one file. Lines stay whole because each write(2) to an O_APPEND file is one. Each process holds a shared lock on the file it
// writes, so that a file that was rotated is compressed only when the last of them has left it. Every rotated file ends as one .gz, also across crashes.
// This holds on local file systems; over NFS, and wherever appends are not atomic, give each process a name of its own. When one of several processes is
// killed in mid-write, its torn line may take the next line of another with it; a process alone cuts the torn line off at its next start.
//
// The rule a newcomer would break: whoever owns the write token (Log.acquire) owns the file; Log.mu is never held during a system call.
package sink
