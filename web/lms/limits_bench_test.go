package lms

import (
	"fmt"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/learner"
)

// BenchmarkLimits is what an answer asks of the limits.
func BenchmarkLimits(b *testing.B) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := NewLimits(func() time.Time { return now })
	key := course.Key{Org: "HillU", Number: "BIO2x", Run: "2015_T1", Form: course.FormCourse}
	keys := make([]string, 40)
	for i := range keys {
		keys[i] = key.Usage("problem", fmt.Sprintf("5c1d0f0e5c1d0f0e5c1d0f0e%d", i)).String()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now = now.Add(time.Millisecond)
		who := learner.ID(i % 1000)
		if l.call(who) != nil || l.answer(who, keys[i%len(keys)], "0d3c9d4e-2f51-4f3e-9a53-1c2f0d7f1b11") != nil {
			b.Fatal("refused")
		}
	}
}
