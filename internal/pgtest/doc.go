// Package pgtest gives each test a migrated PostgreSQL database of its own on a private server.
//
//	func TestScores(t *testing.T) {
//		t.Parallel()
//		pool := pgtest.New(t)
//		...
//
// A test process starts one server from the installed binaries at the first call, on a copy of a cluster that holds a migrated template,
// and makes each database from that template. The cluster is made once for a set of migrations and kept for later processes. The server and its
// directory go when the process ends, also when it is killed: a watcher holds the other end of a pipe. The server does not sync to disk,
// so tests of durability start their own through internal/embedded.
package pgtest
