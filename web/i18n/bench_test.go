package i18n

import (
	"testing"
	"time"
)

func BenchmarkFor(b *testing.B) {
	c := base()
	b.ReportAllocs()
	for b.Loop() {
		c.For(nil, "", "", "en-US,en;q=0.9,de-DE;q=0.8,de;q=0.7")
	}
}

func BenchmarkDateTime(b *testing.B) {
	r := base().For(nil, "en")
	t := time.Date(2026, 3, 2, 14, 2, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		r.DateTime(t)
	}
}
