package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pids lists the processes of the stack: the server, and the private PostgreSQL with its children.
func (b *bench) pids() []int {
	out := []int{b.server.Process.Pid}
	text, err := os.ReadFile(filepath.Join(b.data, "postgres", "postmaster.pid"))
	if err != nil {
		return out
	}
	first, _, _ := strings.Cut(string(text), "\n")
	master, err := strconv.Atoi(first)
	if err != nil {
		return out
	}
	return append(append(out, master), children(master)...)
}

func children(parent int) []int {
	var out []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent)) //nolint:errcheck // the pattern is good
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(f); err == nil {
				out = append(out, pid)
			}
		}
	}
	return out
}

// cpu is the processor time processes have used, to the resolution of /proc (10 ms); one that has ended counts no more.
func cpu(pids []int) time.Duration {
	var total time.Duration
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		_, rest, ok := strings.Cut(string(text), ") ")
		f := strings.Fields(rest)
		if !ok || len(f) < 13 {
			continue
		}
		for _, field := range f[11:13] {
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err == nil {
				total += time.Duration(ticks) * 10 * time.Millisecond
			}
		}
	}
	return total
}

// memory is what a process holds for itself, in bytes: anonymous memory, without the program's own text.
func memory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

func size(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }

// largest finds the largest course archive in a directory, "" when there is none.
func largest(dir string) string {
	if dir == "" {
		return ""
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*.tar.gz")) //nolint:errcheck // the pattern is good
	best, most := "", int64(0)
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.Size() > most && !strings.Contains(name, "testdata") {
			best, most = name, info.Size()
		}
	}
	return best
}
