// Package lms is the learners' face: finding and joining courses, the way through them, every act in them, and where one
// stands. Handlers parse, call one flow, build props and render; rules live in the rooms below.
//
// The rule a newcomer would break: no handler decides access by itself. It asks for a visit, which loads the person and the
// course in one round trip and answers for all closed doors in one place.
//
// What many see alike is drawn once (parts.go): a part may look at nothing that its key does not name.
package lms
