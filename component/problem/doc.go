// Package problem is the kind of block that asks and grades: it draws what grading/capa says a problem looks like for one
// learner, and hands every act to grading/submission.
//
// A question whose author wrote scripts into it stands in a frame without an origin of ours, see frame.go; everything that asks the server
// or tells a verdict stays with the page.
//
// Every input is fields that hold its answer, also where a script shows more than fields (fields.go, inputs.go; in the browser
// static/ts/course/inputs): so it works without scripts, is kept while it is typed, and comes back.
//
// Drawings are kept for all who see the same, see drawn.go: whatever a drawing comes to depend on has to go into its key.
//
// The rule a newcomer would break: nothing an author wrote reaches the page but through component/authored, and nothing of
// an answer leaves the server before the rules of showing it allow; this package decides neither.
package problem
