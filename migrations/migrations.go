package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed *.sql
var files embed.FS

// schemaFile is embedded with the steps but is not one.
const schemaFile = "schema.sql"

// Step is one migration.
type Step struct {
	Name    string // file name without .sql, or river_NNN for the job queue's
	Applied *time.Time
}

// source is a step's text; steps of the job queue are applied by its own migrator.
type source struct {
	name    string
	version int64
	sql     string
}

// sources returns our steps in order and refuses names that do not follow NNNN_room_what.sql or share a number.
func sources() ([]source, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []source
	for _, name := range names {
		if name == schemaFile {
			continue
		}
		number, _, ok := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil || len(number) != 4 || version < 1 {
			return nil, fmt.Errorf("migration %s is not named NNNN_room_what.sql", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, source{name: strings.TrimSuffix(name, ".sql"), version: version, sql: string(text)})
	}
	slices.SortFunc(all, func(a, b source) int { return int(a.version - b.version) })
	for i := 1; i < len(all); i++ {
		if all[i].version == all[i-1].version {
			return nil, fmt.Errorf("migrations %s and %s have one number", all[i-1].name, all[i].name)
		}
	}
	return all, nil
}

// Hash names the schema these migrations make: it changes with any byte of any step.
func Hash() string {
	h := sha256.New()
	names, _ := fs.Glob(files, "*.sql") // the pattern is constant and correct
	for _, name := range names {
		if name == schemaFile {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // embedded
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	queue, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		panic(err) // only for an unknown line of migrations
	}
	for _, v := range queue.AllVersions() {
		fmt.Fprintf(h, "river %d %d\n%s", v.Version, len(v.SQLUp), v.SQLUp)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Status lists every step, ours first, with the time it was applied; it changes nothing, also on an empty database.
func Status(ctx context.Context, url string) ([]Step, error) {
	pool, err := open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	return status(ctx, pool)
}

// Pending lists the names of steps that are not applied. A server refuses to start while there are any.
func Pending(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	steps, err := status(ctx, pool)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range steps {
		if s.Applied == nil {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

func status(ctx context.Context, pool *pgxpool.Pool) ([]Step, error) {
	all, err := sources()
	if err != nil {
		return nil, err
	}
	ours, err := selectApplied(ctx, pool, versionTable, `SELECT version_id, tstamp FROM goose_db_version WHERE is_applied`)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, s := range all {
		steps = append(steps, step(s.name, s.version, ours))
	}
	queue, err := queueMigrator(pool)
	if err != nil {
		return nil, err
	}
	theirs, err := selectApplied(ctx, pool, "river_migration", `SELECT version, created_at FROM river_migration WHERE line = 'main'`)
	if err != nil {
		return nil, err
	}
	for _, v := range queue.AllVersions() {
		steps = append(steps, step(fmt.Sprintf("river_%03d", v.Version), int64(v.Version), theirs))
	}
	return steps, nil
}

func step(name string, version int64, applied map[int64]time.Time) Step {
	s := Step{Name: name}
	if at, ok := applied[version]; ok {
		s.Applied = &at
	}
	return s
}

// selectApplied reads version and time pairs from a table that may not exist yet.
func selectApplied(ctx context.Context, pool *pgxpool.Pool, table, query string) (map[int64]time.Time, error) {
	var exists bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for table %s: %w", table, err)
	}
	applied := make(map[int64]time.Time)
	if !exists {
		return applied, nil
	}
	rows, err := pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", table, err)
	}
	var version int64
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&version, &at}, func() error {
		applied[version] = at.UTC()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", table, err)
	}
	return applied, nil
}
