package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// attach uses the stores another process announced, after seeing that they answer. Its end waits for us, see awaitUsers.
func attach(ctx context.Context, dataDir string) (*Stores, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	users, err := lockFile(filepath.Join(dir, "run", "users"), syscall.LOCK_SH|syscall.LOCK_NB)
	if err != nil {
		return nil, fmt.Errorf("ask for the stores: %w", err)
	}
	// Read after the lock was taken: an owner takes its announcement back before it looks whether anyone holds the lock.
	a, err := readAnnouncement(dir)
	if err == nil {
		err = a.answers(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("use the stores of a running process: %w", err), users.Close())
	}
	return &Stores{
		PostgresURL: a.Postgres, MongoURL: a.Mongo, RedisURL: a.Redis,
		stop: func(context.Context) error { return users.Close() },
	}, nil
}

// answers checks the stores that would not be there if the announcement were a dead process's: PostgreSQL's socket, else the cache's port.
func (a announcement) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if a.Postgres != "" {
		conn, err := pgx.Connect(ctx, a.Postgres)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	}
	if a.Redis != "" {
		o, err := redis.ParseURL(a.Redis)
		if err != nil {
			return err
		}
		client := redis.NewClient(o)
		return errors.Join(client.Ping(ctx).Err(), client.Close())
	}
	return nil
}
