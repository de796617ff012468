package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childDir makes this test program a process that runs stores in the directory and writes rows until it is killed.
const childDir = "LYCEUM_EMBEDDED_CHILD"

// child prints the number of each row once it is acknowledged.
func child(dir string) int {
	ctx := context.Background()
	s, err := Start(ctx, dir, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	conn, err := pgx.Connect(ctx, s.PostgresURL)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if _, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS answer (id int PRIMARY KEY)`); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for id := 1; ; id++ {
		if _, err := conn.Exec(ctx, `INSERT INTO answer VALUES ($1)`, id); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(id)
	}
}

// runChild starts the child and returns after it has acknowledged some rows; acknowledged reads the rest of its output after its end.
func runChild(t *testing.T, program, dir string, attr *syscall.SysProcAttr) (process *os.Process, acknowledged func() int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = attr
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	last := 0
	read := func(until int) {
		for last < until && lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Errorf("the child says %q", lines.Text())
			}
			last = n
		}
	}
	if read(20); last < 20 {
		_ = cmd.Wait()
		t.Fatalf("the child ended early: %s", &words)
	}
	return cmd.Process, func() int {
		read(1 << 30)
		_ = cmd.Wait()
		return last
	}
}

func executable(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func checkRows(t *testing.T, s *Stores, acknowledged int) {
	t.Helper()
	var rows int
	err := openPool(t, s).QueryRow(t.Context(), `SELECT count(*) FROM answer WHERE id <= $1`, acknowledged).Scan(&rows)
	if err != nil || rows != acknowledged {
		t.Errorf("%d rows, %v, want the %d acknowledged", rows, err, acknowledged)
	}
}

// TestProcessKilled kills the owner: its PostgreSQL goes with it and a start right after finds every acknowledged row.
func TestProcessKilled(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	process, acknowledged := runChild(t, executable(t), dir, nil)
	server := firstPID(t, dir)
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	want := acknowledged()
	s := startIn(t, dir, quiet, All)
	checkRows(t, s, want)
	if firstPID(t, dir) == server {
		t.Error("the new owner uses the PostgreSQL of the dead one")
	}
}

// TestAllKilled kills PostgreSQL and its owner at once: in a directory it may pass to, and in one it is handed, see
// TestRootBelowClosedDirectory.
func TestAllKilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		above os.FileMode
	}{{"below an open directory", 0o711}, {"below a closed one", 0o700}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := readyDir(t)
			if err := os.Chmod(filepath.Dir(dir), c.above); err != nil {
				t.Fatal(err)
			}
			killAll(t, dir)
		})
	}
}

func killAll(t *testing.T, dir string) {
	t.Helper()
	process, acknowledged := runChild(t, executable(t), dir, nil)
	// The owner first: it would start another.
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(firstPID(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	want := acknowledged()
	var log logged
	begun := time.Now()
	s := startIn(t, dir, log.logger(), All)
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("start after a crash took %v", took)
	}
	checkRows(t, s, want)
	if !strings.Contains(log.String(), "recovered") {
		t.Errorf("the log does not say that PostgreSQL recovered:\n%s", &log)
	}
}

// TestOrdinaryUser runs an owner that is not root, and lets root use its stores but not own its directory.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("the other tests run as an ordinary user already")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skipf("no other user: %v", err)
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	dir := dataDir(t)
	program := filepath.Join(filepath.Dir(dir), "program")
	copyFile(t, executable(t), program)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, int(uid), int(uid)); err != nil {
		t.Fatal(err)
	}
	attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	process, acknowledged := runChild(t, program, dir, attr)
	defer func() { _ = process.Kill() }()

	s, err := Open(t.Context(), dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if s.Owned {
		t.Error("root owns the directory of another user")
	}
	checkRows(t, s, 20)
	stop(t, s)
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	acknowledged()
	if _, err := Start(t.Context(), dir, quiet); err == nil || !strings.Contains(err.Error(), "belongs to nobody") {
		t.Errorf("start as root: %v, want that the directory belongs to nobody", err)
	}
	for { // its PostgreSQL ends by itself, and writes until then
		if _, err := os.Stat(filepath.Join(dir, "postgres", "postmaster.pid")); errors.Is(err, os.ErrNotExist) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
}
