package static

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Prefix is the path below which files are served.
const Prefix = "/static/"

// Manifest is what the build writes to dist/manifest.json.
type Manifest struct {
	Files []Entry  `json:"files"` // by name
	Icons []string `json:"icons"` // in icons.svg, by name
}

// Entry describes one file of dist, ready to be served.
type Entry struct {
	Name   string `json:"name"`             // what code calls it: css/site.css
	Path   string `json:"path"`             // address below Prefix, with the content's hash
	File   string `json:"file"`             // place below dist
	Type   string `json:"type"`             // content type
	Hash   string `json:"hash"`             // of the content, 16 hex digits
	Size   int    `json:"size"`             // bytes, not compressed
	Brotli bool   `json:"brotli,omitempty"` // File + ".br" exists
}

// index is the manifest by name and by path.
type index struct {
	byName map[string]string // name -> whole address
	byPath map[string]*asset // path of a request
	icons  map[string]string // name -> whole address
}

var loaded = sync.OnceValue(func() *index {
	data, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		panic(fmt.Sprintf("static: %v; run: go run ./static/build", err))
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		panic(fmt.Sprintf("static: dist/manifest.json: %v", err))
	}
	ix := &index{
		byName: make(map[string]string, len(m.Files)),
		byPath: make(map[string]*asset, len(m.Files)),
		icons:  make(map[string]string, len(m.Icons)),
	}
	for _, e := range m.Files {
		ix.byName[e.Name] = Prefix + e.Path
		ix.byPath[Prefix+e.Path] = &asset{Entry: e}
	}
	for _, name := range m.Icons {
		ix.icons[name] = ix.byName["icons.svg"] + "#" + name
	}
	return ix
})

// URL returns the address of a file by its name in dist. An unknown name is a mistake in our code and panics.
func URL(name string) string {
	url, ok := loaded().byName[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q in dist; see dist/manifest.json", name))
	}
	return url
}

// Has reports whether there is a file with this name.
func Has(name string) bool {
	_, ok := loaded().byName[name]
	return ok
}

// Icon returns the address of an icon for <use href>. An unknown name is a mistake in our code and panics; see icons.txt.
func Icon(name string) string {
	url, ok := loaded().icons[name]
	if !ok {
		panic(fmt.Sprintf("static: no icon %q; add it to static/icons.txt and run the build", name))
	}
	return url
}
