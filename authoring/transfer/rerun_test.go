package transfer

import (
	"testing"
	"time"

	"lyceum/course"
)

// TestShift moves dates, and nothing that only looks like one.
func TestShift(t *testing.T) {
	t.Parallel()
	at := func(s string) *time.Time {
		v, ok := course.ParseTime(s)
		if !ok {
			t.Fatal(s)
		}
		return &v
	}
	const start = `"2026-02-01T00:00:00Z"`
	for _, c := range []struct {
		name  string
		start course.Value
		ask   Ask
		want  time.Duration
	}{
		{"later", start, Ask{Start: at("2026-02-08T00:00:00Z"), Shift: true}, 7 * 24 * time.Hour},
		{"earlier", start, Ask{Start: at("2026-01-31T23:00:00Z"), Shift: true}, -time.Hour},
		{"not wished", start, Ask{Start: at("2026-02-08T00:00:00Z")}, 0},
		{"unscheduled", start, Ask{Shift: true}, 0},
		{"from nowhere", "", Ask{Start: at("2026-02-08T00:00:00Z"), Shift: true}, 0},
		{"from unscheduled", `"2030-01-01T00:00:00Z"`, Ask{Start: at("2026-02-08T00:00:00Z"), Shift: true}, 0},
		{"from no date", `"soon"`, Ask{Start: at("2026-02-08T00:00:00Z"), Shift: true}, 0},
	} {
		if got := Shift(c.start, c.ask); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	b := &course.Block{Type: "sequential", Fields: course.Fields{
		"start": `"2030-01-01T00:00:00Z"`, "due": `"2026-03-01T23:59:59Z"`, "display_name": `"2026-03-01T23:59:59Z"`, "other": `"2026-03-01T23:59:59Z"`,
		"graceperiod": `"2 days"`,
	}}
	old := &course.Block{Type: "chapter", Fields: course.Fields{"start": "null", "due": `"whenever"`}}
	tasks := &Tasks{Schemas: course.Schemas}
	for _, x := range []*course.Block{b, old} {
		tasks.shift(x, 24*time.Hour)
	}
	for name, want := range map[string]course.Value{
		"start": `"2030-01-01T00:00:00Z"`, "due": `"2026-03-02T23:59:59Z"`, "display_name": `"2026-03-01T23:59:59Z"`, "other": `"2026-03-01T23:59:59Z"`, "graceperiod": `"2 days"`,
	} {
		if b.Fields[name] != want {
			t.Errorf("%s is %s, want %s", name, b.Fields[name], want)
		}
	}
	if old.Fields["start"] != "null" || old.Fields["due"] != `"whenever"` {
		t.Errorf("what is no date has moved: %v", old.Fields)
	}
}
