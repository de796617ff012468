package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
)

// memory is a store in a map.
type memory struct {
	mu         sync.Mutex
	kept       map[string][]byte
	puts, gets int
}

func (m *memory) Get(_ context.Context, key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	b, ok := m.kept[key]
	return b, ok
}

func (m *memory) Put(_ context.Context, key string, result []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string][]byte{}
	}
	m.puts++
	m.kept[key] = result
}

func TestRun(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 1})
	got := run(t, r, capa.ScriptJob{
		Code:    "print('hello')\nz = n + 1\na = random.randint(1, 10**6)\nw = {'k': (1, 2.5, None, True)}\n_f = len",
		Globals: json.RawMessage(`{"n": 41, "seed": 3}`), Seed: 3,
	})
	if want := `{"n": 41, "seed": 3, "z": 42, "a": 237965, "w": {"k": [1, 2.5, null, true]}}`; string(got.Globals) != want {
		t.Errorf("got %s, want %s", got.Globals, want)
	}
	if got.Stdout != "hello\n" {
		t.Errorf("got %q printed, want %q", got.Stdout, "hello\n")
	}

	_, err := r.Run(t.Context(), capa.ScriptJob{Code: "def f():\n  raise ValueError('bad')\nf()"})
	script, ok := errors.AsType[*capa.ScriptError](err)
	if !ok || script.Message != "ValueError: bad" || script.Limit || !strings.Contains(script.Trace, "line 2, in f") {
		t.Errorf("got %#v, want ValueError: bad with its traceback", err)
	}
}

// Sets of words come in the same order from every member.
func TestSetsAreInOrder(t *testing.T) {
	r, _ := newTestRunner(t, Config{Way: Cold})
	job := capa.ScriptJob{Code: "x = list({'a', 'b', 'c', 'd', 'e', 'f'})"}
	first := run(t, r, job)
	job.Seed = 1
	if second := run(t, r, job); string(second.Globals) != string(first.Globals) {
		t.Errorf("got %s, then %s", first.Globals, second.Globals)
	}
}

// 500 learners open a problem with 20 variants at once.
func TestBurst(t *testing.T) {
	store := &memory{}
	r, _ := newTestRunner(t, Config{Store: store})
	var wait sync.WaitGroup
	for i := range 500 {
		wait.Go(func() {
			got, err := r.Run(t.Context(), capa.ScriptJob{Code: "x = seed * 2", Globals: json.RawMessage(fmt.Sprintf(`{"seed": %d}`, i%20)), Seed: i % 20})
			if want := fmt.Sprintf(`{"seed": %d, "x": %d}`, i%20, i%20*2); err != nil || string(got.Globals) != want {
				t.Errorf("got %s, %v, want %s", got.Globals, err, want)
			}
		})
	}
	wait.Wait()
	if store.puts != 20 {
		t.Errorf("%d runs for 20 seeds", store.puts)
	}
}

// Another process finds what this one worked out.
func TestStore(t *testing.T) {
	store := &memory{}
	job := capa.ScriptJob{Code: "import time\nx = time.time()\nprint('p')", Globals: json.RawMessage(`{"b": 1, "a": 2}`)}
	one, _ := newTestRunner(t, Config{Members: 1, Store: store})
	first := run(t, one, job)
	two, _ := newTestRunner(t, Config{Members: 1, Store: store})
	job.Globals = json.RawMessage(`{"a":2,"b":1}`) // the same, in another order
	if second := run(t, two, job); cmp.Diff(second, first) != "" {
		t.Errorf("another process got %+v, want %+v", second, first)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	base := capa.ScriptJob{Code: "x", Globals: json.RawMessage(`{"a": 1}`), Seed: 1, Files: []capa.ScriptFile{{Name: "f", Digest: "d"}}}
	change := func(do func(*capa.ScriptJob)) capa.ScriptJob {
		j := base
		j.Files = []capa.ScriptFile{base.Files[0]}
		do(&j)
		return j
	}
	keys := map[string]string{}
	for name, j := range map[string]capa.ScriptJob{
		"base":    base,
		"code":    change(func(j *capa.ScriptJob) { j.Code = "y" }),
		"globals": change(func(j *capa.ScriptJob) { j.Globals = json.RawMessage(`{"a": 2}`) }),
		"seed":    change(func(j *capa.ScriptJob) { j.Seed = 2 }),
		"file":    change(func(j *capa.ScriptJob) { j.Files[0].Digest = "e" }),
		"name":    change(func(j *capa.ScriptJob) { j.Files[0].Name = "g" }),
	} {
		key, err := keyOf("python", j)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := keys[key]; ok {
			t.Errorf("%s and %s have one key", name, other)
		}
		keys[key] = name
	}
	if key, _ := keyOf("another python", base); keys[key] != "" {
		t.Error("two interpreters have one key")
	}
}

// What ran into a limit is not tried again at once.
func TestFailuresAreRemembered(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 1})
	job := capa.ScriptJob{Code: "import time\ntime.sleep(60)", Limits: Limits{Wall: time.Second}}
	_, first := r.Run(t.Context(), job)
	began := time.Now()
	_, second := r.Run(t.Context(), job)
	if first == nil || !errors.Is(second, first) || time.Since(began) > 500*time.Millisecond {
		t.Errorf("got %v, then %v after %v", first, second, time.Since(began))
	}
}

// Two members run at the same time.
func TestTwoAtOnce(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 2})
	run(t, r, capa.ScriptJob{Code: "x = 1"})
	var wait sync.WaitGroup
	for i := range 2 {
		wait.Go(func() {
			if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "import time\ntime.sleep(1.5)", Seed: i, Limits: Limits{Wall: 20 * time.Second}}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := len(membersOf(t)); n != 2 {
		t.Errorf("%d members, want 2", n)
	}
}

// A learner who goes away ends the run, and the member serves the next.
func TestGoneAway(t *testing.T) {
	r, said := newTestRunner(t, Config{Members: 1})
	run(t, r, capa.ScriptJob{Code: "x = 1"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := r.Run(ctx, capa.ScriptJob{Code: "import time\ntime.sleep(60)", Limits: Limits{Wall: time.Minute}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	began := time.Now()
	run(t, r, capa.ScriptJob{Code: "x = 2"})
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the next waited %v", took)
	}
	if strings.Contains(said.String(), "replaced") {
		t.Errorf("it cost a member: %s", said)
	}
}

// A waiting member takes no more than 20 MiB of its own, and nothing grows with runs.
func TestMemoryOfMember(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 1})
	measure := func() (kib int) {
		for _, pid := range membersOf(t) {
			b, err := os.ReadFile("/proc/" + pid + "/smaps_rollup")
			if err != nil {
				t.Skip(err)
			}
			_, rest, _ := strings.Cut(string(b), "\nAnonymous:")
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			kib += n
		}
		return kib
	}
	for i := range 10 {
		run(t, r, capa.ScriptJob{Code: "x = [0] * 10000", Seed: i})
	}
	before := measure()
	t.Logf("%d KiB", before)
	if before > 20<<10 {
		t.Errorf("a member takes %d KiB", before)
	}
	for i := range 100 {
		run(t, r, capa.ScriptJob{Code: "x = [0] * 10000", Seed: 100 + i})
	}
	if after := measure(); after > before+2<<10 {
		t.Errorf("a member grew from %d to %d KiB in 100 runs", before, after)
	}
}

// An archive is compiled once, and imported by every run.
func TestPythonLib(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 1})
	files := lib(t, "course/rules.py", "import math\ndef double(x): return 2 * x\n", 0)
	for seed := range 3 {
		got := run(t, r, capa.ScriptJob{Code: "from course.rules import double\nx = double(21)", Seed: seed, Files: files})
		if want := `{"x": 42}`; string(got.Globals) != want {
			t.Errorf("got %s, want %s", got.Globals, want)
		}
	}
}

// Code that uses a large library finds it loaded: loading it would take longer than a run may.
func TestLargeLibraries(t *testing.T) {
	r, _ := newTestRunner(t, Config{Members: 1})
	report := r.state
	for _, c := range []struct{ needs, code, want string }{
		{"sympy", "import sympy\nx = str(sympy.diff(sympy.Symbol('t')**3))", `{"x": "3*t**2"}`},
		{"scipy", "from scipy import stats\nx = round(stats.norm.cdf(0), 3)", `{"x": 0.5}`},
		{"networkx", "import networkx\nx = networkx.path_graph(4).number_of_edges()", `{"x": 3}`},
		{"lxml", "from lxml import etree\nx = etree.fromstring('<a/>').tag", `{"x": "a"}`},
		{"scipy", "x = calc.evaluator({'y': 2}, {}, 'y^2 + 1')", `{"x": 5}`},
	} {
		if !strings.Contains(strings.Join(report.Packages, " "), c.needs+" ") {
			t.Logf("%s is not installed", c.needs)
			continue
		}
		if got := run(t, r, capa.ScriptJob{Code: c.code}); string(got.Globals) != c.want {
			t.Errorf("%s: got %s, want %s", c.code, got.Globals, c.want)
		}
	}
}

// Nothing runs where there is no interpreter, or no jail.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"off":       {Way: Off},
		"no python": {Python: "/nonexistent/python3"},
		"no jail":   {Self: "/bin/false"},
		"no remote": {Way: Remote, Service: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}},
	} {
		r := New(c)
		_, err := r.Run(t.Context(), capa.ScriptJob{Code: "x = 1"})
		if !isUnavailable(err) || !strings.HasPrefix(err.Error(), "Python problems are off on this server: ") {
			t.Errorf("%s: got %v, want Unavailable", name, err)
		}
		r.Close()
	}
}

// Without a jail code runs only where somebody asked for just that.
func TestUnsafe(t *testing.T) {
	said := &notes{}
	r := New(Config{Self: "/bin/false", Unsafe: true, Members: 1, Log: said.logger()})
	defer r.Close()
	report := r.Check(t.Context())
	if report.Off != "" {
		t.Skip(report.Off)
	}
	if got := run(t, r, capa.ScriptJob{Code: "x = 1"}); string(got.Globals) != `{"x": 1}` {
		t.Errorf("got %s", got.Globals)
	}
	if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "import time\ntime.sleep(60)", Limits: Limits{Wall: time.Second}}); err == nil {
		t.Error("there is no limit of time")
	}
	run(t, r, capa.ScriptJob{Code: "x = 2"})
	if !strings.Contains(said.String(), "level=ERROR") || !strings.Contains(said.String(), "WITHOUT a jail") {
		t.Errorf("it is not loud: %s", said)
	}
}

// The contract with a service on another machine.
func TestRemote(t *testing.T) {
	t.Parallel()
	var asked []byte
	status, reply := http.StatusOK, `{"globals": {"x": 2}, "stdout": "p", "notes": ["n"]}`
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case q.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case q.Method == http.MethodGet && q.URL.Path == "/v1":
			fmt.Fprint(w, `{"identity": "i", "python": "3.13.0"}`)
		case q.Method == http.MethodPost && q.URL.Path == "/v1/run":
			asked, _ = io.ReadAll(q.Body)
			w.WriteHeader(status)
			fmt.Fprint(w, reply)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer service.Close()
	address, err := url.Parse(service.URL + "/v1")
	if err != nil {
		t.Fatal(err)
	}
	r := New(Config{Way: Remote, Service: address, Token: "secret"})
	defer r.Close()

	got := run(t, r, capa.ScriptJob{Code: "x = 2", Globals: json.RawMessage(`{"a":1}`), Seed: 5, Files: []capa.ScriptFile{{Name: "f", Data: []byte("data")}}})
	if diff := cmp.Diff(got, capa.ScriptResult{Globals: json.RawMessage(`{"x": 2}`), Stdout: "p", Notes: []string{"n"}}); diff != "" {
		t.Error(diff)
	}
	if want := `{"code":"x = 2","globals":{"a":1},"seed":5,"files":[{"name":"f","data":"ZGF0YQ=="}],"limits":{"cpu":1,"wall":3,"memory":536870912,"output":10485760,"processes":64}}`; string(asked) != want {
		t.Errorf("asked %s, want %s", asked, want)
	}

	reply = `{"error": {"message": "ValueError: bad", "trace": "T", "limit": true}}`
	_, err = r.Run(t.Context(), capa.ScriptJob{Code: "y"})
	script, ok := errors.AsType[*capa.ScriptError](err)
	if !ok || *script != (capa.ScriptError{Message: "ValueError: bad", Trace: "T", Limit: true}) {
		t.Errorf("got %#v", err)
	}
	for i, bad := range []string{`{}`, `nonsense`, `{"globals": []}`, strings.Repeat("x", 30<<20)} {
		reply = bad
		if _, err := r.Run(t.Context(), capa.ScriptJob{Code: "z", Seed: i}); err == nil || errors.As(err, &script) {
			t.Errorf("%.20s: got %v, want a failure of the machinery", bad, err)
		}
	}
	status, reply = http.StatusServiceUnavailable, ""
	_, err = r.Run(t.Context(), capa.ScriptJob{Code: "busy"})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Busy {
		t.Errorf("got %v, want busy", err)
	}
}

// An answer is written where author code runs: whatever it is, it is taken apart without harm.
func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00{}[]"), false)
	f.Fuzz(func(t *testing.T, b []byte, prepared bool) {
		a, err := parseAnswer(b, prepared)
		if err == nil && !prepared && a.failure == "" && !json.Valid(a.globals) {
			t.Errorf("globals are no JSON: %q", a.globals)
		}
	})
}
