// Package modulestore keeps course content in MongoDB.
//
// A version of a course is a tree of immutable documents named by their hashes, as in git: one for the course, one a
// section, one a subsection with everything below it, and one for each large block. Versions are named by an id of
// their own. What in a course can change is its head: which version is the draft, which is published, and which
// manifest lists its files. The head moves by one compare-and-set, so that learners see one version whole or another.
//
// The rule a newcomer would break: [course.Content] and [course.Compiled] that come from here are shared by everyone
// who asks and must never be changed in place. An author's flow copies the blocks on the way from the root to what it
// changes, see [Replace], and hands the new content back; what it did not touch is recognized and not written again.
package modulestore
