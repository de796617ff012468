package migrations_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"lyceum/internal/embedded/postgres"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
	"lyceum/migrations"
)

var update = flag.Bool("update", false, "rewrite schema.sql")

var quiet = slog.New(slog.DiscardHandler)

func TestUp(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.Empty(t)

	pool, err := pg.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	pending, err := migrations.Pending(ctx, pool)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(pending, "0001_base") || !slices.Contains(pending, "river_001") {
		t.Errorf("pending on an empty database: %v, want ours and the job queue's", pending)
	}
	applied, err := migrations.Up(ctx, url, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(applied, pending); diff != "" {
		t.Errorf("applied is not what was pending (-got +want):\n%s", diff)
	}
	pending, err = migrations.Pending(ctx, pool)
	if err != nil || len(pending) != 0 {
		t.Errorf("pending after Up: %v, %v, want none", pending, err)
	}
	again, err := migrations.Up(ctx, url, quiet)
	if err != nil || len(again) != 0 {
		t.Errorf("second Up: %v, %v, want nothing to do", again, err)
	}
}

func TestUpRaced(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	var counts [3]int
	g, ctx := errgroup.WithContext(t.Context())
	for i := range counts {
		g.Go(func() error {
			applied, err := migrations.Up(ctx, url, quiet)
			counts[i] = len(applied)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(counts[:])
	if counts[0] != 0 || counts[1] != 0 || counts[2] == 0 {
		t.Errorf("steps applied by three racing processes: %v, want all by one", counts)
	}
}

// TestUpFillsGaps: rooms number their steps apart, so a lower number may arrive after a higher one was applied.
func TestUpFillsGaps(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.URL(t)
	pool := pgtest.Open(t, url)
	if _, err := pool.Exec(ctx, `DELETE FROM goose_db_version WHERE version_id = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, true)`); err != nil {
		t.Fatal(err)
	}
	applied, err := migrations.Up(ctx, url, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(applied, []string{"0001_base"}); diff != "" {
		t.Errorf("applied (-got +want):\n%s", diff)
	}
}

func TestUpGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	pool := pgtest.Open(t, url)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_lock(x'6c796365756d'::bigint)`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		_, err := migrations.Up(ctx, url, quiet)
		ended <- err
	}()
	for waiting := false; !waiting; { // until Up has asked for the lock in vain
		err := pool.QueryRow(t.Context(), `
			SELECT EXISTS (SELECT 1 FROM pg_stat_activity
			               WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid())`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	cancel(nil)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Up = %v, want that it was canceled", err)
	}
}

// TestSchema keeps schema.sql equal to what the steps make.
func TestSchema(t *testing.T) {
	t.Parallel()
	bin, err := postgres.Find(t.Context(), os.Getenv("LMS_POSTGRES_BIN"), "")
	if err != nil {
		t.Fatal(err)
	}
	dump := filepath.Join(bin, "pg_dump")
	if _, err := os.Stat(dump); err != nil {
		t.Skipf("no pg_dump beside the server: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), dump, "--schema-only", "--no-owner", "--no-privileges",
		"--exclude-table=river_*", "--exclude-table=goose_*", pgtest.URL(t))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	got := readable(string(out))
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("schema.sql is not what the migrations make; go test ./migrations -update rewrites it (-got +want):\n%s", diff)
	}
}

// readable keeps the statements of a dump that say something: not the session settings, comments and restrictions, which change with the
// version of pg_dump.
func readable(dump string) string {
	var b strings.Builder
	b.WriteString("-- Made by go test ./migrations -update; the tables of the job queue and of the migration library are left out.\n")
	blank := false
	for line := range strings.Lines(dump) {
		switch {
		case strings.HasPrefix(line, "--"), strings.HasPrefix(line, "SET "), strings.HasPrefix(line, `\`),
			strings.HasPrefix(line, "SELECT pg_catalog.set_config"):
			continue
		case strings.TrimSpace(line) == "":
			blank = true
			continue
		}
		if blank {
			b.WriteString("\n")
			blank = false
		}
		b.WriteString(line)
	}
	return b.String()
}
