package static

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"
	"golang.org/x/net/html"

	"lyceum/internal/sharedtest"
)

// roundTrip reads texts and tells of each what came of it: "" when it is written as it was, touched or not, else why it is refused.
const roundTrip = `
import { readFileSync } from "node:fs";
import { Refusal, parseSource, shapeOf } from "../ts/studio/html-editor-source";
import { readText, writeText } from "../ts/studio/html-editor-text";
const { texts, references } = JSON.parse(readFileSync(0, "utf8"));
const decode = (r) => references[r] ?? r;
const bare = (p) => ({ ...p, source: undefined, ...(p.content ? { content: p.content.map(bare) } : {}) });
console.log(JSON.stringify(texts.map((text) => {
	try {
		const doc = readText(text, decode);
		if (writeText(doc) !== text) return "WRONG: untouched, it is written otherwise";
		if (shapeOf(parseSource(writeText(bare(doc)), decode)) !== shapeOf(parseSource(text, decode))) return "WRONG: touched, it shows something else";
		return "";
	} catch (e) {
		return e instanceof Refusal ? e.reason : "WRONG: " + e.stack;
	}
})));`

// TestHTMLRoundTrip reads every HTML body of the shared courses into the editor of rich text and writes it again.
func TestHTMLRoundTrip(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not here")
	}
	texts := sharedHTML(t)
	ask := struct {
		Texts      []string          `json:"texts"`
		References map[string]string `json:"references"`
	}{References: map[string]string{}}
	var names []string
	for name, text := range texts {
		names, ask.Texts = append(names, name), append(ask.Texts, text)
		for _, part := range strings.Split(text, "&")[1:] {
			end := strings.IndexFunc(part, func(r rune) bool {
				return r != '#' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
			})
			if end < 0 {
				end = len(part)
			}
			reference := "&" + part[:end]
			if strings.HasPrefix(part[end:], ";") {
				reference += ";"
			}
			ask.References[reference] = html.UnescapeString(reference)
		}
	}
	got := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: roundTrip, ResolveDir: "tests", Loader: api.LoaderTS},
		Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Platform: api.PlatformNode,
	})
	if len(got.Errors) > 0 {
		t.Fatalf("bundle: %v", got.Errors)
	}
	script := filepath.Join(t.TempDir(), "trip.mjs")
	if err := os.WriteFile(script, got.OutputFiles[0].Contents, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, script)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for i, why := range said {
		count[why]++
		if strings.HasPrefix(why, "WRONG") {
			t.Errorf("%s: %s", names[i], why)
		}
	}
	if count[""] < len(said)/2 {
		t.Errorf("only %d of %d texts can be shown as rich text: %v", count[""], len(said), count)
	}
	t.Logf("%d texts: %v", len(said), count)
}

// sharedHTML reads the HTML files of the courses kept beside the repository.
func sharedHTML(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range sharedtest.Courses(t) {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for files := tar.NewReader(z); ; {
			h, err := files.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.Typeflag != tar.TypeReg || !strings.HasSuffix(h.Name, ".html") || strings.Contains(h.Name, "/static/") {
				continue
			}
			text, err := io.ReadAll(files)
			if err != nil {
				t.Fatal(err)
			}
			if utf8.Valid(text) {
				out[filepath.Base(name)+":"+h.Name] = strings.ReplaceAll(string(text), "\r\n", "\n")
			}
		}
	}
	return out
}
