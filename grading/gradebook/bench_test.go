package gradebook

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/course"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
	"lyceum/learner"
)

// The budget of a grade report is 2.5 times the floor, which is an ordered scan of the same numbers put into lines, and 32 MiB:
//
//	go test -run '^$' -bench Report -benchtime 1x ./grading/gradebook

const (
	reportLearners    = 10_000
	reportSubsections = 20
)

func reportCourse() *course.Compiled {
	chapter := block("chapter", "c", nil)
	for i := range reportSubsections {
		chapter.Children = append(chapter.Children, block("sequential", fmt.Sprintf("s%02d", i), course.Fields{"graded": "true", "format": course.Text("Homework")},
			block("problem", fmt.Sprintf("p%02d", i), nil)))
	}
	return course.Compile(&course.Content{Key: key, Root: block("course", "course", nil, chapter), Grading: policy}, "v", nil, func(b *course.Block) course.Facts {
		if b.Type == "problem" {
			return course.Facts{Scored: true, MaxPoints: new(10.0)}
		}
		return course.Facts{}
	})
}

func BenchmarkReport(b *testing.B) {
	pool, err := pg.OpenWith(b.Context(), pgtest.URL(b), pg.Reports)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	c := reportCourse()
	const rows = `
		INSERT INTO course_grade (user_id, course_key, version, course_version, policy_hash, percent, letter, passing, created, modified)
		SELECT l, $1, 1, 'v', 'h', 0.5, 'Pass', true, now(), now() FROM generate_series(1, $2::int) l`
	const subsections = `
		INSERT INTO subsection_grade (user_id, course_key, usage_key, course_version, visible_blocks_hash, earned_all, possible_all, earned_graded, possible_graded, first_attempted, first_attempted_graded, created, modified)
		SELECT l, $1, 'block-v1:O+C+R+type@sequential+block@s' || lpad(s::text, 2, '0'), 'v', 'h', (l*s)%10, 10, (l*s)%10, 10, now(), now(), now(), now()
		FROM generate_series(1, $2::int) l, generate_series(0, $3::int - 1) s`
	exec(b, pool, rows, key.String(), reportLearners)
	exec(b, pool, subsections, key.String(), reportLearners, reportSubsections)
	exec(b, pool, `CREATE TABLE bench_subgrade AS SELECT user_id::int AS learner, right(usage_key, 2)::int AS subsection, earned_graded::float4 AS earned, possible_graded::float4 AS possible FROM subsection_grade`)
	exec(b, pool, `ALTER TABLE bench_subgrade ADD PRIMARY KEY (learner, subsection)`)
	exec(b, pool, `ANALYZE`)

	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			scan(b, pool)
		}
	})
	b.Run("report", func(b *testing.B) {
		book := New(pool, nil, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for b.Loop() {
			everyone := func(yield func(Person, error) bool) {
				for id := range reportLearners {
					name := strconv.Itoa(id + 1)
					if !yield(Person{ID: learner.ID(id + 1), Email: name + "@example.com", Username: name, Mode: "honor", Active: true}, nil) {
						return
					}
				}
			}
			if err := book.Report(b.Context(), pool, io.Discard, c, everyone, nil); err != nil {
				b.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.Sys-before.Sys)/(1<<20), "MiB-extra")
	})
}

func exec(b *testing.B, pool *pgxpool.Pool, query string, args ...any) {
	b.Helper()
	if _, err := pool.Exec(b.Context(), query, args...); err != nil {
		b.Fatal(err)
	}
}

// scan reads the same grades in order and writes them in lines.
func scan(b *testing.B, pool *pgxpool.Pool) {
	rows, err := pool.Query(b.Context(), `SELECT learner, subsection, earned, possible FROM bench_subgrade ORDER BY learner, subsection`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var line []byte
	var who, subsection int32
	var earned, possible float32
	for rows.Next() {
		if err := rows.Scan(&who, &subsection, &earned, &possible); err != nil {
			b.Fatal(err)
		}
		line = strconv.AppendFloat(append(line, ','), float64(earned/possible), 'f', 2, 32)
		if subsection == reportSubsections-1 {
			_, _ = io.Discard.Write(append(line, '\n'))
			line = line[:0]
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}
