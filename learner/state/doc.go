// Package state keeps what learners did in blocks: one JSON object a learner and block, the points it earned, and every object it was
// before.
//
// Reading is for many blocks at once: [QueueLoad] puts the query of a whole unit into a batch that a page sends with its other
// queries, in one round trip. Writing is compare-and-set: a [Change] names the version it was made from, and is refused with
// [ErrChanged] when another came first. [QueueChange] puts it into a batch that PostgreSQL runs as one transaction; when the version
// is not the one seen, the whole batch fails and nothing of it is kept.
//
// The rule a newcomer would break: a state that was never kept has version 0, and looking at a block keeps nothing.
package state
