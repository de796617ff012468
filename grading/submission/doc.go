// Package submission is what happens to answers: they are submitted, saved, reset, shown, hinted at and rescored.
//
// It has two halves. The [Machine] is pure: one problem, one learner's [State], one moment; each act changes the state and gives a
// [Reply], [Event]s and the points to publish. It touches no store and may run twice. The [Service] is the durable flow around it: read
// the state and its version, let the machine work with no transaction open, and store state, history, grades, completion and receipt in
// one transaction that fails as a whole when somebody else was first.
//
// Submissions carry a token made by the page. The same token gets the first answer again; so do equal answers within [Again] of the
// first from pages that send no token, and two equal answers at once whatever they carry. Different answers at once: one is graded, the
// other is told so, and its text is kept as a draft.
//
// The rule a newcomer would break: the machine remembers refused answers in its state, because the states we are compatible with do;
// the service stores nothing for a refusal.
package submission
