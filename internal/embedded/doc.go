// Package embedded runs the stores of a site that has configured none, inside a data directory.
//
// A private PostgreSQL holds everything about people; FerretDB in this process, on another database of the same PostgreSQL, speaks the
// MongoDB protocol for courses; miniredis in this process stands in for Redis. The program reaches them through the real drivers over
// real connections, as it would the real ones.
//
// One process owns a data directory, by a lock the kernel takes back when it dies. Start is for a server: a second one is refused. Open
// is for other commands: they use the stores of the process that owns the directory, or own it for their own run. What was
// acknowledged survives kill -9 of this process and of PostgreSQL; the next start recovers by itself and says so.
//
//	DATA/lock          held by the owner
//	DATA/postgres/     the cluster
//	DATA/run/          sockets, stores.json with the addresses
//	DATA/log/          postgres.log
//
// The rule a newcomer would break: nothing else may open the documents database, see package ferret.
package embedded
