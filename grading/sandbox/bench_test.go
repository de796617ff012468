package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"

	"lyceum/grading/capa"
)

const ordinary = `
a = random.randint(1, 100)
b = random.choice([2, 3, 5])
x = math.sqrt(a) + b
values = [round(a * i / b, 3) for i in range(10)]
`

// Each run is another one.
func BenchmarkRun(b *testing.B) {
	r := New(Config{Members: 1})
	defer r.Close()
	run(b, r, capa.ScriptJob{Code: ordinary})
	b.ResetTimer()
	for i := range b.N {
		run(b, r, capa.ScriptJob{Code: ordinary, Seed: i + 1})
	}
}

// Each run is another one, on all members at once.
func BenchmarkRunParallel(b *testing.B) {
	r := New(Config{})
	defer r.Close()
	run(b, r, capa.ScriptJob{Code: ordinary})
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			run(b, r, capa.ScriptJob{Code: ordinary, Globals: json.RawMessage(fmt.Sprintf(`{"n": "%p %d"}`, pb, i))})
		}
	})
}

func BenchmarkRunCached(b *testing.B) {
	r := New(Config{Members: 1})
	defer r.Close()
	job := capa.ScriptJob{Code: ordinary, Globals: json.RawMessage(`{"seed": 1, "anonymous_student_id": "student"}`)}
	run(b, r, job)
	b.ReportAllocs()
	for b.Loop() {
		run(b, r, job)
	}
}

func BenchmarkRunCold(b *testing.B) {
	r := New(Config{Way: Cold})
	defer r.Close()
	run(b, r, capa.ScriptJob{Code: "x = 1"})
	b.ResetTimer()
	for i := range b.N {
		run(b, r, capa.ScriptJob{Code: "x = 1", Seed: i + 1})
	}
}

func run(tb testing.TB, r *Runner, job capa.ScriptJob) capa.ScriptResult {
	tb.Helper()
	got, err := r.Run(tb.Context(), job)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}
