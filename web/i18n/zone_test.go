package i18n

import "testing"

func TestZone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "local", "Local", "../etc/passwd", "Nowhere/Town", "Europe//Berlin", "./UTC", "Europe/./Berlin", "UTC/"} {
		if z, ok := Zone(name); ok {
			t.Errorf("Zone(%q) = %v", name, z)
		}
	}
	for range 2 {
		if z, ok := Zone("Europe/Berlin"); !ok || z.String() != "Europe/Berlin" {
			t.Errorf("Zone(Europe/Berlin) = %v, %v", z, ok)
		}
	}
}
