package ferret

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// Server is a running document store.
type Server struct {
	uri    string
	front  *front
	stop   context.CancelFunc
	engine sync.WaitGroup
}

// Config says what to serve and where.
type Config struct {
	PostgresURL string // of a database set up by Prepare, without spaces or other parameters the engine adds itself
	Dir         string // directory for the sockets, closed to other users; its path is at most 90 bytes long
	Log         *slog.Logger
}

const (
	frontSocket  = "documents.sock"
	engineSocket = "engine.sock"
)

// Start serves until Stop.
func Start(c Config) (*Server, error) {
	frontPath, enginePath := filepath.Join(c.Dir, frontSocket), filepath.Join(c.Dir, engineSocket)
	for _, path := range []string{frontPath, enginePath} { // of a process that was killed
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("remove a stale socket: %w", err)
		}
	}
	engine, err := ferretdb.New(&ferretdb.Config{
		Listener:      ferretdb.ListenerConfig{Unix: enginePath},
		Logger:        slog.New(onlyErrors{c.Log.Handler()}),
		Handler:       "postgresql",
		PostgreSQLURL: c.PostgresURL,
	})
	if err != nil {
		return nil, fmt.Errorf("start the document store: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{stop: cancel, uri: "mongodb://" + url.PathEscape(frontPath) + "/"}
	s.engine.Go(func() { _ = engine.Run(ctx) }) // it never returns an error

	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", frontPath)
	if err != nil {
		s.end()
		return nil, fmt.Errorf("listen for the document store: %w", err)
	}
	if err := errors.Join(os.Chmod(frontPath, 0o600), os.Chmod(enginePath, 0o600)); err != nil {
		listener.Close()
		s.end()
		return nil, fmt.Errorf("close the document store's sockets to others: %w", err)
	}
	s.front = newFront(listener, enginePath)
	return s, nil
}

// URI returns the address for the MongoDB driver.
func (s *Server) URI() string { return s.uri }

// Stop ends the server. Requests that run are cut off; what was acknowledged is kept by PostgreSQL.
func (s *Server) Stop() {
	s.front.close()
	s.end()
}

func (s *Server) end() {
	s.stop()
	s.engine.Wait()
}

// onlyErrors hides the engine's chatter: it logs each connection, and each query with its values, which are authors' work.
type onlyErrors struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h onlyErrors) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler. A key that is taken is an answer to whoever inserts, which happens at each import of something
// known, and no fault an operator could mend.
func (h onlyErrors) Handle(ctx context.Context, r slog.Record) error {
	taken := false
	r.Attrs(func(a slog.Attr) bool {
		taken = a.Key == "err" && strings.Contains(a.Value.String(), "(SQLSTATE 23505)")
		return !taken
	})
	if taken {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h onlyErrors) WithAttrs(attrs []slog.Attr) slog.Handler {
	return onlyErrors{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h onlyErrors) WithGroup(name string) slog.Handler { return onlyErrors{h.Handler.WithGroup(name)} }
