// Package graderqueue carries answers to programs elsewhere that grade them, and their replies back.
//
// An answer enters in the transaction that keeps it ([Service.QueueSend]) or over HTTP from another site, and waits in a named queue. A
// grader takes the oldest ([Service.Take]) with a key made for this taking, and returns its reply with the key ([Service.Return]); or, where
// the queue pushes, the grader is sent the answer and replies at once. A reply is kept first and delivered then, again and again with
// growing pauses, until the site that asked has taken it. Work that was taken and not returned is given to another grader after a while.
// The same room can instead bring answers to a queue elsewhere ([Client]), whose replies reach the site directly.
//
//	            ┌────────────── delay ──────────────┐
//	            v                                   │
//	sent ─> waiting ─ Take, push ─> taken ─ Return ─┴─> returned ─ deliver ─> delivered
//	  │         └─ expiry, push failed ──────────────────>│  └── a day of failures ─> failed
//	  └─ away ─ bring ─> brought
//	any of them ─ a newer answer of the same learner to the same question ─> superseded
//
// Everything is in PostgreSQL and every step is safe to repeat, so that any number of processes work one queue and any of them may be
// killed. The rule a newcomer would break: nothing is said to a grader or a site that is not committed, and no transaction is open while
// anybody else is asked.
package graderqueue
