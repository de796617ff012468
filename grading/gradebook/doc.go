// Package gradebook keeps subsection and course grades, and is the only place that makes them.
//
// A [Plan] says what of a compiled course is graded; it is made once a version. A [Sheet] is what one learner has of it: stored grades
// and scores. [Sheet.Regrade] turns a sheet and a new score into an [Update], which goes into the transaction that stores the answer;
// [Book.Recalculate] does the same from all scores. Pages, reports and certificates read what was stored ([Book.Learner],
// [Book.Report]) and never compute another grade. [Book.Verify] recomputes and tells what differs.
//
// The rule a newcomer would break: grades of one learner in a course change only by compare-and-set on the version of the course
// grade. A writer that skips it loses the other answer of a learner with two tabs.
package gradebook
