package studio

import (
	"net/url"
	"testing"
	"time"

	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/web/i18n"
)

// TestScheduleKept: saving the form as it came changes nothing.
func TestScheduleKept(t *testing.T) {
	t.Parallel()
	root := publish.Outline(branches(false), now, nil)
	n := root.Children[0].Children[0]
	n.Block.Fields["start"], n.Block.Fields["due"] = course.Text("2026-06-02T08:00:00Z"), course.Text("2026-07-01T23:59:59Z")
	n.Block.Fields["format"] = course.Text("Quiz")
	for _, graded := range []course.Value{"true", ""} { // the other one inherits it from its section, say
		n.Block.Fields["graded"] = graded
		p := newSchedule(t.Context(), n, nil, []string{"Quiz"}, nil, nil)
		form := url.Values{}
		for _, f := range p.Dates {
			form.Set(f.Name, f.Value)
		}
		for _, o := range p.Grader.Options {
			if o.Selected {
				form.Set("grader", o.Value)
			}
		}
		op, err := schedule(n.Key, n.Block, form)
		if err != nil || len(op.Set) != 0 || len(op.Unset) != 0 {
			t.Errorf("set %v, unset %v, %v", op.Set, op.Unset, err)
		}
		form.Set("due", "2026-08-01T00:00")
		form.Set("start", "")
		op, err = schedule(n.Key, n.Block, form)
		if err != nil || len(op.Set) != 1 || op.Set["due"] != course.Text("2026-08-01T00:00:00Z") || len(op.Unset) != 1 || op.Unset[0] != "start" {
			t.Errorf("another due date: set %v, unset %v, %v", op.Set, op.Unset, err)
		}
	}
}

// TestScheduleInZone: dates are shown and read in the zone the form names; a date nobody touched stays what it is, also over the hour that
// comes twice.
func TestScheduleInZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	ctx := i18n.With(t.Context(), catalog(t).For(zone))
	root := publish.Outline(branches(false), now, nil)
	n := root.Children[0].Children[0]
	n.Block.Fields["start"], n.Block.Fields["due"] = course.Text("2025-10-26T01:30:00Z"), course.Text("2026-07-01T23:59:59Z")
	p := newSchedule(ctx, n, nil, nil, nil, nil)
	if p.Zone != "Europe/Berlin" || p.Dates[0].Value != "2025-10-26T02:30" || p.Dates[1].Value != "2026-07-02T01:59:59" {
		t.Errorf("shown: %s %q %q", p.Zone, p.Dates[0].Value, p.Dates[1].Value)
	}
	form := url.Values{"zone": {p.Zone}, "start": {p.Dates[0].Value}, "due": {p.Dates[1].Value}}
	if op, err := schedule(n.Key, n.Block, form); err != nil || len(op.Set)+len(op.Unset) != 0 {
		t.Errorf("as it was shown: %v, %v", op, err)
	}
	form.Set("due", "2026-12-01T00:00")
	if op, err := schedule(n.Key, n.Block, form); err != nil || op.Set["due"] != course.Text("2026-11-30T23:00:00Z") || len(op.Set) != 1 {
		t.Errorf("another due date: %v, %v", op.Set, err)
	}
	form.Set("due", "never")
	again := newSchedule(t.Context(), n, nil, nil, form, map[string]string{"due": "bad"})
	if again.Zone != p.Zone || again.Dates[1].Value != "never" {
		t.Errorf("refused: %s %q", again.Zone, again.Dates[1].Value)
	}
	form.Del("zone") // a program
	form.Set("due", "2026-12-01T00:00")
	if op, err := schedule(n.Key, n.Block, form); err != nil || op.Set["due"] != course.Text("2026-12-01T00:00:00Z") {
		t.Errorf("without a zone: %v, %v", op.Set, err)
	}
}
