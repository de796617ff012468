// Package studio is the authors' face, on an origin of its own: signing in by a hand-over from the learners' face, the courses one may
// edit, a course's outline, and the JSON door that authoring scripts use. Handlers parse, call one flow of package authoring, build props
// and render.
//
// Nothing an author wrote runs here: what courses hold is shown as text, or in frames that come from the learners' face.
//
// The rule a newcomer would break: a handler asks [Server.enter] who may author before it looks at anything of a course, for every course
// a request names: in the path, in the body, in a list. Whoever may not gets the same answer whether the course exists or not.
package studio
