// Package course holds the words every other room speaks: keys, blocks and their fields, inheritance, versions, and the
// compiled form of a published course that learner pages read.
//
// Blocks come in as trees ([Content], made by course/olx or by authoring), are kept by course/modulestore, and go out to
// readers as a [Compiled] course: immutable, indexed, with inherited settings already resolved. Everything here is plain
// data and functions on it; the package imports only the standard library.
//
// The one rule a newcomer would break: a field that is not set is different from a field set to null. An unset field
// inherits, an explicit null is a value. Never write a default into [Fields].
package course
