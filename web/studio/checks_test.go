package studio

import (
	"fmt"
	"testing"

	"lyceum/authoring/publish"
	"lyceum/course"
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
