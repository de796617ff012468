package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

// tuneMemory tells the collector of a server to keep below nine tenths of what the machine's administrator gives this process, where
// GOMEMLIMIT leaves it open. How often it runs is left alone: at twice the usual heap a page costs a twentieth less, and the
// process outgrows its budget.
func tuneMemory(getenv func(string) string) {
	if getenv("GOMEMLIMIT") != "" {
		return
	}
	membership, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return // another kind of system
	}
	if limit, ok := cgroupLimit("/sys/fs/cgroup", string(membership)); ok {
		debug.SetMemoryLimit(limit / 10 * 9)
	}
}

// cgroupLimit finds the smallest limit of memory on the way from the control group of a process up to root, in bytes. membership is the
// text of /proc/self/cgroup.
func cgroupLimit(root, membership string) (limit int64, ok bool) {
	for line := range strings.Lines(membership) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, found := strings.Cut(rest, ":")
		if !found {
			continue
		}
		dir, file := root, "memory.max" // version 2 has one hierarchy, without controllers in its line
		switch {
		case strings.Contains(","+controllers+",", ",memory,"):
			dir, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		case controllers != "":
			continue
		}
		for group = filepath.Clean("/" + group); ; group = filepath.Dir(group) {
			text, err := os.ReadFile(filepath.Join(dir, group, file))
			if n, convErr := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && convErr == nil && n > 0 && n < 1<<60 && (!ok || n < limit) {
				limit, ok = n, true
			}
			if group == "/" {
				break
			}
		}
	}
	return limit, ok
}
