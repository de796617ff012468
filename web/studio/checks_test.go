package studio

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/web/i18n"
)

// Before publishing, what keeps a unit from it is told however much else there is, and what is left out is counted.
func TestReviewGroups(t *testing.T) {
	t.Parallel()
	key := course.Key{Org: "Org", Number: "Num", Run: "Run"}
	c := &course.Content{Key: key, Root: &course.Block{Type: "course", ID: "course"}}
	var found []publish.Finding
	add := func(kind publish.Kind, unit string, n int) {
		for i := range n {
			found = append(found, publish.Finding{Kind: kind, Unit: key.Usage("vertical", unit), Block: key.Usage("html", unit), Line: i + 1})
		}
	}
	add(publish.NoTranscript, "notes", mostReviewed)
	add(publish.MissingAlt, "first", mostReviewed-1)
	add(publish.BrokenLink, "second", 3)
	add(publish.DoesNotLoad, "broken", 2)
	add(publish.MissingAlt, "broken", 1)
	add(publish.DoesNotLoad, "last", 1)
	groups, more := reviewGroups(t.Context(), c, found)
	got := fmt.Sprint(more)
	for _, g := range groups {
		got += fmt.Sprintf("\n%s %d %s", g.URL, len(g.Findings), g.Findings[0].Look)
	}
	url := func(unit string) string { return containerURL(key.Usage("vertical", unit)) }
	want := fmt.Sprintf("%d\n%s 2 blocks\n%s 1 blocks\n%s %d warning\n%s 3 error", mostReviewed+3, url("broken"), url("last"), url("first"), mostReviewed-3, url("second"))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if groups, more := reviewGroups(t.Context(), c, nil); len(groups) > 0 || more > 0 {
		t.Errorf("of nothing: %v, %d more", groups, more)
	}
}

// On the page of a unit, what was found inside a component says where; of parts of experiments, which group sees them.
func TestFindingsOfParts(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), catalog(t).For(time.UTC))
	key := course.Key{Org: "Org", Number: "Num", Run: "Run"}
	part := func(id string, children ...*course.Block) *course.Block {
		return &course.Block{Type: "vertical", ID: id, Children: children}
	}
	x := &course.Block{Type: "split_test", ID: "x", Fields: course.Fields{
		"display_name": `"Try"`, "user_partition_id": "7", "group_id_to_child": course.JSON(map[string]string{"0": key.Usage("vertical", "a").String(), "1": key.Usage("vertical", "b").String()}),
	}, Children: []*course.Block{part("a"), part("b", &course.Block{Type: "html", ID: "h"}), part("c")}}
	root := &course.Block{Type: "course", ID: "course", Fields: course.Fields{"user_partitions": `[{"id":7,"name":"Try","scheme":"random","groups":[{"id":0,"name":"Red"},{"id":1,"name":"Blue"}]}]`}}
	list := newFindingsIn(ctx, key, root, x, []publish.Finding{
		{Kind: publish.Empty, Block: key.Usage("vertical", "a"), Name: "a"},
		{Kind: publish.Empty, Block: key.Usage("html", "h"), Name: "Words"},
		{Kind: publish.Unreachable, Block: key.Usage("vertical", "c"), Name: "Left"},
		{Kind: publish.Empty, Block: key.Usage("split_test", "x"), Name: "Try"},
	})
	var got []string
	for _, p := range list {
		got = append(got, p.Where+"|"+p.Label)
	}
	want := []string{"Left|Who sees it: Left", "Try · Red|Open: Try · Red", "Try · Blue / Words|Open: Try · Blue / Words", "|Open: Try"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
