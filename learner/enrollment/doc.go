// Package enrollment keeps who takes which course run, and how: joining, leaving, changing track.
//
// In: a person, a compiled course, what access knows of the person. Out: the enrollment as it now stands, durable, and the
// event that reports it. Leaving deactivates; nothing here ever deletes.
//
// The rule a newcomer would break: the rules of joining are access.Enroll's, asked here inside the transaction, next to
// the seat that is taken; a page must not decide by itself.
package enrollment
