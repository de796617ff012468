// Package mongotest gives each test a MongoDB database of its own.
//
// It is served by FerretDB in the test process on top of pgtest's PostgreSQL; LMS_TEST_MONGO_URL names a real MongoDB to use instead, and
// every test must pass on both.
package mongotest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/internal/embedded/ferret"
	"lyceum/internal/embedded/postgres"
	"lyceum/internal/pgtest"
)

// New returns an empty database that no other test uses; it is dropped when the test ends.
func New(t testing.TB) *mongo.Database {
	t.Helper()
	client := connect(t)
	db := client.Database(fmt.Sprintf("t%s_%d", strings.ToLower(rand.Text()[:8]), databases.Add(1)))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := db.Drop(ctx); err != nil {
			t.Errorf("mongotest: drop the test's database: %v", err)
		}
	})
	return db
}

// URI returns the address of the server New uses, for tests that connect by themselves. They drop the databases they make.
func URI(t testing.TB) string {
	t.Helper()
	connect(t)
	return process.uri
}

var databases atomic.Int64

// process holds the client and, without LMS_TEST_MONGO_URL, the server of this test process: state a process has one of.
var process struct {
	once   sync.Once
	uri    string
	client *mongo.Client
	err    error
}

func connect(t testing.TB) *mongo.Client {
	t.Helper()
	process.once.Do(func() {
		process.uri = os.Getenv("LMS_TEST_MONGO_URL")
		if process.uri == "" {
			process.uri, process.err = serve(t)
		}
		if process.err == nil {
			process.client, process.err = mongo.Connect(options.Client().ApplyURI(process.uri))
		}
	})
	if process.err != nil {
		t.Fatalf("mongotest: %v", process.err)
	}
	return process.client
}

const database = "documents"

// serve starts a server that ends with the process; its sockets are removed with the directory of pgtest's server.
func serve(t testing.TB) (uri string, err error) {
	dir := pgtest.Socket(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := ferret.Prepare(ctx, postgres.URL(dir, "postgres"), database); err != nil {
		return "", err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	s, err := ferret.Start(ferret.Config{PostgresURL: postgres.URL(dir, database), Dir: dir, Log: log})
	if err != nil {
		return "", err
	}
	return s.URI(), nil
}
