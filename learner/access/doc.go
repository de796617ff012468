// Package access decides who may enter a course and who may load a block of it, and which dates hold for one learner.
//
// In: a compiled course, a [Viewer] with everything known about the person in this course, the moment. Out: a [Decision]
// that says why not. Everything is arithmetic on data already loaded, so that one decision costs no store call, and page,
// API and file ask the same functions.
//
// The rules are two lists, read in order; the first that closes decides. The one rule a newcomer would break: groups come
// before staff, so that a staff member looking at the course as a member of a group sees what the group sees.
package access
