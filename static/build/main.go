// Build bundles the front-end sources of package static into static/dist.
//
//	go run ./static/build          write dist
//	go run ./static/build -check   fail when dist is not what the sources give
//
// Run "npm ci" in static first: npm only fetches what package.json names; bundling is done by esbuild in this process and types are
// checked by tsc. Every css/*.css and ts/entries/*.ts is an entry of its own (js/NAME.js, a module); every ts/classic/*.ts
// becomes a script that is no module, for frames.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"

	"lyceum/static"
)

func main() {
	check := flag.Bool("check", false, "compare with dist instead of writing it")
	types := flag.Bool("types", true, "check types with tsc first")
	dir := flag.String("dir", "static", "the static folder")
	flag.Parse()
	if err := run(*dir, *check, *types, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "static/build:", err)
		os.Exit(1)
	}
}

// files is what dist shall hold, by slash-separated path below it.
type files map[string][]byte

func run(dir string, check, types bool, out io.Writer) error {
	root, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules")); err != nil {
		return errors.New("node_modules is missing: run npm ci --prefix static")
	}
	if types {
		if err := checkTypes(root); err != nil {
			return err
		}
	}
	want := files{}
	for _, step := range []func(string, files) error{copyMathJax, copyVendor, bundleModules, bundleClassic, sprite} {
		if err := step(root, want); err != nil {
			return err
		}
	}
	manifest, err := describe(want)
	if err != nil {
		return err
	}
	want["manifest.json"] = manifest
	if check {
		return compare(filepath.Join(root, "dist"), want)
	}
	return write(filepath.Join(root, "dist"), want, out)
}

func checkTypes(root string) error {
	cmd := exec.Command(filepath.Join(root, "node_modules", ".bin", "tsc"), "--noEmit", "-p", root) //nolint:noctx // a build step, ended by hand
	if report, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("check types: %w\n%s", err, report)
	}
	return nil
}

// bundleModules bundles style sheets and the module scripts of pages, which share chunks.
func bundleModules(root string, into files) error {
	return bundle(root, into, api.FormatESModule, [][2]string{{"css/*.css", "css/"}, {"ts/entries/*.ts", "js/"}})
}

// bundleClassic bundles the scripts of frames without an origin, where modules cannot be fetched.
func bundleClassic(root string, into files) error {
	return bundle(root, into, api.FormatIIFE, [][2]string{{"ts/classic/*.ts", "js/"}})
}

// bundle runs esbuild over the entries that match, each pattern with the folder its files go to.
func bundle(root string, into files, format api.Format, kinds [][2]string) error {
	var entries []api.EntryPoint
	for _, kind := range kinds {
		names, err := filepath.Glob(filepath.Join(root, kind[0]))
		if err != nil {
			return err
		}
		for _, name := range names {
			base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
			entries = append(entries, api.EntryPoint{InputPath: name, OutputPath: kind[1] + base})
		}
	}
	got := api.Build(api.BuildOptions{
		Define:              map[string]string{"MATHJAX": strconv.Quote(mathJaxFolder(into))},
		EntryPointsAdvanced: entries,
		AbsWorkingDir:       root,
		Outdir:              filepath.Join(root, "dist"),
		Bundle:              true,
		Splitting:           format == api.FormatESModule,
		Format:              format,
		Target:              api.ES2022,
		Engines: []api.Engine{
			{Name: api.EngineChrome, Version: "120"}, {Name: api.EngineFirefox, Version: "121"}, {Name: api.EngineSafari, Version: "17"},
		},
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsEndOfFile,
		ChunkNames:        "js/chunks/[name]-[hash]",
		AssetNames:        "fonts/[name]-[hash]",
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderDataURL},
		Charset:           api.CharsetUTF8,
		LogLevel:          api.LogLevelWarning,
	})
	if len(got.Errors) > 0 {
		return fmt.Errorf("bundle: %d errors", len(got.Errors))
	}
	for _, f := range got.OutputFiles {
		name, err := filepath.Rel(filepath.Join(root, "dist"), f.Path)
		if err != nil {
			return err
		}
		into[filepath.ToSlash(name)] = f.Contents
	}
	return nil
}

// copyMathJax takes the parts of MathJax that pages can ask for: TeX and AsciiMath in, CHTML with its font out, hidden MathML for screen
// readers. \require and the extensions that reach beyond a formula stay behind.
func copyMathJax(root string, into files) error {
	from := filepath.Join(root, "node_modules")
	take := []struct{ from, to string }{
		{"mathjax/core.js", "core.js"},
		{"mathjax/loader.js", "loader.js"},
		{"mathjax/startup.js", "startup.js"},
		{"mathjax/input/tex.js", "input/tex.js"},
		{"mathjax/input/tex/extensions", "input/tex/extensions"},
		{"mathjax/input/asciimath.js", "input/asciimath.js"},
		{"mathjax/output/chtml.js", "output/chtml.js"},
		{"mathjax/a11y/assistive-mml.js", "a11y/assistive-mml.js"},
		{"mathjax/ui/safe.js", "ui/safe.js"},
		{"@mathjax/mathjax-newcm-font/chtml.js", "fonts/mathjax-newcm-font/chtml.js"},
		{"@mathjax/mathjax-newcm-font/chtml", "fonts/mathjax-newcm-font/chtml"},
		{"@mathjax/mathjax-mhchem-font-extension/chtml.js", "fonts/mathjax-mhchem-font-extension/chtml.js"},
		{"@mathjax/mathjax-mhchem-font-extension/chtml", "fonts/mathjax-mhchem-font-extension/chtml"},
	}
	for _, t := range take {
		err := filepath.WalkDir(filepath.Join(from, filepath.FromSlash(t.from)), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			below, err := filepath.Rel(filepath.Join(from, filepath.FromSlash(t.from)), name)
			if err != nil {
				return err
			}
			to := path.Join("mathjax", t.to, filepath.ToSlash(below))
			if unwanted(to) {
				return nil
			}
			into[to], err = os.ReadFile(name)
			return err
		})
		if err != nil {
			return fmt.Errorf("copy MathJax: %w", err)
		}
	}
	return nil
}

// unwanted are extensions that would let an author load code, write HTML or attributes, or smuggle characters, and those that need fonts of
// their own.
func unwanted(name string) bool {
	switch path.Base(name) {
	case "require.js", "texhtml.js", "html.js", "action.js", "unicode.js", "setoptions.js", "bbm.js", "bboldx.js", "dsfont.js":
		return true
	}
	return strings.HasSuffix(name, ".map")
}

// copyVendor takes files that are used as they come.
func copyVendor(root string, into files) error {
	for from, to := range map[string]string{
		"jquery/dist/jquery.min.js": "vendor/jquery.min.js", // for authors' scripts in frames; ours do without
	} {
		data, err := os.ReadFile(filepath.Join(root, "node_modules", filepath.FromSlash(from)))
		if err != nil {
			return err
		}
		into[to] = data
	}
	return nil
}

var svgBody = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)

// sprite gathers the icons named in icons.txt into one file of symbols.
func sprite(root string, into files) error {
	list, err := os.ReadFile(filepath.Join(root, "icons.txt"))
	if err != nil {
		return err
	}
	names := strings.Fields(string(list))
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("<!-- Icons: Lucide, ISC License, see static/vendor/VERSIONS.md -->\n<svg xmlns=\"http://www.w3.org/2000/svg\">\n")
	for _, name := range slices.Compact(names) {
		svg, err := os.ReadFile(filepath.Join(root, "node_modules", "lucide-static", "icons", name+".svg"))
		if err != nil {
			return fmt.Errorf("icon %s: %w", name, err)
		}
		body := svgBody.FindSubmatch(svg)
		if body == nil {
			return fmt.Errorf("icon %s: no svg element", name)
		}
		fmt.Fprintf(&b, `<symbol id="%s" viewBox="0 0 24 24">%s</symbol>`+"\n", name, strings.Join(strings.Fields(string(body[1])), " "))
	}
	b.WriteString("</svg>\n")
	into["icons.svg"] = []byte(b.String())
	own, err := filepath.Glob(filepath.Join(root, "images", "*"))
	if err != nil {
		return err
	}
	for _, name := range own {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		into["images/"+filepath.Base(name)] = data
	}
	return nil
}

// hashed finds the hash esbuild puts into names of fonts and chunks.
var hashed = regexp.MustCompile(`-[A-Z0-9]{8}(\.[a-z0-9]+)$`)

// describe makes the manifest.
func describe(all files) ([]byte, error) {
	names := slices.Sorted(maps.Keys(all))
	mathjax := mathJaxFolder(all) + "/"

	var m static.Manifest
	for _, name := range names {
		sum := sha256.Sum256(all[name])
		hash := hex.EncodeToString(sum[:])[:16]
		e := static.Entry{
			Name: name, File: name, Hash: hash, Size: len(all[name]),
			Type: contentType(name), Brotli: compressible(name, all[name]),
		}
		switch below, ok := strings.CutPrefix(name, "mathjax/"); {
		case ok:
			e.Path = mathjax + below
		case hashed.MatchString(name):
			e.Name, e.Path = hashed.ReplaceAllString(name, "$1"), name
			if strings.HasPrefix(name, "js/chunks/") {
				e.Name = name // several chunks share one name
			}
		default:
			ext := path.Ext(name)
			e.Path = strings.TrimSuffix(name, ext) + "." + hash[:8] + ext
		}
		if e.Type == "" {
			return nil, fmt.Errorf("no content type for %s", name)
		}
		m.Files = append(m.Files, e)
	}
	for _, id := range regexp.MustCompile(`<symbol id="([^"]+)"`).FindAllSubmatch(all["icons.svg"], -1) {
		m.Icons = append(m.Icons, string(id[1]))
	}
	data, err := json.MarshalIndent(m, "", " ")
	return append(data, '\n'), err
}

// mathJaxFolder names the folder MathJax is served from. It finds its parts by relative addresses, so its whole tree shares one hash.
func mathJaxFolder(all files) string {
	tree := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(name, "mathjax/") {
			fmt.Fprintf(tree, "%s %x\n", name, sha256.Sum256(all[name]))
		}
	}
	return "mathjax-" + hex.EncodeToString(tree.Sum(nil))[:8]
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".webp":
		return "image/webp"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return ""
}

func compressible(name string, data []byte) bool {
	switch path.Ext(name) {
	case ".woff2", ".png", ".webp", ".ico":
		return false
	}
	return len(data) >= 512
}

// compare reports the first difference between dist and what the sources give. Compressed files are read, not made again.
func compare(dist string, want files) error {
	have, err := read(dist)
	if err != nil {
		return err
	}
	for name, data := range want {
		got, ok := have[name]
		if !ok {
			return fmt.Errorf("dist/%s is missing: run go run ./static/build", name)
		}
		if !bytes.Equal(got, data) {
			return fmt.Errorf("dist/%s is stale: run go run ./static/build", name)
		}
		if name == "manifest.json" || !compressible(name, data) {
			continue
		}
		plain, err := io.ReadAll(brotli.NewReader(bytes.NewReader(have[name+".br"])))
		if err != nil || !bytes.Equal(plain, data) {
			return fmt.Errorf("dist/%s.br does not hold %s: run go run ./static/build", name, name)
		}
	}
	for name := range have {
		if _, ok := want[strings.TrimSuffix(name, ".br")]; !ok {
			return fmt.Errorf("dist/%s has no source: run go run ./static/build", name)
		}
	}
	return nil
}

func read(dist string) (files, error) {
	have := files{}
	err := filepath.WalkDir(dist, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		below, err := filepath.Rel(dist, name)
		if err != nil {
			return err
		}
		have[filepath.ToSlash(below)], err = os.ReadFile(name)
		return err
	})
	return have, err
}

// write brings dist to what it shall be. What has not changed is left alone, brotli included, which is what takes long.
func write(dist string, want files, out io.Writer) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	have, err := read(dist)
	if err != nil {
		return err
	}
	changed := 0
	for _, name := range slices.Sorted(maps.Keys(want)) {
		data := want[name]
		_, small := have[name+".br"]
		packed := compressible(name, data) && name != "manifest.json"
		if bytes.Equal(have[name], data) && len(data) > 0 && small == packed {
			continue
		}
		changed++
		if err := put(dist, name, data); err != nil {
			return err
		}
		if packed {
			if err := put(dist, name+".br", brotlied(data)); err != nil {
				return err
			}
		}
	}
	for name := range have {
		if _, ok := want[strings.TrimSuffix(name, ".br")]; ok {
			continue
		}
		changed++
		if err := os.Remove(filepath.Join(dist, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "static/dist: %d files, %d changed\n", len(want), changed)
	return nil
}

func put(dist, name string, data []byte) error {
	to := filepath.Join(dist, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

func brotlied(data []byte) []byte {
	var b bytes.Buffer
	z := brotli.NewWriterLevel(&b, brotli.BestCompression)
	_, _ = z.Write(data) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}
