package pg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// serializableTries bounds the retries of Serializable: enough for real contention, few enough to fail within a second.
const serializableTries = 6

// InTx runs do in a transaction and commits when it returns nil; any error or panic rolls back. On a pgx.Tx it is a savepoint. An error
// of the commit itself may mean "unknown outcome" when the line broke: repeat with the same token to learn the truth.
func InTx(ctx context.Context, db Beginner, do func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db, do)
}

// TxBeginner starts transactions with options: a pool or a connection.
type TxBeginner interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// Serializable runs do in a serializable transaction and runs it again, after a short random pause, when PostgreSQL reports a
// serialization failure or a deadlock. So do must have no effects but those on tx.
func Serializable(ctx context.Context, db TxBeginner, do func(tx pgx.Tx) error) error {
	var err error
	for try := range serializableTries {
		if try > 0 {
			if waitErr := pause(ctx, time.Duration(rand.Int64N(int64(time.Millisecond)<<(2*try)))); waitErr != nil {
				return errors.Join(waitErr, err)
			}
		}
		err = pgx.BeginTxFunc(ctx, db, pgx.TxOptions{IsoLevel: pgx.Serializable}, do)
		if !Retryable(err) {
			return err
		}
	}
	return fmt.Errorf("serializable transaction, %d tries: %w", serializableTries, err)
}

// Retryable reports whether err says that the transaction was rolled back only because of another one: 40001 or 40P01.
func Retryable(err error) bool {
	code := Code(err)
	return code == "40001" || code == "40P01"
}

// Code returns the SQLSTATE in err's tree, or "".
func Code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// Violates returns the name of the constraint that refused a row (unique, foreign key, check, exclusion), or "".
func Violates(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) && len(e.Code) == 5 && e.Code[:2] == "23" {
		return e.ConstraintName
	}
	return ""
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
