// Package chemistry shows chemical equations as learners type them: text in,
// HTML out. Whether two equations are the same is for authors' code to say.
//
// The one rule a newcomer would break: what cannot be read is part of the
// preview, marked as such; an error means there is no preview at all.
package chemistry
