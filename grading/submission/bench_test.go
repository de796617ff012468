package submission

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/course"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/tracking"
)

// The budget: a graded answer, with grades, completion, history and receipt, at half the rate of the floor, which is state, score and
// history in one transaction and nothing else. Run both at once:
//
//	go test -run '^$' -bench 'Floor|Submit' ./grading/submission
//
// The test server does not wait for the disk, so that the ratio is one of work; with a disk it is better. Plans are generic, as they should
// be on every pool that serves requests: planning a statement over a partitioned table anew costs three times what running it does.

func benchPool(b *testing.B) *pgxpool.Pool {
	b.Helper()
	url := pgtest.URL(b)
	sign := "?"
	if strings.Contains(url, "?") {
		sign = "&"
	}
	return pgtest.Open(b, url+sign+"plan_cache_mode=force_generic_plan")
}

const benchBlocks = 10

func BenchmarkFloor(b *testing.B) {
	pool := benchPool(b)
	const schema = `
		CREATE TABLE bench_state (learner int, block int, state text NOT NULL, grade float8, max_grade float8, modified timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (learner, block));
		CREATE TABLE bench_score (learner int PRIMARY KEY, earned float8 NOT NULL, possible float8 NOT NULL, modified timestamptz NOT NULL DEFAULT now());
		CREATE TABLE bench_history (id bigserial PRIMARY KEY, learner int, block int, state text, grade float8, at timestamptz NOT NULL DEFAULT now());
		INSERT INTO bench_score SELECT l, 0, 100 FROM generate_series(1, 1000) l`
	if _, err := pool.Exec(b.Context(), schema); err != nil {
		b.Fatal(err)
	}
	state := mustJSON(b, playedState(b))
	b.ResetTimer()
	parallel(b, func(learner, block int) error { return floor(b.Context(), pool, learner, block, state) })
}

func floor(ctx context.Context, pool *pgxpool.Pool, learner, block int, state string) error {
	var batch pgx.Batch
	batch.Queue(`INSERT INTO bench_state (learner, block, state, grade, max_grade) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (learner, block) DO UPDATE SET state = excluded.state, grade = excluded.grade, modified = now()`, learner, block, state, 1.0)
	batch.Queue(`UPDATE bench_score SET earned = earned + $2, modified = now() WHERE learner = $1`, learner, 1.0)
	batch.Queue(`INSERT INTO bench_history (learner, block, state, grade) VALUES ($1, $2, $3, $4)`, learner, block, state, 1.0)
	return pool.SendBatch(ctx, &batch).Close()
}

func BenchmarkSubmit(b *testing.B) {
	h := newHouseOn(b, benchPool(b), course.Fields{"weight": "2"}, benchBlocks)
	h.Events = tracking.Discard{}
	asked := make([]*Asked, benchBlocks)
	for i := range asked {
		asked[i] = h.asked(b, 0, i)
	}
	var token atomic.Int64
	b.ResetTimer()
	parallel(b, func(user, block int) error {
		a := *asked[block]
		a.User = learner.ID(user)
		n := token.Add(1)
		_, err := h.Submit(b.Context(), &a, Answer{Token: fmt.Sprint("t", n), Answers: h.answer(block, fmt.Sprint(n%7))})
		return err
	})
}

// parallel runs do from 8 goroutines, each with learners of its own.
func parallel(b *testing.B, do func(learner, block int) error) {
	b.Helper()
	var lane atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		own := int(lane.Add(1)) * 100
		for pb.Next() {
			if err := do(own+rand.IntN(100), rand.IntN(benchBlocks)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func playedState(b *testing.B) State {
	b.Helper()
	h := newHouse(b, nil, 1)
	if _, err := h.Submit(b.Context(), h.asked(b, 7, 0), Answer{Answers: h.answer(0, "5")}); err != nil {
		b.Fatal(err)
	}
	got, err := h.Get(b.Context(), h.asked(b, 7, 0))
	if err != nil {
		b.Fatal(err)
	}
	return got.Machine.State
}
