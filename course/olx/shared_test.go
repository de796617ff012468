package olx_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lyceum/course/olx"
	"lyceum/internal/sharedtest"
)

var archives sync.Map // file -> func() (*olx.Archive, error)

// openArchive unpacks a shared archive, once for all tests.
func openArchive(t testing.TB, name string) *olx.Archive {
	t.Helper()
	file := sharedtest.File(t, "courses/"+name+".tar.gz")
	once, _ := archives.LoadOrStore(file, sync.OnceValues(func() (*olx.Archive, error) {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return olx.ReadArchive(f, nil, olx.DefaultLimits)
	}))
	a, err := once.(func() (*olx.Archive, error))()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return a
}

// sharedCourse is one course of the collection.
type sharedCourse struct {
	name string // ARCHIVE or ARCHIVE/COURSE
	fs   fs.FS
	dir  string // name of its directory
}

// everyCourse lists all courses, those in the bundles one by one.
func everyCourse(t testing.TB) []sharedCourse {
	t.Helper()
	var out []sharedCourse
	for _, file := range sharedtest.Courses(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".tar.gz")
		a := openArchive(t, name)
		top, err := fs.ReadDir(a, ".")
		if err != nil || len(top) != 1 {
			t.Fatalf("%s: top directory: %v, %v", name, top, err)
		}
		if _, err := fs.Stat(a, path.Join(top[0].Name(), "course.xml")); err == nil {
			sub, _ := fs.Sub(a, top[0].Name())
			out = append(out, sharedCourse{name, sub, top[0].Name()})
			continue
		}
		courses, err := fs.ReadDir(a, top[0].Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range courses {
			if !c.IsDir() {
				continue
			}
			sub, _ := fs.Sub(a, path.Join(top[0].Name(), c.Name()))
			out = append(out, sharedCourse{name + "/" + c.Name(), sub, c.Name()})
		}
	}
	return out
}
