package publish

import (
	"testing"
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
)

var (
	testKey = course.Key{Org: "Org", Number: "Num", Run: "Run"}
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func key(typ, id string) course.UsageKey { return testKey.Usage(typ, id) }

// The settings of the cases below.
const (
	past, future, never = `"2020-01-01T00:00:00Z"`, `"2027-01-01T00:00:00Z"`, `"2030-01-01T00:00:00Z"`
)

func block(typ, id string, f course.Fields, children ...*course.Block) *course.Block {
	return &course.Block{Type: typ, ID: id, Fields: f, Children: children}
}

func content(f course.Fields, sections ...*course.Block) *course.Content {
	return &course.Content{Key: testKey, Root: block("course", "course", f, sections...)}
}

// unit wraps a unit in a course with the given settings of course and unit.
func unit(root, f course.Fields, children ...*course.Block) *course.Content {
	return content(root, block("chapter", "a", nil, block("sequential", "s", nil, block("vertical", "u", f, children...))))
}

func none() *course.Content {
	return content(nil, block("chapter", "a", nil, block("sequential", "s", nil)))
}

// The table of unit states, row by row, and the title of each.
func TestUnitStates(t *testing.T) {
	t.Parallel()
	text := func(s string) *course.Block { return &course.Block{Type: "html", ID: "h", Body: []byte(s)} }
	started := course.Fields{"start": past}
	staff := course.Fields{"visible_to_staff_only": "true"}
	for _, tc := range []struct {
		name             string
		draft, published *course.Content
		state            State
		visibility       Visibility
		title            string
	}{
		{"never published", unit(started, nil), none(), NeverPublished, NeedsAttention, "publish.never_published"},
		{"course never published", unit(started, nil), nil, NeverPublished, NeedsAttention, "publish.never_published"},
		{"changed text", unit(started, nil, text("new")), unit(started, nil, text("old")), Changed, NeedsAttention, "publish.changed"},
		{"changed setting", unit(started, course.Fields{"display_name": `"x"`}), unit(started, nil), Changed, NeedsAttention, "publish.changed"},
		{"deleted below", unit(started, nil), unit(started, nil, text("old")), Changed, NeedsAttention, "publish.changed"},
		{"null is not unset", unit(started, course.Fields{"due": course.Null}), unit(started, nil), Changed, NeedsAttention, "publish.changed"},
		{"changed and not released", unit(course.Fields{"start": future}, nil, text("new")), unit(course.Fields{"start": future}, nil), Changed, NeedsAttention, "publish.changed"},
		{"live", unit(started, nil, text("x")), unit(started, nil, text("x")), Live, ReleasedLive, "publish.live"},
		{"start is now", unit(course.Fields{"start": `"2026-03-01T12:00:00Z"`}, nil), unit(course.Fields{"start": `"2026-03-01T12:00:00Z"`}, nil), NotReleased, Ready, "publish.not_released"},
		{"future", unit(course.Fields{"start": future}, nil), unit(course.Fields{"start": future}, nil), NotReleased, Ready, "publish.not_released"},
		{"unscheduled", unit(nil, nil), unit(nil, nil), NotReleased, Unscheduled, "publish.not_released"},
		{"unscheduled by the default written out", unit(course.Fields{"start": never}, nil), unit(course.Fields{"start": never}, nil), NotReleased, Unscheduled, "publish.not_released"},
		{"self-paced, unit in the future", unit(course.Fields{"start": past, "self_paced": "true"}, course.Fields{"start": future}), unit(course.Fields{"start": past, "self_paced": "true"}, course.Fields{"start": future}), Live, ReleasedLive, "publish.live"},
		{"self-paced, course not started", unit(course.Fields{"start": future, "self_paced": "true"}, nil), unit(course.Fields{"start": future, "self_paced": "true"}, nil), NotReleased, ReleasedLive, "publish.live"},
		{"staff only", unit(started, staff), unit(started, staff), StaffOnly, TeamOnly, "publish.staff_only"},
		{"staff only and changed", unit(started, staff, text("new")), unit(started, staff), StaffOnly, TeamOnly, "publish.staff_only"},
		{"staff only and never published", unit(started, staff), none(), StaffOnly, TeamOnly, "publish.staff_only"},
		{"staff only from the course", unit(course.Fields{"start": past, "visible_to_staff_only": "true"}, nil), unit(course.Fields{"start": past, "visible_to_staff_only": "true"}, nil), StaffOnly, TeamOnly, "publish.staff_only"},
	} {
		n := Outline(draft.Branches{Draft: tc.draft, Published: tc.published}, noon, nil).Children[0].Children[0].Children[0]
		if n.State != tc.state || n.Visibility != tc.visibility || n.Title() != tc.title {
			t.Errorf("%s: got %s, %s, %s; want %s, %s, %s", tc.name, n.State, n.Visibility, n.Title(), tc.state, tc.visibility, tc.title)
		}
	}
}

// How the state of a subsection follows from its units.
func TestOutlineStates(t *testing.T) {
	t.Parallel()
	var (
		changed     = course.Fields{"display_name": `"changed"`}
		live        = course.Fields{"start": past}
		ready       = course.Fields{"start": future}
		unscheduled = course.Fields{"start": never}
		staff       = course.Fields{"visible_to_staff_only": "true"}
	)
	for _, tc := range []struct {
		name  string
		own   course.Fields // of the subsection
		units []course.Fields
		gated bool
		want  Visibility
	}{
		{"staff only is set on it", course.Fields{"visible_to_staff_only": "true"}, []course.Fields{changed}, false, TeamOnly},
		{"one changed among live", live, []course.Fields{live, changed}, false, NeedsAttention},
		{"one changed among staff only", live, []course.Fields{staff, changed}, false, NeedsAttention},
		{"all staff only", live, []course.Fields{staff, staff}, false, TeamOnly},
		{"staff only ones do not count", live, []course.Fields{staff, live}, false, ReleasedLive},
		{"all unscheduled, and it is", unscheduled, []course.Fields{unscheduled, unscheduled}, false, Unscheduled},
		{"all unscheduled, and it is not", live, []course.Fields{unscheduled}, false, NeedsAttention},
		{"all live, and it is", live, []course.Fields{live, live}, false, ReleasedLive},
		{"live and unscheduled", live, []course.Fields{live, unscheduled}, false, ReleasedLive},
		{"all live, and it is not", ready, []course.Fields{live}, false, NeedsAttention},
		{"some ready, scheduled", live, []course.Fields{live, ready}, false, Ready},
		{"all ready, scheduled", ready, []course.Fields{ready}, false, Ready},
		{"all ready, unscheduled", unscheduled, []course.Fields{ready}, false, NeedsAttention},
		{"empty and live", live, nil, false, ReleasedLive},
		{"empty and ready", ready, nil, false, Ready},
		{"empty and unscheduled", unscheduled, nil, false, Unscheduled},
		{"gated", live, []course.Fields{live}, true, Gated},
		{"gated and changed", live, []course.Fields{changed}, true, NeedsAttention},
		{"gated and staff only", live, []course.Fields{staff}, true, TeamOnly},
	} {
		var drafts, published []*course.Block
		for i, f := range tc.units {
			id := string(rune('u' + i))
			drafts = append(drafts, block("vertical", id, f))
			if _, ok := f["display_name"]; ok {
				f = nil
			}
			published = append(published, block("vertical", id, f))
		}
		b := draft.Branches{
			Draft:     content(nil, block("chapter", "a", tc.own, block("sequential", "s", tc.own, drafts...))),
			Published: content(nil, block("chapter", "a", tc.own, block("sequential", "s", tc.own, published...))),
		}
		root := Outline(b, noon, func(x *course.Block) bool { return tc.gated && x.ID == "s" })
		if got := root.Children[0].Children[0].Visibility; got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestOutlineSettings(t *testing.T) {
	t.Parallel()
	c := content(course.Fields{"start": past},
		block("chapter", "a", course.Fields{"visible_to_staff_only": "true", "due": future},
			block("sequential", "s", course.Fields{"graded": "true", "format": `"Homework"`, "due": course.Null},
				block("vertical", "u", nil, block("html", "h", nil)))))
	n := Outline(draft.Branches{Draft: c, Published: c}, noon, nil).Children[0]
	if !n.StaffOnlyIsOwn || n.Due == nil || n.HasChanges || !n.Published || n.Name != "a" {
		t.Errorf("section: %+v", n)
	}
	s := n.Children[0]
	if !s.StaffOnly || s.StaffOnlyIsOwn || s.Due != nil || !s.Graded || s.Format != "Homework" {
		t.Errorf("subsection: %+v", s)
	}
	if u := s.Children[0]; !u.Graded || u.Format != "" || len(u.Children) != 0 || !u.Unit || u.StartIsOwn || u.Start.Year() != 2020 {
		t.Errorf("unit: %+v", u)
	}
}
