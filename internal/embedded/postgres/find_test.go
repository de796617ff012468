package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// installation makes a directory that looks like PostgreSQL of a version.
func installation(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s (Debian %[2]s-1)'\n", name, version)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindConfigured(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, dir, major string
		wantErr          string // part of it; empty for none
	}{
		{name: "any version", dir: installation(t, "17.2")},
		{name: "the cluster's", dir: installation(t, "17.2"), major: "17"},
		{name: "a beta", dir: installation(t, "19beta1"), major: "19"},
		{name: "another than the cluster's", dir: installation(t, "17.2"), major: "15", wantErr: "pg_upgrade"},
		{name: "too old", dir: installation(t, "14.1"), wantErr: "too old"},
		{name: "empty directory", dir: t.TempDir(), wantErr: "LMS_POSTGRES_BIN"},
		{name: "missing directory", dir: "/nowhere", wantErr: "LMS_POSTGRES_BIN"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Find(t.Context(), c.dir, c.major)
			switch {
			case c.wantErr == "" && (err != nil || got != c.dir):
				t.Errorf("Find = %q, %v, want %q", got, err, c.dir)
			case c.wantErr != "" && (err == nil || !strings.Contains(err.Error(), c.wantErr)):
				t.Errorf("Find: %v, want an error with %q", err, c.wantErr)
			}
		})
	}
}

func TestFindInstalled(t *testing.T) {
	t.Parallel()
	dir, err := Find(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	major, err := Major(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Find(t.Context(), "", major); err != nil || again != dir {
		t.Errorf("Find for version %s = %q, %v, want %q", major, again, err, dir)
	}
	if _, err := Find(t.Context(), "", "9"); err == nil || !strings.Contains(err.Error(), "PostgreSQL 9") {
		t.Errorf("Find for a version nobody has: %v, want that it is named", err)
	}
}

func TestMajorIn(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"/usr/lib/postgresql/15/bin":         15,
		"/usr/pgsql-17/bin":                  17,
		"/opt/homebrew/opt/postgresql@9/bin": 9,
		"/opt/postgresql/bin":                0,
	} {
		if got := majorIn(path); got != want {
			t.Errorf("majorIn(%s) = %d, want %d", path, got, want)
		}
	}
}

// TestPassable looks at modes as root's server account would meet them.
func TestPassable(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	other := Account{Name: "postgres", uid: 64123, gid: 64123, drop: true} // nobody's
	data := filepath.Join(parent, "data")
	for mode, open := range map[os.FileMode]bool{0o700: false, 0o710: false, 0o711: true, 0o755: true} {
		if err := os.Chmod(parent, mode); err != nil {
			t.Fatal(err)
		}
		err := other.Passable(data)
		blocked := err != nil && strings.Contains(err.Error(), "chmod o+x "+parent+",") // one further up is not meant
		if blocked == open {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if err := (Account{}).Passable("/"); err != nil {
		t.Errorf("for an ordinary user's server: %v, want none", err)
	}
}
