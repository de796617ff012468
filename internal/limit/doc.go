// Package limit bounds how often something is done: by an account, by an address.
//
// A Rule is a bucket that holds Burst and fills by so many a time; a Delay grows with each failure and forgets. Counters live in Redis,
// shared by all processes; while Redis is away each process counts for itself. Counters are keyed by hashes, so that no name or address
// is readable in Redis. A Meter counts what is asked at every step, in each process by itself. The rule a newcomer would break: ask before doing the work that is limited, not after.
package limit
