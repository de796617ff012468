// Package postgres runs a private PostgreSQL server from installed binaries: for a site that has configured none, and for tests.
//
// Find looks for the binaries, Init makes a cluster, Start runs a server on it that listens on a unix socket only and ends when this
// process does. PostgreSQL refuses to run as root, so root's server runs as an unprivileged account that owns data and socket
// directories; the account of this process is let in by the socket's peer credentials, nobody else. The rule a newcomer would break:
// every directory above the data must let that account pass.
package postgres
