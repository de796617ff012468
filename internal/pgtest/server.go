package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/embedded/postgres"
	"lyceum/migrations"
)

const (
	template = "lyceum_template"

	// keepClusters is how long an unused cluster of other migrations is kept.
	keepClusters = 2 * time.Hour
)

// settings trade durability, which no test of a room needs, for speed.
var settings = map[string]string{
	"fsync":                           "off",
	"synchronous_commit":              "off",
	"full_page_writes":                "off",
	"autovacuum":                      "off",
	"wal_level":                       "minimal",
	"max_wal_senders":                 "0",
	"max_wal_size":                    "256MB",
	"min_wal_size":                    "32MB",
	"checkpoint_timeout":              "1h",
	"shared_buffers":                  "48MB",
	"max_connections":                 "300",
	"max_parallel_workers_per_gather": "0",
	"log_min_messages":                "fatal",
	"dynamic_shared_memory_type":      "mmap", // in the data directory, so that it goes with it
}

// startServer makes the cluster for the present migrations if there is none, copies it, and starts a server on the copy.
func startServer(ctx context.Context, getenv func(string) string) (*server, error) {
	bin, err := postgres.Find(ctx, getenv("LMS_POSTGRES_BIN"), "")
	if err != nil {
		return nil, err
	}
	account, err := postgres.ServerAccount()
	if err != nil {
		return nil, err
	}
	root, err := makeRoot()
	if err != nil {
		return nil, err
	}
	run, err := os.MkdirTemp(root, "run-")
	if err != nil {
		return nil, err
	}
	if err := account.MakeDir(run); err != nil {
		return nil, err
	}
	// The lock says that this process lives; it goes with it. See sweep.
	alive, err := lock(filepath.Join(run, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, err
	}
	config := postgres.Config{
		Bin: bin, Account: account, Settings: settings, InitArgs: []string{"--no-sync", "--wal-segsize=1"},
		Data: filepath.Join(run, "data"), Socket: filepath.Join(run, "s"), Log: filepath.Join(run, "log"),
	}
	if err := copyCluster(ctx, root, config); err != nil {
		return nil, err
	}
	s, err := postgres.Start(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := watch(run, s.PID()); err != nil {
		return nil, err
	}
	return &server{socket: config.Socket, alive: alive}, nil
}

// memory is a file system in memory, on Linux. Many servers that make and drop databases keep a disk busy, though nobody needs the bytes.
const (
	memory     = "/dev/shm"
	memoryFree = 2 << 30
)

// makeRoot returns the directory all test processes of this user share: in memory where there is plenty, short, for the socket's sake, and
// ours alone to write.
func makeRoot() (string, error) {
	parent := os.TempDir()
	if len(parent) > 40 {
		parent = "/tmp"
	}
	var free syscall.Statfs_t
	if err := syscall.Statfs(memory, &free); err == nil && free.Bavail*uint64(free.Bsize) > memoryFree {
		parent = memory
	}
	root := filepath.Join(parent, fmt.Sprintf("lyceum-pgtest-%d", os.Geteuid()))
	if err := os.MkdirAll(root, 0o711); err != nil {
		return "", err
	}
	info, err := os.Lstat(root)
	if err != nil {
		return "", err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(st.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is not a directory that only this user can write: remove it", root)
	}
	return root, nil
}

// copyCluster gives config its own copy of the cluster for the present migrations, under the lock of root.
func copyCluster(ctx context.Context, root string, config postgres.Config) error {
	l, err := lock(filepath.Join(root, "lock"), syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer l.Close()

	major, err := postgres.Major(ctx, config.Bin)
	if err != nil {
		return err
	}
	initial := filepath.Join(root, "initial-"+major)
	cluster := filepath.Join(root, "cluster-"+major+"-"+migrations.Hash())
	sweep(root, cluster, initial)
	if _, err := os.Stat(cluster); errors.Is(err, fs.ErrNotExist) {
		if err := makeCluster(ctx, root, initial, cluster, config); err != nil {
			return err
		}
	}
	now := time.Now()
	if err := os.Chtimes(cluster, now, now); err != nil {
		return err
	}
	return copyDir(ctx, cluster, config.Data)
}

// makeCluster builds a cluster with the migrated template and moves it into place when it is complete.
func makeCluster(ctx context.Context, root, initial, cluster string, config postgres.Config) error {
	building := filepath.Join(root, "build")
	if err := os.RemoveAll(building); err != nil {
		return err
	}
	if err := config.Account.MakeDir(building); err != nil {
		return err
	}
	config.Socket, config.Log = filepath.Join(building, "s"), filepath.Join(building, "log")
	if _, err := os.Stat(initial); errors.Is(err, fs.ErrNotExist) {
		config.Data = initial
		if err := postgres.Init(ctx, config); err != nil {
			return err
		}
	}
	config.Data = filepath.Join(building, "data")
	if err := copyDir(ctx, initial, config.Data); err != nil {
		return err
	}
	config.Settings = maps.Clone(config.Settings)
	config.Settings["max_wal_size"] = "32MB" // what the copies carry
	s, err := postgres.Start(ctx, config)
	if err != nil {
		return err
	}
	err = migrateTemplate(ctx, config.Socket)
	if err := errors.Join(err, s.Stop(ctx)); err != nil {
		return err
	}
	if err := os.Rename(config.Data, cluster); err != nil {
		return err
	}
	return os.RemoveAll(building)
}

func migrateTemplate(ctx context.Context, socket string) error {
	conn, err := pgx.Connect(ctx, postgres.URL(socket, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+template); err != nil {
		return err
	}
	_, err = migrations.Up(ctx, postgres.URL(socket, template), slog.New(slog.DiscardHandler))
	return err
}

// copyDir copies with owners and modes; cp knows how to do that fast.
func copyDir(ctx context.Context, from, to string) error {
	if out, err := exec.CommandContext(ctx, "cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy a cluster: %w: %s", err, out)
	}
	return nil
}

// watch starts a process that waits for the end of ours (its standard input closes), ends the server and removes its directory. Nothing
// else runs at the end of every test process: a package's tests may panic, time out or be killed.
func watch(run string, pid int) error {
	const script = `read -r _
kill -QUIT "$2" 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.1; done
kill -KILL "$2" 2>/dev/null
rm -rf "$1"`
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", script, "sh", run, strconv.Itoa(pid)) //nolint:noctx // it outlives us on purpose
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return fmt.Errorf("watch the server: %w", err)
	}
	go func() {
		_ = cmd.Wait()
		w.Close() // w is held open until here: the watcher ends only after this process
	}()
	return nil
}

// sweep removes what killed watchers left and clusters of migrations nobody has used for a while.
func sweep(root, cluster, initial string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(root, e.Name())
		info, err := e.Info()
		if err != nil || path == cluster || path == initial {
			continue
		}
		age := time.Since(info.ModTime())
		switch {
		case strings.HasPrefix(e.Name(), "run-") && age > time.Minute:
			if l, err := lock(filepath.Join(path, "lock"), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
				_ = os.RemoveAll(path) // its server, if any is left, ends by itself when its files are gone
				l.Close()
			}
		case strings.HasPrefix(e.Name(), "cluster-") && age > keepClusters:
			_ = os.RemoveAll(path)
		}
	}
}

// lock opens and locks a file; the lock goes with the returned file or with this process.
func lock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
	}
}
