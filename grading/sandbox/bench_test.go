package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"lyceum/grading/capa"
)

const ordinary = `
a = random.randint(1, 100)
b = random.choice([2, 3, 5])
x = math.sqrt(a) + b
values = [round(a * i / b, 3) for i in range(10)]
`

// What a learner waits for, when nobody else asks at the same time.
func BenchmarkRunWarm(b *testing.B) {
	r := New(Config{Members: 1})
	defer r.Close()
	run(b, r, capa.ScriptJob{Code: ordinary})
	var total time.Duration
	for i := range b.N {
		time.Sleep(20 * time.Millisecond)
		began := time.Now()
		run(b, r, capa.ScriptJob{Code: ordinary, Seed: i + 1})
		total += time.Since(began)
	}
	b.ReportMetric(total.Seconds()*1000/float64(b.N), "ms/run")
}

// Each run is another one.
func BenchmarkRun(b *testing.B) {
	r := New(Config{Members: 1})
	defer r.Close()
	run(b, r, capa.ScriptJob{Code: ordinary})
	before := cpuOfMembers(b)
	b.ResetTimer()
	for i := range b.N {
		run(b, r, capa.ScriptJob{Code: ordinary, Seed: i + 1})
	}
	b.ReportMetric((cpuOfMembers(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

// The same with numpy loaded, and with the larger libraries.
func BenchmarkRunNumpy(b *testing.B)     { benchmarkKind(b, "numpy") }
func BenchmarkRunLibraries(b *testing.B) { benchmarkKind(b, "sympy") }

func benchmarkKind(b *testing.B, word string) {
	b.Helper()
	r := New(Config{Members: 1})
	defer r.Close()
	job := capa.ScriptJob{Code: ordinary + "# " + word}
	run(b, r, job)
	before := cpuOfMembers(b)
	b.ResetTimer()
	for i := range b.N {
		job.Seed = i + 1
		run(b, r, job)
	}
	b.ReportMetric((cpuOfMembers(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

// cpuOfMembers is the processor time of all members and their runs so far: on a
// busy machine it says more than the clock.
func cpuOfMembers(b *testing.B) time.Duration {
	b.Helper()
	var total time.Duration
	for _, pid := range membersOf(b) {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, field := range fields[11:15] { // user and system, its own and of those it waited for
			ticks, err := strconv.Atoi(field)
			if err != nil {
				b.Fatal(err)
			}
			total += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return total
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
