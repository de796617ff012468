package e2e

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// axeSource is axe-core 4.14.1; see static/vendor/VERSIONS.md.
//
//go:embed testdata/axe.min.js
var axeSource string

// open starts a browser of its own for a test.
func open(t *testing.T) context.Context {
	t.Helper()
	return openFor(t, time.Minute)
}

// openFor starts a browser that may be used for a while. It reaches this machine only.
func openFor(t *testing.T, most time.Duration, more ...chromedp.ContextOption) context.Context {
	t.Helper()
	binary := ""
	for _, name := range []string{"google-chrome", "chromium", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		t.Skip("no Chromium on this machine; make test installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(binary), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, more...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, most)
	t.Cleanup(cancel)
	// The browser lives as long as the context it is first used with: this one, not that of a single step.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

// eval runs a script in the page and returns its value; promises are awaited.
func eval[T any](ctx context.Context, t *testing.T, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%.80s: %v", script, err)
	}
	return v
}

// visit opens an address at a width.
func visit(ctx context.Context, t *testing.T, width int64, address string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(address)); err != nil {
		t.Fatalf("open %s: %v", address, err)
	}
}

// noBarriers fails the test for everything axe finds.
func noBarriers(ctx context.Context, t *testing.T) {
	t.Helper()
	axe(ctx, t, `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`)
}

// readableColors fails the test for what axe finds of colors. Light and dark differ in nothing else.
func readableColors(ctx context.Context, t *testing.T) {
	t.Helper()
	axe(ctx, t, `["color-contrast", "link-in-text-block"]`)
}

func axe(ctx context.Context, t *testing.T, tags string) {
	t.Helper()
	if !eval[bool](ctx, t, `"axe" in window`) {
		eval[bool](ctx, t, axeSource+"; true")
	}
	// What else it finds out is not asked for: that takes it longer than what is.
	found := eval[[]string](ctx, t, `axe.run(document, {runOnly: `+tags+`, resultTypes: ["violations"], preload: false})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + " " + (n.any[0]?.message ?? n.all[0]?.message ?? ""))))`)
	if len(found) > 0 {
		t.Errorf("axe found:\n%s", strings.Join(found, "\n"))
	}
}

// noSideways fails the test when the page is wider than the window.
func noSideways(ctx context.Context, t *testing.T) {
	t.Helper()
	if over := eval[int](ctx, t, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		t.Errorf("the page is %d px wider than the window", over)
	}
}
