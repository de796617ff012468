// Package transfer brings courses in and takes them out: archives and directories of OLX to and from the content stores.
//
// In: a path or a stream, the key to import to. Out: the report of everything skipped, renamed or defaulted, and a course
// that is either wholly the new one or wholly the old one: files and structures are written beside what is there, and one
// compare-and-set of the course's head puts them in force together.
//
// The rule a newcomer would break: nothing is put in force before everything is stored, and learner state is never touched.
package transfer
