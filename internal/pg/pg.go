package pg

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Querier runs statements: a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Beginner starts transactions: a pool, a connection, or a transaction (a savepoint).
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Limits bound how long anything waits. Zero means without bound.
type Limits struct {
	Wait      time.Duration // for a free connection of the pool
	Statement time.Duration // one statement's run
	Lock      time.Duration // one lock
	Idle      time.Duration // an open transaction that does nothing
	MaxConns  int32         // size of the pool where the address has no pool_max_conns; zero leaves pgx's default
}

// Normal are the limits of requests; Reports those of reports, on a pool of their own.
var (
	Normal  = Limits{Wait: time.Second, Statement: 5 * time.Second, Lock: 2 * time.Second, Idle: 10 * time.Second, MaxConns: 16}
	Reports = Limits{Wait: 10 * time.Second, Statement: 10 * time.Minute, Lock: 2 * time.Second, Idle: time.Minute, MaxConns: 4}
)

// Open connects to url with the Normal limits and checks that the server answers. The caller closes the pool.
func Open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	return OpenWith(ctx, url, Normal)
}

// OpenWith is Open with other limits.
func OpenWith(ctx context.Context, url string, limits Limits) (*pgxpool.Pool, error) {
	config, err := Config(url, limits)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	if err := checkPartitions(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// Config returns the pool configuration Open uses, without connecting. Addresses that ask for results as text are refused.
func Config(url string, limits Limits) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL address: %w", err) // pgx keeps the password out of its text
	}
	switch mode := config.ConnConfig.DefaultQueryExecMode; mode {
	case pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol: // results would come as text, which Row does not read
		return nil, fmt.Errorf("PostgreSQL address: default_query_exec_mode %s is not served; poolers must let prepared statements through", mode)
	default:
	}
	if limits.MaxConns > 0 && !strings.Contains(url, "pool_max_conns=") {
		config.MaxConns = limits.MaxConns
	}
	params := config.ConnConfig.RuntimeParams
	params["statement_timeout"] = milliseconds(limits.Statement)
	params["lock_timeout"] = milliseconds(limits.Lock)
	params["idle_in_transaction_session_timeout"] = milliseconds(limits.Idle)
	params["timezone"] = "UTC"
	if limits.Statement <= Normal.Statement {
		// Requests run few different statements very often, and planning one over partitions costs more than running it.
		params["plan_cache_mode"] = "force_generic_plan"
	}
	if params["application_name"] == "" {
		params["application_name"] = "lyceum"
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		quickTexts(conn.TypeMap())
		return nil
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second // also the bound for a name that does not resolve
	}
	if limits.Wait > 0 {
		wait := &waitLimit{limit: limits.Wait}
		config.ConnConfig.Tracer = wait
		config.ConnConfig.DialFunc = wait.line.dial(config.ConnConfig.DialFunc)
	}
	return config, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// waitLimit bounds the wait for a connection. The pool has no setting for it, but it acquires under the context its tracer returns,
// and under that context only: the statement that follows keeps the caller's.
type waitLimit struct {
	limit time.Duration
	line  line
}

type cancelKey struct{}

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (w *waitLimit) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	limit := w.limit
	if w.line.silent.Load() {
		limit = 0 // see Watch
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	return context.WithValue(ctx, cancelKey{}, cancel)
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (w *waitLimit) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData) {
	if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
		cancel()
	}
}

// TraceQueryStart implements pgx.QueryTracer, which the tracer of a connection must be; it does nothing.
func (w *waitLimit) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer; it does nothing.
func (w *waitLimit) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
