// Package jobs runs slow and repeatable work outside of requests, on River.
//
// A room defines the arguments (a struct with a Kind) and the function; cmd lists them in one literal of Kinds. A flow inserts the job in
// the transaction that asked for it, so that there is a job if and only if there is a reason for it:
//
//	err := pg.InTx(ctx, pool, func(tx pgx.Tx) error {
//		...
//		_, err := queue.InsertTx(ctx, tx, Rescore{Problem: key}, nil)
//		return err
//	})
//
// A process says every few seconds that it lives; jobs of one that fell silent are given to others within a minute. The rule a newcomer
// would break: a job may run twice, also at the same time, so it writes by compare-and-set or ON CONFLICT.
package jobs
