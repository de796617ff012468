package embedded

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/internal/pg"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	code := m.Run()
	if ready.dir != "" {
		_ = os.RemoveAll(ready.dir)
	}
	os.Exit(code)
}

// ready is a cluster made once, to copy from.
var ready struct {
	once sync.Once
	dir  string
	err  error
}

// readyDir is dataDir with a cluster in it, for tests that are not about making one.
func readyDir(t *testing.T) string {
	t.Helper()
	ready.once.Do(func() {
		if ready.dir, ready.err = tempDir(); ready.err != nil {
			return
		}
		var s *Stores
		if s, ready.err = StartWith(t.Context(), filepath.Join(ready.dir, "data"), quiet, Options{Needs: Needs{Postgres: true}}); ready.err == nil {
			ready.err = s.Stop(t.Context())
		}
	})
	if ready.err != nil {
		t.Fatal(ready.err)
	}
	dir := dataDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", filepath.Join(ready.dir, "data", "postgres"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// dataDir returns the path of a data directory to make, which, as root, PostgreSQL's account can reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := tempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "data")
}

// tempDir makes a directory, in memory where possible: the tests kill processes, not the machine, and a disk that other tests keep busy
// syncs slowly.
func tempDir() (string, error) {
	parent := "/dev/shm"
	if _, err := os.Stat(parent); err != nil {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "lyceum-embedded-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711)
}

// logged collects what is logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

var quiet = slog.New(slog.DiscardHandler)

func startIn(t *testing.T, dir string, log *slog.Logger, needs Needs) *Stores {
	t.Helper()
	s, err := StartWith(t.Context(), dir, log, Options{Needs: needs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Stores) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func openPool(t *testing.T, s *Stores) *pgxpool.Pool {
	t.Helper()
	pool, err := pg.Open(t.Context(), s.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func TestStart(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), dataDir(t)
	s := startIn(t, dir, quiet, All)
	if !s.Owned {
		t.Error("Owned = false for the starter")
	}

	pool := openPool(t, s)
	durability, err := pg.Durability(ctx, pool)
	if err != nil || len(durability.Weak()) != 0 {
		t.Errorf("weak settings %v, %v, want none", durability.Weak(), err)
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')`); err != nil {
		t.Error(err)
	}
	pool.Close()

	client, err := mongo.Connect(options.Client().ApplyURI(s.MongoURL))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Database("lms").Collection("notes").InsertOne(ctx, bson.D{{Key: "_id", Value: "kept"}}); err != nil {
		t.Error(err)
	}
	if err := client.Disconnect(ctx); err != nil {
		t.Error(err)
	}
	checkRedis(t, s.RedisURL)
	checkClosed(t, dir)

	_, err = Start(ctx, dir, quiet)
	var used *UsedError
	if !errors.As(err, &used) || used.PID != os.Getpid() || !strings.Contains(err.Error(), dir) {
		t.Errorf("second start: %v, want a refusal that names process and directory", err)
	}
	stop(t, s)

	begun := time.Now()
	s = startIn(t, dir, quiet, All)
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("warm start took %v, want at most 3s", took)
	}
	var text string
	if err := openPool(t, s).QueryRow(ctx, `SELECT text FROM note`).Scan(&text); err != nil || text != "kept" {
		t.Errorf("row after a restart: %q, %v", text, err)
	}
	client, err = mongo.Connect(options.Client().ApplyURI(s.MongoURL))
	if err != nil {
		t.Fatal(err)
	}
	n, err := client.Database("lms").Collection("notes").CountDocuments(ctx, bson.D{{Key: "_id", Value: "kept"}})
	if err != nil || n != 1 {
		t.Errorf("documents after a restart: %d, %v, want 1", n, err)
	}
	if err := client.Disconnect(ctx); err != nil {
		t.Error(err)
	}
}

// checkRedis sees that a stranger gets nothing and that keys expire.
func checkRedis(t *testing.T, url string) {
	t.Helper()
	ctx := t.Context()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	stranger := redis.NewClient(&redis.Options{Addr: o.Addr})
	defer stranger.Close()
	if err := stranger.Ping(ctx).Err(); err == nil {
		t.Error("the cache answers without its password")
	}
	client := redis.NewClient(o)
	defer client.Close()
	if err := client.Set(ctx, "a", 1, 10*time.Millisecond).Err(); err != nil {
		t.Error(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for client.Exists(ctx, "a").Val() != 0 {
		if time.Now().After(deadline) {
			t.Fatal("a key with a time to live does not expire")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// checkClosed sees that other users can neither look into the data directory nor read the addresses.
func checkClosed(t *testing.T, dir string) {
	t.Helper()
	for name, mask := range map[string]os.FileMode{
		"": 0o067, "postgres": 0o077, "run": 0o067, "run/pg": 0o077, "run/docs": 0o077, "log": 0o077,
		"lock": 0o077, "run/stores.json": 0o077, "log/postgres.log": 0o077,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if mode := info.Mode().Perm(); mode&mask != 0 {
			t.Errorf("%q has mode %v: open to others", name, mode)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), readyDir(t)
	needs := Needs{Postgres: true, Redis: true}

	owner, err := OpenWith(ctx, dir, quiet, Options{Needs: needs})
	if err != nil {
		t.Fatal(err)
	}
	user, err := Open(ctx, dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if !owner.Owned || user.Owned {
		t.Errorf("Owned: first %v, second %v, want true, false", owner.Owned, user.Owned)
	}
	got := [3]string{user.PostgresURL, user.MongoURL, user.RedisURL}
	want := [3]string{owner.PostgresURL, "", owner.RedisURL}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("addresses of the second (-got +want):\n%s", diff)
	}

	// The owner's end waits for the user.
	ended := make(chan error, 1)
	go func() { ended <- owner.Stop(context.WithoutCancel(ctx)) }()
	announced := filepath.Join(dir, "run", announcementFile)
	for _, err := os.Stat(announced); err == nil; _, err = os.Stat(announced) {
		time.Sleep(time.Millisecond)
	}
	openPool(t, user).Close()
	select {
	case err := <-ended:
		t.Errorf("the stores ended under a command that uses them: %v", err)
	default:
	}
	stop(t, user)
	if err := <-ended; err != nil {
		t.Errorf("stop of the owner: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("PostgreSQL was not stopped cleanly: %v", err)
	}
}

func TestRedisAlone(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := startIn(t, dir, quiet, Needs{Redis: true})
	if s.PostgresURL != "" || s.MongoURL != "" || s.RedisURL == "" {
		t.Errorf("got %+v, want the cache alone", s)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a cluster was made that nobody needs: %v", err)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	short := readyDir(t)
	dir := filepath.Join(filepath.Dir(short), strings.Repeat("long/", 30))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(short, dir); err != nil {
		t.Fatal(err)
	}
	s := startIn(t, dir, quiet, All)
	openPool(t, s).Close()
	client, err := mongo.Connect(options.Client().ApplyURI(s.MongoURL))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if err := client.Disconnect(t.Context()); err != nil {
		t.Error(err)
	}
	a, err := readAnnouncement(dir)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	if _, err := os.Stat(a.Sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the short directory %s is left behind: %v", a.Sockets, err)
	}
}

// TestStalePID starts over a pid file whose number belongs to a living process that is no server: this one.
func TestStalePID(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	needs := Needs{Postgres: true}
	stop(t, startIn(t, dir, quiet, needs))
	file := filepath.Join(dir, "postgres", "postmaster.pid")
	text := strconv.Itoa(os.Getpid()) + "\n" + filepath.Dir(file) + "\n1\n5432\n\n\n  0  0\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var log logged
	openPool(t, startIn(t, dir, log.logger(), needs)).Close()
	if !strings.Contains(log.String(), "recovered") {
		t.Errorf("the log does not say that PostgreSQL recovered:\n%s", &log)
	}
}

// TestPostgresKilled kills PostgreSQL under writers: every acknowledged row is there after it came back by itself.
func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	var log logged
	s := startIn(t, dir, log.logger(), Needs{Postgres: true, Mongo: true})
	ctx, pool := t.Context(), openPool(t, s)
	client, err := mongo.Connect(options.Client().ApplyURI(s.MongoURL))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	notes := client.Database("lms").Collection("notes")
	if _, err := notes.InsertOne(ctx, bson.D{{Key: "_id", Value: "kept"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE answer (id int PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for readPID(filepath.Join(dir, "acknowledged")) < 20 {
			time.Sleep(time.Millisecond)
		}
		_ = syscall.Kill(firstPID(t, dir), syscall.SIGKILL)
	}()
	acknowledged := 0
	for id := 1; ; id++ {
		if _, err := pool.Exec(ctx, `INSERT INTO answer VALUES ($1)`, id); err != nil {
			break
		}
		acknowledged = id
		if err := os.WriteFile(filepath.Join(dir, "acknowledged"), []byte(strconv.Itoa(id)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	<-killed
	var rows int
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := pool.QueryRow(ctx, `SELECT count(*) FROM answer WHERE id <= $1`, acknowledged).Scan(&rows)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL does not come back: %v\n%s", err, &log)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if acknowledged < 20 || rows != acknowledged {
		t.Errorf("%d rows of %d acknowledged", rows, acknowledged)
	}
	for {
		n, err := notes.CountDocuments(ctx, bson.D{{Key: "_id", Value: "kept"}})
		if err == nil && n == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the document store does not come back: %d documents, %v", n, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !strings.Contains(log.String(), "started again") {
		t.Errorf("the log does not say that PostgreSQL was started again:\n%s", &log)
	}
}

// firstPID returns the process id of the cluster's server.
func firstPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Error(err)
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Error(err)
	}
	return pid
}

// TestRootBelowClosedDirectory: root's home is closed to the account PostgreSQL runs as. The cluster is made there, runs, stops and
// comes back.
func TestRootBelowClosedDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("only root changes to another account, and only Linux lets it hand directories over")
	}
	dir := filepath.Dir(dataDir(t))
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	useTwice(t, filepath.Join(dir, "data"))
}

// TestOddPaths: every store answers below a directory whose name has what addresses and lists write otherwise.
func TestOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"my data", "data+more", "a,b", `a"b`, "100%25", "über"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			useTwice(t, filepath.Join(filepath.Dir(dataDir(t)), name))
		})
	}
}

// useTwice starts stores in a directory, uses each, stops them, and does so again.
func useTwice(t *testing.T, data string) {
	t.Helper()
	for range 2 {
		s, err := Start(t.Context(), data, quiet)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.Connect(t.Context(), s.PostgresURL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), `CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1); CHECKPOINT`); err != nil {
			t.Error(err)
		}
		client, err := mongo.Connect(options.Client().ApplyURI(s.MongoURL))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Database("kept").Collection("kept").InsertOne(t.Context(), bson.D{{Key: "n", Value: 1}}); err != nil {
			t.Errorf("insert a document: %v", err)
		}
		if err := errors.Join(conn.Close(t.Context()), client.Disconnect(t.Context()), s.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDirectoryOfOtherThings(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var log logged
	startIn(t, dir, log.logger(), Needs{Redis: true})
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o755 {
		t.Errorf("mode %v: a directory of others' files was closed to them", got)
	}
	if !strings.Contains(log.String(), "open to other users") {
		t.Errorf("no warning:\n%s", &log)
	}
}

func TestMissingPostgres(t *testing.T) {
	t.Parallel()
	_, err := StartWith(t.Context(), dataDir(t), quiet, Options{PostgresBin: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "LMS_POSTGRES_BIN") {
		t.Errorf("got %v, want an error that names LMS_POSTGRES_BIN", err)
	}
}

// copyFile makes this test program runnable by another user.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
