// Package pg opens PostgreSQL the way every room uses it: one pool with bounded waits, transactions, and the retry of serializable work.
//
// Rooms write their SQL by hand against a Querier, so that a query runs alone or inside a transaction. Waiting is bounded everywhere:
// for a connection, a statement, a lock, and an idle transaction; work that needs longer (reports) opens a pool of its own with other
// Limits. What is asked most goes by lanes, which share round trips and commits: see [Lanes]. The rule a newcomer would break: no transaction is open while author code, mail or a network call runs.
package pg
