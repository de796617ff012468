package static

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// runner runs what a test module lists, and writes a line of JSON for each: its name, and why it failed.
const runner = `
for (const [name, run] of Object.entries(tests)) {
	let error = "";
	try {
		run();
	} catch (e) {
		error = e?.stack ?? String(e);
	}
	console.log(JSON.stringify({ name, error }));
}`

// TestModules runs the tests of browser modules that need no browser: tests/*.test.ts.
func TestModules(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not here")
	}
	names, err := filepath.Glob("tests/*.test.ts")
	if err != nil || len(names) == 0 {
		t.Fatal("no tests", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".test.ts"), func(t *testing.T) {
			t.Parallel()
			got := api.Build(api.BuildOptions{
				Stdin:  &api.StdinOptions{Contents: `import { tests } from "./` + filepath.Base(name) + `";` + runner, ResolveDir: "tests", Loader: api.LoaderTS},
				Bundle: true, Format: api.FormatESModule, Target: api.ES2022,
			})
			if len(got.Errors) > 0 {
				t.Fatalf("bundle: %v", got.Errors)
			}
			cmd := exec.CommandContext(t.Context(), node, "--input-type=module", "-")
			cmd.Stdin, cmd.Stderr = bytes.NewReader(got.OutputFiles[0].Contents), os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			lines := json.NewDecoder(bytes.NewReader(out))
			for lines.More() {
				var said struct{ Name, Error string }
				if err := lines.Decode(&said); err != nil {
					t.Fatal(err)
				}
				t.Run(said.Name, func(t *testing.T) {
					if said.Error != "" {
						t.Error(said.Error)
					}
				})
			}
		})
	}
}
