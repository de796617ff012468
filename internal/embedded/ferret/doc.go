// Package ferret serves the MongoDB protocol from a PostgreSQL database, in this process: the document store of a site that has
// configured none, and of tests. The engine is FerretDB 1.24.
//
// Two things are done to it. Its queries meet an index: see prepare.go. And the verbs that read, decide and write (update, delete,
// findAndModify) take turns per collection, because it runs the three apart, so that of two compare-and-sets both would win: see
// turns.go. For both to hold, everything must come through one Server: run one for a database.
package ferret
