// Package sharedtest finds the reference material that is kept beside the repository: archives of real courses and published cases with
// their expected results. It is no part of the product, and tests that need it are skipped where it is missing.
//
// LYCEUM_SHARED names its directory; without that it is the directory "shared" beside the checkout.
package sharedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Find returns the path of a file or a directory of the material by its name in it ("conformance/capa"), or false where it is not there.
func Find(name string) (path string, ok bool) {
	name = filepath.FromSlash(name)
	if dir := os.Getenv("LYCEUM_SHARED"); dir != "" {
		path = filepath.Join(dir, name)
		_, err := os.Stat(path)
		return path, err == nil
	}
	at, err := os.Getwd() // a test runs in the directory of its package
	for ; err == nil && at != filepath.Dir(at); at = filepath.Dir(at) {
		path = filepath.Join(filepath.Dir(at), "shared", name)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

// File is [Find] for a test that is skipped without the material.
func File(t testing.TB, name string) string {
	t.Helper()
	path, ok := Find(name)
	if !ok {
		t.Skipf("no %s: set LYCEUM_SHARED or put the directory shared beside the repository", name)
	}
	return path
}

// Read returns the content of a file of the material; without it the test is skipped.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(File(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Courses lists the archives of real courses by name; without any the test is skipped.
func Courses(t testing.TB) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(File(t, "courses"), "*.tar.gz"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no archives among the shared courses: %v", err)
	}
	return found
}
