package transfer_test

import (
	"archive/tar"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/authoring/transfer"
)

// TestOpenInside opens one directory of an archive that holds several, named as if the archive were a directory.
func TestOpenInside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "courses.tar.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(file)
	archive := tar.NewWriter(zip)
	for _, name := range []string{"all/one/course.xml", "all/two/course.xml"} {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(name))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{archive, zip, file} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}

	src, err := transfer.OpenSource(filepath.Join(path, "all", "two"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if text, err := fs.ReadFile(src.FS, "course.xml"); err != nil || string(text) != "all/two/course.xml" || src.Name != "two" {
		t.Errorf("got %q, %v of %q", text, err, src.Name)
	}
	for inside, want := range map[string]string{
		"all/three": "holds no directory", "all/two/course.xml": "holds no directory",
	} {
		if _, err := transfer.OpenSource(path+"/"+inside, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", inside, err, want)
		}
	}
}
