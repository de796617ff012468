package e2e

import "testing"

// TestSite walks through one site in the ways that do not disturb each other.
func TestSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	t.Run("newcomer on a desktop", func(t *testing.T) { newcomer(t, s, 1280) })
	t.Run("newcomer on a phone", func(t *testing.T) { newcomer(t, s, 390) })
	t.Run("by keyboard", func(t *testing.T) { byKeyboard(t, s) })
	t.Run("shared courses", func(t *testing.T) { sharedCourses(t, s) })
	t.Run("without scripts", func(t *testing.T) { withoutScripts(t, s) })
	t.Run("barriers", func(t *testing.T) { barriers(t, s) })
}
