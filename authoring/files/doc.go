// Package files is the door through which authors change the files of a course: put, replace, lock, delete, put back. Each act is a
// version of the course, with author, time and words, and reaches learners at once; files have no draft.
//
// The rule a newcomer would break: a file is its normalized name. Content keeps naming it when its bytes change, so that replacing keeps
// every use, and two names that normalize to one are one file.
package files
