package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNotInstalled says that no PostgreSQL server was found and what to do about it.
var ErrNotInstalled = errors.New("no PostgreSQL server found: install one (Debian and Ubuntu: apt install postgresql; Fedora: dnf install postgresql-server; " +
	"Alpine: apk add postgresql; macOS: brew install postgresql), or name its directory of programs in LMS_POSTGRES_BIN, " +
	"or name a running server in LMS_POSTGRES_URL")

// packaged are the places distributions put versions side by side in.
var packaged = []string{
	"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu, Alpine
	"/usr/pgsql-*/bin",                   // Fedora, PostgreSQL's own RPMs
	"/opt/homebrew/opt/postgresql@*/bin", // macOS
	"/usr/local/opt/postgresql@*/bin",
	"/Library/PostgreSQL/*/bin",
}

// Find returns the directory that holds initdb and postgres: configured when not empty (and then nothing else is tried), else
// pg_config's, else the newest packaged, else that of the PATH. A major version other than "" is that of an existing cluster, which no
// other version can open: places with other versions are passed over.
func Find(ctx context.Context, configured, major string) (string, error) {
	if configured != "" {
		if !complete(configured) {
			return "", fmt.Errorf("LMS_POSTGRES_BIN: %s does not hold the programs initdb and postgres", configured)
		}
		return configured, checkMajor(ctx, configured, major)
	}
	var mismatch error
	for _, dir := range candidates(ctx) {
		if !complete(dir) {
			continue
		}
		if mismatch = checkMajor(ctx, dir, major); mismatch == nil {
			return dir, nil
		}
	}
	if mismatch != nil {
		return "", mismatch
	}
	return "", ErrNotInstalled
}

// oldest is the first major version the schema works on.
const oldest = 15

func checkMajor(ctx context.Context, dir, want string) error {
	got, err := Major(ctx, dir)
	if err != nil {
		return err
	}
	if want != "" && got != want {
		return fmt.Errorf("the data was made by PostgreSQL %[1]s, and %[2]s holds PostgreSQL %[3]s: install version %[1]s "+
			"(and name its directory of programs in LMS_POSTGRES_BIN), or convert the data with pg_upgrade", want, dir, got)
	}
	if n, err := strconv.Atoi(got); err != nil || n < oldest {
		return fmt.Errorf("%s holds PostgreSQL %s, which is too old: %d or newer is needed", dir, got, oldest)
	}
	return nil
}

func candidates(ctx context.Context) []string {
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	var installed []string
	for _, pattern := range packaged {
		found, _ := filepath.Glob(pattern) // the patterns are constant and correct
		installed = append(installed, found...)
	}
	slices.SortStableFunc(installed, func(a, b string) int { return majorIn(b) - majorIn(a) })
	dirs = append(dirs, installed...)
	if path, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil { // a link's neighbors are other links
			path = target
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// majorIn returns the version number in a path, or 0.
func majorIn(path string) int {
	digits := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, err := strconv.Atoi(digits[0])
	if err != nil {
		return 0
	}
	return n
}

// Major returns the major version of the server in bin, as "15".
func Major(ctx context.Context, bin string) (string, error) {
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", filepath.Join(bin, "postgres"), err)
	}
	for word := range strings.FieldsSeq(string(out)) { // postgres (PostgreSQL) 15.18 (Debian ...)
		if word[0] >= '0' && word[0] <= '9' {
			major := strings.FieldsFunc(word, func(r rune) bool { return r < '0' || r > '9' })[0]
			return major, nil
		}
	}
	return "", fmt.Errorf("no version in %q", out)
}
