// Package courseware finds a learner's way through a course: which unit an address means, where the learner was, what
// comes next, what the outline shows; and it loads what a page needs about one learner in one round trip.
//
// In: a compiled course, who asks, an address. Out: places and loaded pages. The rule a newcomer would break: positions
// count the blocks this learner may see, from 1; they are not positions in the author's list.
package courseware
