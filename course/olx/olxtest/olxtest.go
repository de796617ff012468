// Package olxtest reads archives of courses for tests.
package olxtest

import (
	"io/fs"
	"os"
	"testing"

	"lyceum/course/olx"
)

// Read returns the courses of an archive in the order of their roots, without those that are refused.
func Read(t testing.TB, file string) []*olx.Course {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	archive, err := olx.ReadArchive(f, nil, olx.DefaultLimits)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	roots, err := olx.Roots(archive)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var out []*olx.Course
	for _, root := range roots {
		sub, err := fs.Sub(archive, root)
		if err != nil {
			t.Fatal(err)
		}
		if c, _, err := olx.Read(sub, olx.Options{}); err == nil {
			out = append(out, c)
		}
	}
	return out
}
