package i18n

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Where sources name a message id.
var mentions = []*regexp.Regexp{
	regexp.MustCompile(`i18n\.T\([^,()]+(?:\([^()]*\))?,\s*"([^"]+)"`),
	regexp.MustCompile(`\.Say\(\s*"([^"]+)"`),
	regexp.MustCompile(`\.Field\(\s*"[^"]*",\s*"([^"]+)"`),
	regexp.MustCompile(`page\.Notice\{[^}]*ID:\s*"([^"]+)"`),
	regexp.MustCompile(`\bt\("([a-z_]+\.[a-z_.]+)"\)`),
}

// TestEveryIDExists reads all sources of the module and all catalogs of its rooms.
func TestEveryIDExists(t *testing.T) {
	t.Parallel()
	const root = "../.."
	known := map[string]string{} // id -> catalog
	type mention struct{ file, id string }
	var used []mention
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if base == "node_modules" || base == "testdata" || strings.HasPrefix(base, ".") && base != ".." || base == "dist" {
				return filepath.SkipDir
			}
			return nil
		}
		if base == "en.json" && strings.Contains(filepath.ToSlash(name), "/locales/") {
			return readCatalog(t, name, known)
		}
		generated, test := strings.HasSuffix(base, "_templ.go"), strings.HasSuffix(base, "_test.go")
		if generated || test || !strings.HasSuffix(base, ".go") && !strings.HasSuffix(base, ".templ") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, pattern := range mentions {
			for _, m := range pattern.FindAllSubmatch(source, -1) {
				used = append(used, mention{name, string(m[1])})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(used) < 40 || len(known) < 40 {
		t.Fatalf("found %d mentions and %d messages; the patterns no longer match", len(used), len(known))
	}
	for _, m := range used {
		if strings.HasSuffix(m.id, ".") || strings.HasSuffix(m.id, "_") {
			if !hasPrefix(known, m.id) {
				t.Errorf("%s: no message begins with %q", m.file, m.id)
			}
			continue
		}
		if known[m.id] == "" {
			t.Errorf("%s: no message %q in any locales/en.json", m.file, m.id)
		}
	}
}

// shared tells the catalog of this package, whose texts rooms may replace.
func shared(catalog string) bool { return strings.Contains(filepath.ToSlash(catalog), "web/i18n/") }

// hasPrefix serves ids that are put together from a fixed beginning and a value.
func hasPrefix(known map[string]string, prefix string) bool {
	for id := range known {
		if strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}

func readCatalog(t *testing.T, name string, known map[string]string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var messages map[string]phrase
	if err := json.Unmarshal(data, &messages); err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	for id := range messages {
		if other := known[id]; other != "" && !shared(name) && !shared(other) {
			t.Errorf("message %q stands in %s and %s", id, other, name)
		}
		known[id] = name
	}
	return nil
}
