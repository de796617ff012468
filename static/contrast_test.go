package static

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var declaration = regexp.MustCompile(`--([a-z0-9-]+):\s*([^;]+);`)

// themes reads the colors of css/parts/tokens.css: light, dark by the system's wish, dark by the reader's.
func themes(t *testing.T) (light, dark, chosen map[string]string) {
	t.Helper()
	css, err := os.ReadFile("css/parts/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	block := func(from string) map[string]string {
		_, rest, ok := strings.Cut(string(css), from)
		if !ok {
			t.Fatalf("no block %q in tokens.css", from)
		}
		body, _, _ := strings.Cut(rest, "}")
		out := map[string]string{}
		for _, d := range declaration.FindAllStringSubmatch(body, -1) {
			out[d[1]] = d[2]
		}
		return out
	}
	return block("color-scheme: light;"), block(`:root:not([data-theme="light"]) {`), block(`:root[data-theme="dark"] {`)
}

// luminance is WCAG's relative luminance of #rrggbb.
func luminance(hex string) (float64, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		return 0, fmt.Errorf("%q is not #rrggbb", hex)
	}
	channel := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0), nil
}

func contrast(a, b string) (float64, error) {
	la, err := luminance(a)
	if err != nil {
		return 0, err
	}
	lb, err := luminance(b)
	if err != nil {
		return 0, err
	}
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05), nil
}

func TestContrast(t *testing.T) {
	t.Parallel()
	const text, shape = 4.5, 3 // WCAG 1.4.3 and 1.4.11, level AA
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"text", "bg", 7},
		{"text", "surface", 7},
		{"text", "surface-sunken", 7},
		{"text", "surface-raised", 7},
		{"text-muted", "bg", text},
		{"text-muted", "surface", text},
		{"text-muted", "surface-sunken", text},
		{"text-muted", "surface-raised", text},
		{"link", "bg", text},
		{"link", "surface", text},
		{"link", "primary-soft", text},
		{"link", "surface-raised", text},
		{"on-primary", "primary", text},
		{"on-primary", "primary-hover", text},
		{"on-accent", "accent", text},
		{"primary", "primary-soft", text},
		{"primary", "surface-raised", text},
		{"accent", "accent-soft", text},
		{"accent", "bg", text},
		{"accent", "surface", shape},
		{"success", "success-soft", text},
		{"warning", "warning-soft", text},
		{"error", "error-soft", text},
		{"info", "info-soft", text},
		{"success", "surface", text},
		{"warning", "surface", text},
		{"error", "surface", text},
		{"error", "bg", text},
		{"warning", "bg", text},
		{"text", "success-soft", text},
		{"text", "warning-soft", text},
		{"text", "error-soft", text},
		{"text", "info-soft", text},
		{"text", "selection", text},
		{"bg", "text", text},
		{"surface", "error", text},
		{"border-strong", "surface", shape},
		{"border-strong", "bg", shape},
		{"focus", "bg", shape},
		{"focus", "surface", shape},
		{"focus", "surface-sunken", shape},
		{"success", "border", shape},
		{"accent", "border", shape},
	}
	light, dark, chosen := themes(t)
	if diff := cmp.Diff(dark, chosen); diff != "" {
		t.Errorf("the two dark themes differ (-system +chosen)\n%s", diff)
	}
	for name := range light {
		if dark[name] == "" {
			t.Errorf("color %s has no dark value", name)
		}
	}
	for theme, colors := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			got, err := contrast(colors[p.front], colors[p.back])
			if err != nil {
				t.Errorf("%s: %s on %s: %v", theme, p.front, p.back, err)
				continue
			}
			if got < p.least {
				t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", theme, p.front, p.back, got, p.least)
			}
		}
	}
}

// TestLogicalProperties keeps right-to-left pages working by themselves.
func TestLogicalProperties(t *testing.T) {
	t.Parallel()
	physical := regexp.MustCompile(`(?m)^\s*((margin|padding|border)-(left|right)|left|right|text-align:\s*(left|right)|float)\b.*$`)
	entries, err := os.ReadDir("css/parts")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		css, err := os.ReadFile("css/parts/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range physical.FindAllString(string(css), -1) {
			t.Errorf("%s: %q names a side; use inline-start and inline-end", e.Name(), strings.TrimSpace(line))
		}
	}
}
