package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// postmaster is the process of the private PostgreSQL in a data directory, 0 when none runs.
func postmaster(data string) int {
	text, err := os.ReadFile(filepath.Join(data, "postgres", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}

// cpu is the processor time used by process trees: every process alive at or below the given ones, by the scheduler's own
// count of nanoseconds for each thread, and what their ended children were charged. A process that stands below two of the roots, as the
// private PostgreSQL does below the program, counts once.
func cpu(roots []int) time.Duration {
	below, ended := tree()
	var total time.Duration
	counted := map[int]bool{}
	for _, pid := range roots {
		for _, p := range all(below, pid) {
			if counted[p] {
				continue
			}
			counted[p] = true
			total += ended[p]
			threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p))
			for _, t := range threads {
				text, err := os.ReadFile(t)
				if err != nil {
					continue
				}
				first, _, _ := strings.Cut(string(text), " ")
				if n, err := strconv.ParseInt(first, 10, 64); err == nil {
					total += time.Duration(n)
				}
			}
		}
	}
	return total
}

// tree reads who is whose child, and what ended children of each process were charged.
func tree() (below map[int][]int, ended map[int]time.Duration) {
	below, ended = map[int][]int{}, map[int]time.Duration{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		head, rest, ok := strings.Cut(string(text), " (")
		end := strings.LastIndexByte(rest, ')')
		if !ok || end < 0 {
			continue
		}
		f := strings.Fields(rest[end+1:])
		number := func(s string) int {
			n, _ := strconv.Atoi(s)
			return n
		}
		if len(f) < 15 {
			continue
		}
		pid, parent := number(head), number(f[1])
		below[parent] = append(below[parent], pid)
		ended[pid] = time.Duration(number(f[13])+number(f[14])) * 10 * time.Millisecond
	}
	return below, ended
}

func all(below map[int][]int, root int) []int {
	out := []int{root}
	for _, p := range below[root] {
		out = append(out, all(below, p)...)
	}
	return out
}

// pin moves process trees to one processor, as the floors do, so that the client's work is never taken for the server's and
// a rate is the capacity of one core. It does nothing where taskset is missing.
func pin(processor string, roots ...int) {
	below, _ := tree()
	for _, root := range roots {
		for _, p := range all(below, root) {
			_ = exec.Command("taskset", "-a", "-c", "-p", processor, strconv.Itoa(p)).Run() //nolint:noctx // a convenience
		}
	}
}

// memory is what a process holds for itself, in bytes: anonymous memory, without the program's own text.
func memory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

// resident is all memory of a process that is in use, shared parts and the program itself included.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(text))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func size(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }

// largest finds the largest course archive in a directory, "" when there is none.
func largest(dir string) string {
	if dir == "" {
		return ""
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*.tar.gz"))
	best, most := "", int64(0)
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.Size() > most && !strings.Contains(name, "testdata") {
			best, most = name, info.Size()
		}
	}
	return best
}
