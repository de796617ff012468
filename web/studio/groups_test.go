package studio

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"lyceum/authoring/draft"
	"lyceum/course"
)

// TestGroupUses: a page lists the first blocks for a group and counts the rest; programs get all, each with its place.
func TestGroupUses(t *testing.T) {
	t.Parallel()
	const n = 2000
	unit := &course.Block{Type: "vertical", ID: "u", Fields: course.Fields{"display_name": `"Unit"`}}
	for i := range n {
		unit.Children = append(unit.Children, &course.Block{Type: "html", ID: fmt.Sprint(i), Fields: course.Fields{"group_access": `{"7":[1]}`}})
	}
	gone := *unit // of what learners have, one is in the draft no more
	gone.Children = append(slices.Clone(unit.Children[:n]), &course.Block{Type: "html", ID: "gone", Fields: course.Fields{"group_access": `{"7":[1]}`}})
	key := course.Key{Org: "O", Number: "N", Run: "R"}
	in := func(unit *course.Block) *course.Content {
		return &course.Content{Key: key, Root: &course.Block{Type: "course", ID: "course", Children: []*course.Block{{Type: "chapter", ID: "c", Children: []*course.Block{{Type: "sequential", ID: "s", Children: []*course.Block{unit}}}}}}}
	}
	b := draft.Branches{Draft: in(unit), Published: in(&gone)}
	e := &courseEdit{key: key, both: b, now: b.Draft}
	v := e.groups(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	p := course.Partition{ID: 7, Scheme: course.SchemeCohort, Groups: []course.Group{{ID: 1, Name: "A"}, {ID: 2, Name: "B"}}}

	got := v.groups(p)[0].Uses
	if len(got.List) != mostUses || got.More != n+1-mostUses || got.Count() != n+1 {
		t.Errorf("%d listed, %d more", len(got.List), got.More)
	}
	var page strings.Builder
	if err := usesOfGroup(got, true).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	if links := strings.Count(page.String(), "<a "); links != mostUses || !strings.Contains(page.String(), "groups.used_more") {
		t.Errorf("%d links in %s", links, page.String())
	}
	if none := v.groups(p)[1].Uses; none.Count() != 0 {
		t.Errorf("of a group nobody names: %+v", none)
	}
	all := v.configuration(p, nil).Groups[0].Usage
	if len(all) != n+1 || all[3].URL != containerURL(key.Usage("vertical", "u"))+"#html-3" || all[n].URL != containerURL(key.Usage("vertical", "u")) {
		t.Errorf("%d for programs: %+v … %+v", len(all), all[3], all[n])
	}
}
