// Package cache reaches Redis the way every room uses it: as something that may be away at any moment.
//
// A call waits at most 50 ms, and after five failures within a second the breaker opens: calls then fail at once, and one a second goes
// through to see whether Redis is back. Rooms keep in Redis only what they can rebuild or do without, and go on when a call fails. The
// rule a newcomer would break: an error from here is never shown to a person.
package cache
