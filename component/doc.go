// Package component is what a kind of block is: its fields, what learners see, what they can do with it, what it tells of
// itself when a course is compiled. A kind lives in a folder of its own below this one; the list of kinds is a literal in
// cmd/lms/wire.go. A tag nobody knows is served by the kind "unknown".
//
// A view gets a [Runtime]: everything a page has already loaded for one learner in one course. Views read, actions write.
//
// The rule a newcomer would break: a view makes no store call. What a view needs beyond the learner's state of its own
// block is loaded by the page in its one round trip, for all blocks at once.
package component
