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
	form := url.Values{}
	for _, f := range newSchedule(t.Context(), n, nil, []string{"Quiz"}, nil, nil).Dates {
		form.Set(f.Name, f.Value)
	}
	op, err := schedule(n.Key, form)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range op.Set {
		if v != n.Block.Fields[name] {
			t.Errorf("%s is %s, was %s", name, v, n.Block.Fields[name])
		}
	}
	if len(op.Set) != 2 || len(op.Unset) != 0 {
		t.Errorf("set %v, unset %v", op.Set, op.Unset)
	}
}
