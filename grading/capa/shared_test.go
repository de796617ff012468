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

	"lyceum/internal/sharedtest"
)

// courseFiles calls visit with every XML file and every python_lib.zip of every
// shared course archive.
func courseFiles(t *testing.T, visit func(name string, data []byte)) {
	t.Helper()
	for _, archive := range sharedtest.Courses(t) {
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
