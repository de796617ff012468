package coursefile

import "testing"

// TestPlaceForScript: our script comes before the author's, and behind what decides how browsers read the page.
func TestPlaceForScript(t *testing.T) {
	t.Parallel()
	for _, want := range []string{
		"<!DOCTYPE html>\n<html lang=en><head>|<meta charset=utf-8><script src=a.js></script>",
		"<!doctype html><!-- made by hand -->|<title>x</title>",
		"\ufeff<!DOCTYPE html>|<body>x",
		"<head>|<script>1</script>",
		"|<script>1</script><!DOCTYPE html>",
		"|plain",
		"|<header>x</header>",
		"|",
		"<!DOCTYPE html",
	} {
		text, at := want, len(want)
		for i := range want {
			if want[i] == '|' {
				text, at = want[:i]+want[i+1:], i
				break
			}
		}
		got := placeForScript([]byte(text))
		if text == want { // cut off: anywhere, as long as it is in the text
			if got > len(text) {
				t.Errorf("%q: %d", text, got)
			}
			continue
		}
		if got != at {
			t.Errorf("got %q, want %q", text[:got]+"|"+text[got:], want)
		}
	}
}
