package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	readyWithin   = 2 * time.Minute // a start, replay of gigabytes of log included
	orphansWithin = 10 * time.Second

	socketName = ".s.PGSQL.5432"
)

// Server is a running PostgreSQL.
type Server struct {
	// Recovered says that the server before this one did not end cleanly and its log was replayed.
	Recovered bool

	config  Config
	process *os.Process
	done    chan struct{}
	err     error // of Wait; read after done
}

// defaults are for a small machine beside our own process.
func defaults() map[string]string {
	return map[string]string{
		"listen_addresses":        "",
		"unix_socket_permissions": "0700",
		"max_connections":         "120",
		"shared_buffers":          "128MB",
		"fsync":                   "on",
		"synchronous_commit":      "on",
		"full_page_writes":        "on",
		"jit":                     "off", // its compile time is longer than our queries
		"log_min_messages":        "warning",
		"log_min_error_statement": "panic", // statements hold what people wrote: keep them out of the log
		"log_line_prefix":         "%m [%p] ",
		"logging_collector":       "off",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
	}
}

// Start runs the server on an initialized cluster and returns when it answers. It ends the server a dead process left behind on the
// same cluster first. The server is stopped when this process ends, however it ends; call Stop to wait for it.
func Start(ctx context.Context, c Config) (*Server, error) {
	recovered := endedHard(c.Data)
	if err := endStale(ctx, c); err != nil {
		return nil, err
	}
	if err := c.Account.MakeDir(c.Socket); err != nil {
		return nil, err
	}
	if err := c.admit(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(orphansWithin); ; {
		s, err := attempt(ctx, c)
		if err == nil {
			s.Recovered = recovered
			return s, nil
		}
		if !errors.Is(err, errOrphans) || time.Now().After(deadline) {
			return nil, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// errOrphans says that sessions of a killed server still hold its memory; they notice their server's death and end.
var errOrphans = errors.New("sessions of a killed server still run")

func attempt(ctx context.Context, c Config) (*Server, error) {
	s := &Server{config: c, done: make(chan struct{})}
	if err := s.run(); err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		_ = s.process.Signal(syscall.SIGQUIT) // it may have ended by itself
		<-s.done
		return nil, err
	}
	return s, nil
}

// run starts the process on a thread that stays: the kernel sends the parent-death signal when the thread that forked ends, not the
// process, and Go ends idle threads.
func (s *Server) run() error {
	logFile, err := os.OpenFile(s.config.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of PostgreSQL: %w", err)
	}
	defer logFile.Close()

	settings := defaults()
	maps.Copy(settings, s.config.Settings)
	at, err := s.config.Account.place(s.config.Data, s.config.Socket)
	if err != nil {
		return err
	}
	defer at.close()
	settings["unix_socket_directories"] = at.names[1]
	args := []string{"-D", at.names[0]}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.Command(filepath.Join(s.config.Bin, "postgres"), args...) //nolint:noctx // it outlives the context of its start
	cmd.Dir, cmd.ExtraFiles = at.work, at.files
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = s.config.Account.attributes()
	stopWithParent(cmd.SysProcAttr)

	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		s.err = cmd.Wait()
		close(s.done)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.process = cmd.Process
	return nil
}

// await returns when the server takes a connection, or with the reason it does not.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.done:
			words := s.lastWords()
			if strings.Contains(words, "shared memory block") {
				return fmt.Errorf("%w: %s", errOrphans, words)
			}
			return fmt.Errorf("PostgreSQL ended while starting (%w): %s", s.err, words)
		case <-ctx.Done():
			return fmt.Errorf("wait for PostgreSQL: %w", errors.Join(ctx.Err(), err))
		case <-time.After(wait):
		}
	}
}

// URL returns the address of a database for pgx.
func (s *Server) URL(database string) string {
	return URL(s.config.Socket, database)
}

// URL returns the address of a database on a server whose socket is in dir.
func URL(dir, database string) string {
	query := url.Values{"host": {dir}, "sslmode": {"disable"}}.Encode()
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(Role),
		Path:     "/" + database,
		RawQuery: strings.ReplaceAll(query, "+", "%20"), // a blank is a plus sign in forms only, not to pgx
	}
	return u.String()
}

// PID returns the id of the server's first process.
func (s *Server) PID() int { return s.process.Pid }

// Done is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server cleanly, breaking its connections, and waits. When ctx ends first the server is ended without a checkpoint, which
// loses nothing: the next start replays its log.
func (s *Server) Stop(ctx context.Context) error {
	_ = s.process.Signal(syscall.SIGINT) // it may have ended by itself
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		_ = s.process.Signal(syscall.SIGQUIT) // it may have ended by itself
		<-s.done
		return fmt.Errorf("stop PostgreSQL: %w", ctx.Err())
	}
}

// lastWords returns the end of the server's log.
func (s *Server) lastWords() string {
	f, err := os.Open(s.config.Log)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	const tail = 2000
	if info, err := f.Stat(); err == nil && info.Size() > tail {
		_, _ = f.Seek(-tail, io.SeekEnd) // else the log is read from its start
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return lastLines(string(text), 4)
}
