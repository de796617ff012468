// Command bench measures the running program from outside: it starts lms on a fresh data directory with its own stores, makes
// courses and learners, and counts processor time per request over all processes of the stack. Where it is shown the tool
// that measures this machine's floors, it runs that first and prints each figure beside its floor. `make bench` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	lms := flag.String("lms", "./lms", "the program to measure")
	courses := flag.String("courses", "", "directory of course archives; the largest is imported")
	tool := flag.String("floors", "", "directory of the tool that measures the floors of this machine")
	length := flag.Duration("d", 5*time.Second, "how long each line is measured")
	only := flag.String("only", "", "measure only requests whose label has this in it; Studio leaves learners out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if err := run(ctx, *lms, *courses, *tool, *only, *length); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
	stop()
}

// The rows of the floors that budgets name.
const (
	floorPage   = "Go 3 queries in one batch, 30 KB c=16"
	floorAnswer = "Go submission (3 writes, 1 durable commit) c=32"
	floorMemory = "Go 30 KB from memory c=16"
)

const smallKey, mediumKey, largeKey = "course-v1:Bench+SMALL+1", "course-v1:Bench+MEDIUM+1", "course-v1:Bench+LARGE+1"

func run(ctx context.Context, lms, courses, tool, only string, length time.Duration) (err error) {
	if lms, err = filepath.Abs(lms); err != nil {
		return err
	}
	began := time.Now()
	fmt.Printf("%s, %d processors, load %s\n\n", runtime.Version(), runtime.NumCPU(), loadAverage())
	var floor map[string]floor
	if tool != "" {
		if floor, err = floors(ctx, tool, length); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "lyceum-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the private PostgreSQL of root runs as another account
		return err
	}
	small, medium, large := filepath.Join(dir, "small"), filepath.Join(dir, "medium"), filepath.Join(dir, "large")
	if err := errors.Join(writeCourse(small, "SMALL", 10), writeCourse(medium, "MEDIUM", 100), writeCourse(large, "LARGE", 1000)); err != nil {
		return err
	}
	s, err := start(ctx, lms, filepath.Join(dir, "data"), nil)
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	t := &table{floors: floor}
	t.once("first start, embedded stores made anew", s.took, "60 s, build aside")
	s.stop()
	if s, err = start(ctx, lms, s.data, nil); err != nil {
		return err
	}
	t.once("start again", s.took, "3 s")

	course, err := s.imports(ctx, t, largest(courses), small, medium, large)
	if err != nil {
		return err
	}
	var people []*learner
	if only != onlyStudio {
		if people, err = s.learners(ctx, 32, smallKey, largeKey); err != nil {
			return err
		}
	}
	if course != "" && len(people) > 0 {
		if err := s.lone(ctx, t, course, people[0]); err != nil {
			return err
		}
	}
	if err := s.authoring(ctx, t, most(courses), dir, only, length); err != nil {
		return err
	}
	pin("0", s.pid(), postmaster(s.data))
	pin("1", os.Getpid())
	if len(people) > 0 {
		if err := s.pages(ctx, t, people, only, length); err != nil {
			return err
		}
	}
	t.print()
	fmt.Printf("\nload %s, %s in all\n", loadAverage(), time.Since(began).Round(time.Second))
	return ctx.Err()
}

// imports measures bringing in courses, and returns the key of the archive's course.
func (s *site) imports(ctx context.Context, t *table, archive string, made ...string) (key string, err error) {
	_, alone, err := s.command(ctx, "", "course", "list")
	if err != nil {
		return "", err
	}
	t.note("a command that does nothing (course list)", alone.String(), "")
	if archive != "" {
		text, took, err := s.command(ctx, "", "course", "import", archive, "--publish")
		if err != nil {
			return "", err
		}
		key, _, _ = strings.Cut(text, ": ")
		t.note("import of "+filepath.Base(archive), took.String(), "3 s")
		if _, inside, ok := strings.Cut(text, "published in "); ok {
			if d, err := time.ParseDuration(strings.ReplaceAll(strings.TrimSpace(inside), " ", "")); err == nil {
				t.once("  the import alone", d, "3 s")
			}
		}
	}
	for _, c := range made {
		_, took, err := s.command(ctx, "", "course", "import", c, "--publish")
		if err != nil {
			return "", err
		}
		t.note("import of the made course "+filepath.Base(c), took.String(), "")
	}
	return key, nil
}

// lone measures a process that has nothing but itself: it uses the stores of the site, as it would configured ones.
func (s *site) lone(ctx context.Context, t *table, key string, l *learner) error {
	env, err := s.stores()
	if err != nil {
		return err
	}
	if _, _, err := s.command(ctx, "", "enroll", l.name, key); err != nil {
		return err
	}
	alone, err := start(ctx, s.lms, s.data+"-lone", append(env, "LMS_SECRET="+strings.Repeat("s", 32)))
	if err != nil {
		return err
	}
	defer alone.stop()
	if err := alone.signIn(ctx, l); err != nil {
		return err
	}
	before := time.Now()
	get := func() ([]byte, error) { return alone.get(ctx, l, "/courses/"+key+"/courseware/") }
	if _, err := get(); err != nil {
		return err
	}
	t.once("start with configured stores, to ready", alone.took, "")
	t.once("  and to the first unit page", alone.took+time.Since(before), "150 ms")
	for range 200 {
		if _, err := get(); err != nil {
			return err
		}
	}
	t.note("memory of that process after 200 unit pages", size(memory(alone.pid()))+" of its own, "+size(resident(alone.pid()))+" with the program", "100 MiB")
	return nil
}

// pages measures requests.
func (s *site) pages(ctx context.Context, t *table, people []*learner, only string, length time.Duration) error {
	trees := []int{s.pid(), postmaster(s.data)}
	measure := func(label string, connections int, request func(l *learner, n int) []byte) figure {
		if !strings.Contains(label, only) {
			return figure{}
		}
		fmt.Fprintln(os.Stderr, "measuring:", label)
		each := func(c, n int) []byte { return request(people[c], n) }
		load(ctx, s.addr, connections, length/4, nil, each) // warm
		f := load(ctx, s.addr, connections, length, trees, each)
		t.figure(label, f)
		return f
	}
	if err := s.study(ctx, people); err != nil {
		return err
	}
	get := func(path string) func(*learner, int) []byte {
		return func(l *learner, _ int) []byte { return l.request(s.addr, "GET", path, "") }
	}
	t.floor(floorMemory)
	measure("style sheet from memory", 16, func(l *learner, _ int) []byte { return l.request(s.addr, "GET", l.asset, "") })
	t.floor(floorPage)
	unit := measure("unit page, 10 blocks, 30 KB", 16, get("/courses/"+smallKey+"/courseware/c0/s0_0/1/"))
	t.ratio("CPU, unit page to floor", unit.cpu, t.floors[floorPage].cpu, "<= 3")
	grown := measure("unit page in 10,000 blocks", 16, get("/courses/"+largeKey+"/courseware/c0/s0_0/1/"))
	t.ratio("CPU, 10,000 blocks to 100 blocks", grown.cpu, unit.cpu, "<= 1.2")
	measure("unit page at the end of 10,000 blocks", 16, get("/courses/"+largeKey+"/courseware/c9/s9_9/10/"))
	measure("course home, 10,000 blocks", 16, get("/courses/"+largeKey+"/course/"))
	measure("course home, 100 blocks", 16, get("/courses/"+smallKey+"/course/"))
	measure("progress page, 100 blocks", 16, get("/courses/"+smallKey+"/progress"))
	t.floor(floorAnswer)
	// The course has forty questions, answered in turn: nobody answers one a thousand times, and a state keeps every answer.
	answer := measure("graded answer", 32, func(l *learner, n int) []byte {
		id := fmt.Sprintf("p0_0_%d_%d", n%10, 6+n/10%4)
		form := fmt.Sprintf("input_%s_2_1=choice_%d&submission_id=%s-%d-%d", id, n/40%2, l.name, n, time.Now().UnixNano())
		return l.request(s.addr, "POST", handler(smallKey, "problem", id, "xmodule_handler/problem_check"), form)
	})
	if base := t.floors[floorAnswer]; base.rate > 0 {
		t.note("requests a second, graded answer to floor", fmt.Sprintf("%.2f", answer.rate/base.rate), ">= 0.5")
	}
	t.ratio("CPU, graded answer to floor", answer.cpu, t.floors[floorAnswer].cpu, "<= 2")
	t.note("memory of the process, embedded stores in it", size(memory(s.pid())), "")
	return nil
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(text))
	return strings.Join(f[:min(3, len(f))], " ")
}
