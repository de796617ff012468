// Package publish decides what of a draft learners get, and says how far each part of a course is on its way to them.
//
// Units go to learners whole, one at a time or all that changed below a section; nobody ever sees half of one, because both branches
// move in one compare-and-set. Before that [Check] lists what is wrong; what does not load for learners stays a draft. [Outline] says
// of every section, subsection and unit which state it is in, by the rules of the platform we match; it is arithmetic and reads no
// store.
//
// The rule a newcomer would break: a state is never stored. It follows from the two branches and the time.
package publish
