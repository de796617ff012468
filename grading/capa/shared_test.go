package capa

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shared finds the reference material beside the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("LYCEUM_SHARED")
	for up := "."; dir == "" && len(up) < 40; up = filepath.Join("..", up) {
		s := filepath.Join(up, "shared")
		if _, err := os.Stat(filepath.Join(s, "conformance")); err == nil {
			dir = s
		}
	}
	if dir == "" {
		t.Skip("no shared reference material: set LYCEUM_SHARED")
	}
	return filepath.Join(dir, name)
}

// courseFiles calls visit with every XML file and every python_lib.zip of every
// shared course archive.
func courseFiles(t *testing.T, visit func(name string, data []byte)) {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(shared(t, "courses"), "*.tar.gz"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, archive := range archives {
		f, err := os.Open(archive)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		r := tar.NewReader(z)
		for {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(h.Name, ".xml") && !strings.HasSuffix(h.Name, "/"+PythonLib) {
				continue
			}
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			visit(strings.TrimSuffix(filepath.Base(archive), ".tar.gz")+"/"+h.Name, data)
		}
		f.Close()
	}
}
