package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lyceum/grading/sandbox/library"
)

// python is an installed interpreter.
type python struct {
	Executable string   `json:"executable"`
	Version    string   `json:"version"`
	Prefixes   []string `json:"prefixes"` // of the installation, and of the one it is made from
	Paths      []string `json:"paths"`    // where it looks for modules
	Packages   []string `json:"packages"` // those of wanted that are there, with versions
}

// describePython asks an interpreter about itself. The packages are found by
// their metadata: loading them takes seconds.
const describePython = `
import importlib.metadata, json, sys
def version(name):
    try:
        return name + " " + importlib.metadata.version(name)
    except Exception:
        return ""
print(json.dumps({"executable": sys.executable, "version": sys.version, "prefixes": [sys.prefix, sys.base_prefix], "paths": sys.path,
    "packages": [v for v in map(version, sys.argv[1:]) if v]}))`

// wanted are the packages courses use.
var wanted = []string{"numpy", "scipy", "sympy", "pyparsing", "lxml", "networkx"}

// findPython finds the interpreter: the named one, else the system's, whose
// packages are those of the system, else the first on the path.
func findPython(ctx context.Context, name string) (python, error) {
	names := []string{"/usr/bin/python3", "python3"}
	if name != "" {
		names = []string{name}
	}
	var failed error
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			failed = err
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		out, err := exec.CommandContext(ctx, path, append([]string{"-I", "-c", describePython}, wanted...)...).Output()
		cancel()
		var p python
		if err == nil {
			err = json.Unmarshal(out, &p)
		}
		if err != nil {
			failed = fmt.Errorf("%s: %w", path, err)
			continue
		}
		if !strings.HasPrefix(p.Version, "3.") {
			failed = fmt.Errorf("%s is Python %s", path, p.Version)
			continue
		}
		return p, nil
	}
	return python{}, failed
}

// visible lists what the interpreter needs to see, without what lies below
// something else of the list.
func (p python) visible() []string {
	candidates := []string{"/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/alternatives", p.Executable}
	for _, prefix := range p.Prefixes {
		candidates = append(candidates, filepath.Join(prefix, "lib"), filepath.Join(prefix, "lib64"), filepath.Join(prefix, "pyvenv.cfg"))
	}
	for _, dir := range []string{"/nix/store", "/gnu/store"} { // everything there points at everything else
		if strings.HasPrefix(p.Executable, dir+"/") {
			candidates = append(candidates, dir)
		}
	}
	candidates = append(candidates, p.Paths...)
	slices.Sort(candidates)
	var out []string
	for _, path := range slices.Compact(candidates) {
		if !filepath.IsAbs(path) {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if slices.ContainsFunc(out, func(above string) bool { return strings.HasPrefix(path, above+"/") }) {
			continue
		}
		out = append(out, path)
	}
	return out
}

// identity changes with everything that may change what code comes to.
func (p python) identity() string {
	h := sha256.New()
	fmt.Fprintln(h, p.Version, p.Packages)
	for _, files := range []fs.FS{driverFile, library.Files} {
		err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := fs.ReadFile(files, path)
			fmt.Fprintln(h, path, len(content))
			h.Write(content)
			return err
		})
		if err != nil {
			panic(err) // files of this program itself
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
