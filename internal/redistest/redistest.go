// Package redistest gives tests a real Redis server.
//
// One server runs for a test process, on a unix socket, and goes with it. Each test gets a client on a database of its own, empty at its
// start; a server has few databases, so a test waits when all are taken. LMS_TEST_REDIS_SERVER names another program (valkey-server).
package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// databases is the number of tests that run beside each other.
const databases = 64

// New returns a client on an empty database that no other test uses. It is closed and the database emptied when the test ends.
func New(t testing.TB) *redis.Client {
	t.Helper()
	client := redis.NewClient(options(t))
	t.Cleanup(func() { client.Close() })
	return client
}

// URL returns the address of such a database, as LMS_REDIS_URL takes it.
func URL(t testing.TB) string {
	t.Helper()
	o := options(t)
	return fmt.Sprintf("unix://%s?db=%d", o.Addr, o.DB)
}

func options(t testing.TB) *redis.Options {
	t.Helper()
	s := start(t)
	db := <-s.free
	o := &redis.Options{Network: "unix", Addr: s.socket, DB: db}
	flush := func() error {
		c := redis.NewClient(o)
		defer c.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return c.FlushDB(ctx).Err()
	}
	t.Cleanup(func() {
		if err := flush(); err != nil {
			t.Errorf("redistest: empty the test's database: %v", err)
		}
		s.free <- db
	})
	return o
}

type server struct {
	socket string
	free   chan int
}

// process holds the server of this test process: state a process has one of.
var process struct {
	once   sync.Once
	server *server
	err    error
}

func start(t testing.TB) *server {
	t.Helper()
	process.once.Do(func() { process.server, process.err = startServer(os.Getenv("LMS_TEST_REDIS_SERVER")) })
	if process.err != nil {
		t.Fatalf("redistest: %v", process.err)
	}
	return process.server
}

var errNotInstalled = errors.New("no Redis server on the PATH: install one (Debian and Ubuntu: apt install redis-server; macOS: brew install redis)")

// script runs the server until its standard input closes, which is when the test process ends, however it ends.
const script = `"$1" --port 0 --unixsocket "$2/s" --unixsocketperm 700 --databases "$3" --save '' --appendonly no --dir "$2" --logfile "$2/log" &
server=$!
read -r _
kill -KILL "$server" 2>/dev/null
rm -rf "$2"`

func startServer(program string) (*server, error) {
	for _, name := range []string{program, "redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if !filepath.IsAbs(program) {
		return nil, errNotInstalled
	}
	temp := os.TempDir()
	if len(temp) > 60 { // a socket's path is at most 107 bytes long
		temp = "/tmp"
	}
	dir, err := os.MkdirTemp(temp, "lyceum-redistest-")
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", script, "sh", program, dir, strconv.Itoa(databases)) //nolint:noctx // it goes with the process
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	go func() {
		_ = cmd.Wait()
		w.Close() // w is held open until here: the server runs for as long as this process
	}()
	s := &server{socket: filepath.Join(dir, "s"), free: make(chan int, databases)}
	if err := s.await(filepath.Join(dir, "log")); err != nil {
		w.Close()
		return nil, err
	}
	for db := range databases {
		s.free <- db
	}
	return s, nil
}

func (s *server) await(log string) error {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			text, _ := os.ReadFile(log)
			return fmt.Errorf("wait for Redis: %w: %s", err, bytes.TrimSpace(text))
		}
		time.Sleep(5 * time.Millisecond)
	}
}
