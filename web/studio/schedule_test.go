package studio

import (
	"net/url"
	"testing"

	"lyceum/authoring/publish"
	"lyceum/course"
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
