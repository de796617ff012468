package i18n

import "testing"

func BenchmarkFor(b *testing.B) {
	c := base()
	b.ReportAllocs()
	for b.Loop() {
		c.For(nil, "", "", "en-US,en;q=0.9,de-DE;q=0.8,de;q=0.7")
	}
}
