// Package completion keeps how far learners are: a value from 0 to 1 a learner and leaf of a course, and what follows from the
// values for units, subsections, sections and the course.
//
// A leaf becomes complete by its kind's rule: seen for some seconds, a video nearly watched, a score published. The rules are of who
// reports; here stand which blocks may be reported ([Reportable]) and the values. Nothing is kept for containers: [Progress] works them
// out over the compiled course, with what this learner may see.
//
// The rule a newcomer would break: resetting attempts leaves a problem complete; deleting its score does not.
package completion
