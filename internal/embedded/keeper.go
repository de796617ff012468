package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/embedded/postgres"
)

// biggestLog is the size from which PostgreSQL's log starts anew at a start; one older file is kept.
const biggestLog = 10 << 20

// cluster returns the configuration of the directory's cluster and makes it first if there is none.
func cluster(ctx context.Context, d *directory, configured string, log *slog.Logger) (postgres.Config, error) {
	c := postgres.Config{
		Account: d.account,
		Data:    filepath.Join(d.path, "postgres"),
		Socket:  filepath.Join(d.sockets, "pg"),
		Log:     filepath.Join(d.path, "log", "postgres.log"),
	}
	version, err := postgres.ClusterVersion(c.Data)
	if err != nil {
		return c, err
	}
	if c.Bin, err = postgres.Find(ctx, configured, version); err != nil {
		return c, err
	}
	if info, err := os.Stat(c.Log); err == nil && info.Size() > biggestLog {
		if err := os.Rename(c.Log, c.Log+".1"); err != nil {
			return c, fmt.Errorf("rotate PostgreSQL's log: %w", err)
		}
	}
	if version != "" {
		return c, nil
	}
	log.Info("making a private PostgreSQL", "dir", c.Data, "programs", c.Bin, "account", c.Account.Name)
	return c, postgres.Init(ctx, c)
}

// createDatabase makes a database if it is missing.
func createDatabase(ctx context.Context, c postgres.Config, name string) error {
	conn, err := pgx.Connect(ctx, postgres.URL(c.Socket, "postgres"))
	if err != nil {
		return fmt.Errorf("make database %s: %w", name, err)
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("make database %s: %w", name, err)
	}
	return nil
}

// keeper keeps a PostgreSQL running: it starts the server again when it ends by itself or is killed.
type keeper struct {
	config postgres.Config
	log    *slog.Logger
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	server *postgres.Server
}

// keep starts the server and the watch over it.
func keep(ctx context.Context, config postgres.Config, log *slog.Logger) (*keeper, error) {
	server, err := postgres.Start(ctx, config)
	if err != nil {
		return nil, err
	}
	if server.Recovered {
		log.Warn("PostgreSQL had not ended cleanly and has recovered from its log; what was acknowledged is there", "dir", config.Data)
	}
	watchCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k := &keeper{config: config, log: log, cancel: cancel, ended: make(chan struct{}), server: server}
	go k.watch(watchCtx)
	return k, nil
}

func (k *keeper) current() *postgres.Server {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.server
}

func (k *keeper) watch(ctx context.Context) {
	defer close(k.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.current().Done():
		}
		if ctx.Err() != nil {
			return
		}
		k.log.Error("PostgreSQL ended by itself and is started again", "log", k.config.Log)
		if !k.restart(ctx) {
			return
		}
		k.log.Warn("PostgreSQL runs again")
	}
}

// restart tries until it succeeds; false means that ctx ended first.
func (k *keeper) restart(ctx context.Context) bool {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		server, err := postgres.Start(ctx, k.config)
		if err == nil {
			k.mu.Lock()
			k.server = server
			k.mu.Unlock()
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		k.log.Error("PostgreSQL does not start", "err", err, "next_try", wait)
		if sleep(ctx, wait) != nil {
			return false
		}
	}
}

// stop ends the watch and the server.
func (k *keeper) stop(ctx context.Context) error {
	k.cancel()
	<-k.ended
	err := k.current().Stop(ctx)
	if removeErr := os.RemoveAll(k.config.Socket); removeErr != nil {
		err = errors.Join(err, removeErr)
	}
	return err
}
