package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endedHard reports whether the last server on the cluster left its pid file, which a clean stop removes.
func endedHard(data string) bool {
	_, err := os.Stat(filepath.Join(data, "postmaster.pid"))
	return err == nil
}

// endStale ends the server a dead process of ours left on the cluster and removes its pid files. The caller holds the lock of the data
// directory, so no living process of ours owns it. PostgreSQL itself would take any living process of the same account that has the
// number by now for a server, and refuse to start; we look at what the process is.
func endStale(ctx context.Context, c Config) error {
	path := filepath.Join(c.Data, "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the pid file of PostgreSQL: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err == nil && pid > 1 && serves(ctx, pid, c.Data) {
		if err := end(ctx, pid); err != nil {
			return err
		}
	}
	for _, file := range []string{path, filepath.Join(c.Socket, socketName+".lock"), filepath.Join(c.Socket, socketName)} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what an ended PostgreSQL left: %w", err)
		}
	}
	return nil
}

func end(ctx context.Context, pid int) error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); errors.Is(err, syscall.ESRCH) || gone(ctx, pid, 10*time.Second) {
			return nil
		}
	}
	return fmt.Errorf("a PostgreSQL of an earlier run (process %d) does not end", pid)
}

// serves reports whether the process is a server of the cluster: it works in its directory (Linux), or was called with it.
func serves(ctx context.Context, pid int, data string) bool {
	if target, err := filepath.EvalSymlinks(data); err == nil {
		data = target
	}
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil {
		return cwd == data
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), data)
}

// gone waits for the end of a process that is not our child.
func gone(ctx context.Context, pid int, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid) {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

// zombie reports whether the process has ended and waits for its parent to notice, which a careless first process of a container never
// does.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, ok := strings.Cut(string(stat), ") ")
	return ok && strings.HasPrefix(rest, "Z")
}
