package olx_test

import (
	"os"
	"path/filepath"
	"testing"

	"lyceum/course/olx"
)

// TestReadDirectory reads a directory on disk. Links inside it are followed, links out of it are not.
func TestReadDirectory(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	write := func(name, body string) {
		t.Helper()
		file := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("secret.txt", "secret")
	write("course/roots/R.xml", `<course url_name="R" org="O" course="C"/>`)
	write("course/course/R.xml", `<course/>`)
	write("course/static/a.txt", "a")
	for link, target := range map[string]string{"course.xml": "roots/R.xml", "static/in.txt": "a.txt", "static/out.txt": "../../secret.txt"} {
		if err := os.Symlink(target, filepath.Join(base, "course", link)); err != nil {
			t.Skip(err)
		}
	}
	root, err := os.OpenRoot(filepath.Join(base, "course"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, report := read(t, root.FS(), olx.Options{})
	if len(c.Files) != 2 || c.Files[1].Name != "in.txt" || c.Files[1].Size != 1 || kinds(report)[olx.Unreadable] != 1 {
		t.Errorf("files %v, %v", c.Files, report.Defects)
	}
}
