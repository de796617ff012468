package studio

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// branches is a course with a unit in every state: of the published branch, new has nothing and changed another name.
func branches(selfPaced bool) draft.Branches {
	key := course.Key{Org: "O", Number: "N", Run: "R"}
	block := func(typ, id string, f course.Fields, children ...*course.Block) *course.Block {
		if f == nil {
			f = course.Fields{}
		}
		f["display_name"] = course.Text(id)
		return &course.Block{Type: typ, ID: id, Fields: f, Children: children}
	}
	unit := func(id string, f course.Fields) *course.Block { return block("vertical", id, f) }
	live, staff := unit("live", nil), unit("staff", course.Fields{"visible_to_staff_only": "true"})
	later := unit("later", nil)
	tree := func(units ...*course.Block) *course.Content {
		root := block("course", "course", course.Fields{"start": `"2026-01-01T00:00:00Z"`},
			block("chapter", "now", nil, block("sequential", "s", course.Fields{"graded": "true", "format": `"Quiz"`, "due": `"2026-07-01T00:00:00Z"`}, units...)),
			block("chapter", "then", course.Fields{"start": `"2026-09-01T00:00:00Z"`}, block("sequential", "t", nil, later)))
		if selfPaced {
			root.Fields["self_paced"] = "true"
		}
		return &course.Content{Key: key, Root: root}
	}
	changed := unit("changed", nil)
	old := unit("changed", course.Fields{"x": "1"})
	return draft.Branches{Draft: tree(live, staff, changed, unit("new", nil)), Published: tree(live, staff, old)}
}

func TestRows(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		selfPaced bool
		want      string
	}{
		{false, "now:needs_attention:studio.outline.changes s:needs_attention:studio.outline.changes live:live:publish.live staff:staff_only:publish.staff_only " +
			"changed:needs_attention:publish.changed new:needs_attention:publish.never_published then:ready:studio.outline.ready t:ready:studio.outline.ready later:ready:publish.not_released"},
		{true, "now:needs_attention:studio.outline.changes s:needs_attention:studio.outline.changes live:live:publish.live staff:staff_only:publish.staff_only " +
			"changed:needs_attention:publish.changed new:needs_attention:publish.never_published then:live:studio.outline.live t:live:studio.outline.live later:live:publish.live"},
	} {
		var got []string
		var add func(rowProps)
		add = func(p rowProps) {
			got = append(got, p.Name+":"+p.Look+":"+p.Words)
			for _, r := range p.Rows {
				add(r)
			}
		}
		root := publish.Outline(branches(tc.selfPaced), now, nil)
		for _, r := range newRows(t.Context(), root, open{}) {
			add(r)
		}
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("self-paced %t:\n got %s\nwant %s", tc.selfPaced, s, tc.want)
		}
		if s := newSum(root, now); s.Units != 5 || s.Changed != 2 || !s.Begun || s.SelfPaced != tc.selfPaced {
			t.Errorf("sum: %+v", s)
		}
	}
}

// What lies open: by the number of units, by what was turned, by what is to be seen.
func TestOpen(t *testing.T) {
	t.Parallel()
	root := publish.Outline(branches(false), now, nil)
	section, sub := root.Children[0], root.Children[0].Children[0]
	for _, tc := range []struct {
		name, cookie, query string
		units               int
		section, sub        bool
	}{
		{name: "few", units: 10, section: true, sub: true},
		{name: "many", units: 1000},
		{name: "few, one closed", cookie: "s", units: 10, section: true},
		{name: "many, one opened", cookie: "now", units: 1000, section: true},
		{name: "few, all closed", cookie: "*", units: 10},
		{name: "many, all opened but one", cookie: "*~s", units: 1000, section: true},
		{name: "many, one to be seen", query: "?show=" + section.Children[0].Children[0].Key.String(), units: 1000, section: true, sub: true},
		{name: "nonsense", cookie: "%00~~x", units: 10, section: true, sub: true},
	} {
		r := httptest.NewRequest("GET", "/course/x"+strings.ReplaceAll(tc.query, "+", "%2B"), nil)
		if tc.cookie != "" {
			r.Header.Set("Cookie", "outline="+tc.cookie)
		}
		o := newOpen(r, tc.units)
		if o.lies(section) != tc.section || o.lies(sub) != tc.sub {
			t.Errorf("%s: section %t, subsection %t; want %t, %t", tc.name, o.lies(section), o.lies(sub), tc.section, tc.sub)
		}
	}
}
