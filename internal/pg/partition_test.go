package pg_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

// TestForUser: a statement about one user goes to the partition that has the user's rows, whatever the id and the number of partitions.
func TestForUser(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), pgtest.New(t)
	users := []int64{0, 1, 2, math.MaxInt32, math.MaxInt32 + 1, math.MaxInt64, -1, math.MinInt64}
	for range 500 {
		users = append(users, rand.Int64()-rand.Int64())
	}
	for _, n := range []int{1, 2, 4, 8} {
		table := fmt.Sprintf("spread%d", n)
		create := fmt.Sprintf(`CREATE TABLE %s (user_id bigint NOT NULL) PARTITION BY HASH (user_id);`, table)
		for r := range n {
			create += fmt.Sprintf(`CREATE TABLE %s_p%d PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d);`, table, r, table, n, r)
		}
		if _, err := pool.Exec(ctx, create); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(ctx, `INSERT INTO `+table+` SELECT * FROM unnest($1::bigint[])`, users); err != nil {
			t.Fatal(err)
		}
		find := pg.ForUser(fmt.Sprintf(`SELECT count(*) FROM {%s/%d} WHERE user_id = $1`, table, n))
		for _, u := range users {
			var rows int
			if err := pool.QueryRow(ctx, find.Of(u), u).Scan(&rows); err != nil || rows != 1 {
				t.Fatalf("user %d of %d partitions: found %d rows by %q, %v", u, n, rows, find.Of(u), err)
			}
		}
	}
}

// otherServer spreads rows in another way than PostgreSQL.
type otherServer struct{ pg.Querier }

func (s otherServer) Query(ctx context.Context, _ string, args ...any) (pgx.Rows, error) {
	return s.Querier.Query(ctx, `SELECT id, id FROM unnest($1::bigint[]) AS id`, args...)
}

// TestOtherServer: where rows are spread in another way, statements go to whole tables. It is not parallel: what it finds out holds for
// the whole process.
func TestOtherServer(t *testing.T) {
	pool := pgtest.New(t)
	find := pg.ForUser(`SELECT FROM {t/4} WHERE user_id = $1`)
	if err := pg.CheckPartitions(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if got := find.Of(1); !strings.HasPrefix(got, `SELECT FROM t_p`) {
		t.Errorf("got %s, want a partition", got)
	}
	defer pg.ForgetOtherServer()
	if err := pg.CheckPartitions(t.Context(), otherServer{pool}); err != nil {
		t.Fatal(err)
	}
	if got, want := find.Of(1), `SELECT FROM t WHERE user_id = $1`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestForUserRefuses what is no partitioned table: a statement that names one wrongly would not fail before it is run.
func TestForUserRefuses(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{`SELECT FROM {a}`, `SELECT FROM {a/3}`, `SELECT FROM {/4}`, `SELECT FROM {a/16}`} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was taken", sql)
				}
			}()
			pg.ForUser(sql)
		}()
	}
}
